#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "postgres/numeric.hpp"
#include "postgres/types.hpp"

namespace dorm::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Cell cell_of(const Decimal& decimal, std::string& text) {
  if (decimal.fits()) return Cell::of_decimal(decimal.unscaled(), decimal.scale());
  text = decimal.text();
  return Cell::of_bytes(CellTag::decimal_text, text);
}

std::string text_of(const Cell& cell) {
  return cell.tag == CellTag::decimal ? Decimal(cell.integer, cell.scale).text() : std::string(cell.view());
}

std::string through_the_wire(const std::string& number) {
  std::string text;
  std::string bytes;
  encode_numeric(cell_of(Decimal::parse(number), text), bytes);
  graph::Arena arena;
  return text_of(decode_numeric(bytes, arena));
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

TEST(PostgresNumeric, HasTheBytesTheServerSends) {
  // As `select numeric_send(…)` shows them.
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0000000000000000"},
      {"1", "00010000000000000001"},
      {"-1", "00010000400000000001"},
      {"0.00", "0000000000000002"},
      {"12345.678", "0003000100000003000109291a7c"},
      {"10000", "00010001000000000001"},
      {"0.0001", "0001ffff000000040001"},
      {"0.00001", "0001fffe0000000503e8"},
      {"-0.5", "0001ffff400000011388"},
      {"99999999999999999999",
       "000500040000000"
       "0270f270f270f270f270f"},
  };
  for (const auto& [number, bytes] : cases) {
    std::string text;
    std::string encoded;
    encode_numeric(cell_of(Decimal::parse(number), text), encoded);
    EXPECT_EQ(hexadecimal(encoded), bytes) << number;
  }
}

TEST(PostgresNumeric, ComesBackAsItWasSent) {
  for (const char* number :
       {"0", "0.0", "1", "-1", "9", "10", "9999", "10000", "0.1", "0.0001", "0.00001", "123456789012345678",
        "-123456789012345678", "1234567890123456789", "0.123456789012345678", "-0.1234567890123456789",
        "99999999999999999999999999999999.99", "0.00000000000000000000000000000001", "100000000000000000000"}) {
    EXPECT_EQ(through_the_wire(number), number);
  }
}

TEST(PostgresNumeric, ComesBackAsItWasSentForRandomNumbers) {
  std::mt19937 random(20261121);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same numbers in every run
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random()) % limit; };
  for (int i = 0; i < 5000; ++i) {
    std::string number = below(2) == 0 ? "-" : "";
    const unsigned before = below(40);
    number += before == 0 ? '0' : static_cast<char>('1' + below(9));
    for (unsigned d = 1; d < before; ++d) number += below(3) == 0 ? '0' : static_cast<char>('0' + below(10));
    if (const unsigned scale = below(40); scale != 0) {
      number += '.';
      for (unsigned d = 0; d < scale; ++d) number += below(2) == 0 ? '0' : static_cast<char>('0' + below(10));
    }
    // Parsed once, so that -0 is 0.
    const std::string canonical = Decimal::parse(number).text();
    ASSERT_EQ(through_the_wire(canonical), canonical);
  }
}

TEST(PostgresNumeric, SmallestIntegersAreExact) {
  std::string bytes;
  encode_numeric(Cell::of_integer(INT64_MIN), bytes);
  graph::Arena arena;
  EXPECT_EQ(text_of(decode_numeric(bytes, arena)), "-9223372036854775808");
}

TEST(PostgresNumeric, RefusesNaNAndInfinity) {
  graph::Arena arena;
  for (const char sign : {'\xC0', '\xD0', '\xF0'}) {
    const std::string bytes = {'\0', '\0', '\0', '\0', sign, '\0', '\0', '\0'};
    EXPECT_THROW(decode_numeric(bytes, arena), DataError);
  }
}

TEST(PostgresNumeric, SurvivesAnyBytes) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bytes in every run
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& c : bytes) c = random() % 2 == 0 ? '\0' : static_cast<char>(random());
    graph::Arena arena;
    try {
      decode_numeric(bytes, arena);
    } catch (const DataError&) {
      continue;
    }
  }
}

constexpr Wire all_wires[] = {Wire::boolean, Wire::int2,      Wire::int4, Wire::int8,  Wire::oid,  Wire::float4,
                              Wire::float8,  Wire::numeric,   Wire::text, Wire::bytea, Wire::uuid, Wire::date,
                              Wire::time,    Wire::timestamp, Wire::json, Wire::jsonb};

Decoder plain(Wire wire) { return *choose_decoder(wire, false, {Type{}, "Thing.value"}); }

TEST(PostgresDecode, SurvivesAnyBytesOfAnySize) {
  std::mt19937 random(11);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bytes in every run
  for (const Wire wire : all_wires) {
    static const std::string label = "Thing.value";
    Decoder decoder = plain(wire);
    decoder.label = &label;
    for (int i = 0; i < 2'000; ++i) {
      std::string bytes(random() % 20, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      graph::Arena arena;
      Cell cell = Cell::of_null();
      try {
        decode(decoder, bytes.data(), bytes.size(), cell, arena);
      } catch (const DataError& error) {
        EXPECT_THAT(error.what(), HasSubstr("'Thing.value'"));
      }
    }
  }
}

TEST(PostgresEncode, EveryValueComesBack) {
  const std::string bytes16 = "0123456789abcdef";
  const std::pair<Wire, Cell> cases[] = {
      {Wire::boolean, Cell::of_boolean(true)},
      {Wire::int2, Cell::of_integer(-32768)},
      {Wire::int4, Cell::of_integer(INT32_MIN)},
      {Wire::int8, Cell::of_integer(INT64_MIN)},
      {Wire::oid, Cell::of_integer(4294967295)},
      {Wire::float4, Cell::of_real(-0.5)},
      {Wire::float8, Cell::of_real(0x1p-1074)},
      {Wire::numeric, Cell::of_decimal(-1250, 2)},
      {Wire::text, Cell::of_bytes(CellTag::text, "käse")},
      {Wire::bytea, Cell::of_bytes(CellTag::blob, std::string_view("a\0b", 3))},
      {Wire::uuid, Cell::of_bytes(CellTag::uuid, bytes16)},
      {Wire::date, Cell::of_count(CellTag::date, -719'162)},
      {Wire::time, Cell::of_count(CellTag::time, 86'399'999'999)},
      {Wire::timestamp, Cell::of_count(CellTag::datetime, -62'135'596'800'000'000)},
      {Wire::json, Cell::of_bytes(CellTag::json, "{}")},
      {Wire::jsonb, Cell::of_bytes(CellTag::json, "[1]")},
  };
  for (const auto& [wire, cell] : cases) {
    std::string bytes;
    encode(wire, cell, bytes);
    graph::Arena arena;
    Cell back = Cell::of_null();
    decode(plain(wire), bytes.data(), bytes.size(), back, arena);
    ASSERT_EQ(back.tag, cell.tag);
    if ((back.tag >= CellTag::decimal_text && back.tag <= CellTag::uuid) || back.tag == CellTag::json) {
      EXPECT_EQ(back.view(), cell.view());
    } else {
      EXPECT_EQ(back.integer, cell.integer);
      EXPECT_EQ(back.scale, cell.scale);
    }
  }
}

struct Refusal {
  Wire wire;
  Cell cell;
  const char* message;
};

TEST(PostgresEncode, RefusesWhatDoesNotFitBeforeItIsSent) {
  const Refusal cases[] = {
      {Wire::int2, Cell::of_integer(32'768), "an integer is out of the range of smallint"},
      {Wire::int4, Cell::of_integer(INT64_C(1) << 31), "an integer is out of the range of integer"},
      {Wire::int4, Cell::of_bytes(CellTag::text, "1"), "a text does not fit the type integer"},
      {Wire::boolean, Cell::of_integer(1), "an integer does not fit the type boolean"},
      {Wire::float8,
       Cell::of_real(0.0 / std::numeric_limits<double>::infinity() - std::numeric_limits<double>::infinity()),
       "a real number must be finite"},
      {Wire::float4, Cell::of_real(1e300), "a number is out of the range of real"},
      {Wire::float8, Cell::of_integer(INT64_MAX), "an integer has no exact double precision"},
      {Wire::numeric, Cell::of_real(0.5), "a real number does not fit the type numeric"},
      {Wire::text, Cell::of_bytes(CellTag::text, std::string_view("a\0b", 3)),
       "a text contains a zero byte, which postgresql cannot store"},
      {Wire::text, Cell::of_bytes(CellTag::text, "\xC3("), "a text is not valid utf-8"},
      {Wire::timestamp, Cell::of_count(CellTag::datetime, INT64_MIN), "a datetime is out of the range of timestamp"},
      {Wire::date, Cell::of_count(CellTag::date, INT64_C(1) << 40), "a date is out of the range of date"},
  };
  for (const Refusal& c : cases) {
    std::string bytes;
    EXPECT_THAT([&] { encode(c.wire, c.cell, bytes); }, ThrowsMessage<DataError>(std::string(c.message)));
  }
}

}  // namespace
}  // namespace dorm::postgres
