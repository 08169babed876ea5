#include "sqlite/types.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "core/json_text.hpp"
#include "core/scaled.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "sqlite/errors.hpp"

namespace dorm::sqlite {
namespace {

enum class TextFault : std::uint8_t { none, nul, encoding };

// Most text is ASCII without NUL: eight characters at a time.
TextFault find_fault(std::string_view text) noexcept {
  constexpr std::uint64_t high = 0x8080808080808080ULL;
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  std::uint64_t seen = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    // A byte of 0 borrows; a byte from 0x80 on is not ASCII.
    seen |= word | (word - ones);
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    seen |= byte | (std::uint64_t{byte} - 1);
  }
  if ((seen & high) == 0) return TextFault::none;
  if (text.find('\0') != std::string_view::npos) return TextFault::nul;
  return is_utf8(text) ? TextFault::none : TextFault::encoding;
}

// Empty if the value is out of range.
std::string_view format(CellTag tag, std::int64_t value, Moment& text) {
  switch (tag) {
    case CellTag::date:
      return {text.data(), format_date(value, text.data()) ? std::size_t{date_size} : 0};
    case CellTag::time:
      return {text.data(), format_time(value, text.data()) ? std::size_t{time_size} : 0};
    default:
      return {text.data(), format_datetime(value, text.data()) ? std::size_t{datetime_size} : 0};
  }
}

std::string format_uuid(std::string_view bytes) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes.data(), uuid.bytes.size());
  return uuid.text();
}

// One parameter on its way to SQLite; errors name it.
class Encoder {
 public:
  Encoder(sqlite3* database, sqlite3_stmt* statement, const driver::Statement& description, std::size_t index,
          Moment& moment, std::vector<std::string>& converted)
      : database_(database),
        statement_(statement),
        description_(description),
        index_(index),
        moment_(moment),
        converted_(converted) {}

  void encode(const Cell& cell) {
    const driver::Parameter& parameter = description_.parameters[index_];
    if (cell.tag == CellTag::list) {
      std::string json;
      append_list(cell, parameter.type, json);
      return keep(std::move(json));
    }
    encode_one(cell, parameter.type);
  }

 private:
  int place() const { return static_cast<int>(index_) + 1; }

  void check(int code) const {
    if (code == SQLITE_OK) return;
    Failure failure;
    failure.code = code;
    failure.sql = description_.sql;
    failure.values = description_.parameters.size();
    raise(sqlite3_errmsg(database_), failure);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    const std::string& label = description_.parameters[index_].label;
    ErrorDetails details;
    details.backend = "sqlite";
    details.statement = description_.sql;
    throw DataError("sqlite: " + (label.empty() ? "parameter " + std::to_string(place()) : quote(label)) + ": " + why,
                    std::move(details));
  }

  void integer(std::int64_t value) const { check(sqlite3_bind_int64(statement_, place(), value)); }
  // A null pointer would bind NULL.
  void text(std::string_view bytes) const {
    check(sqlite3_bind_text64(statement_, place(), bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
  }
  void blob(std::string_view bytes) const {
    check(sqlite3_bind_blob64(statement_, place(), bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                              SQLITE_STATIC));
  }
  void keep(std::string&& bytes) {
    converted_.push_back(std::move(bytes));
    text(converted_.back());
  }

  void encode_one(const Cell& cell, const Type& type) {
    switch (cell.tag) {
      case CellTag::null:
        return check(sqlite3_bind_null(statement_, place()));
      case CellTag::boolean:
        return integer(cell.integer);
      case CellTag::integer:
        if (type.kind == TypeKind::decimal) return decimal(Decimal(cell.integer, 0), type);
        return integer(cell.integer);
      case CellTag::real:
        if (type.kind == TypeKind::decimal) refuse("a floating-point number is not exact; give a decimal");
        return check(sqlite3_bind_double(statement_, place(), checked(cell.real)));
      case CellTag::decimal:
        if (cell.scale == type.scale && is_kept_scaled(type)) return integer(cell.integer);
        return decimal(Decimal(cell.integer, cell.scale), type);
      case CellTag::decimal_text:
        return decimal(Decimal::parse(cell.view()), type);
      case CellTag::text:
      case CellTag::json:
        return text(checked(cell.view()));
      case CellTag::blob:
        return blob(cell.view());
      case CellTag::uuid:
        if (type.storage == Storage::blob) return blob(cell.view());
        return keep(format_uuid(cell.view()));
      case CellTag::date:
      case CellTag::time:
      case CellTag::datetime:
        return text(calendar(cell));
      case CellTag::unloaded:
      case CellTag::list:
        refuse("there is no such value");
    }
  }

  // An element of a JSON array, as json_each gives it back.
  void append(const Cell& cell, const Type& type, std::string& json) {
    switch (cell.tag) {
      case CellTag::null:
        json += "null";
        return;
      case CellTag::boolean:
        json += std::to_string(cell.integer);
        return;
      case CellTag::integer:
        if (type.kind == TypeKind::decimal) return append_decimal(Decimal(cell.integer, 0), type, json);
        json += std::to_string(cell.integer);
        return;
      case CellTag::real:
        if (type.kind == TypeKind::decimal) refuse("a floating-point number is not exact; give a decimal");
        return append_real(checked(cell.real), json);
      case CellTag::decimal:
        return append_decimal(Decimal(cell.integer, cell.scale), type, json);
      case CellTag::decimal_text:
        return append_decimal(Decimal::parse(cell.view()), type, json);
      case CellTag::text:
      case CellTag::json:
        return json::append_quoted(json, checked(cell.view()));
      case CellTag::uuid:
        if (type.storage == Storage::blob) break;
        return json::append_quoted(json, format_uuid(cell.view()));
      case CellTag::date:
      case CellTag::time:
      case CellTag::datetime:
        return json::append_quoted(json, calendar(cell));
      case CellTag::blob:
      case CellTag::unloaded:
      case CellTag::list:
        break;
    }
    refuse("an array cannot hold blobs here; give each its own placeholder");
  }

  void append_list(const Cell& list, const Type& type, std::string& json) {
    json.reserve(list.size * std::size_t{8} + 2);
    json += '[';
    for (std::uint32_t i = 0; i < list.size; ++i) {
      if (i != 0) json += ',';
      append(list.elements[i], type, json);
    }
    json += ']';
  }

  static void append_real(double value, std::string& json) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    json += text;
    // Without it json_each would give an integer.
    if (text.find_first_of(".e") == std::string_view::npos) json += ".0";
  }

  void append_decimal(const Decimal& value, const Type& type, std::string& json) {
    if (is_kept_scaled(type)) {
      const Decimal result = rescaled(value, type);
      const std::optional<std::int64_t> number = whole(result);
      if (number) {
        json += std::to_string(*number);
      } else {
        append_real(beyond_all(result), json);
      }
    } else if (type.storage == Storage::legacy) {
      json += value.text();
    } else {
      json::append_quoted(json, rescaled(value, type).text());
    }
  }

  static bool is_kept_scaled(const Type& type) { return is_scaled_integer(type) && type.storage != Storage::legacy; }

  Decimal rescaled(const Decimal& value, const Type& type) const {
    try {
      return value.rescaled(type.kind == TypeKind::decimal ? type.scale : std::uint16_t{0});
    } catch (const DataError&) {
      if (type.kind != TypeKind::decimal)
        refuse("a decimal that is not whole needs a parameter of type decimal, which has a scale");
      refuse("the decimal has more than " + std::to_string(type.scale) + " digits after the point");
    }
  }

  // The scaled integer; nothing for one of more than 64 bits that is only compared with such. Columns have 18 digits.
  std::optional<std::int64_t> whole(const Decimal& value) const {
    if (value.fits()) return value.unscaled();
    if (!description_.parameters[index_].compared) refuse("the decimal has more than 18 digits");
    const std::string digits = unscaled_digits(value);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc()) return number;
    return std::nullopt;
  }

  // SQLite compares integers with real numbers exactly.
  static double beyond_all(const Decimal& value) {
    const std::string digits = unscaled_digits(value);
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc()) return number;
    constexpr double greatest = std::numeric_limits<double>::max();
    return digits.front() == '-' ? -greatest : greatest;
  }

  static std::string unscaled_digits(const Decimal& value) {
    std::string digits = value.text();
    digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
    return digits;
  }

  void decimal(const Decimal& value, const Type& type) {
    if (type.storage == Storage::legacy) return foreign_decimal(value);
    const Decimal result = rescaled(value, type);
    if (is_kept_scaled(type)) {
      const std::optional<std::int64_t> number = whole(result);
      return number ? integer(*number) : check(sqlite3_bind_double(statement_, place(), beyond_all(result)));
    }
    // Outside decimal columns a whole number is what it is.
    if (type.kind != TypeKind::decimal && result.fits()) return integer(result.unscaled());
    keep(result.text());
  }

  // A table of others keeps 12.5 as a real number: only what survives that.
  void foreign_decimal(const Decimal& value) const {
    if (value.fits() && value.scale() == 0) return integer(value.unscaled());
    const double number = value.approximate();
    std::array<char, 48> digits{};
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 15);
    if (Decimal::parse({digits.data(), static_cast<std::size_t>(end - digits.data())}) != value)
      refuse("the decimal has more digits than the real numbers of this table can hold");
    check(sqlite3_bind_double(statement_, place(), number));
  }

  double checked(double value) const {
    if (!std::isfinite(value)) refuse("infinity and NaN cannot be stored");
    return value;
  }

  std::string_view checked(std::string_view bytes) const {
    switch (find_fault(bytes)) {
      case TextFault::none:
        return bytes;
      case TextFault::nul:
        refuse("text cannot contain a NUL character");
      case TextFault::encoding:
        refuse("text must be valid UTF-8");
    }
    return bytes;
  }

  // Valid until the next one of this parameter.
  std::string_view calendar(const Cell& cell) const {
    const std::string_view result = format(cell.tag, cell.integer, moment_);
    if (result.empty())
      refuse(cell.tag == CellTag::time ? "a time is less than a day" : "the year must be within 1 and 9999");
    return result;
  }

  sqlite3* database_;
  sqlite3_stmt* statement_;
  const driver::Statement& description_;
  std::size_t index_;
  Moment& moment_;
  std::vector<std::string>& converted_;
};

}  // namespace

void Binder::bind(sqlite3* database, sqlite3_stmt* statement, const driver::Statement& description,
                  std::span<const Cell> cells) {
  converted_.clear();
  converted_.reserve(cells.size());
  if (moments_.size() < cells.size()) moments_.resize(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    Encoder(database, statement, description, i, moments_[i], converted_).encode(cells[i]);
}

}  // namespace dorm::sqlite
