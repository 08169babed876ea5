// query/pattern.hpp: patterns of LIKE and regular expressions that mean the same on every backend. Pure functions.
#pragma once

#include <string_view>

#include "query/term.hpp"

namespace dorm::query {

// "like", "icontains", …: what the method is called.
std::string_view spelling(sql::MatchOp op) noexcept;

// Throws QueryError for a pattern that some backend refuses or reads in a way of its own.
void require_pattern(sql::MatchOp op, const Term& operand, std::string_view pattern);

}  // namespace dorm::query
