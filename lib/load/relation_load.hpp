// load/relation_load.hpp: loads one relation for many rows in one query by their keys, and stitches parents to
// children.
//
// The caller holds the claim of (node, relation), or has the graph to itself. A failure publishes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "load/child_query.hpp"
#include "load/context.hpp"
#include "load/run.hpp"
#include "query/spec.hpp"

namespace dorm::load {

struct RelationLoad {
  graph::Node* parent = nullptr;
  std::vector<std::uint32_t> slots;        // of the parent: those to fill
  const RelationInfo* relation = nullptr;  // of the parent's model
  query::SpecPtr children;            // the query for the children: its conditions and order; null: all columns of all
  Sharing joined = Sharing::shared;   // rows that the children query joins
  bool partial = false;               // the children query filters
  std::string name;                   // of the entry; empty: the relation's
  bool append = true;                 // may add to the entry that is there; false if another thread may be adding to it
  std::optional<std::int64_t> limit;  // per parent
  std::optional<std::int64_t> offset;
  query::SpecPtr keys;        // selects the parents' keys, which then need not be sent; null: they are sent
  Filling* filled = nullptr;  // the rows of relation_query(), if they are here already
};

// One query, none if there are no keys; more only where the keys are more than a statement takes: beyond a million, or
// thousands of several columns or binary ones. Slots whose key is NULL become null or empty. Returns the entry.
graph::Relation* load_relation(Engine& engine, const std::shared_ptr<const Context>& context, const RelationLoad& load);
// The statement that this would run for one key; nothing is run.
query::QuerySpec relation_query(const Engine& engine, const Context& context, const RelationLoad& load);

// Fills unloaded cells of these slots by their primary key, in one query; loaded cells stay as they are.
void load_cells(Engine& engine, const std::shared_ptr<const Context>& context, graph::Node& node,
                const std::vector<std::uint32_t>& slots, const std::vector<std::uint32_t>& fields);

}  // namespace dorm::load
