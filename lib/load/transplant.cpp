#include "load/transplant.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <mutex>

namespace dorm::load {
namespace {

void copy_row(const Cell* from, graph::Node& node) {
  Cell* cells = node.rows.append();
  for (std::uint32_t i = 0; i < node.rows.width(); ++i) {
    cells[i] = from[i];
    const bool bytes = from[i].tag >= CellTag::decimal_text && from[i].tag <= CellTag::uuid;
    if (bytes || from[i].tag == CellTag::json) cells[i].data = node.arena.copy(from[i].view()).data();
  }
}

std::uint32_t& place_at(std::vector<std::uint32_t>& list, std::uint32_t index) {
  if (index >= list.size()) list.resize(std::max<std::size_t>(index + 1, list.size() * 2));
  return list[index];
}

}  // namespace

void Transplant::place(const graph::Node& from, std::uint32_t slot, graph::Node& to, std::uint32_t to_slot) {
  Branch& known = branches_[&from];
  known.to = &to;
  known.placed = true;
  place_at(known.slots, slot) = to_slot + 1;
}

Transplant::Branch& Transplant::branch(const graph::Node& from) {
  const auto [place, is_new] = branches_.try_emplace(&from);
  Branch& branch = place->second;
  if (!is_new) return branch;
  const std::uint32_t rows = from.rows.size();
  branch.to = to_.add_node(from.shape, rows <= 1 ? 0U : std::min(10U, static_cast<unsigned>(std::bit_width(rows - 1))));
  branch.to->lazy = from.lazy;
  if (from.slots != nullptr) branch.to->use_slots();
  add_entries(from, branch);
  return branch;
}

// Newer entries hide older ones, so these are made first.
void Transplant::add_entries(const graph::Node& from, Branch& branch) {
  std::vector<const graph::Relation*> oldest_first;
  for (const graph::Relation* entry = from.relations(); entry != nullptr; entry = entry->next)
    if (entry->target != nullptr && std::find(left_.begin(), left_.end(), entry->target) == left_.end())
      oldest_first.push_back(entry);
  std::reverse(oldest_first.begin(), oldest_first.end());
  for (const graph::Relation* entry : oldest_first) {
    auto made =
        std::make_unique<graph::Relation>(entry->name, entry->info, this->branch(*entry->target).to, entry->to_many);
    made->named = entry->named;
    made->partial = entry->partial;
    if (entry->links != nullptr) made->links = this->branch(*entry->links).to;
    const std::lock_guard lock(to_.mutex);
    branch.entries.emplace_back(entry, branch.to->add_relation(std::move(made)));
  }
}

std::uint32_t Transplant::take(const graph::Node& from, std::uint32_t slot) {
  Branch& there = branch(from);
  if (const std::uint32_t known = place_at(there.slots, slot); known != 0) return known - 1;
  std::uint32_t& row = place_at(there.rows, from.stored_row(slot));
  if (row == 0) {
    copy_row(from.cells(slot), *there.to);
    row = there.to->rows.size();
  }
  std::uint32_t made = row - 1;
  if (there.to->slots != nullptr) {
    *there.to->slots->append() = row - 1;
    made = there.to->slots->size() - 1;
  }
  there.slots[slot] = made + 1;
  taken_.push_back({&from, slot});
  return made;
}

void Transplant::graft(const graph::Node& from, std::uint32_t slot) {
  Branch& there = branches_.at(&from);
  const std::uint32_t to_slot = there.slots[slot] - 1;
  add_entries(from, there);
  finish();
  for (const auto& [entry, made] : there.entries) copy_span(*entry, slot, *made, to_slot);
  finish();
}

void Transplant::finish() {
  while (!taken_.empty()) {
    const Taken next = taken_.back();
    taken_.pop_back();
    const Branch& there = branches_.at(next.from);
    if (there.placed) continue;
    for (const auto& [entry, made] : there.entries) copy_span(*entry, next.slot, *made, there.slots[next.slot] - 1);
  }
}

void Transplant::copy_span(const graph::Relation& from, std::uint32_t slot, graph::Relation& to,
                           std::uint32_t to_slot) {
  const graph::Span span = from.span(slot);
  if (span.state == graph::RelationState::null) to.set_state(to_slot, graph::RelationState::null);
  if (span.state != graph::RelationState::loaded) return;
  if (!from.to_many) {
    to.set_one(to_slot, take(*from.target, span.begin));
    return;
  }
  const std::uint32_t begin = to.target_count();
  for (std::uint32_t i = 0; i < span.count; ++i) {
    to.append_target(take(*from.target, from.target_slot(span.begin + i)));
    if (from.links != nullptr) to.append_link(take(*from.links, from.link_slot(span.begin + i)));
  }
  to.set_many(to_slot, begin, span.count);
}

}  // namespace dorm::load
