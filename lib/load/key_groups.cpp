#include "load/key_groups.hpp"

#include <algorithm>
#include <utility>

#include "core/collation.hpp"
#include "core/text.hpp"
#include "graph/key_index.hpp"

namespace dorm::load {
namespace {

char folded(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view without_trailing_spaces(std::string_view text) noexcept {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool same_folded(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return folded(a) == folded(b); });
}

std::uint64_t hash_folded(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(folded(c))) * 0x100000001B3ULL;
  return hash;
}

std::uint64_t hash_cell(const Cell& cell, KeyEquality equality) noexcept {
  if (cell.tag == CellTag::text && equality == KeyEquality::ascii_case) return hash_folded(cell.view());
  if (cell.tag == CellTag::text && equality == KeyEquality::trailing_spaces)
    return graph::hash_cell(Cell::of_bytes(CellTag::text, without_trailing_spaces(cell.view())));
  return graph::hash_cell(cell);
}

bool same_cell(const Cell& left, const Cell& right, KeyEquality equality) noexcept {
  if (left.tag == CellTag::text && right.tag == CellTag::text) {
    if (equality == KeyEquality::ascii_case) return same_folded(left.view(), right.view());
    if (equality == KeyEquality::trailing_spaces)
      return without_trailing_spaces(left.view()) == without_trailing_spaces(right.view());
  }
  return graph::same_cell(left, right);
}

}  // namespace

KeyEquality key_equality(const ModelInfo& model, const FieldInfo& field) {
  const bool textual = field.type.kind == TypeKind::string || field.type.kind == TypeKind::text ||
                       field.type.kind == TypeKind::enumeration;
  if (!textual) return KeyEquality::bytes;
  // Nobody says here which dialect it is.
  if (!field.collation.by_dialect.empty()) return KeyEquality::database;
  const std::string& collation = field.collation.all;
  if (equal_ignoring_case(collation, "nocase")) return KeyEquality::ascii_case;
  if (equal_ignoring_case(collation, "rtrim")) return KeyEquality::trailing_spaces;
  const bool by_bytes = collation.empty() || compares_bytes(collation) || equal_ignoring_case(collation, "posix");
  return by_bytes && field.db_type.empty() && model.managed ? KeyEquality::bytes : KeyEquality::database;
}

KeyGroups::KeyGroups(const ModelInfo& model, const std::vector<std::uint32_t>& fields,
                     std::vector<std::uint32_t> places)
    : fields_(std::move(places)) {
  for (const std::uint32_t field : fields) equality_.push_back(key_equality(model, model.fields[field]));
  asks_database_ = std::count(equality_.begin(), equality_.end(), KeyEquality::database) != 0;
}

std::uint32_t KeyGroups::add(const Cell* row) {
  if (rows_.size() * 2 >= table_.size()) grow();
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint64_t place = hash(row, fields_) & mask;; place = (place + 1) & mask) {
    if (table_[place] == 0) {
      rows_.push_back(row);
      table_[place] = size();
      return size() - 1;
    }
    if (same(rows_[table_[place] - 1], row, fields_)) return table_[place] - 1;
  }
}

std::uint32_t KeyGroups::find(const Cell* row, const std::vector<std::uint32_t>& fields) const {
  if (table_.empty()) return none;
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint64_t place = hash(row, fields) & mask; table_[place] != 0; place = (place + 1) & mask)
    if (same(rows_[table_[place] - 1], row, fields)) return table_[place] - 1;
  return none;
}

std::uint64_t KeyGroups::hash(const Cell* row, const std::vector<std::uint32_t>& fields) const noexcept {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) hash = hash * 31U + hash_cell(row[fields[i]], equality_[i]);
  return hash ^ hash >> 32U;
}

bool KeyGroups::same(const Cell* ours, const Cell* theirs, const std::vector<std::uint32_t>& fields) const noexcept {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!same_cell(ours[fields_[i]], theirs[fields[i]], equality_[i])) return false;
  return true;
}

void KeyGroups::grow() {
  table_.assign(std::max<std::size_t>(16, table_.size() * 2), 0);
  const std::uint64_t mask = table_.size() - 1;
  for (std::uint32_t group = 0; group < rows_.size(); ++group) {
    std::uint64_t place = hash(rows_[group], fields_) & mask;
    while (table_[place] != 0) place = (place + 1) & mask;
    table_[place] = group + 1;
  }
}

}  // namespace dorm::load
