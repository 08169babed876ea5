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

// A case with number n is in world n % worlds. Where tables take long to make, fewer worlds are made.
constexpr std::uint64_t worlds = 40;
constexpr std::uint64_t worlds_of_a_server = 25;
constexpr std::uint64_t most_failures = 3;

std::uint64_t world_of(std::uint64_t number) { return (number - 1) % worlds + 1; }

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
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
std::string difference(const Place& place, Request request) {
  const QuerySet query = spoken(place.db, request);
  add_required(place.world, request);
  const Answer expected = evaluate(place.world, request);
  QueryCount count(place.db);
  const Rows rows = query.all();
  const std::size_t used = count.count();
  load_afterwards(request, rows);
  const std::size_t used_in_all = count.count();
  std::string wrong = difference(expected, rows);
  if (count.count() != used_in_all) wrong += " reading what is loaded asked the database";
  if (used > expected.statements) wrong += " more than " + std::to_string(expected.statements) + " statements";
  return wrong.empty() ? wrong : wrong + '\n' + joined(count.statements());
}

std::string broken(const Place& place, std::uint64_t seed) {
  const auto request = [&] {
    Random random(seed);
    return make_request(place.world, random);
  };
  std::string wrong;
  try {
    try {
      wrong = difference(place, request());
    } catch (const QueryError& refused) {
      // Not every strategy suits every path; the graph is the same with another one.
      if (std::string_view(refused.what()).find("cannot be loaded by") == std::string_view::npos) throw;
      Request other = request();
      choose_no_strategy(other);
      wrong = difference(place, std::move(other));
    }
  } catch (const std::length_error&) {
    return {};
  } catch (const Error& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return {};
  return "DORM_LAW_SEED=" + std::to_string(seed) + ": " + wrong + "\n" + to_text(request()) + "\n" +
         place.world.schema + "\n" + insert_sql(place.world);
}

class Law : public testing::TestWithParam<Backend> {};

TEST_P(Law, EveryWayToLoadGivesTheSameGraph) {
  const std::uint64_t only = number_from("DORM_LAW_SEED", 0);
  const bool on_server = GetParam().name == "postgres";
  const std::uint64_t cases = number_from("DORM_LAW_CASES", on_server ? 300 : 2000);
  const std::uint64_t count = on_server ? worlds_of_a_server : worlds;
  if (only != 0) {
    const std::string wrong = broken(Place(GetParam(), world_of(only)), only);
    if (!wrong.empty()) ADD_FAILURE() << wrong;
    return;
  }
  std::uint64_t failures = 0;
  for (std::uint64_t world = 1; world <= count && failures < most_failures; ++world) {
    const Place place(GetParam(), world);
    for (std::uint64_t i = 0; i < (cases + count - 1) / count && failures < most_failures; ++i) {
      const std::string wrong = broken(place, world + i * worlds);
      if (wrong.empty()) continue;
      ++failures;
      ADD_FAILURE() << wrong;
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
