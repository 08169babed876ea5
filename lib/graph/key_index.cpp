#include "graph/key_index.hpp"

#include <bit>
#include <cstring>

#include "graph/node.hpp"

namespace dorm::graph {
namespace {

std::uint64_t mix(std::uint64_t value) noexcept {
  value ^= value >> 32U;
  value *= 0x9E3779B97F4A7C15ULL;
  value ^= value >> 29U;
  return value;
}

// Keys are counted upwards as a rule and come in that order: neighbours stay neighbours in the table, which the cache
// likes.
std::uint64_t fold(std::uint64_t number) noexcept { return number ^ number >> 15U ^ number >> 33U; }

bool holds_bytes(CellTag tag) noexcept {
  return tag == CellTag::text || tag == CellTag::blob || tag == CellTag::json || tag == CellTag::decimal_text ||
         tag == CellTag::uuid;
}

std::uint64_t hash(const Cell* cells, std::span<const std::uint16_t> key) noexcept {
  std::uint64_t hash = 0;
  for (const std::uint16_t index : key) {
    const Cell& cell = cells[index];
    hash =
        hash * 31U + (cell.tag == CellTag::integer ? fold(static_cast<std::uint64_t>(cell.integer)) : hash_cell(cell));
  }
  return hash;
}

}  // namespace

bool same_value(const Cell& left, const Cell& right) noexcept {
  if (left.tag == CellTag::unloaded || left.tag == CellTag::null) return true;
  if (holds_bytes(left.tag)) return left.view() == right.view();
  if (left.tag == CellTag::real) return left.real == right.real;
  return left.integer == right.integer && left.scale == right.scale;
}

std::uint64_t hash_cell(const Cell& cell) noexcept {
  if (!holds_bytes(cell.tag)) return mix(static_cast<std::uint64_t>(cell.integer));
  std::uint64_t hash = cell.size;
  const char* bytes = cell.data;
  std::uint32_t left = cell.size;
  while (left >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    hash = mix(hash ^ word);
    bytes += 8;
    left -= 8;
  }
  std::uint64_t word = 0;
  if (left != 0) {
    std::memcpy(&word, bytes, left);
    word ^= std::uint64_t{left} << 56U;
  }
  return mix(hash ^ word);
}

std::uint32_t KeyIndex::find_or_insert(const Node& node, std::span<const std::uint16_t> key, std::uint32_t candidate) {
  if (used_ * 2 >= table_.size()) grow(node, key);
  const Cell* wanted = node.rows.at(candidate);
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint64_t place = hash(wanted, key) & mask;; place = (place + 1) & mask) {
    if (table_[place] == 0) {
      table_[place] = candidate + 1;
      ++used_;
      return candidate;
    }
    const Cell* known = node.rows.at(table_[place] - 1);
    bool same = true;
    for (const std::uint16_t cell : key) same = same && same_cell(known[cell], wanted[cell]);
    if (same) return table_[place] - 1;
  }
}

void KeyIndex::grow(const Node& node, std::span<const std::uint16_t> key) {
  std::vector<std::uint32_t> old(std::max<std::size_t>(16, table_.size() * 2));
  old.swap(table_);
  const std::uint64_t mask = table_.size() - 1;
  for (const std::uint32_t entry : old) {
    if (entry == 0) continue;
    std::uint64_t place = hash(node.rows.at(entry - 1), key) & mask;
    while (table_[place] != 0) place = (place + 1) & mask;
    table_[place] = entry;
  }
}

}  // namespace dorm::graph
