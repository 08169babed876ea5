#include "sql/check.hpp"

#include <bit>
#include <string>

#include "dorm/error.hpp"
#include "sql/each_child.hpp"

namespace dorm::sql {
namespace {

std::size_t levels_of(const Expr& expr) {
  const auto* logical = std::get_if<Logical>(&expr.node);
  if (logical == nullptr || logical->operands.size() < 2) return 1;
  return static_cast<std::size_t>(std::bit_width(logical->operands.size() - 1));
}
std::size_t levels_of(const Select&) { return 1; }
std::size_t levels_of(const Source&) { return 1; }

class Check {
 public:
  void statement(const Statement& statement) {
    visit_statement(statement, [&](const Role& role, const auto& child) { walk(role, child, 1); });
  }
  Inventory take() { return std::move(found_); }

 private:
  template <class Node>
  void walk(const Role& role, const Node& node, std::size_t depth) {
    depth += levels_of(node);
    if (depth > max_depth)
      throw LimitError("the query is nested deeper than " + std::to_string(max_depth) +
                       " levels; write long chains of conditions as one list");
    if (role.kind.starts_with("with")) found_.names.insert(role.name);
    note(node);
    visit_children(node, [&](const Role& inner, const auto& child) { walk(inner, child, depth); });
  }
  void note(const Expr&) {}
  void note(const Select&) {}
  void note(const Source& source) {
    found_.sources.insert(&source);
    if (!source.alias.empty()) found_.names.insert(source.alias);
  }

  Inventory found_;
};

}  // namespace

Inventory check(const Statement& statement) {
  Check check;
  check.statement(statement);
  return check.take();
}

}  // namespace dorm::sql
