#include "load/fold.hpp"

#include <algorithm>
#include <utility>

#include "load/child_query.hpp"
#include "load/strategy.hpp"
#include "query/path.hpp"
#include "query/visit.hpp"

namespace dorm::load {
namespace {

// A source of the fetched statement, whose root has become a path of another one.
query::SourcePtr moved(const query::SourcePtr& source, const query::SourcePtr& from, const query::SourcePtr& to) {
  if (query::same_source(*source, *from)) return to;
  if (!source->from) return source;
  const query::SourcePtr path = query::path_source(moved(source->from, from, to), source->via);
  return source->links ? query::link_source(path) : path;
}

bool names_paths(const query::TermPtr& term) {
  std::vector<query::SourcePtr> paths;
  if (term) query::collect_paths(*term, paths);
  return !paths.empty();
}

bool is_list(const query::JoinSpec& join) { return join.target->from && query::is_to_many_path(*join.target); }

// Limits count rows of the root: beside lists they are found first.
void limit_first(query::QuerySpec& spec) {
  if (!spec.limit && !spec.offset) return;
  const std::vector<std::uint32_t>& key = spec.root->model->primary_key;
  spec.where = key_condition(spec.root, key, keys_of(spec, spec.root, key));
  spec.limit.reset();
  spec.offset.reset();
}

}  // namespace

std::string why_not_folded(const query::QuerySpec& parents, const query::Fetch& fetch, const RelationInfo& relation,
                           const sql::Capabilities& capabilities) {
  const query::QuerySpec& children = *fetch.unit->spec;
  if (fetch.limit || fetch.offset) return "a limit per parent needs a statement of its own";
  if (!fetch.name.empty() && fetch.name != relation.name) return "it has a name of its own beside the relation";
  if (parents.root->model->primary_key.empty()) return "model '" + parents.root->model->name + "' has no primary key";
  if (children.root->model->primary_key.empty()) return "model '" + children.root->model->name + "' has no primary key";
  if (names_paths(children.where)) return "its condition follows relations itself";
  if ((parents.limit || parents.offset) && std::any_of(parents.joins.begin(), parents.joins.end(), is_list))
    return "the limit counts joined rows";
  if ((parents.limit || parents.offset) && !has_total_order(parents))
    return "its parents are limited without a total order; beside a list they could be others";
  if (parents.joins.size() + children.joins.size() + 2 > capabilities.max_joins)
    return "too many tables for one statement";
  if (!parents.group_by.empty() || parents.distinct) return "its parents are grouped or distinct";
  return {};
}

query::SpecPtr folded(const query::QuerySpec& parents, const std::vector<std::uint32_t>& at,
                      const query::Fetch& fetch) {
  auto made = std::make_shared<query::QuerySpec>(parents);
  query::QuerySpec& spec = *made;
  const query::QuerySpec& children = *fetch.unit->spec;
  const query::SourcePtr from = source_at(spec.root, at);
  const query::SourcePtr target = query::path_source(from, fetch.relation);
  const RelationInfo& relation = from->model->relations[fetch.relation];
  const auto rebased = [&](const query::TermPtr& term) { return query::rebased(term, children.root, target); };

  const query::PathJoin path = query::join_of(target);
  if (path.link) {
    query::JoinSpec link;
    link.kind = sql::JoinKind::left;
    link.from = from;
    link.target = path.link;
    link.on = query::join_of(path.link).on;
    spec.joins.push_back(std::move(link));
    for (const FieldInfo& field : path.link->model->fields)
      spec.outputs.push_back({query::column_term(path.link, field.index), nullptr});
  }
  query::JoinSpec join;
  join.kind = sql::JoinKind::left;
  join.from = path.link ? path.link : from;
  join.target = target;
  join.on = query::all_of(path.on, rebased(children.where));
  join.relation = relation.index;
  join.accessor = relation.name;
  join.shared = true;
  join.partial = fetch.partial;
  spec.joins.push_back(std::move(join));
  for (query::JoinSpec below : children.joins) {
    below.from = moved(below.from, children.root, target);
    below.target = moved(below.target, children.root, target);
    below.on = rebased(below.on);
    spec.joins.push_back(std::move(below));
  }
  if (children.default_projection) {
    spec.outputs.push_back({nullptr, target});
  } else {
    for (const query::OutputSpec& output : children.outputs) {
      spec.outputs.push_back({output.term ? rebased(output.term) : nullptr,
                              output.source ? moved(output.source, children.root, target) : nullptr});
    }
  }
  if (std::any_of(spec.joins.begin(), spec.joins.end(), is_list)) limit_first(spec);
  for (const query::OrderSpec& order : children.order_by)
    spec.order_by.push_back({rebased(order.term), order.descending, order.nulls});
  if (path.link) order_by_key(spec, path.link);
  // Each row of the root once, also where only single rows are joined: then both sides of a one_to_one are known.
  spec.parents = true;
  return made;
}

}  // namespace dorm::load
