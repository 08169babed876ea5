#include "sql/literal.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "dorm/error.hpp"

namespace dorm::sql {
namespace {

std::string signed_number(std::string text) {
  if (text.starts_with('-')) return "(" + text + ")";
  return text;
}

}  // namespace

std::string text_literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\0') throw QueryError("a text with a NUL character cannot be written into a statement");
    if (c == '\'') literal += '\'';
    literal += c;
  }
  return literal + "'";
}

std::string hex_digits(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string real_literal(double value) {
  if (!std::isfinite(value))
    throw QueryError("a number that is infinite or not a number cannot be written into a statement");
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return signed_number(std::move(text));
}

std::string integer_literal(std::int64_t value) { return signed_number(std::to_string(value)); }

}  // namespace dorm::sql
