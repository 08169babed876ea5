// sql/each_child.hpp: the children of every node, stated once.
//
// Every pass that walks the tree (depth, dump, counting) is built on this. Children come in the order of the text, each
// with its role: f(Role, child), where child is a const Expr&, const Select& or const Source&. What a node only refers
// to (the source of a column, the table behind a common table's name) is no child, so the walk always ends.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "sql/ast.hpp"

namespace dorm::sql {

struct Role {
  std::string_view kind;  // "left", "where", "output"
  std::string_view name;  // of an output, an assigned column, a common table; else empty
};

namespace detail {
template <class Node, class F>
void child(std::string_view kind, const Node* node, F&& f) {
  if (node != nullptr) f(Role{kind, {}}, *node);
}
template <class F>
void children(std::string_view kind, Exprs nodes, F&& f) {
  for (const Expr* node : nodes) child(kind, node, f);
}
template <class F>
void children(List<Order> terms, F&& f) {
  for (const Order& term : terms) child(term.descending ? "descending" : "ascending", term.expr, f);
}
template <class F>
void children(List<Output> outputs, F&& f) {
  for (const Output& output : outputs) f(Role{"output", output.alias}, *output.expr);
}
template <class F>
void children(List<Assignment> assignments, F&& f) {
  for (const Assignment& assignment : assignments) f(Role{"set", assignment.column}, *assignment.value);
}
template <class F>
void children(List<const CommonTable*> tables, F&& f) {
  for (const CommonTable* table : tables)
    f(Role{table->recursive ? "with recursive" : "with", table->name}, *table->select);
}
template <class F>
void children(const Window& window, F&& f) {
  children("partition", window.partition, f);
  children(window.order, f);
}
std::string_view join_role(JoinKind kind) noexcept;
template <class F>
void children(List<Join> joins, F&& f) {
  for (const Join& join : joins) {
    child(join_role(join.kind), join.source, f);
    child("on", join.on, f);
  }
}
}  // namespace detail

template <class F>
void each_child(const Column&, F&&) {}
template <class F>
void each_child(const Param&, F&&) {}
template <class F>
void each_child(const Constant&, F&&) {}
template <class F>
void each_child(const Star&, F&&) {}
template <class F>
void each_child(const OutputRef&, F&&) {}
template <class F>
void each_child(const Excluded&, F&&) {}
template <class F>
void each_child(const Unary& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const Binary& node, F&& f) {
  detail::child("left", node.left, f);
  detail::child("right", node.right, f);
}
template <class F>
void each_child(const Logical& node, F&& f) {
  detail::children("operand", node.operands, f);
}
template <class F>
void each_child(const IsNull& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const Between& node, F&& f) {
  detail::child("operand", node.operand, f);
  detail::child("low", node.low, f);
  detail::child("high", node.high, f);
}
template <class F>
void each_child(const InList& node, F&& f) {
  detail::child("operand", node.operand, f);
  detail::children("item", node.items, f);
}
template <class F>
void each_child(const InArray& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const InSelect& node, F&& f) {
  detail::child("operand", node.operand, f);
  detail::child("select", node.select, f);
}
template <class F>
void each_child(const Match& node, F&& f) {
  detail::child("operand", node.operand, f);
  detail::child("pattern", node.pattern, f);
}
template <class F>
void each_child(const Call& node, F&& f) {
  detail::children("argument", node.arguments, f);
  detail::children(node.order, f);
  detail::child("filter", node.filter, f);
}
template <class F>
void each_child(const Over& node, F&& f) {
  detail::child("call", node.call, f);
  // A named one stands in the WINDOW clause.
  if (node.window->name.empty()) detail::children(*node.window, f);
}
template <class F>
void each_child(const Case& node, F&& f) {
  detail::child("operand", node.operand, f);
  for (std::size_t i = 0; i < node.whens.size(); ++i) {
    detail::child("when", node.whens[i], f);
    detail::child("then", node.thens[i], f);
  }
  detail::child("else", node.otherwise, f);
}
template <class F>
void each_child(const Cast& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const Fit& node, F&& f) {
  detail::child("argument", node.operand, f);
}
template <class F>
void each_child(const JsonElement& node, F&& f) {
  detail::child("argument", node.operand, f);
}
template <class F>
void each_child(const Subquery& node, F&& f) {
  detail::child("select", node.select, f);
}
template <class F>
void each_child(const Exists& node, F&& f) {
  detail::child("select", node.select, f);
}
template <class F>
void each_child(const Tuple& node, F&& f) {
  detail::children("item", node.items, f);
}
template <class F>
void each_child(const Collate& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const DatePart& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const DateTrunc& node, F&& f) {
  detail::child("operand", node.operand, f);
}
template <class F>
void each_child(const JsonPath& node, F&& f) {
  detail::child("argument", node.operand, f);
}
template <class F>
void each_child(const Raw& node, F&& f) {
  detail::children("parameter", node.params, f);
}

template <class F>
void each_child(const Table&, F&&) {}
template <class F>
void each_child(const CommonTableRef&, F&&) {}
template <class F>
void each_child(const Derived& node, F&& f) {
  detail::child("select", node.select, f);
}
template <class F>
void each_child(const ValuesList& node, F&& f) {
  for (const Exprs row : node.rows) detail::children("value", row, f);
}

template <class F>
void each_child(const Select& node, F&& f) {
  detail::children(node.with, f);
  detail::child("left", node.left, f);
  detail::child("right", node.right, f);
  detail::children("distinct on", node.distinct_on, f);
  detail::children(node.outputs, f);
  detail::child("from", node.from, f);
  detail::children(node.joins, f);
  detail::child("where", node.where, f);
  detail::children("group by", node.group_by, f);
  detail::child("having", node.having, f);
  for (const Window* window : node.windows) detail::children(*window, f);
  detail::children(node.order_by, f);
  detail::child("limit", node.limit, f);
  detail::child("offset", node.offset, f);
}
template <class F>
void each_child(const Insert& node, F&& f) {
  detail::children(node.with, f);
  detail::child("into", node.table, f);
  for (const Exprs row : node.rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      if (row[i] != nullptr) f(Role{"value", node.columns[i]}, *row[i]);
  detail::child("select", node.select, f);
  detail::children(node.conflict.set, f);
  detail::child("where", node.conflict.where, f);
  detail::children(node.returning, f);
}
template <class F>
void each_child(const Update& node, F&& f) {
  detail::children(node.with, f);
  detail::child("table", node.table, f);
  detail::children(node.set, f);
  detail::child("from", node.from, f);
  detail::children(node.joins, f);
  detail::child("where", node.where, f);
  detail::children(node.returning, f);
}
template <class F>
void each_child(const Delete& node, F&& f) {
  detail::children(node.with, f);
  detail::child("from", node.table, f);
  detail::child("where", node.where, f);
  detail::children(node.returning, f);
}

// The dispatchers have a name of their own: a node without an overload above does not compile.
template <class F>
void visit_children(const Expr& expr, F&& f) {
  std::visit([&](const auto& node) { each_child(node, f); }, expr.node);
}
template <class F>
void visit_children(const Source& source, F&& f) {
  std::visit([&](const auto& node) { each_child(node, f); }, source.node);
}
template <class F>
void visit_children(const Select& select, F&& f) {
  each_child(select, f);
}
template <class F>
void visit_statement(const Statement& statement, F&& f) {
  std::visit([&](const auto& node) { each_child(node, f); }, statement);
}

}  // namespace dorm::sql
