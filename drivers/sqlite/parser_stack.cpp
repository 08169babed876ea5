#include "sqlite/parser_stack.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "sql/each_child.hpp"

namespace dorm::sqlite {
namespace {

// The symbols that lie on the stack when the parser comes to a child, those of the node's own parentheses included: for
// the right side of "(a = b)" they are "(", "a" and "=". Counted from SQLite's grammar.
struct Weight {
  std::string_view role;
  std::size_t symbols;
};
constexpr std::array<Weight, 32> weights{{
    {"left", 1},     {"right", 3},      {"operand", 2},   {"low", 3},        {"high", 5},        {"item", 5},
    {"argument", 5}, {"parameter", 6},  {"when", 4},      {"then", 6},       {"else", 5},        {"select", 3},
    {"call", 1},     {"partition", 9},  {"filter", 9},    {"ascending", 11}, {"descending", 11}, {"output", 5},
    {"from", 6},     {"inner join", 7}, {"left join", 7}, {"right join", 7}, {"full join", 7},   {"cross join", 7},
    {"on", 11},      {"where", 7},      {"group by", 9},  {"having", 9},     {"limit", 11},      {"offset", 13},
    {"set", 10},     {"pattern", 15},
}};

std::size_t symbols_of(std::string_view role) {
  const auto* found =
      std::find_if(weights.begin(), weights.end(), [&](const Weight& each) { return each.role == role; });
  return found == weights.end() ? 12 : found->symbols;
}

class ParserStack {
 public:
  std::size_t of(const sql::Statement& statement) {
    sql::visit_statement(statement,
                         [&](const sql::Role& role, const auto& child) { walk(child, symbols_of(role.kind)); });
    return deepest_ + statement_and_leaf;
  }

 private:
  static constexpr std::size_t statement_and_leaf = 8;

  template <class Node>
  void walk(const Node& node, std::size_t below) {
    deepest_ = std::max(deepest_, below);
    sql::visit_children(node,
                        [&](const sql::Role& role, const auto& child) { walk(child, below + symbols(node, role)); });
  }

  static std::size_t symbols(const sql::Expr& parent, const sql::Role& role) {
    // Halves of halves, each to the right of the other; a chain of one writes nothing.
    if (const auto* logical = std::get_if<sql::Logical>(&parent.node))
      return 3 * static_cast<std::size_t>(std::bit_width(logical->operands.size() - 1));
    // Both sides may stand inside two functions, the second after a minus.
    if (std::holds_alternative<sql::Match>(parent.node)) return symbols_of("pattern");
    // Up to three functions and as many parentheses.
    if (std::holds_alternative<sql::DatePart>(parent.node) || std::holds_alternative<sql::DateTrunc>(parent.node) ||
        std::holds_alternative<sql::JsonPath>(parent.node) || std::holds_alternative<sql::Cast>(parent.node))
      return symbols_of("pattern");
    // Operators that are written as functions here.
    if (const auto* binary = std::get_if<sql::Binary>(&parent.node);
        binary != nullptr && (binary->op == sql::BinaryOp::divide || binary->op == sql::BinaryOp::modulo ||
                              binary->op == sql::BinaryOp::bit_xor || binary->op == sql::BinaryOp::json_contains))
      return symbols_of("argument");
    return symbols_of(role.kind);
  }
  template <class Node>
  static std::size_t symbols(const Node&, const sql::Role& role) {
    return symbols_of(role.kind);
  }

  std::size_t deepest_ = 0;
};

}  // namespace

std::size_t parser_stack(const sql::Statement& statement) { return ParserStack().of(statement); }

}  // namespace dorm::sqlite
