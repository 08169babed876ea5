// What backends keep in ways of their own: decimals as scaled integers, enums as types of the database, narrow
// integers.
#include "query/compiler.hpp"

#include <algorithm>
#include <string>

#include "dorm/error.hpp"
#include "query/collation.hpp"

namespace dorm::query {
namespace {

bool is_arithmetic(sql::BinaryOp op) {
  return op == sql::BinaryOp::add || op == sql::BinaryOp::subtract || op == sql::BinaryOp::multiply ||
         op == sql::BinaryOp::divide || op == sql::BinaryOp::modulo || op == sql::BinaryOp::bit_and ||
         op == sql::BinaryOp::bit_or || op == sql::BinaryOp::bit_xor || op == sql::BinaryOp::shift_left ||
         op == sql::BinaryOp::shift_right;
}

bool is_order(sql::BinaryOp op) {
  return op == sql::BinaryOp::lt || op == sql::BinaryOp::le || op == sql::BinaryOp::gt || op == sql::BinaryOp::ge;
}

// What databases write in ways of their own.
void require_one_spelling(const Term& operand, const Type& to) {
  const TypeKind from = operand.type.kind;
  const bool odd = from == TypeKind::real || from == TypeKind::double_precision || from == TypeKind::datetime ||
                   from == TypeKind::time || from == TypeKind::json || from == TypeKind::binary ||
                   (from == TypeKind::uuid && operand.type.storage == Storage::blob);
  if (odd && (to.kind == TypeKind::text || to.kind == TypeKind::string))
    throw QueryError("casting " + describe(operand) + ", which is " + to_string(operand.type) +
                     ", to text gives another text on each database; turn it into one in the program");
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
                     term.type.kind == TypeKind::integer || term.type.kind == TypeKind::smallint;
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
  if (is_order(op) && is_uncollated_text(*term.children[0]) && is_uncollated_text(*term.children[1]))
    left = by_bytes(*term.children[0]);
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
  return arena_.expr(sql::Binary{op, is_order(op) ? by_bytes(left) : text_of(left), text_of(right)});
}

const sql::Expr* Compiler::cast(const Term& term) {
  const Term& operand = *term.children[0];
  require_one_spelling(operand, term.type);
  const sql::Expr* made = expr(operand);
  const bool is_integer = operand.type.kind == TypeKind::smallint || operand.type.kind == TypeKind::integer ||
                          operand.type.kind == TypeKind::bigint;
  const bool scales = operand.type.kind == TypeKind::decimal || (is_integer && term.type.kind == TypeKind::decimal);
  if (!scales || dialect_.capabilities().native_decimal)
    return arena_.expr(sql::Cast{made, term.type, operand.type.kind});
  if (term.type.kind == TypeKind::decimal) {
    if (!is_integer && term.type.scale < operand.type.scale)
      throw QueryError("casting " + describe(operand) + " to " + to_string(term.type) + " would drop digits");
    return scaled(operand, term.type.scale);
  }
  if (term.type.kind != TypeKind::double_precision && term.type.kind != TypeKind::real) {
    throw QueryError("casting " + describe(operand) + " to " + to_string(term.type) +
                     " is not supported; cast it to double");
  }
  std::int64_t factor = 1;
  for (std::uint16_t i = 0; i < operand.type.scale; ++i) factor *= 10;
  return arena_.expr(
      sql::Binary{sql::BinaryOp::divide, arena_.expr(sql::Cast{made, term.type, TypeKind::bigint}), integer(factor)});
}

}  // namespace dorm::query
