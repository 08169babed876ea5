#include "graph/graph.hpp"

#include <cstring>
#include <set>

namespace dorm::graph {

Node* Graph::add_node(std::shared_ptr<const Shape> shape, unsigned shift) {
  // Nobody else knows a graph without nodes.
  if (!root_) return &root_.emplace(this, std::move(shape), shift);
  auto node = std::make_unique<Node>(this, std::move(shape), shift);
  const std::lock_guard lock(mutex);
  nodes_.push_back(std::move(node));
  return nodes_.back().get();
}

// Chains of assigned rows are as long as a program makes them: neither looking along one nor freeing it may recurse.
bool Graph::reaches(const Graph* other) const {
  if (this == other) return true;
  // Nobody leads to a graph that nobody refers to, as a row that was just made.
  if (other->referrers_.load(std::memory_order_relaxed) == 0) return false;
  std::set<const Graph*> seen{this};
  std::vector<const Graph*> next{this};
  while (!next.empty()) {
    const Graph* graph = next.back();
    next.pop_back();
    for (const auto& [key, external] : graph->externals_) {
      if (!external.strong) continue;
      const Graph* target = external.strong->graph;
      if (target == other) return true;
      if (seen.insert(target).second) next.push_back(target);
    }
  }
  return false;
}

void Graph::release(External& external) noexcept {
  if (external.strong) external.strong->graph->referrers_.fetch_sub(1, std::memory_order_relaxed);
}

Graph::~Graph() {
  // The outermost destructor frees the graphs that inner ones would have freed.
  thread_local std::vector<std::shared_ptr<Node>>* outermost = nullptr;
  std::vector<std::shared_ptr<Node>> own;
  const bool is_outermost = outermost == nullptr;
  if (is_outermost) outermost = &own;
  for (auto& [key, external] : externals_) {
    release(external);
    if (external.strong) outermost->push_back(std::move(external.strong));
  }
  if (!is_outermost) return;
  while (!own.empty()) {
    const std::shared_ptr<Node> last = std::move(own.back());
    own.pop_back();
  }
  outermost = nullptr;
}

void Graph::set_external(Relation* relation, std::uint32_t slot, const Reference& target) {
  External external;
  external.slot = target.slot;
  if (target.node->graph->reaches(this)) {
    external.weak = target.node;
  } else {
    external.strong = target.node;
    target.node->graph->referrers_.fetch_add(1, std::memory_order_relaxed);
  }
  External& place = externals_[{relation, slot}];
  release(place);
  place = std::move(external);
  relation->set_state(slot, RelationState::external);
}

Reference Graph::external(const Relation* relation, std::uint32_t slot) const {
  const auto found = externals_.find({relation, slot});
  if (found == externals_.end()) return {};
  const External& external = found->second;
  return {external.strong ? external.strong : external.weak.lock(), external.slot};
}

void Graph::clear_external(const Relation* relation, std::uint32_t slot) {
  const auto found = externals_.find({relation, slot});
  if (found == externals_.end()) return;
  release(found->second);
  externals_.erase(found);
}

Graph::Claim Graph::claim(const Node* node, std::uint32_t what, bool may_wait) {
  std::unique_lock lock(mutex);
  const auto [place, free] = claims_.try_emplace({node, what}, std::this_thread::get_id());
  if (free) return Claim::owned;
  if (!may_wait || place->second == std::this_thread::get_id()) return Claim::beside;
  released_.wait(lock);
  return Claim::waited;
}

void Graph::release_claim(const Node* node, std::uint32_t what) noexcept {
  {
    const std::lock_guard lock(mutex);
    const auto found = claims_.find({node, what});
    if (found == claims_.end() || found->second != std::this_thread::get_id()) return;
    claims_.erase(found);
  }
  released_.notify_all();
}

std::optional<std::int64_t> Graph::known_count(const Node& node, std::uint32_t slot, std::uint32_t relation) {
  const std::lock_guard lock(mutex);
  const auto counts = counts_.find({&node, relation});
  if (counts == counts_.end()) return std::nullopt;
  const auto count = counts->second.find(slot);
  return count == counts->second.end() ? std::nullopt : std::optional(count->second);
}

void Graph::keep_counts(const Node& node, std::uint32_t relation, const std::vector<std::uint32_t>& slots,
                        const std::vector<std::int64_t>& counts) {
  const std::lock_guard lock(mutex);
  std::unordered_map<std::uint32_t, std::int64_t>& known = counts_[{&node, relation}];
  for (std::size_t i = 0; i < slots.size(); ++i) known.insert_or_assign(slots[i], counts[i]);
}

void Graph::forget_count(const Node& node, std::uint32_t slot, std::uint32_t relation) {
  const std::lock_guard lock(mutex);
  const auto counts = counts_.find({&node, relation});
  if (counts != counts_.end()) counts->second.erase(slot);
}

std::uint32_t Graph::complete_slots(const Node& node) {
  const std::lock_guard lock(mutex);
  const auto growing = growing_.find(&node);
  return growing == growing_.end() ? node.slot_count() : growing->second;
}

Growth::Growth(Node& node) : node_(node) {
  const std::lock_guard lock(node.graph->mutex);
  // Another load's appends must not be looked at.
  const auto [place, free] = node.graph->growing_.try_emplace(&node, 0);
  if (!free) return;
  place->second = slots_ = node.slot_count();
  rows_ = node.rows.size();
  owned_ = true;
}

Growth::~Growth() {
  if (!owned_) return;
  const std::lock_guard lock(node_.graph->mutex);
  if (!kept_) {
    node_.rows.truncate(rows_);
    if (node_.slots != nullptr) node_.slots->truncate(slots_);
  }
  node_.graph->growing_.erase(&node_);
}

void make_own_row(Node& node, std::uint32_t slot) {
  if (node.slots == nullptr) return;
  SlotState& state = node.states[slot];
  if (state.own_row) return;
  const Cell* shared = node.cells(slot);
  Cell* own = node.rows.append();
  std::memcpy(own, shared, sizeof(Cell) * node.rows.width());
  *node.slots->at(slot) = node.rows.size() - 1;
  state.own_row = true;
}

}  // namespace dorm::graph
