#include "load/request.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "load/strategy.hpp"

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

// A statement as it could be asked for again: `origin` is where the unit's root is in it. Null where nobody will.
struct Asked {
  query::SpecPtr statement;
  query::SourcePtr origin;
};

RelationLoad load_of(const Step& step, const ModelInfo& parent) {
  const query::Fetch& fetch = *step.fetch;
  RelationLoad load;
  load.relation = &parent.relations[fetch.relation];
  load.children = step.load.spec;
  load.joined = Sharing::per_parent;
  load.partial = fetch.partial;
  load.name = fetch.name;
  load.limit = fetch.limit;
  load.offset = fetch.offset;
  return load;
}

query::SpecPtr parent_keys(const Asked& parents, const Step& step, const ModelInfo& parent) {
  return keys_of(*parents.statement, source_at(parents.origin, step.at), parent.relations[step.fetch->relation].fields);
}

Asked asked_below(const Engine& engine, const Context& context, const Asked& parents, const Step& step,
                  const ModelInfo& parent) {
  if (!step.load.is_subquery()) return {};
  RelationLoad load = load_of(step, parent);
  load.keys = parent_keys(parents, step, parent);
  return {std::make_shared<const query::QuerySpec>(relation_query(engine, context, load)), step.load.spec->root};
}

// One run of a planned load.
class Run {
 public:
  Run(Engine& engine, const std::shared_ptr<const Context>& context) : engine_(engine), context_(context) {}

  std::shared_ptr<graph::Graph> whole(const Load& load) {
    std::shared_ptr<graph::Graph> graph = make_graph(engine_, context_);
    graph->lazy = static_cast<std::uint8_t>(load.spec->lazy);
    Asked root;
    if (load.is_subquery()) root = {load.spec, load.spec->root};
    if (has_pipelined(load)) {
      send_ahead(*graph, load, root);
    } else {
      const query::Shaped shaped = query::shape_of(*load.spec, query::Purpose::rows);
      const auto plan = plan_of(engine_, *load.spec, query::Purpose::rows, shaped);
      run_into(engine_, *graph, *plan, shaped.slots, Sharing::per_parent, 8);
    }
    fetches(load, *graph->root(), root);
    return graph;
  }

  // Level by level.
  void fetches(const Load& first, graph::Node& root, Asked asked) {
    std::deque<Place> places;
    places.push_back({&first, &root, all_slots(root), std::move(asked)});
    for (; !places.empty(); places.pop_front())
      for (const Step& step : places.front().load->steps) run_step(places.front(), step, places);
  }

  static bool has_pipelined(const Load& load) {
    return std::any_of(load.steps.begin(), load.steps.end(),
                       [](const Step& step) { return step.strategy == Strategy::pipelined; });
  }
  // Whether all that is loaded goes in one pipeline.
  static bool is_pipelined(const Load& load) {
    return std::all_of(load.steps.begin(), load.steps.end(), [](const Step& step) {
      return step.strategy == Strategy::join || (step.strategy == Strategy::pipelined && is_pipelined(step.load));
    });
  }

 private:
  // Rows of a statement that are there, whose steps are still to be run.
  struct Place {
    const Load* load;
    graph::Node* root;
    std::vector<std::uint32_t> slots;  // of the root
    Asked asked;
  };

  // A statement that is sent before its parents are here.
  struct Ahead {
    Ahead(graph::Graph& graph, Engine& engine, query::QuerySpec statement)
        : spec(std::move(statement)),
          shaped(query::shape_of(spec, query::Purpose::rows)),
          plan(plan_of(engine, spec, query::Purpose::rows, shaped)),
          parameters(*plan, shaped.slots),
          filling(graph, *plan, Sharing::per_parent, 8) {}
    const query::QuerySpec spec;
    const query::Shaped shaped;
    const std::shared_ptr<const query::Plan> plan;
    const Parameters parameters;
    Filling filling;
  };

  void send_ahead(graph::Graph& graph, const Load& load, const Asked& asked) {
    Ahead& root = statements_.emplace_back(graph, engine_, *load.spec);
    collect(graph, load, asked);
    std::vector<driver::Connection::Query> queries;
    for (Ahead& statement : statements_)
      queries.push_back({&statement.plan->statement, statement.parameters.cells(), &statement.filling.sink(), {}});
    engine_.session->execute_all(queries, true);
    root.filling.finish();
  }

  void collect(graph::Graph& graph, const Load& load, const Asked& asked) {
    for (const Step& step : load.steps) {
      if (step.strategy != Strategy::pipelined) continue;
      const ModelInfo& parent = *source_at(asked.origin, step.at)->model;
      RelationLoad wanted = load_of(step, parent);
      wanted.keys = parent_keys(asked, step, parent);
      ahead_[&step] = &statements_.emplace_back(graph, engine_, relation_query(engine_, *context_, wanted));
      collect(graph, step.load, asked_below(engine_, *context_, asked, step, parent));
    }
  }

  void run_step(const Place& place, const Step& step, std::deque<Place>& next) {
    graph::Node* parent = joined_node(*place.root, step.at);
    if (parent == nullptr || parent->slot_count() == 0) return;
    const ModelInfo& model = *parent->shape->model;
    const auto lazy = static_cast<std::uint8_t>(step.fetch->lazy);
    if (step.strategy == Strategy::join) {
      if (graph::Node* node = joined_node(*parent, {step.fetch->relation})) node->lazy = lazy;
      return;
    }
    RelationLoad load = load_of(step, model);
    load.parent = parent;
    load.slots = step.at.empty() ? place.slots : all_slots(*parent);
    if (step.strategy != Strategy::key_set) load.keys = parent_keys(place.asked, step, model);
    if (const auto sent = ahead_.find(&step); sent != ahead_.end()) load.filled = &sent->second->filling;
    const graph::Relation* entry = load_relation(engine_, context_, load);
    entry->target->lazy = lazy;
    if (step.load.steps.empty() || entry->target->slot_count() == 0) return;
    const bool limited = load.limit || load.offset;
    next.push_back({&step.load, entry->target, limited ? linked_slots(*entry, load.slots) : all_slots(*entry->target),
                    asked_below(engine_, *context_, place.asked, step, model)});
  }

  Engine& engine_;
  const std::shared_ptr<const Context>& context_;
  std::deque<Ahead> statements_;
  std::map<const Step*, Ahead*> ahead_;
};

bool is_one_statement(const Load& load) {
  return std::all_of(load.steps.begin(), load.steps.end(),
                     [](const Step& step) { return step.strategy == Strategy::join; });
}

}  // namespace

graph::Node* joined_node(graph::Node& root, const std::vector<std::uint32_t>& relations) {
  graph::Node* node = &root;
  for (const std::uint32_t relation : relations) {
    graph::Relation* entry = node->relations();
    while (entry != nullptr && (entry->info != relation || entry->named || entry->target == nullptr))
      entry = entry->next;
    if (entry == nullptr) return nullptr;
    node = entry->target;
  }
  return node;
}

std::shared_ptr<graph::Graph> run_request(Engine& engine, const std::shared_ptr<const Context>& context,
                                          const query::Unit& unit) {
  if (unit.fetches.empty()) return run(engine, context, *unit.spec);
  const Load load = plan_load(engine, *context, unit);
  // One statement needs no snapshot, and a pipeline brings its own.
  if (is_one_statement(load) || (Run::has_pipelined(load) && Run::is_pipelined(load)))
    return Run(engine, context).whole(load);
  const auto in_snapshot = [&] {
    ReadSnapshot snapshot(*engine.session);
    std::shared_ptr<graph::Graph> graph = Run(engine, context).whole(load);
    snapshot.end();
    return graph;
  };
  try {
    return in_snapshot();
  } catch (const ConnectionLost&) {
    // Nobody has seen any of it, so another connection may be asked for all of it; inside a transaction it is too late.
    if (engine.session->holds_connection()) throw;
  }
  return in_snapshot();
}

}  // namespace dorm::load
