// Rows of joins, unions, subqueries, prefetch: what comes back, and in how many queries.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class Queries : public Api {
 protected:
  // huey: meow, hiss; mickey: woof; zaizee: nothing. One category tree beside it.
  Database cats() {
    Database db = social();
    for (const auto& [name, contents] : {std::pair<const char*, std::vector<const char*>>{"huey", {"meow", "hiss"}},
                                         {"mickey", {"woof"}},
                                         {"zaizee", {}}}) {
      const Row user = db["User"].create({{"username", name}});
      for (const char* content : contents) db["Tweet"].create({{"user", user}, {"content", content}});
    }
    db["Favorite"].create({{"user", 2}, {"tweet", 1}});
    db["Favorite"].create({{"user", 3}, {"tweet", 1}});
    return db;
  }
};
DORM_API_TESTS(Queries);

TEST_P(Queries, PrefetchIsOneQueryPerTable) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"];
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& u : prefetch(user.select().order_by(user["id"]), tweet.select().where(tweet["content"] != "hiss"),
                               favorite.select())) {
    std::string line = u["username"].to_text();
    for (const Row& t : u.related("tweets"))
      line += " " + t["content"].to_text() + "/" + std::to_string(t.related("favorites").size());
    seen.push_back(line);
  }
  EXPECT_THAT(seen, ElementsAre("huey meow/2", "mickey woof/0", "zaizee"));
  EXPECT_EQ(count.count(), 3U);
}

TEST_P(Queries, PrefetchWithoutParentsAsksForNoChildren) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  QueryCount count(db);
  EXPECT_TRUE(prefetch(user.select().where(user["id"] < 0), tweet.select()).empty());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Queries, PrefetchKeepsLimitsOfTheRootAndOrdersOfChildren) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  const Rows rows = prefetch(user.select().order_by(user["id"]).limit(1), tweet.select().order_by(tweet["content"]));
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_THAT(texts(rows[0].related("tweets"), "content"), ElementsAre("hiss", "meow"));
}

TEST_P(Queries, PrefetchToParents) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& t : prefetch(tweet.select().order_by(tweet["id"]), user.select()))
    seen.push_back(t["user"]["username"].to_text());
  EXPECT_THAT(seen, ElementsAre("huey", "huey", "mickey"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Queries, PrefetchNeedsAForeignKey) {
  const Database db = cats();
  QueryCount count(db);
  EXPECT_THROW(prefetch(db["User"].select(), db["Category"].select()), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Queries, ALeftJoinWithoutAMatchIsANullRelation) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"], category = db["Category"];
  const Row root = category.create({{"name", "root"}});
  category.create({{"name", "leaf"}, {"parent", root}});
  const Model parent = category.alias();
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& row : category.select(category, parent)
                            .join(parent, Join::left_outer, {.on = category["parent"] == parent["id"]})
                            .order_by(category["id"])) {
    seen.push_back(row["parent"].is_null() ? "none" : row["parent"]["name"].to_text());
  }
  EXPECT_THAT(seen, ElementsAre("none", "root"));
  EXPECT_EQ(count.count(), 1U);
  const auto counts = user.select(user["username"], fn::count(tweet["id"]).as("n"))
                          .join(tweet, Join::left_outer)
                          .group_by(user["username"])
                          .order_by(user["username"]);
  EXPECT_THAT(texts(counts, "n"), ElementsAre("2", "1", "0"));
}

TEST_P(Queries, RightAndFullJoinsKeepWhatHasNoPartner) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Left": {"fields": {"n": {"type": "integer"}}}, "Right": {"fields": {"n": {"type": "integer"}}}}})");
  const Model left = db["Left"], right = db["Right"];
  for (const int n : {1, 2}) left.create({{"n", n}});
  for (const int n : {2, 3}) right.create({{"n", n}});
  const auto pairs = [&](Join kind) {
    std::vector<std::string> seen;
    for (const Row& row : left.select(left["n"].as("l"), right["n"].as("r"))
                              .join(right, kind, {.on = left["n"] == right["n"]})
                              .tuples()) {
      seen.push_back(row[0].to_text() + "-" + row[1].to_text());
    }
    return seen;
  };
  EXPECT_THAT(pairs(Join::inner), ElementsAre("2-2"));
  EXPECT_THAT(pairs(Join::left_outer), UnorderedElementsAre("1-null", "2-2"));
  EXPECT_THAT(pairs(Join::right_outer), UnorderedElementsAre("2-2", "null-3"));
  EXPECT_THAT(pairs(Join::full_outer), UnorderedElementsAre("1-null", "2-2", "null-3"));
  EXPECT_EQ(left.select().join(right, Join::cross).count(), 4);
}

TEST_P(Queries, UnionsHaveTheRowsOfTheLeftQuery) {
  const Database db = cats();
  const Model user = db["User"];
  const auto low = user.select().where(user["id"] <= 2);
  const auto high = user.select().where(user["id"] >= 2);
  EXPECT_THAT(texts(low.union_with(high), "username"), UnorderedElementsAre("huey", "mickey", "zaizee"));
  EXPECT_EQ(low.union_all(high).all().size(), 4U);
  EXPECT_THAT(texts(low.intersect(high), "username"), ElementsAre("mickey"));
  EXPECT_THAT(texts(low.except(high), "username"), ElementsAre("huey"));
  EXPECT_EQ(low.union_with(high).count(), 3);
  const Rows rows = low.union_with(high).all();
  EXPECT_NE(rows[0].model(), nullptr);
  EXPECT_THROW(low.union_with(user.select(user["id"])), QueryError);
}

TEST_P(Queries, SubqueriesAreConditionsValuesAndSources) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  EXPECT_THAT(texts(user.select().where(user["id"].in(tweet.select(tweet["user"]))).order_by(user["id"]), "username"),
              ElementsAre("huey", "mickey"));
  EXPECT_THAT(texts(user.select().where(user["id"].not_in(tweet.select(tweet["user"]))), "username"),
              ElementsAre("zaizee"));
  EXPECT_THAT(texts(user.select().where(exists(tweet.select().where(tweet["user"] == user["id"]))).order_by(user["id"]),
                    "username"),
              ElementsAre("huey", "mickey"));
  EXPECT_THAT(texts(user.select().where(not_exists(tweet.select().where(tweet["user"] == user["id"]))), "username"),
              ElementsAre("zaizee"));
  const Model other = user.alias();
  EXPECT_THAT(texts(user.select().where(user["id"] == other.select(fn::max(other["id"]))), "username"),
              ElementsAre("zaizee"));
  const auto counts = tweet.select(tweet["user"], fn::count().as("n")).group_by(tweet["user"]).alias("counts");
  EXPECT_THAT(texts(user.select(user["username"], counts.c("n"))
                        .join(counts, {.on = user["id"] == counts.c("user_id")})
                        .order_by(user["id"])
                        .dicts(),
                    "n"),
              ElementsAre("2", "1"));
}

TEST_P(Queries, RecursionWalksATree) {
  const Database db = social();
  const Model category = db["Category"];
  const Row root = category.create({{"name", "root"}});
  const Row leaf =
      category.create({{"name", "leaf"}, {"parent", category.create({{"name", "branch"}, {"parent", root}})}});
  category.create({{"name", "other"}});
  const auto tree =
      category.select(category["id"], category["name"])
          .where(category["id"] == 1)
          .recursive_cte("tree", [&](const CommonTable& above) {
            const Model child = category.alias();
            return child.select(child["id"], child["name"]).join(above, {.on = child["parent"] == above.c("id")});
          });
  EXPECT_THAT(texts(tree.select_from({tree.c("name")}), "name"), UnorderedElementsAre("root", "branch", "leaf"));
}

TEST_P(Queries, CountExistsFirstAndScalarAskForLittle) {
  const Database db = cats();
  const Model user = db["User"];
  EXPECT_EQ(user.select().limit(2).count(), 2);
  EXPECT_EQ(user.select(user["username"]).distinct().count(), 3);
  EXPECT_TRUE(user.select().where(user["id"] == 1).exists());
  EXPECT_FALSE(user.select().where(user["id"] == 9).exists());
  EXPECT_EQ((*user.select().order_by(user["id"].desc()).first())["username"].text(), "zaizee");
  EXPECT_FALSE(user.select().where(user["id"] == 9).first().has_value());
  EXPECT_TRUE(user.select(user["username"]).where(user["id"] == 9).scalar().is_null());
  EXPECT_THAT(texts(user.select().order_by(user["id"]).paginate(2, 2), "username"), ElementsAre("zaizee"));
  EXPECT_THAT(texts(user.select().order_by(user["id"]).offset(1), "username"), ElementsAre("mickey", "zaizee"));
}

TEST_P(Queries, CaseCoalesceAndArithmeticAgree) {
  const Database db = cats();
  const Model user = db["User"];
  const auto one = [&](const Expr& expr) { return user.select(expr.as("v")).where(user["id"] == 2).scalar(); };
  EXPECT_EQ(one(case_when({{user["username"] == "mickey", 1}, {user["username"] == "huey", 2}}, 3)).integer(), 1);
  EXPECT_EQ(one(fn::coalesce({Expr(Value()), user["username"]})).text(), "mickey");
  EXPECT_EQ(one(user["id"] * 3 + 1 - user["id"]).integer(), 5);
  EXPECT_EQ(one(-user["id"]).integer(), -2);
  EXPECT_EQ(one((user["id"] + 5) % 4).integer(), 3);
  EXPECT_EQ(one(fn::upper(user["username"])).text(), "MICKEY");
  EXPECT_EQ(one(fn::length(user["username"])).integer(), 6);
  EXPECT_EQ(one(user["username"].concat("!")).text(), "mickey!");
  EXPECT_EQ(one(user["id"].cast(Type{.kind = TypeKind::text})).text(), "2");
  EXPECT_EQ(one(user["id"] > 1).boolean(), true);
}

TEST_P(Queries, AggregatesOfNothingAreNullAndZero) {
  const Database db = social();
  const Model user = db["User"];
  EXPECT_EQ(user.select(fn::count()).scalar().integer(), 0);
  EXPECT_TRUE(user.select(fn::max(user["id"])).scalar().is_null());
  EXPECT_TRUE(user.select(fn::sum(user["id"])).scalar().is_null());
}

TEST_P(Queries, MistakesAreFoundBeforeAnySql) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"], relationship = db["Relationship"];
  QueryCount count(db);
  EXPECT_THAT([&] { user.select().join(relationship); }, ThrowsMessage<QueryError>(HasSubstr("from_user")));
  EXPECT_THROW(user.select().join(db["Category"]), QueryError);
  EXPECT_THROW(user.select().where(tweet["content"] == "meow").all(), QueryError);
  EXPECT_THROW(user.select().where(user["username"]), QueryError);
  EXPECT_THROW(user.select().where(Expr()), QueryError);
  EXPECT_THROW(static_cast<void>(user["id"] == "one"), Error);
  EXPECT_THROW(user["username"] + 1, QueryError);
  EXPECT_THROW(user.select().limit(-1), QueryError);
  EXPECT_THROW(user.select().switch_to(favorite), QueryError);
  EXPECT_THROW(user.select().alias("x").c("nothing"), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Queries, AQueryIsAValueThatCanBeForked) {
  const Database db = cats();
  const Model user = db["User"];
  const Query all = user.select().order_by(user["id"]);
  const Query one = all.where(user["id"] == 1);
  EXPECT_EQ(all.all().size(), 3U);
  EXPECT_EQ(one.all().size(), 1U);
  EXPECT_EQ(one.or_where(user["id"] == 2).all().size(), 2U);
  EXPECT_EQ(all.all().size(), 3U);
}

TEST_P(Queries, RowsOfTheSameKeyShareTheirJoinedParent) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  QueryCount count(db);
  const Rows rows = tweet.select(tweet, user).join(user).order_by(tweet["id"]).all();
  EXPECT_TRUE(rows[0]["user"].row() == rows[1]["user"].row());
  EXPECT_FALSE(rows[0]["user"].row() == rows[2]["user"].row());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Queries, DictsAreFlatAndObjectsPutValuesOnTheRow) {
  const Database db = cats();
  const Model user = db["User"], tweet = db["Tweet"];
  const auto query = tweet.select(tweet["content"], user["username"]).join(user).where(tweet["id"] == 1);
  EXPECT_EQ(query.dicts().get().to_json(), R"({"content":"meow","username":"huey"})");
  EXPECT_EQ(query.objects().get()["username"].text(), "huey");
  EXPECT_EQ(query.tuples().get()[1].text(), "huey");
  EXPECT_EQ(query.get()["user"]["username"].text(), "huey");
  EXPECT_THROW(query.get()["username"], QueryError);
}

}  // namespace
}  // namespace dorm::test
