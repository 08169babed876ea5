#include "sql/check.hpp"

#include <gtest/gtest.h>

#include "dorm/error.hpp"
#include "golden/lower/world.hpp"
#include "sql/identifier.hpp"
#include "sql/literal.hpp"

namespace dorm::test {
namespace {

sql::Statement nested(World& w, int levels) {
  return w.where([&](const sql::Source* tweet) {
    const sql::Expr* deep = w.id(tweet);
    for (int i = 0; i < levels; ++i) deep = w.negate(deep);
    return deep;
  });
}

TEST(Check, LetsThroughTreesUpToTheLimit) {
  World w;
  EXPECT_NO_THROW(sql::check(nested(w, sql::max_depth - 2)));
}

TEST(Check, RefusesDeeperTreesHoweverDeep) {
  for (const int levels : {199, 200, 100'000}) {
    World w;
    const sql::Statement statement = nested(w, levels);
    EXPECT_THROW(sql::check(statement), LimitError) << levels;
  }
}

TEST(Check, ALongListOfConditionsIsNotDeep) {
  World w;
  const sql::Statement statement = w.where([&](const sql::Source* tweet) {
    const std::vector<const sql::Expr*> operands(100'000, w.id(tweet));
    return w.expr(sql::Logical{sql::LogicalOp::all, w.list(operands)});
  });
  EXPECT_NO_THROW(sql::check(statement));
}

TEST(Check, FindsGivenNamesAndSources) {
  World w;
  const sql::Source* tweet = w.table("tweet", "t1");
  const sql::CommonTable* cte = w.keep(sql::CommonTable{"t2", {}, w.keep(w.select({w.constant(1)}, nullptr)), false});
  sql::Select select = w.select({w.id(tweet)}, tweet);
  select.with = w.list({cte});
  const sql::Inventory found = sql::check(sql::Statement(select));
  EXPECT_EQ(found.names, (std::unordered_set<std::string_view>{"t1", "t2"}));
  EXPECT_TRUE(found.sources.contains(tweet));
}

TEST(Identifier, LongerThanTheLimitIsAnErrorAndNotCut) {
  std::string text;
  sql::append_identifier(text, std::string(63, 'x'), 63);
  EXPECT_EQ(text, '"' + std::string(63, 'x') + '"');
  EXPECT_THROW(sql::append_identifier(text, std::string(64, 'x'), 63), QueryError);
}

TEST(Literal, NumbersReadBackAsWhatTheyWere) {
  EXPECT_EQ(sql::real_literal(2), "2.0");
  EXPECT_EQ(sql::real_literal(0.1), "0.1");
  EXPECT_EQ(sql::real_literal(-1e300), "(-1e+300)");
  EXPECT_EQ(sql::integer_literal(-1), "(-1)");
}

TEST(Literal, QuotesAreDoubledAndNulRefused) {
  EXPECT_EQ(sql::text_literal("it's"), "'it''s'");
  EXPECT_THROW(sql::text_literal(std::string_view("a\0b", 3)), QueryError);
}

}  // namespace
}  // namespace dorm::test
