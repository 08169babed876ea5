#include "support/backends.hpp"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string_view>

#include "dorm/driver.hpp"
#include "support/cluster.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

std::mutex database_guard;
int databases = 0;                        // guarded by `database_guard`
std::optional<TemporaryDirectory> files;  // guarded by `database_guard`
std::vector<std::string> made_schemas;    // guarded by `database_guard`

std::vector<Backend> make_backends() {
  const Drivers& drivers = built_in_drivers();
  const std::vector<std::string> schemes = drivers.schemes();
  std::vector<Backend> result;
  const auto add = [&](std::string name, std::string_view scheme, std::string url) {
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) return;
    result.push_back({std::move(name), drivers.get(scheme), std::move(url)});
  };
  add("sqlite", "sqlite", "sqlite:");
  add("sqlite_memory", "sqlite", "sqlite::memory:");
  add("postgres", "postgresql", "postgresql:");
  return result;
}

std::unique_ptr<driver::Connection> connect(const Driver& driver, const std::string& url) {
  return driver.connect(driver.parse_url(url), std::nullopt);
}

// Under `database_guard`.
std::string fresh_schema(const Driver& driver) {
  const std::string& url = cluster_url();
  const std::string schema = "t" + std::to_string(::getpid()) + "_" + std::to_string(databases);
  connect(driver, url)->execute_script("CREATE SCHEMA " + schema, std::nullopt);
  made_schemas.push_back(schema);
  const char separator = url.find('?') == std::string::npos ? '?' : '&';
  return url + separator + "options=-csearch_path%3D" + schema;
}

}  // namespace

const std::vector<Backend>& backends() {
  static const std::vector<Backend> all = make_backends();
  return all;
}

std::string fresh_database(const Backend& backend) {
  const std::lock_guard lock(database_guard);
  ++databases;
  if (backend.url == "postgresql:") return fresh_schema(*backend.driver);
  if (backend.url != "sqlite:") return backend.url;
  if (!files) files.emplace();
  return "sqlite:" + files->file(std::to_string(databases) + ".db");
}

std::unique_ptr<driver::Connection> fresh_connection(const Backend& backend) {
  return connect(*backend.driver, fresh_database(backend));
}

void remove_databases() {
  const std::lock_guard lock(database_guard);
  files.reset();
  if (made_schemas.empty()) return;
  const auto postgres =
      std::find_if(backends().begin(), backends().end(), [](const Backend& b) { return b.url == "postgresql:"; });
  const auto connection = connect(*postgres->driver, cluster_url());
  // One by one: a single transaction would need a lock for every table of them.
  for (const std::string& schema : made_schemas)
    connection->execute_script("DROP SCHEMA IF EXISTS " + schema + " CASCADE", std::nullopt);
  made_schemas.clear();
}

}  // namespace dorm::test
