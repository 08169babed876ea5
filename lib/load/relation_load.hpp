// load/relation_load.hpp: loads one relation for many rows in one query by their keys, and stitches parents to
// children.
//
// The caller holds the claim of (node, relation), or has the graph to itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "query/spec.hpp"

namespace dorm::load {

struct RelationLoad {
  graph::Node* parent = nullptr;
  std::vector<std::uint32_t> slots;        // of the parent: those to fill
  const RelationInfo* relation = nullptr;  // of the parent's model
  query::SpecPtr children;  // the query for the children: its conditions and order; null: all columns of all
  bool partial = false;     // the children query filters
  std::string name;         // of the entry; empty: the relation's
  bool append = true;       // may add to the entry that is there; false if another thread may be adding to it
};

// One query per 100,000 distinct keys, none if there are no keys. Slots whose key is NULL become null or empty. Returns
// the entry.
graph::Relation* load_relation(Engine& engine, const std::shared_ptr<const Context>& context, const RelationLoad& load);

// Fills unloaded cells of these slots by their primary key, in one query; loaded cells stay as they are.
void load_cells(Engine& engine, const std::shared_ptr<const Context>& context, graph::Node& node,
                const std::vector<std::uint32_t>& slots, const std::vector<std::uint32_t>& fields);

// The query with these fields of its first source among its columns: what attaching rows to each other needs. Throws
// QueryError where adding one would change which rows there are.
query::QuerySpec with_fields(query::QuerySpec spec, const std::vector<std::uint32_t>& fields);

// `field IN keys` for one field, OR of ANDs for several. `keys` has the fields' values row by row.
query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             std::vector<Values> keys);

}  // namespace dorm::load
