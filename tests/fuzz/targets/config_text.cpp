// Configuration files, with variables of the environment in them.
#include "dorm/error.hpp"
#include "driver/config.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

constexpr std::string_view secret = "xyzzy-7Q";

std::optional<std::string> variable(const std::string& name) {
  if (name == "SECRET") return std::string(secret);
  if (name == "EMPTY") return "";
  return std::nullopt;
}

void keep_secret(std::string_view message, std::string_view input) {
  if (input.find(secret) != std::string_view::npos) return;
  require(message.find(secret) == std::string_view::npos, "no message repeats the value of a variable");
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      R"({"databases": {"app": {"url": "sqlite:a.db"}}})",
      R"({"$schema": "dorm-config.schema.json", "schemas": ["schemas/social", "/srv/plugins.json"], "default": "app",
          "databases": {"app": {"url": "sqlite:${EMPTY}a.db", "pragmas": {"synchronous": "full", "busy_timeout": 5000}},
          "prod": {"url": "postgresql://app@db1,db2/social", "password": "${SECRET}", "pool": {"size": 3,
          "checkout_timeout_ms": 3000, "idle_timeout_ms": 1, "max_lifetime_ms": 2, "ping_after_ms": 3,
          "leak_warning_ms": 0}, "statement_timeout_ms": 10000, "statement_cache": 7, "prepared_statements": false,
          "lazy": "raise_n_plus_one", "load_required": true, "strict_tables": false, "log": "debug"}}})",
      R"({"databases": {"a": {"url": "${SECRET}", "password": "$${x} ${MISSING} ${", "lazy": "each", "log": 5}}})",
  };
}

void run(std::string_view text) {
  for (const char* name : {"dorm.json", "dorm.jsonc"}) {
    std::vector<Diagnostic> mistakes;
    driver::read_config(text, name, variable, mistakes);
    for (const Diagnostic& mistake : mistakes) {
      keep_secret(mistake.text(), text);
      keep_secret(mistake.json(), text);
    }
  }
  try {
    driver::expand(text, variable);
  } catch (const ConfigError& error) {
    keep_secret(error.what(), text);
  }
}

}  // namespace dorm::fuzz
