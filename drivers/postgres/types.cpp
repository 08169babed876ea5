#include "postgres/types.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "postgres/numeric.hpp"

namespace dorm::postgres {
namespace {

struct ServerType {
  Oid type;
  Oid array;
  Wire wire;
  std::string_view name;
};

// The numbers are part of PostgreSQL's protocol: pg_type.dat.
constexpr std::array server_types = {
    ServerType{16, 1000, Wire::boolean, "boolean"},
    ServerType{17, 1001, Wire::bytea, "bytea"},
    ServerType{18, 1002, Wire::text, "\"char\""},
    ServerType{19, 1003, Wire::text, "name"},
    ServerType{20, 1016, Wire::int8, "bigint"},
    ServerType{21, 1005, Wire::int2, "smallint"},
    ServerType{23, 1007, Wire::int4, "integer"},
    ServerType{25, 1009, Wire::text, "text"},
    ServerType{26, 1028, Wire::oid, "oid"},
    ServerType{114, 199, Wire::json, "json"},
    ServerType{700, 1021, Wire::float4, "real"},
    ServerType{701, 1022, Wire::float8, "double precision"},
    ServerType{705, 0, Wire::text, "unknown"},
    ServerType{1042, 1014, Wire::text, "character"},
    ServerType{1043, 1015, Wire::text, "character varying"},
    ServerType{1082, 1182, Wire::date, "date"},
    ServerType{1083, 1183, Wire::time, "time"},
    ServerType{1114, 1115, Wire::timestamp, "timestamp"},
    ServerType{1184, 1185, Wire::timestamp, "timestamp with time zone"},
    ServerType{1700, 1231, Wire::numeric, "numeric"},
    ServerType{2278, 0, Wire::nothing, "void"},
    ServerType{2950, 2951, Wire::uuid, "uuid"},
    ServerType{3802, 3807, Wire::jsonb, "jsonb"},
};

const ServerType* find_type(Oid type) noexcept {
  const auto* const found =
      std::find_if(server_types.begin(), server_types.end(), [&](const ServerType& t) { return t.type == type; });
  return found == server_types.end() ? nullptr : found;
}

Oid type_of(const Type& type) noexcept {
  switch (type.kind) {
    case TypeKind::boolean:
      return 16;
    case TypeKind::smallint:
      return 21;
    case TypeKind::integer:
      return 23;
    case TypeKind::bigint:
      return 20;
    case TypeKind::real:
      return 700;
    case TypeKind::double_precision:
      return 701;
    case TypeKind::decimal:
      return 1700;
    case TypeKind::string:
    case TypeKind::text:
      return 25;
    case TypeKind::binary:
      return 17;
    case TypeKind::uuid:
      return 2950;
    case TypeKind::date:
      return 1082;
    case TypeKind::time:
      return 1083;
    case TypeKind::datetime:
      return type.timezone ? 1184 : 1114;
    case TypeKind::json:
      return 3802;
    // Text or a type of its own: the server knows.
    case TypeKind::enumeration:
    case TypeKind::unknown:
      return oid::unspecified;
  }
  return oid::unspecified;
}

bool is_integer(Wire wire) { return wire == Wire::int2 || wire == Wire::int4 || wire == Wire::int8; }

using Conversion = Decoder::Conversion;

// What must be done to make `arriving` what is wanted; nullopt if it cannot be done without loss.
std::optional<Conversion> conversion(Wire arriving, TypeKind wanted) {
  const auto plain = [](bool fits) { return fits ? std::optional(Conversion::none) : std::nullopt; };
  switch (wanted) {
    case TypeKind::unknown:
      return Conversion::none;
    case TypeKind::boolean:
      return plain(arriving == Wire::boolean);
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint:
      // sum(bigint) is numeric.
      if (arriving == Wire::numeric) return Conversion::to_integer;
      return plain(is_integer(arriving) || arriving == Wire::oid);
    case TypeKind::real:
    case TypeKind::double_precision:
      if (arriving == Wire::int2 || arriving == Wire::int4) return Conversion::to_real;
      return plain(arriving == Wire::float4 || arriving == Wire::float8);
    case TypeKind::decimal:
      if (is_integer(arriving) || arriving == Wire::numeric) return Conversion::to_decimal;
      return std::nullopt;
    case TypeKind::string:
    case TypeKind::text:
    case TypeKind::enumeration:
      return plain(arriving == Wire::text);
    case TypeKind::binary:
      return plain(arriving == Wire::bytea);
    case TypeKind::uuid:
      return plain(arriving == Wire::uuid);
    case TypeKind::date:
      return plain(arriving == Wire::date);
    case TypeKind::time:
      return plain(arriving == Wire::time);
    case TypeKind::datetime:
      return plain(arriving == Wire::timestamp);
    case TypeKind::json:
      return plain(arriving == Wire::json || arriving == Wire::jsonb);
  }
  return std::nullopt;
}

[[noreturn]] void refuse(const Decoder& decoder, const std::string& what) {
  throw DataError(
      "postgres: " +
      (decoder.label == nullptr || decoder.label->empty() ? std::string("a column") : quote(*decoder.label)) + " " +
      what);
}

void expect_size(const Decoder& decoder, std::size_t size, std::size_t expected) {
  if (size != expected) refuse_size(decoder);
}

Cell decimal_cell(const Decimal& decimal, graph::Arena& arena) {
  if (decimal.fits()) return Cell::of_decimal(decimal.unscaled(), decimal.scale());
  return Cell::of_bytes(CellTag::decimal_text, arena.copy(decimal.text()));
}

Decimal decimal_of(const Cell& cell) {
  if (cell.tag == CellTag::integer) return Decimal(cell.integer, 0);
  if (cell.tag == CellTag::decimal) return Decimal(cell.integer, cell.scale);
  return Decimal::parse(cell.view());
}

void convert(const Decoder& decoder, Cell& cell, graph::Arena& arena) {
  switch (decoder.conversion) {
    case Conversion::none:
      return;
    case Conversion::to_real:
      cell = Cell::of_real(static_cast<double>(cell.integer));
      return;
    case Conversion::to_integer: {
      std::string text = decimal_of(cell).text();
      // Zeros behind the point are no loss.
      if (const std::size_t point = text.find('.');
          point != std::string::npos && text.find_first_not_of('0', point + 1) == std::string::npos) {
        text.resize(point);
      }
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) {
        refuse(decoder, "is not a whole number in the range of bigint");
      }
      cell = Cell::of_integer(value);
      return;
    }
    case Conversion::to_decimal:
      if (decoder.has_scale && (cell.tag != CellTag::decimal || cell.scale != decoder.scale)) {
        const Decimal exact = decimal_of(cell);
        // A result with more digits than its type keeps them.
        try {
          cell = decimal_cell(exact.rescaled(decoder.scale), arena);
        } catch (const DataError&) {
          cell = decimal_cell(exact, arena);
        }
      } else if (cell.tag == CellTag::integer) {
        cell = decimal_cell(decimal_of(cell), arena);
      }
      return;
  }
}

// As a float where it is one: the text of a float is not the nearest double.
template <class Real>
double read_real(const Decoder& decoder, std::string_view text) {
  Real value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) refuse(decoder, "is malformed");
  return static_cast<double>(value);
}

Cell text_bytea(const Decoder& decoder, const char* data, graph::Arena& arena) {
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> bytes(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(data), &size), PQfreemem);
  if (!bytes) refuse(decoder, "is malformed");
  return Cell::of_bytes(CellTag::blob, arena.copy({reinterpret_cast<const char*>(bytes.get()), size}));
}

// PostgreSQL writes what dorm's parsers read, but for infinity and years before Christ.
Cell decode_text_form(const Decoder& decoder, const char* data, std::size_t size, graph::Arena& arena) {
  const std::string_view text(data, size);
  if ((decoder.wire == Wire::date || decoder.wire == Wire::timestamp) &&
      (text.ends_with("infinity") || text.ends_with("BC"))) {
    refuse_infinity(decoder);
  }
  switch (decoder.wire) {
    case Wire::boolean:
      return Cell::of_boolean(text == "t");
    case Wire::int2:
    case Wire::int4:
    case Wire::int8:
    case Wire::oid: {
      std::int64_t value = 0;
      if (std::from_chars(data, data + size, value).ptr != data + size) refuse(decoder, "is malformed");
      return Cell::of_integer(value);
    }
    case Wire::float4:
      return Cell::of_real(read_real<float>(decoder, text));
    case Wire::float8:
      return Cell::of_real(read_real<double>(decoder, text));
    case Wire::numeric:
      return decimal_cell(Decimal::parse(text), arena);
    case Wire::bytea:
      return text_bytea(decoder, data, arena);
    case Wire::uuid: {
      const Uuid uuid = Uuid::parse(text);
      return Cell::of_bytes(CellTag::uuid,
                            arena.copy({reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()}));
    }
    case Wire::date:
      return Cell::of_count(CellTag::date, Date::parse(text).days);
    case Wire::time:
      return Cell::of_count(CellTag::time, Time::parse(text).microseconds);
    case Wire::timestamp:
      return Cell::of_count(CellTag::datetime, DateTime::parse(text).microseconds);
    case Wire::json:
    case Wire::jsonb:
      return Cell::of_bytes(CellTag::json, arena.copy(text));
    case Wire::nothing:
      return Cell::of_null();
    case Wire::unknown:
    case Wire::text:
    case Wire::converted:
      break;
  }
  return Cell::of_bytes(CellTag::text, arena.copy(text));
}

Cell decode_binary(const Decoder& decoder, const char* data, std::size_t size, graph::Arena& arena) {
  Cell cell = Cell::of_null();
  switch (decoder.wire) {
    case Wire::oid:
      expect_size(decoder, size, 4);
      return Cell::of_integer(read_big_endian<std::uint32_t>(data));
    case Wire::float4: {
      expect_size(decoder, size, 4);
      const auto bits = read_big_endian<std::uint32_t>(data);
      float value = 0;
      std::memcpy(&value, &bits, sizeof(value));
      return Cell::of_real(static_cast<double>(value));
    }
    case Wire::numeric:
      try {
        return decode_numeric({data, size}, arena);
      } catch (const DataError& error) {
        refuse(decoder, std::string("cannot be read: ") + error.what());
      }
    case Wire::date: {
      expect_size(decoder, size, 4);
      const auto days = static_cast<std::int32_t>(read_big_endian<std::uint32_t>(data));
      if (days == INT32_MIN || days == INT32_MAX) refuse_infinity(decoder);
      return Cell::of_count(CellTag::date, days + epoch_days);
    }
    case Wire::time:
      expect_size(decoder, size, 8);
      return Cell::of_count(CellTag::time, static_cast<std::int64_t>(read_big_endian<std::uint64_t>(data)));
    case Wire::jsonb:
      // A version in front of the text.
      if (size == 0 || *data != '\x01') refuse(decoder, "has an unknown version of jsonb");
      return Cell::of_bytes(CellTag::json, arena.copy({data + 1, size - 1}));
    case Wire::nothing:
      return cell;
    case Wire::unknown:
      refuse(decoder, "cannot be read in binary format");
    default:
      break;
  }
  Decoder plain = decoder;
  plain.step = decoder.wire;
  decode(plain, data, size, cell, arena);
  return cell;
}

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  const Integer bytes = read_big_endian<Integer>(reinterpret_cast<const char*>(&value));
  out.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

std::string_view kind_of(const Cell& cell) {
  switch (cell.tag) {
    case CellTag::unloaded:
      return "an unloaded value";
    case CellTag::null:
      return "null";
    case CellTag::boolean:
      return "a boolean";
    case CellTag::integer:
      return "an integer";
    case CellTag::real:
      return "a real number";
    case CellTag::decimal:
    case CellTag::decimal_text:
      return "a decimal number";
    case CellTag::text:
      return "a text";
    case CellTag::blob:
      return "a blob";
    case CellTag::uuid:
      return "a uuid";
    case CellTag::date:
      return "a date";
    case CellTag::time:
      return "a time";
    case CellTag::datetime:
      return "a datetime";
    case CellTag::json:
      return "a json document";
    case CellTag::list:
      return "a list";
  }
  return "a value";
}

std::string_view wire_name(Wire wire) {
  for (const ServerType& type : server_types)
    if (type.wire == wire && wire != Wire::text) return type.name;
  return "text";
}

[[noreturn]] void does_not_fit(Wire wire, const Cell& cell) {
  throw DataError(std::string(kind_of(cell)) + " does not fit the type " + std::string(wire_name(wire)));
}

template <class Integer>
void encode_integer(Wire wire, const Cell& cell, std::string& out) {
  if (!std::in_range<Integer>(cell.integer)) {
    throw DataError("an integer is out of the range of " + std::string(wire_name(wire)));
  }
  append_big_endian(out, static_cast<std::make_unsigned_t<Integer>>(static_cast<Integer>(cell.integer)));
}

// NaN and infinity are refused: SQLite has neither, and one behaviour is the promise.
double finite(const Cell& cell, Wire wire) {
  if (cell.tag == CellTag::integer) {
    const auto value = static_cast<double>(cell.integer);
    // 2^63 is no int64, so it must not be converted back.
    if (value >= 0x1p63 || static_cast<std::int64_t>(value) != cell.integer) {
      throw DataError("an integer has no exact " + std::string(wire_name(wire)));
    }
    return value;
  }
  if (!std::isfinite(cell.real)) throw DataError("a real number must be finite");
  return cell.real;
}

void encode_float4(const Cell& cell, std::string& out) {
  const double value = finite(cell, Wire::float4);
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max()))
    throw DataError("a number is out of the range of real");
  const auto narrow = static_cast<float>(value);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &narrow, sizeof(bits));
  append_big_endian(out, bits);
}

void encode_float8(const Cell& cell, std::string& out) {
  const double value = finite(cell, Wire::float8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  append_big_endian(out, bits);
}

void encode_date(const Cell& cell, std::string& out) {
  // 4713 BC to 5874897 AD.
  constexpr std::int64_t first = -2'451'545;
  constexpr std::int64_t last = 2'145'031'948;
  const std::int64_t days = cell.integer - epoch_days;
  if (days < first || days > last) throw DataError("a date is out of the range of date");
  append_big_endian(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(days)));
}

void encode_timestamp(const Cell& cell, std::string& out) {
  // 4713 BC, where the server's calendar begins.
  constexpr std::int64_t first = -211'813'488'000'000'000;
  std::int64_t value = 0;
  if (__builtin_sub_overflow(cell.integer, epoch_microseconds, &value) || value < first) {
    throw DataError("a datetime is out of the range of timestamp");
  }
  append_big_endian(out, static_cast<std::uint64_t>(value));
}

void append_quoted_element(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

Wire wire_of(Oid type) noexcept {
  const ServerType* found = find_type(type);
  return found == nullptr ? Wire::unknown : found->wire;
}

std::string name_of(Oid type) {
  const ServerType* found = find_type(type);
  return found == nullptr ? "type " + std::to_string(type) : std::string(found->name);
}

Oid element_of(Oid array) noexcept {
  for (const ServerType& type : server_types)
    if (array != oid::unspecified && type.array == array) return type.type;
  return oid::unspecified;
}

Oid parameter_type(const driver::Parameter& parameter) noexcept {
  const Oid type = type_of(parameter.type);
  const ServerType* element = parameter.array ? find_type(type) : nullptr;  // there is one of all but unspecified
  return element == nullptr ? type : element->array;
}

std::optional<Decoder> choose_decoder(Wire arriving, bool as_text, const driver::ResultColumn& wanted) {
  // The text form of a type we know nothing about is a text.
  if (as_text && arriving == Wire::unknown) arriving = Wire::text;
  const std::optional<Conversion> way = conversion(arriving, wanted.type.kind);
  if (!way) return std::nullopt;
  Decoder decoder;
  decoder.wire = arriving;
  decoder.as_text = as_text;
  decoder.conversion = *way;
  decoder.scale = wanted.type.scale;
  // Without both it is a numeric of any scale.
  decoder.has_scale = wanted.type.kind == TypeKind::decimal && (wanted.type.precision != 0 || wanted.type.scale != 0);
  decoder.label = &wanted.label;
  decoder.step = as_text || *way != Conversion::none ? Wire::converted : arriving;
  return decoder;
}

void refuse_size(const Decoder& decoder) { refuse(decoder, "is malformed"); }

void refuse_infinity(const Decoder& decoder) { refuse(decoder, "is infinite or too far away for a datetime"); }

void decode_slowly(const Decoder& decoder, const char* data, std::size_t size, Cell& cell, graph::Arena& arena) {
  if (!decoder.as_text) {
    cell = decode_binary(decoder, data, size, arena);
  } else {
    try {
      cell = decode_text_form(decoder, data, size, arena);
    } catch (const DataError&) {
      // The parsers quote what they could not read.
      refuse(decoder, "cannot be read");
    }
  }
  convert(decoder, cell, arena);
}

bool fits(Wire wire, CellTag tag) noexcept {
  switch (wire) {
    case Wire::boolean:
      return tag == CellTag::boolean;
    case Wire::int2:
    case Wire::int4:
    case Wire::int8:
    case Wire::oid:
      return tag == CellTag::integer;
    case Wire::float4:
    case Wire::float8:
      return tag == CellTag::real || tag == CellTag::integer;
    case Wire::numeric:
      return tag == CellTag::decimal || tag == CellTag::decimal_text || tag == CellTag::integer;
    case Wire::text:
      return tag == CellTag::text;
    case Wire::bytea:
      return tag == CellTag::blob;
    case Wire::uuid:
      return tag == CellTag::uuid;
    case Wire::date:
      return tag == CellTag::date;
    case Wire::time:
      return tag == CellTag::time;
    case Wire::timestamp:
      return tag == CellTag::datetime;
    case Wire::json:
    case Wire::jsonb:
      return tag == CellTag::json;
    case Wire::unknown:
    case Wire::nothing:
    case Wire::converted:
      break;
  }
  return false;
}

void check_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw DataError("a text contains a zero byte, which postgresql cannot store");
  if (!is_utf8(text)) throw DataError("a text is not valid utf-8");
}

void encode(Wire wire, const Cell& cell, std::string& out) {
  if (!fits(wire, cell.tag)) does_not_fit(wire, cell);
  switch (wire) {
    case Wire::boolean:
      out += cell.integer != 0 ? '\1' : '\0';
      return;
    case Wire::int2:
      return encode_integer<std::int16_t>(wire, cell, out);
    case Wire::int4:
      return encode_integer<std::int32_t>(wire, cell, out);
    case Wire::int8:
      return encode_integer<std::int64_t>(wire, cell, out);
    case Wire::oid:
      return encode_integer<std::uint32_t>(wire, cell, out);
    case Wire::float4:
      return encode_float4(cell, out);
    case Wire::float8:
      return encode_float8(cell, out);
    case Wire::numeric:
      return encode_numeric(cell, out);
    case Wire::date:
      return encode_date(cell, out);
    case Wire::time:
      return append_big_endian(out, static_cast<std::uint64_t>(cell.integer));
    case Wire::timestamp:
      return encode_timestamp(cell, out);
    case Wire::jsonb:
      out += '\1';
      [[fallthrough]];
    case Wire::json:
    case Wire::text:
      check_text(cell.view());
      [[fallthrough]];
    case Wire::bytea:
    case Wire::uuid:
      out += cell.view();
      return;
    case Wire::unknown:
    case Wire::nothing:
    case Wire::converted:
      return;
  }
}

void encode_text(const Cell& cell, std::string& out) {
  switch (cell.tag) {
    case CellTag::boolean:
      out += cell.integer != 0 ? "true" : "false";
      return;
    case CellTag::integer:
      out += std::to_string(cell.integer);
      return;
    case CellTag::real: {
      std::array<char, 32> digits;
      const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), finite(cell, Wire::float8));
      out.append(digits.data(), end);
      return;
    }
    case CellTag::decimal:
      out += Decimal(cell.integer, cell.scale).text();
      return;
    case CellTag::decimal_text:
      out += cell.view();
      return;
    case CellTag::json:
    case CellTag::text:
      check_text(cell.view());
      out += cell.view();
      return;
    case CellTag::blob:
      out += "\\x";
      for (const char c : cell.view()) {
        const auto byte = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[byte >> 4U];
        out += "0123456789abcdef"[byte & 15U];
      }
      return;
    case CellTag::uuid: {
      Uuid uuid;
      std::memcpy(uuid.bytes.data(), cell.data, uuid.bytes.size());
      out += uuid.text();
      return;
    }
    case CellTag::date:
      out += Date{static_cast<std::int32_t>(cell.integer)}.text();
      return;
    case CellTag::time:
      out += Time{cell.integer}.text();
      return;
    // The session is in UTC, so an instant and a wall clock read the same.
    case CellTag::datetime:
      out += DateTime{cell.integer}.text();
      return;
    case CellTag::list:
      out += '{';
      for (std::uint32_t i = 0; i < cell.size; ++i) {
        if (i != 0) out += ',';
        const Cell& element = cell.elements[i];
        if (element.is_null()) {
          out += "NULL";
          continue;
        }
        std::string text;
        encode_text(element, text);
        append_quoted_element(text, out);
      }
      out += '}';
      return;
    case CellTag::unloaded:
    case CellTag::null:
      break;
  }
  throw DataError(std::string(kind_of(cell)) + " cannot be a parameter");
}

}  // namespace dorm::postgres
