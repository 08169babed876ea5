// What backends keep in ways of their own: decimals as scaled integers, enums as types of the database, narrow
// integers.
#include "query/compiler.hpp"

#include <algorithm>
#include <string>

#include "query/casts.hpp"
#include "query/typing.hpp"

namespace dorm::query {
namespace {

bool is_arithmetic(sql::BinaryOp op) {
  return op == sql::BinaryOp::add || op == sql::BinaryOp::subtract || op == sql::BinaryOp::multiply ||
         op == sql::BinaryOp::divide || op == sql::BinaryOp::modulo || op == sql::BinaryOp::bit_and ||
         op == sql::BinaryOp::bit_or || op == sql::BinaryOp::bit_xor || op == sql::BinaryOp::shift_left ||
         op == sql::BinaryOp::shift_right;
}

bool is_integer(TypeKind kind) {
  return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint;
}

// Digits before the point that a value of the type may have; 0 if nobody knows.
unsigned digits_before_point(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return 1;
    case TypeKind::smallint:
      return 5;
    case TypeKind::integer:
      return 10;
    case TypeKind::decimal:
      return type.precision == 0 ? 0U : unsigned{type.precision} - type.scale;
    default:
      return 0;
  }
}

// Whether a decimal of this type, scaled to an integer, is held to its digits where it is computed from `from`.
bool is_held(const Type& type, const Type& from) {
  if (type.precision == 0 || type.precision > 18) return false;
  const unsigned digits = digits_before_point(from);
  return digits == 0 || digits > digits_before_point(type);
}

}  // namespace

std::uint16_t Compiler::common_scale(const std::vector<TermPtr>& terms) {
  std::uint16_t scale = 0;
  for (const TermPtr& term : terms)
    if (term->type.kind == TypeKind::decimal) scale = std::max(scale, term->type.scale);
  return scale;
}

bool Compiler::any_decimal(const std::vector<TermPtr>& terms) {
  return std::any_of(terms.begin(), terms.end(),
                     [](const TermPtr& term) { return term->type.kind == TypeKind::decimal; });
}

bool Compiler::is_narrow(const Term& term) {
  return term.type.kind == TypeKind::smallint || term.type.kind == TypeKind::integer;
}

const sql::Expr* Compiler::scaled(const Term& term, std::uint16_t scale) {
  const sql::Expr* made = side(term);
  if (dialect_.capabilities().native_decimal) return made;
  const std::uint16_t own = term.type.kind == TypeKind::decimal ? term.type.scale : 0;
  const bool exact = term.type.kind == TypeKind::decimal || term.type.kind == TypeKind::bigint ||
                     term.type.kind == TypeKind::integer || term.type.kind == TypeKind::smallint ||
                     term.type.kind == TypeKind::boolean;
  if (own >= scale || !exact) return made;
  std::int64_t factor = 1;
  for (std::uint16_t i = own; i < scale; ++i) factor *= 10;
  return arena_.expr(sql::Binary{sql::BinaryOp::multiply, made, integer(factor)});
}

const sql::Expr* Compiler::binary(const Term& term) {
  const auto op = static_cast<sql::BinaryOp>(term.op);
  const bool keeps_scale = op != sql::BinaryOp::multiply && op != sql::BinaryOp::divide &&
                           op != sql::BinaryOp::modulo && op != sql::BinaryOp::concat;
  const std::uint16_t scale =
      keeps_scale && any_decimal(term.children) ? common_scale(term.children) : std::uint16_t{0};
  if (native_enum(*term.children[0]) != nullptr || native_enum(*term.children[1]) != nullptr)
    return enum_binary(op, *term.children[0], *term.children[1]);
  const sql::Expr* left = scaled(*term.children[0], scale);
  const sql::Expr* right = scaled(*term.children[1], scale);
  const bool shifts = op == sql::BinaryOp::shift_left || op == sql::BinaryOp::shift_right;
  const bool narrow = dialect_.capabilities().narrow_integers && is_arithmetic(op) && is_narrow(*term.children[0]) &&
                      (shifts || is_narrow(*term.children[1]));
  if (narrow) left = arena_.expr(sql::Cast{left, term.type, term.children[0]->type.kind});
  return arena_.expr(sql::Binary{op, left, right});
}

const EnumInfo* Compiler::native_enum(const Term& term) const {
  if (!dialect_.capabilities().enum_types) return nullptr;
  const Term& inner = unaliased(term);
  const FieldInfo* field = field_of(inner);
  if (field == nullptr || field->enumeration == no_index) return nullptr;
  const EnumInfo& info = inner.source->registry.enums()[field->enumeration];
  return info.native ? &info : nullptr;
}

// As a text, where what is done with it is done with texts.
const sql::Expr* Compiler::text_of(const Term& term) {
  const sql::Expr* made = expr(term);
  return native_enum(term) == nullptr
             ? made
             : arena_.expr(sql::Cast{made, Type{.kind = TypeKind::text}, TypeKind::enumeration});
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
  return arena_.expr(sql::Binary{op, text_of(left), text_of(right)});
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
  if (term.type.kind == TypeKind::decimal) {
    const sql::Expr* made = scaled(operand, term.type.scale);
    return is_held(term.type, operand.type) ? arena_.expr(sql::Fit{made, term.type}) : made;
  }
  // To a double: nothing else is left.
  std::int64_t factor = 1;
  for (std::uint16_t i = 0; i < operand.type.scale; ++i) factor *= 10;
  return arena_.expr(sql::Binary{sql::BinaryOp::divide,
                                 arena_.expr(sql::Cast{expr(operand), term.type, TypeKind::bigint}), integer(factor)});
}

// What dorm casts by itself, so that all values of a column are of one type, loses nothing. Where each value has a type
// of its own, only those that are written otherwise need it.
const sql::Expr* Compiler::widened(const Term& term) {
  const Term& operand = *term.children[0];
  const sql::Capabilities& facts = dialect_.capabilities();
  if (term.type.kind == TypeKind::decimal && !facts.native_decimal) return scaled(operand, term.type.scale);
  const bool becomes_real = is_integer(operand.type.kind) && !is_integer(term.type.kind);
  if (!facts.typed_columns && !becomes_real) return expr(operand);
  const sql::Expr* made = arena_.expr(sql::Cast{expr(operand), term.type, operand.type.kind});
  // Texts are ordered by bytes, wherever they come from; columns of a recursive CTE have to agree on that, too.
  if (family(term.type.kind) == Family::text) return arena_.expr(sql::Collate{made, "C"});
  return made;
}

}  // namespace dorm::query
