#include "write/bulk_insert.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "graph/row_sink.hpp"
#include "load/key_groups.hpp"
#include "query/validate.hpp"
#include "write/bulk_copy.hpp"
#include "write/row_write.hpp"
#include "write/statements.hpp"

namespace dorm::write {
namespace {

// Rows that leave the same fields to the database.
struct Group {
  std::vector<std::uint32_t> generated;
  std::vector<RowRef> rows;
};

// How the values that the database made are told apart.
enum class Match : std::uint8_t {
  nothing,    // there are none
  key,        // the rows bring their keys
  count,      // by a key that counts upwards
  one_by_one  // not at all
};

class Inserter {
 public:
  Inserter(load::Engine& engine, const load::Context& context, const ModelInfo& model, Group group)
      : engine_(engine), context_(context), model_(model), group_(std::move(group)), columns_(model.fields.size()) {
    for (const FieldInfo& field : model_.fields) {
      const bool set = std::any_of(group_.rows.begin(), group_.rows.end(), [&](const RowRef& row) {
        return origin_of(field, row.node->cells(row.slot)[field.index]) == Origin::row;
      });
      if (!set) continue;
      columns_.add(field.index);
      fields_.push_back(field.index);
    }
  }

  void run() {
    const Match match = how_to_match();
    if (match == Match::one_by_one || group_.rows.size() == 1) {
      for (const RowRef& row : group_.rows) insert(engine_, context_, *row.node, row.slot);
      return;
    }
    if (match == Match::nothing && is_copied(engine_, group_.rows.size()) &&
        copy_rows(engine_, model_, fields_, cells_of(group_.rows))) {
      mark_all_inserted(group_.rows, nullptr);
      return;
    }
    const std::size_t most =
        std::max<std::size_t>(1, engine_.session->dialect().capabilities().max_parameters / fields_.size());
    for (std::size_t begin = 0; begin < group_.rows.size(); begin += most)
      run_statement(std::span(group_.rows).subspan(begin, std::min(most, group_.rows.size() - begin)), match);
  }

 private:
  bool is_generated(std::uint32_t field) const {
    return std::find(group_.generated.begin(), group_.generated.end(), field) != group_.generated.end();
  }

  Match how_to_match() const {
    if (fields_.empty()) return Match::one_by_one;  // DEFAULT VALUES
    if (group_.generated.empty()) return Match::nothing;
    if (!engine_.session->dialect().capabilities().returning) return Match::one_by_one;
    const std::vector<std::uint32_t>& key = model_.primary_key;
    if (!key.empty() &&
        std::all_of(key.begin(), key.end(), [&](std::uint32_t field) { return comes_back_equal(field); }))
      return Match::key;
    // In a table of another's making, an identity may count downwards or start again.
    const bool counts = std::any_of(group_.generated.begin(), group_.generated.end(),
                                    [&](std::uint32_t field) { return model_.fields[field].auto_increment; });
    return model_.managed && counts && !needs_column_types() ? Match::count : Match::one_by_one;
  }

  // A key that the program gives, and that the database returns as it was given.
  bool comes_back_equal(std::uint32_t field) const {
    const TypeKind kind = model_.fields[field].type.kind;
    return !is_generated(field) && kind != TypeKind::real && kind != TypeKind::json && kind != TypeKind::unknown &&
           load::key_equality(model_, model_.fields[field]) != load::KeyEquality::database;
  }

  // Types that a value gets only from the column it is written to, not on its way through a SELECT.
  bool needs_column_types() const {
    const std::span<const EnumInfo> enums = context_.registry.enums();
    return std::any_of(fields_.begin(), fields_.end(), [&](std::uint32_t index) {
      const FieldInfo& field = model_.fields[index];
      if (field.type.kind == TypeKind::unknown) return true;
      return field.enumeration != no_index && enums[field.enumeration].native;
    });
  }

  // Row by row, in the order of the fields.
  std::vector<Cell> cells_of(std::span<const RowRef> rows) const {
    std::vector<Cell> all;
    all.reserve(rows.size() * fields_.size());
    for (const RowRef& row : rows) {
      const Cell* cells = row.node->cells(row.slot);
      for (const std::uint32_t field : fields_)
        all.push_back(cells[field].is_loaded() ? cells[field] : Cell::of_null());
    }
    return all;
  }

  // They are in the database now; what it did not make and nobody set is null there.
  void mark_all_inserted(std::span<const RowRef> rows, const std::shared_ptr<const InsertPlan>& plan) const {
    for (const RowRef& row : rows) {
      Cell* cells = row.node->cells(row.slot);
      for (const FieldInfo& field : model_.fields)
        if (!cells[field.index].is_loaded()) cells[field.index] = Cell::of_null();
      mark_inserted(engine_, *row.node, row.slot, plan);
    }
  }

  void run_statement(std::span<const RowRef> rows, Match match) {
    const std::vector<Cell> parameters = cells_of(rows);
    std::vector<std::uint32_t> returning = group_.generated;
    if (match == Match::key) returning.insert(returning.end(), model_.primary_key.begin(), model_.primary_key.end());
    if (match == Match::nothing) returning.clear();
    const auto plan = insert_rows_plan(
        engine_, context_.registry, model_,
        {columns_, group_.generated, returning, static_cast<std::uint32_t>(rows.size()), match == Match::count});
    if (match == Match::nothing) {
      engine_.session->execute(plan->statement, parameters);
    } else {
      graph::Node returned(nullptr, rows.front().node->shape, 4);
      graph::RowSink sink;
      sink.segments.resize(1);
      sink.segments[0].node = &returned;
      for (std::size_t i = 0; i < returning.size(); ++i)
        sink.segments[0].columns.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(returning[i])});
      engine_.session->execute(plan->statement, parameters, &sink);
      if (sink.rows() != rows.size()) {
        throw StateError("inserting " + std::to_string(rows.size()) + " rows into '" + model_.name + "' returned " +
                         std::to_string(sink.rows()));
      }
      const std::vector<std::uint32_t> order = match == Match::key ? by_key(returned, rows) : by_count(returned);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        Cell* cells = rows[i].node->cells(rows[i].slot);
        const Cell* made = returned.cells(order[i]);
        for (const std::uint32_t field : group_.generated) copy_cell(rows[i].node->arena, cells[field], made[field]);
      }
    }
    mark_all_inserted(rows, plan);
  }

  // For each of the rows which of the returned ones is its own.
  std::vector<std::uint32_t> by_count(const graph::Node& returned) const {
    const auto counter = std::find_if(group_.generated.begin(), group_.generated.end(),
                                      [&](std::uint32_t field) { return model_.fields[field].auto_increment; });
    std::vector<std::uint32_t> order(returned.slot_count());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
      return returned.cells(left)[*counter].integer < returned.cells(right)[*counter].integer;
    });
    return order;
  }

  std::vector<std::uint32_t> by_key(const graph::Node& returned, std::span<const RowRef> rows) const {
    load::KeyGroups keys(model_, model_.primary_key);
    for (std::uint32_t i = 0; i < returned.slot_count(); ++i) keys.add(returned.cells(i));
    std::vector<std::uint32_t> order;
    for (const RowRef& row : rows) {
      order.push_back(keys.find(row.node->cells(row.slot), model_.primary_key));
      if (order.back() == load::KeyGroups::none)
        throw StateError("a row inserted into '" + model_.name + "' came back with another key than it was given");
    }
    return order;
  }

  load::Engine& engine_;
  const load::Context& context_;
  const ModelInfo& model_;
  const Group group_;
  ColumnSet columns_;
  std::vector<std::uint32_t> fields_;  // columns_, in order
};

}  // namespace

void insert_rows(load::Engine& engine, const load::Context& context, std::span<const RowRef> rows) {
  if (rows.empty()) return;
  const ModelInfo& model = *rows.front().node->shape->model;
  std::vector<Group> groups;
  for (const RowRef& row : rows) {
    const Cell* cells = row.node->cells(row.slot);
    std::vector<std::uint32_t> generated;
    for (const FieldInfo& field : model.fields) {
      const Origin origin = origin_of(field, cells[field.index]);
      if (origin == Origin::database) generated.push_back(field.index);
      if (origin == Origin::missing) throw DataError(query::label_of(model, field) + " is required; give it a value");
    }
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.generated == generated; });
    if (same == groups.end()) {
      groups.push_back({std::move(generated), {row}});
    } else {
      same->rows.push_back(row);
    }
  }
  for (Group& group : groups) Inserter(engine, context, model, std::move(group)).run();
}

}  // namespace dorm::write
