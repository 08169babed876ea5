// write/statements.hpp: the statements that write rows of a model, made once per set of columns.
//
// Thread-safe; the results are immutable and shared.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/few.hpp"
#include "driver/statement.hpp"
#include "load/context.hpp"

namespace dorm::write {

using load::Engine;

// Which fields of a model a statement writes.
class ColumnSet {
 public:
  explicit ColumnSet(std::size_t fields) {
    for (std::size_t i = 0; i < fields; i += 64) words_.push_back(0);
  }
  void add(std::uint32_t field) noexcept { words_[field / 64] |= std::uint64_t{1} << (field % 64); }
  bool has(std::uint32_t field) const noexcept { return (words_[field / 64] >> (field % 64) & 1U) != 0; }
  std::span<const std::uint64_t> words() const noexcept { return words_; }

 private:
  Few<std::uint64_t, 2> words_;
};

struct InsertPlan {
  driver::Statement statement;
  std::vector<std::uint32_t> generated;      // fields that the database fills
  std::vector<std::uint32_t> returning;      // those that come back as a row
  std::uint32_t generated_id = 0xFFFFFFFFU;  // or the one that the driver reports by itself
};

std::shared_ptr<const InsertPlan> insert_plan(Engine& engine, const Registry& registry, const ModelInfo& model,
                                              const ColumnSet& columns, std::span<const std::uint32_t> generated);

// One INSERT of several rows; its parameters are the rows' columns, row by row. `returning` come back as rows, in any
// order. With `in_order`, keys that count upwards are given to the rows in their order: no database promises that of
// VALUES alone.
struct RowsInsert {
  const ColumnSet& columns;
  std::span<const std::uint32_t> generated;
  std::span<const std::uint32_t> returning;
  std::uint32_t rows = 0;
  bool in_order = false;
};
std::shared_ptr<const InsertPlan> insert_rows_plan(Engine& engine, const Registry& registry, const ModelInfo& model,
                                                   const RowsInsert& what);
// One UPDATE of several rows; its parameters are row by row the key, then the columns in field order.
std::shared_ptr<const driver::Statement> update_rows_statement(Engine& engine, const Registry& registry,
                                                               const ModelInfo& model, const ColumnSet& columns,
                                                               std::uint32_t rows);
// Parameters: the columns in field order, then the key and, where the model has one, the version.
std::shared_ptr<const driver::Statement> update_statement(Engine& engine, const Registry& registry,
                                                          const ModelInfo& model, const ColumnSet& columns);
std::shared_ptr<const driver::Statement> delete_statement(Engine& engine, const Registry& registry,
                                                          const ModelInfo& model);

}  // namespace dorm::write
