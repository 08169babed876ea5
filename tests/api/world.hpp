// api/world.hpp: a database of its own for each test, on every backend, with the models of a schema text.
//
// One thread at a time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "dorm/dorm.hpp"
#include "support/backends.hpp"

namespace dorm::test {

// "sqlite" (a file), "sqlite_memory", "postgres" in turn.
class Api : public testing::TestWithParam<Backend> {
 protected:
  Database open(const Registry& registry, std::string_view url = {}) {
    url_ = url.empty() ? fresh_database(GetParam()) : std::string(url);
    Database db = Database::open(url_, registry);
    db.create_tables();
    return db;
  }
  Database open(std::string_view schema) { return open(Registry::parse(schema)); }
  Database social() { return open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social")); }

  bool is_postgres() const { return GetParam().name == "postgres"; }
  bool in_memory() const { return GetParam().name == "sqlite_memory"; }
  const std::string& url() const { return url_; }

 private:
  std::string url_;
};

// The texts of a column, in the order of the rows.
template <class List>
std::vector<std::string> texts(const List& rows, std::string_view column) {
  std::vector<std::string> found;
  for (const Row& row : rows) found.push_back(row[column].is_null() ? "null" : row[column].to_text());
  return found;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

#define DORM_API_TESTS(fixture) \
  INSTANTIATE_TEST_SUITE_P(Backends, fixture, testing::ValuesIn(dorm::test::backends()), dorm::test::backend_name)

}  // namespace dorm::test
