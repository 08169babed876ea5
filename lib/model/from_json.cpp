// JSON objects with objects and lists in them, to rows of one graph.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/json_reader.hpp"
#include "core/text.hpp"
#include "dorm/model.hpp"
#include "load/key_groups.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/json.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/validate.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

using json::NodeKind;

class GraphReader {
 public:
  GraphReader(const load::Context& context, const ModelInfo& model) : context_(context), name_(model.name) {}

  // The members of an object into a row. `back` is the relation that the row was reached by, seen from here: that one
  // is known.
  void read_members(graph::Node& node, std::uint32_t slot, const json::Node& object, const RelationInfo* back) {
    const ModelInfo& model = *node.shape->model;
    const bool saved = write::is_saved(node, slot);
    for (const json::Node* item : object.items()) {
      ModelInfo::Member member;
      guarded(*item, [&] { member = model.get(item->name()); });
      if (member.kind == ModelInfo::Member::Kind::field) {
        const FieldInfo& field = model.fields[member.index];
        if (saved && field.primary_key) continue;  // read before
        guarded(*item, [&] {
          // Of a row that is there it says which state of it was changed.
          saved&& field.index == model.version_field ? set_version(node, slot, field, *item)
                                                     : set(node, slot, field, *item);
        });
        continue;
      }
      const RelationInfo& relation = model.relations[member.index];
      if (&relation == back) {
        if (item->is(NodeKind::object) &&
            find_key(*item, target_of(relation), target_of(relation).primary_key, true).empty())
          refuse(*item, label(relation) + " is the row that this one stands in; leave it out, or give its key alone");
        continue;
      }
      if (relation.to_many()) {
        read_list(node, slot, relation, *item);
      } else if (item->is(NodeKind::null)) {
        guarded(*item, [&] { set_null(node, slot, relation); });
      } else if (relation.holds_key()) {
        read_key(node, slot, relation, *item);
      } else {
        read_other_side(node, slot, relation, *item);
      }
    }
  }

 private:
  // One relation of one node: rows that are there already have no complete list here.
  struct Entries {
    graph::Relation* whole = nullptr;
    graph::Relation* part = nullptr;
  };

  template <class F>
  void guarded(const json::Node& at, F f) const {
    try {
      f();
    } catch (const DataError& error) {
      throw DataError(where(at) + error.what());
    } catch (const QueryError& error) {
      throw QueryError(where(at) + error.what());
    }
  }
  std::string where(const json::Node& at) const {
    return "the JSON of a row of '" + name_ + "', at " + quote(at.pointer()) + ": ";
  }
  [[noreturn]] void refuse(const json::Node& at, const std::string& why) const { throw DataError(where(at) + why); }

  const ModelInfo& target_of(const RelationInfo& relation) const { return context_.registry.model(relation.target); }
  std::string label(const RelationInfo& relation) const {
    return context_.registry.model(relation.model).name + "." + relation.name;
  }

  // ---- columns ----

  static void set(graph::Node& node, std::uint32_t slot, const FieldInfo& field, const json::Node& from) {
    make::set_field(node, slot, field, value_from_json(from, field.type, query::label_of(*node.shape->model, field)));
  }

  void set_version(graph::Node& node, std::uint32_t slot, const FieldInfo& field, const json::Node& from) const {
    const ModelInfo& model = *node.shape->model;
    Value value = value_from_json(from, field.type, query::label_of(model, field));
    write::init_cell(node.arena, node.cells(slot)[field.index],
                     query::fit(context_.registry, model, field, std::move(value)));
  }

  void set_null(graph::Node& node, std::uint32_t slot, const RelationInfo& relation) {
    if (relation.holds_key()) {
      make::set_relation(node, slot, relation, Value());
    } else {
      entry(node, slot, relation)->set_state(slot, graph::RelationState::null);
    }
  }

  // The values of these fields of an object, nothing if it does not have all of them, or others, too, where it must
  // not.
  static std::vector<const json::Node*> find_key(const json::Node& object, const ModelInfo& model,
                                                 const std::vector<std::uint32_t>& fields, bool alone) {
    std::vector<const json::Node*> parts;
    if (alone && object.items().size() != fields.size()) return parts;
    for (const std::uint32_t field : fields) {
      const json::Node* part = object.find(model.fields[field].name);
      if (part == nullptr) return {};
      parts.push_back(part);
    }
    return parts;
  }

  // ---- to one row ----

  // {"user": 1}, {"user": {"id": 1}}: the row that is there; {"user": {…}}: a row of this graph.
  void read_key(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const json::Node& item) {
    const ModelInfo& target = target_of(relation);
    std::vector<const json::Node*> key;
    if (item.is(NodeKind::object)) {
      key = find_key(item, target, relation.target_fields, true);
      if (key.empty()) return read_target(node, slot, relation, item);
    } else if (item.is(NodeKind::array)) {
      key = item.items();
    } else {
      key = {&item};
    }
    if (key.size() != relation.fields.size()) {
      refuse(item, label(relation) + " has a key of " + std::to_string(relation.fields.size()) +
                       " parts; give them as a list, or as the members of an object");
    }
    for (std::size_t i = 0; i < key.size(); ++i) {
      const FieldInfo& field = node.shape->model->fields[relation.fields[i]];
      guarded(*key[i],
              [&] { make::set_field(node, slot, field, value_from_json(*key[i], field.type, label(relation))); });
    }
  }

  void read_target(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const json::Node& item) {
    graph::Relation* to = entry(node, slot, relation);
    const std::uint32_t target = add_row(*to->target, item);
    const Cell* theirs = to->target->cells(target);
    const bool is_saved = write::is_saved(*to->target, target);
    for (const std::uint32_t field : relation.target_fields)
      if (is_saved && !theirs[field].is_loaded())
        refuse(item, label(relation) + " needs the key of the row it refers to, '" +
                         query::label_of(target_of(relation), target_of(relation).fields[field]) + "'");
    const RelationInfo* inverse = inverse_of(relation);
    read_members(*to->target, target, item, inverse == nullptr || inverse->to_many() ? nullptr : inverse);
    if (!link(node, slot, relation, *to, target) || !is_saved) return;
    for (std::size_t i = 0; i < relation.fields.size(); ++i) {
      if (write::is_saved(node, slot)) {
        write::set_cell(node, slot, relation.fields[i], load::value_of(theirs[relation.target_fields[i]]));
      } else {
        write::copy_cell(node.arena, node.cells(slot)[relation.fields[i]], theirs[relation.target_fields[i]]);
      }
    }
  }

  // The row whose key refers to this one, where there can be only one.
  void read_other_side(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const json::Node& item) {
    graph::Relation* to = entry(node, slot, relation);
    to->set_one(slot, read_element(node, slot, relation, *to, item));
  }

  // ---- to many rows ----

  void read_list(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, const json::Node& list) {
    if (!list.is(NodeKind::array))
      refuse(list,
             label(relation) + " takes a list of rows; " + std::string(json::kind_name(list.kind())) + " does not fit");
    graph::Relation* to = entry(node, slot, relation);
    load::KeyGroups known(target_of(relation), target_of(relation).primary_key);
    std::vector<std::uint32_t> targets;
    for (const json::Node* item : list.items()) {
      const std::uint32_t target = read_element(node, slot, relation, *to, *item);
      // The same row once more adds nothing.
      const std::uint32_t before = known.size();
      if (write::is_saved(*to->target, target) && known.add(to->target->cells(target)) != before) continue;
      targets.push_back(target);
    }
    // Side by side, however many rows of the same node their own lists have added.
    const std::uint32_t begin = to->target_count();
    for (const std::uint32_t target : targets) {
      to->append_target(target);
      if (to->links != nullptr) to->append_link(add_link(node, slot, relation, *to, target));
    }
    to->set_many(slot, begin, static_cast<std::uint32_t>(targets.size()));
  }

  std::uint32_t read_element(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, graph::Relation& to,
                             const json::Node& item) {
    const std::uint32_t target = add_row(*to.target, item);
    const RelationInfo* inverse = inverse_of(relation);
    if (item.is(NodeKind::object))
      read_members(*to.target, target, item, relation.through == no_index ? inverse : nullptr);
    if (relation.through == no_index) {
      graph::Relation* back = entry(*to.target, target, *inverse, &node);
      link(*to.target, target, *inverse, *back, slot);
    }
    return target;
  }

  std::uint32_t add_link(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, graph::Relation& to,
                         std::uint32_t target) {
    const ModelInfo& through = context_.registry.model(relation.through);
    const std::uint32_t made = add_slot(*to.links);
    const RelationInfo& source = through.relations[relation.through_source];
    const RelationInfo& other = through.relations[relation.through_target];
    entry(*to.links, made, source, &node)->set_one(made, slot);
    entry(*to.links, made, other, to.target)->set_one(made, target);
    return made;
  }

  // ---- rows and what leads to them ----

  static std::uint32_t add_slot(graph::Node& node) {
    node.rows.append();
    const std::uint32_t slot = node.slot_count() - 1;
    node.states[slot].saved = false;
    return slot;
  }

  // A row for an object, or for a key alone: one that is there, with its key, or a new one, still without values.
  std::uint32_t add_row(graph::Node& node, const json::Node& item) {
    const ModelInfo& model = *node.shape->model;
    const std::vector<std::uint32_t>& fields = model.primary_key;
    const bool key_is_made = !fields.empty() && std::any_of(fields.begin(), fields.end(), [&](std::uint32_t field) {
      return model.fields[field].auto_increment;
    });
    std::vector<const json::Node*> key;
    if (item.is(NodeKind::object)) {
      if (!fields.empty()) key = find_key(item, model, fields, !key_is_made);
    } else if (fields.size() == 1 && !item.is(NodeKind::array) && !item.is(NodeKind::null)) {
      key = {&item};
    } else {
      refuse(item, "a row of '" + model.name + "' is an object; " + std::string(json::kind_name(item.kind())) +
                       " does not fit");
    }
    const std::uint32_t slot = add_slot(node);
    const bool exists =
        !key.empty() && std::none_of(key.begin(), key.end(), [](const auto* part) { return part->is(NodeKind::null); });
    if (!exists) return slot;
    for (std::size_t i = 0; i < key.size(); ++i)
      guarded(*key[i], [&] { set(node, slot, model.fields[fields[i]], *key[i]); });
    node.states[slot].saved = true;
    return slot;
  }

  const RelationInfo* inverse_of(const RelationInfo& relation) const {
    return relation.inverse == no_index ? nullptr : &target_of(relation).relations[relation.inverse];
  }

  // The key is what the row has in the end. False if it is part of the key of a row that is there.
  static bool link(graph::Node& node, std::uint32_t slot, const RelationInfo& relation, graph::Relation& to,
                   std::uint32_t target) {
    const ModelInfo& model = *node.shape->model;
    for (const std::uint32_t field : relation.fields) {
      if (model.fields[field].primary_key && write::is_saved(node, slot)) return false;
      node.cells(slot)[field] = Cell{};
      std::erase_if(node.states[slot].originals, [&](const auto& original) { return original.cell == field; });
    }
    to.set_one(slot, target);
    return true;
  }

  graph::Relation* entry(graph::Node& node, std::uint32_t slot, const RelationInfo& relation,
                         graph::Node* target = nullptr) {
    const bool part = relation.to_many() && write::is_saved(node, slot);
    Entries& entries = entries_[{&node, relation.index}];
    graph::Relation*& found = part ? entries.part : entries.whole;
    if (found != nullptr) return found;
    graph::Graph& graph = *node.graph;
    if (target == nullptr) target = graph.add_node(context_.shape(target_of(relation)), 0);
    auto made = std::make_unique<graph::Relation>(relation.name, relation.index, target, relation.to_many());
    made->partial = part;
    if (relation.through != no_index)
      made->links = graph.add_node(context_.shape(context_.registry.model(relation.through)), 0);
    found = node.add_relation(std::move(made));
    return found;
  }

  const load::Context& context_;
  const std::string name_;
  std::map<std::pair<const graph::Node*, std::uint32_t>, Entries> entries_;
};

}  // namespace

Row Model::from_json(std::string_view object) const {
  std::vector<Diagnostic> mistakes;
  const auto document = json::Document::read("<json>", std::string(object), {}, mistakes);
  if (!mistakes.empty()) {
    const Diagnostic& first = mistakes.front();
    throw DataError("the JSON of a row of '" + info().name + "' cannot be read: line " +
                    std::to_string(first.where.line) + ", column " + std::to_string(first.where.column) + ": " +
                    first.message);
  }
  if (!document->root()->is(NodeKind::object))
    throw DataError("the JSON of a row of '" + info().name + "' must be an object");
  Row row = make();
  GraphReader(*access::context_of(*row.node()), info()).read_members(*row.node(), 0, *document->root(), nullptr);
  return row;
}

}  // namespace dorm
