#include "write/bulk_update.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "load/key_groups.hpp"
#include "write/row_write.hpp"
#include "write/statements.hpp"

namespace dorm::write {
namespace {

bool goes_alone(const load::Context& context, const ModelInfo& model, const RowRef& row,
                const std::vector<std::uint32_t>& fields) {
  if (model.version_field != no_index || model.primary_key.empty()) return true;
  const Cell* cells = row.node->cells(row.slot);
  const std::span<const EnumInfo> enums = context.registry.enums();
  const bool has_key = std::all_of(model.primary_key.begin(), model.primary_key.end(), [&](std::uint32_t field) {
    return cells[field].is_loaded() && !cells[field].is_null();
  });
  const bool changes_key =
      std::any_of(fields.begin(), fields.end(), [&](std::uint32_t index) { return model.fields[index].primary_key; });
  // What a value is, some columns know by themselves only.
  const bool is_odd = std::any_of(model.fields.begin(), model.fields.end(), [&](const FieldInfo& field) {
    const bool is_used = field.primary_key || std::binary_search(fields.begin(), fields.end(), field.index);
    return field.on_update || (is_used && (field.type.kind == TypeKind::unknown ||
                                           (field.enumeration != no_index && enums[field.enumeration].native)));
  });
  return !has_key || changes_key || is_odd;
}

void update_together(load::Engine& engine, const load::Context& context, const std::vector<std::uint32_t>& fields,
                     std::span<const RowRef> rows) {
  const ModelInfo& model = *rows.front().node->shape->model;
  ColumnSet columns(model.fields.size());
  for (const std::uint32_t field : fields) columns.add(field);
  std::vector<Cell> parameters;
  parameters.reserve(rows.size() * (model.primary_key.size() + fields.size()));
  for (const RowRef& row : rows) {
    const Cell* cells = row.node->cells(row.slot);
    for (const std::uint32_t field : model.primary_key) parameters.push_back(cells[field]);
    for (const std::uint32_t field : fields) parameters.push_back(cells[field]);
  }
  const auto statement =
      update_rows_statement(engine, context.registry, model, columns, static_cast<std::uint32_t>(rows.size()));
  const std::int64_t found = engine.session->execute(*statement, parameters).affected;
  if (found != static_cast<std::int64_t>(rows.size())) {
    throw NotFound(std::to_string(static_cast<std::int64_t>(rows.size()) - found) + " of " +
                   std::to_string(rows.size()) + " rows of model '" + model.name + "' are gone from the database");
  }
  for (const RowRef& row : rows) mark_updated(engine, *row.node, row.slot);
}

}  // namespace

void update_rows(load::Engine& engine, const load::Context& context, std::span<const RowRef> rows) {
  if (rows.empty()) return;
  const ModelInfo& model = *rows.front().node->shape->model;
  std::vector<std::pair<std::vector<std::uint32_t>, std::vector<RowRef>>> groups;
  load::KeyGroups keys(model, model.primary_key);
  std::vector<RowRef> again;
  for (const RowRef& row : rows) {
    std::vector<std::uint32_t> fields = changed_fields(*row.node, row.slot);
    // One statement writes a row of the database once, however many Rows there are of it.
    if (const std::uint32_t known = keys.size(); keys.add(row.node->cells(row.slot)) != known) {
      again.push_back(row);
      continue;
    }
    if (goes_alone(context, model, row, fields)) {
      update(engine, context, *row.node, row.slot);
      continue;
    }
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == fields; });
    if (same == groups.end()) {
      groups.emplace_back(std::move(fields), std::vector<RowRef>{row});
    } else {
      same->second.push_back(row);
    }
  }
  const std::size_t parameters = engine.session->dialect().capabilities().max_parameters;
  for (const auto& [fields, group] : groups) {
    const std::size_t most = std::max<std::size_t>(1, parameters / (model.primary_key.size() + fields.size()));
    for (std::size_t begin = 0; begin < group.size(); begin += most)
      update_together(engine, context, fields, std::span(group).subspan(begin, std::min(most, group.size() - begin)));
  }
  for (const RowRef& row : again) update(engine, context, *row.node, row.slot);
}

}  // namespace dorm::write
