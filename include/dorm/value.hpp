// dorm/value.hpp: one owned value of any type that a column can hold.
//
// Value semantics; one thread at a time writes, any number read. Parsing functions throw DataError.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dorm/detail/export.hpp"

namespace dorm {

// A calendar day: days since 1970-01-01, proleptic Gregorian.
struct DORM_EXPORT Date {
  std::int32_t days = 0;

  static Date parse(std::string_view text);  // "2026-11-21"
  static Date of(int year, unsigned month, unsigned day);
  static Date today();  // in UTC
  std::string text() const;
  friend auto operator<=>(const Date&, const Date&) = default;
};

// A time of day in microseconds since midnight, no zone.
struct DORM_EXPORT Time {
  std::int64_t microseconds = 0;

  static Time parse(std::string_view text);  // "13:45", "13:45:07", "13:45:07.123456"
  std::string text() const;                  // always with six decimals
  friend auto operator<=>(const Time&, const Time&) = default;
};

// Microseconds since 1970-01-01 00:00:00: UTC for a datetime with time zone, the wall clock for one without.
struct DORM_EXPORT DateTime {
  std::int64_t microseconds = 0;

  // ISO 8601, "T" or space, optional fraction, optional "Z" or ±hh[:mm]; a day alone means its midnight.
  static DateTime parse(std::string_view text);
  static DateTime now();
  std::string text() const;  // "YYYY-MM-DD HH:MM:SS.ffffff"
  friend auto operator<=>(const DateTime&, const DateTime&) = default;
};

struct DORM_EXPORT Uuid {
  std::array<unsigned char, 16> bytes{};

  static Uuid parse(std::string_view text);  // 8-4-4-4-12, any case; also 32 digits and {…}
  static Uuid random();                      // version 4, RFC 9562
  static Uuid time_ordered();                // version 7, RFC 9562: sorts by creation
  std::string text() const;                  // canonical, lower case
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// An exact decimal number: unscaled · 10^-scale. Numbers beyond 18 digits are kept as their canonical text.
class DORM_EXPORT Decimal {
 public:
  Decimal() = default;
  Decimal(std::int64_t unscaled, std::uint16_t scale) : unscaled_(unscaled), scale_(scale) {}
  static Decimal parse(std::string_view text);  // "-12.50", "1e3"; keeps the digits after the point

  bool fits() const noexcept { return big_.empty(); }           // unscaled() and scale() say it all
  std::int64_t unscaled() const noexcept { return unscaled_; }  // meaningful only if fits()
  std::uint16_t scale() const noexcept { return scale_; }
  std::string text() const;
  Decimal rescaled(std::uint16_t scale) const;  // throws DataError if digits other than 0 would be lost
  double approximate() const;

  // Numeric order: 1.50 equals 1.5.
  DORM_EXPORT friend std::strong_ordering operator<=>(const Decimal& left, const Decimal& right);
  DORM_EXPORT friend bool operator==(const Decimal& left, const Decimal& right);

 private:
  std::int64_t unscaled_ = 0;
  std::uint16_t scale_ = 0;
  std::string big_;  // "-123….45" where 64 bits are too few
};

struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};

// A JSON document as text; checked for well-formedness before it is sent, parsed by nobody else.
struct Json {
  std::string text;
  friend bool operator==(const Json&, const Json&) = default;
};

class Value;
using Values = std::vector<Value>;

enum class ValueKind : std::uint8_t {
  null,
  boolean,
  integer,
  real,
  decimal,
  text,
  blob,
  uuid,
  date,
  time,
  datetime,
  json,
  list
};

class DORM_EXPORT Value {
 public:
  Value() noexcept = default;  // null
  Value(std::nullptr_t) noexcept {}
  template <std::same_as<bool> B>
  Value(B value) noexcept : data_(std::in_place_type<bool>, value) {}
  template <std::signed_integral I>
  requires(!std::same_as<I, char> && !std::same_as<I, wchar_t>) Value(I value)
  noexcept : data_(std::in_place_type<std::int64_t>, value) {}
  template <std::unsigned_integral U>
  requires(!std::same_as<U, bool> && !std::same_as<U, char> && !std::same_as<U, char8_t> &&
           !std::same_as<U, char16_t> && !std::same_as<U, char32_t> && !std::same_as<U, wchar_t>) Value(U value)
      : data_(std::in_place_type<std::int64_t>, checked(value)) {}
  template <std::floating_point F>
  Value(F value) noexcept : data_(std::in_place_type<double>, static_cast<double>(value)) {}
  Value(const char* text) : data_(std::in_place_type<std::string>, text) {}
  Value(std::string_view text) : data_(std::in_place_type<std::string>, text) {}
  Value(std::string text) noexcept : data_(std::in_place_type<std::string>, std::move(text)) {}
  Value(Decimal value) : data_(std::in_place_type<Decimal>, std::move(value)) {}
  Value(Blob value) : data_(std::in_place_type<Blob>, std::move(value)) {}
  Value(Uuid value) noexcept : data_(std::in_place_type<Uuid>, value) {}
  Value(Date value) noexcept : data_(std::in_place_type<Date>, value) {}
  Value(Time value) noexcept : data_(std::in_place_type<Time>, value) {}
  Value(DateTime value) noexcept : data_(std::in_place_type<DateTime>, value) {}
  Value(Json value) : data_(std::in_place_type<Json>, std::move(value)) {}
  Value(Values list) : data_(std::in_place_type<Values>, std::move(list)) {}
  template <class T>
  Value(const T*) = delete;  // a pointer is not a truth value

  ValueKind kind() const noexcept { return static_cast<ValueKind>(data_.index()); }
  bool is_null() const noexcept { return data_.index() == 0; }

  // Strict readers: throw DataError if the value is of another kind.
  bool boolean() const { return as<bool>(ValueKind::boolean); }
  std::int64_t integer() const { return as<std::int64_t>(ValueKind::integer); }
  double real() const { return as<double>(ValueKind::real); }
  const Decimal& decimal() const { return as<Decimal>(ValueKind::decimal); }
  const std::string& text() const { return as<std::string>(ValueKind::text); }
  const Blob& blob() const { return as<Blob>(ValueKind::blob); }
  const Uuid& uuid() const { return as<Uuid>(ValueKind::uuid); }
  Date date() const { return as<Date>(ValueKind::date); }
  Time time() const { return as<Time>(ValueKind::time); }
  DateTime datetime() const { return as<DateTime>(ValueKind::datetime); }
  const Json& json() const { return as<Json>(ValueKind::json); }
  const Values& list() const { return as<Values>(ValueKind::list); }

  // What a person would read: huey, 3, null, 2026-11-21. Blobs as hexadecimal digits.
  std::string to_text() const;

  // Same kind and same value; numbers of different kinds are different.
  DORM_EXPORT friend bool operator==(const Value& left, const Value& right);

 private:
  template <class T>
  const T& as(ValueKind kind) const {
    if (const T* value = std::get_if<T>(&data_)) return *value;
    wrong_kind(kind);
  }
  [[noreturn]] void wrong_kind(ValueKind wanted) const;
  static std::int64_t checked(std::uint64_t value);

  // In the order of ValueKind.
  std::variant<std::monostate, bool, std::int64_t, double, Decimal, std::string, Blob, Uuid, Date, Time, DateTime, Json,
               Values>
      data_;
};

DORM_EXPORT std::string_view kind_name(ValueKind kind) noexcept;

struct ModelInfo;

// A row of a model by its key: what a filter, an assignment or a link needs to know of a row. Numbers of models and
// fields are those of the row's own registry snapshot; beside a handle of another snapshot their names count.
struct KeyRef {
  const ModelInfo* model = nullptr;
  std::shared_ptr<const void> snapshot;                 // keeps `model` alive
  std::vector<std::pair<std::uint32_t, Value>> fields;  // FieldInfo::index and value: the primary key first, then other
                                                        // fields that foreign keys reference
  // nullptr if the field is not among them.
  const Value* find(std::uint32_t field) const noexcept {
    for (const auto& [index, value] : fields)
      if (index == field) return &value;
    return nullptr;
  }
};

}  // namespace dorm
