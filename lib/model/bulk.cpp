// Many rows at once, with a Row for each.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "load/lazy.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/snapshots.hpp"
#include "write/bulk_insert.hpp"
#include "write/bulk_update.hpp"
#include "write/related_keys.hpp"
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
  // Rows of different snapshots have their fields in different places.
  std::map<const load::Context*, std::vector<write::RowRef>> changed;
  std::set<std::pair<const graph::Node*, std::uint32_t>> seen;
  std::size_t count = 0;
  for (const Row& row : rows) {
    graph::Node& node = access::node_of(row);
    if (node.shape->model == nullptr || !query::same_model(*node.shape->model, info()))
      throw QueryError("bulk_update of '" + info().name + "' was given a row of another model");
    const load::Context& context = load::context_of(node);
    if (context.engine.lock() != database_)
      throw QueryError("bulk_update of '" + info().name + "' was given a row of another database");
    if (!row.is_saved()) throw StateError("bulk_update of '" + info().name + "' was given an unsaved row; save it");
    // A row that was assigned may have its key by now.
    write::take_keys(*database_, node, row.slot());
    if (!write::is_dirty(node, row.slot()) || !seen.emplace(&node, row.slot()).second) continue;
    changed[&context].push_back({&node, row.slot()});
    ++count;
  }
  if (count == 0) return 0;
  TransactionScope all = database_->session->begin();
  for (const auto& [context, group] : changed) write::update_rows(*database_, *context, group);
  all.commit();
  return static_cast<std::int64_t>(count);
}

}  // namespace dorm
