#include "write/pending_row.hpp"

#include <algorithm>

namespace dorm::write {

void PendingRow::committed() noexcept {
  before_.originals.clear();
  before_.texts.clear();
  replaced_.clear();
}

void PendingRow::rolled_back() noexcept {
  try {
    graph::SlotState& state = node_.states[slot_];
    state.saved = before_.saved;
    state.deleted = before_.deleted;
    Cell* cells = node_.cells(slot_);
    if (inserted_)
      for (const std::uint32_t cell : inserted_->generated) cells[cell] = Cell{};
    for (const graph::SlotState::Original& original : replaced_) {
      cells[original.cell] = original.value;
      if (original.bytes) state.texts.push_back({original.cell, original.bytes});
    }
    // What was saved here is dirty again, with the value that the database has now as its original.
    for (graph::SlotState::Original& original : before_.originals) {
      const auto same = std::find_if(state.originals.begin(), state.originals.end(),
                                     [&](const auto& other) { return other.cell == original.cell; });
      if (same == state.originals.end()) {
        state.originals.push_back(std::move(original));
      } else {
        *same = std::move(original);
      }
    }
    before_.originals.clear();
  } catch (...) {
    // Without memory for a map entry the row stays as it is shown: saved.
  }
}

}  // namespace dorm::write
