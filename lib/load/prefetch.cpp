#include "load/prefetch.hpp"

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "query/grouping.hpp"
#include "query/snapshots.hpp"

namespace dorm::load {
namespace {

const ModelInfo& model_of(const query::QuerySpec& spec) {
  if (!spec.root || spec.root->model == nullptr || spec.mode != query::RowMode::models) {
    throw QueryError("prefetch attaches rows of models; select from a model, without dicts(), tuples() or objects()");
  }
  return *spec.root->model;
}

// Snapshots of the same files are.
bool is_numbered_alike(const Registry& one, const Registry& other, const ModelInfo& model) {
  return one.snapshot() == other.snapshot() ||
         (one.registry_hash() == other.registry_hash() && query::same_model(other.model(model.id), model));
}

// The relation of `parent` that leads to `child`, by a foreign key of either side; nullptr if there is none.
const RelationInfo* relation_between(const ModelInfo& parent, const ModelInfo& child, const Registry& registry) {
  std::vector<const RelationInfo*> found;
  for (const RelationInfo& relation : parent.relations) {
    if (relation.target != child.id || relation.through != no_index) continue;
    // A model that refers to itself is followed downwards: parents, then children.
    if (relation.holds_key() && parent.id == child.id) continue;
    found.push_back(&relation);
  }
  if (found.empty()) return nullptr;
  if (found.size() == 1) return found.front();
  for (const RelationInfo* relation : found) {
    // As joins do: the foreign key that is named like what it refers to.
    const RelationInfo& key = relation->holds_key() ? *relation : child.relations[relation->inverse];
    if (key.name == registry.model(key.target).snake_name) return relation;
  }
  std::vector<std::string> names;
  for (const RelationInfo* relation : found) {
    const RelationInfo& key = relation->holds_key() ? *relation : child.relations[relation->inverse];
    names.push_back(registry.model(key.model).name + "." + key.name);
  }
  throw QueryError("more than one foreign key between '" + parent.name + "' and '" + child.name +
                   "': " + quote_list(names) + "; prefetch cannot choose");
}

}  // namespace

std::shared_ptr<graph::Graph> prefetch(Engine& engine, const std::shared_ptr<const Context>& context,
                                       std::vector<query::SpecPtr> queries) {
  // All mistakes before the first statement.
  struct Child {
    std::size_t parent;
    const RelationInfo* relation;
  };
  std::vector<Child> children(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const ModelInfo& model = model_of(*queries[i]);
    if (i == 0) continue;
    if (!is_numbered_alike(queries[i]->root->registry, context->registry, model))
      throw QueryError("the prefetched query of '" + model.name +
                       "' comes from another registry snapshot than the first; take new handles after a reload");
    if (queries[i]->limit || queries[i]->offset) {
      throw QueryError("a limit on the prefetched query of '" + model.name +
                       "' would cut across its parents; limit the first query, or filter");
    }
    if (!queries[i]->group_by.empty() || queries[i]->having || query::is_aggregated(*queries[i]) ||
        queries[i]->distinct || !queries[i]->distinct_on.empty())
      throw QueryError("the prefetched query of '" + model.name + "' cannot be grouped or distinct");
    const RelationInfo* relation = nullptr;
    for (std::size_t before = i; before-- > 0 && relation == nullptr;) {
      relation = relation_between(model_of(*queries[before]), model, context->registry);
      if (relation != nullptr) children[i] = {before, relation};
    }
    if (relation == nullptr)
      throw QueryError("no foreign key between '" + model.name + "' and a query before it; prefetch needs one");
    query::SpecPtr& parent = queries[children[i].parent];
    parent = std::make_shared<const query::QuerySpec>(with_fields(*parent, relation->fields));
  }
  // All statements see one state of the database.
  ReadSnapshot snapshot(*engine.session);
  std::vector<graph::Node*> nodes(queries.size());
  std::shared_ptr<graph::Graph> graph = run(engine, context, *queries.front());
  nodes[0] = graph->root();
  for (std::size_t i = 1; i < queries.size(); ++i) {
    RelationLoad load;
    load.parent = nodes[children[i].parent];
    load.relation = children[i].relation;
    load.children = queries[i];
    load.partial = queries[i]->where != nullptr || !queries[i]->joins.empty();
    for (std::uint32_t slot = 0; slot < load.parent->slot_count(); ++slot) load.slots.push_back(slot);
    nodes[i] = load_relation(engine, context, load)->target;
  }
  snapshot.end();
  return graph;
}

}  // namespace dorm::load
