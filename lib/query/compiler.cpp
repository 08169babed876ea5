// What a plan is made for, and the statement at its end.
#include "query/compiler.hpp"

#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "query/grouping.hpp"
#include "query/layout.hpp"

namespace dorm::query {

void Compiler::rows(const QuerySpec& spec) {
  const sql::Select* statement = select(spec, Role::result);
  plan_.mode = spec.mode;
  finish(*statement);
  lay_out(spec, plan_);
}

void Compiler::count(const QuerySpec& spec) {
  sql::Select outer{};
  const bool plain = plain_rows(spec) && spec.group_by.empty() && !spec.having && !spec.limit && !spec.offset;
  if (plain) {
    outer = *select(spec, Role::rows_only);
  } else {
    const sql::Select* inner = select(spec, Role::counted);
    outer.from = arena_.make(sql::Source{sql::Derived{inner}, "counted"});
  }
  const sql::Expr* all = arena_.expr(sql::Star{nullptr});
  outer.outputs =
      list<sql::Output>({{arena_.expr(sql::Call{"COUNT", list<const sql::Expr*>({all}), false, nullptr, {}}), {}}});
  finish(outer);
  Type type;
  type.kind = TypeKind::bigint;
  plan_.statement.columns = {{type, "COUNT(*)"}};
}

void Compiler::exists(const QuerySpec& spec) {
  sql::Select inner = *select(spec, plain_rows(spec) ? Role::rows_only : Role::counted);
  if (inner.outputs.empty() && inner.set_op == sql::SetOp::none) inner.outputs = list<sql::Output>({{integer(1), {}}});
  if (inner.limit == nullptr) inner.limit = integer(1);
  finish(inner);
  plan_.statement.columns.clear();
  const std::size_t columns = plain_rows(spec) ? 1 : output_columns(spec).size();
  plan_.statement.columns.resize(columns);
}

// Whether there are as many rows whatever is selected, so that nothing need be where only rows are asked for.
bool Compiler::plain_rows(const QuerySpec& spec) {
  return spec.set_op == sql::SetOp::none && !spec.distinct && spec.distinct_on.empty() && !is_aggregated(spec);
}

std::uint32_t Compiler::slot_of(const void* origin) {
  const std::uint32_t slot = index_.find(shaped_.slots, origin);
  if (slot == SlotIndex::none) throw QueryError("internal: a value of the query has no slot");
  return slot;
}

const sql::Expr* Compiler::param(std::uint32_t slot) {
  return arena_.expr(sql::Param{slot, shaped_.slots[slot].type, shaped_.slots[slot].array});
}

const sql::Expr* Compiler::integer(std::int64_t value) {
  return arena_.expr(sql::Constant{sql::Constant::Kind::integer, value});
}

void Compiler::finish(const sql::Statement& statement) {
  sql::Text text = dialect_.lower(statement);
  plan_.statement.sql = std::move(text.sql);
  plan_.statement.id = driver::next_statement_id();
  for (const sql::Param& param : text.parameters) {
    plan_.statement.parameters.push_back({param.type, param.array, {}, param.compared});
    plan_.bindings.push_back(param.slot);
  }
  if (plan_.statement.parameters.size() > dialect_.capabilities().max_parameters) {
    throw LimitError("the statement has " + std::to_string(plan_.statement.parameters.size()) + " parameters; " +
                     std::string(dialect_.name()) + " allows " +
                     std::to_string(dialect_.capabilities().max_parameters));
  }
}

std::shared_ptr<const Plan> make_plan(const QuerySpec& spec, Purpose purpose, const Shaped& shaped,
                                      const sql::Dialect& dialect, std::span<const Change> changes,
                                      const InsertTarget* into) {
  auto plan = std::make_shared<Plan>();
  Compiler compiler(dialect, shaped, *plan);
  switch (purpose) {
    case Purpose::rows:
      compiler.rows(spec);
      break;
    case Purpose::count:
      compiler.count(spec);
      break;
    case Purpose::exists:
      compiler.exists(spec);
      break;
    case Purpose::update:
      compiler.update(spec, changes);
      break;
    case Purpose::remove:
      compiler.remove(spec);
      break;
    case Purpose::insert:
      compiler.insert(spec, *into);
      break;
  }
  plan->statement.writes = purpose == Purpose::update || purpose == Purpose::remove || purpose == Purpose::insert;
  return plan;
}

}  // namespace dorm::query
