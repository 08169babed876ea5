// UPDATE, INSERT and DELETE, and the rows they return.
#include "query/compiler.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "query/grouping.hpp"
#include "query/layout.hpp"
#include "query/visit.hpp"

namespace dorm::query {
namespace {

// Values of the program were held against the type of their field when they were given.
bool is_checked(const Term& term, const FieldInfo& field) {
  // What was proposed for a column was held against that one.
  return term.kind == TermKind::value || (term.kind == TermKind::excluded && term.field == field.index);
}

bool is_correlated(const QuerySpec& spec, std::span<const Change> changes) {
  return (spec.where && has_correlated(*spec.where, *spec.root)) ||
         std::any_of(changes.begin(), changes.end(),
                     [&](const Change& change) { return has_correlated(*change.value, *spec.root); });
}

void check_returned(const QuerySpec& spec) {
  for (const TermPtr& term : expanded_outputs(spec)) {
    refuse_aggregates(*term, "returning");
    refuse_windows(*term, "returning");
  }
}

}  // namespace

void Compiler::update(const QuerySpec& spec, std::span<const Change> changes) {
  for (const Change& change : changes) {
    refuse_aggregates(*change.value, "update");
    refuse_windows(*change.value, "update");
  }
  if (spec.where) refuse_aggregates(*spec.where, "where");
  if (dialect_.capabilities().updates_are_seen && spec.joins.empty() && is_correlated(spec, changes))
    return update_found(spec, changes);
  push_frame();
  sql::Update update{};
  update.table = table_of(spec);
  for (const JoinSpec& join : spec.joins) add_source(join.target, false, join.lateral);
  std::vector<sql::Assignment> set;
  for (const Change& change : changes) {
    const FieldInfo& field = spec.root->model->fields[change.field];
    set.push_back({arena_.text(field.column), assigned(*change.value, field)});
  }
  update.set = arena_.list(set);
  if (spec.where) update.where = expr(*spec.where);
  if (!spec.joins.empty()) update_from(spec, update);
  finish_write(update, spec);
}

// The first joined table stands in FROM, so that its condition can only stand in WHERE.
void Compiler::update_from(const QuerySpec& spec, sql::Update& update) {
  std::vector<sql::Join> joins;
  std::vector<const sql::Expr*> conditions;
  if (update.where != nullptr) conditions.push_back(update.where);
  for (std::size_t i = 0; i < spec.joins.size(); ++i) {
    const JoinSpec& join = spec.joins[i];
    const sql::Expr* on = join.on ? expr(*join.on) : nullptr;
    const sql::Source* source = entry(*join.target).source;
    if (i == 0) {
      update.from = source;
    } else {
      joins.push_back({sql::JoinKind::cross, source, nullptr, join.lateral});
    }
    if (on != nullptr) conditions.push_back(on);
  }
  update.joins = arena_.list(joins);
  if (conditions.empty()) return;
  std::rotate(conditions.begin(), conditions.begin() + (update.where != nullptr ? 1 : 0), conditions.end());
  update.where = conditions.size() == 1 ? conditions.front()
                                        : arena_.expr(sql::Logical{sql::LogicalOp::all, arena_.list(conditions)});
}

// The rows and their new values are found before the first one is written.
void Compiler::update_found(const QuerySpec& spec, std::span<const Change> changes) {
  const ModelInfo& model = *spec.root->model;
  if (model.primary_key.empty())
    throw QueryError("model '" + model.name + "' has no primary key; updating it by a subquery needs one");
  QuerySpec rows = spec;
  rows.default_projection = false;
  rows.returning = false;
  rows.outputs.clear();
  const auto select_as = [&](const TermPtr& term, char prefix, std::size_t number) {
    rows.outputs.push_back({aliased(term, prefix + std::to_string(number)), nullptr});
  };
  for (std::size_t i = 0; i < model.primary_key.size(); ++i)
    select_as(column_term(spec.root, model.primary_key[i]), 'k', i + 1);
  for (std::size_t i = 0; i < changes.size(); ++i) select_as(changes[i].value, 'v', i + 1);

  push_frame();
  const auto* found = arena_.make(sql::Source{sql::Derived{select(rows, Role::source)}, "found"});
  const auto found_column = [&](char prefix, std::size_t number, const Type& type) {
    return arena_.expr(sql::Column{found, arena_.text(prefix + std::to_string(number)), type, true});
  };
  sql::Update update{};
  update.table = table_of(spec);
  std::vector<sql::Assignment> set;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const FieldInfo& field = model.fields[changes[i].field];
    const sql::Expr* value = found_column('v', i + 1, field.type);
    set.push_back({arena_.text(field.column), is_checked(*changes[i].value, field) ? value : fitted(value, field)});
  }
  update.set = arena_.list(set);
  update.from = found;
  std::vector<const sql::Expr*> same;
  for (std::size_t i = 0; i < model.primary_key.size(); ++i) {
    const FieldInfo& field = model.fields[model.primary_key[i]];
    same.push_back(arena_.expr(sql::Binary{sql::BinaryOp::eq, column(*spec.root, field.column, field.type, false),
                                           found_column('k', i + 1, field.type)}));
  }
  update.where = same.size() == 1 ? same.front() : arena_.expr(sql::Logical{sql::LogicalOp::all, arena_.list(same)});
  finish_write(update, spec);
}

void Compiler::insert(const QuerySpec& spec, const InsertTarget& into) {
  const ModelInfo& model = *into.table->model;
  sql::Insert statement{};
  if (into.rows.empty()) statement.select = fitted_select(spec, into);
  push_frame();
  std::vector<std::string_view> columns;
  for (const std::uint32_t field : into.fields) columns.push_back(arena_.text(model.fields[field].column));
  statement.columns = arena_.list(columns);
  if (!into.fields.empty()) {
    std::vector<sql::Exprs> rows;
    for (const std::vector<TermPtr>& row : into.rows) {
      std::vector<const sql::Expr*> values;
      for (std::size_t i = 0; i < row.size(); ++i) {
        refuse_aggregates(*row[i], "insert");
        refuse_windows(*row[i], "insert");
        values.push_back(assigned(*row[i], model.fields[into.fields[i]]));
      }
      rows.push_back(arena_.list(values));
    }
    statement.rows = arena_.list(rows);
  }
  // The values above are of no row: only from here on the table's columns mean something.
  QuerySpec target;
  target.root = into.table;
  statement.table = table_of(target);
  // A row of nothing but what the database makes meets nothing; SQLite has no words for it either.
  statement.conflict.action = into.fields.empty() ? sql::Conflict::Action::none : into.action;
  excludes_ = true;
  std::vector<std::string_view> taken;
  for (const std::uint32_t field : into.conflict) taken.push_back(arena_.text(model.fields[field].column));
  statement.conflict.target = arena_.list(taken);
  std::vector<sql::Assignment> set;
  for (const Change& change : into.set) {
    refuse_aggregates(*change.value, "on_conflict_update");
    refuse_windows(*change.value, "on_conflict_update");
    const FieldInfo& field = model.fields[change.field];
    set.push_back({arena_.text(field.column), assigned(*change.value, field)});
  }
  statement.conflict.set = arena_.list(set);
  if (into.where) {
    refuse_aggregates(*into.where, "on_conflict_update");
    refuse_windows(*into.where, "on_conflict_update");
    statement.conflict.where = expr(*into.where);
  }
  excludes_ = false;
  if (into.returned) check_returned(*into.returned);
  if (into.returned) statement.returning = outputs(*into.returned, Role::result);
  finish(statement);
  if (into.returned) return_rows(*into.returned);
}

// What is computed must fit the columns that it goes to.
const sql::Select* Compiler::fitted_select(const QuerySpec& spec, const InsertTarget& into) {
  sql::Select made = *select(spec, Role::value);
  const std::vector<TermPtr> terms = expanded_outputs(spec.leftmost());
  if (made.set_op != sql::SetOp::none || terms.size() != made.outputs.size()) return arena_.make(made);
  std::vector<sql::Output> outputs(made.outputs.begin(), made.outputs.end());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const FieldInfo& field = into.table->model->fields[into.fields[i]];
    const bool is_key = field.relation != no_index || field.primary_key;
    if (!is_key && !is_checked(unaliased(*terms[i]), field)) outputs[i].expr = fitted(outputs[i].expr, field);
  }
  made.outputs = arena_.list(outputs);
  return arena_.make(made);
}

void Compiler::remove(const QuerySpec& spec) {
  push_frame();
  sql::Delete statement{};
  statement.table = table_of(spec);
  if (spec.where) refuse_aggregates(*spec.where, "where");
  if (spec.where) statement.where = expr(*spec.where);
  finish_write(statement, spec);
}

const sql::Expr* Compiler::assigned(const Term& value, const FieldInfo& field) {
  const sql::Expr* made = expr(value);
  return is_checked(value, field) ? made : fitted(made, field);
}

const sql::Expr* Compiler::fitted(const sql::Expr* value, const FieldInfo& field) {
  return arena_.expr(sql::Fit{value, field.type});
}

// A write and, where that is asked for, the rows it wrote.
template <class Statement>
void Compiler::finish_write(Statement& statement, const QuerySpec& spec) {
  if (spec.returning) check_returned(spec);
  if (spec.returning) statement.returning = outputs(spec, Role::result);
  finish(statement);
  if (spec.returning) return_rows(spec);
}

void Compiler::return_rows(const QuerySpec& spec) {
  plan_.mode = spec.mode;
  lay_out(spec, plan_);
}

}  // namespace dorm::query
