#include <gtest/gtest.h>

#include "golden/lower/world.hpp"
#include "sql/dump.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree

TEST(Dump, ShowsRolesNodesAndSources) {
  World w;
  const Source* tweet = w.table("tweet");
  const Source* user = w.table("user", "author");
  Select select{};
  select.outputs = w.list({Output{w.call("count", {w.id(tweet)}), "count"}});
  select.from = tweet;
  select.joins = w.list(
      {Join{JoinKind::left, user, w.equal(w.column(tweet, "user_id", TypeKind::bigint, true), w.id(user)), false}});
  select.where = w.expr(InArray{w.column(user, "username"), Param{3, Type{.kind = TypeKind::text}, true}, true});
  select.order_by = w.list({Order{w.expr(OutputRef{"count"}), true, NullsOrder::smallest, false}});
  select.limit = w.number();
  EXPECT_EQ(dump(Statement(select)),
            "select\n"
            "  output 'count': call count\n"
            "    argument: column id of #1 bigint\n"
            "  from: table tweet #1\n"
            "  left join: table user #2 as 'author'\n"
            "  on: eq\n"
            "    left: column user_id of #1 nullable bigint\n"
            "    right: column id of #2 bigint\n"
            "  where: not in_array param 3 text array\n"
            "    operand: column username of #2 text\n"
            "  descending: output count\n"
            "  limit: param 0 bigint\n");
}

TEST(Dump, ShowsCommonTablesOnceAndReferencesByName) {
  World w;
  const Source* tweet = w.table("tweet");
  const CommonTable* cte = w.keep(CommonTable{"latest", {}, w.keep(w.select({w.id(tweet)}, tweet)), true});
  const Source* latest = w.source(CommonTableRef{cte});
  Select select = w.select({w.expr(Star{latest})}, latest);
  select.with = w.list({cte});
  EXPECT_EQ(dump(Statement(select)),
            "select\n"
            "  with recursive 'latest': select\n"
            "    output: column id of #1 bigint\n"
            "    from: table tweet #1\n"
            "  output: star of #2\n"
            "  from: common table latest #2\n");
}

TEST(Dump, ShowsWrites) {
  World w;
  Insert insert{};
  insert.table = w.table("user");
  insert.columns = w.list<std::string_view>({"username"});
  insert.rows = w.list<Exprs>({w.list({w.param()})});
  insert.conflict.action = Conflict::Action::nothing;
  EXPECT_EQ(dump(Statement(insert)),
            "insert, on conflict nothing\n"
            "  into: table user #1\n"
            "  value 'username': param 0 text\n");
}

}  // namespace
}  // namespace dorm::test
