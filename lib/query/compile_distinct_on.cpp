// DISTINCT ON where the database has none.
#include "query/compiler.hpp"

#include <string>
#include <utility>
#include <variant>

#include "dorm/error.hpp"

namespace dorm::query {
namespace {

const sql::Expr* output_named(const sql::Select& made, std::string_view name) {
  for (const sql::Output& output : made.outputs)
    if (output.alias == name) return output.expr;
  throw QueryError("internal: an order names no output");
}

}  // namespace

// DISTINCT ON by other means: the rows are numbered within each group, and the first ones stay.
sql::Select Compiler::first_of_each(const sql::Select& made) {
  sql::Select numbered = made;
  numbered.distinct_on = {};
  numbered.order_by = {};
  numbered.limit = numbered.offset = nullptr;
  numbered.with = {};
  std::vector<sql::Output> inner;
  const auto add = [&](const sql::Expr* expr, char prefix, std::size_t number) {
    const std::string_view name = arena_.text(prefix + std::to_string(number));
    inner.push_back({expr, name});
    return name;
  };
  std::vector<std::pair<std::string_view, std::string_view>> columns;  // inside, and as the query calls it
  for (const sql::Output& output : made.outputs) {
    const auto* plain = std::get_if<sql::Column>(&output.expr->node);
    const std::string_view own = !output.alias.empty() || plain == nullptr ? output.alias : plain->name;
    columns.emplace_back(add(output.expr, 'c', columns.size() + 1), own);
  }
  std::vector<sql::Order> order;
  for (const sql::Order& by : made.order_by) {
    const auto* named = std::get_if<sql::OutputRef>(&by.expr->node);
    const sql::Expr* term = named == nullptr ? by.expr : output_named(made, named->name);
    order.push_back({term, by.descending, by.nulls, by.nullable});
  }
  std::vector<std::string_view> order_columns;
  for (const sql::Order& by : order) order_columns.push_back(add(by.expr, 'o', order_columns.size() + 1));
  sql::Window each{};
  each.partition = made.distinct_on;
  each.order = arena_.list(order);
  const sql::Expr* number = arena_.expr(sql::Call{"ROW_NUMBER", {}, false, nullptr, {}});
  inner.push_back({arena_.expr(sql::Over{number, arena_.make(each)}), "place"});
  numbered.outputs = arena_.list(inner);
  const auto* source = arena_.make(sql::Source{sql::Derived{arena_.make(numbered)}, "numbered"});
  const auto column = [&](std::string_view name, bool nullable) {
    return arena_.expr(sql::Column{source, name, {}, nullable});
  };
  std::vector<sql::Output> outer;
  for (const auto& [name, own] : columns) outer.push_back({column(name, true), own});
  std::vector<sql::Order> again;
  for (std::size_t i = 0; i < order.size(); ++i)
    again.push_back(
        {column(order_columns[i], order[i].nullable), order[i].descending, order[i].nulls, order[i].nullable});
  sql::Select first{};
  first.with = made.with;
  first.outputs = arena_.list(outer);
  first.from = source;
  first.where = arena_.expr(sql::Binary{sql::BinaryOp::eq, column("place", false), integer(1)});
  first.order_by = arena_.list(again);
  first.limit = made.limit;
  first.offset = made.offset;
  return first;
}

}  // namespace dorm::query
