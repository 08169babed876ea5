// Aggregates, groups and distinct rows: what one backend refuses and another answers somehow is a mistake on both.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Grouping : public Api {
 protected:
  void SetUp() override {
    db.emplace(social());
    user.emplace((*db)["User"]);
    tweet.emplace((*db)["Tweet"]);
    for (const char* name : {"huey", "mickey"}) {
      const Row row = user->create({{"username", name}});
      for (const char* content : {"meow", "hiss"}) tweet->create({{"user", row}, {"content", content}});
    }
    count.emplace(*db);
  }
  void TearDown() override { EXPECT_EQ(refused, 0U) << "a mistake was sent"; }

  // Refused with these words, and nothing was sent.
  template <class Matcher>
  void expect_refused(const Query& query, Matcher words) {
    const std::size_t before = count->count();
    EXPECT_THAT([&] { query.all(); }, ThrowsMessage<QueryError>(words));
    refused += count->count() - before;
  }
  Column t(const char* name) const { return (*tweet)[name]; }
  Column u(const char* name) const { return (*user)[name]; }

  std::optional<Database> db;
  std::optional<Model> user, tweet;
  std::optional<QueryCount> count;
  std::size_t refused = 0;
};
DORM_API_TESTS(Grouping);

TEST_P(Grouping, AnAggregateDoesNotChooseRows) {
  expect_refused(tweet->select(t("id")).where(fn::count() > 1), HasSubstr("COUNT stands in where"));
  expect_refused(tweet->select(t("user")).where(fn::max(t("id")) > 1).group_by(t("user")),
                 AllOf(HasSubstr("MAX stands in where"), HasSubstr("put the condition into having")));
  expect_refused(tweet->select(t("id")).join(*user, {.on = u("id") == fn::max(t("user"))}), HasSubstr("stands in on"));
  expect_refused(tweet->select(fn::count()).group_by(fn::max(t("id"))), HasSubstr("stands in group_by"));
  const std::size_t before = count->count();
  EXPECT_THROW(tweet->select().where(t("id") == fn::max(t("id"))).delete_rows(), QueryError);
  EXPECT_THROW(tweet->select().where(t("id") == 1).update({{"content", fn::max(t("content"))}}), QueryError);
  EXPECT_EQ(count->count(), before);
  // A subquery aggregates for itself.
  const Model other = tweet->alias();
  EXPECT_EQ(tweet->select().where(t("id") == other.select(fn::max(other["id"]))).count(), 1);
}

TEST_P(Grouping, AnAggregateHoldsNoOther) {
  expect_refused(tweet->select(fn::max(fn::count())),
                 AllOf(HasSubstr("COUNT stands inside the aggregate MAX"), HasSubstr("in a subquery")));
  expect_refused(tweet->select(t("user")).group_by(t("user")).having(fn::sum(fn::max(t("id")) + 1) > 1),
                 HasSubstr("MAX stands inside the aggregate SUM"));
  expect_refused(tweet->select(t("user")).group_by(t("user")).order_by(fn::avg(fn::count())),
                 HasSubstr("stands inside"));
}

TEST_P(Grouping, ASubqueryAggregatesItsOwnColumns) {
  expect_refused(user->select(u("id")).where(u("id") == tweet->select(fn::max(u("id")))),
                 AllOf(HasSubstr("User.id"), HasSubstr("a column of the query outside")));
}

TEST_P(Grouping, WhatIsNeitherGroupedNorAggregatedBelongsToNoGroup) {
  const auto words = [](const char* column) {
    return AllOf(HasSubstr(std::string("Tweet.") + column + " is"), HasSubstr("neither grouped nor aggregated"),
                 HasSubstr("primary key of 'Tweet' ('id')"));
  };
  expect_refused(tweet->select(t("user"), t("content")).group_by(t("user")), words("content"));
  expect_refused(tweet->select(t("user"), fn::upper(t("content"))).group_by(t("user")), words("content"));
  expect_refused(tweet->select(t("user")).group_by(t("user")).order_by(t("content")), words("content"));
  expect_refused(tweet->select(t("user")).group_by(t("user")).having(t("content") == "meow"), words("content"));
  expect_refused(tweet->select().group_by(t("user")), words("id"));
  // A unique column would do, but no backend but SQLite says so.
  expect_refused(user->select(u("id")).group_by(u("username")), HasSubstr("User.id is selected"));
  expect_refused(
      tweet->select(fn::count(), t("content")),
      AllOf(HasSubstr("Tweet.content is selected beside an aggregate"), HasSubstr("add group_by(Tweet.content)")));
  expect_refused(tweet->select(t("content")).order_by(fn::count()), HasSubstr("beside an aggregate"));
  // Where a subquery reads it.
  const Model other = tweet->alias();
  expect_refused(tweet->select(t("user"), Expr(other.select(fn::count()).where(other["id"] > t("id"))).as("n"))
                     .group_by(t("user")),
                 words("id"));
}

TEST_P(Grouping, WithItsWholePrimaryKeyAModelIsGrouped) {
  const Query query = user->select(*user, fn::count(t("id")).as("n"))
                          .join(*tweet, Join::left_outer)
                          .group_by(u("id"))
                          .order_by(u("username").desc());
  EXPECT_THAT(texts(query, "username"), ElementsAre("mickey", "huey"));
  EXPECT_THAT(texts(query, "n"), ElementsAre("2", "2"));
  // The key of one is not the key of the other.
  expect_refused(user->select(u("id"), t("content")).join(*tweet).group_by(u("id")), HasSubstr("Tweet.content"));
}

TEST_P(Grouping, PartsOfAKeyAreNotTheKey) {
  const Database shop = open(R"({"dorm": 1, "models": {"Store": {
    "fields": {"country": {"type": "text"}, "number": {"type": "integer"}, "name": {"type": "text"}},
    "primary_key": ["country", "number"]}}})");
  const Model store = shop["Store"];
  store.create({{"country", "de"}, {"number", 1}, {"name", "Berlin"}});
  EXPECT_THROW(store.select(store["name"]).group_by(store["country"]).all(), QueryError);
  EXPECT_THAT(texts(store.select(store["name"]).group_by(store["country"], store["number"]), "name"),
              ElementsAre("Berlin"));
}

TEST_P(Grouping, ExpressionsOfWhatIsGroupedAreGrouped) {
  const Expr half = (t("id") % 2).as("half");
  EXPECT_EQ(tweet->select(half, fn::count().as("n")).group_by(half).order_by(half).all().size(), 2U);
  EXPECT_EQ(tweet->select(fn::upper(t("content")).as("c")).group_by(t("content")).all().size(), 2U);
  EXPECT_EQ(tweet->select(fn::upper(t("content")).as("c")).group_by(fn::upper(t("content"))).all().size(), 2U);
  EXPECT_EQ(tweet->select(t("user_id"), (fn::max(t("id")) - fn::min(t("id"))).as("d")).group_by(t("user")).all().size(),
            2U);
  EXPECT_EQ(tweet->select(t("user")).group_by(t("user")).having((fn::count() > 1) & (t("user") > 0)).all().size(), 2U);
  const Model other = tweet->alias();
  EXPECT_EQ(tweet->select(t("user"), Expr(other.select(fn::count()).where(other["user"] == t("user"))).as("n"))
                .group_by(t("user"))
                .all()
                .size(),
            2U);
  // Two parameters are two expressions to a database.
  expect_refused(tweet->select((t("id") % 2).as("half")).group_by(t("id") % 2),
                 HasSubstr("keep the expression in a variable"));
}

TEST_P(Grouping, WhatAFunctionByNameDoesIsTheDatabasesToKnow) {
  const char* name = is_postgres() ? "string_agg" : "group_concat";
  EXPECT_EQ(tweet->select(t("user"), fn::call(name, {t("content"), "+"}).as("all")).group_by(t("user")).all().size(),
            2U);
  EXPECT_EQ(tweet->select(t("user"), fn::call("random").as("r")).group_by(t("user")).all().size(), 2U);
}

TEST_P(Grouping, DistinctRowsAreOrderedByWhatIsSelected) {
  EXPECT_THAT(texts(tweet->select(t("content")).distinct().order_by(t("content").desc()), "content"),
              ElementsAre("meow", "hiss"));
  const Expr loud = fn::upper(t("content"));
  EXPECT_THAT(texts(tweet->select(loud.as("loud")).distinct().order_by(loud).dicts(), "loud"),
              ElementsAre("HISS", "MEOW"));
  EXPECT_THAT(texts(tweet->select(loud.as("loud")).distinct().order_by(loud.as("loud")).dicts(), "loud"),
              ElementsAre("HISS", "MEOW"));
  expect_refused(tweet->select(t("content")).distinct().order_by(t("id")),
                 AllOf(HasSubstr("distinct rows are ordered by Tweet.id"), HasSubstr("select it too")));
  expect_refused(tweet->select(t("content")).distinct().order_by(fn::upper(t("content"))), HasSubstr("select it too"));
}

TEST_P(Grouping, AnAggregateOfAllRowsIsOneRow) {
  EXPECT_EQ(tweet->select(fn::max(t("id"))).count(), 1);
  EXPECT_EQ(tweet->select(fn::max(t("id"))).where(t("id") < 0).count(), 1);
  EXPECT_TRUE(tweet->select(fn::count()).where(t("id") < 0).exists());
  EXPECT_EQ(user->select().where(exists(tweet->select(fn::count()).where(t("id") < 0))).count(), 2);
}

TEST_P(Grouping, DividingByZeroIsAnErrorOfTheData) {
  const auto one = [&](const Expr& expr) { return tweet->select(expr.as("v")).where(t("id") == 1).scalar(); };
  EXPECT_EQ(one((t("id") + 6) / 2).integer(), 3);
  EXPECT_EQ(one((t("id") - 8) / 2).integer(), -3);
  EXPECT_EQ(one((t("id") - 8) % 2).integer(), -1);
  EXPECT_EQ(one((t("id") + 6) % (t("id") - 3)).integer(), 1);
  EXPECT_DOUBLE_EQ(one((t("id") + 6) / Expr(2.0)).real(), 3.5);
  for (const Expr& expr : {t("id") / 0, t("id") % 0, t("id") / (t("id") - 1), t("id") / Expr(0.0)}) {
    EXPECT_THAT([&] { one(expr); }, ThrowsMessage<DataError>(HasSubstr("division by zero")));
    EXPECT_THROW(tweet->select().where(expr > 1).all(), DataError);
  }
  constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  EXPECT_THROW(one((t("id") - 1 + smallest) / (t("id") - 2)), DataError);
  EXPECT_EQ(one((t("id") - 1 + smallest) % (t("id") - 2)).integer(), 0);
  EXPECT_TRUE(one(case_when({{t("id") != 1, t("id") / (t("id") - 1)}})).is_null());
  const std::size_t before = count->count();
  EXPECT_THAT([&] { t("id") % Expr(1.5); }, ThrowsMessage<QueryError>(HasSubstr("'%' needs integers")));
  EXPECT_EQ(count->count(), before);
}

}  // namespace
}  // namespace dorm::test
