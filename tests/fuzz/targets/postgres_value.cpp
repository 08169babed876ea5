// Values as a PostgreSQL server sends them. A text is a byte that says which format, one that says which type is
// wanted, and the value.
#include "dorm/error.hpp"
#include "dorm/type.hpp"
#include "fuzz/target.hpp"
#include "graph/arena.hpp"
#include "postgres/types.hpp"

namespace dorm::fuzz {
namespace {

using postgres::Wire;

constexpr unsigned wires = static_cast<unsigned>(Wire::nothing) + 1;
constexpr unsigned kinds = static_cast<unsigned>(TypeKind::enumeration) + 1;

// Empty if the cell cannot be sent in this format.
std::string encoded(Wire wire, const Cell& cell) {
  std::string bytes;
  if (postgres::fits(wire, cell.tag)) postgres::encode(wire, cell, bytes);
  return bytes;
}

void round_trip(Wire wire, const Cell& cell, const driver::ResultColumn& column) {
  const std::string sent = encoded(wire, cell);
  if (sent.empty()) return;
  const auto decoder = postgres::choose_decoder(wire, false, column);
  if (!decoder) return;
  graph::Arena arena;
  Cell again = Cell::of_null();
  postgres::decode(*decoder, sent.data(), sent.size(), again, arena);
  require(encoded(wire, again) == sent, "a value comes back as it was sent");
}

std::string seed(Wire wire, TypeKind kind, std::string_view bytes, bool as_text = false) {
  std::string text;
  text += static_cast<char>(static_cast<unsigned>(wire) + (as_text ? 128U : 0U));
  text += static_cast<char>(kind);
  return text.append(bytes);
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_view_literals;
  return {
      seed(Wire::boolean, TypeKind::boolean, "\1"sv),
      seed(Wire::int8, TypeKind::decimal, "\0\0\0\0\0\0\0\7"sv),
      seed(Wire::float8, TypeKind::double_precision, "\x7F\xEF\0\0\0\0\0\0"sv),
      // 12.5 and -1e20: number of groups, weight of the first, sign, digits after the point, groups
      seed(Wire::numeric, TypeKind::decimal, "\0\2\0\0\0\0\0\4\0\14\x13\x88"sv),
      seed(Wire::numeric, TypeKind::bigint, "\0\1\0\5\x40\0\0\0\0\1"sv),
      seed(Wire::timestamp, TypeKind::datetime, "\0\2\xD0\0\0\0\0\0"sv),
      seed(Wire::date, TypeKind::date, "\0\0\x20\0"sv),
      seed(Wire::time, TypeKind::time, "\0\0\0\1\0\0\0\0"sv),
      seed(Wire::uuid, TypeKind::uuid, "0123456789abcdef"sv),
      seed(Wire::jsonb, TypeKind::json, "\1{\"a\": 1}"sv),
      seed(Wire::int4, TypeKind::integer, "2147483647"sv, true),
      seed(Wire::numeric, TypeKind::decimal, "-12.50"sv, true),
      seed(Wire::timestamp, TypeKind::datetime, "2024-02-29 13:45:07.123456+05:30"sv, true),
      seed(Wire::bytea, TypeKind::binary, "\\x00ff"sv, true),
  };
}

void run(std::string_view text) {
  if (text.size() < 2) return;
  const unsigned first = static_cast<unsigned char>(text[0]);
  const auto wire = static_cast<Wire>(first % 128 % wires);
  driver::ResultColumn column{{}, "Model.field"};
  column.type.kind = static_cast<TypeKind>(static_cast<unsigned char>(text[1]) % kinds);
  column.type.precision = 12;
  column.type.scale = 4;
  const std::string value(text.substr(2));  // with a zero behind it, as libpq gives it
  try {
    const auto decoder = postgres::choose_decoder(wire, first >= 128, column);
    if (!decoder) return;
    graph::Arena arena;
    Cell cell = Cell::of_null();
    postgres::decode(*decoder, value.data(), value.size(), cell, arena);
    round_trip(wire, cell, column);
  } catch (const DataError&) {
  }
}

}  // namespace dorm::fuzz
