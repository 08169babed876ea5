// The functions of expr.hpp.
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "query/make_term.hpp"
#include "query/typing.hpp"

namespace dorm {
namespace {

using query::Family;
using query::node;
using query::require;
using query::Term;
using query::TermKind;
using query::TermPtr;
using query::type_of;
using query::wrap;

}  // namespace

namespace fn {
namespace {

Expr function(std::string_view name, const Type& type, const std::vector<Expr>& arguments) {
  if (!is_identifier(name)) throw QueryError("function name " + quote(name) + " is not an identifier");
  std::vector<TermPtr> children;
  for (const Expr& argument : arguments) children.push_back(require(argument));
  Term term = node(TermKind::call, type, std::move(children));
  term.name = name;
  term.nullable = true;
  return wrap(std::move(term));
}

// Cast to its type: each database has one of its own for the result.
Expr settled(const Expr& call) {
  Term term = *call.term();
  term.settled = true;
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

// A function that counts rows takes no bigint for that.
Expr count_of(std::int32_t rows) { return Expr(std::int64_t{rows}).cast(type_of(TypeKind::integer)); }

Expr neighbour(std::string_view name, const Expr& expr, std::int32_t rows, const Expr& otherwise) {
  if (rows < 0) throw QueryError("'" + lower_case(name) + "' counts rows from 0; turn the order round");
  std::vector<Expr> arguments{Expr(require(expr)), count_of(rows)};
  if (otherwise.has_value()) {
    std::vector<TermPtr> both{expr.term(), otherwise.term()};
    query::unify(both, name);
    arguments = {Expr(both[0]), arguments[1], Expr(both[1])};
  }
  return function(name, arguments.front().type(), arguments);
}

// A number that every row has.
Expr place_of(std::string_view name, TypeKind kind, const std::vector<Expr>& arguments = {}) {
  Term term = *function(name, type_of(kind), arguments).term();
  term.nullable = false;
  return wrap(std::move(term));
}

// Cut at the marks: one more piece than there are parameters.
std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      pieces.back() += c;
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    if (next == c) {
      pieces.back() += c;
    } else if (c == '{' && next == '}') {
      pieces.emplace_back();
    } else {
      throw QueryError("raw_sql: a lone brace; {} is a parameter, {{ and }} are braces");
    }
    ++i;
  }
  return pieces;
}

}  // namespace

Expr call(std::string_view name, const std::vector<Expr>& arguments, const Type& type) {
  return function(name, type, arguments);
}

Expr raw_sql(std::string_view text, const std::vector<Expr>& parameters, const Type& type) {
  const std::vector<std::string> pieces = pieces_of(text);
  if (pieces.size() != parameters.size() + 1) {
    throw QueryError("raw_sql has " + std::to_string(pieces.size() - 1) + " marks {} for " +
                     std::to_string(parameters.size()) + " parameters");
  }
  std::vector<TermPtr> children;
  for (const Expr& parameter : parameters) children.push_back(require(parameter));
  Term term = node(TermKind::raw, type, std::move(children));
  Values texts;
  for (const std::string& piece : pieces) texts.emplace_back(piece);
  term.value = Value(std::move(texts));
  term.nullable = true;
  return wrap(std::move(term));
}

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

Expr count_distinct(const Expr& expr) { return count(expr).distinct(); }

Expr sum(const Expr& expr) {
  query::require_family(*require(expr), Family::number, "sum");
  Type type = expr.type();
  if (type.kind == TypeKind::smallint || type.kind == TypeKind::integer) type.kind = TypeKind::bigint;
  if (type.kind == TypeKind::real) type.kind = TypeKind::double_precision;
  type.precision = 0;
  const Expr sum = function("SUM", type, {expr});
  // PostgreSQL's sum of 64-bit integers is a numeric, which neither divides nor has bits as they do.
  return expr.type().kind == TypeKind::bigint ? settled(sum) : sum;
}

Expr avg(const Expr& expr) {
  query::require_family(*require(expr), Family::number, "avg");
  if (expr.type().kind == TypeKind::decimal) {
    throw QueryError("the average of " + describe(*expr.term()) + " is not exact; cast it to double first");
  }
  // PostgreSQL's average of integers is numeric, SQLite's is real: both become double.
  return settled(function("AVG", type_of(TypeKind::double_precision), {expr}));
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
  return function("LENGTH", type_of(TypeKind::integer), {expr});
}

Expr coalesce(std::vector<Expr> arguments) {
  if (arguments.size() < 2) throw QueryError("coalesce needs at least two arguments");
  std::vector<TermPtr> terms;
  for (const Expr& argument : arguments) terms.push_back(require(argument));
  const Type type = query::unify(terms, "coalesce");
  for (std::size_t i = 0; i < terms.size(); ++i) arguments[i] = Expr(terms[i]);
  return function("COALESCE", type, arguments);
}

Expr nullif(const Expr& expr, const Expr& other) {
  const Expr checked = expr == other;
  if (checked.term()->kind != TermKind::binary) throw QueryError("nullif compares two values, neither of them null");
  const Expr value(checked.term()->children[0]);
  return function("NULLIF", value.type(), {value, Expr(checked.term()->children[1])});
}

Expr abs(const Expr& expr) {
  query::require_family(*require(expr), Family::number, "abs");
  return function("ABS", expr.type(), {expr});
}

Expr string_agg(const Expr& text, std::string_view separator) {
  query::require_family(*require(text), Family::text, "string_agg");
  return function("STRING_AGG", type_of(TypeKind::text), {text, Expr(std::string(separator))});
}

Expr json_agg(const Expr& value) {
  switch (require(value)->type.kind) {
    case TypeKind::unknown:
    case TypeKind::decimal:
    case TypeKind::time:
    case TypeKind::datetime:
    case TypeKind::binary:
      throw QueryError("json_agg does not apply to " + describe(*value.term()) + ", which is " +
                       to_string(value.type()) + "; load the rows, or cast it to what json has");
    default:
      break;
  }
  Term term = *function("JSONB_AGG", type_of(TypeKind::json), {value}).term();
  term.op = 1;
  return wrap(std::move(term));
}

Expr random() { return function("RANDOM", type_of(TypeKind::double_precision), {}); }

Expr row_number() { return place_of("ROW_NUMBER", TypeKind::bigint); }
Expr rank() { return place_of("RANK", TypeKind::bigint); }
Expr dense_rank() { return place_of("DENSE_RANK", TypeKind::bigint); }
Expr percent_rank() { return place_of("PERCENT_RANK", TypeKind::double_precision); }
Expr cume_dist() { return place_of("CUME_DIST", TypeKind::double_precision); }
Expr ntile(std::int32_t buckets) {
  if (buckets < 1) throw QueryError("ntile needs one bucket at least");
  return place_of("NTILE", TypeKind::integer, {count_of(buckets)});
}
Expr lag(const Expr& expr, std::int32_t rows, const Expr& otherwise) { return neighbour("LAG", expr, rows, otherwise); }
Expr lead(const Expr& expr, std::int32_t rows, const Expr& otherwise) {
  return neighbour("LEAD", expr, rows, otherwise);
}
Expr first_value(const Expr& expr) { return function("FIRST_VALUE", require(expr)->type, {expr}); }
Expr last_value(const Expr& expr) { return function("LAST_VALUE", require(expr)->type, {expr}); }
Expr nth_value(const Expr& expr, std::int32_t place) {
  if (place < 1) throw QueryError("nth_value counts places from 1");
  return function("NTH_VALUE", require(expr)->type, {expr, count_of(place)});
}

}  // namespace fn
}  // namespace dorm
