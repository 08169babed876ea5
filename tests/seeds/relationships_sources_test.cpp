// First seed, "Selecting from multiple sources", "Subqueries" and "Common-table Expressions": S-15 to S-25.

#include <optional>

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class SeedSources : public SocialWorld {
 protected:
  Query content_and_username() const { return tweet.select(tweet["content"], user["username"]); }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSources, testing::ValuesIn(backends()), backend_name);

const auto every_tweet_with_its_author =
    UnorderedElementsAre("huey -> meow", "huey -> hiss", "huey -> purr", "mickey -> woof", "mickey -> whine");

// S-15: "There is a big problem with the above loop: it executes an additional query for every tweet to look up the
// tweet.user foreign-key." With `each`: 1 + 5 queries (rule 13).
TEST_P(SeedSources, LazyEachAsksOnceForEveryTweet) {
  QueryCount count(db);
  EXPECT_THAT(lines(tweet.select().lazy(LazyPolicy::each), author_and_content), every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 6U);
}

// S-15 as dorm does it: touching one row's author loads those of all.
TEST_P(SeedSources, LazyBatchAsksOnceForAllAuthors) {
  QueryCount count(db);
  EXPECT_THAT(lines(tweet.select(), author_and_content), every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 2U);
}

constexpr const char* content_and_username_sql =
    R"(SELECT "t1"."content", "t2"."username" FROM "tweet" AS "t1" INNER JOIN "user" AS "t2" ON ("t1"."user_id" = "t2"."id"))";

// S-16: {'content': 'meow', 'username': 'huey'} …
TEST_P(SeedSources, DictsAreFlat) {
  const Query query = content_and_username().join(user).dicts();
  expect_sql(query, content_and_username_sql);
  QueryCount count(db);
  EXPECT_THAT(
      lines(query, [](const Row& row) { return row.to_json(); }),
      UnorderedElementsAre(R"({"content":"meow","username":"huey"})", R"({"content":"hiss","username":"huey"})",
                           R"({"content":"purr","username":"huey"})", R"({"content":"woof","username":"mickey"})",
                           R"({"content":"whine","username":"mickey"})"));
  EXPECT_EQ(count.count(), 1U);
}

// S-17: "Peewee assigns the username value to tweet.user.username -- NOT tweet.username! … Peewee will reconstruct the
// model-graph for us"
TEST_P(SeedSources, SelectedColumnsOfAJoinedModelAreReadThroughTheForeignKey) {
  const Query query = content_and_username().join(user);
  expect_sql(query, content_and_username_sql);
  QueryCount count(db);
  const Rows rows = query.all();
  EXPECT_THAT(lines(rows, author_and_content), every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT([&] { rows[0]["username"]; },
              ThrowsMessage<QueryError>(HasSubstr("a row of 'Tweet' has no member 'username'")));
}

// S-18: query = Tweet.select(Tweet.content, User.username).join(User, attr='author')
TEST_P(SeedSources, AttrSaysWhereTheJoinedRowIs) {
  const Query query = content_and_username().join(user, {.attr = "author"});
  expect_sql(query, content_and_username_sql);
  QueryCount count(db);
  const Rows rows = query.all();
  EXPECT_THAT(
      lines(rows,
            [](const Row& row) { return row["author"]["username"].to_text() + " -> " + row["content"].to_text(); }),
      every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 1U);
  // GRA-13: the relation itself knows nothing of it.
  EXPECT_FALSE(rows[0].is_loaded("user"));
  EXPECT_FALSE(rows[0]["user_id"].is_loaded());
  EXPECT_THAT([&] { content_and_username().join(user, {.attr = "content"}); },
              ThrowsMessage<QueryError>(HasSubstr("attr 'content' is a field of 'Tweet'")));
}

// S-19: "if we simply wish *all* attributes we select to be attributes of the Tweet instance, we can add a call to
// objects()":
//       huey -> meow (etc)
TEST_P(SeedSources, ObjectsAreFlat) {
  const Query query = content_and_username().join(user, {.attr = "author"}).objects();
  expect_sql(query, content_and_username_sql);
  QueryCount count(db);
  EXPECT_THAT(
      lines(query, [](const Row& row) { return row["username"].to_text() + " -> " + row["content"].to_text(); }),
      every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 1U);
}

// ROW-02, ROW-04: names that meet are numbered.
TEST_P(SeedSources, ColumnsOfOneNameAreNumberedInFlatRows) {
  const Query query = tweet.select(tweet["id"], user["id"]).join(user).where(tweet["content"] == "whine");
  EXPECT_EQ(query.dicts().all().to_json(), R"([{"id":5,"id_2":2}])");
  EXPECT_EQ(query.objects().all()[0]["id_2"].integer(), 2);
  EXPECT_EQ(query.tuples().all()[0][1].integer(), 2);
}

// S-20: Owner = User.alias() …
//       huey liked whine by mickey / mickey liked purr by huey / zaizee liked meow by huey / zaizee liked purr by huey
TEST_P(SeedSources, OneTableTwiceThroughAnAlias) {
  const Model owner = user.alias();
  const Query query = favorite.select(favorite, tweet["content"], user["username"], owner["username"])
                          .join(owner)  // favorite -> user (owner of favorite)
                          .switch_to(favorite)
                          .join(tweet)  // favorite -> tweet
                          .join(user);  // tweet -> user
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."user_id", "t1"."tweet_id", "t2"."content", "t3"."username", "t4"."username" FROM "favorite" AS "t1" )"
      R"(INNER JOIN "user" AS "t4" ON ("t1"."user_id" = "t4"."id") )"
      R"(INNER JOIN "tweet" AS "t2" ON ("t1"."tweet_id" = "t2"."id") )"
      R"(INNER JOIN "user" AS "t3" ON ("t2"."user_id" = "t3"."id"))");
  QueryCount count(db);
  EXPECT_THAT(lines(query,
                    [](const Row& fav) {
                      return fav["user"]["username"].to_text() + " liked " + fav["tweet"]["content"].to_text() +
                             " by " + fav["tweet"]["user"]["username"].to_text();
                    }),
              UnorderedElementsAre("huey liked whine by mickey", "mickey liked purr by huey",
                                   "zaizee liked meow by huey", "zaizee liked purr by huey"));
  EXPECT_EQ(count.count(), 1U);
  // The SQL that the seed wrote by hand names its aliases; so can we.
  const Model named = user.alias("owner");
  EXPECT_THAT(
      favorite.select(named["username"]).join(named).sql().sql,
      testing::StrEq(
          R"(SELECT "owner"."username" FROM "favorite" AS "t1" INNER JOIN "user" AS "owner" ON ("t1"."user_id" = "owner"."id"))"));
}

// S-21, S-22: "To demonstrate joining on a subquery, let's query for all users and their latest tweet."
//       huey -> purr / mickey -> whine
TEST_P(SeedSources, ASubqueryIsJoinedLikeATable) {
  const Model latest = tweet.alias();
  const Subquery latest_query = latest.select(latest["user"], fn::max(latest["timestamp"]).as("max_ts"))
                                    .group_by(latest["user"])
                                    .alias("latest_query");
  const Expr predicate =
      (tweet["user"] == latest_query.c("user_id")) & (tweet["timestamp"] == latest_query.c("max_ts"));
  const Query query = tweet
                          .select(tweet, user)  // all columns of both: S-24
                          .join(latest_query, {.on = predicate})
                          .join_from(tweet, user);
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id", "t2"."id", "t2"."username" FROM "tweet" AS "t1" )"
      R"(INNER JOIN (SELECT "t3"."user_id", MAX("t3"."timestamp") AS "max_ts" FROM "tweet" AS "t3" GROUP BY "t3"."user_id") AS "latest_query" )"
      R"(ON (("t1"."user_id" = "latest_query"."user_id") AND ("t1"."timestamp" = "latest_query"."max_ts")) )"
      R"(INNER JOIN "user" AS "t2" ON ("t1"."user_id" = "t2"."id"))");
  QueryCount count(db);
  EXPECT_THAT(lines(query, author_and_content), UnorderedElementsAre("huey -> purr", "mickey -> whine"));
  EXPECT_EQ(count.count(), 1U);
}

// S-23: "We referenced columns in the subquery using the magic .c attribute". Its names are those of columns.
TEST_P(SeedSources, ColumnsOfASubqueryAreNamedAsItsSqlNamesThem) {
  const Subquery latest =
      tweet.select(tweet["user"], fn::max(tweet["timestamp"]).as("max_ts")).group_by(tweet["user"]).alias("latest");
  latest.c("user_id");
  latest.c("max_ts");
  EXPECT_THAT([&] { latest.c("user"); },
              ThrowsMessage<QueryError>(HasSubstr("'latest' has no column 'user'; it has 'user_id' and 'max_ts'")));
}

// S-24: "Instead of passing individual fields to Tweet.select(), we passed the Tweet and User models. This is shorthand
// for selecting all fields on the given model."
TEST_P(SeedSources, AModelInTheSelectListIsAllItsFields) {
  const std::string whole = tweet.select(tweet, user).join(user).sql().sql;
  EXPECT_EQ(whole,
            tweet.select(tweet["id"], tweet["content"], tweet["timestamp"], tweet["user"], user["id"], user["username"])
                .join(user)
                .sql()
                .sql);
  expect_sql(
      tweet.select(user).join(user),
      R"(SELECT "t1"."id", "t1"."username" FROM "tweet" AS "t2" INNER JOIN "user" AS "t1" ON ("t2"."user_id" = "t1"."id"))");
}

// S-25: cte = Latest.select(…).group_by(…).cte('latest') … .with_cte(cte)
TEST_P(SeedSources, ACommonTableExpressionIsJoinedLikeATable) {
  const Model latest = tweet.alias();
  const CommonTable cte =
      latest.select(latest["user"], fn::max(latest["timestamp"]).as("max_ts")).group_by(latest["user"]).cte("latest");
  const Expr predicate = (tweet["user"] == cte.c("user_id")) & (tweet["timestamp"] == cte.c("max_ts"));
  const Query query = tweet.select(tweet, user).join(cte, {.on = predicate}).join_from(tweet, user).with_cte(cte);
  expect_sql(
      query,
      R"(WITH "latest" AS (SELECT "t1"."user_id", MAX("t1"."timestamp") AS "max_ts" FROM "tweet" AS "t1" GROUP BY "t1"."user_id") )"
      R"(SELECT "t2"."id", "t2"."content", "t2"."timestamp", "t2"."user_id", "t3"."id", "t3"."username" FROM "tweet" AS "t2" )"
      R"(INNER JOIN "latest" ON (("t2"."user_id" = "latest"."user_id") AND ("t2"."timestamp" = "latest"."max_ts")) )"
      R"(INNER JOIN "user" AS "t3" ON ("t2"."user_id" = "t3"."id"))");
  QueryCount count(db);
  EXPECT_THAT(lines(query, author_and_content), UnorderedElementsAre("huey -> purr", "mickey -> whine"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT([&] { tweet.select().join(cte, {.on = predicate}).all(); },
              ThrowsMessage<QueryError>(HasSubstr("the CTE 'latest' is used but not declared; add with_cte()")));
}

// ---- the graph, where the seed leaves it to its system (GRA) ----

// GRA-04: a model that was not selected carries what lies beyond it.
TEST_P(SeedSources, AnUnselectedModelBetweenCarriesTheOneBeyond) {
  const Query query =
      favorite.select(favorite["id"], user["username"]).join(tweet).join(user).where(tweet["content"] == "meow");
  QueryCount count(db);
  const Rows rows = query.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["tweet"]["user"]["username"].text(), "huey");
  EXPECT_EQ(count.count(), 1U);
}

// GRA-05: nothing was selected from the joined model, so nothing is known of it.
TEST_P(SeedSources, AJoinedModelWithoutSelectedColumnsStaysLazy) {
  for (const Join kind : {Join::inner, Join::left_outer}) {
    const Rows rows = tweet.select().join(user, kind).where(tweet["content"] == "purr").all();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_FALSE(rows[0].is_loaded("user"));
    EXPECT_EQ(rows[0]["user"]["username"].text(), "huey");
  }
}

// GRA-10: equal, but not the same.
TEST_P(SeedSources, EachRowOfAJoinHasARelatedRowOfItsOwn) {
  const Rows rows = tweet.select(tweet, user).join(user).where(user["username"] == "mickey").all();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["user"].row(), rows[1]["user"].row());
  EXPECT_FALSE(rows[0]["user"].row().same_row(rows[1]["user"].row()));
}

// GRA-11: a join towards many gives one row a match.
TEST_P(SeedSources, AJoinTowardsManyGivesOneRowAMatch) {
  EXPECT_THAT(column(user.select().join(tweet), "username"),
              UnorderedElementsAre("huey", "huey", "huey", "mickey", "mickey"));
  const Query query = user.select(user, tweet["content"]).join(tweet);
  QueryCount count(db);
  EXPECT_THAT(
      lines(query,
            [](const Row& row) { return row["username"].to_text() + " -> " + row["tweet"]["content"].to_text(); }),
      every_tweet_with_its_author);
  EXPECT_EQ(count.count(), 1U);
}

// GRA-06, GRA-07: what an outer join missed is null, and nobody asks again.
TEST_P(SeedSources, AMissedOuterJoinIsNull) {
  const Query query = user.select(user, tweet).join(tweet, Join::left_outer).where(user["username"] == "zaizee");
  QueryCount count(db);
  const Rows rows = query.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0]["tweet"].is_null());
  EXPECT_THROW(rows[0]["tweet"]["content"], NullRelation);
  EXPECT_FALSE(rows[0].is_dirty());
  EXPECT_EQ(count.count(), 1U);
}

// GRA-12: a key that was not selected is not there; one that was, is.
TEST_P(SeedSources, OnlySelectedColumnsAreLoaded) {
  const Rows rows = tweet.select(tweet["content"], user["id"], user["username"]).join(user).all();
  EXPECT_TRUE(rows[0]["user"]["id"].is_loaded());
  EXPECT_TRUE(rows[0]["content"].is_loaded());
  EXPECT_FALSE(rows[0]["timestamp"].is_loaded());
}

// GRA-18: a row joined by another condition than the key's equality is not "the" author.
TEST_P(SeedSources, ARowJoinedByAnotherConditionIsNotTheRelatedRow) {
  const Query query =
      tweet.select(tweet, user).join(user, {.on = user["username"] == "zaizee"}).where(tweet["content"] == "meow");
  EXPECT_THAT([&] { query.all(); }, ThrowsMessage<QueryError>(HasSubstr("give one with attr")));
  const Rows rows = tweet.select(tweet, user)
                        .join(user, {.on = user["username"] == "zaizee", .attr = "someone"})
                        .where(tweet["content"] == "meow")
                        .all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["someone"]["username"].text(), "zaizee");
  EXPECT_EQ(rows[0]["user_id"].integer(), 1);
  EXPECT_EQ(rows[0]["user"]["username"].text(), "huey");
  EXPECT_FALSE(rows[0].is_dirty());
}

// GRA-03, CTE-08: columns of a joined subquery or CTE are found under its alias; where an outer join missed, it is
// null.
TEST_P(SeedSources, ColumnsOfAJoinedSubqueryAreReadThroughItsAlias) {
  const Model written = tweet.alias();
  const Query counts = written.select(written["user"], fn::count(written["id"]).as("n")).group_by(written["user"]);
  const auto print = [](const Row& row) {
    const std::optional<Row> found = row["counts"].row_or_none();
    return row["username"].to_text() + " " + (found ? (*found)["n"].to_text() : "none");
  };
  const Subquery subquery = counts.alias("counts");
  QueryCount count(db);
  EXPECT_THAT(
      lines(user.select(user, subquery).join(subquery, Join::left_outer, {.on = user["id"] == subquery.c("user_id")}),
            print),
      UnorderedElementsAre("huey 3", "mickey 2", "zaizee none"));
  const CommonTable cte = counts.cte("counts");
  EXPECT_THAT(
      lines(user.select(user, cte.c("n")).join(cte, {.on = user["id"] == cte.c("user_id")}).with_cte(cte), print),
      UnorderedElementsAre("huey 3", "mickey 2"));
  EXPECT_EQ(count.count(), 2U);
}

// JOI-03: a join to a subquery or CTE without a model leaves the join context where it is.
TEST_P(SeedSources, AJoinToASubqueryLeavesTheJoinContext) {
  const Model written = tweet.alias();
  const Subquery counts =
      written.select(written["user"], fn::count(written["id"]).as("n")).group_by(written["user"]).alias("counts");
  const Query query = tweet.select(tweet["content"], counts.c("n"), user["username"])
                          .join(counts, {.on = tweet["user"] == counts.c("user_id")})
                          .join(user)
                          .where(tweet["content"] == "woof");
  const Rows rows = query.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["user"]["username"].text(), "mickey");
  EXPECT_EQ(rows[0]["counts"]["n"].integer(), 2);
}

// GRA-15: two joins to one model by two ways, each at its own place.
TEST_P(SeedSources, EachAliasHasAPlaceOfItsOwn) {
  const Model liker = user.alias("liker");
  const Query query = favorite.select(favorite, tweet, user, liker)
                          .join(tweet)
                          .join(user)
                          .join_from(favorite, liker, {.attr = "liked_by"})
                          .where(tweet["content"] == "whine");
  QueryCount count(db);
  const Rows rows = query.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["liked_by"]["username"].text(), "huey");
  EXPECT_EQ(rows[0]["tweet"]["user"]["username"].text(), "mickey");
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(rows[0]["user"]["username"].text(), "huey")
      << "the relation itself is lazy: attr put the joined row elsewhere";
  EXPECT_EQ(count.count(), 2U);
}

// GRA-17: a right join's unmatched row hangs on a row that has nothing else.
TEST_P(SeedSources, ARightJoinKeepsWhatNothingRefersTo) {
  const Query query = tweet.select(tweet, user).join(user, Join::right_outer).where(user["username"] == "zaizee");
  const Rows rows = query.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0]["content"].is_null());
  EXPECT_EQ(rows[0]["user"]["username"].text(), "zaizee");
}

// The same union as rows of a model and as flat rows: one is not taken for the other.
TEST_P(SeedSources, AUnionKnowsWhatItsRowsAre) {
  const Query both =
      user.select().where(user["id"] == 1).union_with(user.select().where(user["id"] == 2)).order_by(user["id"]);
  ASSERT_NE(both.all()[0].model(), nullptr);
  EXPECT_EQ(both.dicts().all()[0].model(), nullptr);
  EXPECT_EQ(both.all()[1].related("tweets").size(), 2U);
}

// Rows of a result are the model's rows: they can be changed and saved, whichever query brought them.
TEST_P(SeedSources, RowsOfAJoinCanBeSaved) {
  const Rows rows = tweet.select(tweet, user).join(user).where(tweet["content"] == "purr").all();
  ASSERT_EQ(rows.size(), 1U);
  rows[0].set("content", "prrr");
  rows[0]["user"].row().set("username", "Huey");
  EXPECT_TRUE(rows[0].save());
  EXPECT_TRUE(rows[0]["user"].row().save());
  EXPECT_EQ(tweet.get(3)["content"].text(), "prrr");
  EXPECT_EQ(user.get(1)["username"].text(), "Huey");
}

}  // namespace
}  // namespace dorm::test
