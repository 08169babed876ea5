// Corners of the query builder that a list of such builders' promises names; tests/expressions_and_queries.md is that
// list.
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class Builder : public Api {
 protected:
  Database db = filled();
  Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"];

  std::string one(const Expr& expr) const {
    return user.select(expr.as("x")).order_by(user["id"]).limit(1).dicts().all()[0]["x"].to_text();
  }

 private:
  // huey has written meow and purr, mickey woof; mickey likes meow; zaizee has done nothing.
  Database filled() {
    Database made = social();
    const Row huey = made["User"].create({{"username", "huey"}}),
              mickey = made["User"].create({{"username", "mickey"}});
    made["User"].create({{"username", "zaizee"}});
    const Row meow = made["Tweet"].create({{"user", huey}, {"content", "meow"}});
    made["Tweet"].create({{"user", huey}, {"content", "purr"}});
    made["Tweet"].create({{"user", mickey}, {"content", "woof"}});
    made["Favorite"].create({{"user", mickey}, {"tweet", meow}});
    return made;
  }
};
DORM_API_TESTS(Builder);

TEST_P(Builder, AValueMayStandOnTheLeft) {
  EXPECT_EQ(one(10 - user["id"]), "9");
  EXPECT_EQ(one(Expr(2) * (1 + user["id"])), "4");
  EXPECT_EQ(user.select().where(Expr(2) < user["id"]).count(), 1);
}

TEST_P(Builder, AQueryMayStandWhereAValueMay) {
  const Expr tweets(tweet.select(fn::count()).where(tweet["user"] == user["id"]));
  const Expr first(tweet.select(fn::min(tweet["content"])).where(tweet["user"] == user["id"]));
  const Query all = user.select(fn::coalesce({first, "nothing"}).as("x")).order_by(user["id"]).dicts();
  EXPECT_THAT(texts(all.all(), "x"), ElementsAre("meow", "woof", "nothing"));
  const Expr busy = case_when({{tweets > 1, first}}, "quiet");
  EXPECT_THAT(texts(user.select(busy.as("x")).order_by(user["id"]).dicts().all(), "x"),
              ElementsAre("meow", "quiet", "quiet"));
  EXPECT_EQ(one(tweets * 2 + 1), "5");
}

TEST_P(Builder, AnAggregateMayHaveAnOrder) {
  const Expr backwards = fn::string_agg(tweet["content"], ",").ordered_by({tweet["content"].desc()});
  const Query all = tweet.select(backwards.as("x")).dicts();
  if (is_postgres()) {
    EXPECT_EQ(all.all()[0]["x"].text(), "woof,purr,meow");
    return;
  }
  // SQLite has this from 3.44 on.
  try {
    EXPECT_EQ(all.all()[0]["x"].text(), "woof,purr,meow");
  } catch (const QueryError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("ORDER BY inside an aggregate"));
  }
}

TEST_P(Builder, FramesTellRowsThatAreEqualInOrder) {
  const Window by_user = Window().order_by(tweet["user"]);
  const auto sums = [&](const Window& window) {
    return texts(tweet.select(fn::sum(tweet["id"]).over(window).as("x")).order_by(tweet["id"]).dicts().all(), "x");
  };
  EXPECT_THAT(sums(by_user), ElementsAre("3", "3", "6")) << "equal ones come in together";
  EXPECT_THAT(sums(Window().order_by(tweet["user"], tweet["id"]).rows(FrameEdge::unbounded_preceding())),
              ElementsAre("1", "3", "6"));
  EXPECT_THAT(sums(by_user.groups(FrameEdge::current_row(), FrameEdge::following(1))), ElementsAre("6", "6", "3"));
  EXPECT_THAT(
      sums(by_user.range(FrameEdge::unbounded_preceding(), FrameEdge::current_row()).exclude(Window::Exclude::group)),
      ElementsAre("null", "null", "3"));
  const Window whole = by_user.rows(FrameEdge::unbounded_preceding(), FrameEdge::unbounded_following());
  const Expr last = fn::last_value(tweet["user"]).over(whole);
  EXPECT_THAT(texts(tweet.select(last.as("x")).dicts().all(), "x"), ElementsAre("2", "2", "2"));
}

TEST_P(Builder, RandomNumbersLieBetweenZeroAndOne) {
  const Rows numbers = tweet.select(fn::random().as("x")).dicts().all();
  for (const Row& row : numbers) {
    EXPECT_GE(row["x"].real(), 0);
    EXPECT_LT(row["x"].real(), 1);
  }
  EXPECT_NE(numbers[0]["x"].real(), numbers[1]["x"].real());
}

TEST_P(Builder, GroupsAreReplacedAndTheirConditionsAreAnded) {
  const Query groups =
      tweet.select(tweet["user"], fn::count().as("n")).group_by(tweet["content"]).group_by(tweet["user"]);
  EXPECT_EQ(groups.all().size(), 2U);
  EXPECT_EQ(groups.having(fn::count() > 0).having(fn::count() < 2).all().size(), 1U);
}

TEST_P(Builder, ARowThatIsLockedIsNotWaitedForIfThatIsSaid) {
  if (!is_postgres()) return;
  const Query huey = user.select().where(user["username"] == "huey");
  Transaction tx = db.transaction();
  EXPECT_EQ(huey.for_update().all().size(), 1U);
  std::thread([&] {
    EXPECT_THROW(huey.for_update({.nowait = true}).all(), LockTimeout);
    EXPECT_EQ(user.select().for_update({.skip_locked = true}).all().size(), 2U);
  }).join();
}

TEST_P(Builder, AnAliasWithoutASelectListIsItsKey) {
  const Model other = user.alias("other");
  EXPECT_EQ(user.select().where(user["id"].in(other.select().where(other["username"] != "huey"))).count(), 2);
}

TEST_P(Builder, CommonTablesAddUpAndGoWhereQueriesGo) {
  const CommonTable writers = tweet.select(tweet["user"].as("who")).distinct().cte("writers");
  const CommonTable likers = favorite.select(favorite["user"].as("who"))
                                 .union_with(favorite.select(favorite["user"]))
                                 .cte("likers", {}, Materialized::no);
  const Query both = user.select(user["username"])
                         .join(writers, {.on = writers.c("who") == user["id"]})
                         .join_from(user, likers, {.on = likers.c("who") == user["id"]})
                         .with_cte(writers)
                         .with_cte(likers);
  EXPECT_THAT(texts(both.all(), "username"), ElementsAre("mickey"));
  const Query named = tweet.select(writers.c("who"), fn::coalesce({"again", ""}).as("content"))
                          .join(writers, {.on = writers.c("who") == tweet["user"]})
                          .where(tweet["content"] == "woof")
                          .with_cte(writers);
  EXPECT_EQ(tweet.insert_from(named, {"user", "content"}).run(), 1);
}

TEST_P(Builder, ALateralJoinMayHaveAConditionOfItsOwn) {
  if (!is_postgres()) return;
  const Subquery latest = tweet.select(tweet["content"], tweet["user"])
                              .where(tweet["user"] == user["id"])
                              .order_by(tweet["id"].desc())
                              .limit(1)
                              .alias("latest");
  const Query joined = user.select(user["username"], latest.c("content").as("content"))
                           .join(latest, Join::left_outer, {.on = latest.c("content") != "purr", .lateral = true})
                           .order_by(user["id"])
                           .dicts();
  EXPECT_THAT(texts(joined.all(), "content"), ElementsAre("null", "woof", "null"));
}

TEST_P(Builder, WhatHasNoNameIsCalledByItsFunction) {
  const Row row = tweet.select(fn::count(), fn::max(tweet["id"])).dicts().all()[0];
  EXPECT_EQ(row["count"].integer(), 3);
  EXPECT_EQ(row["max"].integer(), 3);
}

TEST_P(Builder, ACrossJoinLeavesTheJoinContext) {
  const Model other = user.alias();
  const Query all = user.select(user["username"], tweet["content"]).join(other, Join::cross).join(tweet);
  EXPECT_EQ(all.count(), 9) << "tweets of the first users, three times each";
}

TEST_P(Builder, AMiddleThatWasNotSelectedIsThereIfWhatItLeadsToIs) {
  const Query liked = user.select(user["username"], favorite["id"])
                          .left_outer_join(tweet)
                          .left_outer_join(favorite)
                          .order_by(user["id"], tweet["id"]);
  const Rows rows = liked.all();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0]["tweet"]["favorite"]["id"].integer(), 1);
  EXPECT_TRUE(rows[1]["tweet"].is_null()) << "purr is liked by nobody: nothing of it was selected";
  EXPECT_TRUE(rows[3]["tweet"].is_null());
  // The way of foreign keys, two steps.
  const Query writers = favorite.select(favorite["id"], user["username"]).left_outer_join(tweet).left_outer_join(user);
  EXPECT_EQ(writers.all()[0]["tweet"]["user"]["username"].text(), "huey");
}

TEST_P(Builder, ANameOfAColumnStaysOnTheRowOfItsModel) {
  const Row row = tweet.select(tweet["id"], user["username"].as("writer")).join(user).order_by(tweet["id"]).all()[0];
  EXPECT_EQ(row["user"]["writer"].text(), "huey");
}

TEST_P(Builder, AUnionKeepsTheGraphOfItsLeft) {
  const Query left = tweet.select(tweet["id"], tweet["content"], user["id"], user["username"]).join(user);
  const Rows rows = left.where(tweet["id"] == 1).union_all(left.where(tweet["id"] == 3)).order_by(tweet["id"]).all();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1]["user"]["username"].text(), "mickey");
}

TEST_P(Builder, PrefetchTakesSelectsAndSaysSo) {
  EXPECT_THROW(prefetch(user.select().union_all(user.select()), tweet.select()), QueryError);
  // A parent that is there twice has its list twice.
  const Rows twice = prefetch(user.select(user).join(tweet).where(user["username"] == "huey"), tweet.select());
  ASSERT_EQ(twice.size(), 2U);
  for (const Row& row : twice)
    EXPECT_THAT(texts(row.related("tweets"), "content"), UnorderedElementsAre("meow", "purr"));
}

TEST_P(Builder, RowsOfCrossAndLateralJoinsHangOnTheRow) {
  const Model other = user.alias("other");
  const Rows pairs =
      user.select(user["username"], other["username"]).join(other, Join::cross).order_by(user["id"], other["id"]).all();
  ASSERT_EQ(pairs.size(), 9U);
  QueryCount count(db);
  EXPECT_EQ(pairs[1]["username"].text(), "huey");
  EXPECT_EQ(pairs[1]["other"]["username"].text(), "mickey");
  EXPECT_EQ(pairs[8]["other"]["username"].text(), "zaizee");
  EXPECT_EQ(count.count(), 0U);
  const Rows likes = user.select(user["id"], favorite["tweet"]).join(favorite, Join::cross).order_by(user["id"]).all();
  EXPECT_EQ(likes[2]["favorite"]["tweet_id"].integer(), 1) << "a model's under its name";

  const Subquery latest = tweet.select(tweet["content"])
                              .where(tweet["user"] == user["id"])
                              .order_by(tweet["id"].desc())
                              .limit(1)
                              .alias("latest");
  const Query lateral = user.select(user["username"], latest.c("content"))
                            .join(latest, Join::left_outer, {.lateral = true})
                            .order_by(user["id"]);
  count.reset();
  if (!is_postgres()) {
    EXPECT_THROW(lateral.all(), QueryError);
    EXPECT_EQ(count.count(), 0U);
    return;
  }
  const Rows rows = lateral.all();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["latest"]["content"].text(), "purr");
  EXPECT_EQ(rows[1]["latest"]["content"].text(), "woof");
  EXPECT_TRUE(rows[2]["latest"].is_null());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Builder, AKeyThatAConditionMissedReadsAsNull) {
  const Expr huey = (tweet["user"] == user["id"]) & (user["username"] == "huey");
  const Query written = tweet.select(tweet, user).left_outer_join(user, {.on = huey}).order_by(tweet["id"]);
  const Rows rows = written.all();
  ASSERT_EQ(rows.size(), 3U);
  const QueryCount count(db);
  EXPECT_EQ(rows[0]["user"]["username"].text(), "huey");
  const Row woof = rows[2];
  EXPECT_TRUE(woof.is_loaded("user"));
  EXPECT_TRUE(woof["user"].is_null());
  EXPECT_THROW(woof["user"]["username"], NullRelation);
  EXPECT_TRUE(woof.is_partial("user")) << "mickey may be there";
  EXPECT_EQ(woof["user_id"].integer(), 2) << "the column keeps its value";
  EXPECT_FALSE(woof.is_dirty());
  EXPECT_EQ(count.count(), 0U);
  woof.set("user_id", 3);
  EXPECT_EQ(woof["user"]["username"].text(), "zaizee") << "another key is followed again";
  EXPECT_EQ(count.count(), 1U);

  const Rows by_key = tweet.select(tweet, user).left_outer_join(user).order_by(tweet["id"]).all();
  EXPECT_FALSE(by_key[2].is_partial("user")) << "nothing but the key was asked for";
}

TEST_P(Builder, WhatAConditionMissedIsLoadedOnceItIsAskedFor) {
  const Expr huey = (tweet["user"] == user["id"]) & (user["username"] == "huey");
  const Rows rows = tweet.select(tweet, user).left_outer_join(user, {.on = huey}).order_by(tweet["id"]).all();
  const QueryCount count(db);
  load_related(rows, {"user"});
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(rows[0]["user"]["username"].text(), "huey");
  EXPECT_EQ(rows[2]["user"]["username"].text(), "mickey");
  EXPECT_FALSE(rows[2].is_partial("user"));
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Builder, TheWayBackFromAJoinTowardsManyIsLazy) {
  const Query written = user.select(user, tweet).join(tweet).order_by(tweet["id"]);
  const Rows rows = written.all();
  ASSERT_EQ(rows.size(), 3U);
  const QueryCount count(db);
  std::vector<std::string> writers;
  for (const Row& row : rows) {
    EXPECT_EQ(row["tweet"].row().is_loaded("user"), !writers.empty());
    writers.push_back(row["tweet"]["user"]["username"].to_text());
    EXPECT_TRUE(row["tweet"]["user"].row() == row);
    EXPECT_FALSE(row["tweet"]["user"].row().same_row(row));
  }
  EXPECT_THAT(writers, ElementsAre("huey", "huey", "mickey"));
  EXPECT_EQ(count.count(), 1U) << "for all rows at once";
  const Row first = written.lazy(LazyPolicy::raise).all()[0];
  EXPECT_EQ(first["tweet"]["content"].text(), "meow");
  EXPECT_THROW(first["tweet"]["user"].row(), QueryError);
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Builder, PrefetchTakesGroupedParents) {
  const Query busy =
      user.select(user, fn::count(tweet["id"]).as("n")).left_outer_join(tweet).group_by(user).order_by(user["id"]);
  const QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& row : prefetch(busy, tweet.select().order_by(tweet["id"].desc()))) {
    std::string line = row["username"].to_text() + " " + row["n"].to_text();
    for (const std::string& content : texts(row.related("tweets"), "content")) line += " " + content;
    seen.push_back(line);
  }
  EXPECT_THAT(seen, ElementsAre("huey 2 purr meow", "mickey 1 woof", "zaizee 0"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Builder, PrefetchRefusesChildrenThatAreNoRowsOfTheirTable) {
  const QueryCount count(db);
  const auto refuses = [&](const Query& child) {
    EXPECT_THAT([&] { prefetch(user.select(), child); },
                ThrowsMessage<QueryError>(HasSubstr("cannot be grouped or distinct")));
  };
  refuses(tweet.select(tweet["user"]).group_by(tweet["user"]));
  refuses(tweet.select(fn::count()));
  refuses(tweet.select(tweet["user"]).distinct());
  refuses(tweet.select().distinct_on({tweet["user"]}));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Builder, AnUpdateTakesValuesOfAJoinedSubquery) {
  const Subquery counts = tweet.select(tweet["user"].as("who"), fn::min(tweet["content"]).as("first"))
                              .group_by(tweet["user"])
                              .alias("counts");
  EXPECT_EQ(
      user.select().join(counts, {.on = counts.c("who") == user["id"]}).update_every({{"username", counts.c("first")}}),
      2);
  EXPECT_THAT(texts(user.select().order_by(user["id"]).all(), "username"), ElementsAre("meow", "woof", "zaizee"));
}

}  // namespace
}  // namespace dorm::test
