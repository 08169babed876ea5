#include "write/links.hpp"

#include <algorithm>

#include "dorm/error.hpp"
#include "load/run.hpp"
#include "query/builder.hpp"
#include "query/snapshots.hpp"
#include "query/validate.hpp"

namespace dorm::write {
namespace {

using query::QuerySpec;
using query::SourcePtr;
using query::TermPtr;

TermPtr source_condition(const SourcePtr& links, const RelationInfo& to_source, const Values& key) {
  TermPtr condition;
  for (std::size_t i = 0; i < to_source.fields.size(); ++i) {
    const TermPtr column = query::column_term(links, to_source.fields[i]);
    condition = query::all_of(condition, query::equal(column, query::value_term(key[i], column->type)));
  }
  return condition;
}

TermPtr membership(std::vector<TermPtr> columns, QuerySpec select) {
  auto term = std::make_shared<query::Term>();
  term->kind = query::TermKind::in_query;
  term->type.kind = TypeKind::boolean;
  if (columns.size() == 1) {
    term->children = {columns.front()};
  } else {
    auto tuple = std::make_shared<query::Term>();
    tuple->kind = query::TermKind::tuple;
    tuple->children = std::move(columns);
    term->children = {std::move(tuple)};
  }
  term->query = std::make_shared<const QuerySpec>(std::move(select));
  return term;
}

// The target query reduced to the key that links refer to.
QuerySpec keys_of(const query::SpecPtr& targets, const RelationInfo& relation, const ModelInfo& target) {
  if (!targets->root || targets->root->model == nullptr || !query::same_model(*targets->root->model, target)) {
    throw QueryError("'" + relation.name + "' links rows of '" + target.name +
                     "'; the query given selects another model");
  }
  QuerySpec keys = *targets;
  keys.default_projection = false;
  keys.outputs.clear();
  for (const std::uint32_t field : relation.target_fields) {
    const std::uint32_t own = query::field_in(*keys.root->model, target, field);
    if (own == no_index)
      throw QueryError("'" + relation.name + "' links by '" + query::label_of(target, target.fields[field]) +
                       "', which the query given, from before a reload, does not know; take new handles");
    keys.outputs.push_back({query::column_term(keys.root, own), nullptr});
  }
  if (!keys.limit && !keys.offset) keys.order_by.clear();
  return keys;
}

}  // namespace

std::int64_t add_links(load::Engine& engine, const LinkEnd& end, const query::SpecPtr& targets) {
  const Registry& registry = end.context.registry;
  const ModelInfo& through = registry.model(end.relation.through);
  const ModelInfo& target = registry.model(end.relation.target);
  const RelationInfo& to_source = through.relations[end.relation.through_source];
  const RelationInfo& to_target = through.relations[end.relation.through_target];
  const SourcePtr links = query::model_source(registry, through);
  const SourcePtr rows = query::model_alias(*query::model_source(registry, target), {});

  // INSERT INTO links (source, target, defaults) SELECT ?, target.key, ? FROM target WHERE key IN (query) AND NOT
  // linked.
  QuerySpec select;
  select.root = rows;
  select.context = rows;
  select.default_projection = false;
  query::InsertTarget into;
  into.table = links;
  for (std::size_t i = 0; i < to_source.fields.size(); ++i) {
    into.fields.push_back(to_source.fields[i]);
    select.outputs.push_back({query::value_term(end.source_key[i], through.fields[to_source.fields[i]].type), nullptr});
  }
  std::vector<TermPtr> key;
  for (std::size_t i = 0; i < to_target.fields.size(); ++i) {
    into.fields.push_back(to_target.fields[i]);
    key.push_back(query::column_term(rows, to_target.target_fields[i]));
    select.outputs.push_back({key.back(), nullptr});
  }
  for (const FieldInfo& field : through.fields) {
    const bool is_key = std::find(into.fields.begin(), into.fields.end(), field.index) != into.fields.end();
    if (is_key || field.auto_increment || field.database_default || field.generated) continue;
    if (field.index == through.version_field && !field.default_value) {
      into.fields.push_back(field.index);
      select.outputs.push_back({query::value_term(Value(1), field.type), nullptr});
    } else if (field.default_value) {
      const bool one_per_row = field.default_value->function && *field.default_value->function != Function::now;
      if (one_per_row) {
        throw QueryError("'" + end.relation.name + "' cannot add in one statement: '" +
                         query::label_of(through, field) + "' gets a new value per link; create the rows of '" +
                         through.name + "' instead");
      }
      into.fields.push_back(field.index);
      select.outputs.push_back(
          {query::value_term(query::default_value(*field.default_value, field.type), field.type), nullptr});
    } else if (!field.nullable) {
      throw QueryError("'" + end.relation.name + "' cannot add: '" + query::label_of(through, field) +
                       "' is required; create the rows of '" + through.name + "' instead");
    }
  }
  select.where = membership(key, keys_of(targets, end.relation, target));
  QuerySpec linked;
  linked.root = links;
  linked.context = links;
  linked.where = source_condition(links, to_source, end.source_key);
  for (std::size_t i = 0; i < to_target.fields.size(); ++i) {
    linked.where = query::all_of(linked.where, query::equal(query::column_term(links, to_target.fields[i]), key[i]));
  }
  auto unlinked = std::make_shared<query::Term>();
  unlinked->kind = query::TermKind::exists;
  unlinked->type.kind = TypeKind::boolean;
  unlinked->negated = true;
  unlinked->query = std::make_shared<const QuerySpec>(std::move(linked));
  select.where = query::all_of(select.where, unlinked);
  return load::run_write(engine, select, query::Purpose::insert, {}, &into);
}

std::int64_t remove_links(load::Engine& engine, const LinkEnd& end, const query::SpecPtr& targets) {
  const Registry& registry = end.context.registry;
  const ModelInfo& through = registry.model(end.relation.through);
  const ModelInfo& target = registry.model(end.relation.target);
  const RelationInfo& to_target = through.relations[end.relation.through_target];
  QuerySpec spec;
  spec.root = query::model_source(registry, through);
  spec.context = spec.root;
  spec.where = source_condition(spec.root, through.relations[end.relation.through_source], end.source_key);
  if (targets) {
    std::vector<TermPtr> key;
    for (const std::uint32_t field : to_target.fields) key.push_back(query::column_term(spec.root, field));
    spec.where = query::all_of(spec.where, membership(std::move(key), keys_of(targets, end.relation, target)));
  }
  return load::run_write(engine, spec, query::Purpose::remove, {});
}

}  // namespace dorm::write
