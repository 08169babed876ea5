#include "dorm/model.hpp"

#include "core/coerce.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/builder.hpp"
#include "query/path.hpp"
#include "query/typing.hpp"
#include "query/validate.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

const ModelInfo& model_of(const query::Source& source) { return *source.model; }

// What a key is compared as. One that the field could not hold is no mistake: it is simply not there.
Type key_type(Type type) {
  type.max_length = 0;
  if (type.kind == TypeKind::smallint || type.kind == TypeKind::integer) type.kind = TypeKind::bigint;
  return type;
}

// The key in the field's kind: itself, or what is put into `converted`.
const Value& key_value(const ModelInfo& model, const FieldInfo& field, const Value& value, Value& converted) {
  if (value.kind() == ValueKind::integer && value_kind(field.type.kind) == ValueKind::integer) return value;
  converted = coerce(value, key_type(field.type), query::label_of(model, field));
  return converted;
}

// "One row by primary key", made once per model: a placeholder for each of its fields, in their order.
std::shared_ptr<const query::Plan> key_plan(DatabaseImpl& database, const query::SourcePtr& source) {
  const ModelInfo& model = *source->model;
  const std::uint64_t key = source->registry.generation() << 32U | static_cast<std::uint64_t>(model.id) << 8U |
                            static_cast<unsigned char>('k');
  return database.statements.get<query::Plan>(key, {}, [&] {
    if (model.primary_key.empty())
      throw QueryError("model '" + model.name + "' has no primary key; get a row by a condition");
    query::QuerySpec spec;
    spec.root = source;
    spec.context = source;
    for (const std::uint32_t field : model.primary_key) {
      const query::TermPtr column = query::column_term(source, field);
      // Any value that is not null stands for those to come.
      spec.where = query::all_of(spec.where, query::equal(column, query::value_term(Value(0), key_type(column->type))));
    }
    return query::make_plan(spec, query::Purpose::rows, query::shape_of(spec, query::Purpose::rows),
                            database.session->dialect());
  });
}

// Gives the members of a new row their values. The members come in the model's order as a rule, so the next one is
// tried first.
class Maker {
 public:
  Maker(const Row& row, const ModelInfo& model)
      : node_(*row.node()), cells_(node_.cells(row.slot())), slot_(row.slot()), model_(model) {}

  void assign(std::string_view name, const Value& value) {
    const ModelInfo::Member member = find(name);
    if (member.kind != ModelInfo::Member::Kind::field) return assign_relation(model_.relations[member.index], value);
    next_ = member.index + 1;
    const FieldInfo& field = model_.fields[member.index];
    Cell& cell = cells_[member.index];
    if (cell.is_loaded() || field.relation != no_index) {
      make::set_field(node_, slot_, field, value);
    } else {
      make::init_field(node_, field, cell, value);
    }
  }

 private:
  ModelInfo::Member find(std::string_view name) const {
    if (next_ < model_.fields.size() && model_.fields[next_].name == name)
      return {ModelInfo::Member::Kind::field, next_};
    return model_.get(name);
  }

  void assign_relation(const RelationInfo& relation, const Value& value) const {
    if (!relation.holds_key())
      throw QueryError("'" + model_.name + "." + relation.name +
                       "' cannot be given when a row is made; save the row, then add to it");
    make::set_relation(node_, slot_, relation, value);
  }

  graph::Node& node_;
  Cell* cells_;  // rows do not move
  std::uint32_t slot_;
  const ModelInfo& model_;
  std::uint32_t next_ = 0;
};

}  // namespace

Column Model::operator[](std::string_view member) const { return Column(query::member(source_, member), database_); }

Column Column::operator[](std::string_view member) const {
  const query::Term* term = term_.get();
  if (term == nullptr || term->kind != query::TermKind::relation) {
    throw QueryError("'" + (term == nullptr ? std::string() : query::describe(*term)) +
                     "' is not a relation; it has no member " + quote(member));
  }
  return Column(query::path_member(query::path_source(term->source, term->index), member), database_);
}

Model Column::through() const {
  const query::Term* term = term_.get();
  if (database_ == nullptr || term->kind != query::TermKind::relation ||
      term->source->model->relations[term->index].through == no_index) {
    throw QueryError("'" + (term == nullptr ? std::string() : query::describe(*term)) +
                     "' is not a many_to_many relation; it has no link model");
  }
  const Registry& registry = term->source->registry;
  return {database_, query::model_source(registry, registry.model(term->source->model->relations[term->index].through),
                                         term->source->home)};
}
QuerySet Model::objects() const { return objects_of(database_, source_); }
const ModelInfo& Model::info() const noexcept { return model_of(*source_); }
Model Model::alias(std::string_view name) const { return {database_, query::model_alias(*source_, name)}; }

Row Model::make(std::initializer_list<Assignment> values) const {
  database_->require_open();
  Row row = make::new_row(database_->context(source_->registry), info());
  Maker maker(row, info());
  for (const Assignment& assignment : values) {
    if (assignment.row().has_value()) {
      row.set(assignment.member(), assignment.row());
    } else {
      maker.assign(assignment.member(), assignment.value());
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
  Maker maker(row, info());
  for (const auto& [name, value] : values) maker.assign(name, value);
  row.save();
  return row;
}

std::optional<Row> Model::get_by_key_or_none(const Value& key) const {
  database_->require_open();
  const std::shared_ptr<const query::Plan> plan = key_plan(*database_, source_);
  const std::vector<std::uint32_t>& fields = info().primary_key;
  const bool composite = fields.size() != 1;
  if (composite && (key.kind() != ValueKind::list || key.list().size() != fields.size())) {
    throw QueryError("the key of model '" + info().name + "' has " + std::to_string(fields.size()) +
                     " parts; give them as a list");
  }
  Value converted;
  Values converted_parts(composite ? fields.size() : 0);
  load::Parameters parameters;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Value& part = composite ? key.list()[i] : key;
    if (part.is_null()) throw QueryError("the key of model '" + info().name + "' cannot be null");
    parameters.add(key_value(info(), info().fields[fields[i]], part, composite ? converted_parts[i] : converted));
  }
  std::shared_ptr<graph::Graph> graph = load::make_graph(*database_, database_->context(source_->registry));
  graph::Node* root = load::run_into(*database_, *graph, *plan, parameters.cells(), load::Sharing::per_parent, 1);
  if (root->slot_count() == 0) return std::nullopt;
  return Row(std::shared_ptr<graph::Node>(std::move(graph), root), 0);
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

std::int64_t Model::update_every(const std::vector<std::pair<std::string, Expr>>& changes) const {
  return select().update_every(changes);
}
std::int64_t Model::delete_every() const { return select().delete_every(); }

}  // namespace dorm
