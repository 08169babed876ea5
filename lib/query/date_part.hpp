// query/date_part.hpp: what can be taken out of dates and times, and of which. Pure functions.
#pragma once

#include <memory>

#include "query/term.hpp"

namespace dorm::query {

inline bool is_of_clock(sql::DatePartKind part) {
  return part == sql::DatePartKind::time || part >= sql::DatePartKind::hour;
}

inline bool fits(sql::DatePartKind part, TypeKind kind) {
  if (kind == TypeKind::datetime) return true;
  if (kind == TypeKind::date) return !is_of_clock(part) && part != sql::DatePartKind::date;
  return kind == TypeKind::time && part >= sql::DatePartKind::hour;
}

inline TermPtr part_of(sql::DatePartKind part, const TermPtr& operand) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::part;
  term->op = static_cast<std::uint8_t>(part);
  term->nullable = operand->nullable;
  term->type.kind = part == sql::DatePartKind::date   ? TypeKind::date
                    : part == sql::DatePartKind::time ? TypeKind::time
                                                      : TypeKind::integer;
  term->children = {operand};
  return term;
}

}  // namespace dorm::query
