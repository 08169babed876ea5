// sql/literal.hpp: values written into the text. Only for DDL, where no backend binds parameters; queries never use it.
//
// Pure functions, thread-safe. Throw QueryError for what cannot be written safely.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dorm::sql {

// 'it''s'; refuses NUL. Backslashes are left alone: a dialect where they might mean something writes them its own way.
std::string text_literal(std::string_view text);
std::string hex_digits(std::string_view bytes);
// Shortest text that reads back as the same number, never taken for an integer; negative ones in parentheses. Finite
// only.
std::string real_literal(double value);
std::string integer_literal(std::int64_t value);  // negative ones in parentheses

}  // namespace dorm::sql
