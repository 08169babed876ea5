// load/pending_load.hpp: relations that were loaded in a transaction that is still open, into rows from before it.
//
// What they show may never have been: after a rollback they are not loaded any more, and load again when they are
// touched. Other threads may be reading the rows meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::load {

// The entry has just been filled for these slots of the node. Nothing outside of a transaction, nor for rows that were
// loaded in it themselves: these stay as they were read. Rows that are assigned later stay, too.
void forget_on_rollback(const Engine& engine, graph::Node& node, graph::Relation& entry,
                        const std::vector<std::uint32_t>& slots);

}  // namespace dorm::load
