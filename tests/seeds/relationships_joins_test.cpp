// First seed, "Performing simple joins" and "Joining multiple tables": S-08 to S-14.

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class SeedJoins : public SocialWorld {
 protected:
  static std::string name_and_count(const Row& row) { return row["username"].to_text() + " " + row["count"].to_text(); }
  // print('%s favorited %d times' % (tweet.content, tweet.count))
  static std::string favorited(const Row& row) {
    return row["content"].to_text() + " favorited " + row["count"].to_text() + " times";
  }
  Query tweets_with_counts() const { return tweet.select(tweet["content"], fn::count(favorite["id"]).as("count")); }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedJoins, testing::ValuesIn(backends()), backend_name);

constexpr const char* tweets_of_huey =
    R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id" FROM "tweet" AS "t1" )"
    R"(INNER JOIN "user" AS "t2" ON ("t1"."user_id" = "t2"."id") WHERE ("t2"."username" = ?))";

// S-08: query = Tweet.select().join(User).where(User.username == 'huey')
//       meow / hiss / purr
TEST_P(SeedJoins, TheConditionIsInferredFromTheForeignKey) {
  const Query query = tweet.select().join(user).where(user["username"] == "huey");
  expect_sql(query, tweets_of_huey, {"huey"});
  QueryCount count(db);
  EXPECT_THAT(column(query, "content"), UnorderedElementsAre("meow", "hiss", "purr"));
  EXPECT_EQ(count.count(), 1U);
}

// S-08, from the other side: the key is found on the target.
TEST_P(SeedJoins, TheForeignKeyIsFoundOnTheTargetToo) {
  const Query query = user.select().join(tweet).where(tweet["content"] == "purr");
  expect_sql(query,
             R"(SELECT "t1"."id", "t1"."username" FROM "user" AS "t1" )"
             R"(INNER JOIN "tweet" AS "t2" ON ("t2"."user_id" = "t1"."id") WHERE ("t2"."content" = ?))",
             {"purr"});
  EXPECT_THAT(column(query, "username"), ElementsAre("huey"));
}

// S-09: "The following code is equivalent, but more explicit: .join(User, on=(Tweet.user == User.id))"
TEST_P(SeedJoins, AnExplicitConditionIsEquivalent) {
  const Query query = tweet.select().join(user, {.on = tweet["user"] == user["id"]}).where(user["username"] == "huey");
  expect_sql(query, tweets_of_huey, {"huey"});
  EXPECT_THAT(column(query, "content"), UnorderedElementsAre("meow", "hiss", "purr"));
  expect_sql(tweet.select().join(user, {.on = tweet["user_id"] == user["id"]}).where(user["username"] == "huey"),
             tweets_of_huey, {"huey"});
}

// S-10: "we can see that it is just a simple pre-filtered SELECT query":
//       ('SELECT "t1"."id", … FROM "tweet" AS "t1" WHERE ("t1"."user_id" = ?)', [1])
TEST_P(SeedJoins, ABackReferenceListsTheRowsAndShowsItsQuery) {
  const Row huey = get_user("huey");
  QueryCount count(db);
  expect_sql(
      huey.related("tweets").sql(),
      R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id" FROM "tweet" AS "t1" WHERE ("t1"."user_id" = ?))",
      {1});
  EXPECT_EQ(count.count(), 0U) << "sql() asks nothing";
  EXPECT_FALSE(huey.related("tweets").is_loaded());
  EXPECT_THAT(column(huey.related("tweets"), "content"), UnorderedElementsAre("meow", "hiss", "purr"));
  EXPECT_EQ(count.count(), 1U);
  // Rule 13: one object; iterating uses the loaded rows, queries made from it are fresh and change nothing.
  EXPECT_EQ(huey.related("tweets").size(), 3U);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(column(huey.related("tweets").where(tweet["content"] != "hiss").order_by(tweet["content"]), "content"),
              ElementsAre("meow", "purr"));
  EXPECT_EQ(huey.related("tweets").count(), 3);
  EXPECT_EQ(count.count(), 3U);
  EXPECT_EQ(huey.related("tweets").size(), 3U);
  EXPECT_EQ(count.count(), 3U);
}

// Rule 9: not `WHERE user_id IS NULL`.
TEST_P(SeedJoins, ABackReferenceOfAnUnsavedRowIsAnError) {
  const Row charlie = user.make({{"username", "charlie"}});
  EXPECT_THROW(charlie.related("tweets").query(), StateError);
  EXPECT_THROW(charlie.related("tweets").size(), StateError);
}

// S-11: "whenever we call the join method, we are implicitly joining on the previously-joined model (or if this is the
// first call, the model we are selecting from)" S-12: huey 3 / mickey 1 / zaizee 0
TEST_P(SeedJoins, EachJoinStartsWhereTheLastOneEnded) {
  const Query query = user.select(user["username"], fn::count(favorite["id"]).as("count"))
                          .join(tweet, Join::left_outer)     // user -> tweet
                          .join(favorite, Join::left_outer)  // tweet -> favorite
                          .group_by(user["username"]);
  expect_sql(query, R"(SELECT "t1"."username", COUNT("t2"."id") AS "count" FROM "user" AS "t1" )"
                    R"(LEFT OUTER JOIN "tweet" AS "t3" ON ("t3"."user_id" = "t1"."id") )"
                    R"(LEFT OUTER JOIN "favorite" AS "t2" ON ("t2"."tweet_id" = "t3"."id") GROUP BY "t1"."username")");
  QueryCount count(db);
  EXPECT_THAT(lines(query, name_and_count), UnorderedElementsAre("huey 3", "mickey 1", "zaizee 0"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(query.sql().sql, user.select(user["username"], fn::count(favorite["id"]).as("count"))
                                 .left_outer_join(tweet)
                                 .left_outer_join(favorite)
                                 .group_by(user["username"])
                                 .sql()
                                 .sql);
}

constexpr const char* favorite_counts_of_huey =
    R"(SELECT "t1"."content", COUNT("t2"."id") AS "count" FROM "tweet" AS "t1" )"
    R"(INNER JOIN "user" AS "t3" ON ("t1"."user_id" = "t3"."id") )"
    R"(LEFT OUTER JOIN "favorite" AS "t2" ON ("t2"."tweet_id" = "t1"."id") WHERE ("t3"."username" = ?) GROUP BY "t1"."content")";

// S-13: meow favorited 1 times / hiss favorited 0 times / purr favorited 2 times
TEST_P(SeedJoins, SwitchMovesTheJoinContext) {
  const Query query = tweets_with_counts()
                          .join(user)        // tweet -> user
                          .switch_to(tweet)  // back to tweet
                          .join(favorite, Join::left_outer)
                          .where(user["username"] == "huey")
                          .group_by(tweet["content"]);
  expect_sql(query, favorite_counts_of_huey, {"huey"});
  QueryCount count(db);
  EXPECT_THAT(lines(query, favorited),
              UnorderedElementsAre("meow favorited 1 times", "hiss favorited 0 times", "purr favorited 2 times"));
  EXPECT_EQ(count.count(), 1U);
  expect_sql(tweets_with_counts()
                 .join(user)
                 .switch_to()
                 .join(favorite, Join::left_outer)
                 .where(user["username"] == "huey")
                 .group_by(tweet["content"]),
             favorite_counts_of_huey, {"huey"});
}

// S-13: "If we had omitted the explicit call to switch, Peewee would have used User as the join context and constructed
// the join from User to Favorite using the Favorite.user foreign-key, which would have given us incorrect results."
TEST_P(SeedJoins, WithoutSwitchTheJoinFollowsTheFavoritesOfTheUser) {
  const Query query = tweets_with_counts()
                          .join(user)
                          .join(favorite, Join::left_outer)
                          .where(user["username"] == "huey")
                          .group_by(tweet["content"]);
  expect_sql(
      query,
      R"(SELECT "t1"."content", COUNT("t2"."id") AS "count" FROM "tweet" AS "t1" )"
      R"(INNER JOIN "user" AS "t3" ON ("t1"."user_id" = "t3"."id") )"
      R"(LEFT OUTER JOIN "favorite" AS "t2" ON ("t2"."user_id" = "t3"."id") WHERE ("t3"."username" = ?) GROUP BY "t1"."content")",
      {"huey"});
  EXPECT_THAT(lines(query, favorited),
              UnorderedElementsAre("meow favorited 1 times", "hiss favorited 1 times", "purr favorited 1 times"));
}

// S-14: "The following query is equivalent to the previous one: .join_from(Tweet, User).join_from(Tweet, Favorite, …)"
TEST_P(SeedJoins, JoinFromIsSwitchAndJoin) {
  const Query query = tweets_with_counts()
                          .join_from(tweet, user)
                          .join_from(tweet, favorite, Join::left_outer)
                          .where(user["username"] == "huey")
                          .group_by(tweet["content"]);
  expect_sql(query, favorite_counts_of_huey, {"huey"});
  EXPECT_THAT(lines(query, favorited),
              UnorderedElementsAre("meow favorited 1 times", "hiss favorited 0 times", "purr favorited 2 times"));
}

// JOI-14, JOI-13: what Peewee sends to the database to fail there, or worse, is a mistake before any SQL.
TEST_P(SeedJoins, SourcesThatAreNotJoinedAreMistakesBeforeAnySql) {
  QueryCount count(db);
  EXPECT_THAT([&] { tweet.select().join_from(favorite, user); },
              ThrowsMessage<QueryError>(HasSubstr("'Favorite' is not part of the query")));
  EXPECT_THAT([&] { tweet.select().switch_to(user); },
              ThrowsMessage<QueryError>(HasSubstr("'User' is not part of the query")));
  EXPECT_THAT([&] { tweet.select().join(user).switch_to(tweet).join(user); },
              ThrowsMessage<QueryError>(HasSubstr("'User' is already part of the query; join an alias of it")));
  EXPECT_THAT([&] { tweet.select().where(user["username"] == "huey").all(); },
              ThrowsMessage<QueryError>(HasSubstr("'User' is not part of the query; join it first")));
  EXPECT_THAT([&] { tweet.select().join(db["Category"]); },
              ThrowsMessage<QueryError>(HasSubstr("no foreign key between 'Tweet' and 'Category'")));
  EXPECT_THAT([&] { tweet.select().join(user, Join::cross, {.on = tweet["user"] == user["id"]}); },
              ThrowsMessage<QueryError>(HasSubstr("a cross join has no condition")));
  EXPECT_EQ(count.count(), 0U);
}

// JOI-16: queries are values.
TEST_P(SeedJoins, JoiningOnACopyLeavesTheOriginalAsItWas) {
  const Query all = tweet.select();
  const Query joined = all.join(user).where(user["username"] == "huey");
  expect_sql(all, R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id" FROM "tweet" AS "t1")");
  EXPECT_EQ(all.all().size(), 5U);
  EXPECT_EQ(joined.all().size(), 3U);
}

}  // namespace
}  // namespace dorm::test
