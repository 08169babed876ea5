// sql/identifier.hpp: names as SQL writes them.
//
// Pure functions, thread-safe. Throw QueryError for a name no database keeps: empty, with NUL, or longer than the
// limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dorm::sql {

// "name" in double quotes, inner quotes doubled.
void append_identifier(std::string& out, std::string_view name, std::size_t max_bytes);

// The name of a function, as it stands: identifiers, dots between them.
void append_function_name(std::string& out, std::string_view name);

}  // namespace dorm::sql
