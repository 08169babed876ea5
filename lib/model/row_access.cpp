#include "model/row_access.hpp"

#include <vector>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "load/lazy.hpp"
#include "load/run.hpp"
#include "write/row_write.hpp"

namespace dorm::access {

graph::Node& node_of(const Row& row) {
  if (!row.has_value()) throw StateError("an empty Row is used; it names no row");
  return *row.node();
}

std::shared_ptr<const load::Context> context_of(const graph::Node& node) {
  return std::static_pointer_cast<const load::Context>(node.graph->context);
}

Member find_member(const graph::Node& node, std::string_view name) {
  Member member;
  const graph::Shape& shape = *node.shape;
  if (shape.model != nullptr) {
    const ModelInfo::Member found = shape.model->find(name);
    if (found.kind == ModelInfo::Member::Kind::field) {
      member.cell = found.index;
      return member;
    }
    if (found.kind == ModelInfo::Member::Kind::relation) {
      member.relation = found.index;
      return member;
    }
  }
  member.cell = shape.find_extra(name);
  if (member.cell != graph::Shape::no_cell) return member;
  member.named = node.find_relation(name);
  if (member.named != nullptr) return member;
  std::vector<std::string> names = shape.model != nullptr ? shape.model->member_names() : std::vector<std::string>();
  for (const graph::Shape::Extra& extra : shape.extras) names.push_back(extra.name);
  for (const graph::Relation* relation = node.relations(); relation != nullptr; relation = relation->next)
    if (relation->info == no_index) names.push_back(relation->name);
  throw QueryError((shape.model != nullptr ? "a row of '" + shape.model->name + "'" : std::string("the row")) +
                   " has no member " + quote(name) + did_you_mean(name, names) +
                   (names.size() <= 12 ? " (it has " + quote_list(names, 12) + ")" : std::string()));
}

std::string member_label(const graph::Node& node, const Member& member) {
  const graph::Shape& shape = *node.shape;
  const std::string owner = shape.model != nullptr ? shape.model->name + "." : std::string();
  if (member.named != nullptr) return owner + member.named->name;
  if (member.relation != no_index) return owner + shape.model->relations[member.relation].name;
  return member.cell < shape.fields ? owner + shape.model->fields[member.cell].name
                                    : owner + shape.extras[member.cell - shape.fields].name;
}

std::optional<Target> follow(graph::Node& node, std::uint32_t slot, const Member& member) {
  graph::Node::Found found;
  if (member.named != nullptr) {
    found = node.find_span(slot, std::string_view(member.named->name));
  } else {
    const RelationInfo& relation = node.shape->model->relations[member.relation];
    if (relation.to_many()) {
      throw QueryError("'" + member_label(node, member) + "' leads to many rows; use related(\"" + relation.name +
                       "\")");
    }
    found = load::touch_relation(node, slot, relation);
  }
  switch (found.span.state) {
    case graph::RelationState::loaded:
      return Target{found.relation->target, found.relation->target_slot(found.span.begin), nullptr};
    case graph::RelationState::external: {
      const graph::Reference reference = node.graph->external(found.relation, slot);
      if (!reference.node)
        throw StateError("the row assigned to '" + member_label(node, member) + "' is gone; keep a handle to it");
      return Target{reference.node.get(), reference.slot, reference.node};
    }
    case graph::RelationState::null:
    case graph::RelationState::not_loaded:
      break;
  }
  return std::nullopt;
}

KeyRef key_of(const graph::Node& node, std::uint32_t slot) {
  const ModelInfo* model = node.shape->model;
  if (model == nullptr) throw StateError("a flat row belongs to no model and has no key");
  if (!write::is_saved(node, slot))
    throw StateError("the row of model '" + model->name + "' is not saved, so it has no key yet; save it first");
  if (model->primary_key.empty()) throw StateError("model '" + model->name + "' has no primary key");
  KeyRef key;
  key.model = model;
  key.snapshot = load::context_of(node).registry.snapshot();
  const Cell* cells = node.cells(slot);
  for (const std::uint32_t field : model->primary_key) {
    if (!cells[field].is_loaded()) {
      throw StateError("the key '" + model->name + "." + model->fields[field].name +
                       "' of the row was not selected; select it too");
    }
    if (cells[field].is_null())
      throw StateError("the row of model '" + model->name + "' is the missed side of a join and has no key");
    key.fields.emplace_back(field, load::value_of(cells[field]));
  }
  for (const RelationInfo& relation : model->relations) {
    if (relation.holds_key()) continue;
    for (const std::uint32_t field : relation.fields)
      if (cells[field].is_loaded() && key.find(field) == nullptr)
        key.fields.emplace_back(field, load::value_of(cells[field]));
  }
  return key;
}

void forget_relation(graph::Node& node, std::uint32_t slot, std::uint32_t relation) {
  node.graph->forget_count(node, slot, relation);
  for (graph::Relation* entry = node.relations(); entry != nullptr; entry = entry->next) {
    if (entry->info != relation) continue;
    node.graph->clear_external(entry, slot);
    entry->set_state(slot, graph::RelationState::not_loaded);
  }
}

}  // namespace dorm::access
