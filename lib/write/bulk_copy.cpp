#include "write/bulk_copy.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "query/validate.hpp"

namespace dorm::write {
namespace {

// Below, one INSERT is as good: copying asks the database about the table first, a round trip more, while a hundred
// rows are text that is written, read and planned anew each time, and a parameter for each value.
constexpr std::size_t fewest_copied = 100;

}  // namespace

bool is_copied(const load::Engine& engine, std::size_t rows) {
  return rows >= fewest_copied && engine.session->dialect().capabilities().copies_rows;
}

std::optional<std::int64_t> copy_rows(load::Engine& engine, const ModelInfo& model,
                                      std::span<const std::uint32_t> fields, std::span<const Cell> cells) {
  if (fields.empty()) return std::nullopt;  // rows of defaults alone
  driver::Copy copy;
  copy.schema = model.db_schema;
  copy.table = model.table;
  std::vector<std::string_view> columns;
  for (const std::uint32_t index : fields) {
    const FieldInfo& field = model.fields[index];
    columns.push_back(field.column);
    copy.columns.push_back(field.column);
    copy.parameters.push_back({field.type, false, query::label_of(model, field)});
  }
  copy.sql = engine.session->dialect().copy_in(sql::Table{copy.schema, copy.table}, columns);
  const std::optional<driver::Outcome> outcome = engine.session->copy_in(copy, cells);
  if (!outcome) return std::nullopt;
  return outcome->affected;
}

}  // namespace dorm::write
