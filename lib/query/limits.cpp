#include "query/limits.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "query/builder.hpp"
#include "query/path.hpp"
#include "query/visit.hpp"

namespace dorm::query {
namespace {

bool orders_by(const std::vector<OrderSpec>& order, const SourcePtr& source, std::uint32_t field) {
  return std::any_of(order.begin(), order.end(), [&](const OrderSpec& by) {
    return by.term->source && same_source(*by.term->source, *source) && by.term->field == field;
  });
}

TermPtr least(const TermPtr& of) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::call;
  term->name = "MIN";
  term->type.kind = TypeKind::bigint;
  term->children = {of};
  return term;
}

// The keys of the rows of the model that a statement with to-many joins is limited to, in a subquery. Each row counts
// once, at the place of its first joined row.
QuerySpec limited_keys(const Request& request, const std::vector<OrderSpec>& order) {
  const ModelInfo& model = *request.root->model;
  require_key(model, "a limit beside joined relations");
  QuerySpec keys;
  keys.root = request.root;
  keys.context = request.root;
  keys.default_projection = false;
  keys.where = request.where;
  keys.order_by = order;
  join_paths(keys);
  for (const std::uint32_t field : model.primary_key)
    keys.outputs.push_back({column_term(request.root, field), nullptr});
  if (!has_to_many(keys)) {
    keys.limit = request.limit;
    keys.offset = request.offset;
    return keys;
  }
  for (std::size_t i = 0; i < keys.outputs.size(); ++i)
    keys.outputs[i].term = aliased(keys.outputs[i].term, "k" + std::to_string(i + 1));
  keys.outputs.push_back({aliased(row_number({}, std::move(keys.order_by)), "place"), nullptr});
  keys.order_by.clear();
  const std::size_t width = model.primary_key.size();
  const SourcePtr ranked = as_subquery(std::make_shared<const QuerySpec>(std::move(keys)), "ranked");
  QuerySpec first;
  first.root = ranked;
  first.context = ranked;
  first.default_projection = false;
  for (std::size_t i = 0; i < width; ++i) {
    const TermPtr key = member(ranked, "k" + std::to_string(i + 1));
    first.outputs.push_back({key, nullptr});
    first.group_by.push_back(key);
  }
  first.order_by.push_back({least(member(ranked, "place")), false, {}});
  first.limit = request.limit;
  first.offset = request.offset;
  return first;
}

}  // namespace

void require_key(const ModelInfo& model, const char* why) {
  if (model.primary_key.empty())
    throw QueryError("model '" + model.name + "' has no primary key; " + why + " needs one");
}

bool has_to_many(const QuerySpec& spec) {
  return std::any_of(spec.joins.begin(), spec.joins.end(),
                     [](const JoinSpec& join) { return join.target->from && is_to_many_path(*join.target); });
}

TermPtr key_in(const SourcePtr& source, QuerySpec keys) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::in_query;
  term->type.kind = TypeKind::boolean;
  const std::vector<std::uint32_t>& key = source->model->primary_key;
  if (key.size() == 1) {
    term->children.push_back(column_term(source, key.front()));
  } else {
    auto tuple = std::make_shared<Term>();
    tuple->kind = TermKind::tuple;
    for (const std::uint32_t field : key) tuple->children.push_back(column_term(source, field));
    term->children.push_back(std::move(tuple));
  }
  term->query = std::make_shared<const QuerySpec>(std::move(keys));
  return term;
}

void add_order(std::vector<OrderSpec>& order, const SourcePtr& source, const std::vector<OrderTerm>& terms, bool flip) {
  for (const OrderTerm& term : terms)
    if (!orders_by(order, source, term.field))
      order.push_back({column_term(source, term.field), term.descending != flip, {}});
}

void add_key_order(std::vector<OrderSpec>& order, const SourcePtr& source, bool flip) {
  for (const std::uint32_t field : source->model->primary_key)
    if (!orders_by(order, source, field)) order.push_back({column_term(source, field), flip, {}});
}

std::vector<OrderSpec> root_order(const Request& request, const std::vector<OrderSpec>& explicit_order,
                                  const RelationInfo* via) {
  std::vector<OrderSpec> order = explicit_order;
  if (request.reversed)
    for (OrderSpec& by : order) {
      by.descending = !by.descending;
      if (by.nulls == sql::NullsOrder::first) {
        by.nulls = sql::NullsOrder::last;
      } else if (by.nulls == sql::NullsOrder::last) {
        by.nulls = sql::NullsOrder::first;
      }
    }
  if (order.empty()) {
    const bool own = via != nullptr && !via->order_by.empty();
    add_order(order, request.root, own ? via->order_by : request.root->model->order_by, request.reversed);
  }
  add_key_order(order, request.root, request.reversed);
  return order;
}

void apply_limits(QuerySpec& spec, const Request& request, const std::vector<OrderSpec>& order) {
  if (!is_limited(request)) return;
  if (request.raw_limit || !has_to_many(spec)) {
    spec.limit = request.limit;
    spec.offset = request.offset;
    return;
  }
  spec.where = all_of(spec.where, key_in(request.root, limited_keys(request, order)));
}

std::vector<OrderSpec> own_order(const Request& request) {
  std::vector<SourcePtr> joined;
  if (request.where) collect_paths(*request.where, joined);
  const auto begins = [](const std::vector<std::uint32_t>& path, const std::vector<std::uint32_t>& begin) {
    return path.size() >= begin.size() && std::equal(begin.begin(), begin.end(), path.begin());
  };
  std::vector<OrderSpec> order;
  for (const OrderSpec& by : request.order_by) {
    std::vector<SourcePtr> paths;
    collect_paths(*by.term, paths);
    const bool list = paths.size() == 1 && is_to_many_path(*paths.front());
    const std::vector<std::uint32_t> path = list ? relations_of(paths.front()) : std::vector<std::uint32_t>();
    const bool fetched = list && std::any_of(request.loads.begin(), request.loads.end(), [&](const LoadRequest& load) {
                           return load.method != Method::join && load.name.empty() && begins(path, load.path);
                         });
    const bool there =
        std::any_of(request.loads.begin(), request.loads.end(),
                    [&](const LoadRequest& load) { return load.method == Method::join && begins(load.path, path); }) ||
        std::any_of(joined.begin(), joined.end(),
                    [&](const SourcePtr& source) { return begins(relations_of(source), path); });
    if (!fetched || there) order.push_back(by);
  }
  return order;
}

QuerySpec resolve_keys(const Request& request) {
  require_key(*request.root->model, "this");
  QuerySpec spec;
  spec.root = request.root;
  spec.context = request.root;
  spec.default_projection = false;
  spec.where = request.where;
  for (const std::uint32_t field : request.root->model->primary_key)
    spec.outputs.push_back({column_term(request.root, field), nullptr});
  if (is_limited(request)) {
    std::vector<OrderSpec> order = root_order(request, request.order_by, request.via);
    return limited_keys(request, order);
  }
  join_paths(spec);
  spec.distinct = has_to_many(spec);
  return spec;
}

}  // namespace dorm::query
