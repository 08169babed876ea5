// Every type comes back as it was written, and is found by its value.
#include <algorithm>
#include <cmath>
#include <limits>

#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct RoundTrip {
  std::string name;
  Type type;
  std::vector<Argument> values;
};

Argument uuid(std::string_view text) {
  const Uuid parsed = Uuid::parse(text);
  return {CellTag::uuid, std::string(reinterpret_cast<const char*>(parsed.bytes.data()), parsed.bytes.size())};
}
Argument boolean(bool value) { return Cell::of_boolean(value); }
Argument decimal(std::string_view text) {
  const Decimal parsed = Decimal::parse(text);
  if (parsed.fits()) return Cell::of_decimal(parsed.unscaled(), parsed.scale());
  return {CellTag::decimal_text, parsed.text()};
}
Argument date(std::string_view text) { return Cell::of_count(CellTag::date, Date::parse(text).days); }
Argument time_of_day(std::string_view text) { return Cell::of_count(CellTag::time, Time::parse(text).microseconds); }
Argument datetime(std::string_view text) {
  return Cell::of_count(CellTag::datetime, DateTime::parse(text).microseconds);
}
Argument blob(std::string bytes) { return {CellTag::blob, std::move(bytes)}; }
Argument json(std::string text) { return {CellTag::json, std::move(text)}; }

Type wall_clock() {
  Type type = type_of(TypeKind::datetime);
  type.timezone = false;
  return type;
}

const std::vector<RoundTrip>& round_trips() {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  static const std::vector<RoundTrip> all{
      {"boolean", type_of(TypeKind::boolean), {boolean(true), boolean(false)}},
      {"smallint", type_of(TypeKind::smallint), {0, 32767, -32768}},
      {"integer", type_of(TypeKind::integer), {0, 2147483647, -2147483647 - 1}},
      {"bigint",
       type_of(TypeKind::bigint),
       {0, -1, largest, smallest, largest - 1, std::int64_t{1} << 53U, (std::int64_t{1} << 53U) + 1}},
      {"real", type_of(TypeKind::real), {0.0, 1.5, -0.25, 16777216.0}},
      {"double",
       type_of(TypeKind::double_precision),
       {0.0, 0.1, -1.0 / 3.0, 1e308, 5e-324, std::numeric_limits<double>::max(), 9007199254740993.0, 1e22}},
      {"decimal of 18 digits",
       decimal_of(18, 4),
       {decimal("0.0000"), decimal("12.5000"), decimal("-0.0001"), decimal("99999999999999.9999"),
        decimal("-99999999999999.9999")}},
      {"decimal, all behind the point",
       decimal_of(18, 18),
       {decimal("0.000000000000000001"), decimal("-0.999999999999999999")}},
      {"decimal without point", decimal_of(9, 0), {decimal("0"), decimal("-7"), decimal("999999999")}},
      {"decimal of 40 digits",
       decimal_of(40, 10),
       {decimal("0.0000000000"), decimal("-1.5000000000"), decimal("123456789012345678901234567890.0123456789"),
        decimal("-999999999999999999999999999999.9999999999")}},
      {"string",
       type_of(TypeKind::string),
       {"", "huey", "O'Brien \"x\" \\ % _", "\xC5\xBC\xC3\xB3\xC5\x82w \xF0\x9F\x90\xB1", " "}},
      {"text", type_of(TypeKind::text), {"", "line\nline\r\n\ttab", std::string(100'000, 'x'), "1"}},
      {"enum", type_of(TypeKind::enumeration), {"public", "a b"}},
      {"binary",
       type_of(TypeKind::binary),
       {blob(""), blob(std::string("\0\1\0", 3)), blob("\xFF\xFE"), blob(std::string(70'000, '\0'))}},
      {"uuid",
       type_of(TypeKind::uuid),
       {uuid("00000000-0000-0000-0000-000000000000"), uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        uuid("ffffffff-ffff-ffff-ffff-ffffffffffff")}},
      {"date",
       type_of(TypeKind::date),
       {date("1970-01-01"), date("1969-12-31"), date("2000-02-29"), date("0001-01-01"), date("9999-12-31"),
        date("1900-02-28")}},
      {"time",
       type_of(TypeKind::time),
       {time_of_day("00:00:00"), time_of_day("23:59:59.999999"), time_of_day("13:45:07.000001")}},
      {"datetime",
       type_of(TypeKind::datetime),
       {datetime("1970-01-01 00:00:00"), datetime("1969-12-31 23:59:59.999999"), datetime("2026-11-21 12:34:56.000001"),
        datetime("2024-02-29 23:59:59.999999"), datetime("0001-01-01 00:00:00"),
        datetime("9999-12-31 23:59:59.999999")}},
      {"datetime with zone",
       type_of(TypeKind::datetime),
       {datetime("2026-03-29T02:30:00+01:00"), datetime("2026-10-25T02:30:00.5-07:30")}},
      {"datetime without zone",
       wall_clock(),
       {datetime("2026-03-29 02:30:00"), datetime("1001-01-01 10:20:30.405060")}},
      {"json",
       type_of(TypeKind::json),
       {json("{}"), json("[1, \"\xC3\xA9\", null]"), json("\"text\""), json("12.5"), json("null")}},
  };
  return all;
}

bool is_comparable(const Type& type) { return type.kind != TypeKind::json; }

class DriverTypes : public DriverTest {};

TEST_P(DriverTypes, ComeBackAsTheyWereWritten) {
  int table = 0;
  for (const RoundTrip& trip : round_trips()) {
    SCOPED_TRACE(trip.name);
    const std::string name = "kept" + std::to_string(++table);
    script("CREATE TABLE " + name + " (id integer PRIMARY KEY, v " + spelling().column_type(trip.type) + ")");
    int id = 0;
    for (const Argument& value : trip.values)
      run("INSERT INTO " + name + " (id, v) VALUES (?, ?)", {{type_of(TypeKind::integer), ++id}, {trip.type, value}});
    run("INSERT INTO " + name + " (id, v) VALUES (?, ?)", {{type_of(TypeKind::integer), 0}, {trip.type, nullptr}});
    const Rows rows = query("SELECT v FROM " + name + " ORDER BY id", std::vector<Type>{trip.type});
    ASSERT_EQ(rows.size(), trip.values.size() + 1);
    EXPECT_TRUE(rows.at(0, 0).is_null());
    for (std::uint32_t i = 0; i < trip.values.size(); ++i) {
      EXPECT_EQ(text_of(rows.at(i + 1, 0)), text_of(trip.values[i].cell()));
      EXPECT_TRUE(graph::same_cell(rows.at(i + 1, 0), trip.values[i].cell())) << text_of(trip.values[i].cell());
    }
  }
}

TEST_P(DriverTypes, AreFoundByTheirValue) {
  int table = 0;
  for (const RoundTrip& trip : round_trips()) {
    if (!is_comparable(trip.type)) continue;
    SCOPED_TRACE(trip.name);
    const std::string name = "found" + std::to_string(++table);
    script("CREATE TABLE " + name + " (id integer PRIMARY KEY, v " + spelling().column_type(trip.type) + ")");
    int id = 0;
    for (const Argument& value : trip.values)
      run("INSERT INTO " + name + " (id, v) VALUES (?, ?)", {{type_of(TypeKind::integer), ++id}, {trip.type, value}});
    for (int i = 0; i < id; ++i)
      EXPECT_EQ(
          number("SELECT id FROM " + name + " WHERE v = ?", {{trip.type, trip.values[static_cast<std::size_t>(i)]}}),
          i + 1);
    // Blobs are given one by one: an array of them is not promised.
    if (trip.type.kind == TypeKind::binary) continue;
    const Parameters list{{trip.type, Argument(trip.values), true}};
    EXPECT_EQ(number("SELECT count(*) FROM " + name + " WHERE v" + std::string(spelling().in_array), list), id);
    const Parameters one{{trip.type, Argument(std::vector<Argument>{trip.values.back()}), true}};
    EXPECT_EQ(number("SELECT count(*) FROM " + name + " WHERE v" + std::string(spelling().in_array), one), 1);
  }
}

TEST_P(DriverTypes, EmptyTextIsNotNull) {
  script("CREATE TABLE words (id integer PRIMARY KEY, word text)");
  run("INSERT INTO words (id, word) VALUES (1, ?), (2, ?)",
      {{type_of(TypeKind::text), ""}, {type_of(TypeKind::text), nullptr}});
  EXPECT_EQ(query("SELECT id FROM words WHERE word IS NULL", {TypeKind::integer}).text(), "2");
  EXPECT_EQ(query("SELECT word FROM words ORDER BY id", {TypeKind::text}).text(), "\nnull");
}

TEST_P(DriverTypes, AnArrayMayBeEmptyOrHoldNull) {
  script("CREATE TABLE numbers (n bigint)");
  run("INSERT INTO numbers (n) VALUES (1), (2), (3)");
  const auto count = [&](std::vector<Argument> list) {
    return number("SELECT count(*) FROM numbers WHERE n" + std::string(spelling().in_array),
                  {{type_of(TypeKind::bigint), Argument(std::move(list)), true}});
  };
  EXPECT_EQ(count({}), 0);
  EXPECT_EQ(count({2, nullptr, 3, 3}), 2);
}

TEST_P(DriverTypes, AnArrayOfTextKeepsEveryCharacter) {
  script("CREATE TABLE words (word text)");
  const std::vector<Argument> words{"", "a,b", "{}", "\"", "\\", "'", "NULL", "\n\t\x01", "\xF0\x9F\x90\xB1", " x "};
  for (const Argument& word : words) run("INSERT INTO words (word) VALUES (?)", {{type_of(TypeKind::text), word}});
  EXPECT_EQ(number("SELECT count(*) FROM words WHERE word" + std::string(spelling().in_array),
                   {{type_of(TypeKind::text), Argument(words), true}}),
            static_cast<std::int64_t>(words.size()));
}

TEST_P(DriverTypes, AnArrayMayHoldAHundredThousandKeys) {
  std::vector<Argument> keys;
  for (int i = 0; i < 100'000; ++i) keys.emplace_back(i);
  script("CREATE TABLE numbers (n bigint PRIMARY KEY)");
  run("INSERT INTO numbers (n) VALUES (-1), (0), (99999), (100000)");
  EXPECT_EQ(number("SELECT count(*) FROM numbers WHERE n" + std::string(spelling().in_array),
                   {{type_of(TypeKind::bigint), Argument(std::move(keys)), true}}),
            2);
}

TEST_P(DriverTypes, DecimalsTakeTheScaleOfTheirParameter) {
  script("CREATE TABLE prices (price " + spelling().column_type(decimal_of(10, 2)) + ")");
  const auto insert = [&](Argument value) {
    run("INSERT INTO prices (price) VALUES (?)", {{decimal_of(10, 2), std::move(value)}});
  };
  insert(decimal("1.5"));
  insert(decimal("1.5000"));
  insert(7);
  EXPECT_EQ(query("SELECT price FROM prices", std::vector<Type>{decimal_of(10, 2)}).text(), "1.50\n1.50\n7.00");
}

TEST_P(DriverTypes, UnknownTypesAreTakenAsTheyArrive) {
  const Rows rows = query("SELECT 7, 'text', NULL", {TypeKind::unknown, TypeKind::unknown, TypeKind::unknown});
  EXPECT_EQ(rows.text(), "7|text|null");
}

TEST_P(DriverTypes, WhatCannotBeStoredIsRefusedBeforeItIsSent) {
  script("CREATE TABLE refused (t text, d double precision, j text)");
  const auto insert_text = [&](std::string text) {
    return thrown<DataError>([&] {
      run("INSERT INTO refused (t) VALUES (?)", {{type_of(TypeKind::text), std::move(text)}});
    });
  };
  EXPECT_THAT(insert_text(std::string("secret\0value", 12)).what(), Not(HasSubstr("secret")));
  EXPECT_THAT(insert_text("secret\xFF").what(), Not(HasSubstr("secret")));
  EXPECT_THAT(insert_text("secret\xC0\xAF").what(), HasSubstr("parameter 1"));
  EXPECT_THAT(insert_text("secret\xED\xA0\x80").what(), Not(HasSubstr("secret")));
  for (const double value :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    thrown<DataError>([&] {
      run("INSERT INTO refused (d) VALUES (?)", {{type_of(TypeKind::double_precision), value}});
    });
  const Parameters list{{type_of(TypeKind::text), Argument(std::vector<Argument>{std::string("a\0b", 3)}), true}};
  thrown<DataError>([&] { number("SELECT count(*) FROM refused WHERE t" + std::string(spelling().in_array), list); });
  EXPECT_EQ(number("SELECT count(*) FROM refused"), 0);
  EXPECT_TRUE(connection().usable());
}

TEST_P(DriverTypes, ARefusedParameterIsCalledByItsLabel) {
  driver::Statement text = statement("SELECT ?", {{type_of(TypeKind::text), "x"}}, {TypeKind::text});
  text.parameters[0].label = "User.username";
  const Cell bad = Cell::of_bytes(CellTag::text, "\xFF");
  EXPECT_THAT(thrown<DataError>([&] {
                connection().execute(text, {&bad, 1}, nullptr, std::nullopt);
              }).what(),
              HasSubstr("User.username"));
}

TEST_P(DriverTypes, AResultThatDoesNotFitItsTypeNamesTheColumn) {
  const DataError error = thrown<DataError>([&] { query("SELECT 'secret'", {TypeKind::bigint}); });
  EXPECT_THAT(error.what(), HasSubstr("Thing.column0"));
  EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  EXPECT_EQ(number("SELECT 1"), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverTypes, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
