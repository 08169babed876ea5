#include "load/relation_count.hpp"

#include <numeric>
#include <utility>

#include "load/key_chunks.hpp"
#include "load/run.hpp"
#include "query/builder.hpp"

namespace dorm::load {
namespace {

void join_to(query::QuerySpec& spec, query::SourcePtr from, query::SourcePtr target, query::TermPtr on) {
  query::JoinSpec join;
  join.from = std::move(from);
  join.target = std::move(target);
  join.on = std::move(on);
  spec.joins.push_back(std::move(join));
}

// The keys of rows that have any, and how many. The rows themselves are among its sources: so the database says which
// keys are equal, and gives back the bytes that we know a row by.
query::QuerySpec counts_query(const Context& context, const RelationInfo& relation, const query::SourcePtr& parents) {
  const query::SourcePtr target = query::model_source(context.registry, context.registry.model(relation.target));
  query::QuerySpec spec;
  spec.root = spec.context = parents;
  spec.default_projection = false;
  spec.mode = query::RowMode::tuples;
  const auto same_key = [&](const query::SourcePtr& holder, const std::vector<std::uint32_t>& fields) {
    query::TermPtr on;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      on = query::all_of(
          on, query::equal(query::column_term(holder, fields[i]), query::column_term(parents, relation.fields[i])));
    }
    return on;
  };
  if (relation.through == no_index) {
    join_to(spec, parents, target, same_key(target, relation.target_fields));
  } else {
    const ModelInfo& through = context.registry.model(relation.through);
    const query::SourcePtr links = query::model_source(context.registry, through);
    join_to(spec, parents, links, same_key(links, through.relations[relation.through_source].fields));
    join_to(spec, links, target, query::relation_condition(through.relations[relation.through_target], links, target));
  }
  for (const std::uint32_t field : relation.fields) {
    spec.outputs.push_back({query::column_term(parents, field), nullptr});
    spec.group_by.push_back(query::column_term(parents, field));
  }
  auto all = std::make_shared<query::Term>();
  all->kind = query::TermKind::count_all;
  all->type.kind = TypeKind::bigint;
  all->nullable = false;
  spec.outputs.push_back({std::move(all), nullptr});
  return spec;
}

}  // namespace

std::vector<std::int64_t> count_related(Engine& engine, const Context& context, const graph::Node& node,
                                        const std::vector<std::uint32_t>& slots, const RelationInfo& relation) {
  const ModelInfo& model = *node.shape->model;
  KeyGroups groups(model, relation.fields);
  std::vector<std::uint32_t> group_of(slots.size(), KeyGroups::none);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (is_complete(node, slots[i], relation.fields, "counting a relation"))
      group_of[i] = groups.add(node.cells(slots[i]));

  std::vector<std::int64_t> of_group(groups.size(), 0);
  // Beside itself where the relation leads to its own model.
  const query::SourcePtr parents = query::model_alias(*query::model_source(context.registry, model), "");
  query::QuerySpec spec = counts_query(context, relation, parents);
  std::vector<std::uint32_t> places(relation.fields.size());
  std::iota(places.begin(), places.end(), 0U);
  const auto count = static_cast<std::uint32_t>(places.size());
  in_chunks(groups, query::is_spread(model.fields[relation.fields.front()].type), [&](FlatKeys keys) {
    spec.where = key_condition(parents, relation.fields, std::move(keys));
    const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
    const auto plan = plan_of(engine, spec, query::Purpose::rows, shaped);
    graph::Graph scratch(nullptr);
    const graph::Node* found = run_into(engine, scratch, *plan, shaped.slots, Sharing::shared, groups.size());
    for (std::uint32_t row = 0; row < found->slot_count(); ++row) {
      const std::uint32_t group = groups.find(found->cells(row), places);
      if (group != KeyGroups::none) of_group[group] += value_of(found->cells(row)[count]).integer();
    }
  });

  std::vector<std::int64_t> counts;
  for (const std::uint32_t group : group_of) counts.push_back(group == KeyGroups::none ? 0 : of_group[group]);
  return counts;
}

}  // namespace dorm::load
