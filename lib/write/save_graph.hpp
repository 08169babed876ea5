// write/save_graph.hpp: saves a row and what hangs on it: which rows, in which order, in how few statements.
//
// One thread at a time per graph. All of it is one transaction, or a savepoint of the one that this thread is in; row
// states follow it.
#pragma once

#include <cstdint>

#include "graph/graph.hpp"
#include "load/context.hpp"
#include "write/row_listener.hpp"

namespace dorm::write {

// Of the row and the rows that its loaded or assigned relations lead to (follow: and theirs, each once), those that are
// new or changed. Rows that foreign keys refer to go first, so link rows go last; new rows of one model share
// statements. Links that are in the database already are left as they are; rows that were deleted stay so. Returns how
// many rows were inserted or updated. StateError for new rows that refer to each other in a circle of keys that cannot
// be null, and for a new row that is referred to but not among those saved.
//
// A listener hears of each row before the first statement and, if it was written, after the last. What it changes is
// saved, too; rows that come to be saved by that are heard of like the others.
std::int64_t save_graph(load::Engine& engine, const graph::Reference& root, bool follow,
                        RowListener* listener = nullptr);

}  // namespace dorm::write
