#include "dorm/expr.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/query.hpp"
#include "query/spec.hpp"
#include "query/term.hpp"
#include "query/typing.hpp"
#include "sql/ast.hpp"

namespace dorm {
namespace {

using query::Family;
using query::Term;
using query::TermKind;
using query::TermPtr;
using sql::BinaryOp;
using sql::MatchOp;
using sql::UnaryOp;

Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

const TermPtr& require(const Expr& expr) {
  if (!expr.has_value()) throw QueryError("an empty expression is used where a value is needed");
  return expr.term();
}

Expr wrap(Term term) { return Expr(std::make_shared<const Term>(std::move(term))); }

Term node(TermKind kind, const Type& type, std::vector<TermPtr> children) {
  Term term;
  term.kind = kind;
  term.type = type;
  term.nullable = std::any_of(children.begin(), children.end(), [](const TermPtr& child) { return child->nullable; });
  term.children = std::move(children);
  return term;
}

Term node(TermKind kind, TypeKind type, std::vector<TermPtr> children) {
  return node(kind, type_of(type), std::move(children));
}

bool is_null_value(const Term& term) { return term.kind == TermKind::value && term.value.is_null(); }

TermPtr null_test(const TermPtr& operand, bool negated) {
  Term term = node(TermKind::is_null, TypeKind::boolean, {operand});
  term.negated = negated;
  term.nullable = false;
  return std::make_shared<const Term>(std::move(term));
}

TermPtr negation(const TermPtr& operand) {
  Term term = node(TermKind::unary, TypeKind::boolean, {operand});
  term.op = static_cast<std::uint8_t>(UnaryOp::logical_not);
  return std::make_shared<const Term>(std::move(term));
}

std::string_view spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::eq:
      return "=";
    case BinaryOp::ne:
      return "!=";
    case BinaryOp::lt:
      return "<";
    case BinaryOp::le:
      return "<=";
    case BinaryOp::gt:
      return ">";
    case BinaryOp::ge:
      return ">=";
    default:
      return "is distinct from";
  }
}

// The equality of a column or relation with a row: one comparison per part of the key.
TermPtr equals_row(const TermPtr& side, const Term& row) {
  const auto part = [&](std::uint32_t field, std::uint32_t key_field) {
    const Value* value = row.key.find(key_field);
    if (value == nullptr)
      throw QueryError("the row compared with " + describe(*side) + " does not have the key that it refers to");
    const TermPtr column = query::column_term(side->source, field);
    return query::equal(column, query::value_term(*value, column->type));
  };
  if (side->kind == TermKind::column || side->kind == TermKind::relation) {
    const ModelInfo& model = *side->source->model;
    const std::uint32_t relation_index =
        side->kind == TermKind::relation ? side->index : model.fields[side->index].relation;
    if (relation_index != no_index) {
      const RelationInfo& relation = model.relations[relation_index];
      if (relation.target != row.key.model) {
        throw QueryError(describe(*side) + " refers to model '" + side->source->registry.model(relation.target).name +
                         "', but is compared with a row of '" + side->source->registry.model(row.key.model).name + "'");
      }
      TermPtr all;
      for (std::size_t i = 0; i < relation.fields.size(); ++i)
        all = query::all_of(all, part(relation.fields[i], relation.target_fields[i]));
      return all;
    }
    if (model.id == row.key.model && row.key.find(side->index) != nullptr) return part(side->index, side->index);
  }
  throw QueryError(describe(*side) + " cannot be compared with a row; compare a foreign key, or one of its columns");
}

Expr compare(BinaryOp op, const Expr& left_expr, const Expr& right_expr) {
  TermPtr left = require(left_expr);
  TermPtr right = require(right_expr);
  const bool equality = op == BinaryOp::eq || op == BinaryOp::ne;
  if (left->kind == TermKind::row && right->kind != TermKind::row) std::swap(left, right);
  if (right->kind == TermKind::row) {
    if (!equality) throw QueryError("rows have no order: compare one of their columns instead");
    const TermPtr equal = equals_row(left, *right);
    return Expr(op == BinaryOp::eq ? equal : negation(equal));
  }
  if (equality && (is_null_value(*left) || is_null_value(*right))) {
    return Expr(null_test(is_null_value(*right) ? left : right, op == BinaryOp::ne));
  }
  const bool null_safe = op == BinaryOp::is_distinct || op == BinaryOp::is_not_distinct;
  if (!null_safe && (is_null_value(*left) || is_null_value(*right))) {
    throw QueryError("'" + std::string(spelling(op)) + "' with null is never true; use is_null() or is_not_null()");
  }
  for (const TermPtr& side : {left, right}) {
    if (side->kind == TermKind::relation && side->field == no_index) {
      throw QueryError(describe(*side) + " is not a single column; compare it with a row, or use its columns");
    }
  }
  right = query::bound_beside(right, *left);
  left = query::bound_beside(left, *right);
  query::require_comparable(*left, *right, spelling(op));
  Term term = node(TermKind::binary, TypeKind::boolean, {left, right});
  term.op = static_cast<std::uint8_t>(op);
  if (null_safe) term.nullable = false;
  return wrap(std::move(term));
}

Expr arithmetic(BinaryOp op, const Expr& left_expr, const Expr& right_expr) {
  TermPtr left = require(left_expr);
  TermPtr right = require(right_expr);
  if (op != BinaryOp::multiply) {
    if (right->kind == TermKind::value && left->type.kind == TypeKind::decimal)
      right = query::bound_beside(right, *left);
    if (left->kind == TermKind::value && right->type.kind == TypeKind::decimal)
      left = query::bound_beside(left, *right);
  }
  Term term =
      node(TermKind::binary, query::arithmetic_type(static_cast<std::uint8_t>(op), *left, *right), {left, right});
  term.op = static_cast<std::uint8_t>(op);
  return wrap(std::move(term));
}

Expr logical(TermKind kind, const Expr& left, const Expr& right) {
  if (!left.has_value()) return right;
  if (!right.has_value()) return left;
  Term term;
  term.kind = kind;
  term.type = type_of(TypeKind::boolean);
  for (const TermPtr& side : {left.term(), right.term()}) {
    query::require_family(*side, Family::boolean, kind == TermKind::all ? "and" : "or");
    // a & b & c is one AND of three: flat trees stay shallow however long the chain.
    if (side->kind == kind && &side == &left.term()) {
      term.children = side->children;
    } else {
      term.children.push_back(side);
    }
  }
  return wrap(std::move(term));
}

Expr match(MatchOp op, const Expr& operand_expr, const Expr& pattern_expr, std::string_view name) {
  const TermPtr& operand = require(operand_expr);
  const TermPtr& pattern = require(pattern_expr);
  query::require_family(*operand, Family::text, name);
  if (is_null_value(*pattern)) throw QueryError("'" + std::string(name) + "' with null is never true; use is_null()");
  TermPtr bound = pattern;
  if (pattern->kind == TermKind::value) {
    if (pattern->value.kind() != ValueKind::text)
      throw QueryError("'" + std::string(name) + "' on " + describe(*operand) + " needs a text");
    const bool has_wildcards = op == MatchOp::like || op == MatchOp::ilike;
    const std::string& text = pattern->value.text();
    // PostgreSQL refuses what SQLite would match with nothing: a backslash that escapes no character.
    if (has_wildcards && (text.size() - (text.find_last_not_of('\\') + 1)) % 2 == 1) {
      throw QueryError("the pattern of '" + std::string(name) + "' on " + describe(*operand) +
                       " ends in a lone backslash; double it");
    }
    bound = query::value_term(pattern->value, type_of(TypeKind::text));
  }
  query::require_family(*bound, Family::text, name);
  Term term = node(TermKind::match, TypeKind::boolean, {operand, bound});
  term.op = static_cast<std::uint8_t>(op);
  return wrap(std::move(term));
}

Expr membership(const Expr& operand_expr, Values values, bool negated) {
  const TermPtr& operand = require(operand_expr);
  if (operand->kind == TermKind::relation && operand->field == no_index) {
    throw QueryError(describe(*operand) + " is not a single column; 'in' needs one");
  }
  for (const Value& value : values) {
    if (value.is_null())
      throw QueryError("a null in the list of 'in' on " + describe(*operand) + " never matches; add is_null() instead");
    if (value.kind() == ValueKind::list)
      throw QueryError("the list of 'in' on " + describe(*operand) + " holds another list");
  }
  const TermPtr list = query::bound_beside(query::value_term(Value(std::move(values)), operand->type), *operand);
  if (query::family(list->type.kind) != Family::unknown) query::require_comparable(*operand, *list, "in");
  Term term = node(TermKind::in_list, TypeKind::boolean, {operand, list});
  term.negated = negated;
  return wrap(std::move(term));
}

Expr membership(const Expr& operand_expr, const Query& query, bool negated) {
  const TermPtr& operand = require(operand_expr);
  // A query that selects nothing in particular stands for its primary key.
  auto spec = std::make_shared<query::QuerySpec>(*query.spec());
  if (spec->default_projection && spec->root && spec->root->model != nullptr) {
    spec->default_projection = false;
    for (const std::uint32_t field : spec->root->model->primary_key)
      spec->outputs.push_back({query::column_term(spec->root, field), nullptr});
  }
  const std::size_t wanted = operand->kind == TermKind::tuple ? operand->children.size() : 1;
  const std::vector<query::OutputColumn> columns = query::output_columns(*spec);
  if (columns.size() != wanted) {
    throw QueryError("the query in 'in' on " + describe(*operand) + " selects " + std::to_string(columns.size()) +
                     " columns where " + std::to_string(wanted) + " is needed; select just that");
  }
  if (wanted == 1) {
    Term shown;
    shown.kind = TermKind::output;
    shown.name = columns.front().name;
    shown.type = columns.front().type;
    query::require_comparable(*operand, shown, "in");
    const bool decimals = operand->type.kind == TypeKind::decimal || shown.type.kind == TypeKind::decimal;
    if (decimals && (operand->type.kind != shown.type.kind || operand->type.scale != shown.type.scale)) {
      throw QueryError("'in' compares " + describe(*operand) + " (" + to_string(operand->type) + ") with a query of " +
                       to_string(shown.type) + "; cast one of them");
    }
  }
  Term term = node(TermKind::in_query, TypeKind::boolean, {operand});
  term.negated = negated;
  term.query = std::move(spec);
  return wrap(std::move(term));
}

Expr between_of(const Expr& operand_expr, const Expr& low, const Expr& high, bool negated) {
  const TermPtr& operand = require(operand_expr);
  const TermPtr from = query::bound_beside(require(low), *operand);
  const TermPtr to = query::bound_beside(require(high), *operand);
  if (is_null_value(*from) || is_null_value(*to)) throw QueryError("'between' with null is never true");
  query::require_comparable(*operand, *from, "between");
  query::require_comparable(*operand, *to, "between");
  Term term = node(TermKind::between, TypeKind::boolean, {operand, from, to});
  term.negated = negated;
  return wrap(std::move(term));
}

Expr subquery_term(const Query& query, TermKind kind) {
  Term term;
  term.kind = kind;
  term.query = query.spec();
  if (kind == TermKind::exists) {
    term.type = type_of(TypeKind::boolean);
    term.nullable = false;
    return wrap(std::move(term));
  }
  const std::vector<query::OutputColumn> columns = query::output_columns(*query.spec());
  if (columns.size() != 1) {
    throw QueryError("a query used as a value must select one column; this one selects " +
                     std::to_string(columns.size()));
  }
  term.type = columns.front().type;
  return wrap(std::move(term));
}

}  // namespace

Expr::Expr(Value value, int) {
  if (value.kind() == ValueKind::list) throw QueryError("a list is not a value of an expression; use in()");
  const Type type = query::natural_type(value);
  term_ = query::value_term(std::move(value), type);
}

Expr::Expr(const KeyRef& key) {
  Term term;
  term.kind = TermKind::row;
  term.key = key;
  term.nullable = false;
  term_ = std::make_shared<const Term>(std::move(term));
}

Expr::Expr(const Query& query) : Expr(subquery_term(query, TermKind::subquery)) {}

Expr Expr::as(std::string_view alias) const {
  if (!is_identifier(alias))
    throw QueryError("alias " + quote(alias) + " is not an identifier; use letters, digits and '_', at most 63");
  Term term = node(TermKind::alias, require(*this)->type, {term_});
  term.name = alias;
  return wrap(std::move(term));
}

OrderExpr Expr::asc() const { return OrderExpr(*this); }

OrderExpr Expr::desc() const {
  OrderExpr order(*this);
  order.descending = true;
  return order;
}

OrderExpr OrderExpr::nulls_first() const {
  OrderExpr order = *this;
  order.nulls = Nulls::first;
  return order;
}

OrderExpr OrderExpr::nulls_last() const {
  OrderExpr order = *this;
  order.nulls = Nulls::last;
  return order;
}

Expr Expr::in(Values values) const { return membership(*this, std::move(values), false); }
Expr Expr::in(const Query& query) const { return membership(*this, query, false); }
Expr Expr::not_in(Values values) const { return membership(*this, std::move(values), true); }
Expr Expr::not_in(const Query& query) const { return membership(*this, query, true); }
Expr Expr::is_null() const { return Expr(null_test(require(*this), false)); }
Expr Expr::is_not_null() const { return Expr(null_test(require(*this), true)); }
Expr Expr::is_distinct_from(const Expr& other) const { return compare(BinaryOp::is_distinct, *this, other); }
Expr Expr::is_not_distinct_from(const Expr& other) const { return compare(BinaryOp::is_not_distinct, *this, other); }
Expr Expr::between(const Expr& low, const Expr& high) const { return between_of(*this, low, high, false); }
Expr Expr::not_between(const Expr& low, const Expr& high) const { return between_of(*this, low, high, true); }
Expr Expr::like(const Expr& pattern) const { return match(MatchOp::like, *this, pattern, "like"); }
Expr Expr::ilike(const Expr& pattern) const { return match(MatchOp::ilike, *this, pattern, "ilike"); }
Expr Expr::contains(const Expr& text) const { return match(MatchOp::contains, *this, text, "contains"); }
Expr Expr::startswith(const Expr& text) const { return match(MatchOp::startswith, *this, text, "startswith"); }
Expr Expr::endswith(const Expr& text) const { return match(MatchOp::endswith, *this, text, "endswith"); }
Expr Expr::icontains(const Expr& text) const { return match(MatchOp::icontains, *this, text, "icontains"); }
Expr Expr::istartswith(const Expr& text) const { return match(MatchOp::istartswith, *this, text, "istartswith"); }
Expr Expr::iendswith(const Expr& text) const { return match(MatchOp::iendswith, *this, text, "iendswith"); }
Expr Expr::iexact(const Expr& text) const { return match(MatchOp::iexact, *this, text, "iexact"); }
Expr Expr::regex(const Expr& pattern) const { return match(MatchOp::regex, *this, pattern, "regex"); }
Expr Expr::iregex(const Expr& pattern) const { return match(MatchOp::iregex, *this, pattern, "iregex"); }

Expr Expr::concat(const Expr& other) const {
  query::require_family(*require(*this), Family::text, "concat");
  query::require_family(*require(other), Family::text, "concat");
  Term term = node(TermKind::binary, TypeKind::text, {term_, other.term()});
  term.op = static_cast<std::uint8_t>(BinaryOp::concat);
  return wrap(std::move(term));
}

Expr Expr::cast(const Type& type) const { return wrap(node(TermKind::cast, type, {require(*this)})); }

Expr Expr::collate(std::string_view collation) const {
  query::require_family(*require(*this), Family::text, "collate");
  Term term = node(TermKind::collate, term_->type, {term_});
  term.name = collation;
  return wrap(std::move(term));
}

const Type& Expr::type() const noexcept {
  static const Type unknown;
  return term_ ? term_->type : unknown;
}

Expr operator==(const Expr& left, const Expr& right) { return compare(BinaryOp::eq, left, right); }
Expr operator!=(const Expr& left, const Expr& right) { return compare(BinaryOp::ne, left, right); }
Expr operator<(const Expr& left, const Expr& right) { return compare(BinaryOp::lt, left, right); }
Expr operator<=(const Expr& left, const Expr& right) { return compare(BinaryOp::le, left, right); }
Expr operator>(const Expr& left, const Expr& right) { return compare(BinaryOp::gt, left, right); }
Expr operator>=(const Expr& left, const Expr& right) { return compare(BinaryOp::ge, left, right); }
Expr operator&(const Expr& left, const Expr& right) { return logical(TermKind::all, left, right); }
Expr operator|(const Expr& left, const Expr& right) { return logical(TermKind::any, left, right); }

Expr operator!(const Expr& operand) {
  const TermPtr& term = require(operand);
  query::require_family(*term, Family::boolean, "not");
  // NOT NOT x is x.
  if (term->kind == TermKind::unary && static_cast<UnaryOp>(term->op) == UnaryOp::logical_not)
    return Expr(term->children.front());
  return Expr(negation(term));
}

Expr operator+(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::add, left, right); }
Expr operator-(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::subtract, left, right); }
Expr operator*(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::multiply, left, right); }
Expr operator/(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::divide, left, right); }
Expr operator%(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::modulo, left, right); }

Expr operator-(const Expr& operand) {
  query::require_family(*require(operand), Family::number, "-");
  Term term = node(TermKind::unary, operand.type(), {operand.term()});
  term.op = static_cast<std::uint8_t>(UnaryOp::negate);
  return wrap(std::move(term));
}

Expr exists(const Query& query) { return subquery_term(query, TermKind::exists); }

Expr not_exists(const Query& query) {
  Term term = *subquery_term(query, TermKind::exists).term();
  term.negated = true;
  return wrap(std::move(term));
}

Expr tuple(std::vector<Expr> items) {
  if (items.empty()) throw QueryError("a tuple needs at least one item");
  std::vector<TermPtr> children;
  for (const Expr& item : items) children.push_back(require(item));
  return wrap(node(TermKind::tuple, TypeKind::unknown, std::move(children)));
}

Expr case_when(std::vector<When> whens, Expr otherwise) {
  if (whens.empty()) throw QueryError("case_when needs at least one condition");
  std::vector<TermPtr> results;
  for (const When& when : whens) {
    query::require_family(*require(when.condition), Family::boolean, "case when");
    results.push_back(require(when.result));
  }
  if (otherwise.has_value()) results.push_back(otherwise.term());
  const Type type = query::unify(results, "case when");
  std::vector<TermPtr> children;
  for (std::size_t i = 0; i < whens.size(); ++i) {
    children.push_back(whens[i].condition.term());
    children.push_back(results[i]);
  }
  if (otherwise.has_value()) children.push_back(results.back());
  Term term = node(TermKind::case_when, type, std::move(children));
  term.nullable = true;
  return wrap(std::move(term));
}

namespace fn {
namespace {

Expr function(std::string_view name, const Type& type, std::vector<Expr> arguments) {
  if (!is_identifier(name)) throw QueryError("function name " + quote(name) + " is not an identifier");
  std::vector<TermPtr> children;
  for (const Expr& argument : arguments) children.push_back(require(argument));
  Term term = node(TermKind::call, type, std::move(children));
  term.name = name;
  term.nullable = true;
  return wrap(std::move(term));
}

Type aggregate_type(const Expr& expr, std::string_view name) {
  const TypeKind kind = expr.type().kind;
  if (kind == TypeKind::boolean || kind == TypeKind::uuid || kind == TypeKind::json || kind == TypeKind::binary) {
    throw QueryError("'" + std::string(name) + "' does not apply to " + describe(*expr.term()) + ", which is " +
                     to_string(expr.type()));
  }
  return expr.type();
}

}  // namespace

Expr call(std::string_view name, std::vector<Expr> arguments) { return function(name, Type{}, std::move(arguments)); }

Expr count(const Expr& expr) {
  Term term = *function("COUNT", type_of(TypeKind::bigint), {expr}).term();
  term.nullable = false;
  return wrap(std::move(term));
}

Expr count() {
  Term term;
  term.kind = TermKind::count_all;
  term.type = type_of(TypeKind::bigint);
  term.nullable = false;
  return wrap(std::move(term));
}

Expr count_distinct(const Expr& expr) {
  Term term = *count(expr).term();
  term.distinct = true;
  return wrap(std::move(term));
}

Expr sum(const Expr& expr) {
  query::require_family(*require(expr), Family::number, "sum");
  Type type = expr.type();
  if (type.kind == TypeKind::smallint || type.kind == TypeKind::integer) type.kind = TypeKind::bigint;
  if (type.kind == TypeKind::real) type.kind = TypeKind::double_precision;
  type.precision = 0;
  return function("SUM", type, {expr});
}

Expr avg(const Expr& expr) {
  query::require_family(*require(expr), Family::number, "avg");
  if (expr.type().kind == TypeKind::decimal) {
    throw QueryError("the average of " + describe(*expr.term()) + " is not exact; cast it to double first");
  }
  // PostgreSQL's average of integers is numeric, SQLite's is real: both become double.
  return function("AVG", Type{}, {expr}).cast(type_of(TypeKind::double_precision));
}

Expr min(const Expr& expr) {
  require(expr);
  return function("MIN", aggregate_type(expr, "min"), {expr});
}

Expr max(const Expr& expr) {
  require(expr);
  return function("MAX", aggregate_type(expr, "max"), {expr});
}

Expr lower(const Expr& expr) {
  query::require_family(*require(expr), Family::text, "lower");
  return function("LOWER", type_of(TypeKind::text), {expr});
}

Expr upper(const Expr& expr) {
  query::require_family(*require(expr), Family::text, "upper");
  return function("UPPER", type_of(TypeKind::text), {expr});
}

Expr length(const Expr& expr) {
  query::require_family(*require(expr), Family::text, "length");
  return function("LENGTH", type_of(TypeKind::bigint), {expr});
}

Expr coalesce(std::vector<Expr> arguments) {
  if (arguments.size() < 2) throw QueryError("coalesce needs at least two arguments");
  std::vector<TermPtr> terms;
  for (const Expr& argument : arguments) terms.push_back(require(argument));
  const Type type = query::unify(terms, "coalesce");
  for (std::size_t i = 0; i < terms.size(); ++i) arguments[i] = Expr(terms[i]);
  return function("COALESCE", type, std::move(arguments));
}

}  // namespace fn
}  // namespace dorm
