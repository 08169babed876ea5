#include "query/typing.hpp"

#include <algorithm>
#include <cmath>

#include "core/coerce.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "query/spec.hpp"
#include "sql/ast.hpp"

namespace dorm::query {

Family family(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::unknown:
      return Family::unknown;
    case TypeKind::boolean:
      return Family::boolean;
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint:
    case TypeKind::real:
    case TypeKind::double_precision:
    case TypeKind::decimal:
      return Family::number;
    case TypeKind::string:
    case TypeKind::text:
    case TypeKind::enumeration:
      return Family::text;
    case TypeKind::binary:
      return Family::binary;
    case TypeKind::uuid:
      return Family::uuid;
    case TypeKind::date:
      return Family::date;
    case TypeKind::time:
      return Family::time;
    case TypeKind::datetime:
      return Family::datetime;
    case TypeKind::json:
      return Family::json;
  }
  return Family::unknown;
}

Type natural_type(const Value& value) {
  Type type;
  switch (value.kind()) {
    case ValueKind::null:
      break;
    case ValueKind::boolean:
      type.kind = TypeKind::boolean;
      break;
    case ValueKind::integer:
      type.kind = TypeKind::bigint;
      break;
    case ValueKind::real:
      type.kind = TypeKind::double_precision;
      break;
    case ValueKind::decimal:
      type.kind = TypeKind::decimal;
      type.scale = value.decimal().scale();
      break;
    case ValueKind::text:
      type.kind = TypeKind::text;
      break;
    case ValueKind::blob:
      type.kind = TypeKind::binary;
      break;
    case ValueKind::uuid:
      type.kind = TypeKind::uuid;
      break;
    case ValueKind::date:
      type.kind = TypeKind::date;
      break;
    case ValueKind::time:
      type.kind = TypeKind::time;
      break;
    case ValueKind::datetime:
      type.kind = TypeKind::datetime;
      break;
    case ValueKind::json:
      type.kind = TypeKind::json;
      break;
    case ValueKind::list:
      if (!value.list().empty()) type = natural_type(value.list().front());
      break;
  }
  return type;
}

namespace {

Type comparison_type(const Term& other, const Value& value) {
  Type type = other.type;
  // A length or range limits what is stored, not what may be asked for.
  if (type.kind == TypeKind::string) type.max_length = 0;
  if (type.kind == TypeKind::smallint || type.kind == TypeKind::integer) type.kind = TypeKind::bigint;
  if (type.kind == TypeKind::decimal && type.precision <= most_scaled_digits) {
    type.precision = 0;
    if (value.kind() == ValueKind::decimal) type.scale = std::max(type.scale, value.decimal().scale());
  }
  if (family(type.kind) != Family::number || type.kind == TypeKind::real) {
    if (type.kind == TypeKind::real && value.kind() == ValueKind::real) type.kind = TypeKind::double_precision;
    return type;
  }
  // Numbers of another kind keep their own: 1.5 beside an integer column is a comparison, not a conversion.
  if (type.kind == TypeKind::bigint && (value.kind() == ValueKind::real || value.kind() == ValueKind::decimal))
    return natural_type(value);
  if (type.kind == TypeKind::decimal && value.kind() == ValueKind::real) {
    throw DataError(describe(other) + " is " + to_string(other.type) +
                    "; compare it with a decimal, a double is not exact");
  }
  return type;
}

// One type for all items of a list, wide enough for each.
Type list_type(const Term& other, const Values& items) {
  Type type = other.type;
  bool first = true;
  for (const Value& item : items) {
    const Type needed = comparison_type(other, item);
    if (!first && needed.kind == type.kind) {
      type.scale = std::max(type.scale, needed.scale);
    } else if (!first && (needed.kind == TypeKind::double_precision || type.kind == TypeKind::double_precision)) {
      if (needed.kind == TypeKind::decimal || type.kind == TypeKind::decimal) {
        throw QueryError("the list of 'in' on " + describe(other) + " mixes decimals and doubles; use one of them");
      }
      type.kind = TypeKind::double_precision;
    } else if (first || needed.kind == TypeKind::decimal) {
      type = needed;
    }
    first = false;
  }
  if (type.kind == TypeKind::decimal) {
    // As one value beside it, see comparison_type().
    type.precision = other.type.precision > most_scaled_digits ? other.type.precision : std::uint16_t{0};
    if (other.type.kind == TypeKind::decimal) type.scale = std::max(type.scale, other.type.scale);
  }
  return type;
}

void check_enum(const Term& other, const Value& value) {
  const FieldInfo* field = field_of(unaliased(other));
  if (field == nullptr || field->enumeration == no_index || value.kind() != ValueKind::text) return;
  const EnumInfo& info = unaliased(other).source->registry.enums()[field->enumeration];
  if (std::find(info.values.begin(), info.values.end(), value.text()) != info.values.end()) return;
  throw DataError(describe(other) + " is one of " + quote_list(info.values) + "; the value given is none of them" +
                  did_you_mean(value.text(), info.values));
}

// Beside a column of single precision a number means what such a column would hold of it.
Value as_held_by(const Term& other, Value value) {
  if (other.type.kind != TypeKind::real || value.kind() != ValueKind::real) return value;
  const double nearest = nearest_single(value.real());
  return std::isfinite(nearest) ? Value(nearest) : value;
}

}  // namespace

TermPtr bound_beside(const TermPtr& value, const Term& other) {
  if (value->kind != TermKind::value && !is_parameter(*value)) return value;
  if (other.type.kind == TypeKind::unknown) return value;
  auto term = std::make_shared<Term>(*value);
  if (value->value.kind() == ValueKind::list) {
    term->type = list_type(other, value->value.list());
    Values items;
    items.reserve(value->value.list().size());
    for (const Value& item : value->value.list()) {
      Value fitted = as_held_by(other, coerce(item, term->type, describe(other)));
      if (fitted.kind() == ValueKind::decimal) fitted = Value(fitted.decimal().rescaled(term->type.scale));
      check_enum(other, fitted);
      items.push_back(std::move(fitted));
    }
    term->value = Value(std::move(items));
    return term;
  }
  term->type = comparison_type(other, value->value);
  if (is_parameter(*value)) return term;
  term->value = as_held_by(other, coerce(value->value, term->type, describe(other)));
  check_enum(other, term->value);
  return term;
}

void require_alike(const Term& left, const Term& right, std::string_view operation) {
  const Family a = family(left.type.kind);
  const Family b = family(right.type.kind);
  if (a == b || a == Family::unknown || b == Family::unknown) return;
  throw QueryError("'" + std::string(operation) + "' cannot compare " + describe(left) + " (" + to_string(left.type) +
                   ") with " + describe(right) + " (" + to_string(right.type) + "); cast one of them");
}

void require_comparable(const Term& left, const Term& right, std::string_view operation) {
  refuse_json(left, operation);
  refuse_json(right, operation);
  require_alike(left, right, operation);
}

void refuse_json(const Term& term, std::string_view operation) {
  if (family(term.type.kind) != Family::json) return;
  throw QueryError("'" + std::string(operation) + "' does not apply to " + describe(term) +
                   ", which is json: databases do not agree on when two of its values are equal, or which is less");
}

bool are_stored_apart(const Type& one, const Type& other) noexcept {
  return one.kind == TypeKind::uuid && other.kind == TypeKind::uuid &&
         (one.storage == Storage::blob) != (other.storage == Storage::blob);
}

void require_family(const Term& term, Family wanted, std::string_view operation) {
  const Family found = family(term.type.kind);
  if (found == wanted || found == Family::unknown) return;
  throw QueryError("'" + std::string(operation) + "' does not apply to " + describe(term) + ", which is " +
                   to_string(term.type));
}

TermPtr stored_as(const TermPtr& term, const Type& type) {
  if (!are_stored_apart(term->type, type)) return term;
  auto cast = std::make_shared<Term>();
  cast->kind = TermKind::cast;
  cast->type = type;
  cast->nullable = term->nullable;
  cast->children = {term->kind == TermKind::alias ? term->children.front() : term};
  return cast;
}

void store_alike(TermPtr& left, TermPtr& right) {
  // An index is rather on the column that was given a storage of its own.
  if (left->type.storage == Storage::blob) {
    right = stored_as(right, left->type);
  } else {
    left = stored_as(left, right->type);
  }
}

TermPtr fit_type(const TermPtr& term, const Type& type, std::string_view what) {
  const Family wanted = family(type.kind);
  const Family found = family(term->type.kind);
  const auto refuse = [&](const char* help) {
    throw QueryError(std::string(what) + " is " + to_string(type) + "; " + describe(*term) + " is " +
                     to_string(term->type) + help);
  };
  if (wanted == Family::unknown || found == Family::unknown) return term;
  if (wanted != found) refuse("; cast it");
  if (are_stored_apart(term->type, type)) return stored_as(term, type);
  if (wanted != Family::number || term->type.kind == type.kind) {
    if (type.kind != TypeKind::decimal || term->type.scale == type.scale) return term;
  }
  const auto rank = [](TypeKind kind) {
    return kind == TypeKind::decimal ? 1 : kind == TypeKind::real || kind == TypeKind::double_precision ? 2 : 0;
  };
  if (rank(term->type.kind) > rank(type.kind)) refuse("; a cast has to say what becomes of the rest");
  if (type.kind == TypeKind::decimal) {
    if (term->type.kind == TypeKind::decimal && term->type.scale > type.scale)
      refuse(": digits after the point would be lost");
  } else if (rank(term->type.kind) == rank(type.kind)) {
    return term;
  } else if (term->type.kind == TypeKind::decimal) {
    refuse("; cast it");
  }
  return widening_cast(term, type);
}

namespace {

// Alternatives of more than 18 digits each are kept in another way than others, so that their type says so, too; else
// 0.
std::uint16_t long_precision(const std::vector<TermPtr>& terms) {
  std::uint16_t most = 0;
  for (const TermPtr& term : terms) {
    const bool is_null = is_null_value(*term);
    if (is_null) continue;
    if (term->type.kind != TypeKind::decimal || term->type.precision <= most_scaled_digits) return 0;
    most = std::max(most, term->type.precision);
  }
  return most;
}

}  // namespace

Type unify(std::vector<TermPtr>& terms, std::string_view what) {
  const Term* first = nullptr;
  for (const TermPtr& term : terms)
    if (first == nullptr && term->kind != TermKind::value && !is_parameter(*term) &&
        term->type.kind != TypeKind::unknown)
      first = term.get();
  for (const TermPtr& term : terms)
    if (first == nullptr && term->type.kind != TypeKind::unknown) first = term.get();
  if (first == nullptr) return {};
  Type type = first->type;
  if (type.kind == TypeKind::string) type.max_length = 0;
  for (TermPtr& term : terms) {
    if (term.get() != first) term = bound_beside(term, *first);
    require_alike(*first, *term, what);
    const bool is_real = term->type.kind == TypeKind::real || term->type.kind == TypeKind::double_precision;
    if (term->type.kind == TypeKind::decimal) {
      type.precision = 0;
      type.scale = type.kind == TypeKind::decimal ? std::max(type.scale, term->type.scale) : term->type.scale;
      type.kind = TypeKind::decimal;
    } else if (is_real && type.kind != TypeKind::decimal) {
      type.kind = TypeKind::double_precision;
    } else if (term->type.kind == TypeKind::bigint &&
               (type.kind == TypeKind::integer || type.kind == TypeKind::smallint)) {
      type.kind = TypeKind::bigint;
    }
  }
  for (TermPtr& term : terms) term = fit_type(term, type, what);
  if (type.kind == TypeKind::decimal) type.precision = long_precision(terms);
  return type;
}

Type arithmetic_type(std::uint8_t binary_op, const Term& left, const Term& right) {
  const auto op = static_cast<sql::BinaryOp>(binary_op);
  require_family(left, Family::number, "arithmetic");
  require_family(right, Family::number, "arithmetic");
  const TypeKind a = left.type.kind;
  const TypeKind b = right.type.kind;
  Type type;
  if (a == TypeKind::unknown || b == TypeKind::unknown) return type;
  const auto is_real = [](TypeKind kind) { return kind == TypeKind::real || kind == TypeKind::double_precision; };
  if (a == TypeKind::decimal || b == TypeKind::decimal) {
    if (is_real(a) || is_real(b)) {
      throw QueryError("arithmetic between " + describe(left) + " and " + describe(right) +
                       " mixes decimal and floating point; cast the decimal to double or the other to decimal");
    }
    if (op == sql::BinaryOp::divide || op == sql::BinaryOp::modulo) {
      throw QueryError("dividing " + describe(left) + " by " + describe(right) +
                       " is not exact; cast the decimal to double first");
    }
    type.kind = TypeKind::decimal;
    type.scale = op == sql::BinaryOp::multiply ? static_cast<std::uint16_t>(left.type.scale + right.type.scale)
                                               : std::max(left.type.scale, right.type.scale);
    return type;
  }
  if (op == sql::BinaryOp::modulo && (is_real(a) || is_real(b))) {
    throw QueryError("'%' needs integers; " + describe(is_real(a) ? left : right) + " is " +
                     to_string(is_real(a) ? left.type : right.type));
  }
  type.kind = is_real(a) || is_real(b) ? TypeKind::double_precision : TypeKind::bigint;
  return type;
}

}  // namespace dorm::query
