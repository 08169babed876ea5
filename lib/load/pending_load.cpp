#include "load/pending_load.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include "load/run.hpp"
#include "session/pending_change.hpp"
#include "session/transaction.hpp"

namespace dorm::load {
namespace {

class PendingLoad final : public graph::Attachment, public PendingChange {
 public:
  PendingLoad(graph::Relation& entry, std::vector<std::uint32_t> slots) : entry_(entry), slots_(std::move(slots)) {}
  ~PendingLoad() override { withdraw(); }

  void committed() noexcept override { slots_ = {}; }
  void rolled_back() noexcept override {
    for (const std::uint32_t slot : slots_) {
      const graph::RelationState state = entry_.span(slot).state;
      if (state == graph::RelationState::loaded || state == graph::RelationState::null)
        entry_.set_state(slot, graph::RelationState::not_loaded);
    }
  }

 private:
  graph::Relation& entry_;  // of the node that this dies with
  std::vector<std::uint32_t> slots_;
};

}  // namespace

void forget_on_rollback(const Engine& engine, graph::Node& node, graph::Relation& entry,
                        const std::vector<std::uint32_t>& slots) {
  TransactionLevel* level = engine.session->current_transaction();
  if (level == nullptr || is_loaded_in(*node.graph, *level)) return;
  auto pending = std::make_unique<PendingLoad>(entry, slots);
  level->enlist(*pending);
  // Another thread may be loading columns of these rows, which are attached as well.
  const std::lock_guard lock(node.graph->mutex);
  node.attach(std::move(pending));
}

}  // namespace dorm::load
