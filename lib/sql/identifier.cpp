#include "sql/identifier.hpp"

#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::sql {

void append_identifier(std::string& out, std::string_view name, std::size_t max_bytes) {
  if (name.empty()) throw QueryError("an empty name cannot be a table, column or alias");
  if (name.find('\0') != std::string_view::npos)
    throw QueryError("the name " + quote(name) + " contains a NUL character");
  if (name.size() > max_bytes)
    throw QueryError("the name " + quote(name) + " is longer than " + std::to_string(max_bytes) +
                     " bytes, where the database would cut it; choose a shorter alias");
  out += '"';
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_function_name(std::string& out, std::string_view name) {
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    if (!is_identifier(rest.substr(0, dot))) throw QueryError(quote(name) + " is not the name of a function");
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  out += name;
}

}  // namespace dorm::sql
