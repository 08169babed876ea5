// write/bulk_insert.hpp: new rows of one model into as few INSERT statements as the database takes, or copied into the
// table where nothing of them is read back.
//
// One thread at a time per graph. Row states follow the transaction, as those of single inserts do.
#pragma once

#include <cstdint>
#include <span>

#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::write {

struct RowRef {
  graph::Node* node = nullptr;
  std::uint32_t slot = 0;
};

// Inserts unsaved rows, all of one ModelInfo, defaults applied, in their order: those that set the same columns
// together, and each gets the generated values that are its own. One by one where the database gives keys that do not
// tell which row is which: keys that do not count upwards, tables that dorm did not make. DataError for a required
// field that is absent. For a thread that is in a transaction: a failure leaves some of them inserted.
void insert_rows(load::Engine& engine, const load::Context& context, std::span<const RowRef> rows);

}  // namespace dorm::write
