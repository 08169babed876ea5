// load/strategy.hpp: how the relations of a request are loaded: in which statement, by which keys, and why.
//
// A strategy never changes the result, only the statements. Unless one is asked for, prefetched paths are fetched by
// their keys; where any will do, the choice follows the round-trip time, the number of parents and the indexes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/context.hpp"
#include "query/request.hpp"

namespace dorm::load {

struct Step;

// One statement and what is fetched for its rows. Borrows the unit it was planned from.
struct Load {
  query::SpecPtr spec;
  std::vector<Step> steps;
  // Whether a step below needs this statement as a subquery.
  bool is_subquery() const;
};

struct Step {
  std::vector<std::uint32_t> at;  // relations from the statement's root to the node it is for
  const query::Fetch* fetch = nullptr;
  Strategy strategy = Strategy::key_set;  // join: it is part of the statement, and `load` has no own
  std::string reason;
  std::vector<std::string> warnings;
  Load load;
};

// Throws QueryError, saying why, where a strategy that was asked for cannot give the same result.
Load plan_load(const Engine& engine, const Context& context, const query::Unit& unit);

std::string_view name_of(Strategy strategy);
// The source that relations lead to from `from`.
query::SourcePtr source_at(query::SourcePtr from, const std::vector<std::uint32_t>& relations);

}  // namespace dorm::load
