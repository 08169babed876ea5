// Two models that several relations connect: foreign keys, and links.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class SeveralRelations : public Api {
 protected:
  Database db = filled();
  const Model person = db["Person"], post = db["Post"], note = db["Note"], project = db["Project"];

  Row named(const char* name) const { return person.get(person["name"] == name); }
  Row the_project(const char* name) const { return project.get(project["name"] == name); }
  // As the database has them, whatever is loaded.
  static std::vector<std::string> names(const Related& related) {
    return texts(related.objects().order_by("name").all(), "name");
  }

 private:
  // Ann has written one and two, Bob three; Bob has edited one. Ann and Bob work on the site, which Bob and Cleo watch;
  // Cleo works on the shop, which nobody watches.
  Database filled() {
    Database made = open(R"({"dorm": 1, "models": {
      "Person": {"fields": {"name": {"type": "text"}}},
      "Post": {"fields": {
        "title": {"type": "text"},
        "person": {"type": "foreign_key", "to": "Person", "backref": "posts"},
        "editor": {"type": "foreign_key", "to": "Person", "nullable": true, "backref": "edited"}}},
      "Note": {"fields": {
        "writer": {"type": "foreign_key", "to": "Person", "backref": "written"},
        "reader": {"type": "foreign_key", "to": "Person", "backref": "received"}}},
      "Project": {"fields": {
        "name": {"type": "text"},
        "members": {"type": "many_to_many", "to": "Person", "backref": "projects"},
        "watchers": {"type": "many_to_many", "to": "Person", "backref": "watched"}}}}})");
    const auto add = [&](const char* name) { return made["Person"].create({{"name", name}}); };
    const Row ann = add("Ann"), bob = add("Bob"), cleo = add("Cleo");
    made["Post"].create({{"title", "one"}, {"person", ann}, {"editor", bob}});
    made["Post"].create({{"title", "two"}, {"person", ann}});
    made["Post"].create({{"title", "three"}, {"person", bob}});
    made["Note"].create({{"writer", ann}, {"reader", bob}});
    const Row site = made["Project"].create({{"name", "site"}}), store = made["Project"].create({{"name", "shop"}});
    site.related("members").add({ann, bob});
    site.related("watchers").add({bob, cleo});
    store.related("members").add(cleo);
    return made;
  }
};
DORM_API_TESTS(SeveralRelations);

TEST_P(SeveralRelations, PrefetchTakesTheKeyNamedLikeItsTarget) {
  QueryCount count(db);
  const Rows persons = prefetch(person.select().order_by(person["id"]), post.select().order_by(post["id"]));
  EXPECT_THAT(texts(persons[0].related("posts"), "title"), ElementsAre("one", "two"));
  EXPECT_THAT(texts(persons[1].related("posts"), "title"), ElementsAre("three"));
  EXPECT_THAT(texts(persons[2].related("posts"), "title"), IsEmpty());
  EXPECT_EQ(count.count(), 2U);
  EXPECT_FALSE(persons[1].is_loaded("edited")) << "the other key says nothing";
  EXPECT_THAT(texts(persons[1].related("edited"), "title"), ElementsAre("one"));
  EXPECT_EQ(count.count(), 3U);

  count.reset();
  const Rows posts = prefetch(post.select().order_by(post["id"]), person.select());
  EXPECT_EQ(posts[2]["person"]["name"].text(), "Bob");
  EXPECT_EQ(count.count(), 2U);
  EXPECT_FALSE(posts[0].is_loaded("editor"));
}

TEST_P(SeveralRelations, PrefetchDoesNotChooseAmongKeysOfOtherNames) {
  QueryCount count(db);
  const auto names_both = AllOf(HasSubstr("'Note.writer'"), HasSubstr("'Note.reader'"), HasSubstr("cannot choose"));
  EXPECT_THAT([&] { prefetch(person.select(), note.select()); }, ThrowsMessage<QueryError>(names_both));
  EXPECT_THAT([&] { prefetch(note.select(), person.select()); }, ThrowsMessage<QueryError>(names_both));
  EXPECT_EQ(count.count(), 0U);
  const Rows persons = person.objects().prefetch_related({"received"}).order_by("id").all();
  EXPECT_TRUE(persons[0].related("received").empty());
  EXPECT_EQ(persons[1].related("received").size(), 1U) << "a path says which";
  EXPECT_FALSE(persons[0].is_loaded("written"));
}

TEST_P(SeveralRelations, AJoinOfLinkedModelsIsToldTheLinkModels) {
  QueryCount count(db);
  const auto told = [](const char* from, const char* target) {
    return ThrowsMessage<QueryError>(std::string("no foreign key between '") + from + "' and '" + target +
                                     "'; they are linked through 'ProjectMembers' and 'ProjectWatchers': join one of "
                                     "them first");
  };
  EXPECT_THAT([&] { project.select().join(person); }, told("Project", "Person"));
  EXPECT_THAT([&] { person.select().left_outer_join(project); }, told("Person", "Project"));
  EXPECT_EQ(count.count(), 0U);
  const Query watched =
      project.select(project["name"]).join(project["watchers"].through()).join(person).where(person["name"] == "Cleo");
  EXPECT_THAT(texts(watched.all(), "name"), ElementsAre("site"));
  EXPECT_EQ(count.count(), 1U);

  const Database school = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  EXPECT_THAT([&] { school["Student"].select().join(school["Course"]); },
              ThrowsMessage<QueryError>(HasSubstr("; they are linked through 'CourseStudents': join that first")));
}

TEST_P(SeveralRelations, LinksOfOneAreNotThoseOfTheOther) {
  const Row site = the_project("site");
  EXPECT_NE(site.related("members").through().info().table, site.related("watchers").through().info().table);
  EXPECT_THAT(names(site.related("members")), ElementsAre("Ann", "Bob"));
  EXPECT_THAT(names(site.related("watchers")), ElementsAre("Bob", "Cleo"));
  EXPECT_THAT(names(named("Cleo").related("projects")), ElementsAre("shop"));
  EXPECT_THAT(names(named("Cleo").related("watched")), ElementsAre("site"));
  EXPECT_EQ(site.related("members").remove(named("Bob")), 1);
  EXPECT_EQ(named("Ann").related("watched").add(site), 1);
  EXPECT_THAT(names(site.related("members")), ElementsAre("Ann"));
  EXPECT_THAT(names(site.related("watchers")), ElementsAre("Ann", "Bob", "Cleo"));
  EXPECT_EQ(site.related("watchers").clear(), 3);
  EXPECT_THAT(names(site.related("members")), ElementsAre("Ann"));
}

TEST_P(SeveralRelations, EachPathGoesItsOwnWay) {
  const auto projects = [&](const Filter& condition) {
    return texts(project.objects().filter(condition).order_by("id").all(), "name");
  };
  EXPECT_THAT(projects(any("members", {"name", "Cleo"})), ElementsAre("shop"));
  EXPECT_THAT(projects(any("watchers", {"name", "Cleo"})), ElementsAre("site"));
  EXPECT_THAT(projects({{"members__name", "Ann"}, {"watchers__name", "Bob"}}), ElementsAre("site"));
  EXPECT_THAT(projects({{"members__name", "Cleo"}, {"watchers__name", "Bob"}}), IsEmpty());
  EXPECT_THAT(projects(none("watchers")), ElementsAre("shop"));
  const Rows counted = project.objects()
                           .annotate("at_work", Aggregate::count("members"))
                           .annotate("looking_on", Aggregate::count("watchers"))
                           .order_by("id")
                           .all();
  EXPECT_THAT(texts(counted, "at_work"), ElementsAre("2", "1"));
  EXPECT_THAT(texts(counted, "looking_on"), ElementsAre("2", "0"));
}

TEST_P(SeveralRelations, BothAreLoadedSideBySide) {
  const QuerySet all = project.objects().order_by("id");
  QueryCount count(db);
  const auto expect = [&](const Rows& rows, std::size_t queries) {
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_THAT(texts(rows[0].related("members"), "name"), ElementsAre("Ann", "Bob"));
    EXPECT_THAT(texts(rows[0].related("watchers"), "name"), ElementsAre("Bob", "Cleo"));
    EXPECT_THAT(texts(rows[1].related("members"), "name"), ElementsAre("Cleo"));
    EXPECT_THAT(texts(rows[1].related("watchers"), "name"), IsEmpty());
    EXPECT_EQ(count.count(), queries);
    count.reset();
  };
  expect(all.select_related({"members", "watchers"}).all(), 1);
  expect(all.prefetch_related({"members", "watchers"}).all(), 3);
  expect(all.all(), 3);
}

}  // namespace
}  // namespace dorm::test
