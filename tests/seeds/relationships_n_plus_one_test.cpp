// First seed, "Avoiding the N+1 problem": S-39 to S-43, S-45, S-46.

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class SeedNPlusOne : public SocialWorld {
 protected:
  static std::string user_and_tweets(const Row& row) {
    std::string line = row["username"].to_text() + ":";
    for (const Row& tweeted : row.related("tweets")) line += " " + tweeted["content"].to_text();
    return line;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedNPlusOne, testing::ValuesIn(backends()), backend_name);

// S-39, S-45: "Fetch the 10 most recent tweets … By selecting both tables and using a join, peewee makes it possible to
// accomplish this in a single query"
TEST_P(SeedNPlusOne, RecentTweetsWithTheirAuthorsAreOneQuery) {
  const Row mickey = get_user("mickey");
  for (int i = 0; i < 8; ++i) tweet.create({{"user", mickey}, {"content", "woof " + std::to_string(i)}});
  const Query query = tweet
                          .select(tweet, user)  // note that we are selecting both models
                          .join(user)
                          .order_by(tweet["id"].desc())
                          .limit(10);
  expect_sql(
      query,
      R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id", "t2"."id", "t2"."username" FROM "tweet" AS "t1" )"
      R"(INNER JOIN "user" AS "t2" ON ("t1"."user_id" = "t2"."id") ORDER BY "t1"."id" DESC LIMIT ?)",
      {10});
  QueryCount count(db);
  EXPECT_THAT(
      lines(query, author_and_content),
      ElementsAre("mickey -> woof 7", "mickey -> woof 6", "mickey -> woof 5", "mickey -> woof 4", "mickey -> woof 3",
                  "mickey -> woof 2", "mickey -> woof 1", "mickey -> woof 0", "mickey -> whine", "mickey -> woof"));
  EXPECT_EQ(count.count(), 1U);
  // "Without the join, accessing tweet.user.username would trigger a query": 1 + 10 one by one, 1 + 1 in batches.
  count.reset();
  lines(tweet.select().order_by(tweet["id"].desc()).limit(10).lazy(LazyPolicy::each), author_and_content);
  EXPECT_EQ(count.count(), 11U);
  count.reset();
  lines(tweet.select().order_by(tweet["id"].desc()).limit(10), author_and_content);
  EXPECT_EQ(count.count(), 2U);
}

// "List users and all their tweets: 1. Fetch some users. 2. For each user, fetch their tweets."
TEST_P(SeedNPlusOne, TweetsOfEachUserAreOneMoreQueryForAllOrForEach) {
  const auto all = UnorderedElementsAre("huey: meow hiss purr", "mickey: woof whine", "zaizee:");
  QueryCount count(db);
  EXPECT_THAT(lines(user.select(), user_and_tweets), all);
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  EXPECT_THAT(lines(user.select().lazy(LazyPolicy::each), user_and_tweets), all);
  EXPECT_EQ(count.count(), 4U);
}

// S-40, S-46: week_ago = datetime.date.today() - datetime.timedelta(days=7) … "This will perform two queries."
TEST_P(SeedNPlusOne, PrefetchIsOneQueryForEachTable) {
  const Date week_ago{Date::today().days - 7};
  const DateTime old{DateTime::now().microseconds - 30LL * 86'400 * 1'000'000};
  tweet.update_every({{"timestamp", DateTime::now()}});
  tweet.create({{"user", get_user("zaizee")}, {"content", "yawn"}, {"timestamp", old}});
  EXPECT_EQ(
      tweet.select().where((tweet["content"] == "hiss") | (tweet["content"] == "woof")).update({{"timestamp", old}}),
      2);

  const Query users = user.select();
  const Query tweets = tweet.select().where(tweet["timestamp"] >= week_ago);
  QueryCount count(db);
  const Rows users_with_tweets = prefetch(users, tweets);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(lines(users_with_tweets, user_and_tweets),
              UnorderedElementsAre("huey: meow purr", "mickey: whine", "zaizee:"));
  EXPECT_EQ(count.count(), 2U) << "everything is there";
  // "Note that neither the User query, nor the Tweet query contained a JOIN clause."
  EXPECT_THAT(count.statements(), Each(Not(HasSubstr("JOIN"))));
}

// PRE-07: the children know their parent, who is the same row, and no query is needed for it; nothing is dirty
// (PRE-09).
TEST_P(SeedNPlusOne, PrefetchedChildrenShareTheirParent) {
  const Rows users = prefetch(user.select(), tweet.select());
  QueryCount count(db);
  for (const Row& owner : users) {
    for (const Row& tweeted : owner.related("tweets")) {
      EXPECT_TRUE(tweeted["user"].row().same_row(owner));
      EXPECT_FALSE(tweeted.is_dirty());
    }
    EXPECT_FALSE(owner.is_dirty());
  }
  EXPECT_EQ(count.count(), 0U);
}

// PRE-07, the other way: rows fetched along a foreign key are shared by those that refer to them.
TEST_P(SeedNPlusOne, PrefetchFollowsForeignKeysForwardsToo) {
  QueryCount count(db);
  const Rows tweets = prefetch(tweet.select().order_by(tweet["id"]), user.select());
  EXPECT_THAT(lines(tweets, author_and_content),
              ElementsAre("huey -> meow", "huey -> hiss", "huey -> purr", "mickey -> woof", "mickey -> whine"));
  EXPECT_TRUE(tweets[0]["user"].row().same_row(tweets[1]["user"].row()));
  EXPECT_EQ(count.count(), 2U);
}

// S-41: "prefetch can be used to query an arbitrary number of tables", O(k) queries for k tables.
TEST_P(SeedNPlusOne, PrefetchOverThreeTablesIsThreeQueries) {
  QueryCount count(db);
  const Rows users =
      prefetch(user.select().order_by(user["id"]), tweet.select().order_by(tweet["id"].desc()), favorite.select());
  EXPECT_EQ(count.count(), 3U);
  const auto print = [](const Row& row) {
    std::string line = row["username"].to_text() + ":";
    for (const Row& tweeted : row.related("tweets")) {
      line += " " + tweeted["content"].to_text() + "(" + std::to_string(tweeted.related("favorites").size()) + ")";
    }
    return line;
  };
  EXPECT_THAT(lines(users, print), ElementsAre("huey: purr(2) hiss(0) meow(1)", "mickey: whine(1) woof(0)", "zaizee:"))
      << "in the order of the child query";
  EXPECT_EQ(count.count(), 3U);
}

// PRE-11: a child query may have conditions, order and joins of its own.
TEST_P(SeedNPlusOne, APrefetchedQueryMayJoin) {
  QueryCount count(db);
  const Rows users = prefetch(user.select().where(user["username"] == "huey"), tweet.select(),
                              favorite.select(favorite, user).join(user));
  Lines printed;
  for (const Row& tweeted : users[0].related("tweets"))
    for (const Row& like : tweeted.related("favorites"))
      printed.push_back(like["user"]["username"].to_text() + " likes " + tweeted["content"].to_text());
  EXPECT_THAT(printed, UnorderedElementsAre("zaizee likes meow", "mickey likes purr", "zaizee likes purr"));
  EXPECT_EQ(count.count(), 3U);
}

// PRE-12: a tree, to the depth that is named.
TEST_P(SeedNPlusOne, PrefetchOfATreeNamesEachLevelByAnAlias) {
  const Model category = db["Category"];
  const Row root = category.create({{"name", "root"}});
  const Row inner = category.create({{"name", "inner"}, {"parent", root}});
  category.create({{"name", "leaf"}, {"parent", inner}});
  const Model child = category.alias(), grandchild = category.alias();
  QueryCount count(db);
  const Rows rows =
      prefetch(category.select().where(category["parent"].is_null()), child.select(), grandchild.select());
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].related("children")[0].related("children")[0]["name"].text(), "leaf");
  EXPECT_EQ(count.count(), 3U);
}

// S-41: "Foreign keys must exist between the models being prefetched."
TEST_P(SeedNPlusOne, PrefetchWithoutAForeignKeyIsAMistakeBeforeAnySql) {
  QueryCount count(db);
  EXPECT_THAT([&] { prefetch(user.select(), db["Category"].select()); },
              ThrowsMessage<QueryError>(
                  HasSubstr("no foreign key between 'Category' and a query before it; prefetch needs one")));
  EXPECT_THAT([&] { prefetch(user.select().dicts(), tweet.select()); },
              ThrowsMessage<QueryError>(HasSubstr("without dicts()")));
  EXPECT_EQ(count.count(), 0U);
}

// S-42: "LIMIT works as you'd expect on the outer-most query, but may be difficult to implement correctly if trying to
// limit the size of the sub-selects."
TEST_P(SeedNPlusOne, ALimitOnTheOutermostQueryLimitsItsRows) {
  QueryCount count(db);
  const Rows users = prefetch(user.select().order_by(user["username"].desc()).limit(2), tweet.select());
  EXPECT_THAT(lines(users, user_and_tweets), ElementsAre("zaizee:", "mickey: woof whine"));
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  EXPECT_THAT([&] { prefetch(user.select(), tweet.select().limit(2)); },
              ThrowsMessage<QueryError>(HasSubstr("would cut across its parents")));
  EXPECT_EQ(count.count(), 0U);
}

// No parents, no keys, no query for their children.
TEST_P(SeedNPlusOne, PrefetchAsksNothingForNoParents) {
  QueryCount count(db);
  EXPECT_TRUE(prefetch(user.select().where(user["username"] == "nobody"), tweet.select(), favorite.select()).empty());
  EXPECT_EQ(count.count(), 1U);
}

// PRE-22: a key that was not selected is asked for, not a bare error.
TEST_P(SeedNPlusOne, PrefetchSelectsTheKeysItNeeds) {
  const Rows users = prefetch(user.select(user["username"]), tweet.select(tweet["content"]));
  EXPECT_THAT(lines(users, user_and_tweets),
              UnorderedElementsAre("huey: meow hiss purr", "mickey: woof whine", "zaizee:"));
  // Where another column would change the rows, it is a mistake before any SQL.
  QueryCount count(db);
  EXPECT_THAT([&] { prefetch(user.select(user["username"]).distinct(), tweet.select()); },
              ThrowsMessage<QueryError>(HasSubstr("needs 'User.id', which was not selected; select it too")));
  EXPECT_EQ(count.count(), 0U);
}

// What was prefetched by a condition never passes for the whole: queries made from the accessor are fresh.
TEST_P(SeedNPlusOne, AFilteredPrefetchLeavesTheQueryOfTheAccessorWhole) {
  const Rows users =
      prefetch(user.select().where(user["username"] == "huey"), tweet.select().where(tweet["content"] == "purr"));
  EXPECT_THAT(column(users[0].related("tweets"), "content"), ElementsAre("purr"));
  EXPECT_EQ(users[0].related("tweets").count(), 3);
  EXPECT_EQ(users[0].related("tweets").where(tweet["content"] != "purr").count(), 2);
}

// S-43, S-46: any function by name; conditions with &; dates beside times.
TEST_P(SeedNPlusOne, FunctionsConditionsAndDatesAreExpressions) {
  expect_sql(
      tweet.select(fn::call("COUNT", {tweet["id"]}).as("n"))
          .where((tweet["timestamp"] >= DateTime::parse("2026-11-21 12:01:00")) &
                 (tweet["timestamp"] < DateTime::parse("2026-11-21 12:04:00"))),
      R"(SELECT COUNT("t1"."id") AS "n" FROM "tweet" AS "t1" WHERE (("t1"."timestamp" >= ?) AND ("t1"."timestamp" < ?)))",
      {DateTime::parse("2026-11-21 12:01:00"), DateTime::parse("2026-11-21 12:04:00")});
  EXPECT_THAT(column(tweet.select().where((tweet["timestamp"] >= DateTime::parse("2026-11-21 12:01:00")) &
                                          (tweet["timestamp"] < DateTime::parse("2026-11-21 12:04:00"))),
                     "content"),
              UnorderedElementsAre("hiss", "purr", "woof"));
  EXPECT_EQ(tweet.select().where(tweet["timestamp"] >= Date::parse("2026-11-21")).count(), 5);
  EXPECT_EQ(tweet.select().where(tweet["timestamp"] >= Date::parse("2026-11-22")).count(), 0);
  EXPECT_EQ(tweet.select().where(tweet["timestamp"] >= "2026-11-21 12:04:00").count(), 1) << "and as text";
}

}  // namespace
}  // namespace dorm::test
