#include "graph/elements.hpp"

#include <algorithm>

namespace dorm::graph {
namespace {

std::uint64_t hash(std::uint32_t parent, std::uint32_t item) noexcept {
  std::uint64_t pair = (std::uint64_t{parent} << 32U | item) * 0x9E3779B97F4A7C15ULL;
  pair ^= pair >> 32U;
  return pair;
}

}  // namespace

std::uint32_t& Elements::entry(std::uint32_t parent, std::uint32_t item) {
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint64_t at = hash(parent, item) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) return table_[at];
    const Element& known = *elements_.at(table_[at] - 1);
    if (known.parent == parent && known.item == item) return table_[at];
  }
}

std::uint32_t& Elements::find_or_add(std::uint32_t parent, std::uint32_t item) {
  if (std::uint64_t{elements_.size()} * 2 >= table_.size()) grow();
  std::uint32_t& known = entry(parent, item);
  if (known != 0) return elements_.at(known - 1)->target;
  std::uint32_t& target = add(parent, item);
  known = elements_.size();
  return target;
}

void Elements::set_place(std::uint32_t parent, std::uint32_t item, std::int64_t place) {
  const std::uint32_t element = entry(parent, item) - 1;
  if (element < places_.size()) {
    places_[element] = std::min(places_[element], place);
  } else {
    places_.push_back(place);
  }
}

void Elements::grow() {
  table_.assign(std::max<std::size_t>(64, table_.size() * 2), 0);
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint32_t i = 0; i < elements_.size(); ++i) {
    const Element& element = *elements_.at(i);
    std::uint64_t place = hash(element.parent, element.item) & mask;
    while (table_[place] != 0) place = (place + 1) & mask;
    table_[place] = i + 1;
  }
}

void Elements::publish(Relation& relation, std::uint32_t first, std::uint32_t end, bool links) const {
  const std::uint32_t base = relation.target_count();
  const auto append = [&](const Element& element) {
    relation.append_target(element.target);
    if (links) relation.append_link(element.item);
  };
  // Counting sort by parent: starts[i] is where the elements of parent first + i begin.
  std::vector<std::uint32_t> starts(std::size_t{end - first} + 1);
  bool sorted = true;
  std::uint32_t before = first;
  for (std::uint32_t i = 0; i < elements_.size(); ++i) {
    const std::uint32_t parent = elements_.at(i)->parent;
    ++starts[parent - first + 1];
    sorted = sorted && parent >= before;
    before = parent;
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  if (sorted && places_.empty()) {
    for (std::uint32_t i = 0; i < elements_.size(); ++i) append(*elements_.at(i));
  } else {
    std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
    std::vector<std::uint32_t> order(elements_.size());
    for (std::uint32_t i = 0; i < elements_.size(); ++i) order[next[elements_.at(i)->parent - first]++] = i;
    if (!places_.empty()) {
      const auto in_place = [&](std::uint32_t a, std::uint32_t b) { return places_[a] < places_[b]; };
      for (std::size_t i = 0; i + 1 < starts.size(); ++i)
        std::sort(order.begin() + starts[i], order.begin() + starts[i + 1], in_place);
    }
    for (const std::uint32_t i : order) append(*elements_.at(i));
  }
  relation.cover(end);
  for (std::uint32_t slot = first; slot < end; ++slot) {
    const std::uint32_t start = starts[slot - first];
    relation.set_many(slot, base + start, starts[slot - first + 1] - start);
  }
}

}  // namespace dorm::graph
