// load/prefetch.hpp: several queries attached to each other by the foreign keys between their models, one statement
// each.
#pragma once

#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "query/spec.hpp"

namespace dorm::load {

// Runs the first query, then each further one for the rows of the nearest query before it that has a foreign key to or
// from its model. Throws QueryError if there is none, or more than one.
std::shared_ptr<graph::Graph> prefetch(Engine& engine, const std::shared_ptr<const Context>& context,
                                       std::vector<query::SpecPtr> queries);

}  // namespace dorm::load
