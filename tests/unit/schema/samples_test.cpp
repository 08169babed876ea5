// The sample schemas resolve to what the seeds describe.
#include <gmock/gmock.h>

#include "dorm/registry.hpp"

namespace dorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Registry sample(const std::string& name) { return Registry::load(std::string(DORM_SOURCE_DIR "/schemas/") + name); }

std::vector<std::string> columns(const ModelInfo& model) {
  std::vector<std::string> result;
  for (const FieldInfo& field : model.fields) result.push_back(field.column);
  return result;
}

std::vector<std::string> relations(const Registry& registry, std::string_view model) {
  static const std::vector<std::string> arrows = {"->", "->1", "<-", "<-1", "<->", "<->'"};
  std::vector<std::string> result;
  for (const RelationInfo& relation : registry.get(model).relations) {
    result.push_back(relation.name + " " + arrows[static_cast<std::size_t>(relation.kind)] + " " +
                     registry.model(relation.target).name);
  }
  return result;
}

// Every relation and its inverse describe the same pair of keys.
void expect_consistent(const Registry& registry) {
  for (const auto& model : registry.models()) {
    for (const RelationInfo& relation : model->relations) {
      const std::string name = model->name + "." + relation.name;
      EXPECT_EQ(&model->relations[relation.index], &relation) << name;
      EXPECT_EQ(relation.model, model->id) << name;
      const RelationInfo& inverse = registry.model(relation.target).relations.at(relation.inverse);
      EXPECT_EQ(inverse.target, model->id) << name;
      EXPECT_EQ(inverse.inverse, relation.index) << name;
      EXPECT_EQ(inverse.fields, relation.target_fields) << name;
      EXPECT_EQ(inverse.target_fields, relation.fields) << name;
      EXPECT_EQ(inverse.through, relation.through) << name;
      EXPECT_EQ(inverse.through_source, relation.through_target) << name;
      EXPECT_EQ(inverse.indexed, relation.indexed) << name;
    }
    for (const auto& [name, member] : model->members) EXPECT_TRUE(member) << model->name << "." << name;
  }
}

class SampleTest : public testing::TestWithParam<const char*> {};

TEST_P(SampleTest, LoadsWithoutWarningsAndBothSidesAgree) {
  const Registry registry = sample(GetParam());
  EXPECT_THAT(registry.warnings(), IsEmpty()) << registry.warnings().front().text();
  expect_consistent(registry);
}
INSTANTIATE_TEST_SUITE_P(Schemas, SampleTest,
                         testing::Values("social", "school", "school_m2m", "music", "classes", "company"));

TEST(Samples, SocialIsTheFirstSeeds) {
  const Registry registry = sample("social");
  EXPECT_THAT(columns(registry.get("User")), ElementsAre("id", "username"));
  EXPECT_THAT(columns(registry.get("Tweet")), ElementsAre("id", "content", "timestamp", "user_id"));
  EXPECT_THAT(columns(registry.get("ActivityLog")),
              ElementsAre("id", "object_id", "activity_type", "description", "timestamp"));
  EXPECT_THAT(columns(registry.get("Category")), ElementsAre("id", "name", "parent_id"));
  EXPECT_EQ(registry.get("ActivityLog").table, "activity_log");
  EXPECT_THAT(relations(registry, "Tweet"), ElementsAre("user -> User", "favorites <- Favorite"));
  EXPECT_THAT(relations(registry, "User"), ElementsAre("favorites <- Favorite", "relationships <- Relationship",
                                                       "related_to <- Relationship", "tweets <- Tweet"));
  EXPECT_THAT(relations(registry, "Category"), ElementsAre("parent -> Category", "children <- Category"));
  const ModelInfo& relationship = registry.get("Relationship");
  ASSERT_EQ(relationship.uniques.size(), 1U);
  EXPECT_EQ(relationship.uniques[0].name, "relationship_from_user_id_to_user_id_key");
}

TEST(Samples, AForeignKeyHasARelationAndARawKey) {
  const Registry registry = sample("social");
  const ModelInfo& tweet = registry.get("Tweet");
  const FieldInfo& raw = *tweet.find_field("user_id");
  const RelationInfo& user = *tweet.find_relation("user");
  EXPECT_EQ(raw.relation, user.index);
  EXPECT_EQ(raw.type.kind, TypeKind::bigint);
  EXPECT_FALSE(raw.auto_increment);
  EXPECT_THAT(user.fields, ElementsAre(raw.index));
  EXPECT_THAT(user.target_fields, ElementsAre(0U));
  EXPECT_FALSE(user.nullable);
  EXPECT_EQ(user.on_delete, ReferentialAction::no_action);
  EXPECT_EQ(user.constraint_name, "tweet_user_id_fkey");
  ASSERT_EQ(tweet.indexes.size(), 1U);
  EXPECT_EQ(tweet.indexes[0].name, "tweet_user_id_idx");
}

TEST(Samples, SchoolNamesBackReferencesByDefault) {
  const Registry registry = sample("school");
  EXPECT_THAT(relations(registry, "Student"), ElementsAre("student_course_set <- StudentCourse"));
  EXPECT_THAT(relations(registry, "Course"), ElementsAre("student_course_set <- StudentCourse"));
}

TEST(Samples, ManyToManyMakesItsLinkModel) {
  const Registry registry = sample("school_m2m");
  const ModelInfo& link = registry.get("CourseStudents");
  EXPECT_TRUE(link.derived);
  EXPECT_EQ(link.table, "course_students");
  EXPECT_THAT(columns(link), ElementsAre("course_id", "student_id"));
  EXPECT_THAT(link.primary_key, ElementsAre(0U, 1U));
  EXPECT_THAT(relations(registry, "CourseStudents"), ElementsAre("course -> Course", "student -> Student"));
  EXPECT_EQ(link.relations[0].on_delete, ReferentialAction::cascade);
  // The primary key starts with the course, so only the student needs an index.
  ASSERT_EQ(link.indexes.size(), 1U);
  EXPECT_EQ(link.indexes[0].name, "course_students_student_id_idx");

  const RelationInfo& students = *registry.get("Course").find_relation("students");
  const RelationInfo& courses = *registry.get("Student").find_relation("courses");
  EXPECT_EQ(students.through, link.id);
  EXPECT_EQ(link.relations[students.through_source].name, "course");
  EXPECT_EQ(link.relations[students.through_target].name, "student");
  EXPECT_EQ(courses.kind, RelationKind::reverse_many_to_many);
  EXPECT_EQ(link.relations[courses.through_source].name, "student");
  EXPECT_THAT(relations(registry, "Course"), ElementsAre("students <-> Student", " <- CourseStudents"));
}

TEST(Samples, TheSecondSeedsTables) {
  const Registry music = sample("music");
  EXPECT_EQ(music.get("Album").table, "albums");
  EXPECT_THAT(columns(music.get("Track")), ElementsAre("id", "album", "title", "position", "play_count"));
  EXPECT_EQ(music.get("Track").find_field("album_id")->column, "album");
  EXPECT_EQ(music.get("Album").find_field("is_best_seller")->default_value->literal, Value(false));

  const Registry classes = sample("classes");
  EXPECT_THAT(relations(classes, "SchoolClass"),
              ElementsAre("department -> Department", "students <- Student", "teachers <- Teacher"));
  EXPECT_FALSE(classes.get("SchoolClass").find_relation("department")->nullable);
  EXPECT_FALSE(classes.get("Department").fields[0].auto_increment);

  const Registry company = sample("company");
  EXPECT_EQ(company.get("CompanyBranches").table, "companies_branches");
  EXPECT_EQ(company.get("Company").find_field("name")->column, "company_name");
}

TEST(Samples, BlogIsTheWorkedExample) {
  const Registry registry = sample("blog");
  expect_consistent(registry);
  std::vector<std::string> codes;
  for (const Diagnostic& warning : registry.warnings()) codes.push_back(warning.code);
  EXPECT_THAT(codes, ElementsAre("sensitive.unique"));

  const ModelInfo& user = registry.get("blog.User");
  EXPECT_EQ(&user, registry.find("User"));
  EXPECT_EQ(user.table, "users");
  EXPECT_THAT(columns(user), ElementsAre("id", "created_at", "updated_at", "username", "email", "password_hash",
                                         "biography", "is_admin", "settings"));
  EXPECT_EQ(user.find_field("settings")->default_value->literal, Value(Json{"{}"}));
  EXPECT_EQ(user.find_field("updated_at")->on_update, Function::now);
  EXPECT_THAT(relations(registry, "User"),
              ElementsAre("following <-> User", "followers <->' User", "tweets <- Tweet", "favorite_tweets <->' Tweet",
                          "favorites <- Favorite", " <- Follow", " <- Follow"));
  const RelationInfo& tweets = *user.find_relation("tweets");
  const ModelInfo& tweet = registry.get("Tweet");
  ASSERT_EQ(tweets.order_by.size(), 1U);
  EXPECT_EQ(tweet.fields[tweets.order_by[0].field].name, "created_at");
  EXPECT_TRUE(tweets.order_by[0].descending);

  EXPECT_EQ(tweet.find_field("author_id")->column, "author_uuid");
  EXPECT_EQ(tweet.find_field("author_id")->type.kind, TypeKind::uuid);
  EXPECT_EQ(tweet.find_field("score")->default_value->literal.decimal().text(), "0.0000");
  EXPECT_EQ(tweet.lazy, LazyPolicy::raise_n_plus_one);
  // tweets_author_recent starts with the author, so the foreign key gets no index of its own.
  ASSERT_EQ(tweet.indexes.size(), 3U);
  EXPECT_EQ(tweet.indexes[0].name, "tweets_author_recent");
  EXPECT_EQ(tweet.indexes[1].where->op, Condition::Op::ne);
  EXPECT_EQ(tweet.indexes[2].name, "tweet_messages_reply_to_id_idx");

  const ModelInfo& follow = registry.get("Follow");
  EXPECT_THAT(columns(follow), ElementsAre("follower_id", "followee_id", "since"));
  EXPECT_THAT(follow.primary_key, ElementsAre(0U, 1U));
  ASSERT_EQ(follow.checks.size(), 1U);
  EXPECT_EQ(follow.checks[0].condition->op, Condition::Op::ne);
  EXPECT_EQ(follow.checks[0].condition->operands[1].field, 1U);
}

}  // namespace
}  // namespace dorm
