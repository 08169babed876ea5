#include "dorm/delete_recursive.hpp"

#include "dorm/error.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "session/transaction.hpp"
#include "write/recursive_delete.hpp"
#include "write/row_write.hpp"

namespace dorm {

std::int64_t DeleteReport::deleted() const noexcept {
  std::int64_t sum = 0;
  for (const Count& count : models) sum += count.deleted;
  return sum;
}

std::int64_t DeleteReport::released() const noexcept {
  std::int64_t sum = 0;
  for (const Count& count : models) sum += count.released;
  return sum;
}

DeleteReport delete_recursive(const Row& row, const DeleteOptions& options) {
  const graph::Node& node = access::node_of(row);
  if (node.shape->model == nullptr) throw StateError("a flat row belongs to no model and cannot be deleted");
  if (!write::is_saved(node, row.slot())) {
    throw StateError("the row of model '" + node.shape->model->name + "' is not saved; there is nothing to delete");
  }
  const std::shared_ptr<load::Engine> engine = access::context_of(node)->open_engine();
  const graph::Reference deleted{row.node(), row.slot()};
  const Signals& signals = *static_cast<const DatabaseImpl&>(*engine).signals;
  if (options.dry_run || !signals.any()) return write::delete_recursive(*engine, deleted, options);
  TransactionScope all = engine->session->begin();
  signals.deleted(Signal::before_delete, row);
  DeleteReport report = write::delete_recursive(*engine, deleted, options);
  signals.deleted(Signal::after_delete, row);
  all.commit();
  return report;
}

}  // namespace dorm
