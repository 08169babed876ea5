// First seed, "Multiple foreign-keys to the same Model", "Joining on arbitrary fields" and "Self-joins": S-26 to S-31.

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class SeedForeignKeys : public SocialWorld {
 protected:
  SeedForeignKeys() {
    for (const char* followed : {"huey", "mickey"})
      relationship.create({{"from_user", charlie}, {"to_user", get_user(followed)}});
    for (const char* follower : {"huey", "zaizee"})
      relationship.create({{"from_user", get_user(follower)}, {"to_user", charlie}});
  }

  const Model relationship = db["Relationship"];
  const Row charlie = user.create({{"username", "charlie"}});
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedForeignKeys, testing::ValuesIn(backends()), backend_name);

// S-26: "to determine which users I am following": join(Relationship,
// on=Relationship.to_user).where(Relationship.from_user == charlie)
TEST_P(SeedForeignKeys, AForeignKeyAsOnChoosesAmongSeveral) {
  const Query following =
      user.select().join(relationship, {.on = relationship["to_user"]}).where(relationship["from_user"] == charlie);
  expect_sql(following,
             R"(SELECT "t1"."id", "t1"."username" FROM "user" AS "t1" )"
             R"(INNER JOIN "relationship" AS "t2" ON ("t2"."to_user_id" = "t1"."id") WHERE ("t2"."from_user_id" = ?))",
             {4});
  EXPECT_THAT(column(following, "username"), UnorderedElementsAre("huey", "mickey"));
  // "which users are following me"
  const Query followers =
      user.select().join(relationship, {.on = relationship["from_user"]}).where(relationship["to_user"] == charlie);
  expect_sql(followers,
             R"(SELECT "t1"."id", "t1"."username" FROM "user" AS "t1" )"
             R"(INNER JOIN "relationship" AS "t2" ON ("t2"."from_user_id" = "t1"."id") WHERE ("t2"."to_user_id" = ?))",
             {4});
  EXPECT_THAT(column(followers, "username"), UnorderedElementsAre("huey", "zaizee"));
}

// S-26, JOI-07: the key may be named from either side, by its column, or by its back-reference.
TEST_P(SeedForeignKeys, TheForeignKeyMayBeNamedFromEitherSide) {
  const std::string following = user.select().join(relationship, {.on = relationship["to_user"]}).sql().sql;
  EXPECT_EQ(user.select().join(relationship, {.on = relationship["to_user_id"]}).sql().sql, following);
  EXPECT_EQ(user.select().join(relationship, {.on = user["related_to"]}).sql().sql, following);

  const Model followed = user.alias("followed");
  const Query query = relationship.select(relationship, user["username"], followed["username"])
                          .join(user, {.on = relationship["from_user"]})
                          .switch_to(relationship)
                          .join(followed, {.on = relationship["to_user"]})
                          .where(relationship["from_user"] == charlie);
  QueryCount count(db);
  EXPECT_THAT(lines(query,
                    [](const Row& row) {
                      return row["from_user"]["username"].to_text() + " follows " +
                             row["to_user"]["username"].to_text();
                    }),
              UnorderedElementsAre("charlie follows huey", "charlie follows mickey"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT([&] { tweet.select().join(user, {.on = relationship["to_user"]}); },
              ThrowsMessage<QueryError>(
                  HasSubstr("'Relationship.to_user' belongs to neither side of the join of 'Tweet' with 'User'")));
}

// S-26: "we should always specify which field we are using in a join"
TEST_P(SeedForeignKeys, SeveralForeignKeysAreAMistakeThatNamesThem) {
  QueryCount count(db);
  const char* const candidates =
      "more than one foreign key between 'User' and 'Relationship': 'Relationship.from_user' and "
      "'Relationship.to_user'; say which with on";
  EXPECT_THAT([&] { user.select().join(relationship); }, ThrowsMessage<QueryError>(HasSubstr(candidates)));
  EXPECT_THAT(
      [&] { relationship.select().join(user); },
      ThrowsMessage<QueryError>(AllOf(HasSubstr("'Relationship.from_user'"), HasSubstr("'Relationship.to_user'"))));
  EXPECT_THAT([&] { relationship.select().join(user.alias("u")); },
              ThrowsMessage<QueryError>(HasSubstr("say which with on")));
  EXPECT_EQ(count.count(), 0U);
}

// Rule 14, JOI-05: among several the one named like its target model is meant.
TEST_P(SeedForeignKeys, AmongSeveralTheKeyNamedLikeItsTargetIsMeant) {
  const Database other = Database::open(fresh_database(GetParam()), Registry::parse(R"({"dorm": 1, "models": {
      "User": {"fields": {"username": {"type": "text"}}},
      "Post": {"fields": {
        "editor": {"type": "foreign_key", "to": "User", "backref": "edited"},
        "user": {"type": "foreign_key", "to": "User", "backref": "posts"}}}}})"));
  const Model post = other["Post"];
  EXPECT_THAT(post.select(post["id"]).join(other["User"]).sql().sql, HasSubstr(R"(ON ("t1"."user_id" = "t2"."id"))"));
  EXPECT_THAT(other["User"].select().join(post).sql().sql, HasSubstr(R"(ON ("t2"."user_id" = "t1"."id"))"));
}

// S-27: "Specify a unique multi-column index on from/to-user."
TEST_P(SeedForeignKeys, NobodyFollowsAnotherTwice) {
  EXPECT_THROW(relationship.create({{"from_user", charlie}, {"to_user", get_user("huey")}}), UniqueViolation);
  EXPECT_EQ(relationship.count(), 4);
  EXPECT_TRUE(relationship.create({{"from_user", charlie}, {"to_user", get_user("zaizee")}}).is_saved());
}

// S-28: "#### Print something like": charlie logged in / charlie posted a tweet / charlie retweeted / charlie posted a
// tweet / charlie logged out
TEST_P(SeedForeignKeys, ModelsWithoutAForeignKeyAreJoinedByACondition) {
  const Model activity_log = db["ActivityLog"];
  for (const char* description : {"logged in", "posted a tweet", "retweeted", "posted a tweet", "logged out"}) {
    activity_log.create(
        {{"object_id", charlie["id"].integer()}, {"activity_type", "user_activity"}, {"description", description}});
  }
  activity_log.create(
      {{"object_id", charlie["id"].integer()}, {"activity_type", "tweet_activity"}, {"description", "was deleted"}});
  activity_log.create({{"object_id", 1}, {"activity_type", "user_activity"}, {"description", "logged in"}});

  const Query user_log =
      user.select(user, activity_log)
          .join(activity_log, {.on = user["id"] == activity_log["object_id"], .attr = "log"})
          .where((activity_log["activity_type"] == "user_activity") & (user["username"] == "charlie"));
  expect_sql(
      user_log,
      R"(SELECT "t1"."id", "t1"."username", "t2"."id", "t2"."object_id", "t2"."activity_type", "t2"."description", "t2"."timestamp" )"
      R"(FROM "user" AS "t1" INNER JOIN "activity_log" AS "t2" ON ("t1"."id" = "t2"."object_id") )"
      R"(WHERE (("t2"."activity_type" = ?) AND ("t1"."username" = ?)))",
      {"user_activity", "charlie"});
  QueryCount count(db);
  EXPECT_THAT(
      lines(user_log,
            [](const Row& row) { return row["username"].to_text() + " " + row["log"]["description"].to_text(); }),
      UnorderedElementsAre("charlie logged in", "charlie posted a tweet", "charlie retweeted", "charlie posted a tweet",
                           "charlie logged out"));
  EXPECT_EQ(count.count(), 1U) << "without incurring an additional query";
  EXPECT_THAT([&] { user.select().join(activity_log); },
              ThrowsMessage<QueryError>(
                  HasSubstr("no foreign key between 'User' and 'ActivityLog'; give the condition with on")));
}

// GRA-02: without attr the joined row is found by the name of its model.
TEST_P(SeedForeignKeys, WithoutAttrTheJoinedRowIsNamedLikeItsModel) {
  const Model activity_log = db["ActivityLog"];
  activity_log.create(
      {{"object_id", charlie["id"].integer()}, {"activity_type", "user_activity"}, {"description", "logged in"}});
  const Rows rows =
      user.select(user, activity_log).join(activity_log, {.on = user["id"] == activity_log["object_id"]}).all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["activity_log"]["description"].text(), "logged in");
}

class SeedSelfJoins : public SocialWorld {
 protected:
  SeedSelfJoins() {
    const Row electronics = category.create({{"name", "Electronics"}});
    for (const char* name : {"Phones", "Cameras"}) category.create({{"name", name}, {"parent", electronics}});
    const Row books = category.create({{"name", "Books"}});
    category.create({{"name", "Poetry"}, {"parent", books}});
  }

  const Model category = db["Category"];
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelfJoins, testing::ValuesIn(backends()), backend_name);

// S-29: "query all categories whose parent category is Electronics": .join(Parent, on=(Category.parent == Parent.id))
TEST_P(SeedSelfJoins, AModelIsJoinedWithItselfThroughAnAlias) {
  const Model parent = category.alias();
  const Query query =
      category.select().join(parent, {.on = category["parent"] == parent["id"]}).where(parent["name"] == "Electronics");
  expect_sql(query,
             R"(SELECT "t1"."id", "t1"."name", "t1"."parent_id" FROM "category" AS "t1" )"
             R"(INNER JOIN "category" AS "t2" ON ("t1"."parent_id" = "t2"."id") WHERE ("t2"."name" = ?))",
             {"Electronics"});
  EXPECT_THAT(column(query, "name"), UnorderedElementsAre("Phones", "Cameras"));

  const Query both = category.select(category, parent).join(parent, {.on = category["parent"] == parent["id"]});
  QueryCount count(db);
  EXPECT_THAT(
      lines(both, [](const Row& row) { return row["parent"]["name"].to_text() + ": " + row["name"].to_text(); }),
      UnorderedElementsAre("Electronics: Phones", "Electronics: Cameras", "Books: Poetry"));
  EXPECT_EQ(count.count(), 1U);
}

// S-29: "it is necessary to specify the join condition using the on keyword argument" (rule 14: an error naming both
// directions).
TEST_P(SeedSelfJoins, ASelfJoinWithoutOnIsAMistakeThatNamesBothDirections) {
  const Model parent = category.alias("parent_category");
  QueryCount count(db);
  EXPECT_THAT([&] { category.select().join(parent); },
              ThrowsMessage<QueryError>(HasSubstr(
                  "joining 'Category' with itself by 'parent' can mean 'Category' is the child or the parent; give the "
                  "condition with on")));
  EXPECT_THAT([&] { category.select().join(category); }, ThrowsMessage<QueryError>(HasSubstr("join an alias of it")));
  EXPECT_EQ(count.count(), 0U);
}

// Both ends of the key are sides of the join: naming the key of one source says which of them is the child.
TEST_P(SeedSelfJoins, TheKeyOfOneSourceSaysWhichIsTheChild) {
  const Model other = category.alias();
  expect_sql(
      category.select(category["name"]).join(other, {.on = category["parent"]}),
      R"(SELECT "t1"."name" FROM "category" AS "t1" INNER JOIN "category" AS "t2" ON ("t1"."parent_id" = "t2"."id"))");
  expect_sql(
      category.select(category["name"]).join(other, {.on = other["parent"]}),
      R"(SELECT "t1"."name" FROM "category" AS "t1" INNER JOIN "category" AS "t2" ON ("t2"."parent_id" = "t1"."id"))");
}

// S-30, its printed SQL with every alias quoted:
//   SELECT t1."id", t1."name", t1."parent_id" FROM "category" AS t1
//   INNER JOIN ( SELECT t2."id" FROM "category" AS t2 WHERE (t2."name" = ?)) AS jq ON (t1."parent_id" = "jq"."id")
TEST_P(SeedSelfJoins, AModelIsJoinedWithASubqueryOfItself) {
  const Model parent = category.alias();
  const Subquery join_query = parent.select(parent["id"]).where(parent["name"] == "Electronics").alias("jq");
  const Query query = category.select().join(join_query, {.on = category["parent"] == join_query.c("id")});
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."name", "t1"."parent_id" FROM "category" AS "t1" )"
      R"(INNER JOIN (SELECT "t2"."id" FROM "category" AS "t2" WHERE ("t2"."name" = ?)) AS "jq" ON ("t1"."parent_id" = "jq"."id"))",
      {"Electronics"});
  EXPECT_THAT(column(query, "name"), UnorderedElementsAre("Phones", "Cameras"));
}

// S-30 as the seed writes it: a query that selects nothing in particular offers all its columns (rule 12, ALI-09).
TEST_P(SeedSelfJoins, ASubqueryWithoutASelectListOffersAllColumns) {
  const Model parent = category.alias();
  const Subquery join_query = parent.select().where(parent["name"] == "Electronics").alias("jq");
  const Query query = category.select().join(join_query, {.on = category["parent"] == join_query.c("id")});
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."name", "t1"."parent_id" FROM "category" AS "t1" )"
      R"(INNER JOIN (SELECT "t2"."id", "t2"."name", "t2"."parent_id" FROM "category" AS "t2" WHERE ("t2"."name" = ?)) AS "jq" )"
      R"(ON ("t1"."parent_id" = "jq"."id"))",
      {"Electronics"});
  EXPECT_THAT(column(query, "name"), UnorderedElementsAre("Phones", "Cameras"));
  EXPECT_THAT([&] { parent.select().alias(""); }, ThrowsMessage<QueryError>(HasSubstr("is not an identifier")));
}

// S-31: parent = ForeignKeyField('self', backref='children')
TEST_P(SeedSelfJoins, AForeignKeyToItselfHasBothDirections) {
  const Row electronics = category.get(category["name"] == "Electronics");
  EXPECT_THAT(column(electronics.related("children"), "name"), UnorderedElementsAre("Phones", "Cameras"));
  EXPECT_EQ(electronics.related("children")[0]["parent"].row(), electronics);
  EXPECT_TRUE(electronics["parent"].is_null());
  EXPECT_THROW(electronics["parent"]["name"], NullRelation);
}

}  // namespace
}  // namespace dorm::test
