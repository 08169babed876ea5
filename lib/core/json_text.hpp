// core/json_text.hpp: JSON as text: strings quoted, documents checked.
//
// Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace dorm::json {

// A JSON string with its quotes. Invalid UTF-8 becomes U+FFFD, so the result is always valid JSON.
std::string quoted(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

// Whether the text is one well-formed JSON value in UTF-8.
bool is_json(std::string_view text) noexcept;

}  // namespace dorm::json
