// load/key_chunks.hpp: the keys of many rows, as many at a time as a statement takes. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/node.hpp"
#include "load/child_query.hpp"
#include "load/key_groups.hpp"

namespace dorm::load {

// Whether the row has all of the key, and no part of it is null. Throws StateError if a part was not selected; `what`
// needs it.
bool is_complete(const graph::Node& node, std::uint32_t slot, const std::vector<std::uint32_t>& fields,
                 const char* what);

// Runs `run` with the keys of all groups; `spread` where each of them is a parameter of its own.
void in_chunks(const KeyGroups& groups, bool spread, const std::function<void(FlatKeys)>& run);

}  // namespace dorm::load
