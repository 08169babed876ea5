#include "write/related_keys.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "graph/key_index.hpp"
#include "load/lazy.hpp"
#include "load/run.hpp"
#include "query/snapshots.hpp"
#include "query/validate.hpp"
#include "session/pending_change.hpp"
#include "session/transaction.hpp"
#include "write/row_write.hpp"

namespace dorm::write {
namespace {

const graph::SlotState::Original* find_original(const graph::SlotState& state, std::uint32_t cell) {
  const auto found =
      std::find_if(state.originals.begin(), state.originals.end(), [&](const auto& item) { return item.cell == cell; });
  return found == state.originals.end() ? nullptr : &*found;
}

// A key that was taken in a transaction that is still open.
class TakenKey final : public graph::Attachment, public PendingChange {
 public:
  TakenKey(graph::Node& node, std::uint32_t slot) : node_(node), slot_(slot) {}
  ~TakenKey() override { withdraw(); }

  void remember(std::uint32_t cell) {
    Part part{{cell, node_.cells(slot_)[cell], nullptr}, false};
    if (const auto* state = node_.states.find(slot_); state != node_.states.end()) {
      for (const graph::SlotState::Text& text : state->second.texts)
        if (text.cell == cell) part.before.bytes = text.bytes;
      part.was_changed = find_original(state->second, cell) != nullptr;
    }
    parts_.push_back(std::move(part));
  }
  bool empty() const noexcept { return parts_.empty(); }

  void committed() noexcept override { parts_.clear(); }
  // What was saved with the key has been told before, and shows it as changed.
  void rolled_back() noexcept override {
    try {
      graph::SlotState& state = node_.states[slot_];
      for (const Part& part : parts_) {
        const std::uint32_t cell = part.before.cell;
        node_.cells(slot_)[cell] = part.before.value;
        if (part.before.bytes) state.texts.push_back({cell, part.before.bytes});
        if (part.was_changed) continue;
        if (const auto* original = find_original(state, cell))
          state.originals.erase(state.originals.begin() + (original - state.originals.data()));
      }
    } catch (...) {
      // Without memory for a map entry the row keeps the key.
    }
  }

 private:
  struct Part {
    graph::SlotState::Original before;
    bool was_changed;
  };
  graph::Node& node_;
  std::uint32_t slot_;
  std::vector<Part> parts_;
};

// Calls f(our field, cell of theirs) for each part of the key.
template <class F>
void each_part(const graph::Node& node, const KeySource& source, F f) {
  const RelationInfo& relation = *source.relation;
  const graph::Node& other = *source.row.node;
  const ModelInfo& target = load::context_of(node).registry.model(relation.target);
  const Cell* theirs = other.cells(source.row.slot);
  for (std::size_t i = 0; i < relation.fields.size(); ++i)
    f(relation.fields[i], theirs[field_of_source(*other.shape->model, target, relation.target_fields[i])]);
}

std::string label(const graph::Node& node, const RelationInfo& relation) {
  return node.shape->model->name + "." + relation.name;
}

}  // namespace

std::uint32_t field_of_source(const ModelInfo& theirs, const ModelInfo& target, std::uint32_t field) {
  const std::uint32_t found = query::field_in(theirs, target, field);
  if (found != no_index) return found;
  throw QueryError("'" + query::label_of(target, target.fields[field]) +
                   "' is unknown to the row given, which was loaded before a reload; load it again");
}

std::vector<KeySource> key_sources(graph::Node& node, std::uint32_t slot) {
  std::vector<KeySource> sources;
  const ModelInfo& model = *node.shape->model;
  for (graph::Relation* entry = node.relations(); entry != nullptr; entry = entry->next) {
    if (entry->info == no_index || entry->named || !model.relations[entry->info].holds_key()) continue;
    const graph::Node::Found found = node.find_span(slot, entry->info);
    if (found.relation != entry) continue;
    const RelationInfo& relation = model.relations[entry->info];
    const Cell* cells = node.cells(slot);
    const bool has_key = std::all_of(relation.fields.begin(), relation.fields.end(),
                                     [&](std::uint32_t field) { return cells[field].is_loaded(); });
    if (found.span.state == graph::RelationState::external) {
      graph::Reference row = node.graph->external(entry, slot);
      if (row.node) {
        sources.push_back({&relation, std::move(row)});
      } else if (!has_key) {
        throw StateError("the row assigned to '" + label(node, relation) + "' is gone; keep a handle to it");
      }
    } else if (found.span.state == graph::RelationState::loaded) {
      const std::uint32_t target = entry->target_slot(found.span.begin);
      // A key that was merely not selected is no change: rows that a query loaded have no state.
      const bool is_made = node.states.find(slot) != nullptr && entry->target->states.find(target) != nullptr;
      if (!is_saved(node, slot) || (!has_key && is_made))
        sources.push_back({&relation, {node.graph->share(entry->target), target}});
    }
  }
  return sources;
}

std::vector<std::uint32_t> awaited_fields(graph::Node& node, std::uint32_t slot) {
  std::vector<std::uint32_t> fields;
  if (node.shape->model == nullptr) return fields;
  const Cell* ours = node.cells(slot);
  for (const KeySource& source : key_sources(node, slot)) {
    const bool has_key = is_saved(*source.row.node, source.row.slot);
    each_part(node, source, [&](std::uint32_t field, const Cell& key) {
      if (key.is_loaded() ? !graph::same_cell(ours[field], key) : !has_key) fields.push_back(field);
    });
  }
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

bool has_changes(graph::Node& node, std::uint32_t slot) {
  return is_dirty(node, slot) || !awaited_fields(node, slot).empty();
}

bool lacks_key(const graph::Node& node, std::uint32_t slot, const KeySource& source) {
  bool lacks = false;
  const Cell* ours = node.cells(slot);
  each_part(node, source,
            [&](std::uint32_t field, const Cell& key) { lacks = lacks || !graph::same_cell(ours[field], key); });
  return lacks;
}

void take_key(load::Engine& engine, graph::Node& node, std::uint32_t slot, const KeySource& source) {
  auto taken = std::make_unique<TakenKey>(node, slot);
  each_part(node, source, [&](std::uint32_t field, const Cell& key) {
    if (!key.is_loaded())
      throw StateError("the row given for '" + label(node, *source.relation) +
                       "' was loaded without its key; select it too");
    const Cell& ours = node.cells(slot)[field];
    if (graph::same_cell(ours, key)) return;
    taken->remember(field);
    if (!is_saved(node, slot) && !ours.is_loaded()) {
      copy_cell(node.arena, node.cells(slot)[field], key);
    } else {
      set_cell(node, slot, field, load::value_of(key));
    }
  });
  TransactionLevel* level = engine.session->current_transaction();
  if (level == nullptr || taken->empty()) return;
  level->enlist(*taken);
  node.attach(std::move(taken));
}

void take_keys(load::Engine& engine, graph::Node& node, std::uint32_t slot) {
  for (const KeySource& source : key_sources(node, slot)) {
    if (!is_saved(*source.row.node, source.row.slot)) {
      throw StateError("the row given for '" + label(node, *source.relation) +
                       "' is not saved, so it has no key yet; save it first, or both with save_related()");
    }
    if (lacks_key(node, slot, source)) take_key(engine, node, slot, source);
  }
}

}  // namespace dorm::write
