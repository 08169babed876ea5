// Many rows at once, with a Row for each.
#include <set>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/snapshots.hpp"
#include "write/bulk_insert.hpp"
#include "write/bulk_update.hpp"
#include "write/row_write.hpp"

namespace dorm {

Rows Model::bulk_create(const std::vector<std::vector<std::pair<std::string, Value>>>& rows) const {
  database_->require_open();
  if (rows.empty()) return {};
  const std::shared_ptr<const load::Context> context = database_->context(source_->registry);
  const Row first = make::new_row(context, info());
  graph::Node& node = *first.node();
  std::vector<write::RowRef> made;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto slot = static_cast<std::uint32_t>(i);
    if (slot != 0) {
      node.rows.append();
      node.states[slot].saved = false;
    }
    const Row row(first.node(), slot);
    for (const auto& [name, value] : rows[i]) row.set(name, value);
    write::apply_defaults(*context, node, slot);
    made.push_back({&node, slot});
  }
  TransactionScope all = database_->session->begin();
  write::insert_rows(*database_, *context, made);
  all.commit();
  return {first.node(), rows.size()};
}

std::int64_t Model::bulk_update(const std::vector<Row>& rows) const {
  database_->require_open();
  std::vector<write::RowRef> changed;
  std::set<std::pair<const graph::Node*, std::uint32_t>> seen;
  for (const Row& row : rows) {
    graph::Node& node = access::node_of(row);
    if (node.shape->model == nullptr || !query::same_model(*node.shape->model, info()))
      throw QueryError("bulk_update of '" + info().name + "' was given a row of another model");
    if (!row.is_saved()) throw StateError("bulk_update of '" + info().name + "' was given an unsaved row; save it");
    const bool is_new = seen.emplace(&node, row.slot()).second;
    if (row.is_dirty() && is_new) changed.push_back({&node, row.slot()});
  }
  if (changed.empty()) return 0;
  TransactionScope all = database_->session->begin();
  write::update_rows(*database_, *database_->context(source_->registry), changed);
  all.commit();
  return static_cast<std::int64_t>(changed.size());
}

}  // namespace dorm
