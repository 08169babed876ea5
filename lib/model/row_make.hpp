// model/row_make.hpp: makes rows and writes their members: names and values become checked cells, related rows become
// keys.
//
// One thread at a time per graph.
#pragma once

#include <cstdint>
#include <memory>

#include "dorm/row.hpp"
#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::make {

// An unsaved row without values, in a graph of its own.
Row new_row(std::shared_ptr<const load::Context> context, const ModelInfo& model);

// The first value of a field of a row that new_row() has made; else as set_field().
void init_field(graph::Node& node, const FieldInfo& field, Cell& cell, const Value& value);
// Checked by query::fit; generated and immutable fields are refused.
void set_field(graph::Node& node, std::uint32_t slot, const FieldInfo& field, const Value& value);
// A foreign key by value: null, or the raw key (a list for a composite one).
void set_relation(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const Value& value);
// By row: its key, and the row itself, so that reading the relation asks nothing.
void set_relation(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const Row& related);

// Makes what the original value points to its own.
void keep_bytes(graph::SlotState::Original& original);

// The condition that finds a row as the database knows it: by the key it had before it was changed here.
query::TermPtr stored_key(const query::SourcePtr& source, const graph::Node& node, std::uint32_t slot);
// Gives a row these values of its fields as loaded: it is clean then.
void take_loaded(graph::Node& node, std::uint32_t slot, const Cell* loaded, const std::vector<std::uint32_t>& fields);
// Reads the loaded columns of a saved row again; NotFound if it is gone.
void reload(load::Engine& engine, const std::shared_ptr<const load::Context>& context, graph::Node& node,
            std::uint32_t slot);

}  // namespace dorm::make
