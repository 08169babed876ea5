// graph/relation.hpp: one loaded relation of a node: for each slot where its related slots are.
//
// One thread at a time appends targets; several may set spans, of different slots; any number of threads read what was
// published: a span is released as one word and acquired by readers.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "dorm/detail/storage.hpp"

namespace dorm::graph {

class Node;

enum class RelationState : std::uint8_t { not_loaded, null, external, loaded };

struct Span {
  RelationState state = RelationState::not_loaded;
  std::uint32_t begin = 0;  // to-one: the target slot; to-many: in the array of targets
  std::uint32_t count = 0;
};

class Relation {
 public:
  Relation(std::string accessor, std::uint32_t relation_index, Node* target_node, bool many)
      : name(std::move(accessor)), info(relation_index), target(target_node), to_many(many) {}

  const std::string name;  // what answers to row["…"]: the relation's name, or one the query gave
  const std::uint32_t
      info;  // RelationInfo::index of the node's model; no_index where the join follows no declared relation
  Node* const target;
  const bool to_many;
  bool named = false;        // answers to its own name only, not to that of the declared relation it follows
  bool partial = false;      // filtered or limited: replacing it is refused
  Node* links = nullptr;     // many_to_many: the link rows, one per target element
  Relation* next = nullptr;  // set before it is published

  Span span(std::uint32_t slot) const noexcept {
    if (slot >= covered_.load(std::memory_order_acquire)) return {};
    const std::uint64_t word = std::atomic_ref(*spans_.at(slot)).load(std::memory_order_acquire);
    if (word < first_span) return {static_cast<RelationState>(word), 0, 0};
    return {RelationState::loaded, static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32U) - 1U};
  }
  std::uint32_t target_slot(std::uint32_t index) const noexcept { return to_many ? *targets_.at(index) : index; }
  std::uint32_t link_slot(std::uint32_t index) const noexcept { return *link_slots_.at(index); }

  // Makes room for the slots of a node of this size; new ones are not loaded.
  void cover(std::uint32_t slots) {
    if (slots > covered_.load(std::memory_order_acquire)) grow(slots);
  }
  void set_state(std::uint32_t slot, RelationState state) { store(slot, static_cast<std::uint64_t>(state)); }
  void set_one(std::uint32_t slot, std::uint32_t target_slot) { store(slot, word(target_slot, 1)); }
  void set_many(std::uint32_t slot, std::uint32_t begin, std::uint32_t count) { store(slot, word(begin, count)); }

  std::uint32_t target_count() const noexcept { return targets_.size(); }
  void append_target(std::uint32_t slot) { *targets_.append() = slot; }
  void append_link(std::uint32_t slot) { *link_slots_.append() = slot; }

 private:
  static constexpr std::uint64_t first_span = std::uint64_t{1} << 32U;
  static std::uint64_t word(std::uint32_t begin, std::uint32_t count) {
    return (static_cast<std::uint64_t>(count) + 1U) << 32U | begin;
  }
  void store(std::uint32_t slot, std::uint64_t word) {
    cover(slot + 1);
    std::atomic_ref(*spans_.at(slot)).store(word, std::memory_order_release);
  }

  void grow(std::uint32_t slots) {
    const std::lock_guard lock(growing_);
    while (spans_.size() < slots) spans_.append();
    // Some more where they cost no page: joins ask for one slot after the other.
    for (std::uint32_t more = std::min(spans_.spare(), 64U); more > 0; --more) spans_.append();
    covered_.store(spans_.size(), std::memory_order_release);
  }

  std::mutex growing_;
  detail::PagedArray<std::uint64_t> spans_{1, 0};  // appended to under growing_
  std::atomic<std::uint32_t> covered_{0};
  detail::PagedArray<std::uint32_t> targets_{1, 0};
  detail::PagedArray<std::uint32_t> link_slots_{1, 0};
};

}  // namespace dorm::graph
