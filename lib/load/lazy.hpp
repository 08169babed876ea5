// load/lazy.hpp: what happens when something that is not loaded is touched.
//
// Thread-safe for readers of one graph: each (node, relation) is loaded by one thread at a time, others wait for it,
// unless they hold a connection. By policy it loads for all sibling rows at once (batch), for this one (each), or
// throws (raise, raise_n_plus_one where there are siblings).
#pragma once

#include <cstdint>

#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::load {

// What is known of the relation of this slot, loaded if need be. Throws StateError on a closed database or an unsaved
// row, QueryError by policy.
graph::Node::Found touch_relation(graph::Node& node, std::uint32_t slot, const RelationInfo& relation);
// How many rows the relation to many leads to: those that are loaded, all of them; else they are counted, by policy for
// the siblings too, and known until the relation is forgotten.
std::int64_t touch_count(graph::Node& node, std::uint32_t slot, const RelationInfo& relation);
// Makes sure that a field's cell is loaded.
void touch_field(graph::Node& node, std::uint32_t slot, std::uint32_t field);

// Rows of an open transaction belong to its thread: another one would not see what they saw. Throws StateError on it.
void check_transaction(const graph::Node& node);

const Context& context_of(const graph::Node& node);

}  // namespace dorm::load
