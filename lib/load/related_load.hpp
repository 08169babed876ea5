// load/related_load.hpp: loads relations for rows that are there already, whatever graphs they came with.
//
// What one path step lacks for all rows is one statement. Each graph then holds the rows loaded for it in nodes of its
// own: a relation's elements must lie in its graph, and no graph is made to keep another one alive.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "query/request.hpp"

namespace dorm::load {

// Slots of one node, ascending, each once. Keeps the graph alive.
struct Slots {
  std::shared_ptr<graph::Node> node;
  std::vector<std::uint32_t> slots;
};

// Runs the unit's fetches for these rows of the unit's model, of one registry snapshot; what is loaded stays, unless
// `refresh`. Keys that were not selected are loaded first.
void load_related(Engine& engine, const std::shared_ptr<const Context>& context, const query::Unit& unit,
                  std::vector<Slots> rows, bool refresh);

}  // namespace dorm::load
