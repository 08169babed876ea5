#include "driver/url.hpp"

#include <algorithm>

#include "dorm/error.hpp"

namespace dorm::driver {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_scheme_character(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; }

}  // namespace

std::string_view scheme_of(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find(':'));
  const bool is_one = scheme.size() < url.size() && !scheme.empty() && is_letter(scheme.front()) &&
                      std::all_of(scheme.begin(), scheme.end(), is_scheme_character);
  // What was given instead may be a password in the wrong place.
  if (!is_one)
    throw ConfigError("a database URL begins with a scheme, as in 'sqlite:app.db' or 'postgresql://host/app'");
  return scheme;
}

}  // namespace dorm::driver
