#include "schema/literals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/coerce.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::schema {
namespace {

using json::Node;
using json::NodeKind;

Misfit wrong_type(const Node& literal, const std::string& wanted) {
  return {Misfit::Kind::type, "must be " + wanted + ", not " + std::string(json::kind_name(literal.kind()))};
}

std::optional<Misfit> integer(const Node& literal, std::int64_t low, std::int64_t high, Value& value) {
  if (!literal.is(NodeKind::integer)) return wrong_type(literal, "an integer");
  if (literal.integer() < low || literal.integer() > high) {
    return Misfit{Misfit::Kind::range, "must lie between " + std::to_string(low) + " and " + std::to_string(high)};
  }
  value = literal.integer();
  return std::nullopt;
}

template <class Int>
std::optional<Misfit> integer_of(const Node& literal, Value& value) {
  return integer(literal, std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max(), value);
}

std::optional<Misfit> real(const Node& literal, const Type& type, Value& value) {
  if (!literal.is_number()) return wrong_type(literal, "a number");
  if (type.kind == TypeKind::real &&
      std::fabs(literal.real()) > static_cast<double>(std::numeric_limits<float>::max())) {
    return Misfit{Misfit::Kind::range, "does not fit into a real"};
  }
  value = type.kind == TypeKind::real ? nearest_single(literal.real()) : literal.real();
  return std::nullopt;
}

std::optional<Misfit> decimal(const Node& literal, const Type& type, Value& value) {
  if (!literal.is_number() && !literal.is(NodeKind::string))
    return wrong_type(literal, "a decimal number, best as a string");
  Decimal number;
  try {
    number = Decimal::parse(literal.text());
  } catch (const DataError& error) {
    return Misfit{Misfit::Kind::type, std::string("cannot be read: ") + error.what()};
  }
  try {
    number = number.rescaled(type.scale);
  } catch (const DataError&) {
    return Misfit{Misfit::Kind::range, "must have at most " + std::to_string(type.scale) + " digits after the point"};
  }
  const std::string text = number.text();
  const auto digits = text.find_first_of("123456789");
  const std::size_t point = type.scale == 0 ? text.size() : text.size() - type.scale - 1;
  const std::size_t before = digits == std::string::npos || digits > point ? 0 : point - digits;
  if (type.precision != 0 && before > static_cast<std::size_t>(std::max(0, type.precision - type.scale))) {
    return Misfit{Misfit::Kind::range, "does not fit into " + to_string(type)};
  }
  value = std::move(number);
  return std::nullopt;
}

std::optional<Misfit> text(const Node& literal, const Type& type, Value& value) {
  if (!literal.is(NodeKind::string)) return wrong_type(literal, "a string");
  if (type.max_length != 0 && code_points(literal.text()) > type.max_length) {
    return Misfit{Misfit::Kind::length, "must have at most " + std::to_string(type.max_length) + " characters"};
  }
  value = literal.text();
  return std::nullopt;
}

std::optional<Misfit> binary(const Node& literal, Value& value) {
  if (!literal.is(NodeKind::string)) return wrong_type(literal, "a string of hexadecimal digits");
  const std::string& digits = literal.text();
  const auto value_of = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return Misfit{Misfit::Kind::type, "must be a string of hexadecimal digits, two for each byte"};
  }
  Blob blob;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    blob.bytes += static_cast<char>(value_of(digits[i]) * 16 + value_of(digits[i + 1]));
  }
  value = std::move(blob);
  return std::nullopt;
}

// Types that have a text form of their own.
template <class T>
std::optional<Misfit> parsed(const Node& literal, const char* wanted, Value& value) {
  if (!literal.is(NodeKind::string)) return wrong_type(literal, wanted);
  try {
    value = T::parse(literal.text());
  } catch (const DataError& error) {
    return Misfit{Misfit::Kind::type, std::string("cannot be read: ") + error.what()};
  }
  return std::nullopt;
}

std::optional<Misfit> enumerated(const Node& literal, const EnumInfo* enumeration, Value& value) {
  if (!literal.is(NodeKind::string)) return wrong_type(literal, "a string");
  if (enumeration != nullptr) {
    const auto& values = enumeration->values;
    if (std::find(values.begin(), values.end(), literal.text()) == values.end()) {
      return Misfit{Misfit::Kind::not_in_enum,
                    "is not a value of enum " + quote(enumeration->name) + did_you_mean(literal.text(), values)};
    }
  }
  value = literal.text();
  return std::nullopt;
}

template <class T>
std::partial_ordering order(const T& left, const T& right) {
  return left <=> right;
}

}  // namespace

std::optional<Misfit> to_value(const Node& literal, const FieldInfo& field, const EnumInfo* enumeration, Value& value) {
  switch (field.type.kind) {
    case TypeKind::boolean:
      if (!literal.is(NodeKind::boolean)) return wrong_type(literal, "true or false");
      value = literal.boolean();
      return std::nullopt;
    case TypeKind::smallint:
      return integer_of<std::int16_t>(literal, value);
    case TypeKind::integer:
      return integer_of<std::int32_t>(literal, value);
    case TypeKind::bigint:
      return integer_of<std::int64_t>(literal, value);
    case TypeKind::real:
    case TypeKind::double_precision:
      return real(literal, field.type, value);
    case TypeKind::decimal:
      return decimal(literal, field.type, value);
    case TypeKind::string:
    case TypeKind::text:
      return text(literal, field.type, value);
    case TypeKind::binary:
      return binary(literal, value);
    case TypeKind::uuid:
      return parsed<Uuid>(literal, "a uuid in a string", value);
    case TypeKind::date:
      return parsed<Date>(literal, "a date in a string", value);
    case TypeKind::time:
      return parsed<Time>(literal, "a time of day in a string", value);
    case TypeKind::datetime:
      return parsed<DateTime>(literal, "a date and time in a string", value);
    case TypeKind::json: {
      const Node* wrapped = literal.find("json");
      const bool alone = wrapped != nullptr && literal.items().size() == 1;
      value = Json{alone ? wrapped->dump() : literal.dump()};
      return std::nullopt;
    }
    case TypeKind::enumeration:
      return enumerated(literal, enumeration, value);
    case TypeKind::unknown:
      break;
  }
  return Misfit{Misfit::Kind::type, "has a field of unknown type"};
}

std::partial_ordering compare(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return std::partial_ordering::unordered;
  switch (left.kind()) {
    case ValueKind::integer:
      return order(left.integer(), right.integer());
    case ValueKind::real:
      return order(left.real(), right.real());
    case ValueKind::decimal:
      return order(left.decimal(), right.decimal());
    case ValueKind::date:
      return order(left.date(), right.date());
    case ValueKind::time:
      return order(left.time(), right.time());
    case ValueKind::datetime:
      return order(left.datetime(), right.datetime());
    default:
      return std::partial_ordering::unordered;
  }
}

}  // namespace dorm::schema
