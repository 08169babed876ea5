// load/key_groups.hpp: rows told apart by the values of some fields, equal where the database calls them equal.
//
// One thread at a time. Cells are borrowed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dorm/detail/cell.hpp"
#include "dorm/model_info.hpp"

namespace dorm::load {

// When a database takes two values of a key for the same one.
enum class KeyEquality : std::uint8_t {
  bytes,            // equal bytes
  ascii_case,       // letters A to Z in either case: the collation NOCASE
  trailing_spaces,  // spaces at the end do not count: the collation RTRIM
  database,         // only the database knows: other collations, column types of the schema author's own
};
KeyEquality key_equality(const ModelInfo& model, const FieldInfo& field);

class KeyGroups {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  // The fields of `model` that are the key, in the rows that add() is given.
  KeyGroups(const ModelInfo& model, const std::vector<std::uint32_t>& fields) : KeyGroups(model, fields, fields) {}
  // The same in rows that are no whole rows of the model, and have these fields at `places`.
  KeyGroups(const ModelInfo& model, const std::vector<std::uint32_t>& fields, std::vector<std::uint32_t> places);

  // The group of this row; a new one if there is none.
  std::uint32_t add(const Cell* row);
  // The group of a row of another model, with these fields in the place of ours; `none` if there is none.
  std::uint32_t find(const Cell* row, const std::vector<std::uint32_t>& fields) const;

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }
  const Cell* row(std::uint32_t group) const noexcept { return rows_[group]; }   // the first of the group
  const std::vector<std::uint32_t>& fields() const noexcept { return fields_; }  // of the rows: their places
  bool asks_database() const noexcept { return asks_database_; }

 private:
  std::uint64_t hash(const Cell* row, const std::vector<std::uint32_t>& fields) const noexcept;
  bool same(const Cell* ours, const Cell* theirs, const std::vector<std::uint32_t>& fields) const noexcept;
  void grow();

  std::vector<std::uint32_t> fields_;
  std::vector<KeyEquality> equality_;
  bool asks_database_ = false;
  std::vector<const Cell*> rows_;     // by group
  std::vector<std::uint32_t> table_;  // group + 1; 0 = free; size is a power of two
};

}  // namespace dorm::load
