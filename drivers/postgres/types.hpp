// postgres/types.hpp: how values lie in PostgreSQL's binary and text formats.
//
// Pure functions, thread-safe. Decoders put text into the arena they are given; encoders append to a buffer. Both throw
// DataError, decoders naming the column. Includes no client header.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "dorm/detail/cell.hpp"
#include "driver/statement.hpp"
#include "graph/arena.hpp"

namespace dorm::postgres {

// The binary formats the driver knows.
enum class Wire : std::uint8_t {
  unknown,  // only the text format can be read
  boolean,
  int2,
  int4,
  int8,
  oid,
  float4,
  float8,
  numeric,
  text,
  bytea,
  uuid,
  date,
  time,
  timestamp,
  json,
  jsonb,
  nothing,    // void
  converted,  // decoders only: by the slow way
};

using Oid = std::uint32_t;  // as libpq's

namespace oid {
constexpr Oid unspecified = 0;
constexpr Oid first_of_users = 16384;  // below are the types that every server has
}  // namespace oid

Wire wire_of(Oid type) noexcept;
// "integer", "type 16999"
std::string name_of(Oid type);
// The type of an array's elements if it is one of the server's own, else unspecified.
Oid element_of(Oid array) noexcept;
// What a parameter is declared as; unspecified leaves it to the server.
Oid parameter_type(const driver::Parameter& parameter) noexcept;

// How one column of a result becomes a cell.
struct Decoder {
  enum class Conversion : std::uint8_t { none, to_integer, to_real, to_decimal };
  Wire step = Wire::unknown;  // what decode() looks at
  Wire wire = Wire::unknown;  // what arrives
  bool as_text = false;       // in text format
  Conversion conversion = Conversion::none;
  std::uint16_t scale = 0;  // of a decimal
  bool has_scale = false;
  const std::string* label = nullptr;
};

// nullopt if what arrives cannot become what is wanted without loss.
std::optional<Decoder> choose_decoder(Wire arriving, bool as_text, const driver::ResultColumn& wanted);

void decode_slowly(const Decoder& decoder, const char* data, std::size_t size, Cell& cell, graph::Arena& arena);
[[noreturn]] void refuse_infinity(const Decoder& decoder);
[[noreturn]] void refuse_size(const Decoder& decoder);

constexpr std::int64_t epoch_days = 10'957;  // 2000-01-01, where PostgreSQL counts from
constexpr std::int64_t epoch_microseconds = 946'684'800'000'000;

template <class Integer>
Integer read_big_endian(const char* data) noexcept {
  Integer value;
  std::memcpy(&value, data, sizeof(value));
  if constexpr (sizeof(value) == 2) return static_cast<Integer>(__builtin_bswap16(value));
  if constexpr (sizeof(value) == 4) return static_cast<Integer>(__builtin_bswap32(value));
  return static_cast<Integer>(__builtin_bswap64(value));
}

inline void decode(const Decoder& decoder, const char* data, std::size_t size, Cell& cell, graph::Arena& arena) {
  switch (decoder.step) {
    case Wire::boolean:
      if (size != 1) refuse_size(decoder);
      cell = Cell::of_boolean(*data != 0);
      return;
    case Wire::int2:
      if (size != 2) refuse_size(decoder);
      cell = Cell::of_integer(static_cast<std::int16_t>(read_big_endian<std::uint16_t>(data)));
      return;
    case Wire::int4:
      if (size != 4) refuse_size(decoder);
      cell = Cell::of_integer(static_cast<std::int32_t>(read_big_endian<std::uint32_t>(data)));
      return;
    case Wire::int8:
      if (size != 8) refuse_size(decoder);
      cell = Cell::of_integer(static_cast<std::int64_t>(read_big_endian<std::uint64_t>(data)));
      return;
    case Wire::float8: {
      if (size != 8) refuse_size(decoder);
      const auto bits = read_big_endian<std::uint64_t>(data);
      double value = 0;
      std::memcpy(&value, &bits, sizeof(value));
      cell = Cell::of_real(value);
      return;
    }
    case Wire::text:
      cell = Cell::of_bytes(CellTag::text, arena.copy({data, size}));
      return;
    case Wire::bytea:
      cell = Cell::of_bytes(CellTag::blob, arena.copy({data, size}));
      return;
    case Wire::json:
      cell = Cell::of_bytes(CellTag::json, arena.copy({data, size}));
      return;
    case Wire::uuid:
      if (size != 16) refuse_size(decoder);
      cell = Cell::of_bytes(CellTag::uuid, arena.copy({data, size}));
      return;
    case Wire::timestamp: {
      if (size != 8) refuse_size(decoder);
      // The ends of the range are -infinity and infinity.
      const auto value = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(data));
      std::int64_t since_1970 = 0;
      if (value == INT64_MIN || __builtin_add_overflow(value, epoch_microseconds, &since_1970))
        refuse_infinity(decoder);
      cell = Cell::of_count(CellTag::datetime, since_1970);
      return;
    }
    default:
      decode_slowly(decoder, data, size, cell, arena);
  }
}

// Binary format, without the length in front. `oid` and numbers are range-checked.
void encode(Wire wire, const Cell& cell, std::string& out);
// Text format: for parameters whose type only the server knows. Lists as an array literal.
void encode_text(const Cell& cell, std::string& out);
// Whether encode() takes such a cell, its range aside.
bool fits(Wire wire, CellTag tag) noexcept;
// Text that a statement may carry: valid UTF-8 without zero bytes.
void check_text(std::string_view text);

}  // namespace dorm::postgres
