// First seed, "Implementing Many to Many" and "ManyToManyField": S-32 to S-38, S-44.

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

// "To implement many-to-many correctly … create the intermediary table yourself and query through it"
class SeedLinkModel : public SeedWorld {
 protected:
  SeedLinkModel() : SeedWorld(Registry::load(schema_path("school"))) {
    db.create_tables();
    const std::vector<std::pair<const char*, std::vector<const char*>>> data{
        {"da vinci", {"math", "art"}}, {"newton", {"math", "physics"}}, {"huey", {}}};
    for (const char* name : {"math", "art", "physics"}) course.create({{"name", name}});
    for (const auto& [name, courses] : data) {
      const Row enrolled = student.create({{"name", name}});
      for (const char* taken : courses) {
        student_course.create({{"student", enrolled}, {"course", course.get(course["name"] == taken)}});
      }
    }
  }

  const Model student = db["Student"];
  const Model course = db["Course"];
  const Model student_course = db["StudentCourse"];
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedLinkModel, testing::ValuesIn(backends()), backend_name);

// S-32: "let's say we want to find students who are enrolled in math class"
TEST_P(SeedLinkModel, JoinsGoThroughTheLinkModel) {
  const Query in_math = student.select().join(student_course).join(course).where(course["name"] == "math");
  expect_sql(
      in_math,
      R"(SELECT "t1"."id", "t1"."name" FROM "student" AS "t1" INNER JOIN "student_course" AS "t2" ON ("t2"."student_id" = "t1"."id") )"
      R"(INNER JOIN "course" AS "t3" ON ("t2"."course_id" = "t3"."id") WHERE ("t3"."name" = ?))",
      {"math"});
  EXPECT_THAT(column(in_math, "name"), UnorderedElementsAre("da vinci", "newton"));
  // "To query what classes a given student is enrolled in"
  const Query courses = course.select().join(student_course).join(student).where(student["name"] == "da vinci");
  expect_sql(
      courses,
      R"(SELECT "t1"."id", "t1"."name" FROM "course" AS "t1" INNER JOIN "student_course" AS "t2" ON ("t2"."course_id" = "t1"."id") )"
      R"(INNER JOIN "student" AS "t3" ON ("t2"."student_id" = "t3"."id") WHERE ("t3"."name" = ?))",
      {"da vinci"});
  EXPECT_THAT(column(courses, "name"), UnorderedElementsAre("math", "art"));
}

// S-33: "these foreign key traversals are "free" and we've done the whole iteration with just 1 query"
TEST_P(SeedLinkModel, TheWholeRelationIsListedWithOneQuery) {
  const Query query = student_course.select(student_course, student, course)
                          .join(course)
                          .switch_to(student_course)
                          .join(student)
                          .order_by(student["name"]);
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."student_id", "t1"."course_id", "t2"."id", "t2"."name", "t3"."id", "t3"."name" FROM "student_course" AS "t1" )"
      R"(INNER JOIN "course" AS "t3" ON ("t1"."course_id" = "t3"."id") )"
      R"(INNER JOIN "student" AS "t2" ON ("t1"."student_id" = "t2"."id") ORDER BY "t2"."name")");
  QueryCount count(db);
  const Lines printed = lines(query, [](const Row& row) {
    return row["student"]["name"].to_text() + " -> " + row["course"]["name"].to_text();
  });
  EXPECT_THAT(printed,
              UnorderedElementsAre("da vinci -> math", "da vinci -> art", "newton -> math", "newton -> physics"));
  EXPECT_THAT(printed[0], testing::StartsWith("da vinci"));
  EXPECT_THAT(printed[2], testing::StartsWith("newton"));
  EXPECT_EQ(count.count(), 1U);
}

class SeedManyToMany : public SeedWorld {
 protected:
  SeedManyToMany() : SeedWorld(Registry::load(schema_path("school_m2m"))) {
    db.create_tables();
    for (const char* name : {"Huey", "Mickey", "Charlie", "Zaizee"}) student.create({{"name", name}});
    for (const char* name : {"English 101", "English 201", "CS 101", "CS 150", "english lunch"})
      course.create({{"name", name}});
    huey = student.get(student["name"] == "Huey");
    engl_101 = course.get(course["name"] == "English 101");
    cs_150 = course.get(course["name"] == "CS 150");
  }

  Row get_student(const char* name) const { return student.get(student["name"] == name); }
  Lines courses_of(const Row& row) const { return column(row.related("courses").order_by(course["name"]), "name"); }
  Lines students_of(const Row& row) const { return column(row.related("students").order_by(student["name"]), "name"); }

  const Model student = db["Student"];
  const Model course = db["Course"];
  Row huey, engl_101, cs_150;
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedManyToMany, testing::ValuesIn(backends()), backend_name);

// S-34: StudentCourse = Course.students.get_through_model(); db.create_tables([Student, Course, StudentCourse])
TEST_P(SeedManyToMany, TheThroughModelIsAModelWhoseTableIsMadeWithTheOthers) {
  const Model through = course["students"].through();
  EXPECT_EQ(engl_101.related("students").through().info().table, through.info().table);
  EXPECT_EQ(through.info().relations.size(), 2U);
  EXPECT_EQ(through.count(), 0);
  through.create({{"course", engl_101}, {"student", huey}});
  EXPECT_THAT(students_of(engl_101), ElementsAre("Huey"));
  EXPECT_THROW(through.create({{"course", engl_101}, {"student", huey}}), UniqueViolation);
  EXPECT_THAT([&] { course["name"].through(); },
              ThrowsMessage<QueryError>(HasSubstr("'Course.name' is not a many_to_many relation")));
  EXPECT_EQ(student["courses"].through().info().table, through.info().table) << "from the other side too";
}

// S-35: "for course in huey.courses.order_by(Course.name)", "for student in engl_101.students"
TEST_P(SeedManyToMany, TheAccessorIsAQuery) {
  huey.related("courses").add({cs_150, engl_101});
  EXPECT_THAT(column(huey.related("courses").order_by(course["name"]), "name"), ElementsAre("CS 150", "English 101"));
  EXPECT_THAT(column(engl_101.related("students"), "name"), ElementsAre("Huey"));
  EXPECT_EQ(huey.related("courses").count(), 2);
  EXPECT_THAT(column(huey.related("courses").where(course["name"].startswith("CS")), "name"), ElementsAre("CS 150"));
  const std::string table = course["students"].through().info().table;
  expect_sql(huey.related("courses").order_by(course["name"]),
             R"(SELECT "t1"."id", "t1"."name" FROM "course" AS "t1" INNER JOIN ")" + table +
                 R"(" AS "t2" ON ("t2"."course_id" = "t1"."id") WHERE ("t2"."student_id" = ?) ORDER BY "t1"."name")",
             {1});
}

// S-36: "we can pass in either a single model instance, a list of models, or even a query of models", each in one
// statement.
TEST_P(SeedManyToMany, AddTakesARowAListOrAQuery) {
  QueryCount count(db);
  EXPECT_EQ(huey.related("courses").add(course.select().where(course["name"].contains("English"))), 2);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(courses_of(huey), ElementsAre("English 101", "English 201"))
      << "S-44: contains is case-sensitive (rule 10)";

  const Row mickey = get_student("Mickey");
  const std::vector<Row> others{get_student("Charlie"), get_student("Zaizee")};
  count.reset();
  EXPECT_EQ(engl_101.related("students").add(mickey), 1);
  EXPECT_EQ(engl_101.related("students").add(others), 2);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(students_of(engl_101), ElementsAre("Charlie", "Huey", "Mickey", "Zaizee"));
}

// Adding what is there already changes nothing.
TEST_P(SeedManyToMany, AddingTwiceLinksOnce) {
  EXPECT_EQ(engl_101.related("students").add(huey), 1);
  EXPECT_EQ(engl_101.related("students").add(huey), 0);
  EXPECT_EQ(engl_101.related("students").add({huey, get_student("Mickey")}), 1);
  EXPECT_EQ(engl_101.related("students").add(std::vector<Row>{}), 0);
  EXPECT_THAT(students_of(engl_101), ElementsAre("Huey", "Mickey"));
}

// S-36: "The same rules apply for removing items from a many-to-many"
TEST_P(SeedManyToMany, RemoveTakesARowAListOrAQuery) {
  huey.related("courses").add(course.select());
  EXPECT_EQ(huey.related("courses").count(), 5);
  QueryCount count(db);
  EXPECT_EQ(huey.related("courses").remove(course.select().where(course["name"].startswith("CS"))), 2);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(courses_of(huey), ElementsAre("English 101", "English 201", "english lunch"));
  EXPECT_EQ(engl_101.related("students").remove(huey), 1);
  EXPECT_EQ(engl_101.related("students").remove(huey), 0) << "is gone already";
  EXPECT_EQ(huey.related("courses").remove({engl_101, course.get(course["name"] == "English 201")}), 1);
  EXPECT_EQ(huey.related("courses").remove(std::vector<Row>{}), 0);
  EXPECT_THAT(courses_of(huey), ElementsAre("english lunch"));
  EXPECT_EQ(student.count(), 4) << "only links are removed";
  EXPECT_EQ(course.count(), 5);
}

// S-36: "Calling .clear() will remove all associated objects"
TEST_P(SeedManyToMany, ClearRemovesTheLinksOfOneRow) {
  cs_150.related("students").add(student.select());
  engl_101.related("students").add(huey);
  QueryCount count(db);
  EXPECT_EQ(cs_150.related("students").clear(), 4);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(students_of(cs_150), IsEmpty());
  EXPECT_THAT(students_of(engl_101), ElementsAre("Huey"));
  EXPECT_EQ(cs_150.related("students").clear(), 0);
}

// What was loaded before a change is not believed after it.
TEST_P(SeedManyToMany, LoadedRowsAreAskedForAgainAfterAChange) {
  EXPECT_EQ(huey.related("courses").size(), 0U);
  huey.related("courses").add(cs_150);
  EXPECT_THAT(column(huey.related("courses"), "name"), ElementsAre("CS 150"));
  huey.related("courses").clear();
  EXPECT_TRUE(huey.related("courses").empty());
}

// S-37: "Before many-to-many relationships can be added, the objects being referenced will need to be saved first."
TEST_P(SeedManyToMany, UnsavedRowsCannotBeLinked) {
  const Row unsaved = student.make({{"name", "Da Vinci"}});
  const Row new_course = course.make({{"name", "CS 160"}});
  QueryCount count(db);
  EXPECT_THAT([&] { engl_101.related("students").add(unsaved); }, ThrowsMessage<StateError>(HasSubstr("is not saved")));
  EXPECT_THAT([&] { engl_101.related("students").remove(unsaved); },
              ThrowsMessage<StateError>(HasSubstr("is not saved")));
  EXPECT_THAT([&] { new_course.related("students").add(huey); }, ThrowsMessage<StateError>(HasSubstr("is not saved")));
  EXPECT_THAT([&] { new_course.related("students").clear(); }, ThrowsMessage<StateError>(HasSubstr("is not saved")));
  EXPECT_THAT([&] { unsaved.related("courses").count(); }, ThrowsMessage<StateError>(HasSubstr("is not saved")));
  EXPECT_EQ(count.count(), 0U);
  unsaved.save();
  EXPECT_EQ(engl_101.related("students").add(unsaved), 1);
}

TEST_P(SeedManyToMany, RowsAndQueriesOfAnotherModelCannotBeLinked) {
  EXPECT_THAT([&] { engl_101.related("students").add(cs_150); },
              ThrowsMessage<QueryError>(HasSubstr("links rows of 'Student'")));
  EXPECT_THAT([&] { engl_101.related("students").add(course.select()); },
              ThrowsMessage<QueryError>(HasSubstr("links rows of 'Student'")));
}

// M2M-05: a query's own limit counts.
TEST_P(SeedManyToMany, ALimitedQueryAddsItsRowsOnly) {
  EXPECT_EQ(engl_101.related("students").add(student.select().order_by(student["name"].desc()).limit(2)), 2);
  EXPECT_THAT(students_of(engl_101), ElementsAre("Mickey", "Zaizee"));
}

// Loading the relation of many rows is one query, and each target is there once (rules 3 and 4).
TEST_P(SeedManyToMany, IteratingOverAllRelationsIsTwoQueries) {
  engl_101.related("students").add(student.select());
  cs_150.related("students").add(huey);
  QueryCount count(db);
  EXPECT_THAT(lines(course.select().order_by(course["id"]),
                    [](const Row& row) {
                      return row["name"].to_text() + " " + std::to_string(row.related("students").size());
                    }),
              ElementsAre("English 101 4", "English 201 0", "CS 101 0", "CS 150 1", "english lunch 0"));
  EXPECT_EQ(count.count(), 2U);
}

// S-44, rule 10: patterns match literally.
TEST_P(SeedManyToMany, ContainsAndStartswithMatchLiterally) {
  for (const char* name : {"100% maths", "1000 maths", "a_b", "axb", "back\\slash"}) course.create({{"name", name}});
  EXPECT_THAT(column(course.select().where(course["name"].contains("0%")), "name"), ElementsAre("100% maths"));
  EXPECT_THAT(column(course.select().where(course["name"].contains("a_b")), "name"), ElementsAre("a_b"));
  EXPECT_THAT(column(course.select().where(course["name"].contains("k\\s")), "name"), ElementsAre("back\\slash"));
  EXPECT_THAT(column(course.select().where(course["name"].startswith("CS")).order_by(course["name"]), "name"),
              ElementsAre("CS 101", "CS 150"));
  EXPECT_THAT(column(course.select().where(course["name"].startswith("cs")), "name"), IsEmpty());
}

// S-38: "what actually needs to be inherited is the through table". Rule 16: in a mixin each model gets a table of its
// own; an explicit through is an error there.
TEST_P(SeedManyToMany, AMixinGivesEachModelALinkTableOfItsOwn) {
  const char* const text = R"({"dorm": 1,
    "mixins": {"Taggable": {"fields": {"tags": {"type": "many_to_many", "to": "Tag"}}}},
    "models": {
      "Tag": {"fields": {"name": {"type": "text"}}},
      "Post": {"mixins": ["Taggable"], "fields": {"title": {"type": "text"}}},
      "Photo": {"mixins": ["Taggable"], "fields": {"path": {"type": "text"}}}}})";
  const Database tagged = Database::open(fresh_database(GetParam()), Registry::parse(text));
  tagged.create_tables();
  const Model post = tagged["Post"], photo = tagged["Photo"], tag = tagged["Tag"];
  EXPECT_NE(post["tags"].through().info().table, photo["tags"].through().info().table);
  const Row first = tag.create({{"name", "first"}});
  const Row essay = post.create({{"title", "essay"}});
  const Row sunset = photo.create({{"path", "sunset.jpg"}});
  essay.related("tags").add(first);
  EXPECT_EQ(essay.related("tags").size(), 1U);
  EXPECT_EQ(sunset.related("tags").size(), 0U);
  EXPECT_EQ(first.related("post_set").size(), 1U);
  EXPECT_EQ(first.related("photo_set").size(), 0U);

  std::string with_through(text);
  with_through.replace(with_through.find(R"("to": "Tag")"), 11, R"("to": "Tag", "through": "PostTag")");
  EXPECT_THROW(Registry::parse(with_through), SchemaError);
}

}  // namespace
}  // namespace dorm::test
