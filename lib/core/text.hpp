// core/text.hpp: what dorm does with names and texts: encoding, identifiers, spelling for tables and for messages.
//
// Pure functions, thread-safe. Nothing here depends on the locale; letters are ASCII letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dorm {

// Offset of the first byte that is not valid UTF-8 (overlong forms, surrogates and values above U+10FFFF included), or
// npos.
std::size_t find_invalid_utf8(std::string_view text) noexcept;
inline bool is_utf8(std::string_view text) noexcept { return find_invalid_utf8(text) == std::string_view::npos; }
// Number of code points; of invalid text, the number of bytes that do not continue a sequence.
std::size_t code_points(std::string_view text) noexcept;
void append_utf8(std::string& text, char32_t code_point);

// [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes.
bool is_identifier(std::string_view text) noexcept;
// "ActivityLog" → "activity_log", "HTTPServer" → "http_server", "isAdmin" → "is_admin".
std::string snake_case(std::string_view name);
// "activity_log" → "ActivityLog".
std::string camel_case(std::string_view name);
// "category" → "categories", "class" → "classes", "user" → "users".
std::string plural(std::string_view word);
std::string lower_case(std::string_view text);                                     // ASCII only
bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;  // ASCII only

// 'text' for a message: control characters escaped, invalid bytes replaced, cut after 80 code points.
std::string quote(std::string_view text);
// 'a', 'b' and 'c'; at most `limit` of them.
template <class Range>
std::string quote_list(const Range& texts, std::size_t limit = 8) {
  std::string result;
  std::size_t count = 0;
  const std::size_t size = static_cast<std::size_t>(std::size(texts));
  for (const auto& text : texts) {
    if (count == limit) return result + " and " + std::to_string(size - limit) + " more";
    if (count != 0) result += count + 1 == size ? " and " : ", ";
    result += quote(text);
    ++count;
  }
  return result;
}

}  // namespace dorm
