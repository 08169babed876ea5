// load/request.hpp: runs what a QuerySet asks for: the statement of its rows, then what is fetched for them.
#pragma once

#include <memory>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "query/request.hpp"

namespace dorm::load {

// Runs the unit's statement and its fetches, level by level, each for all rows of its node at once; none where there is
// nobody to fetch for. Several statements see one state of the database. Throws QueryError, before any SQL, for a
// strategy that is asked for and not possible.
std::shared_ptr<graph::Graph> run_request(Engine& engine, const std::shared_ptr<const Context>& context,
                                          const query::Unit& unit);

// The node that a unit's joins lead to from `root` along these relations; nullptr where a relation is not joined.
graph::Node* joined_node(graph::Node& root, const std::vector<std::uint32_t>& relations);

}  // namespace dorm::load
