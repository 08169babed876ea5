// Reading a to-many relation: the loaded rows, and fresh queries of them.
#include "dorm/model.hpp"
#include "dorm/query_set.hpp"
#include "dorm/row.hpp"
#include "load/lazy.hpp"
#include "model/collection.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "query/builder.hpp"
#include "query/path.hpp"
#include "write/row_write.hpp"

namespace dorm {

namespace collection {

const RelationInfo& declared(const Row& row, std::uint32_t relation, const std::string& name) {
  if (relation != no_index) return row.node()->shape->model->relations[relation];
  throw QueryError("'" + name + "' is not a relation of the model; the query named it, so it can only be read");
}

Values key_values(const Row& row, const RelationInfo& relation) {
  const KeyRef key = row.key();
  Values values;
  for (const std::uint32_t field : relation.fields) {
    const Value* value = key.find(field);
    if (value == nullptr)
      throw StateError("'" + relation.name + "' needs a column of the row that was not selected; select it too");
    values.push_back(*value);
  }
  return values;
}

query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             const Values& key) {
  query::TermPtr condition;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const query::TermPtr column = query::column_term(source, fields[i]);
    condition = query::all_of(condition, query::equal(column, query::value_term(key[i], column->type)));
  }
  return condition;
}

query::Request request_of(const Row& row, const RelationInfo& relation) {
  const Registry& registry = access::context_of(*row.node())->registry;
  const Values key = key_values(row, relation);
  query::Request request;
  request.root = query::model_source(registry, registry.model(relation.target));
  request.via = &relation;
  if (relation.through == no_index) {
    request.where = key_condition(request.root, relation.target_fields, key);
    return request;
  }
  // Targets that are linked here: each once, however many links there are.
  const ModelInfo& through = registry.model(relation.through);
  const query::SourcePtr links = query::model_source(registry, through);
  query::QuerySpec linked;
  linked.root = links;
  linked.context = links;
  linked.where =
      query::all_of(key_condition(links, through.relations[relation.through_source].fields, key),
                    query::relation_condition(through.relations[relation.through_target], links, request.root));
  auto term = std::make_shared<query::Term>();
  term->kind = query::TermKind::exists;
  term->type.kind = TypeKind::boolean;
  term->query = std::make_shared<const query::QuerySpec>(std::move(linked));
  request.where = std::move(term);
  return request;
}

}  // namespace collection

namespace {

graph::Node::Found find_span(const Row& row, std::uint32_t relation, const std::string& name) {
  const graph::Node& node = access::node_of(row);
  return relation == no_index ? node.find_span(row.slot(), std::string_view(name))
                              : node.find_span(row.slot(), relation);
}

}  // namespace

Rows Related::rows() const {
  graph::Node& node = access::node_of(row_);
  graph::Node::Found found;
  if (relation_ == no_index) {
    found = node.find_span(row_.slot(), std::string_view(name_));
  } else {
    const RelationInfo& info = node.shape->model->relations[relation_];
    if (!write::is_saved(node, row_.slot()) && !is_loaded())
      throw StateError("the row is not saved, so '" + info.name + "' has nothing to load; save it first");
    found = load::touch_relation(node, row_.slot(), info);
  }
  if (found.span.state != graph::RelationState::loaded) throw StateError("'" + name_ + "' was not loaded for this row");
  return {node.graph->share(found.relation->target), found.relation, found.span.begin, found.span.count};
}

std::int64_t Related::lazy_count() const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  graph::Node& node = access::node_of(row_);
  if (!is_loaded() && !write::is_saved(node, row_.slot()))
    throw StateError("the row is not saved, so '" + info.name + "' has nothing to count; save it first");
  return load::touch_count(node, row_.slot(), info);
}

Rows Related::links() const {
  if (relation_ != no_index && access::node_of(row_).shape->model->relations[relation_].through == no_index)
    throw QueryError("links applies to many_to_many relations; '" + name_ + "' is the other side of a foreign key");
  const Rows loaded = rows();
  const graph::Node::Found found = find_span(row_, relation_, name_);
  if (found.relation->links == nullptr) throw StateError("'" + name_ + "' was loaded without its link rows");
  return {access::node_of(row_).graph->share(found.relation->links), found.relation, found.span.begin, loaded.size(),
          true};
}

bool Related::is_loaded() const {
  return find_span(row_, relation_, name_).span.state != graph::RelationState::not_loaded;
}

bool Related::is_partial() const {
  const graph::Node::Found found = find_span(row_, relation_, name_);
  return found.span.state != graph::RelationState::not_loaded && found.relation->partial;
}

Query Related::query() const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  const std::shared_ptr<const load::Context> context = access::context_of(*row_.node());
  const std::shared_ptr<DatabaseImpl> database = database_of(*context);
  const Values key = collection::key_values(row_, info);
  const ModelInfo& target = context->registry.model(info.target);
  auto spec = std::make_shared<query::QuerySpec>();
  spec->root = query::model_source(context->registry, target);
  spec->context = spec->root;
  query::SourcePtr holder = spec->root;
  const std::vector<std::uint32_t>* fields = &info.target_fields;
  if (info.through != no_index) {
    const ModelInfo& through = context->registry.model(info.through);
    holder = query::model_source(context->registry, through);
    query::JoinSpec join;
    join.from = spec->root;
    join.target = holder;
    join.on = query::relation_condition(through.relations[info.through_target], holder, spec->root);
    join.accessor = through.snake_name;
    spec->joins.push_back(std::move(join));
    fields = &through.relations[info.through_source].fields;
  }
  spec->where = collection::key_condition(holder, *fields, key);
  for (const OrderTerm& term : info.order_by)
    spec->order_by.push_back({query::column_term(spec->root, term.field), term.descending, {}});
  return {database, std::move(spec)};
}

Query Related::where(const Expr& condition) const { return query().where(condition); }
Query Related::order_by(OrderExpr term) const { return query().order_by(std::move(term)); }
std::int64_t Related::count() const { return query().count(); }
BoundSql Related::sql() const { return query().sql(); }

QuerySet Related::objects() const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  return {database_of(*access::context_of(*row_.node())),
          std::make_shared<const query::Request>(collection::request_of(row_, info))};
}
QuerySet Related::filter(const Filter& condition) const { return objects().filter(condition); }
QuerySet Related::exclude(const Filter& condition) const { return objects().exclude(condition); }
QuerySet Related::select_related(const std::vector<Path>& paths) const { return objects().select_related(paths); }
QuerySet Related::select_related(const Path& path) const { return objects().select_related(path); }
QuerySet Related::prefetch_related(const std::vector<Prefetch>& paths) const {
  return objects().prefetch_related(paths);
}
QuerySet Related::prefetch_related(const Prefetch& path) const { return objects().prefetch_related(path); }
QuerySet Related::select_all(bool follow) const { return objects().select_all(follow); }
bool Related::exists() const { return query().exists(); }
Row Related::get(const Filter& condition) const { return objects().get(condition); }
std::optional<Row> Related::get_or_none(const Filter& condition) const { return objects().get_or_none(condition); }
std::optional<Row> Related::first() const { return objects().first(); }

Model Related::through() const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  if (info.through == no_index)
    throw QueryError("through applies to many_to_many relations; '" + info.name +
                     "' is the other side of a foreign key");
  const std::shared_ptr<const load::Context> context = access::context_of(*row_.node());
  return {database_of(*context), query::model_source(context->registry, context->registry.model(info.through))};
}

}  // namespace dorm
