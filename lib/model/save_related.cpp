// Rows in memory, from one row on, to the database.
#include "dorm/query_set.hpp"
#include "model/row_access.hpp"
#include "write/save_graph.hpp"

namespace dorm {

std::int64_t save_related(const Row& row, bool follow) {
  const graph::Node& node = access::node_of(row);
  return write::save_graph(*access::context_of(node)->open_engine(), {row.node(), row.slot()}, follow);
}

}  // namespace dorm
