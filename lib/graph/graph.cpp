#include "graph/graph.hpp"

#include <cstring>

namespace dorm::graph {

Node* Graph::add_node(std::shared_ptr<const Shape> shape, unsigned shift) {
  auto node = std::make_unique<Node>(this, std::move(shape), shift);
  const std::lock_guard lock(mutex);
  nodes_.push_back(std::move(node));
  return nodes_.back().get();
}

bool Graph::reaches(const Graph* other) const {
  if (this == other) return true;
  for (const auto& [key, external] : externals_)
    if (external.strong && external.strong->graph->reaches(other)) return true;
  return false;
}

void Graph::set_external(Relation* relation, std::uint32_t slot, const Reference& target) {
  External external;
  external.slot = target.slot;
  if (target.node->graph->reaches(this)) {
    external.weak = target.node;
  } else {
    external.strong = target.node;
  }
  externals_[{relation, slot}] = std::move(external);
  relation->set_state(slot, RelationState::external);
}

Reference Graph::external(const Relation* relation, std::uint32_t slot) const {
  const auto found = externals_.find({relation, slot});
  if (found == externals_.end()) return {};
  const External& external = found->second;
  return {external.strong ? external.strong : external.weak.lock(), external.slot};
}

void Graph::clear_external(const Relation* relation, std::uint32_t slot) { externals_.erase({relation, slot}); }

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
