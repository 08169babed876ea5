#include "core/suggest.hpp"
#include "dorm/model.hpp"
#include "dorm/row.hpp"
#include "load/lazy.hpp"
#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "query/builder.hpp"
#include "query/snapshots.hpp"
#include "write/links.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

const RelationInfo& declared(const Row& row, std::uint32_t relation, const std::string& name) {
  if (relation != no_index) return row.node()->shape->model->relations[relation];
  throw QueryError("'" + name + "' is not a relation of the model; the query named it, so it can only be read");
}

const RelationInfo& many_to_many(const Row& row, std::uint32_t relation, const std::string& name, const char* verb) {
  const RelationInfo& info = declared(row, relation, name);
  if (info.through == no_index) {
    throw QueryError(std::string(verb) + " applies to many_to_many relations; '" + info.name +
                     "' is the other side of a foreign key: set that and save");
  }
  return info;
}

// The key by which a saved row is linked or referred to.
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

query::SpecPtr rows_by_key(const load::Context& context, const RelationInfo& relation, const std::vector<Row>& rows) {
  const ModelInfo& target = context.registry.model(relation.target);
  const query::SourcePtr source = query::model_source(context.registry, target);
  std::vector<Values> keys;
  for (const Row& row : rows) {
    if (row.model() == nullptr || !query::same_model(*row.model(), target))
      throw QueryError("'" + relation.name + "' links rows of '" + target.name + "'; another row was given");
    const KeyRef key = row.key();
    Values values;
    for (const std::uint32_t field : relation.target_fields) {
      const Value* value = query::key_part(key, target, field);
      if (value == nullptr)
        throw StateError("'" + relation.name +
                         "' needs a column of the row given that was not selected; select it too");
      values.push_back(*value);
    }
    keys.push_back(std::move(values));
  }
  auto spec = std::make_shared<query::QuerySpec>();
  spec->root = source;
  spec->context = source;
  spec->where = load::key_condition(source, relation.target_fields, std::move(keys));
  return spec;
}

}  // namespace

Rows Related::rows() const {
  graph::Node& node = access::node_of(row_);
  graph::Node::Found found;
  if (relation_ == no_index) {
    found = node.find_span(row_.slot(), std::string_view(name_));
  } else {
    const RelationInfo& info = node.shape->model->relations[relation_];
    if (!write::is_saved(node, row_.slot()))
      throw StateError("the row is not saved, so '" + info.name + "' has nothing to load; save it first");
    found = load::touch_relation(node, row_.slot(), info);
  }
  if (found.span.state != graph::RelationState::loaded) throw StateError("'" + name_ + "' was not loaded for this row");
  return {node.graph->share(found.relation->target), found.relation, found.span.begin, found.span.count};
}

Rows Related::links() const {
  many_to_many(row_, relation_, name_, "links");
  const Rows loaded = rows();
  graph::Node& node = access::node_of(row_);
  const graph::Node::Found found = node.find_span(row_.slot(), relation_);
  if (found.relation->links == nullptr) throw StateError("'" + name_ + "' was loaded without its link rows");
  return {node.graph->share(found.relation->links), found.relation, found.span.begin, loaded.size(), true};
}

bool Related::is_loaded() const {
  const graph::Node& node = access::node_of(row_);
  const graph::Node::Found found = relation_ == no_index ? node.find_span(row_.slot(), std::string_view(name_))
                                                         : node.find_span(row_.slot(), relation_);
  return found.span.state != graph::RelationState::not_loaded;
}

Query Related::query() const {
  const RelationInfo& info = declared(row_, relation_, name_);
  const std::shared_ptr<const load::Context> context = access::context_of(*row_.node());
  const std::shared_ptr<DatabaseImpl> database = database_of(*context);
  const Values key = key_values(row_, info);
  const ModelInfo& target = context->registry.model(info.target);
  auto spec = std::make_shared<query::QuerySpec>();
  spec->root = query::model_source(context->registry, target);
  spec->context = spec->root;
  query::SourcePtr holder = spec->root;
  std::vector<std::uint32_t> fields = info.target_fields;
  if (info.through != no_index) {
    const ModelInfo& through = context->registry.model(info.through);
    const RelationInfo& to_target = through.relations[info.through_target];
    holder = query::model_source(context->registry, through);
    query::JoinSpec join;
    join.from = spec->root;
    join.target = holder;
    join.on = query::relation_condition(to_target, holder, spec->root);
    join.accessor = through.snake_name;
    spec->joins.push_back(std::move(join));
    fields = through.relations[info.through_source].fields;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const query::TermPtr column = query::column_term(holder, fields[i]);
    spec->where = query::all_of(spec->where, query::equal(column, query::value_term(key[i], column->type)));
  }
  for (const OrderTerm& term : info.order_by)
    spec->order_by.push_back({query::column_term(spec->root, term.field), term.descending, {}});
  return {database, std::move(spec)};
}

Query Related::where(const Expr& condition) const { return query().where(condition); }
Query Related::order_by(OrderExpr term) const { return query().order_by(std::move(term)); }
std::int64_t Related::count() const { return query().count(); }
BoundSql Related::sql() const { return query().sql(); }

Row Related::create(const std::vector<std::pair<std::string, Value>>& values) const {
  const RelationInfo& info = declared(row_, relation_, name_);
  const std::shared_ptr<const load::Context> context = access::context_of(*row_.node());
  const std::shared_ptr<DatabaseImpl> database = database_of(*context);
  const ModelInfo& target = context->registry.model(info.target);
  const Model model(database, query::model_source(context->registry, target));
  if (info.through != no_index) {
    TransactionScope both = database->session->begin();
    Row made = model.create(values);
    add(made);
    both.commit();
    return made;
  }
  const Row made = model.make();
  for (const auto& [name, value] : values) made.set(name, value);
  made.set(target.relations[info.inverse].name, row_);
  made.save();
  access::forget_relation(*row_.node(), row_.slot(), info.index);
  return made;
}

namespace {

template <class Run>
std::int64_t change_links(const Row& row, const RelationInfo& info, Run run) {
  const std::shared_ptr<const load::Context> context = access::context_of(*row.node());
  const std::int64_t changed = run(*context->open_engine(), write::LinkEnd{*context, info, key_values(row, info)});
  // What was loaded may not be true any more: the next reader asks.
  access::forget_relation(*row.node(), row.slot(), info.index);
  return changed;
}

}  // namespace

std::int64_t Related::add(const Row& row) const { return add(std::vector<Row>{row}); }

std::int64_t Related::add(const std::vector<Row>& rows) const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "add");
  if (rows.empty()) return 0;
  const query::SpecPtr targets = rows_by_key(*access::context_of(*row_.node()), info, rows);
  return change_links(row_, info, [&](load::Engine& engine, const write::LinkEnd& end) {
    return write::add_links(engine, end, targets);
  });
}

std::int64_t Related::add(const Query& query) const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "add");
  return change_links(row_, info, [&](load::Engine& engine, const write::LinkEnd& end) {
    return write::add_links(engine, end, query.spec());
  });
}

std::int64_t Related::remove(const Row& row) const { return remove(std::vector<Row>{row}); }

std::int64_t Related::remove(const std::vector<Row>& rows) const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "remove");
  if (rows.empty()) return 0;
  const query::SpecPtr targets = rows_by_key(*access::context_of(*row_.node()), info, rows);
  return change_links(row_, info, [&](load::Engine& engine, const write::LinkEnd& end) {
    return write::remove_links(engine, end, targets);
  });
}

std::int64_t Related::remove(const Query& query) const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "remove");
  return change_links(row_, info, [&](load::Engine& engine, const write::LinkEnd& end) {
    return write::remove_links(engine, end, query.spec());
  });
}

std::int64_t Related::clear() const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "clear");
  return change_links(row_, info, [&](load::Engine& engine, const write::LinkEnd& end) {
    return write::remove_links(engine, end, nullptr);
  });
}

Model Related::through() const {
  const RelationInfo& info = many_to_many(row_, relation_, name_, "through");
  const std::shared_ptr<const load::Context> context = access::context_of(*row_.node());
  return {database_of(*context), query::model_source(context->registry, context->registry.model(info.through))};
}

}  // namespace dorm
