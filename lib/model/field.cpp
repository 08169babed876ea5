#include <cstring>

#include "core/coerce.hpp"
#include "dorm/row.hpp"
#include "load/lazy.hpp"
#include "load/run.hpp"
#include "model/row_access.hpp"

namespace dorm {
namespace {

std::string_view tag_name(CellTag tag) {
  switch (tag) {
    case CellTag::unloaded:
      return "unloaded";
    case CellTag::null:
      return "null";
    case CellTag::boolean:
      return "boolean";
    case CellTag::integer:
      return "integer";
    case CellTag::real:
      return "real";
    case CellTag::decimal:
    case CellTag::decimal_text:
      return "decimal";
    case CellTag::text:
      return "text";
    case CellTag::blob:
      return "blob";
    case CellTag::uuid:
      return "uuid";
    case CellTag::date:
      return "date";
    case CellTag::time:
      return "time";
    case CellTag::datetime:
      return "datetime";
    case CellTag::json:
      return "json";
    case CellTag::list:
      return "list";
  }
  return "unknown";
}

}  // namespace

graph::Node* Field::node() const noexcept { return &access::node_of(storage_); }

std::string Field::label() const { return access::member_label(*node(), {cell_, relation_, named_}); }

const Cell& Field::loaded_cell() const {
  graph::Node& owner = *node();
  if (cell_ == no_cell) {
    const ModelInfo* model = owner.shape->model;
    std::string help;
    if (relation_ != no_cell && model->relations[relation_].holds_key()) {
      help = "; read its key as '" + model->fields[model->relations[relation_].fields.front()].name + "'";
    }
    throw QueryError("'" + label() + "' is a relation, not a column" + help);
  }
  const Cell& found = storage_->cells(slot_)[cell_];
  if (found.is_loaded()) return found;
  if (owner.shape->model == nullptr || cell_ >= owner.shape->fields)
    throw StateError("'" + label() + "' was not loaded");
  load::touch_field(owner, slot_, cell_);
  return storage_->cells(slot_)[cell_];
}

const Cell& Field::other_cell(CellTag wanted) const {
  const Cell& found = loaded_cell();
  if (found.tag == wanted) return found;
  // Text of an unknown type, JSON and text read as each other's text.
  if (wanted == CellTag::text && found.tag == CellTag::json) return found;
  if (found.is_null()) throw DataError("'" + label() + "' is null; ask is_null() first, or use value_or()");
  throw DataError("'" + label() + "' is " + std::string(tag_name(found.tag)) + ", not " +
                  std::string(tag_name(wanted)));
}

Decimal Field::decimal() const {
  const Cell& found = loaded_cell();
  if (found.tag == CellTag::decimal) return {found.integer, found.scale};
  if (found.tag == CellTag::decimal_text) return Decimal::parse(found.view());
  if (found.tag == CellTag::integer) return {found.integer, 0};
  other_cell(CellTag::decimal);
  return {};
}

Uuid Field::uuid() const {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), cell(CellTag::uuid).data, uuid.bytes.size());
  return uuid;
}

Value Field::value() const { return load::value_of(loaded_cell()); }

std::string Field::to_text() const { return value().to_text(); }

bool Field::is_loaded() const noexcept {
  const graph::Node& owner = *node();
  if (cell_ != no_cell) return storage_->cells(slot_)[cell_].is_loaded();
  const graph::Node::Found found =
      named_ != nullptr ? owner.find_span(slot_, std::string_view(named_->name)) : owner.find_span(slot_, relation_);
  return found.span.state != graph::RelationState::not_loaded;
}

bool Field::is_null() const {
  if (cell_ != no_cell) return loaded_cell().is_null();
  const graph::Node& owner = *node();
  if (relation_ != no_cell) {
    const RelationInfo& relation = owner.shape->model->relations[relation_];
    if (relation.holds_key())
      for (const std::uint32_t field : relation.fields)
        if (const Cell& key = storage_->cells(slot_)[field]; key.is_loaded() && key.is_null()) return true;
  }
  return !row_or_none().has_value();
}

std::optional<Row> Field::row_or_none() const {
  if (cell_ != no_cell) throw QueryError("'" + label() + "' is a column, not a relation");
  graph::Node& owner = *node();
  const std::optional<access::Target> target = access::follow(owner, slot_, {cell_, relation_, named_});
  if (!target) return std::nullopt;
  return Row(target->owner ? target->owner : target->node->graph->share(target->node), target->slot);
}

Row Field::row() const {
  if (std::optional<Row> found = row_or_none()) return *std::move(found);
  throw NullRelation("'" + label() + "' is null");
}

Field Field::operator[](std::string_view member) const {
  if (cell_ != no_cell)
    throw QueryError("'" + label() + "' is a column and has no member '" + std::string(member) + "'");
  graph::Node& owner = *node();
  const std::optional<access::Target> target = access::follow(owner, slot_, {cell_, relation_, named_});
  if (!target) throw NullRelation("'" + label() + "' is null; '" + std::string(member) + "' cannot be read through it");
  const access::Member found = access::find_member(*target->node, member);
  if (found.cell != no_index) return {target->node, target->slot, found.cell};
  return {target->node, target->slot, found.relation, found.named};
}

Related Field::related(std::string_view relation) const { return row().related(relation); }

// clang-format off
template <> bool Field::read<bool>() const { return boolean(); }
template <> std::int64_t Field::read<std::int64_t>() const { return integer(); }
template <> int Field::read<int>() const {
  const std::int64_t wide = integer();
  if (wide != static_cast<int>(wide)) throw DataError("'" + label() + "' is too large for an int");
  return static_cast<int>(wide);
}
template <> double Field::read<double>() const { return real(); }
template <> std::string Field::read<std::string>() const { return std::string(text()); }
template <> std::string_view Field::read<std::string_view>() const { return text(); }
template <> Decimal Field::read<Decimal>() const { return decimal(); }
template <> Uuid Field::read<Uuid>() const { return uuid(); }
template <> Date Field::read<Date>() const { return date(); }
template <> Time Field::read<Time>() const { return time(); }
template <> DateTime Field::read<DateTime>() const { return datetime(); }
template <> Json Field::read<Json>() const { return Json{std::string(json())}; }
template <> Blob Field::read<Blob>() const { return Blob{std::string(blob())}; }
template <> Value Field::read<Value>() const { return value(); }
// clang-format on

}  // namespace dorm
