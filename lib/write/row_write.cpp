#include "write/row_write.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "core/coerce.hpp"
#include "core/few.hpp"
#include "dorm/error.hpp"
#include "graph/row_sink.hpp"
#include "load/run.hpp"
#include "query/validate.hpp"
#include "sql/arena.hpp"
#include "write/pending_row.hpp"
#include "write/statements.hpp"

namespace dorm::write {
namespace {

using Parameters = Few<Cell, 24>;

bool has_bytes(CellTag tag) noexcept {
  return tag >= CellTag::decimal_text && (tag <= CellTag::uuid || tag == CellTag::json);
}

// As borrow(), decimals beyond 18 digits included: their text is put into `text`.
Cell cell_of(const Value& value, std::string& text) {
  if (value.kind() != ValueKind::decimal || value.decimal().fits()) return borrow(value);
  text = value.decimal().text();
  return Cell::of_bytes(CellTag::decimal_text, text);
}

const ModelInfo& model_of(const graph::Node& node) {
  if (node.shape->model == nullptr) throw StateError("a flat row belongs to no model and cannot be written");
  return *node.shape->model;
}

// Remembers in the open transaction, if there is one, how to undo what was just saved.
void settle(Engine& engine, graph::Node& node, std::uint32_t slot, bool saved, bool was_saved,
            std::shared_ptr<const InsertPlan> inserted, std::vector<graph::SlotState::Original> replaced = {}) {
  const auto found = node.states.find(slot);
  TransactionLevel* level = engine.session->current_transaction();
  if (level != nullptr) {
    graph::SlotState before;
    before.saved = was_saved;
    if (found != node.states.end()) {
      before.deleted = found->second.deleted;
      before.originals = std::move(found->second.originals);
    }
    auto pending =
        std::make_unique<PendingRow>(node, slot, std::move(before), std::move(inserted), std::move(replaced));
    level->enlist(*pending);
    node.attach(std::move(pending));
  }
  if (found == node.states.end() && saved) return;
  graph::SlotState& state = node.states[slot];
  state.saved = saved;
  state.deleted = was_saved && !saved;
  state.originals.clear();
}

// The value of a key column as the database has it: what it was before it was written.
const Cell& stored(const graph::Node& node, std::uint32_t slot, std::uint32_t cell) {
  const auto state = node.states.find(slot);
  if (state != node.states.end()) {
    for (const graph::SlotState::Original& original : state->second.originals)
      if (original.cell == cell) return original.value;
  }
  return node.cells(slot)[cell];
}

void append_key(const graph::Node& node, std::uint32_t slot, Parameters& parameters) {
  const ModelInfo& model = model_of(node);
  if (model.primary_key.empty())
    throw StateError("model '" + model.name + "' has no primary key; its rows cannot be updated or deleted one by one");
  for (const std::uint32_t field : model.primary_key) {
    const Cell& cell = stored(node, slot, field);
    if (!cell.is_loaded()) {
      throw StateError("the key '" + query::label_of(model, model.fields[field]) +
                       "' was not selected, so the row is read-only; select it too");
    }
    if (cell.is_null())
      throw StateError("the row of model '" + model.name +
                       "' is the missed side of a join and has no key: there is nothing to write");
    parameters.push_back(cell);
  }
  if (model.version_field == no_index) return;
  const Cell& version = node.cells(slot)[model.version_field];
  if (!version.is_loaded() || version.is_null()) {
    throw StateError("the version '" + query::label_of(model, model.fields[model.version_field]) +
                     "' was not loaded, so the row is read-only; select it too");
  }
  parameters.push_back(version);
}

[[noreturn]] void gone(const graph::Node& node, std::uint32_t slot) {
  const ModelInfo& model = model_of(node);
  if (model.version_field == no_index)
    throw NotFound("the row of model '" + model.name + "' is gone from the database");
  std::string key;
  for (const std::uint32_t field : model.primary_key) {
    key += key.empty() ? "" : ", ";
    key += model.fields[field].sensitive ? "(hidden)" : load::value_of(stored(node, slot, field)).to_text();
  }
  throw StaleRow("the row of model '" + model.name + "' with the key " + key +
                 " was changed or deleted since it was loaded; load(true) it again and retry");
}

Value next_version(const Context& context, const ModelInfo& model, const Cell& version) {
  const FieldInfo& field = model.fields[model.version_field];
  if (version.integer == std::numeric_limits<std::int64_t>::max())
    throw LimitError("the version '" + query::label_of(model, field) + "' has reached the end of its range");
  return query::fit(context.registry, model, field, Value(version.integer + 1));
}

}  // namespace

bool is_dirty(const graph::Node& node, std::uint32_t slot) noexcept {
  const auto state = node.states.find(slot);
  return state != node.states.end() && (!state->second.saved || !state->second.originals.empty());
}

std::vector<std::uint32_t> changed_fields(const graph::Node& node, std::uint32_t slot) {
  std::vector<std::uint32_t> fields;
  const auto* state = node.states.find(slot);
  if (state == nullptr) return fields;
  for (std::uint32_t field = 0; field < node.shape->fields; ++field) {
    const bool changed = state->second.saved
                             ? std::any_of(state->second.originals.begin(), state->second.originals.end(),
                                           [&](const auto& original) { return original.cell == field; })
                             : node.cells(slot)[field].is_loaded();
    if (changed) fields.push_back(field);
  }
  return fields;
}

void init_cell(graph::Arena& arena, Cell& cell, const Value& value) {
  if (value.kind() == ValueKind::decimal && !value.decimal().fits()) {
    cell = Cell::of_bytes(CellTag::decimal_text, arena.copy(value.decimal().text()));
    return;
  }
  copy_cell(arena, cell, borrow(value));
}

void copy_cell(graph::Arena& arena, Cell& cell, const Cell& from) {
  cell = from;
  if (has_bytes(from.tag)) cell.data = arena.copy(from.view()).data();
}

void set_cell(graph::Node& node, std::uint32_t slot, std::uint32_t cell, const Value& value) {
  graph::make_own_row(node, slot);
  std::string text;
  Cell made = cell_of(value, text);
  graph::SlotState& state = node.states[slot];
  Cell& current = node.cells(slot)[cell];
  const auto old_text =
      std::find_if(state.texts.begin(), state.texts.end(), [&](const auto& item) { return item.cell == cell; });
  const bool first_change =
      std::none_of(state.originals.begin(), state.originals.end(), [&](const auto& item) { return item.cell == cell; });
  // Also for a row that was deleted: should that be rolled back, the change is one again.
  if (first_change && (state.saved || current.is_loaded())) {
    state.originals.push_back({cell, current, old_text == state.texts.end() ? nullptr : old_text->bytes});
  }
  if (has_bytes(made.tag)) {
    auto bytes = std::make_shared_for_overwrite<char[]>(std::max<std::size_t>(made.size, 1));
    if (made.size != 0) std::memcpy(bytes.get(), made.data, made.size);
    made.data = bytes.get();
    if (old_text == state.texts.end()) {
      state.texts.push_back({cell, std::move(bytes)});
    } else {
      old_text->bytes = std::move(bytes);
    }
  }
  current = made;
}

void apply_defaults(const Context&, graph::Node& node, std::uint32_t slot) {
  const ModelInfo& model = model_of(node);
  Cell* cells = node.cells(slot);
  for (std::size_t i = 0; i < model.fields.size(); ++i) {
    // The cell is asked first: it is at hand, what the model says of the field is not.
    if (cells[i].is_loaded() || !model.fields[i].default_value) continue;
    const FieldInfo& field = model.fields[i];
    init_cell(node.arena, cells[i], query::default_value(*field.default_value, field.type));
  }
  if (model.version_field == no_index || cells[model.version_field].is_loaded()) return;
  if (!model.fields[model.version_field].database_default) cells[model.version_field] = Cell::of_integer(1);
}

Origin origin_of(const FieldInfo& field, const Cell& cell) noexcept {
  if (field.generated) return Origin::database;
  if (cell.is_loaded() && !(cell.is_null() && field.auto_increment)) return Origin::row;
  if (field.auto_increment || field.database_default) return Origin::database;
  return field.nullable ? Origin::null : Origin::missing;
}

void insert(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot) {
  const ModelInfo& model = model_of(node);
  apply_defaults(context, node, slot);
  Cell* cells = node.cells(slot);
  ColumnSet columns(model.fields.size());
  Parameters parameters;
  Few<std::uint32_t, 8> generated;
  for (const FieldInfo& field : model.fields) {
    switch (origin_of(field, cells[field.index])) {
      case Origin::row:
        columns.add(field.index);
        parameters.push_back(cells[field.index]);
        break;
      case Origin::database:
        generated.push_back(field.index);
        break;
      case Origin::null:
        cells[field.index] = Cell::of_null();
        break;
      case Origin::missing:
        throw DataError(query::label_of(model, field) + " is required; give it a value");
    }
  }
  std::shared_ptr<const InsertPlan> plan = insert_plan(engine, context.registry, model, columns, generated);
  if (plan->returning.empty()) {
    const driver::Outcome outcome = engine.session->execute(plan->statement, parameters);
    if (plan->generated_id != no_index) cells[plan->generated_id] = Cell::of_integer(outcome.last_insert_id);
  } else {
    // Read into a row of its own first: if nothing comes back, nothing was changed.
    graph::Node returned(nullptr, node.shape, 0);
    graph::RowSink sink;
    sink.segments.resize(1);
    sink.segments[0].node = &returned;
    for (std::size_t i = 0; i < plan->returning.size(); ++i)
      sink.segments[0].columns.push_back(
          {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(plan->returning[i])});
    engine.session->execute(plan->statement, parameters, &sink);
    if (sink.rows() != 1)
      throw StateError("inserting into '" + model.name + "' returned " + std::to_string(sink.rows()) + " rows");
    for (const std::uint32_t field : plan->returning) copy_cell(node.arena, cells[field], returned.cells(0)[field]);
  }
  mark_inserted(engine, node, slot, std::move(plan));
}

void mark_updated(Engine& engine, graph::Node& node, std::uint32_t slot) {
  settle(engine, node, slot, true, true, nullptr);
}

void mark_inserted(Engine& engine, graph::Node& node, std::uint32_t slot, std::shared_ptr<const InsertPlan> plan) {
  settle(engine, node, slot, true, false, std::move(plan));
}

void update(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot) {
  const ModelInfo& model = model_of(node);
  const auto state = node.states.find(slot);
  if (state == node.states.end() || state->second.originals.empty()) return;
  Parameters key;
  append_key(node, slot, key);
  ColumnSet columns(model.fields.size());
  for (const graph::SlotState::Original& original : state->second.originals) columns.add(original.cell);
  // Values of dorm's own: shown once they are written, never dirty.
  std::vector<std::pair<std::uint32_t, Value>> automatic;
  for (const FieldInfo& field : model.fields) {
    if (field.on_update && !columns.has(field.index))
      automatic.emplace_back(field.index, query::function_value(*field.on_update, field.type));
  }
  if (model.version_field != no_index)
    automatic.emplace_back(model.version_field, next_version(context, model, node.cells(slot)[model.version_field]));
  for (const auto& [field, value] : automatic) columns.add(field);
  Parameters parameters;
  const Cell* cells = node.cells(slot);
  for (std::uint32_t field = 0; field < model.fields.size(); ++field) {
    if (!columns.has(field)) continue;
    const auto own =
        std::find_if(automatic.begin(), automatic.end(), [&](const auto& item) { return item.first == field; });
    parameters.push_back(own == automatic.end() ? cells[field] : borrow(own->second));
  }
  for (const Cell& cell : key) parameters.push_back(cell);
  const std::shared_ptr<const driver::Statement> statement = update_statement(engine, context.registry, model, columns);
  if (engine.session->execute(*statement, parameters).affected == 0) gone(node, slot);
  std::vector<graph::SlotState::Original> replaced;
  for (const auto& [field, value] : automatic) {
    set_cell(node, slot, field, value);
    replaced.push_back(std::move(state->second.originals.back()));
    state->second.originals.pop_back();
  }
  settle(engine, node, slot, true, true, nullptr, std::move(replaced));
}

void remove(Engine& engine, const Context& context, graph::Node& node, std::uint32_t slot) {
  const ModelInfo& model = model_of(node);
  Parameters key;
  append_key(node, slot, key);
  const std::shared_ptr<const driver::Statement> statement = delete_statement(engine, context.registry, model);
  if (engine.session->execute(*statement, key).affected == 0) gone(node, slot);
  mark_removed(engine, node, slot);
}

void mark_removed(Engine& engine, graph::Node& node, std::uint32_t slot) {
  settle(engine, node, slot, false, true, nullptr);
}

Values stored_key_values(const graph::Node& node, std::uint32_t slot) {
  Parameters cells;
  append_key(node, slot, cells);
  Values key;
  for (std::size_t i = 0; i < model_of(node).primary_key.size(); ++i) key.push_back(load::value_of(cells[i]));
  return key;
}

void require_version(const graph::Node& node, std::uint32_t slot, const Cell* there) {
  const std::uint32_t field = model_of(node).version_field;
  if (field != no_index && node.cells(slot)[field].integer != there[field].integer) gone(node, slot);
}

}  // namespace dorm::write
