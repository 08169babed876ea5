#include "driver/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <tuple>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "driver/url.hpp"

namespace dorm {
namespace driver {
namespace {

namespace fs = std::filesystem;

void throw_if_any(std::vector<Diagnostic> mistakes) {
  if (mistakes.empty()) return;
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Diagnostic& left, const Diagnostic& right) {
    return std::tie(left.where.line, left.where.column) < std::tie(right.where.line, right.where.column);
  });
  std::string text;
  for (const Diagnostic& mistake : mistakes) text += (text.empty() ? "" : "\n") + mistake.text();
  throw ConfigError(text);
}

Config parse_with(std::string_view text, std::string_view name, const Environment& environment) {
  std::vector<Diagnostic> mistakes;
  Config config = read_config(text, name, environment, mistakes);
  throw_if_any(std::move(mistakes));
  return config;
}

Config load_with(const fs::path& path, const Environment& environment) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || fs::is_directory(path) || !(text << file.rdbuf()))
    throw ConfigError("can't read the configuration file " + quote(path.string()));
  Config config = parse_with(text.str(), path.string(), environment);
  for (fs::path& schema : config.schemas)
    if (schema.is_relative()) schema = (path.parent_path() / schema).lexically_normal();
  return config;
}

std::optional<std::string> non_empty(const Environment& environment, const char* name) {
  std::optional<std::string> value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

// The default database at another place; what belongs to the old place goes.
void use_url(Config& config, std::string url) {
  scheme_of(url);
  if (config.default_database.empty()) config.default_database = "default";
  const auto it = std::find_if(config.databases.begin(), config.databases.end(), [&](const DatabaseConfig& database) {
    return database.name == config.default_database;
  });
  DatabaseConfig& database = it == config.databases.end() ? config.databases.emplace_back() : *it;
  database.name = config.default_database;
  database.url = std::move(url);
  database.password.clear();
  database.pragmas.clear();
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): only a program that writes to its environment meanwhile races
    if (const char* value = std::getenv(name.c_str())) return value;
    return std::nullopt;
  };
}

std::string expand(std::string_view text, const Environment& environment) {
  std::string result;
  for (;;) {
    const std::size_t at = text.find("${");
    if (at == std::string_view::npos) return result.append(text);
    if (at > 0 && text[at - 1] == '$') {
      result.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    const std::string name(text.substr(at + 2, end == std::string_view::npos ? 0 : end - at - 2));
    if (!is_identifier(name))
      throw ConfigError(
          "'${' must be followed by the name of an environment variable and '}'; write '$${' for the characters");
    const std::optional<std::string> value = environment(name);
    if (!value) throw ConfigError("the environment variable " + quote(name) + " is not set");
    result.append(text.substr(0, at)).append(*value);
    text.remove_prefix(end + 1);
  }
}

Config find_config(const ConfigFlags& flags, const Environment& environment) {
  fs::path file = flags.file;
  // What a flag names is meant; the environment only fills in for flags that were not given.
  const bool file_is_meant = !file.empty() || !flags.database.empty();
  if (file.empty()) {
    std::error_code ignored;
    if (const auto named = non_empty(environment, "DORM_CONFIG")) {
      file = *named;
    } else if (fs::exists("dorm.json", ignored)) {
      file = "dorm.json";
    }
  }
  Config config = file.empty() ? Config() : load_with(file, environment);
  if (!flags.database.empty()) config.default_database = config.database(flags.database).name;
  if (!flags.url.empty()) {
    use_url(config, flags.url);
  } else if (!file_is_meant) {
    auto url = non_empty(environment, "DORM_DATABASE_URL");
    if (!url) url = non_empty(environment, "DATABASE_URL");
    if (url) use_url(config, *url);
  }
  return config;
}

}  // namespace driver

Config Config::load(const std::filesystem::path& path) {
  return driver::load_with(path, driver::process_environment());
}

Config Config::parse(std::string_view text, std::string_view name) {
  return driver::parse_with(text, name, driver::process_environment());
}

Config Config::find(const ConfigFlags& flags) { return driver::find_config(flags, driver::process_environment()); }

const DatabaseConfig* Config::find_database(std::string_view name) const noexcept {
  const auto it = std::find_if(databases.begin(), databases.end(),
                               [&](const DatabaseConfig& database) { return database.name == name; });
  return it == databases.end() ? nullptr : &*it;
}

const DatabaseConfig& Config::database(std::string_view name) const {
  const std::string_view wanted = name.empty() ? std::string_view(default_database) : name;
  if (const DatabaseConfig* found = find_database(wanted)) return *found;
  if (databases.empty())
    throw ConfigError("no database is configured; give a URL, set DORM_DATABASE_URL, or write a configuration file");
  std::vector<std::string> known;
  for (const DatabaseConfig& database : databases) known.push_back(database.name);
  if (wanted.empty()) throw ConfigError("no default database; choose one of " + quote_list(known));
  throw ConfigError("no database " + quote(wanted) + " in the configuration; it has " + quote_list(known) +
                    did_you_mean(wanted, known));
}

}  // namespace dorm
