#include "core/coerce.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/calendar.hpp"
#include "core/json_text.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm {
namespace {

[[noreturn]] void refuse(std::string_view label, const Type& type, const Value& value) {
  throw DataError(std::string(label) + " is " + to_string(type) + "; a value of kind '" +
                  std::string(kind_name(value.kind())) + "' does not fit");
}

void check_range(std::int64_t value, const Type& type, std::string_view label) {
  const bool fits = type.kind == TypeKind::smallint ? value >= std::numeric_limits<std::int16_t>::min() &&
                                                          value <= std::numeric_limits<std::int16_t>::max()
                    : type.kind == TypeKind::integer ? value >= std::numeric_limits<std::int32_t>::min() &&
                                                           value <= std::numeric_limits<std::int32_t>::max()
                                                     : true;
  if (!fits) throw DataError(std::string(label) + " is " + to_string(type) + "; the value is out of its range");
}

// Plain ASCII without NUL needs no closer look. Eight characters at a time: a byte of 0 borrows, one from 0x80 on is
// not ASCII.
bool is_plain(std::string_view text) noexcept {
  std::uint64_t seen = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    seen |= word | (word - 0x0101010101010101ULL);
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    seen |= byte | (std::uint64_t{byte} - 1);
  }
  return (seen & 0x8080808080808080ULL) == 0;
}

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

void check_text(std::string_view text, const Type& type, std::string_view label) {
  const bool plain = is_plain(text);
  if (!plain) {
    if (text.find('\0') != std::string_view::npos)
      throw DataError(std::string(label) + ": text holds a NUL byte; use a binary field for bytes");
    if (!is_utf8(text)) throw DataError(std::string(label) + ": text is not valid UTF-8; use a binary field for bytes");
  }
  if (type.kind != TypeKind::string || type.max_length == 0 || text.size() <= type.max_length) return;
  if (const std::size_t length = plain ? text.size() : code_points(text); length > type.max_length) {
    throw DataError(std::string(label) + " holds at most " + std::to_string(type.max_length) +
                    " characters; the value has " + std::to_string(length));
  }
}

void check_json(std::string_view text, std::string_view label) {
  if (!json::is_json(text)) throw DataError(std::string(label) + ": the text is not well-formed JSON");
}

Decimal fit_decimal(const Decimal& value, const Type& type, std::string_view label) {
  if (type.precision == 0) return value;
  Decimal rescaled;
  try {
    rescaled = value.rescaled(type.scale);
  } catch (const DataError&) {
    throw DataError(std::string(label) + " is " + to_string(type) + "; the value has more digits after the point");
  }
  std::size_t digits = 0;
  for (const char c : rescaled.text()) digits += c >= '0' && c <= '9' ? 1 : 0;
  // A single zero before the point is not a digit of the number.
  const std::string text = rescaled.text();
  const bool leading_zero = text.starts_with("0.") || text.starts_with("-0.");
  if (digits - (leading_zero ? 1 : 0) > type.precision) {
    throw DataError(std::string(label) + " is " + to_string(type) + "; the value is out of its range");
  }
  return rescaled;
}

bool is_single(double value) noexcept { return nearest_single(value) == value; }

// What must change, if anything; nullptr-like empty optional means: as it is.
bool fits_unchanged(const Value& value, const Type& type, std::string_view label) {
  switch (type.kind) {
    case TypeKind::unknown:
      if (value.kind() == ValueKind::text) check_text(value.text(), type, label);
      require_in_calendar(value, label);
      return true;
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint:
      if (value.kind() != ValueKind::integer) return false;
      check_range(value.integer(), type, label);
      return true;
    case TypeKind::real:
    case TypeKind::double_precision:
      if (value.kind() != ValueKind::real) return false;
      if (!std::isfinite(value.real()))
        throw DataError(std::string(label) + ": NaN and infinity are not stored; use null");
      return type.kind == TypeKind::double_precision || is_single(value.real());
    case TypeKind::string:
    case TypeKind::text:
    case TypeKind::enumeration:
      if (value.kind() != ValueKind::text) return false;
      check_text(value.text(), type, label);
      return true;
    case TypeKind::json:
      if (value.kind() != ValueKind::json) return false;
      check_text(value.json().text, type, label);
      check_json(value.json().text, label);
      return true;
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::datetime:
      require_in_calendar(value, label);
      return value.kind() == value_kind(type.kind);
    default:
      return type.kind != TypeKind::decimal && value.kind() == value_kind(type.kind);
  }
}

Value convert(const Value& value, const Type& type, std::string_view label) {
  const ValueKind kind = value.kind();
  const auto parsed = [&](auto parse) -> Value {
    try {
      return Value(parse(value.text()));
    } catch (const DataError&) {
      throw DataError(std::string(label) + " is " + to_string(type) + "; the text given is not one");
    }
  };
  switch (type.kind) {
    case TypeKind::real:
      if (kind == ValueKind::integer) return Value(nearest_single(static_cast<double>(value.integer())));
      if (kind == ValueKind::real) {
        const double nearest = nearest_single(value.real());
        if (std::isfinite(nearest)) return Value(nearest);
        throw DataError(std::string(label) + " is real; the value is out of its range");
      }
      break;
    case TypeKind::double_precision:
      if (kind == ValueKind::integer) return Value(static_cast<double>(value.integer()));
      break;
    case TypeKind::decimal:
      if (kind == ValueKind::decimal) return Value(fit_decimal(value.decimal(), type, label));
      if (kind == ValueKind::integer) return Value(fit_decimal(Decimal(value.integer(), 0), type, label));
      if (kind == ValueKind::text) {
        const Value exact = parsed(&Decimal::parse);
        return Value(fit_decimal(exact.decimal(), type, label));
      }
      break;
    case TypeKind::uuid:
      if (kind == ValueKind::text) return parsed(&Uuid::parse);
      break;
    case TypeKind::date:
      if (kind == ValueKind::text) return parsed(&Date::parse);
      break;
    case TypeKind::time:
      if (kind == ValueKind::text) return parsed(&Time::parse);
      break;
    case TypeKind::datetime:
      if (kind == ValueKind::text) return parsed(&DateTime::parse);
      if (kind == ValueKind::date) return Value(DateTime{std::int64_t{value.date().days} * microseconds_per_day});
      break;
    default:
      break;
  }
  refuse(label, type, value);
}

}  // namespace

Value coerce(const Value& value, const Type& type, std::string_view label) {
  if (value.is_null() || fits_unchanged(value, type, label)) return value;
  return convert(value, type, label);
}

double nearest_single(double value) noexcept {
  constexpr double greatest = static_cast<double>(std::numeric_limits<float>::max());
  // The cast itself is undefined there ([conv.double]).
  if (std::abs(value) > greatest) return std::copysign(std::numeric_limits<double>::infinity(), value);
  return static_cast<double>(static_cast<float>(value));
}

Value coerce(Value&& value, const Type& type, std::string_view label) {
  if (value.is_null() || fits_unchanged(value, type, label)) return std::move(value);
  return convert(value, type, label);
}

bool fits_plainly(const Value& value, const Type& type) noexcept {
  switch (value.kind()) {
    case ValueKind::integer:
      if (type.kind == TypeKind::integer) return value.integer() == static_cast<std::int32_t>(value.integer());
      if (type.kind == TypeKind::smallint) return value.integer() == static_cast<std::int16_t>(value.integer());
      return type.kind == TypeKind::bigint;
    case ValueKind::real:
      return std::isfinite(value.real()) &&
             (type.kind == TypeKind::double_precision || (type.kind == TypeKind::real && is_single(value.real())));
    case ValueKind::text: {
      const std::string& text = value.text();
      if (type.kind == TypeKind::string)
        return (type.max_length == 0 || text.size() <= type.max_length) && is_plain(text);
      return (type.kind == TypeKind::text || type.kind == TypeKind::enumeration) && is_plain(text);
    }
    case ValueKind::decimal: {
      if (type.kind != TypeKind::decimal || !value.decimal().fits() || value.decimal().scale() != type.scale)
        return false;
      if (type.precision == 0 || type.precision >= powers_of_ten.size()) return type.precision == 0;
      const std::int64_t end = powers_of_ten[type.precision];
      return value.decimal().unscaled() < end && value.decimal().unscaled() > -end;
    }
    case ValueKind::date:
      return type.kind == TypeKind::date && in_calendar(value.date());
    case ValueKind::time:
      return type.kind == TypeKind::time && in_calendar(value.time());
    case ValueKind::datetime:
      return type.kind == TypeKind::datetime && in_calendar(value.datetime());
    case ValueKind::boolean:
    case ValueKind::blob:
    case ValueKind::uuid:
      return value.kind() == value_kind(type.kind);
    default:
      return false;
  }
}

ValueKind value_kind(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::unknown:
      return ValueKind::null;
    case TypeKind::boolean:
      return ValueKind::boolean;
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint:
      return ValueKind::integer;
    case TypeKind::real:
    case TypeKind::double_precision:
      return ValueKind::real;
    case TypeKind::decimal:
      return ValueKind::decimal;
    case TypeKind::string:
    case TypeKind::text:
    case TypeKind::enumeration:
      return ValueKind::text;
    case TypeKind::binary:
      return ValueKind::blob;
    case TypeKind::uuid:
      return ValueKind::uuid;
    case TypeKind::date:
      return ValueKind::date;
    case TypeKind::time:
      return ValueKind::time;
    case TypeKind::datetime:
      return ValueKind::datetime;
    case TypeKind::json:
      return ValueKind::json;
  }
  return ValueKind::null;
}

CellTag cell_tag(TypeKind kind) noexcept {
  switch (value_kind(kind)) {
    case ValueKind::boolean:
      return CellTag::boolean;
    case ValueKind::integer:
      return CellTag::integer;
    case ValueKind::real:
      return CellTag::real;
    case ValueKind::decimal:
      return CellTag::decimal;
    case ValueKind::text:
      return CellTag::text;
    case ValueKind::blob:
      return CellTag::blob;
    case ValueKind::uuid:
      return CellTag::uuid;
    case ValueKind::date:
      return CellTag::date;
    case ValueKind::time:
      return CellTag::time;
    case ValueKind::datetime:
      return CellTag::datetime;
    case ValueKind::json:
      return CellTag::json;
    case ValueKind::null:
    case ValueKind::list:
      break;
  }
  return CellTag::null;
}

Cell borrow(const Value& value) {
  switch (value.kind()) {
    case ValueKind::null:
      return Cell::of_null();
    case ValueKind::boolean:
      return Cell::of_boolean(value.boolean());
    case ValueKind::integer:
      return Cell::of_integer(value.integer());
    case ValueKind::real:
      return Cell::of_real(value.real());
    case ValueKind::decimal:
      if (!value.decimal().fits()) break;
      return Cell::of_decimal(value.decimal().unscaled(), value.decimal().scale());
    case ValueKind::text:
      return Cell::of_bytes(CellTag::text, value.text());
    case ValueKind::blob:
      return Cell::of_bytes(CellTag::blob, value.blob().bytes);
    case ValueKind::uuid:
      return Cell::of_bytes(CellTag::uuid, {reinterpret_cast<const char*>(value.uuid().bytes.data()), 16});
    case ValueKind::date:
      return Cell::of_count(CellTag::date, value.date().days);
    case ValueKind::time:
      return Cell::of_count(CellTag::time, value.time().microseconds);
    case ValueKind::datetime:
      return Cell::of_count(CellTag::datetime, value.datetime().microseconds);
    case ValueKind::json:
      return Cell::of_bytes(CellTag::json, value.json().text);
    case ValueKind::list:
      break;
  }
  throw DataError("a value of kind '" + std::string(kind_name(value.kind())) + "' cannot be borrowed as one cell");
}

}  // namespace dorm
