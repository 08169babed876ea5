// load/relation_count.hpp: how many rows a relation leads to, for many rows in one query. Loads none of them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::load {

// For each of the slots the number of rows of this relation to many, as loading it would find them. One query, none if
// no slot has a key; more only where the keys are more than a statement takes.
std::vector<std::int64_t> count_related(Engine& engine, const Context& context, const graph::Node& node,
                                        const std::vector<std::uint32_t>& slots, const RelationInfo& relation);

}  // namespace dorm::load
