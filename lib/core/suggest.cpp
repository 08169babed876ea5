#include "core/suggest.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace dorm {

std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t limit) {
  const std::size_t difference = left.size() > right.size() ? left.size() - right.size() : right.size() - left.size();
  if (difference > limit) return limit + 1;
  // Three rows suffice: a swap looks two rows back.
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows) row.resize(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& above2 = rows[(i + 1) % 3];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t cost = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], above2[j - 2] + 1);
      }
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return std::min(rows[left.size() % 3][right.size()], limit + 1);
}

std::string_view closest(std::string_view name, const std::vector<std::string_view>& candidates) {
  // Nobody meant a name of this size; the distance to it would only cost time.
  if (name.empty() || name.size() > 128) return {};
  const std::string folded = lower_case(name);
  const std::string more = plural(folded);
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::string_view best;
  std::size_t best_distance = limit + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate == name) continue;
    // A plural differs by up to three letters; what differs by more and beyond the limit need not be looked at.
    const std::size_t longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) > std::max<std::size_t>(limit, 3)) continue;
    const std::string other = lower_case(candidate);
    if (other == folded) return candidate;
    const std::size_t distance = other == more || plural(other) == folded ? 1 : edit_distance(folded, other, limit);
    // Two one-letter names have nothing in common.
    if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace dorm
