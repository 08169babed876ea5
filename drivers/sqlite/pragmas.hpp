// sqlite/pragmas.hpp: the settings of a connection: dorm's defaults, and what a URL or configuration may change.
//
// Pure functions, thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "driver/driver.hpp"

namespace dorm::sqlite {

bool is_pragma(std::string_view name) noexcept;
std::vector<std::string_view> pragma_names();
// Throws ConfigError naming what is allowed.
void check_pragma(std::string_view name, std::string_view value);

// How long to wait for a lock.
std::chrono::milliseconds busy_timeout(const driver::ConnectOptions& options);

struct Pragma {
  std::string name;
  std::string value;
  std::string text() const { return "PRAGMA " + name + " = " + value; }
};
// What to run on a new connection, in this order; throws ConfigError. Without busy_timeout, which is no pragma here.
std::vector<Pragma> pragmas_for(const driver::ConnectOptions& options);

}  // namespace dorm::sqlite
