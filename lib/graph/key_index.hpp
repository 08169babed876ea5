// graph/key_index.hpp: which stored row of a node has which key: an open-addressing table of row numbers.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dorm/detail/cell.hpp"

namespace dorm::graph {

class Node;

// Same tag and same value; two nulls are the same here (SQL's NULL never reaches a key).
bool same_value(const Cell& left, const Cell& right) noexcept;  // of cells with the same tag
inline bool same_cell(const Cell& left, const Cell& right) noexcept {
  if (left.tag != right.tag) return false;
  return left.tag == CellTag::integer ? left.integer == right.integer : same_value(left, right);
}
std::uint64_t hash_cell(const Cell& cell) noexcept;

class KeyIndex {
 public:
  // The stored row whose cells numbered `key` equal those of `candidate`, or `candidate` itself, which is then
  // remembered.
  std::uint32_t find_or_insert(const Node& node, std::span<const std::uint16_t> key, std::uint32_t candidate);

 private:
  void grow(const Node& node, std::span<const std::uint16_t> key);

  std::vector<std::uint32_t> table_;  // row + 1; 0 = free; size is a power of two
  std::uint32_t used_ = 0;
};

}  // namespace dorm::graph
