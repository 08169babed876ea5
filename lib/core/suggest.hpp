// core/suggest.hpp: the name somebody probably meant.
//
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dorm {

// Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours), or limit + 1 if it is larger.
std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t limit);

// The candidate nearest to `name`, empty if none is near: equal but for case, singular and plural of each other, or at
// most a third of its length away. The first of equals wins.
std::string_view closest(std::string_view name, const std::vector<std::string_view>& candidates);

// "; did you mean 'title'?", or nothing. `candidates` is any range of strings.
template <class Range>
std::string did_you_mean(std::string_view name, const Range& candidates) {
  const std::vector<std::string_view> views(std::begin(candidates), std::end(candidates));
  const std::string_view best = closest(name, views);
  return best.empty() ? std::string() : "; did you mean '" + std::string(best) + "'?";
}

}  // namespace dorm
