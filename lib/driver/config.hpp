// driver/config.hpp: the configuration file, read with the place of every mistake.
//
// Pure functions, thread-safe as far as the environment is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/config.hpp"
#include "dorm/error.hpp"

namespace dorm::driver {

// The value of a variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment process_environment();

// Every mistake is added; then the result is not to be used. Neither messages nor excerpts repeat what may be a secret.
// Files named .jsonc may have comments.
Config read_config(std::string_view text, std::string_view name, const Environment& environment,
                   std::vector<Diagnostic>& mistakes);
// The same for a program: what dorm/config.hpp says of Config::find().
Config find_config(const ConfigFlags& flags, const Environment& environment);

// ${NAME} replaced, $${ as a plain ${. Throws ConfigError naming the variable that is not set, never a value.
std::string expand(std::string_view text, const Environment& environment);

// All keys the reader takes, and the words of those that take words: what the JSON Schema must list.
struct ConfigForm {
  std::vector<std::string_view> root;
  std::vector<std::string_view> database;
  std::vector<std::string_view> pool;
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> words;
};
ConfigForm config_form();

}  // namespace dorm::driver
