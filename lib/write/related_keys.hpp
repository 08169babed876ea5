// write/related_keys.hpp: the rows that the foreign keys of a row lead to, where those rows decide what the keys are.
//
// That is so for a row of another graph that was assigned, and in a graph that was made in memory, where keys are known
// only once the rows are saved. What was loaded from the database has its keys already. One thread at a time per graph.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::write {

struct KeySource {
  const RelationInfo* relation = nullptr;  // of the row's model; holds the key
  graph::Reference row;                    // where it comes from
};

// StateError if an assigned row is gone and its key is not known.
std::vector<KeySource> key_sources(graph::Node& node, std::uint32_t slot);
// The fields whose values the next save takes from rows that were assigned: they differ from those of the row, or are
// not known yet. In order; none for a flat row. Throws what key_sources() throws.
std::vector<std::uint32_t> awaited_fields(graph::Node& node, std::uint32_t slot);
// Whether a save would write the row: is_dirty(), or for the sake of awaited_fields().
bool has_changes(graph::Node& node, std::uint32_t slot);
// Whether the row has another key than its source, which is saved.
bool lacks_key(const graph::Node& node, std::uint32_t slot, const KeySource& source);
// Writes the key of the source, which is saved, into the row: as set_cell() does, undone if the open transaction is
// rolled back. Nothing if it is there. StateError if the source was loaded without it.
void take_key(load::Engine& engine, graph::Node& node, std::uint32_t slot, const KeySource& source);
// All of them. StateError if one is not saved.
void take_keys(load::Engine& engine, graph::Node& node, std::uint32_t slot);

// Where a row, perhaps of another registry snapshot than ours, has this field of the model that we refer to.
std::uint32_t field_of_source(const ModelInfo& theirs, const ModelInfo& target, std::uint32_t field);

}  // namespace dorm::write
