// query/shape.hpp: the shape of a query, the key of the plan cache, and the values that were blanked from it.
//
// The shape is a readable text that says everything that changes the SQL: structure, sources, operators, types of
// values, but no value. Two queries with equal shapes have the same SQL, and their values stand in the same slots.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "query/spec.hpp"

namespace dorm::query {

enum class Purpose : std::uint8_t { rows, count, exists, update, remove, insert };

// A column to be set and what to.
struct Change {
  std::uint32_t field = 0;
  TermPtr value;
};

// Where rows are inserted, those of a select or of values, and what becomes of those that exist already.
struct InsertTarget {
  SourcePtr table;
  std::vector<std::uint32_t> fields;       // one per output of the select, or per value of a row
  std::vector<std::vector<TermPtr>> rows;  // if there are any, the select is not used
  sql::Conflict::Action action = sql::Conflict::Action::nothing;
  std::vector<std::uint32_t> conflict;  // the unique fields that may be taken already; empty: any
  std::vector<Change> set;              // of the row that is there
  TermPtr where;                        // which of those are updated
  SpecPtr returned;                     // its outputs are read from the rows written; null: none
};

struct SlotValue {
  const Value* value = nullptr;  // in the query's terms, or
  std::int64_t number = 0;       // a limit or offset, where value is null
  Type type;
  bool array = false;
  const void* origin = nullptr;  // the Term, or the address of the limit, it comes from
};

struct Shaped {
  std::string text;
  std::vector<SlotValue> slots;
  const Source* of = nullptr;  // a source that a handle of a database gave, as the others of the query are; null: none
};

// Which slot a value has. Few are looked through; an INSERT of thousands of rows has as many as a table of them.
class SlotIndex {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;
  // Call with all slots there are so far.
  std::uint32_t find(const std::vector<SlotValue>& slots, const void* origin);

 private:
  std::unordered_map<const void*, std::uint32_t> known_;
  std::size_t indexed_ = 0;
};

// Lists of this type have no array form on every backend: they travel as one parameter an item, repeated to a power of
// two.
bool is_spread(const Type& type) noexcept;

// Valid as long as the spec and the changes live. Throws QueryError where handles of two databases meet, and for a
// parameter without a value.
Shaped shape_of(const QuerySpec& spec, Purpose purpose, std::span<const Change> changes = {},
                const InsertTarget* into = nullptr);

}  // namespace dorm::query
