// The rarer ways a result column is read: what Reader::read has no fast path for.
#include <array>
#include <charconv>
#include <cmath>
#include <new>
#include <string_view>

#include "core/calendar.hpp"
#include "core/scaled.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "sqlite/types.hpp"

namespace dorm::sqlite {
namespace {

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

std::string_view blob_of(sqlite3_value* value) {
  const void* bytes = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  if (bytes == nullptr && size != 0) throw std::bad_alloc();
  return {static_cast<const char*>(bytes), size};
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void keep(CellTag tag, std::string_view bytes, Cell& cell, graph::Arena& arena) {
  cell = Cell::of_bytes(tag, arena.copy(bytes));
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Shortest text that reads back as the same number.
std::string text_of(double number) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), end};
}

bool decode_uuid(std::string_view text, Cell& cell, graph::Arena& arena) {
  constexpr auto nibble = [](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    return c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10) : 255U;
  };
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  std::array<char, 16> bytes{};
  std::size_t at = 0;
  for (char& byte : bytes) {
    if (text[at] == '-') ++at;
    const unsigned high = nibble(text[at]);
    const unsigned low = nibble(text[at + 1]);
    if (high > 15 || low > 15) return false;
    byte = static_cast<char>(high * 16 + low);
    at += 2;
  }
  keep(CellTag::uuid, {bytes.data(), bytes.size()}, cell, arena);
  return true;
}

bool decode_uuid_of_any_form(std::string_view text, Cell& cell, graph::Arena& arena) {
  const Uuid uuid = Uuid::parse(text);
  keep(CellTag::uuid, {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()}, cell, arena);
  return true;
}

bool decode_decimal(const Decimal& decimal, Cell& cell, graph::Arena& arena) {
  if (decimal.fits()) {
    cell = Cell::of_decimal(decimal.unscaled(), decimal.scale());
  } else {
    keep(CellTag::decimal_text, decimal.text(), cell, arena);
  }
  return true;
}

bool decode_text_datetime(std::string_view text, Cell& cell) {
  cell = Cell::of_count(CellTag::datetime, DateTime::parse(text).microseconds);
  return true;
}

bool decode_date(std::string_view text, Cell& cell) {
  std::int64_t days = 0;
  if (text.size() != date_size || !parse_date(bytes_of(text), days)) return false;
  cell = Cell::of_count(CellTag::date, days);
  return true;
}

bool decode_time(std::string_view text, Cell& cell) {
  std::int64_t microseconds = 0;
  if (text.size() != time_size || !parse_time(bytes_of(text), microseconds))
    microseconds = Time::parse(text).microseconds;
  cell = Cell::of_count(CellTag::time, microseconds);
  return true;
}

bool decode_by_class(int storage, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
  switch (storage) {
    case SQLITE_INTEGER:
      cell = Cell::of_integer(sqlite3_value_int64(value));
      return true;
    case SQLITE_FLOAT:
      cell = Cell::of_real(sqlite3_value_double(value));
      return true;
    case SQLITE_TEXT:
      keep(CellTag::text, text_of(value), cell, arena);
      return true;
    default:
      keep(CellTag::blob, blob_of(value), cell, arena);
      return true;
  }
}

bool decode_real(int storage, sqlite3_value* value, bool legacy, Cell& cell) {
  constexpr std::int64_t exact = std::int64_t{1} << 53U;
  double number = 0;
  if (storage == SQLITE_INTEGER) {
    // An expression such as coalesce(x, 0) gives an integer where its type says real.
    const std::int64_t integer = sqlite3_value_int64(value);
    if (integer < -exact || integer > exact) return false;
    number = static_cast<double>(integer);
  } else if (!legacy || storage != SQLITE_TEXT || !parse_number(text_of(value), number)) {
    return false;
  }
  cell = Cell::of_real(number);
  return true;
}

// ---- tables made by somebody else ----

bool decode_legacy_boolean(int storage, sqlite3_value* value, Cell& cell) {
  static constexpr std::array<std::string_view, 6> words{"false", "true", "f", "t", "0", "1"};
  if (storage == SQLITE_FLOAT) {
    const double number = sqlite3_value_double(value);
    cell = Cell::of_boolean(number == 1.0);
    return number == 0.0 || number == 1.0;
  }
  if (storage != SQLITE_TEXT) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!equal_ignoring_case(words[i], text_of(value))) continue;
    cell = Cell::of_boolean(i % 2 == 1);
    return true;
  }
  return false;
}

bool decode_legacy_integer(int storage, sqlite3_value* value, Cell& cell) {
  std::int64_t integer = 0;
  if (storage == SQLITE_FLOAT) {
    const double number = sqlite3_value_double(value);
    if (std::trunc(number) != number || number < -0x1p63 || number >= 0x1p63) return false;
    integer = static_cast<std::int64_t>(number);
  } else if (storage != SQLITE_TEXT || !parse_number(text_of(value), integer)) {
    return false;
  }
  cell = Cell::of_integer(integer);
  return true;
}

bool decode_legacy_decimal(int storage, sqlite3_value* value, std::uint16_t scale, Cell& cell, graph::Arena& arena) {
  if (storage == SQLITE_BLOB) return false;
  Decimal decimal;
  if (storage == SQLITE_FLOAT) {
    // Fifteen digits survive the way into a double and back; more were never exact.
    std::array<char, 48> digits{};
    const double number = sqlite3_value_double(value);
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 15);
    double again = 0;
    if (!parse_number({digits.data(), end}, again) || again != number) return false;
    decimal = Decimal::parse({digits.data(), end});
  } else {
    decimal = Decimal::parse(text_of(value));
  }
  return decode_decimal(decimal.rescaled(std::max(scale, decimal.scale())), cell, arena);
}

bool decode_legacy_text(CellTag tag, int storage, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
  if (storage == SQLITE_BLOB) {
    const std::string_view bytes = blob_of(value);
    if (tag == CellTag::json || !is_utf8(bytes)) return false;
    keep(tag, bytes, cell, arena);
  } else if (storage == SQLITE_FLOAT) {
    keep(tag, text_of(sqlite3_value_double(value)), cell, arena);
  } else {
    keep(tag, text_of(value), cell, arena);
  }
  return true;
}

bool decode_legacy_date(std::string_view text, Cell& cell) {
  const std::int64_t microseconds = DateTime::parse(text).microseconds;
  if (microseconds % microseconds_per_day != 0) return false;
  cell = Cell::of_count(CellTag::date, microseconds / microseconds_per_day);
  return true;
}

bool decode_legacy(const Decoder& decoder, int storage, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
  switch (decoder.kind) {
    case DecoderKind::boolean:
      return decode_legacy_boolean(storage, value, cell);
    case DecoderKind::integer:
      return decode_legacy_integer(storage, value, cell);
    case DecoderKind::decimal:
      return decode_legacy_decimal(storage, value, decoder.scale, cell, arena);
    case DecoderKind::text:
      return decode_legacy_text(CellTag::text, storage, value, cell, arena);
    case DecoderKind::json:
      return decode_legacy_text(CellTag::json, storage, value, cell, arena);
    case DecoderKind::blob:
      keep(CellTag::blob, blob_of(value), cell, arena);
      return storage == SQLITE_TEXT;
    case DecoderKind::uuid_text:
    case DecoderKind::uuid_blob:
      if (storage == SQLITE_TEXT) return decode_uuid_of_any_form(text_of(value), cell, arena);
      if (storage != SQLITE_BLOB || sqlite3_value_bytes(value) != 16) return false;
      keep(CellTag::uuid, blob_of(value), cell, arena);
      return true;
    case DecoderKind::date:
      return storage == SQLITE_TEXT && decode_legacy_date(text_of(value), cell);
    case DecoderKind::datetime:
      // SQLite's own functions take a number for seconds since 1970.
      if (storage != SQLITE_INTEGER || std::abs(sqlite3_value_double(value)) > 253'402'300'799.0) return false;
      cell = Cell::of_count(CellTag::datetime, sqlite3_value_int64(value) * 1'000'000);
      return true;
    default:
      return false;
  }
}

bool decode(const Decoder& decoder, int storage, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
  switch (decoder.kind) {
    case DecoderKind::by_class:
      return decode_by_class(storage, value, cell, arena);
    case DecoderKind::real:
      return decode_real(storage, value, decoder.legacy, cell);
    case DecoderKind::decimal:
      return storage == SQLITE_TEXT && decoder.long_decimal &&
             decode_decimal(Decimal::parse(text_of(value)), cell, arena);
    case DecoderKind::blob:
      if (storage != SQLITE_BLOB) return false;
      keep(CellTag::blob, blob_of(value), cell, arena);
      return true;
    case DecoderKind::uuid_text:
      return storage == SQLITE_TEXT && decode_uuid(text_of(value), cell, arena);
    case DecoderKind::uuid_blob:
      if (storage != SQLITE_BLOB || sqlite3_value_bytes(value) != 16) return false;
      keep(CellTag::uuid, blob_of(value), cell, arena);
      return true;
    case DecoderKind::date:
      return storage == SQLITE_TEXT && decode_date(text_of(value), cell);
    case DecoderKind::time:
      return storage == SQLITE_TEXT && decode_time(text_of(value), cell);
    // CURRENT_TIMESTAMP and other programs write fewer decimals.
    case DecoderKind::datetime:
      return storage == SQLITE_TEXT && decode_text_datetime(text_of(value), cell);
    default:
      return false;
  }
}

std::string_view class_name(int storage) {
  static constexpr std::array<std::string_view, 6> names{"nothing", "an integer", "a real number",
                                                         "text",    "a blob",     "null"};
  return names[static_cast<std::size_t>(storage)];
}

std::string_view expected(DecoderKind kind) {
  switch (kind) {
    case DecoderKind::boolean:
      return "a boolean (0 or 1)";
    case DecoderKind::integer:
      return "an integer";
    case DecoderKind::real:
      return "a real number";
    case DecoderKind::decimal:
      return "a decimal";
    case DecoderKind::json:
      return "a JSON text";
    case DecoderKind::blob:
      return "a blob";
    case DecoderKind::uuid_text:
      return "a uuid of 36 characters";
    case DecoderKind::uuid_blob:
      return "a uuid of 16 bytes";
    case DecoderKind::date:
      return "a date (YYYY-MM-DD)";
    case DecoderKind::time:
      return "a time (HH:MM:SS.ffffff)";
    case DecoderKind::datetime:
      return "a datetime (YYYY-MM-DD HH:MM:SS.ffffff)";
    default:
      return "text";
  }
}

}  // namespace

Decoder decoder_for(const Type& type) noexcept {
  const auto kind = [&] {
    switch (type.kind) {
      case TypeKind::unknown:
        return DecoderKind::by_class;
      case TypeKind::boolean:
        return DecoderKind::boolean;
      case TypeKind::smallint:
      case TypeKind::integer:
      case TypeKind::bigint:
        return DecoderKind::integer;
      case TypeKind::real:
      case TypeKind::double_precision:
        return DecoderKind::real;
      case TypeKind::decimal:
        return DecoderKind::decimal;
      case TypeKind::binary:
        return DecoderKind::blob;
      case TypeKind::uuid:
        return type.storage == Storage::blob ? DecoderKind::uuid_blob : DecoderKind::uuid_text;
      case TypeKind::date:
        return DecoderKind::date;
      case TypeKind::time:
        return DecoderKind::time;
      case TypeKind::datetime:
        return DecoderKind::datetime;
      case TypeKind::json:
        return DecoderKind::json;
      case TypeKind::string:
      case TypeKind::text:
      case TypeKind::enumeration:
        return DecoderKind::text;
    }
    return DecoderKind::by_class;
  }();
  return {kind, type.storage == Storage::legacy, is_decimal_text(type), type.scale};
}

void Reader::read_other(std::uint32_t column, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
  const Decoder& decoder = decoders_[column];
  const int storage = sqlite3_value_type(value);
  bool done = false;
  try {
    done = decode(decoder, storage, value, cell, arena) ||
           (decoder.legacy && decode_legacy(decoder, storage, value, cell, arena));
  } catch (const DataError&) {
    // What core says of a text it cannot parse repeats the text.
  }
  if (!done) refuse(column, storage);
}

void Reader::refuse(std::uint32_t column, int storage) const {
  const std::string& label = description_.columns[column].label;
  ErrorDetails details;
  details.backend = "sqlite";
  details.statement = description_.sql;
  const DecoderKind kind = decoders_[column].kind;
  const std::string place = label.empty() ? "column " + std::to_string(column + 1) : quote(label);
  throw DataError("sqlite: " + place + " should hold " + std::string(expected(kind)) + ", but " +
                      std::string(class_name(storage)) +
                      " was found; mend the stored value, or declare the table as one that others write",
                  std::move(details));
}

}  // namespace dorm::sqlite
