// write/row_write.hpp: slots to statements: insert, update and delete one row, and what a transaction makes of it.
//
// One thread at a time per graph. Row states follow the transaction: what was written in one is pending until it ends,
// and on rollback the slot is as it was before, dirty cells, saved state and generated keys included.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "write/statements.hpp"

namespace dorm::write {

using load::Context;

// Writes a checked value into a cell of a slot and remembers what was there. Null, numbers and times are copied, text
// and blobs into memory of the row's own.
void set_cell(graph::Node& node, std::uint32_t slot, std::uint32_t cell, const Value& value);
// The same for a row that is being made: nothing to remember, bytes go to its node's arena.
void init_cell(graph::Arena& arena, Cell& cell, const Value& value);
void copy_cell(graph::Arena& arena, Cell& cell, const Cell& from);

// INSERT of a row whose cells are set or unloaded. Applies client defaults, reads generated values back. DataError for
// a required field that is absent.
void insert(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot);
// Where an INSERT takes the value of a field from, once client defaults are applied.
enum class Origin : std::uint8_t { row, database, null, missing };
Origin origin_of(const FieldInfo& field, const Cell& cell) noexcept;
// After an INSERT that others have run: the row is saved, unless the open transaction is rolled back. `plan` says which
// cells the database filled, null if none.
void mark_inserted(Engine& engine, graph::Node& node, std::uint32_t slot, std::shared_ptr<const InsertPlan> plan);
// After an UPDATE that others have run, likewise.
void mark_updated(Engine& engine, graph::Node& node, std::uint32_t slot);
// Client defaults for the cells that are unloaded; a version is 1.
void apply_defaults(const Context& context, graph::Node& node, std::uint32_t slot);
// UPDATE of the changed cells. NotFound if the row is gone; where the model has a version, which is compared and
// counted up, StaleRow.
void update(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot);
// DELETE by key, and version. NotFound or StaleRow as in update().
void remove(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot);
// After a DELETE that others have run: the row is unsaved, unless the open transaction is rolled back.
void mark_removed(Engine& engine, graph::Node& node, std::uint32_t slot);
// The primary key as the database has it: what it was before it was written. StateError if it was not loaded.
Values stored_key_values(const graph::Node& node, std::uint32_t slot);
// StaleRow unless the row was loaded in the state that the database has now; nothing where the model has no version.
void require_version(const graph::Node& node, std::uint32_t slot, const Cell* there);

inline bool is_saved(const graph::Node& node, std::uint32_t slot) noexcept {
  const auto* state = node.states.find(slot);
  return state == nullptr || state->second.saved;
}
// Whether its cells were written; see has_changes() of related_keys.hpp.
bool is_dirty(const graph::Node& node, std::uint32_t slot) noexcept;
// The fields that were written since the row was loaded or saved; of a new row those that have a value. In order.
std::vector<std::uint32_t> changed_fields(const graph::Node& node, std::uint32_t slot);

}  // namespace dorm::write
