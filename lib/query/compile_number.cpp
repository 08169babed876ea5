// Numbers side by side: those of several kinds or scales are counted in one measure before they are compared or added.
//
// A database without decimals of its own keeps those of 18 digits as integers, scaled by a power of ten, and longer
// ones as texts of one spelling each, of which nothing but equality is known.
#include "query/compiler.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/collation.hpp"
#include "query/typing.hpp"
#include "sql/operators.hpp"

namespace dorm::query {
namespace {

bool is_real_number(const Type& type) { return type.kind == TypeKind::real || type.kind == TypeKind::double_precision; }

// Not one in a table of others, which is a number like any other.
bool is_own_decimal(const Type& type) { return type.kind == TypeKind::decimal && type.storage != Storage::legacy; }

// Kept as a text.
bool is_long_decimal(const Type& type) { return is_own_decimal(type) && is_decimal_text(type); }

bool has_scale(const Type& type) {
  return is_own_decimal(type) || type.kind == TypeKind::bigint || type.kind == TypeKind::integer ||
         type.kind == TypeKind::smallint || type.kind == TypeKind::boolean;
}

std::uint16_t scale_of(const Type& type) { return type.kind == TypeKind::decimal ? type.scale : std::uint16_t{0}; }

std::int64_t power_of_ten(std::uint16_t exponent) {
  std::int64_t power = 1;
  for (std::uint16_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Whether such a number is still one of 64 bits when it is counted in this scale.
bool stays_whole(const Type& type, std::uint16_t scale) {
  if (!has_scale(type)) return false;
  const auto more = scale - scale_of(type);
  if (more == 0) return true;
  switch (type.kind) {
    case TypeKind::smallint:
      return 5 + more <= most_scaled_digits;
    case TypeKind::integer:
      return 10 + more <= most_scaled_digits;
    case TypeKind::decimal:
      return type.precision != 0 && type.precision + more <= most_scaled_digits;
    default:
      return false;
  }
}

bool is_arithmetic(sql::BinaryOp op) {
  return op == sql::BinaryOp::add || op == sql::BinaryOp::subtract || op == sql::BinaryOp::multiply ||
         op == sql::BinaryOp::divide || op == sql::BinaryOp::modulo || op == sql::BinaryOp::bit_and ||
         op == sql::BinaryOp::bit_or || op == sql::BinaryOp::bit_xor || op == sql::BinaryOp::shift_left ||
         op == sql::BinaryOp::shift_right;
}

// Functions that give back what they got, or only count it.
bool takes_as_it_is(std::string_view function) {
  constexpr std::array<std::string_view, 8> functions{"count", "coalesce",    "nullif",     "lag",
                                                      "lead",  "first_value", "last_value", "nth_value"};
  return std::find(functions.begin(), functions.end(), lower_case(function)) != functions.end();
}

constexpr std::string_view long_decimal_help = "; declare it with 18 digits at most, or compute in the program";

}  // namespace

bool Compiler::is_kept_as_text(const Type& type) const {
  return !dialect_.capabilities().native_decimal && is_long_decimal(type);
}

void Compiler::refuse_kept_as_text(const Term& term, std::string_view operation) const {
  if (!is_kept_as_text(term.type)) return;
  throw QueryError("'" + std::string(operation) + "' does not apply to " + describe(term) + " on " +
                   std::string(dialect_.name()) + ", which keeps " + to_string(term.type) +
                   " as text and only knows whether two are equal" + std::string(long_decimal_help));
}

bool Compiler::are_kept_as_text(const std::vector<const Term*>& terms) const {
  const auto text =
      std::find_if(terms.begin(), terms.end(), [&](const Term* term) { return is_kept_as_text(term->type); });
  if (text == terms.end()) return false;
  for (const Term* term : terms) {
    const bool is_null = is_null_value(*term);
    if (is_null || (is_kept_as_text(term->type) && term->type.scale == (*text)->type.scale)) continue;
    throw QueryError(describe(**text) + " is " + to_string((*text)->type) + ", which " + std::string(dialect_.name()) +
                     " keeps as text; " + describe(*term) + ", which is " + to_string(term->type) +
                     ", is kept in another way" + std::string(long_decimal_help));
  }
  return true;
}

void Compiler::require_same_form(const Term& value, const FieldInfo& field) const {
  if (value.kind == TermKind::value || (!is_kept_as_text(value.type) && !is_kept_as_text(field.type))) return;
  const bool same = is_kept_as_text(value.type) && is_kept_as_text(field.type) &&
                    value.type.scale == field.type.scale && value.type.precision == field.type.precision;
  if (same) return;
  throw QueryError("'" + field.name + "' is " + to_string(field.type) + " and " + describe(value) + " is " +
                   to_string(value.type) + "; " + std::string(dialect_.name()) +
                   " keeps decimals of more than 18 digits as text, and turns none into another; write a value");
}

Compiler::Measure Compiler::measure(const std::vector<const Term*>& terms) const {
  Measure made;
  if (dialect_.capabilities().native_decimal || are_kept_as_text(terms)) return made;
  const auto any = [&](const auto& is) {
    return std::any_of(terms.begin(), terms.end(), [&](const Term* term) { return is(term->type); });
  };
  if (!any(is_own_decimal)) return made;
  made.kind = Measure::Kind::scaled;
  const auto is_double = [](const Type& type) {
    return is_real_number(type) || (type.kind == TypeKind::decimal && !is_own_decimal(type));
  };
  if (any(is_double)) {
    made.kind = Measure::Kind::real;
    return made;
  }
  for (const Term* term : terms) made.scale = std::max(made.scale, scale_of(term->type));
  if (made.scale > most_scaled_digits) {
    throw QueryError("decimals of " + std::to_string(made.scale) + " digits after the point are more than the " +
                     std::to_string(most_scaled_digits) + " that " + std::string(dialect_.name()) +
                     " compares and adds; compute in the program");
  }
  return made;
}

const sql::Expr* Compiler::measured(const Term& term, const Measure& measure) {
  return in_measure(expr(term), term.type, measure);
}

const sql::Expr* Compiler::in_measure(const sql::Expr* made, const Type& type, const Measure& measure) {
  switch (measure.kind) {
    case Measure::Kind::own:
      return made;
    case Measure::Kind::real:
      return is_own_decimal(type) ? real_of(made, type) : made;
    case Measure::Kind::scaled:
      if (!has_scale(type) || scale_of(type) >= measure.scale) return made;
      const auto more = static_cast<std::uint16_t>(measure.scale - scale_of(type));
      return arena_.expr(sql::Binary{sql::BinaryOp::multiply, made, integer(power_of_ten(more))});
  }
  return made;
}

// A scaled decimal as the double that it is.
const sql::Expr* Compiler::real_of(const sql::Expr* made, const Type& type) {
  const Type real{.kind = TypeKind::double_precision};
  return arena_.expr(sql::Binary{sql::BinaryOp::divide, arena_.expr(sql::Cast{made, real, TypeKind::bigint}),
                                 integer(power_of_ten(type.scale))});
}

// A value held against integers of 64 bits alone need not be one: what is beyond them all may be bound as anything that
// is.
bool Compiler::may_exceed(const Term& other, const Measure& measure) {
  return other.kind != TermKind::value && measure.kind == Measure::Kind::scaled &&
         stays_whole(other.type, measure.scale);
}

const sql::Expr* Compiler::measured_beside(const Term& term, const Term& other, const Measure& measure) {
  const bool is_value = term.kind == TermKind::value && !term.value.is_null();
  if (!is_value || !may_exceed(other, measure)) return measured(term, measure);
  const std::uint32_t slot = slot_of(&term);
  const SlotValue& value = shaped_.slots[slot];
  return in_measure(arena_.expr(sql::Param{slot, value.type, value.array, true}), term.type, measure);
}

const sql::Expr* Compiler::compared(sql::BinaryOp op, const Term& left, const Term& right) {
  if (is_ordering(op)) {
    refuse_kept_as_text(left, sql::symbol(op));
    refuse_kept_as_text(right, sql::symbol(op));
  }
  const Measure common = measure({&left, &right});
  const bool texts = is_ordering(op) && is_uncollated_text(left) && is_uncollated_text(right);
  const sql::Expr* first = texts ? by_bytes(left) : measured_beside(left, right, common);
  return arena_.expr(sql::Binary{op, first, measured_beside(right, left, common)});
}

// Item by item in one measure.
const sql::Expr* Compiler::compared_tuples(sql::BinaryOp op, const Term& left, const Term& right) {
  std::vector<const sql::Expr*> lefts;
  std::vector<const sql::Expr*> rights;
  for (std::size_t i = 0; i < left.children.size(); ++i) {
    const Term& ours = *left.children[i];
    const Term& theirs = *right.children[i];
    if (native_enum(ours) != nullptr || native_enum(theirs) != nullptr) {
      lefts.push_back(is_ordering(op) ? by_bytes(ours) : text_of(ours));
      rights.push_back(text_of(theirs));
      continue;
    }
    if (is_ordering(op)) {
      refuse_kept_as_text(ours, sql::symbol(op));
      refuse_kept_as_text(theirs, sql::symbol(op));
    }
    const Measure common = measure({&ours, &theirs});
    const bool texts = is_ordering(op) && is_uncollated_text(ours) && is_uncollated_text(theirs);
    lefts.push_back(texts ? by_bytes(ours) : measured_beside(ours, theirs, common));
    rights.push_back(measured_beside(theirs, ours, common));
  }
  return arena_.expr(
      sql::Binary{op, arena_.expr(sql::Tuple{arena_.list(lefts)}), arena_.expr(sql::Tuple{arena_.list(rights)})});
}

const sql::Expr* Compiler::binary(const Term& term) {
  const auto op = static_cast<sql::BinaryOp>(term.op);
  const Term& left = *term.children[0];
  const Term& right = *term.children[1];
  if (left.kind == TermKind::tuple && right.kind == TermKind::tuple) return compared_tuples(op, left, right);
  if (native_enum(left) != nullptr || native_enum(right) != nullptr) return enum_binary(op, left, right);
  return is_comparing(op) ? compared(op, left, right) : computed(op, term);
}

const sql::Expr* Compiler::computed(sql::BinaryOp op, const Term& term) {
  const Term& left = *term.children[0];
  const Term& right = *term.children[1];
  refuse_kept_as_text(left, sql::symbol(op));
  refuse_kept_as_text(right, sql::symbol(op));
  const bool is_decimal = term.type.kind == TypeKind::decimal && !dialect_.capabilities().native_decimal;
  if (is_decimal && term.type.scale > most_scaled_digits) {
    throw QueryError("the product of " + describe(left) + " and " + describe(right) + " has " +
                     std::to_string(term.type.scale) + " digits after the point, more than the " +
                     std::to_string(most_scaled_digits) + " that " + std::string(dialect_.name()) +
                     " computes with; compute in the program, or cast to double");
  }
  const bool adds = op == sql::BinaryOp::add || op == sql::BinaryOp::subtract;
  const Measure common = adds ? measure({&left, &right}) : Measure{};
  const sql::Expr* first = measured(left, common);
  const sql::Expr* second = measured(right, common);
  const bool shifts = op == sql::BinaryOp::shift_left || op == sql::BinaryOp::shift_right;
  const bool narrow =
      dialect_.capabilities().narrow_integers && is_arithmetic(op) && is_narrow(left) && (shifts || is_narrow(right));
  const bool single = dialect_.capabilities().narrow_reals && is_arithmetic(op) && left.type.kind == TypeKind::real &&
                      right.type.kind == TypeKind::real;
  if (narrow || single) first = arena_.expr(sql::Cast{first, term.type, left.type.kind});
  return arena_.expr(sql::Binary{op, first, second});
}

bool Compiler::is_narrow(const Term& term) {
  return term.type.kind == TypeKind::smallint || term.type.kind == TypeKind::integer;
}

const sql::Expr* Compiler::between(const Term& term) {
  std::vector<const Term*> terms;
  for (const TermPtr& child : term.children) {
    refuse_kept_as_text(*child, "between");
    terms.push_back(child.get());
  }
  const Measure common = measure(terms);
  // Beside a double only what is compared with it is one.
  if (common.kind == Measure::Kind::real) {
    const sql::Expr* both = arena_.expr(
        sql::Logical{sql::LogicalOp::all, list<const sql::Expr*>({compared(sql::BinaryOp::ge, *terms[0], *terms[1]),
                                                                  compared(sql::BinaryOp::le, *terms[0], *terms[2])})});
    return term.negated ? arena_.expr(sql::Unary{sql::UnaryOp::logical_not, both}) : both;
  }
  const auto bound = [&](const Term& item) {
    return native_enum(item) == nullptr ? measured_beside(item, *terms[0], common) : text_of(item);
  };
  const bool texts =
      std::all_of(terms.begin(), terms.end(), [](const Term* item) { return is_uncollated_text(*item); });
  const sql::Expr* operand = texts ? by_bytes(*terms[0]) : bound(*terms[0]);
  return arena_.expr(sql::Between{operand, bound(*terms[1]), bound(*terms[2]), term.negated});
}

// What a function is given: nothing that it would have to compute with, where that is a text.
void Compiler::check_arguments(const Term& call) const {
  std::vector<const Term*> decimals;
  for (const TermPtr& child : call.children)
    if (child->type.kind == TypeKind::decimal) decimals.push_back(child.get());
  if (!takes_as_it_is(call.name))
    for (const Term* term : decimals) refuse_kept_as_text(*term, lower_case(call.name));
  are_kept_as_text(decimals);
}

// NULLIF compares, and gives the first in the type of that comparison, which need not be its own; null where it is.
const sql::Expr* Compiler::null_if(const Term& call) {
  const Term& value = *call.children[0];
  const Term& other = *call.children[1];
  const Measure common = measure({&value, &other});
  const bool rescales = common.kind == Measure::Kind::scaled && scale_of(value.type) != scale_of(other.type);
  const bool converts = family(value.type.kind) == Family::number && family(other.type.kind) == Family::number &&
                        (is_real_number(value.type) != is_real_number(other.type) ||
                         (value.type.kind == TypeKind::decimal) != (other.type.kind == TypeKind::decimal));
  if (!rescales && !converts) return nullptr;
  const sql::Expr* same = compared(sql::BinaryOp::eq, value, other);
  const sql::Expr* null = arena_.expr(sql::Constant{sql::Constant::Kind::null, 0});
  return arena_.expr(sql::Case{nullptr, list<const sql::Expr*>({same}), list<const sql::Expr*>({null}), expr(value)});
}

}  // namespace dorm::query
