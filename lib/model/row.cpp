#include "dorm/row.hpp"

#include <algorithm>
#include <iterator>

#include "dorm/model.hpp"
#include "load/lazy.hpp"
#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/json.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/snapshots.hpp"
#include "query/validate.hpp"
#include "write/related_keys.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

const ModelInfo& writable_model(const graph::Node& node) {
  if (node.shape->model == nullptr) throw StateError("a flat row belongs to no model and cannot be written");
  return *node.shape->model;
}

// Where the rows of a relation stand, if they are loaded.
graph::Node::Found span_of(const graph::Node& node, std::uint32_t slot, const access::Member& relation) {
  return relation.named != nullptr ? node.find_span(slot, std::string_view(relation.named->name))
                                   : node.find_span(slot, relation.relation);
}

void insert_or_update(load::Engine& engine, const load::Context& context, graph::Node& node, std::uint32_t slot) {
  if (write::is_saved(node, slot)) {
    write::update(engine, context, node, slot);
  } else {
    write::insert(engine, context, node, slot);
  }
}

bool save_and_tell(const Signals& signals, load::Engine& engine, const load::Context& context, const Row& row) {
  graph::Node& node = *row.node();
  const std::uint32_t slot = row.slot();
  const bool is_new = !write::is_saved(node, slot);
  if (is_new) write::apply_defaults(context, node, slot);
  signals.before_save(row, is_new);
  // A handler may have assigned a row, or have saved this one or taken its changes back.
  write::take_keys(engine, node, slot);
  if (!write::is_dirty(node, slot)) return false;
  const bool created = !write::is_saved(node, slot);
  const std::vector<std::uint32_t> fields = write::changed_fields(node, slot);
  insert_or_update(engine, context, node, slot);
  signals.after_save(row, created, fields);
  return true;
}

}  // namespace

Row::Row(std::shared_ptr<graph::Node> node, std::uint32_t slot) noexcept
    : node_(std::move(node)), storage_(node_.get()), slot_(slot) {}

Field Row::operator[](std::string_view member) const {
  graph::Node& node = access::node_of(*this);
  const access::Member found = access::find_member(node, member);
  if (found.cell != no_index) return {&node, slot_, found.cell};
  return {&node, slot_, found.relation, found.named};
}

Field Row::operator[](std::size_t position) const {
  graph::Node& node = access::node_of(*this);
  if (position >= node.shape->width()) {
    throw QueryError("position " + std::to_string(position) + " is beyond the row's " +
                     std::to_string(node.shape->width()) + " columns");
  }
  return {&node, slot_, static_cast<std::uint32_t>(position)};
}

Related Row::related(std::string_view relation) const {
  const access::Member found = access::find_member(access::node_of(*this), relation);
  if (found.cell != no_index)
    throw QueryError("'" + access::member_label(*node_, found) + "' is a column, not a relation");
  const bool many =
      found.named != nullptr ? found.named->to_many : node_->shape->model->relations[found.relation].to_many();
  if (!many)
    throw QueryError("'" + access::member_label(*node_, found) + "' leads to one row; read it with row[\"" +
                     std::string(relation) + "\"]");
  return {*this, found.relation, std::string(relation)};
}

void Row::set(std::string_view member, const Value& value) const {
  graph::Node& node = access::node_of(*this);
  const ModelInfo& model = writable_model(node);
  const access::Member found = access::find_member(node, member);
  if (found.cell != no_index) {
    if (found.cell >= node.shape->fields)
      throw QueryError("'" + std::string(member) + "' was computed by the query and cannot be written");
    make::set_field(node, slot_, model.fields[found.cell], value);
    return;
  }
  if (found.relation == no_index || !model.relations[found.relation].holds_key()) {
    throw QueryError("'" + access::member_label(node, found) +
                     "' cannot be set; write the foreign key on its other side");
  }
  make::set_relation(node, slot_, model.relations[found.relation], value);
}

void Row::set(std::string_view relation, const Row& related) const {
  graph::Node& node = access::node_of(*this);
  const ModelInfo& model = writable_model(node);
  const access::Member found = access::find_member(node, relation);
  if (found.relation == no_index || !model.relations[found.relation].holds_key()) {
    throw QueryError("'" + access::member_label(node, found) + "' does not take a row; only a foreign key does");
  }
  make::set_relation(node, slot_, model.relations[found.relation], related);
}

bool Row::save() const {
  graph::Node& node = access::node_of(*this);
  writable_model(node);
  const std::shared_ptr<const load::Context> context = access::context_of(node);
  const std::shared_ptr<load::Engine> engine = context->open_engine();
  write::take_keys(*engine, node, slot_);
  if (!write::is_dirty(node, slot_)) return false;
  const Signals& signals = *static_cast<const DatabaseImpl&>(*engine).signals;
  if (signals.any()) return save_and_tell(signals, *engine, *context, *this);
  insert_or_update(*engine, *context, node, slot_);
  return true;
}

void Row::delete_row() const {
  graph::Node& node = access::node_of(*this);
  const ModelInfo& model = writable_model(node);
  if (!write::is_saved(node, slot_))
    throw StateError("the row of model '" + model.name + "' is not saved; there is nothing to delete");
  const std::shared_ptr<const load::Context> context = access::context_of(node);
  const std::shared_ptr<load::Engine> engine = context->open_engine();
  const Signals& signals = *static_cast<const DatabaseImpl&>(*engine).signals;
  const bool tells = signals.any();
  if (tells) signals.deleted(Signal::before_delete, *this);
  write::remove(*engine, *context, node, slot_);
  if (tells) signals.deleted(Signal::after_delete, *this);
}

void Row::load(bool discard_changes) const {
  graph::Node& node = access::node_of(*this);
  const ModelInfo& model = writable_model(node);
  if (!write::is_saved(node, slot_))
    throw StateError("the row of model '" + model.name + "' is not saved; there is nothing to load");
  if (!discard_changes && write::has_changes(node, slot_)) {
    throw StateError("the row of model '" + model.name +
                     "' has unsaved changes; save it, or discard them with load(true)");
  }
  const std::shared_ptr<const load::Context> context = access::context_of(node);
  make::reload(*context->open_engine(), context, node, slot_);
}

bool Row::is_saved() const { return write::is_saved(access::node_of(*this), slot_); }
bool Row::is_dirty() const { return write::has_changes(access::node_of(*this), slot_); }

std::vector<std::string> Row::dirty_fields() const {
  graph::Node& node = access::node_of(*this);
  const std::vector<std::uint32_t> changed = write::changed_fields(node, slot_);
  const std::vector<std::uint32_t> awaited = write::awaited_fields(node, slot_);
  std::vector<std::uint32_t> fields;
  std::set_union(changed.begin(), changed.end(), awaited.begin(), awaited.end(), std::back_inserter(fields));
  std::vector<std::string> names;
  if (fields.empty()) return names;
  const ModelInfo& model = writable_model(node);
  for (const std::uint32_t field : fields) names.push_back(model.fields[field].name);
  return names;
}

bool operator==(const Row& left, const Row& right) {
  if (left.same_row(right)) return true;
  if (!left.has_value() || !right.has_value()) return false;
  const graph::Node& a = *left.node_;
  const graph::Node& b = *right.node_;
  const ModelInfo* model = a.shape->model;
  if (model == nullptr || b.shape->model == nullptr || !query::same_model(*model, *b.shape->model)) return false;
  if (model->primary_key.empty() || !write::is_saved(a, left.slot_) || !write::is_saved(b, right.slot_)) return false;
  const Cell* left_cells = a.cells(left.slot_);
  const Cell* right_cells = b.cells(right.slot_);
  return std::all_of(model->primary_key.begin(), model->primary_key.end(), [&](std::uint32_t field) {
    const std::uint32_t same = query::field_in(*b.shape->model, *model, field);
    return same != no_index && left_cells[field].is_loaded() && graph::same_cell(left_cells[field], right_cells[same]);
  });
}

KeyRef Row::key() const { return access::key_of(access::node_of(*this), slot_); }
Row::operator Expr() const { return Expr(key()); }
const ModelInfo* Row::model() const noexcept { return storage_ == nullptr ? nullptr : node_->shape->model; }

std::vector<std::string> Row::names() const {
  const graph::Shape& shape = *access::node_of(*this).shape;
  std::vector<std::string> names;
  if (shape.model != nullptr)
    for (const FieldInfo& field : shape.model->fields) names.push_back(field.name);
  for (const graph::Shape::Extra& extra : shape.extras) names.push_back(extra.name);
  return names;
}

bool Row::is_loaded(std::string_view member) const {
  const graph::Node& node = access::node_of(*this);
  const access::Member found = access::find_member(node, member);
  if (found.cell != no_index) return node.cells(slot_)[found.cell].is_loaded();
  return span_of(node, slot_, found).span.state != graph::RelationState::not_loaded;
}

bool Row::is_partial(std::string_view member) const {
  const graph::Node& node = access::node_of(*this);
  const access::Member found = access::find_member(node, member);
  if (found.cell != no_index) return false;
  const graph::Node::Found span = span_of(node, slot_, found);
  return span.span.state != graph::RelationState::not_loaded && span.relation->partial;
}

std::string Row::to_json() const { return row_json(access::node_of(*this), slot_); }

Row Row::copy() const {
  const graph::Node& node = access::node_of(*this);
  const ModelInfo& model = writable_model(node);
  Row made = make::new_row(access::context_of(node), model);
  const Cell* cells = node.cells(slot_);
  for (const FieldInfo& field : model.fields) {
    if (field.primary_key || field.generated || field.index == model.version_field || !cells[field.index].is_loaded())
      continue;
    write::init_cell(made.node()->arena, made.node()->cells(0)[field.index], load::value_of(cells[field.index]));
  }
  return made;
}

Row Row::detached() const {
  const graph::Node& node = access::node_of(*this);
  auto graph = std::make_shared<graph::Graph>(node.graph->context);
  graph::Node* own = graph->add_node(node.shape, 0);
  own->rows.append();
  const Cell* cells = node.cells(slot_);
  for (std::uint32_t cell = 0; cell < node.shape->width(); ++cell)
    if (cells[cell].is_loaded()) write::init_cell(own->arena, own->cells(0)[cell], load::value_of(cells[cell]));
  graph->transaction = node.graph->transaction;
  graph->lazy = node.graph->lazy;
  // What is not saved yet is not saved in the copy either.
  if (const auto* state = node.states.find(slot_); state != node.states.end()) {
    own->states[0].saved = state->second.saved;
    own->states[0].deleted = state->second.deleted;
    own->states[0].originals = state->second.originals;
    for (graph::SlotState::Original& original : own->states[0].originals) make::keep_bytes(original);
  }
  for (graph::Relation* relation = node.relations(); relation != nullptr; relation = relation->next) {
    const graph::Span span = relation->span(slot_);
    graph::Reference target;
    if (span.state == graph::RelationState::external) {
      target = node.graph->external(relation, slot_);
    } else if (span.state == graph::RelationState::loaded && !relation->to_many &&
               !write::is_saved(*relation->target, span.begin)) {
      // A new row made with it, which has no key to remember it by.
      target = {node.graph->share(relation->target), span.begin};
    }
    if (!target.node) continue;
    graph::Relation* same = own->add_relation(
        std::make_unique<graph::Relation>(relation->name, relation->info, nullptr, relation->to_many));
    graph->set_external(same, 0, target);
  }
  return {graph->share(own), 0};
}

// ---- Rows ----

Rows::Rows(std::shared_ptr<graph::Node> node, std::size_t count) : node_(std::move(node)), count_(count) {}
Rows::Rows(std::shared_ptr<graph::Node> node, const graph::Relation* relation, std::uint32_t begin, std::size_t count,
           bool links)
    : node_(std::move(node)), relation_(relation), begin_(begin), count_(count), links_(links) {}

Rows::iterator::iterator(const Rows& rows, std::size_t index)
    : row_(rows.node_, 0),
      relation_(rows.relation_),
      begin_(rows.begin_),
      index_(static_cast<std::uint32_t>(index)),
      count_(static_cast<std::uint32_t>(rows.count_)),
      links_(rows.links_) {
  move();
}

std::uint32_t Rows::target_slot(const graph::Relation* relation, std::uint32_t index, bool links) noexcept {
  return links ? relation->link_slot(index) : relation->target_slot(index);
}

Row Rows::operator[](std::size_t index) const {
  if (index >= count_)
    throw QueryError("row " + std::to_string(index) + " is beyond the list's " + std::to_string(count_) + " rows");
  const auto position = static_cast<std::uint32_t>(index);
  return {node_, relation_ == nullptr ? position : target_slot(relation_, begin_ + position, links_)};
}

ColumnHandle Rows::column(std::string_view name) const {
  if (!node_) throw StateError("an empty list of rows has no columns");
  const access::Member found = access::find_member(*node_, name);
  if (found.cell == no_index)
    throw QueryError("'" + access::member_label(*node_, found) + "' is a relation, not a column");
  return ColumnHandle(found.cell);
}

std::string Rows::to_json() const {
  std::string text = "[";
  for (std::size_t i = 0; i < count_; ++i) {
    if (i != 0) text += ',';
    text += (*this)[i].to_json();
  }
  return text + "]";
}

}  // namespace dorm
