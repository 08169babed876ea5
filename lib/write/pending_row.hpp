// write/pending_row.hpp: a row that was saved in a transaction that is still open.
//
// Dies with its node; told by the transaction's thread how it ended.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/node.hpp"
#include "session/pending_change.hpp"
#include "session/transaction.hpp"

namespace dorm::write {

class PendingRow final : public graph::Attachment, public PendingChange {
 public:
  // What the slot was before: restored on rollback. `generated` are the cells that the database filled.
  PendingRow(graph::Node& node, std::uint32_t slot, graph::SlotState before, std::vector<std::uint32_t> generated)
      : node_(node), slot_(slot), before_(std::move(before)), generated_(std::move(generated)) {}
  ~PendingRow() override { withdraw(); }

  void committed() noexcept override;
  void rolled_back() noexcept override;
  void in_doubt() noexcept override {}  // stays pending for ever: nobody knows

 private:
  graph::Node& node_;
  std::uint32_t slot_;
  graph::SlotState before_;
  std::vector<std::uint32_t> generated_;
};

}  // namespace dorm::write
