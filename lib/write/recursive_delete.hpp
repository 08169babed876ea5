// write/recursive_delete.hpp: a row and all that refers to it, deleted in as few statements as its depth allows.
//
// One thread at a time per graph. All of it is one transaction, or a savepoint of the one that this thread is in; the
// state of the row follows it.
#pragma once

#include "dorm/delete_recursive.hpp"
#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::write {

// As delete_recursive() of the public header promises; the row is saved and belongs to a model. Tells nobody.
DeleteReport delete_recursive(load::Engine& engine, const graph::Reference& row, const DeleteOptions& options);

}  // namespace dorm::write
