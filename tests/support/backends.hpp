// support/backends.hpp: every backend the tests run on, so that no test asks for one by name.
//
//   INSTANTIATE_TEST_SUITE_P(Backends, MyTest, testing::ValuesIn(test::backends()), test::backend_name);
//
// Thread-safe. Listing backends starts no server; the first fresh_database() of a server does.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "driver/driver.hpp"

namespace dorm::test {

struct Backend {
  std::string name;  // "sqlite" (a file), "sqlite_memory", "postgres"
  std::shared_ptr<const Driver> driver;
  std::string url;  // what kind of place it is; fresh_database() makes one that can be opened
};

inline void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

const std::vector<Backend>& backends();

// The URL of an empty database that nobody else uses. On PostgreSQL it is a schema of its own that the URL puts in the
// search path, which takes milliseconds where CREATE DATABASE takes a tenth of a second.
std::string fresh_database(const Backend& backend);

// A connection to a fresh database.
std::unique_ptr<driver::Connection> fresh_connection(const Backend& backend);

inline std::string backend_name(const testing::TestParamInfo<Backend>& info) { return info.param.name; }

// Removes what fresh_database() has made; main() calls it after the last test.
void remove_databases();

}  // namespace dorm::test
