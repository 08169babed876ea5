#include "load/child_query.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <string>

#include "dorm/error.hpp"
#include "query/builder.hpp"
#include "query/visit.hpp"

namespace dorm::load {
namespace {

query::TermPtr condition(query::TermKind kind, std::vector<query::TermPtr> children) {
  auto term = std::make_shared<query::Term>();
  term->kind = kind;
  term->type.kind = TypeKind::boolean;
  term->children = std::move(children);
  return term;
}

query::TermPtr compare(sql::BinaryOp op, const query::TermPtr& left, const query::TermPtr& right) {
  auto term = std::make_shared<query::Term>(*query::equal(left, right));
  term->op = static_cast<std::uint8_t>(op);
  return term;
}

query::TermPtr number(std::int64_t value) {
  Type type;
  type.kind = TypeKind::bigint;
  return query::value_term(Value(value), type);
}

bool leads_to_one(const query::JoinSpec& join) {
  if (join.target->links || join.relation == no_index || join.from->model == nullptr) return false;
  return !join.from->model->relations[join.relation].to_many();
}

}  // namespace

query::QuerySpec with_fields(query::QuerySpec spec, const std::vector<std::uint32_t>& fields) {
  if (spec.default_projection) {
    const std::vector<std::uint32_t> present = query::default_fields(*spec.root->model);
    if (std::all_of(fields.begin(), fields.end(),
                    [&](std::uint32_t f) { return std::count(present.begin(), present.end(), f) != 0; }))
      return spec;
    spec.default_projection = false;
    spec.outputs.push_back({nullptr, spec.root});
  }
  const std::vector<query::TermPtr> outputs = query::expanded_outputs(spec);
  for (const std::uint32_t field : fields) {
    const bool present = std::any_of(outputs.begin(), outputs.end(), [&](const query::TermPtr& term) {
      return term->kind != query::TermKind::alias && term->source && term->field == field &&
             query::same_source(*term->source, *spec.root);
    });
    if (present) continue;
    // One more column would make other groups, and other rows distinct.
    if (!spec.group_by.empty() || spec.distinct) {
      const ModelInfo& model = *spec.root->model;
      throw QueryError("loading a relation needs '" + model.name + "." + model.fields[field].name +
                       "', which was not selected; select it too");
    }
    spec.outputs.push_back({query::column_term(spec.root, field), nullptr});
  }
  return spec;
}

query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             std::vector<Values> keys) {
  FlatKeys flat;
  flat.values.reserve(keys.size() * fields.size());
  for (Values& key : keys) std::move(key.begin(), key.end(), std::back_inserter(flat.values));
  return key_condition(source, fields, std::move(flat));
}

query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields, FlatKeys keys) {
  if (fields.size() == 1) {
    const query::TermPtr column = query::column_term(source, fields.front());
    return condition(query::TermKind::in_list,
                     {column, query::value_term(Value(std::move(keys.values)), column->type)});
  }
  std::vector<query::TermPtr> any;
  const std::size_t count = keys.values.size() / fields.size();
  // The last key is repeated up to a power of two: so the statements are few.
  for (std::size_t i = 0; i < std::bit_ceil(count); ++i) {
    const Value* key = &keys.values[std::min(i, count - 1) * fields.size()];
    query::TermPtr all;
    for (std::size_t part = 0; part < fields.size(); ++part) {
      const query::TermPtr column = query::column_term(source, fields[part]);
      all = query::all_of(all, query::equal(column, query::value_term(key[part], column->type)));
    }
    any.push_back(std::move(all));
  }
  return condition(query::TermKind::any, std::move(any));
}

query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             query::SpecPtr keys) {
  std::vector<query::TermPtr> columns;
  for (const std::uint32_t field : fields) columns.push_back(query::column_term(source, field));
  const query::TermPtr key =
      columns.size() == 1 ? columns.front() : condition(query::TermKind::tuple, std::move(columns));
  auto term = std::make_shared<query::Term>(*condition(query::TermKind::in_query, {key}));
  term->query = std::move(keys);
  return term;
}

void order_by_key(query::QuerySpec& spec, const query::SourcePtr& source) {
  for (const std::uint32_t field : source->model->primary_key) {
    const bool present = std::any_of(spec.order_by.begin(), spec.order_by.end(), [&](const query::OrderSpec& order) {
      return query::field_of(*order.term) != nullptr && order.term->field == field &&
             query::same_source(*order.term->source, *source);
    });
    if (!present) spec.order_by.push_back({query::column_term(source, field), false, {}});
  }
}

void order_by_default(query::QuerySpec& spec, const query::SourcePtr& target, const RelationInfo& relation) {
  if (!spec.order_by.empty()) return;
  const std::vector<OrderTerm>& order = relation.order_by.empty() ? target->model->order_by : relation.order_by;
  for (const OrderTerm& term : order)
    spec.order_by.push_back({query::column_term(target, term.field), term.descending, {}});
  order_by_key(spec, target);
}

// All that are not paths, and those paths that somebody names.
std::vector<query::JoinSpec> deciding_joins(const query::QuerySpec& spec, bool ordered, const query::SourcePtr& also) {
  std::vector<query::SourcePtr> paths;
  if (spec.where) query::collect_paths(*spec.where, paths);
  if (ordered)
    for (const query::OrderSpec& order : spec.order_by) query::collect_paths(*order.term, paths);
  if (also && also->from) paths.push_back(also);
  std::vector<query::JoinSpec> joins;
  for (auto join = spec.joins.rbegin(); join != spec.joins.rend(); ++join) {
    const bool named = std::any_of(paths.begin(), paths.end(), [&](const query::SourcePtr& path) {
      return query::same_source(*path, *join->target);
    });
    if (join->target->from && !named) continue;
    if (join->from && join->from->from) paths.push_back(join->from);
    if (join->on) query::collect_paths(*join->on, paths);
    joins.push_back(*join);
  }
  std::reverse(joins.begin(), joins.end());
  return joins;
}

query::SpecPtr keys_of(const query::QuerySpec& spec, const query::SourcePtr& source,
                       const std::vector<std::uint32_t>& fields) {
  const bool limited = spec.limit || spec.offset;
  auto keys = std::make_shared<query::QuerySpec>();
  keys->root = spec.root;
  keys->context = spec.root;
  keys->ctes = spec.ctes;
  keys->joins = deciding_joins(spec, limited, source);
  keys->where = spec.where;
  keys->default_projection = false;
  for (const std::uint32_t field : fields) keys->outputs.push_back({query::column_term(source, field), nullptr});
  if (limited) {
    keys->order_by = spec.order_by;
    keys->limit = spec.limit;
    keys->offset = spec.offset;
  }
  return keys;
}

bool has_total_order(const query::QuerySpec& spec) {
  const std::vector<std::uint32_t>& key = spec.root->model->primary_key;
  return !key.empty() && std::all_of(key.begin(), key.end(), [&](std::uint32_t field) {
    return std::any_of(spec.order_by.begin(), spec.order_by.end(), [&](const query::OrderSpec& order) {
      return query::field_of(*order.term) != nullptr && order.term->field == field &&
             query::same_source(*order.term->source, *spec.root);
    });
  });
}

bool can_number(const query::QuerySpec& spec) {
  const std::vector<query::JoinSpec> joins = deciding_joins(spec, true);
  return !spec.root->model->primary_key.empty() && std::all_of(joins.begin(), joins.end(), leads_to_one);
}

namespace {

std::string key_name(std::size_t part) { return "key" + std::to_string(part + 1); }

std::shared_ptr<query::QuerySpec> keys_only(const query::QuerySpec& spec) {
  auto keys = std::make_shared<query::QuerySpec>();
  keys->root = keys->context = spec.root;
  keys->joins = deciding_joins(spec, true);
  keys->default_projection = false;
  const std::vector<std::uint32_t>& key = spec.root->model->primary_key;
  for (std::size_t i = 0; i < key.size(); ++i)
    keys->outputs.push_back({query::aliased(query::column_term(spec.root, key[i]), key_name(i)), nullptr});
  return keys;
}

// The rows whose keys a derived table lists, which is where their conditions are.
query::QuerySpec listed_in(const query::QuerySpec& spec, const query::SourcePtr& keys, query::TermPtr condition) {
  query::JoinSpec join;
  join.kind = sql::JoinKind::inner;
  join.from = spec.root;
  join.target = keys;
  const std::vector<std::uint32_t>& key = spec.root->model->primary_key;
  for (std::size_t i = 0; i < key.size(); ++i)
    join.on =
        query::all_of(join.on, query::equal(query::member(keys, key_name(i)), query::column_term(spec.root, key[i])));
  join.on = query::all_of(join.on, std::move(condition));
  query::QuerySpec outer = spec;
  outer.where = nullptr;
  outer.joins.insert(outer.joins.begin(), std::move(join));
  return outer;
}

}  // namespace

query::QuerySpec number_per_key(const query::QuerySpec& spec, const PerKey& per_key, const query::TermPtr& among) {
  const std::shared_ptr<query::QuerySpec> inner = keys_only(spec);
  std::vector<query::TermPtr> partition;
  for (const std::uint32_t field : per_key.key) partition.push_back(query::column_term(spec.root, field));
  inner->outputs.push_back({query::aliased(query::row_number(std::move(partition), spec.order_by), "place"), nullptr});
  inner->where = query::all_of(spec.where, among);
  const query::SourcePtr numbered = query::as_subquery(inner, "numbered");
  const query::TermPtr place = query::member(numbered, "place");
  const std::int64_t first = per_key.offset.value_or(0);
  query::TermPtr within;
  if (first > 0) within = compare(sql::BinaryOp::gt, place, number(first));
  if (per_key.limit && *per_key.limit <= std::numeric_limits<std::int64_t>::max() - first)
    within = query::all_of(within, compare(sql::BinaryOp::le, place, number(first + *per_key.limit)));
  return listed_in(spec, numbered, std::move(within));
}

query::QuerySpec limit_per_parent(const query::QuerySpec& spec, const PerKey& per_key, const query::SourcePtr& parents,
                                  const std::vector<std::uint32_t>& fields, const query::TermPtr& among) {
  const std::shared_ptr<query::QuerySpec> few = keys_only(spec);
  few->where = spec.where;
  for (std::size_t i = 0; i < fields.size(); ++i)
    few->where = query::all_of(few->where, query::equal(query::column_term(spec.root, per_key.key[i]),
                                                        query::column_term(parents, fields[i])));
  few->order_by = spec.order_by;
  few->limit = per_key.limit;
  few->offset = per_key.offset;
  auto each = std::make_shared<query::QuerySpec>();
  each->root = each->context = parents;
  each->default_projection = false;
  query::JoinSpec join;
  join.kind = sql::JoinKind::inner;
  join.from = parents;
  join.target = query::as_subquery(few, "few");
  join.lateral = true;
  for (std::size_t i = 0; i < spec.root->model->primary_key.size(); ++i)
    each->outputs.push_back({query::member(join.target, key_name(i)), nullptr});
  each->joins.push_back(std::move(join));
  each->where = among;
  return listed_in(spec, query::as_subquery(each, "listed"), nullptr);
}

}  // namespace dorm::load
