// sqlite/types.hpp: cells as SQLite's values and back.
//
// What a type looks like in the database: booleans 0 and 1, decimals of up to 18 digits as integers scaled by their
// type, longer ones as text, datetimes as "YYYY-MM-DD HH:MM:SS.ffffff", uuids as 36 lower-case characters (or 16 bytes
// with Storage::blob). One thread at a time. Throws DataError naming parameter or column, never the value.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "dorm/detail/cell.hpp"
#include "driver/statement.hpp"
#include "graph/row_sink.hpp"
#include "sqlite/calendar.hpp"
#include "sqlite/handle.hpp"

namespace dorm::sqlite {

enum class DecoderKind : std::uint8_t {
  by_class,  // what arrives decides
  boolean,
  integer,
  real,
  decimal,
  text,
  json,
  blob,
  uuid_text,
  uuid_blob,
  date,
  time,
  datetime,
};

// How a result column is read; chosen once per statement.
struct Decoder {
  DecoderKind kind = DecoderKind::by_class;
  bool legacy = false;        // any storage class, converted where nothing is lost
  bool long_decimal = false;  // kept as text
  std::uint16_t scale = 0;
};

Decoder decoder_for(const Type& type) noexcept;

// The current row of a statement, as RowSink::add takes it.
class Reader {
 public:
  Reader(sqlite3_stmt* statement, const Decoder* decoders, const driver::Statement& description) noexcept
      : statement_(statement), decoders_(decoders), description_(description) {}

  void read(std::uint32_t column, Cell& cell, graph::Arena& arena) {
    // One call for the value, then unchecked accessors: the sqlite3_column_* functions each look up the column again.
    sqlite3_value* value = sqlite3_column_value(statement_, static_cast<int>(column));
    const Decoder& decoder = decoders_[column];
    const int storage = sqlite3_value_type(value);
    switch (decoder.kind) {
      case DecoderKind::integer:
        if (storage != SQLITE_INTEGER) break;
        cell = Cell::of_integer(sqlite3_value_int64(value));
        return;
      case DecoderKind::text:
        if (storage != SQLITE_TEXT) break;
        return copy_text(CellTag::text, value, cell, arena);
      case DecoderKind::real:
        if (storage != SQLITE_FLOAT) break;
        cell = Cell::of_real(sqlite3_value_double(value));
        return;
      case DecoderKind::datetime: {
        std::int64_t microseconds = 0;
        if (storage != SQLITE_TEXT) break;
        const unsigned char* text = sqlite3_value_text(value);
        if (sqlite3_value_bytes(value) != datetime_size || !parse_datetime(text, microseconds)) break;
        cell = Cell::of_count(CellTag::datetime, microseconds);
        return;
      }
      case DecoderKind::boolean: {
        if (storage != SQLITE_INTEGER) break;
        const std::int64_t number = sqlite3_value_int64(value);
        if ((number & ~std::int64_t{1}) != 0) break;
        cell = Cell::of_boolean(number != 0);
        return;
      }
      case DecoderKind::decimal:
        if (storage != SQLITE_INTEGER || decoder.legacy) break;
        cell = Cell::of_decimal(sqlite3_value_int64(value), decoder.scale);
        return;
      case DecoderKind::json:
        if (storage != SQLITE_TEXT) break;
        return copy_text(CellTag::json, value, cell, arena);
      default:
        break;
    }
    if (storage == SQLITE_NULL) {
      cell = Cell::of_null();
      return;
    }
    read_other(column, value, cell, arena);
  }

 private:
  static void copy_text(CellTag tag, sqlite3_value* value, Cell& cell, graph::Arena& arena) {
    const char* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (text == nullptr) throw std::bad_alloc();
    cell = Cell::of_bytes(tag, arena.copy({text, static_cast<std::size_t>(sqlite3_value_bytes(value))}));
  }
  void read_other(std::uint32_t column, sqlite3_value* value, Cell& cell, graph::Arena& arena);
  [[noreturn]] void refuse(std::uint32_t column, int storage) const;

  sqlite3_stmt* statement_;
  const Decoder* decoders_;
  const driver::Statement& description_;
};

// Room for the text of a date or time.
using Moment = std::array<char, datetime_size>;

// Binds parameters; what it had to convert lives until the next bind().
class Binder {
 public:
  // Throws DataError before anything runs. Text and blobs are not copied: the cells must live until the statement is
  // reset.
  void bind(sqlite3* database, sqlite3_stmt* statement, const driver::Statement& description,
            std::span<const Cell> cells);

 private:
  // SQLite keeps pointers into these.
  std::vector<Moment> moments_;  // one per parameter: dates and times need no string of their own
  std::vector<std::string> converted_;
};

}  // namespace dorm::sqlite
