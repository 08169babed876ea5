// dorm/config.hpp: which databases a program uses, and where its schema files are.
//
// Plain values: copy and share freely once made. Everything that reads throws ConfigError with all mistakes at once,
// each with its file, line and column; no message repeats a password or the credentials of a URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/model_info.hpp"
#include "dorm/observer.hpp"

namespace dorm {

struct PoolOptions {
  std::size_t size = 8;                               // never more connections than this
  std::chrono::milliseconds checkout_timeout{5'000};  // a hard bound on getting one, connecting included
  std::chrono::milliseconds idle_timeout{600'000};    // closed if unused for so long; 0 = never
  std::chrono::milliseconds max_lifetime{1'800'000};  // closed at this age, less up to a tenth at random; 0 = never
  std::chrono::milliseconds ping_after{2'000};        // asked whether it lives if unused for so long
  std::chrono::milliseconds leak_warning{60'000};     // a thread that keeps one for so long is reported; 0 = never
};

struct DatabaseConfig {
  std::string name = "default";
  std::string url;
  std::string password;                                      // instead of one in the URL
  std::vector<std::pair<std::string, std::string>> pragmas;  // SQLite
  PoolOptions pool;
  std::chrono::milliseconds statement_timeout{0};  // 0 = none
  std::size_t statement_cache = 128;               // prepared statements per connection
  bool prepared_statements = true;                 // false behind a proxy that mixes up its clients' statements
  LazyPolicy lazy = LazyPolicy::batch;
  bool load_required = true;        // objects(): to-one relations that can't be null are loaded with their row
  std::size_t max_load_nodes = 48;  // objects(): relations that one request may load
  bool strict_tables = true;        // SQLite: CREATE TABLE … STRICT
  LogLevel log = LogLevel::off;
};

// What a command line says about the database; an empty member was not given.
struct ConfigFlags {
  std::string url;
  std::filesystem::path file;
  std::string database;  // name of one in the file
};

struct DORM_EXPORT Config {
  std::vector<std::filesystem::path> schemas;  // relative ones have been resolved against the file's folder
  std::string default_database;                // "default" in the file; the only one if there is one
  std::vector<DatabaseConfig> databases;       // in the order of the file

  static Config load(const std::filesystem::path& path);
  static Config parse(std::string_view text, std::string_view name = "<text>");
  // The configuration of a program: the flags, else DORM_DATABASE_URL, DATABASE_URL, the file named by DORM_CONFIG,
  // dorm.json here. A URL from a flag or the environment replaces the URL, password and pragmas of the default database
  // and leaves the file's other settings.
  static Config find(const ConfigFlags& flags = {});

  const DatabaseConfig* find_database(std::string_view name) const noexcept;  // nullptr if unknown
  const DatabaseConfig& database(std::string_view name = {}) const;           // empty: the default; throws ConfigError
};

}  // namespace dorm
