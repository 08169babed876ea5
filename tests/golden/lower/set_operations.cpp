// Set operations and how they nest: INTERSECT binds tighter in standard SQL, and SQLite has no parentheses here.
#include "golden/lower/world.hpp"
#include "sql/operators.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree

const Select* contents(World& w) {
  const Source* tweet = w.table("tweet");
  return w.keep(w.select({w.column(tweet, "content")}, tweet));
}

const Select* both(World& w, SetOp op, const Select* left, const Select* right) {
  Select select{};
  select.set_op = op;
  select.left = left;
  select.right = right;
  return w.keep(select);
}

}  // namespace

LowerCases set_operation_cases() {
  LowerCases cases{
      {"chain to the left is flat",
       [](World& w) {
         const Select* first = both(w, SetOp::union_all, contents(w), contents(w));
         return *both(w, SetOp::union_all, first, contents(w));
       }},
      {"nested to the right is grouped",
       [](World& w) {
         const Select* second = both(w, SetOp::except, contents(w), contents(w));
         return *both(w, SetOp::except, contents(w), second);
       }},
      {"union left of intersect is grouped",
       [](World& w) {
         const Select* first = both(w, SetOp::union_distinct, contents(w), contents(w));
         return *both(w, SetOp::intersect, first, contents(w));
       }},
      {"a limit of a member stays with it",
       [](World& w) {
         Select limited = *contents(w);
         limited.limit = w.number();
         return *both(w, SetOp::union_all, w.keep(limited), contents(w));
       }},
      {"order and limit of the whole",
       [](World& w) {
         Select whole = *both(w, SetOp::union_distinct, contents(w), contents(w));
         whole.order_by = w.list(
             {Order{w.column(w.table("tweet"), "content", TypeKind::text, true), true, NullsOrder::smallest, true}});
         whole.limit = w.number();
         return whole;
       }},
      {"in a subquery",
       [](World& w) {
         return w.where([&](const Source* t) {
           return w.expr(InSelect{w.column(t, "content"), both(w, SetOp::intersect, contents(w), contents(w)), false});
         });
       }},
  };
  for (int i = 1; !word(static_cast<SetOp>(i)).empty(); ++i) {
    const auto op = static_cast<SetOp>(i);
    cases.push_back({std::string(word(op)), [op](World& w) { return *both(w, op, contents(w), contents(w)); }});
  }
  return cases;
}

}  // namespace dorm::test
