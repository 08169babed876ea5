// What backends keep in ways of their own, decimals apart: enums as types of the database. What casts make of values.
#include "query/compiler.hpp"

#include <algorithm>
#include <string>

#include "query/casts.hpp"
#include "query/collation.hpp"
#include "query/typing.hpp"
#include "sql/operators.hpp"

namespace dorm::query {
namespace {

bool is_integer(TypeKind kind) {
  return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint;
}

// Whether the integers and decimals of one type may have more digits before the point than a decimal type has.
bool may_be_too_large(const Type& from, const Type& to) {
  if (to.precision == 0) return false;
  const int room = to.precision - to.scale;
  switch (from.kind) {
    case TypeKind::boolean:
      return room < 1;
    case TypeKind::smallint:
      return room < 5;
    case TypeKind::integer:
      return room < 10;
    case TypeKind::decimal:
      return from.precision == 0 || from.precision - from.scale > room;
    default:
      return true;
  }
}

}  // namespace

const EnumInfo* Compiler::native_enum(const Term& term) const {
  if (!dialect_.capabilities().enum_types) return nullptr;
  const EnumInfo* info = enum_of(term);
  return info != nullptr && info->native ? info : nullptr;
}

// As a text, where what is done with it is done with texts.
const sql::Expr* Compiler::text_of(const Term& term) {
  const sql::Expr* made = expr(term);
  return native_enum(term) == nullptr
             ? made
             : arena_.expr(sql::Cast{made, Type{.kind = TypeKind::text}, TypeKind::enumeration});
}

const sql::Expr* Compiler::by_bytes(const Term& term) {
  const sql::Expr* made = text_of(term);
  const std::string_view collation = dialect_.capabilities().text_collation;
  return collation.empty() || !is_uncollated_text(term) ? made : arena_.expr(sql::Collate{made, collation});
}

// Equality with a value, or within one type, is the enum's own, so that an index on it serves.
const sql::Expr* Compiler::enum_binary(sql::BinaryOp op, const Term& left, const Term& right) {
  const bool equality = op == sql::BinaryOp::eq || op == sql::BinaryOp::ne || op == sql::BinaryOp::is_distinct ||
                        op == sql::BinaryOp::is_not_distinct;
  const EnumInfo* ours = native_enum(left);
  const EnumInfo* theirs = native_enum(right);
  const bool alike = ours != nullptr && theirs != nullptr && ours->name == theirs->name;
  const bool beside_value = left.kind == TermKind::value || right.kind == TermKind::value;
  if (equality && (alike || beside_value)) return arena_.expr(sql::Binary{op, expr(left), expr(right)});
  return arena_.expr(sql::Binary{op, is_ordering(op) ? by_bytes(left) : text_of(left), text_of(right)});
}

const sql::Expr* Compiler::cast(const Term& term) {
  const Term& operand = *term.children[0];
  if (term.settled) return widened(term);
  require_cast(operand, term.type);
  const TypeKind from = operand.type.kind;
  const bool is_whole = is_integer(from) || from == TypeKind::boolean;
  const bool scales = from == TypeKind::decimal || (is_whole && term.type.kind == TypeKind::decimal);
  const bool to_text = family(term.type.kind) == Family::text;
  if (!scales || dialect_.capabilities().native_decimal)
    return arena_.expr(sql::Cast{to_text ? expr(operand) : text_of(operand), term.type, from});
  if (term.type == operand.type) return expr(operand);
  if (operand.type.storage == Storage::legacy && term.type.kind != TypeKind::decimal)
    return arena_.expr(sql::Cast{expr(operand), term.type, TypeKind::double_precision});
  if (is_kept_as_text(operand.type) && term.type.precision >= operand.type.precision) return expr(operand);
  refuse_kept_as_text(operand, "cast");
  if (term.type.kind == TypeKind::decimal) {
    if (is_kept_as_text(term.type)) are_kept_as_text({&term, &operand});  // refuses what is not one
    const sql::Expr* made = measured(operand, measure({&term, &operand}));
    return may_be_too_large(operand.type, term.type) ? arena_.expr(sql::Fit{made, term.type}) : made;
  }
  // To a double: nothing else is left.
  return measured(operand, Measure{Measure::Kind::real, 0});
}

// What dorm casts by itself, so that all values of a column are of one type, loses nothing. Where each value has a type
// of its own, only those that are written otherwise need it.
const sql::Expr* Compiler::widened(const Term& term) {
  const Term& operand = *term.children[0];
  const sql::Capabilities& facts = dialect_.capabilities();
  if (are_kept_as_text({&term, &operand})) return expr(operand);
  if (term.type.kind == TypeKind::decimal && !facts.native_decimal)
    return measured(operand, Measure{Measure::Kind::scaled, term.type.scale});
  const bool becomes_real = is_integer(operand.type.kind) && !is_integer(term.type.kind);
  if (!facts.typed_columns && !becomes_real) return expr(operand);
  const sql::Expr* made = arena_.expr(sql::Cast{expr(operand), term.type, operand.type.kind});
  // Columns of a recursive CTE have to agree on how texts are ordered.
  const bool is_ordered = family(term.type.kind) == Family::text && !facts.text_collation.empty();
  return is_ordered ? arena_.expr(sql::Collate{made, facts.text_collation}) : made;
}

}  // namespace dorm::query
