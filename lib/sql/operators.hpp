// sql/operators.hpp: the enumerations of the tree as words, for dumps and messages.
//
// Pure functions, thread-safe. A value outside the enumeration gives an empty text.
#pragma once

#include <string_view>

#include "sql/ast.hpp"

namespace dorm::sql {

std::string_view word(UnaryOp op) noexcept;
std::string_view word(BinaryOp op) noexcept;
std::string_view word(LogicalOp op) noexcept;
std::string_view word(MatchOp op) noexcept;
std::string_view word(DatePartKind part) noexcept;
std::string_view word(JsonRead as) noexcept;
std::string_view word(Frame::Unit unit) noexcept;
std::string_view word(NullsOrder order) noexcept;
std::string_view word(JoinKind kind) noexcept;
std::string_view word(SetOp op) noexcept;
std::string_view word(Lock::Strength strength) noexcept;
std::string_view word(Conflict::Action action) noexcept;

// How people write it: "<", "+", "is distinct from".
std::string_view symbol(BinaryOp op) noexcept;

// Whether it compares, with a truth as its value.
constexpr bool is_comparing(BinaryOp op) noexcept { return op <= BinaryOp::is_not_distinct; }
// Whether it asks which of the two comes first.
constexpr bool is_ordering(BinaryOp op) noexcept {
  return op == BinaryOp::lt || op == BinaryOp::le || op == BinaryOp::gt || op == BinaryOp::ge;
}

}  // namespace dorm::sql
