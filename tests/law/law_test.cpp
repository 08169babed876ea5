// The law of loading: for any registry, rows and request, every way to load gives the one graph that nested loops over
// the tables give. Cases are made up from a number; DORM_LAW_SEED=<number> runs that one alone, DORM_LAW_CASES=<number>
// as many as that on each backend.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include "law/compare.hpp"
#include "support/backends.hpp"

namespace dorm::test::law {
namespace {

constexpr std::uint64_t worlds = 40;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A world in a database.
struct Place {
  Place(const Backend& backend, std::uint64_t number)
      : world(make_world(number)), db(Database::open(fresh_database(backend), world.registry)) {
    db.create_tables();
    if (const std::string sql = insert_sql(world); !sql.empty()) db.execute(sql);
  }
  World world;
  Database db;
};

// What is wrong, or nothing.
std::string broken(const Place& place, std::uint64_t seed) {
  Random random(seed);
  Request request = make_request(place.world, random);
  const std::string asked = to_text(request);
  std::string wrong;
  try {
    Request whole = std::move(request);
    const QuerySet query = spoken(place.db, whole);
    add_required(place.world, whole);
    const Answer expected = evaluate(place.world, whole);
    QueryCount count(place.db);
    const Rows rows = query.all();
    const std::size_t statements = count.count();
    if (statements > expected.statements)
      wrong = std::to_string(statements) + " statements, expected " + std::to_string(expected.statements) + " at most";
    load_afterwards(whole, rows);
    count.reset();
    if (wrong.empty()) wrong = difference(expected, rows);
    if (wrong.empty() && count.count() != 0) wrong = "reading what is loaded asked the database";
  } catch (const std::length_error&) {
    return {};
  } catch (const Error& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return {};
  return "DORM_LAW_SEED=" + std::to_string(seed) + ": " + wrong + "\n" + asked + "\n" + place.world.schema + "\n" +
         insert_sql(place.world);
}

class Law : public testing::TestWithParam<Backend> {};

TEST_P(Law, EveryWayToLoadGivesTheSameGraph) {
  const std::uint64_t only = number_from("DORM_LAW_SEED", 0);
  const std::uint64_t cases = number_from("DORM_LAW_CASES", GetParam().name == "postgres" ? 300 : 2000);
  std::uint64_t failures = 0;
  for (std::uint64_t world = 1; world <= worlds && failures < 3; ++world) {
    if (only != 0 && only % worlds != world % worlds) continue;
    const Place place(GetParam(), world);
    for (std::uint64_t seed = only != 0 ? only : world; seed <= std::max(cases, only) && failures < 3; seed += worlds) {
      if (const std::string wrong = broken(place, seed); !wrong.empty()) {
        ++failures;
        ADD_FAILURE() << wrong;
      }
      if (only != 0) return;
    }
  }
}

std::vector<Backend> two_backends() {
  std::vector<Backend> all;
  for (const Backend& backend : backends())
    if (backend.name != "sqlite") all.push_back(backend);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Backends, Law, testing::ValuesIn(two_backends()), backend_name);

}  // namespace
}  // namespace dorm::test::law
