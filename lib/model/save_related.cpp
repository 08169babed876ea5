// Rows in memory, from one row on, to the database.
#include "dorm/query_set.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "write/save_graph.hpp"

namespace dorm {

std::int64_t save_related(const Row& row, bool follow) {
  const graph::Node& node = access::node_of(row);
  const std::shared_ptr<load::Engine> engine = access::context_of(node)->open_engine();
  SignalListener listener(*static_cast<const DatabaseImpl&>(*engine).signals);
  const bool tells = static_cast<const DatabaseImpl&>(*engine).signals->any();
  return write::save_graph(*engine, {row.node(), row.slot()}, follow, tells ? &listener : nullptr);
}

}  // namespace dorm
