#include "dorm/model.hpp"

#include "core/json_reader.hpp"
#include "dorm/error.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/json.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/builder.hpp"
#include "query/typing.hpp"
#include "query/validate.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

const ModelInfo& model_of(const query::Source& source) { return *source.model; }

// The shape of "one row by primary key", made once per model.
struct KeyPlan {
  std::shared_ptr<const query::Plan> plan;
  std::vector<query::SlotValue> slots;  // their values are given per call
};

std::shared_ptr<const KeyPlan> key_plan(DatabaseImpl& database, const query::SourcePtr& source) {
  const ModelInfo& model = *source->model;
  const std::uint64_t key = source->registry.generation() << 32U | static_cast<std::uint64_t>(model.id) << 8U | static_cast<unsigned char>('k');
  return database.statements.get<KeyPlan>(key, {}, [&] {
    if (model.primary_key.empty()) throw QueryError("model '" + model.name + "' has no primary key; get a row by a condition");
    auto made = std::make_shared<KeyPlan>();
    query::QuerySpec spec;
    spec.root = source;
    spec.context = source;
    for (const std::uint32_t field : model.primary_key) {
      const query::TermPtr column = query::column_term(source, field);
      // Any value that is not null stands for those to come.
      spec.where = query::all_of(spec.where, query::equal(column, query::value_term(Value(0), column->type)));
    }
    const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
    made->plan = query::make_plan(spec, query::Purpose::rows, shaped, database.session->dialect());
    made->slots = shaped.slots;
    return made;
  });
}

void assign(const Row& row, const ModelInfo& model, std::string_view name, const Value& value) {
  const ModelInfo::Member member = model.get(name);
  graph::Node& node = *row.node();
  if (member.kind == ModelInfo::Member::Kind::field) {
    make::set_field(node, row.slot(), model.fields[member.index], value);
    return;
  }
  const RelationInfo& relation = model.relations[member.index];
  if (!relation.holds_key()) throw QueryError("'" + model.name + "." + relation.name + "' cannot be given when a row is made; save the row, then add to it");
  make::set_relation(node, row.slot(), relation, value);
}

}  // namespace

Column Model::operator[](std::string_view member) const { return Column(query::member(source_, member), database_); }

Model Column::through() const {
  const query::Term* term = term_.get();
  if (database_ == nullptr || term->kind != query::TermKind::relation || term->source->model->relations[term->index].through == no_index) {
    throw QueryError("'" + (term == nullptr ? std::string() : query::describe(*term)) + "' is not a many_to_many relation; it has no link model");
  }
  const Registry& registry = term->source->registry;
  return {database_, query::model_source(registry, registry.model(term->source->model->relations[term->index].through))};
}
const ModelInfo& Model::info() const noexcept { return model_of(*source_); }
Model Model::alias(std::string_view name) const { return {database_, query::model_alias(*source_, name)}; }

Row Model::make(std::initializer_list<Assignment> values) const {
  database_->require_open();
  Row row = make::new_row(database_->context(source_->registry), info());
  for (const Assignment& assignment : values) {
    if (assignment.row().has_value()) {
      row.set(assignment.member(), assignment.row());
    } else {
      assign(row, info(), assignment.member(), assignment.value());
    }
  }
  return row;
}

Row Model::create(std::initializer_list<Assignment> values) const {
  Row row = make(values);
  row.save();
  return row;
}

Row Model::create(const std::vector<std::pair<std::string, Value>>& values) const {
  Row row = make();
  for (const auto& [name, value] : values) assign(row, info(), name, value);
  row.save();
  return row;
}

Row Model::from_json(std::string_view object) const {
  std::vector<Diagnostic> mistakes;
  const auto document = json::Document::read("<json>", std::string(object), {}, mistakes);
  if (!mistakes.empty()) {
    const Diagnostic& first = mistakes.front();
    throw DataError("the JSON of a row of '" + info().name + "' cannot be read: line " + std::to_string(first.where.line) + ", column " +
                    std::to_string(first.where.column) + ": " + first.message);
  }
  if (!document->root()->is(json::NodeKind::object)) throw DataError("the JSON of a row of '" + info().name + "' must be an object");
  Row row = make();
  for (const json::Node* item : document->root()->items()) {
    const ModelInfo::Member member = info().get(item->name());
    if (member.kind == ModelInfo::Member::Kind::field) {
      const FieldInfo& field = info().fields[member.index];
      make::set_field(*row.node(), 0, field, value_from_json(*item, field.type, query::label_of(info(), field)));
      continue;
    }
    const RelationInfo& relation = info().relations[member.index];
    const std::string label = info().name + "." + relation.name;
    if (!relation.holds_key() || relation.fields.size() != 1) throw DataError(label + " is a relation; give its key columns instead");
    // {"user": {"id": 1}} names the row by its key, as to_json() writes it.
    const json::Node* key = item;
    if (item->is(json::NodeKind::object)) {
      key = item->find(source_->registry.model(relation.target).fields[relation.target_fields.front()].name);
      if (key == nullptr) throw DataError(label + " needs the key of the row it refers to");
    }
    const FieldInfo& field = info().fields[relation.fields.front()];
    make::set_field(*row.node(), 0, field, value_from_json(*key, field.type, label));
  }
  return row;
}

std::optional<Row> Model::get_by_key_or_none(const Value& key) const {
  database_->require_open();
  const std::shared_ptr<const KeyPlan> plan = key_plan(*database_, source_);
  const std::vector<std::uint32_t>& fields = info().primary_key;
  const bool composite = fields.size() != 1;
  if (composite && (key.kind() != ValueKind::list || key.list().size() != fields.size())) {
    throw QueryError("the key of model '" + info().name + "' has " + std::to_string(fields.size()) + " parts; give them as a list");
  }
  std::vector<query::SlotValue> slots = plan->slots;
  Values parts(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldInfo& field = info().fields[fields[i]];
    const Value& part = composite ? key.list()[i] : key;
    if (part.is_null()) throw QueryError("the key of model '" + info().name + "' cannot be null");
    parts[i] = query::fit(source_->registry, info(), field, part);
    slots[i].value = &parts[i];
  }
  const std::shared_ptr<graph::Graph> graph = load::make_graph(*database_, database_->context(source_->registry));
  graph::Node* root = load::run_into(*database_, *graph, *plan->plan, slots, load::Sharing::per_parent, 1);
  if (root->slot_count() == 0) return std::nullopt;
  return Row(graph->share(root), 0);
}

Row Model::get_by_key(const Value& key) const {
  if (std::optional<Row> row = get_by_key_or_none(key)) return *std::move(row);
  throw NotFound("no row of model '" + info().name + "' has this key");
}

Row Model::get(const Expr& condition) const { return select().where(condition).get(); }
std::optional<Row> Model::get_or_none(const Expr& condition) const { return select().where(condition).get_or_none(); }
std::int64_t Model::count() const { return select().count(); }
Rows Model::all() const { return select().all(); }

Query Model::select_list(std::vector<Selectable> items) const {
  auto spec = std::make_shared<query::QuerySpec>();
  spec->root = source_;
  spec->context = source_;
  const Query query(database_, std::move(spec));
  return items.empty() ? query : query.select_list(std::move(items));
}

std::int64_t Model::update_every(std::vector<std::pair<std::string, Expr>> changes) const { return select().update_every(std::move(changes)); }
std::int64_t Model::delete_every() const { return select().delete_every(); }

}  // namespace dorm
