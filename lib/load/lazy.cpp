#include "load/lazy.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "dorm/error.hpp"
#include "load/relation_count.hpp"
#include "load/relation_load.hpp"
#include "session/transaction.hpp"

namespace dorm::load {
namespace {

// Siblings loaded with a touched row: enough to make a scan cheap, few enough to bound the memory of one touch.
constexpr std::uint32_t batch_rows = 10'000;
// Beside the numbers of relations: one load of cells per node at a time, one count per relation.
constexpr std::uint32_t cells_claim = 0x80000000U;
constexpr std::uint32_t counts_claim = 0x40000000U;

std::shared_ptr<const Context> shared_context(const graph::Node& node) {
  return std::static_pointer_cast<const Context>(node.graph->context);
}

LazyPolicy policy_of(const graph::Node& node, const RelationInfo* relation, const Engine& engine) {
  if (const auto query = static_cast<LazyPolicy>(node.graph->lazy); query != LazyPolicy::unset) return query;
  if (const auto path = static_cast<LazyPolicy>(node.lazy); path != LazyPolicy::unset) return path;
  if (relation != nullptr && relation->lazy != LazyPolicy::unset) return relation->lazy;
  if (node.shape->model->lazy != LazyPolicy::unset) return node.shape->model->lazy;
  return engine.lazy;
}

// The path to a member of these rows from the rows that were asked for: "books__tags".
std::string path_to(const graph::Node& node, const std::string& member) {
  std::vector<std::pair<const graph::Node*, std::string>> met{{node.graph->root(), {}}};
  const auto is_met = [&](const graph::Node* other) {
    return std::any_of(met.begin(), met.end(), [&](const auto& item) { return item.first == other; });
  };
  for (std::size_t i = 0; i < met.size(); ++i) {
    const auto [at, path] = met[i];
    if (at == &node) return path + member;
    for (const graph::Relation* entry = at->relations(); entry != nullptr; entry = entry->next) {
      if (entry->target == nullptr || entry->info == no_index || at->shape->model == nullptr || is_met(entry->target))
        continue;
      met.emplace_back(entry->target, path + at->shape->model->relations[entry->info].name + "__");
    }
  }
  return member;
}

void check_policy(const graph::Node& node, LazyPolicy policy, const std::string& member, const char* call) {
  if (policy == LazyPolicy::raise || (policy == LazyPolicy::raise_n_plus_one && node.graph->complete_slots(node) > 1)) {
    throw QueryError("'" + node.shape->model->name + "." + member + "' is not loaded and its lazy policy is '" +
                     (policy == LazyPolicy::raise ? "raise" : "raise_n_plus_one") + "'; load it with " + call + "(\"" +
                     path_to(node, member) + "\"), or set another policy");
  }
}

bool is_saved(const graph::Node& node, std::uint32_t slot) noexcept {
  const auto* state = node.states.find(slot);
  return state == node.states.end() || state->second.saved;
}

class ClaimGuard {
 public:
  ClaimGuard(graph::Graph& graph, const graph::Node& node, std::uint32_t what)
      : graph_(graph), node_(node), what_(what) {}
  ClaimGuard(const ClaimGuard&) = delete;
  ClaimGuard& operator=(const ClaimGuard&) = delete;
  ~ClaimGuard() { graph_.release_claim(&node_, what_); }

 private:
  graph::Graph& graph_;
  const graph::Node& node_;
  std::uint32_t what_;
};

// Runs `load`, unless another thread is at the same: then it only waits, and the caller looks again. `load` is told
// whether nobody else can be at it, which is not so for a thread that must not wait.
template <class Load>
void load_once(graph::Node& node, std::uint32_t what, const Engine& engine, Load load) {
  switch (node.graph->claim(&node, what, !engine.session->holds_connection())) {
    case graph::Graph::Claim::waited:
      return;
    case graph::Graph::Claim::beside:
      return load(false);
    case graph::Graph::Claim::owned:
      const ClaimGuard guard(*node.graph, node, what);
      return load(true);
  }
}

// Whether the key of a relation is there to be loaded with those of its siblings.
bool has_key(const graph::Node& node, std::uint32_t slot, const RelationInfo& relation) {
  const Cell* cells = node.cells(slot);
  return std::all_of(relation.fields.begin(), relation.fields.end(),
                     [&](std::uint32_t field) { return cells[field].is_loaded(); });
}

// The slot and its siblings for which `is_missing` holds.
template <class IsMissing>
std::vector<std::uint32_t> siblings(const graph::Node& node, std::uint32_t slot, LazyPolicy policy,
                                    IsMissing is_missing) {
  if (policy == LazyPolicy::each) return {slot};
  std::vector<std::uint32_t> slots;
  const std::uint32_t first = slot - slot % batch_rows;
  const std::uint32_t end = std::max(slot + 1, std::min(node.graph->complete_slots(node), first + batch_rows));
  for (std::uint32_t i = first; i < end; ++i)
    if (i == slot || is_missing(i)) slots.push_back(i);
  return slots;
}

}  // namespace

void check_transaction(const graph::Node& node) {
  const auto& mark = node.graph->transaction;
  if (mark && !mark->ended && mark->owner != std::this_thread::get_id()) {
    throw StateError(
        "the row was loaded in a transaction that is still open on another thread; load more on that thread, or after "
        "it has ended");
  }
}

const Context& context_of(const graph::Node& node) { return *static_cast<const Context*>(node.graph->context.get()); }

graph::Node::Found touch_relation(graph::Node& node, std::uint32_t slot, const RelationInfo& relation) {
  while (true) {
    const graph::Node::Found found = node.find_span(slot, relation.index);
    if (found.span.state != graph::RelationState::not_loaded) return found;
    const std::shared_ptr<const Context> context = shared_context(node);
    const std::shared_ptr<Engine> engine = context->open_engine();
    const LazyPolicy policy = policy_of(node, &relation, *engine);
    check_transaction(node);
    check_policy(node, policy, relation.name, relation.to_many() ? "prefetch_related" : "select_related");
    for (const std::uint32_t field : relation.fields) touch_field(node, slot, field);

    load_once(node, relation.index, *engine, [&](bool is_alone) {
      const auto is_missing = [&](std::uint32_t other) {
        return node.find_span(other, relation.index).span.state == graph::RelationState::not_loaded;
      };
      if (!is_missing(slot)) return;
      RelationLoad load;
      load.parent = &node;
      load.relation = &relation;
      load.append = is_alone;
      load.slots = siblings(node, slot, policy,
                            [&](std::uint32_t other) { return is_missing(other) && has_key(node, other, relation); });
      load_relation(*engine, context, load);
    });
  }
}

std::int64_t touch_count(graph::Node& node, std::uint32_t slot, const RelationInfo& relation) {
  while (true) {
    const auto is_whole = [&](const graph::Node::Found& found) {
      return found.span.state == graph::RelationState::loaded && !found.relation->partial;
    };
    const graph::Node::Found found = node.find_span(slot, relation.index);
    if (is_whole(found)) return found.span.count;
    if (const std::optional<std::int64_t> known = node.graph->known_count(node, slot, relation.index)) return *known;
    const std::shared_ptr<const Context> context = shared_context(node);
    const std::shared_ptr<Engine> engine = context->open_engine();
    const LazyPolicy policy = policy_of(node, &relation, *engine);
    check_transaction(node);
    check_policy(node, policy, relation.name, "prefetch_related");
    for (const std::uint32_t field : relation.fields) touch_field(node, slot, field);
    load_once(node, counts_claim | relation.index, *engine, [&](bool) {
      if (node.graph->known_count(node, slot, relation.index)) return;
      const std::vector<std::uint32_t> slots = siblings(node, slot, policy, [&](std::uint32_t other) {
        return is_saved(node, other) && !is_whole(node.find_span(other, relation.index)) &&
               has_key(node, other, relation);
      });
      node.graph->keep_counts(node, relation.index, slots, count_related(*engine, *context, node, slots, relation));
      // Rows that a rollback takes away were counted, too.
      if (TransactionLevel* level = engine->session->current_transaction()) {
        level->on_rollback([node = std::weak_ptr<graph::Node>(node.graph->share(&node)), slots, at = relation.index] {
          const std::shared_ptr<graph::Node> alive = node.lock();
          if (!alive) return;
          for (const std::uint32_t other : slots) alive->graph->forget_count(*alive, other, at);
        });
      }
    });
  }
}

void touch_field(graph::Node& node, std::uint32_t slot, std::uint32_t field) {
  while (!node.cells(slot)[field].is_loaded()) {
    const ModelInfo& model = *node.shape->model;
    if (!is_saved(node, slot)) {
      throw StateError("'" + model.name + "." + model.fields[field].name + "' has no value yet: the row is not saved");
    }
    // That of today, beside what was read yesterday, would let a stale row pass for a fresh one.
    if (field == model.version_field) {
      throw StateError("the version '" + model.name + "." + model.fields[field].name +
                       "' was not loaded with its row; select it too, or load() the row");
    }
    const std::shared_ptr<const Context> context = shared_context(node);
    const std::shared_ptr<Engine> engine = context->open_engine();
    const LazyPolicy policy = policy_of(node, nullptr, *engine);
    check_transaction(node);
    check_policy(node, policy, model.fields[field].name, "fields");
    load_once(node, cells_claim, *engine, [&](bool) {
      if (node.cells(slot)[field].is_loaded()) return;
      load_cells(
          *engine, context, node,
          siblings(node, slot, policy,
                   [&](std::uint32_t other) { return !node.cells(other)[field].is_loaded() && is_saved(node, other); }),
          {field});
      if (!node.cells(slot)[field].is_loaded())
        throw NotFound("the row of model '" + model.name + "' is gone from the database");
    });
  }
}

}  // namespace dorm::load
