// Terms of an expression, one by one.
#include "query/compiler.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "dorm/error.hpp"
#include "query/collation.hpp"
#include "query/names.hpp"

namespace dorm::query {

sql::Exprs Compiler::exprs(const std::vector<TermPtr>& terms) {
  std::vector<const sql::Expr*> made;
  made.reserve(terms.size());
  for (const TermPtr& term : terms) made.push_back(expr(*term));
  return arena_.list(made);
}

const sql::Expr* Compiler::column(const Source& source, std::string_view name, const Type& type, bool nullable) {
  const Entry& found = entry(source);
  return arena_.expr(sql::Column{found.source, arena_.text(name), type, nullable || found.outer});
}

// Of a comparison, where a tuple may stand.
const sql::Expr* Compiler::side(const Term& term) {
  return term.kind == TermKind::tuple ? arena_.expr(sql::Tuple{exprs(term.children)}) : expr(term);
}

const sql::Expr* Compiler::expr(const Term& term) {
  switch (term.kind) {
    case TermKind::value:
      if (term.value.is_null() && !term.bound) return arena_.expr(sql::Constant{sql::Constant::Kind::null, 0});
      return param(slot_of(&term));
    case TermKind::parameter:
      throw QueryError(describe(term) + " has no value; give it with bind()");
    case TermKind::row:
      throw QueryError("a row can only be compared with a foreign key or a key by == and !=");
    case TermKind::column:
    case TermKind::relation: {
      const FieldInfo* field = field_of(term);
      if (field == nullptr && !key_columns(term).empty()) {
        throw QueryError(describe(term) + " is a key of the columns " + key_column_names(term) +
                         "; use one of them here");
      }
      if (field == nullptr) throw QueryError(describe(term) + " is not a single column; use a column of it");
      return column(*term.source, field->column, field->type, field->nullable);
    }
    case TermKind::output:
      require_one_column(*term.source, term.name);
      return column(*term.source, term.name, term.type, term.nullable);
    case TermKind::unary: {
      const auto op = static_cast<sql::UnaryOp>(term.op);
      if (op == sql::UnaryOp::negate) refuse_kept_as_text(*term.children[0], "-");
      const sql::Expr* operand = expr(*term.children[0]);
      if (op == sql::UnaryOp::bit_not && dialect_.capabilities().narrow_integers && is_narrow(*term.children[0]))
        operand = arena_.expr(sql::Cast{operand, term.type, term.children[0]->type.kind});
      return arena_.expr(sql::Unary{op, operand});
    }
    case TermKind::binary:
      return binary(term);
    case TermKind::all:
      return arena_.expr(sql::Logical{sql::LogicalOp::all, exprs(term.children)});
    case TermKind::any:
      return arena_.expr(sql::Logical{sql::LogicalOp::any, exprs(term.children)});
    case TermKind::is_null:
      return arena_.expr(sql::IsNull{expr(*term.children[0]), term.negated});
    case TermKind::between:
      return between(term);
    case TermKind::in_list:
      return in_list(term);
    case TermKind::in_query:
      return in_query(term);
    case TermKind::match:
      return arena_.expr(sql::Match{static_cast<sql::MatchOp>(term.op), text_of(*term.children[0]),
                                    text_of(*term.children[1]), term.negated});
    case TermKind::call:
    case TermKind::count_all:
      return settled(term, call(term));
    case TermKind::case_when:
      return case_when(term);
    case TermKind::cast:
      return cast(term);
    case TermKind::collate:
      return arena_.expr(sql::Collate{expr(*term.children[0]), arena_.text(term.name)});
    case TermKind::subquery:
      return arena_.expr(sql::Subquery{select(*term.query, Role::value)});
    case TermKind::exists: {
      sql::Select inner = *select(*term.query, plain_rows(*term.query) ? Role::rows_only : Role::value);
      if (inner.outputs.empty() && inner.set_op == sql::SetOp::none)
        inner.outputs = list<sql::Output>({{integer(1), {}}});
      return arena_.expr(sql::Exists{arena_.make(inner), term.negated});
    }
    case TermKind::tuple:
      throw QueryError("a tuple is only compared, or looked for with in(); name its items one by one");
    case TermKind::alias:
      return expr(*term.children[0]);
    case TermKind::part:
      return arena_.expr(
          sql::DatePart{static_cast<sql::DatePartKind>(term.op), expr(*term.children[0]), term.children[0]->type});
    case TermKind::truncate:
      return arena_.expr(
          sql::DateTrunc{static_cast<sql::DatePartKind>(term.op), expr(*term.children[0]), term.children[0]->type});
    case TermKind::json_path:
      return json_path(term);
    case TermKind::over:
      return settled(*term.children[0], arena_.expr(sql::Over{call(*term.children[0]), window(term)}));
    case TermKind::raw: {
      std::vector<std::string_view> pieces;
      for (const Value& piece : term.value.list()) pieces.push_back(arena_.text(piece.text()));
      return arena_.expr(sql::Raw{arena_.list(pieces), exprs(term.children)});
    }
    case TermKind::excluded:
      if (!excludes_) throw QueryError("excluded() is of what an upsert proposes; it has no meaning here");
      return arena_.expr(sql::Excluded{arena_.text(term.source->model->fields[term.field].column)});
  }
  throw QueryError("internal: unknown expression");
}

const sql::Expr* Compiler::settled(const Term& call, const sql::Expr* made) {
  return call.settled ? arena_.expr(sql::Cast{made, call.type, call.type.kind}) : made;
}

// An aggregate or another function.
const sql::Expr* Compiler::call(const Term& term) {
  const bool any_decimal = std::any_of(term.children.begin(), term.children.end(),
                                       [](const TermPtr& child) { return child->type.kind == TypeKind::decimal; });
  if (term.type.kind == TypeKind::unknown && any_decimal && !dialect_.capabilities().native_decimal) {
    throw QueryError("'" + term.name + "' of a decimal is not exact on " + std::string(dialect_.name()) +
                     "; cast it to double first");
  }
  check_arguments(term);
  if (term.name == "NULLIF" && term.children.size() == 2)
    if (const sql::Expr* made = null_if(term)) return made;
  std::vector<const sql::Expr*> arguments;
  const bool picks = term.name == "MIN" || term.name == "MAX";
  for (const TermPtr& child : term.children) arguments.push_back(picks ? by_bytes(*child) : text_of(*child));
  // What a sum of singles is must not depend on who adds it up.
  const bool sums_singles = term.name == "SUM" && dialect_.capabilities().narrow_reals && !term.children.empty() &&
                            term.children[0]->type.kind == TypeKind::real;
  if (sums_singles)
    arguments[0] = arena_.expr(sql::Cast{arguments[0], Type{.kind = TypeKind::double_precision}, TypeKind::real});
  const bool makes_json = term.op == 1;
  if (makes_json && term.distinct && has_own_collation(*term.children[0], dialect_.name()))
    throw QueryError("json_agg of distinct values does not apply to " + describe(*term.children[0]) +
                     ", which has a collation of its own; aggregate over a subquery of distinct values");
  if (makes_json) arguments[0] = arena_.expr(sql::JsonElement{arguments[0], term.children[0]->type});
  if (term.kind == TermKind::count_all) arguments.push_back(arena_.expr(sql::Star{nullptr}));
  const std::string_view name = term.kind == TermKind::count_all ? "COUNT" : arena_.text(term.name);
  const sql::Expr* filter = term.filter ? expr(*term.filter) : nullptr;
  return arena_.expr(sql::Call{name, arena_.list(arguments), term.distinct, filter, order_of(term.order)});
}

const sql::Expr* Compiler::case_when(const Term& term) {
  std::vector<const sql::Expr*> whens;
  std::vector<const sql::Expr*> thens;
  const bool has_operand = term.op == 1;
  std::size_t i = has_operand ? 1 : 0;
  std::vector<const Term*> results;
  for (std::size_t at = i + 1; at < term.children.size(); at += 2) results.push_back(term.children[at].get());
  if ((term.children.size() - i) % 2 != 0) results.push_back(term.children.back().get());
  are_kept_as_text(results);
  const sql::Expr* operand = has_operand ? text_of(*term.children[0]) : nullptr;
  for (; i + 1 < term.children.size(); i += 2) {
    whens.push_back(has_operand ? text_of(*term.children[i]) : expr(*term.children[i]));
    thens.push_back(text_of(*term.children[i + 1]));
  }
  const sql::Expr* otherwise = i < term.children.size() ? text_of(*term.children[i]) : nullptr;
  return arena_.expr(sql::Case{operand, arena_.list(whens), arena_.list(thens), otherwise});
}

const sql::Expr* Compiler::in_list(const Term& term) {
  const Term& items = *term.children[1];
  const Measure common = measure({term.children[0].get(), &items});
  const sql::Expr* operand = measured(*term.children[0], common);
  const std::uint32_t slot = slot_of(&items);
  if (items.value.list().empty()) return arena_.expr(sql::InList{operand, {}, term.negated});
  if (is_spread(items.type)) {
    std::vector<const sql::Expr*> spread;
    do {
      spread.push_back(param(slot + static_cast<std::uint32_t>(spread.size())));
    } while (slot + spread.size() < shaped_.slots.size() && shaped_.slots[slot + spread.size()].origin == nullptr);
    return arena_.expr(sql::InList{operand, arena_.list(spread), term.negated});
  }
  return arena_.expr(
      sql::InArray{operand, sql::Param{slot, items.type, true, may_exceed(*term.children[0], common)}, term.negated});
}

const sql::Expr* Compiler::in_query(const Term& term) {
  const Term& operand = *term.children[0];
  const sql::Select* rows = select(*term.query, Role::value);
  const EnumInfo* ours = native_enum(operand);
  const std::vector<TermPtr> outputs = expanded_outputs(term.query->leftmost());
  const std::vector<TermPtr> items = operand.kind == TermKind::tuple ? operand.children : std::vector{term.children[0]};
  for (std::size_t i = 0; i < std::min(items.size(), outputs.size()); ++i)
    are_kept_as_text({items[i].get(), outputs[i].get()});
  if (ours == nullptr) return arena_.expr(sql::InSelect{side(operand), rows, term.negated});
  const EnumInfo* theirs = outputs.size() == 1 ? native_enum(*outputs.front()) : nullptr;
  const bool alike = theirs != nullptr && theirs->name == ours->name;
  return arena_.expr(sql::InSelect{alike ? expr(operand) : text_of(operand), rows, term.negated});
}

const sql::Expr* Compiler::json_path(const Term& term) {
  std::vector<sql::JsonStep> steps;
  for (const Value& step : term.value.list()) {
    if (step.kind() == ValueKind::text) {
      steps.push_back({arena_.text(step.text()), 0, false});
    } else {
      steps.push_back({{}, step.integer(), true});
    }
  }
  return arena_.expr(sql::JsonPath{static_cast<sql::JsonRead>(term.op), expr(*term.children[0]), arena_.list(steps)});
}

sql::List<sql::Order> Compiler::order_of(const std::vector<OrderSpec>& terms) {
  std::vector<sql::Order> order;
  for (const OrderSpec& by : terms) {
    refuse_kept_as_text(*by.term, "order by");
    order.push_back({by_bytes(*by.term), by.descending, by.nulls, may_be_null(*by.term)});
  }
  return arena_.list(order);
}

// Whether an expression can be NULL, here where outer joins may miss. Only columns say more than their terms do.
bool Compiler::may_be_null(const Term& term) const {
  if (term.nullable) return true;
  switch (term.kind) {
    case TermKind::column:
    case TermKind::relation:
    case TermKind::output:
      return entry(*term.source).outer;
    case TermKind::is_null:
    case TermKind::call:
    case TermKind::count_all:
    case TermKind::exists:
    case TermKind::over:
      return false;
    default:
      return std::any_of(term.children.begin(), term.children.end(),
                         [&](const TermPtr& child) { return may_be_null(*child); });
  }
}

}  // namespace dorm::query
