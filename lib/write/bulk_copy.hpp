// write/bulk_copy.hpp: rows of plain values into a table by the bulk path of the database, where it has one.
//
// Thread-safe. For a thread that is in a transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dorm/model_info.hpp"
#include "load/context.hpp"

namespace dorm::write {

// Whether so many rows are worth it, and the database has such a path.
bool is_copied(const load::Engine& engine, std::size_t rows);

// Returns the number of rows written, nullopt with nothing written where they must be inserted. `cells` are those of
// the rows, one row after the other, in the order of `fields`. Throws the errors of an INSERT.
std::optional<std::int64_t> copy_rows(load::Engine& engine, const ModelInfo& model,
                                      std::span<const std::uint32_t> fields, std::span<const Cell> cells);

}  // namespace dorm::write
