// write/pending_row.hpp: a row that was saved in a transaction that is still open.
//
// Dies with its node; told by the transaction's thread how it ended.
#pragma once

#include <cstdint>
#include <memory>

#include "graph/node.hpp"
#include "session/pending_change.hpp"
#include "session/transaction.hpp"
#include "write/statements.hpp"

namespace dorm::write {

class PendingRow final : public graph::Attachment, public PendingChange {
 public:
  // What the slot was before: restored on rollback. `inserted` says which cells the database filled, null if none;
  // `replaced` are those that dorm wrote by itself, with what was there.
  PendingRow(graph::Node& node, std::uint32_t slot, graph::SlotState before, std::shared_ptr<const InsertPlan> inserted,
             std::vector<graph::SlotState::Original> replaced)
      : node_(node),
        slot_(slot),
        before_(std::move(before)),
        inserted_(std::move(inserted)),
        replaced_(std::move(replaced)) {}
  ~PendingRow() override { withdraw(); }

  void committed() noexcept override;
  void rolled_back() noexcept override;
  void in_doubt() noexcept override {}  // stays pending for ever: nobody knows

 private:
  graph::Node& node_;
  std::uint32_t slot_;
  graph::SlotState before_;
  std::shared_ptr<const InsertPlan> inserted_;
  std::vector<graph::SlotState::Original> replaced_;
};

}  // namespace dorm::write
