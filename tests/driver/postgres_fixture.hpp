// driver/postgres_fixture.hpp: for what only the PostgreSQL driver promises; what every driver must do is in the other
// files.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/fixture.hpp"

namespace dorm::test {

inline std::vector<Backend> only_postgres() {
  std::vector<Backend> result;
  std::copy_if(backends().begin(), backends().end(), std::back_inserter(result),
               [](const Backend& backend) { return backend.name == "postgres"; });
  return result;
}

inline driver::Deadline after(std::chrono::milliseconds time) { return driver::Clock::now() + time; }

class PostgresTest : public DriverTest {
 protected:
  std::unique_ptr<driver::Connection> connect_with(const std::string& options) const {
    return GetParam().driver->connect(GetParam().driver->parse_url(url_ + options), std::nullopt);
  }
  // The text of the only cell; its type is what arrives.
  std::string text(std::string_view sql, const Parameters& parameters = {}) {
    const Rows rows = query(sql, {TypeKind::unknown}, parameters);
    return rows.text();
  }
  void kill_this_connection() {
    const std::int64_t process = number("SELECT pg_backend_pid()");
    const auto other = connect();
    other->execute(statement("SELECT pg_terminate_backend(" + std::to_string(process) + ")"), {}, nullptr,
                   std::nullopt);
  }
};

}  // namespace dorm::test
