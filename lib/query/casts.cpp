#include "query/casts.hpp"

#include <cstdint>
#include <string>

#include "dorm/error.hpp"
#include "query/typing.hpp"

namespace dorm::query {
namespace {

constexpr const char* no_meaning = " has no meaning that all backends share; convert it in the program";
constexpr const char* other_text = " gives another text on each database; turn it into one in the program";
constexpr const char* not_exact = " would round, which databases do in ways of their own; cast it to double first";
constexpr const char* drops = " would drop digits";
constexpr const char* too_long = " is not possible on every backend: it may have more digits than 64 bits hold";
constexpr const char* in_two_steps = " is not possible on every backend; cast it to double first";

bool is_floating(TypeKind kind) { return kind == TypeKind::real || kind == TypeKind::double_precision; }

const char* objection_to_decimal(const Type& from, const Type& to) {
  const bool is_decimal = to.kind == TypeKind::decimal;
  if (from.precision > most_scaled_digits)
    return is_decimal && to.precision > most_scaled_digits && to.scale == from.scale ? nullptr : too_long;
  if (is_decimal) return to.scale < from.scale ? drops : nullptr;
  if (to.kind == TypeKind::double_precision) return nullptr;
  return family(to.kind) == Family::number || family(to.kind) == Family::text ? not_exact : no_meaning;
}

// Why not; null if nothing speaks against it.
const char* objection(const Type& from, const Type& to) {
  const Family wanted = family(to.kind);
  const bool to_text = wanted == Family::text;
  switch (family(from.kind)) {
    case Family::unknown:
      return nullptr;
    case Family::boolean:
      return wanted == Family::boolean || wanted == Family::number || to_text ? nullptr : no_meaning;
    case Family::number:
      if (from.kind == TypeKind::decimal) return objection_to_decimal(from, to);
      if (is_floating(from.kind) && to_text) return other_text;
      if (is_floating(from.kind) && to.kind == TypeKind::decimal) return no_meaning;
      return wanted == Family::number || to_text ? nullptr : no_meaning;
    case Family::text:
      if (to.kind == TypeKind::real) return in_two_steps;
      if (to_text || wanted == Family::date || wanted == Family::json) return nullptr;
      return wanted == Family::number && to.kind != TypeKind::decimal ? nullptr : no_meaning;
    case Family::date:
      return wanted == Family::date || to_text ? nullptr : no_meaning;
    case Family::datetime:
      if (to_text) return other_text;
      return wanted == Family::datetime || wanted == Family::date ? nullptr : no_meaning;
    case Family::uuid:
      if (to_text) return from.storage == Storage::blob ? other_text : nullptr;
      return wanted == Family::uuid ? nullptr : no_meaning;
    case Family::time:
    case Family::binary:
    case Family::json:
      if (to_text) return other_text;
      return wanted == family(from.kind) ? nullptr : no_meaning;
  }
  return nullptr;
}

}  // namespace

void require_cast(const Term& operand, const Type& to) {
  if (to.kind == TypeKind::unknown) throw QueryError("casting " + describe(operand) + " needs a type to cast it to");
  const char* why_not = objection(operand.type, to);
  if (why_not == nullptr) return;
  throw QueryError("casting " + describe(operand) + ", which is " + to_string(operand.type) + ", to " +
                   (why_not == other_text ? std::string("text") : to_string(to)) + why_not);
}

}  // namespace dorm::query
