#include "write/save_order.hpp"

#include <algorithm>
#include <utility>

namespace dorm::write {

SaveOrder::SaveOrder(const std::vector<std::uint32_t>& groups) : left_(static_cast<std::uint32_t>(groups.size())) {
  rows_.reserve(groups.size());
  for (const std::uint32_t group : groups) {
    if (group >= groups_.size()) groups_.resize(group + 1);
    ++groups_[group].left;
    rows_.push_back({group, 0, false, {}, {}});
  }
}

void SaveOrder::add(const Edge& edge) {
  const auto number = static_cast<std::uint32_t>(edges_.size());
  edges_.push_back(edge);
  open_.push_back(true);
  Row& row = rows_[edge.row];
  ++row.waits;
  row.edges.push_back(number);
  rows_[edge.first].holds.push_back(number);
  if (rows_[edge.first].group != row.group) ++groups_[row.group].foreign_waits;
}

void SaveOrder::start() {
  if (std::exchange(started_, true)) return;
  for (std::uint32_t row = 0; row < rows_.size(); ++row)
    if (rows_[row].waits == 0) groups_[rows_[row].group].ready.push_back(row);
}

void SaveOrder::release(std::uint32_t edge) {
  if (!open_[edge]) return;
  open_[edge] = false;
  Row& row = rows_[edges_[edge].row];
  Group& group = groups_[row.group];
  if (rows_[edges_[edge].first].group != row.group) --group.foreign_waits;
  if (--row.waits == 0 && started_) group.ready.push_back(edges_[edge].row);
}

// A group of which every row can go; else one that waits for itself alone, as a tree of rows level by level; else the
// one with most to do.
std::uint32_t SaveOrder::best_group() const {
  std::uint32_t best = none;
  std::uint32_t alone = none;
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    const Group& group = groups_[i];
    if (group.ready.empty()) continue;
    if (group.ready.size() == group.left) return i;
    if (group.foreign_waits == 0 && alone == none) alone = i;
    if (best == none || group.ready.size() > groups_[best].ready.size()) best = i;
  }
  return alone != none ? alone : best;
}

std::vector<std::uint32_t> SaveOrder::next() {
  start();
  const std::uint32_t best = best_group();
  if (best == none) return {};
  std::vector<std::uint32_t> rows = std::exchange(groups_[best].ready, {});
  std::sort(rows.begin(), rows.end());
  groups_[best].left -= static_cast<std::uint32_t>(rows.size());
  left_ -= static_cast<std::uint32_t>(rows.size());
  for (const std::uint32_t row : rows) {
    rows_[row].done = true;
    for (const std::uint32_t edge : rows_[row].holds) release(edge);
  }
  return rows;
}

// Every row that is left waits for another that is left, so whoever walks on comes back.
std::vector<SaveOrder::Edge> SaveOrder::circle() const {
  std::vector<Edge> walk;
  std::vector<std::uint32_t> place(rows_.size(), none);
  const auto start = std::find_if(rows_.begin(), rows_.end(), [](const Row& row) { return !row.done; });
  std::uint32_t at = static_cast<std::uint32_t>(start - rows_.begin());
  while (place[at] == none) {
    place[at] = static_cast<std::uint32_t>(walk.size());
    const std::vector<std::uint32_t>& edges = rows_[at].edges;
    const auto open = std::find_if(edges.begin(), edges.end(), [&](std::uint32_t edge) { return open_[edge]; });
    walk.push_back(edges_[*open]);
    at = walk.back().first;
  }
  walk.erase(walk.begin(), walk.begin() + place[at]);
  return walk;
}

std::vector<SaveOrder::Edge> SaveOrder::drop(const Edge& edge) {
  std::vector<Edge> dropped;
  for (std::uint32_t number = 0; number < edges_.size(); ++number) {
    const Edge& other = edges_[number];
    const bool alike =
        other.kind == edge.kind && other.bond == edge.bond && rows_[other.row].group == rows_[edge.row].group;
    if (!open_[number] || !alike) continue;
    release(number);
    dropped.push_back(other);
  }
  return dropped;
}

}  // namespace dorm::write
