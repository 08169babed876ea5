// Frames and names of windows, and what selects do beside them: rollups, DISTINCT ON, hints of common tables.
#include "golden/lower/world.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

LowerCase framed(const char* name, Frame frame) {
  return {name, [frame](World& w) {
            return w.of_tweet([&](Table t) {
              Window window{};
              window.order = w.list({sql::Order{w.id(t), false, NullsOrder::smallest, false}});
              window.frame = frame;
              return w.expr(Over{w.call("sum", {w.id(t)}), w.keep(window)});
            });
          }};
}

Statement named_window(World& w) {
  Table tweet = w.table("tweet");
  Window window{};
  window.name = "by_user";
  window.partition = w.list({w.column(tweet, "user_id")});
  window.order = w.list({sql::Order{w.id(tweet), true, NullsOrder::smallest, false}});
  const Window* shared = w.keep(window);
  Select select =
      w.select({w.expr(Over{w.call("rank", {}), shared}), w.expr(Over{w.call("row_number", {}), shared})}, tweet);
  select.windows = w.list<const Window*>({shared});
  return select;
}

Statement rolled_up(World& w) {
  Table tweet = w.table("tweet");
  Select select = w.select({w.column(tweet, "user_id"), w.call("count", {w.id(tweet)})}, tweet);
  select.group_by = w.list({w.column(tweet, "user_id"), w.column(tweet, "content")});
  select.rollup = true;
  return select;
}

LowerCase common_table(const char* name, CommonTable::Materialized materialized) {
  return {name, [materialized](World& w) {
            Table tweet = w.table("tweet");
            const CommonTable* table =
                w.keep(CommonTable{"recent", {}, w.keep(w.select({w.id(tweet)}, tweet)), false, materialized});
            Table reference = w.source(CommonTableRef{table});
            Select select = w.select({w.column(reference, "id")}, reference);
            select.with = w.list<const CommonTable*>({table});
            return Statement(select);
          }};
}

}  // namespace

LowerCases window_cases() {
  using Unit = Frame::Unit;
  using Edge = Frame::Edge;
  using Exclude = Frame::Exclude;
  return {
      framed("rows so far", {Unit::rows, Exclude::no_others, Edge::unbounded_preceding, Edge::current_row, 0, 0}),
      framed("rows around", {Unit::rows, Exclude::no_others, Edge::preceding, Edge::following, 2, 1}),
      framed("values around", {Unit::range, Exclude::ties, Edge::preceding, Edge::following, 10, 10}),
      framed("groups ahead", {Unit::groups, Exclude::group, Edge::current_row, Edge::unbounded_following, 0, 0}),
      framed("all but this row",
             {Unit::rows, Exclude::current_row, Edge::unbounded_preceding, Edge::unbounded_following, 0, 0}),
      {"a window with a name", named_window},
      {"rollup", rolled_up},
      common_table("a common table that is computed once", CommonTable::Materialized::yes),
      common_table("a common table that is a part of the query", CommonTable::Materialized::no),
  };
}

}  // namespace dorm::test
