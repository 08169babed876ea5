// write/bulk_update.hpp: changed rows of one model into as few UPDATE statements as there are sets of changed fields.
//
// One thread at a time per graph. Row states follow the transaction, as those of single updates do.
#pragma once

#include <span>

#include "load/context.hpp"
#include "write/bulk_insert.hpp"

namespace dorm::write {

// Saved rows of one model, each of them changed, and each given once. One by one where a statement of many cannot say
// the same: rows with a version, fields that dorm changes by itself, changed keys. NotFound if one of them is gone, as
// update() otherwise. Inside a transaction: a failure leaves some of them written.
void update_rows(load::Engine& engine, const load::Context& context, std::span<const RowRef> rows);

}  // namespace dorm::write
