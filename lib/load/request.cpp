#include "load/request.hpp"

#include <deque>
#include <numeric>
#include <utility>
#include <vector>

#include "load/relation_load.hpp"
#include "load/run.hpp"

namespace dorm::load {
namespace {

std::vector<std::uint32_t> all_slots(const graph::Node& node) {
  std::vector<std::uint32_t> slots(node.slot_count());
  std::iota(slots.begin(), slots.end(), 0U);
  return slots;
}

// Of an entry whose rows were cut to a limit here, only those that somebody was given.
std::vector<std::uint32_t> linked_slots(const graph::Relation& entry, const std::vector<std::uint32_t>& parents) {
  std::vector<bool> linked(entry.target->slot_count());
  for (const std::uint32_t parent : parents) {
    const graph::Span span = entry.span(parent);
    if (span.state != graph::RelationState::loaded) continue;
    for (std::uint32_t i = 0; i < span.count; ++i) linked[entry.target_slot(span.begin + i)] = true;
  }
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < linked.size(); ++slot)
    if (linked[slot]) slots.push_back(slot);
  return slots;
}

// Rows of a unit that are there, whose fetches are still to be run.
struct Place {
  const query::Unit* unit;
  graph::Node* root;
  std::vector<std::uint32_t> slots;  // of the root
};

void fetch_level_by_level(Engine& engine, const std::shared_ptr<const Context>& context, Place first) {
  std::deque<Place> places;
  places.push_back(std::move(first));
  for (; !places.empty(); places.pop_front()) {
    const Place& place = places.front();
    for (const query::Fetch& fetch : place.unit->fetches) {
      RelationLoad load;
      load.parent = joined_node(*place.root, fetch.at);
      if (load.parent == nullptr || load.parent->slot_count() == 0) continue;
      load.relation = &load.parent->shape->model->relations[fetch.relation];
      load.slots = fetch.at.empty() ? place.slots : all_slots(*load.parent);
      load.children = fetch.unit->spec;
      load.joined = Sharing::per_parent;
      load.partial = fetch.partial;
      load.name = fetch.name;
      load.limit = fetch.limit;
      load.offset = fetch.offset;
      const graph::Relation* entry = load_relation(engine, context, load);
      entry->target->lazy = static_cast<std::uint8_t>(fetch.lazy);
      if (fetch.unit->fetches.empty() || entry->target->slot_count() == 0) continue;
      const bool limited = fetch.limit || fetch.offset;
      places.push_back({fetch.unit.get(), entry->target,
                        limited ? linked_slots(*entry, load.slots) : all_slots(*entry->target)});
    }
  }
}

}  // namespace

graph::Node* joined_node(graph::Node& root, const std::vector<std::uint32_t>& relations) {
  graph::Node* node = &root;
  for (const std::uint32_t relation : relations) {
    graph::Relation* entry = node->relations();
    while (entry != nullptr && (entry->info != relation || entry->named || entry->target == nullptr)) entry = entry->next;
    if (entry == nullptr) return nullptr;
    node = entry->target;
  }
  return node;
}

void run_fetches(Engine& engine, const std::shared_ptr<const Context>& context, const query::Unit& unit,
                 graph::Node& root) {
  fetch_level_by_level(engine, context, {&unit, &root, all_slots(root)});
}

std::shared_ptr<graph::Graph> run_request(Engine& engine, const std::shared_ptr<const Context>& context,
                                          const query::Unit& unit) {
  if (unit.fetches.empty()) return run(engine, context, *unit.spec);
  ReadSnapshot snapshot(*engine.session);
  std::shared_ptr<graph::Graph> graph = run(engine, context, *unit.spec);
  run_fetches(engine, context, unit, *graph->root());
  snapshot.end();
  return graph;
}

}  // namespace dorm::load
