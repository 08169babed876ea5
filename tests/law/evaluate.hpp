// law/evaluate.hpp: the graph that a request must give, by nested loops over the tables; nothing of dorm's but its
// registry and values.
//
// One thread at a time. What is found points into the World.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "law/request.hpp"

namespace dorm::test::law {

struct Found;

struct Led {
  std::vector<Found*> rows;          // one at most for a to-one relation
  std::vector<const Record*> links;  // many-to-many: beside rows
  bool partial = false;
  bool asked = true;  // false: the way that was come, known without asking; `rows` are the candidates
};

// A row in memory.
struct Found {
  const ModelInfo* model = nullptr;
  const Record* record = nullptr;
  std::vector<bool> loaded;  // by field
  std::map<std::uint32_t, Led> relations;
  std::map<std::uint32_t, Led> named;
};

struct Answer {
  std::deque<Found> found;
  std::vector<Found*> rows;
  std::size_t statements = 1;  // at most: two for a many-to-many, none without parents
};

// Throws std::length_error if the nested loops make too many rows for a test.
Answer evaluate(const World& world, const Request& request);

}  // namespace dorm::test::law
