#include "dorm/value.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <set>

#include "dorm/error.hpp"
#include "dorm/type.hpp"

namespace dorm {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Value, KnowsItsKindAndReadsStrictly) {
  EXPECT_EQ(Value().kind(), ValueKind::null);
  EXPECT_EQ(Value(true).kind(), ValueKind::boolean);
  EXPECT_EQ(Value(7).integer(), 7);
  EXPECT_EQ(Value("huey").text(), "huey");
  EXPECT_THAT([] { (void)Value("7").integer(); },
              ThrowsMessage<DataError>(HasSubstr("the value is a text, not an integer")));
  EXPECT_THAT([] { (void)Value(nullptr).text(); },
              ThrowsMessage<DataError>(HasSubstr("the value is null, not a text")));
}

TEST(Value, RefusesAnUnsignedNumberThatWouldWrap) {
  EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max() / 2).integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_THROW((void)Value{std::numeric_limits<std::uint64_t>::max()}, DataError);
}

TEST(Value, NumbersOfDifferentKindsAreDifferent) {
  EXPECT_EQ(Value(1), Value(std::int16_t{1}));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_EQ(Value(Decimal::parse("1.50")), Value(Decimal::parse("1.5")));
}

TEST(Value, TextIsWhatAPersonWouldRead) {
  EXPECT_EQ(Value().to_text(), "null");
  EXPECT_EQ(Value(false).to_text(), "false");
  EXPECT_EQ(Value(-3).to_text(), "-3");
  EXPECT_EQ(Value(3.0).to_text(), "3.0");
  EXPECT_EQ(Value(0.1).to_text(), "0.1");
  EXPECT_EQ(Value(1e300).to_text(), "1e+300");
  EXPECT_EQ(Value(Blob{std::string("\0\xff", 2)}).to_text(), "00ff");
  EXPECT_EQ(Value(Values{1, "a", nullptr}).to_text(), "[1, a, null]");
}

struct DecimalCase {
  const char* text;
  const char* canonical;
  std::uint16_t scale;
  bool fits;
};
class DecimalText : public testing::TestWithParam<DecimalCase> {};

TEST_P(DecimalText, KeepsItsDigits) {
  const Decimal number = Decimal::parse(GetParam().text);
  EXPECT_EQ(number.text(), GetParam().canonical);
  EXPECT_EQ(number.scale(), GetParam().scale);
  EXPECT_EQ(number.fits(), GetParam().fits);
  EXPECT_EQ(Decimal::parse(number.text()), number);
}
INSTANTIATE_TEST_SUITE_P(Decimals, DecimalText,
                         testing::Values(DecimalCase{"0", "0", 0, true}, DecimalCase{"-0.00", "0.00", 2, true},
                                         DecimalCase{"-12.50", "-12.50", 2, true},
                                         DecimalCase{"+007.5", "7.5", 1, true}, DecimalCase{"1e3", "1000", 0, true},
                                         DecimalCase{"1.5E-3", "0.0015", 4, true}, DecimalCase{".5", "0.5", 1, true},
                                         DecimalCase{"999999999999999999", "999999999999999999", 0, true},
                                         DecimalCase{"1000000000000000000", "1000000000000000000", 0, false},
                                         DecimalCase{"-1234567890123456789.01", "-1234567890123456789.01", 2, false}));

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"", "-", ".", "1.2.3", "1e", "0x10", "NaN", "1 ", " 1", "1e999999999999999999999", "1e200000"}) {
    EXPECT_THROW(Decimal::parse(text), DataError) << text;
  }
}

TEST(Decimal, OrderIsNumericWhateverTheScale) {
  EXPECT_LT(Decimal::parse("-2"), Decimal::parse("-1.99"));
  EXPECT_LT(Decimal::parse("9.9"), Decimal::parse("10"));
  EXPECT_LT(Decimal::parse("999999999999999999"), Decimal::parse("1000000000000000000.0"));
  EXPECT_EQ(Decimal::parse("0.0"), Decimal::parse("-0"));
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min(), 0), Decimal::parse("-9223372036854775808"));
}

TEST(Decimal, RescalingNeverLosesDigits) {
  EXPECT_EQ(Decimal::parse("1.5").rescaled(4).text(), "1.5000");
  EXPECT_EQ(Decimal::parse("1.5000").rescaled(1).text(), "1.5");
  EXPECT_EQ(Decimal::parse("0").rescaled(2).text(), "0.00");
  EXPECT_EQ(Decimal::parse("123456789012345678").rescaled(2).text(), "123456789012345678.00");
  EXPECT_THROW(Decimal::parse("1.55").rescaled(1), DataError);
  EXPECT_THROW(Decimal::parse("0.05").rescaled(1), DataError);
  EXPECT_DOUBLE_EQ(Decimal::parse("-2.25").approximate(), -2.25);
}

TEST(Date, TextAndDaysAgree) {
  EXPECT_EQ(Date::parse("1970-01-01").days, 0);
  EXPECT_EQ(Date::parse("0001-01-01").text(), "0001-01-01");
  EXPECT_EQ(Date::parse("9999-12-31").text(), "9999-12-31");
  EXPECT_EQ(Date::of(2024, 2, 29).text(), "2024-02-29");
  for (const char* text : {"2023-02-29", "0000-01-01", "10000-01-01", "2024-1-1", "2024-01-01 ", "-001-01-01", ""}) {
    EXPECT_THROW(Date::parse(text), DataError) << text;
  }
  EXPECT_THROW(Date::of(2023, 2, 29), DataError);
}

TEST(Time, AlwaysShowsSixDecimals) {
  EXPECT_EQ(Time::parse("13:45").text(), "13:45:00.000000");
  EXPECT_EQ(Time::parse("13:45:07.5").text(), "13:45:07.500000");
  EXPECT_EQ(Time::parse("13:45:07.123456000").text(), "13:45:07.123456");
  for (const char* text : {"24:00", "13:60", "13:45:60", "13", "13:45:07.", "13:45:07.1234567", "13:45Z"}) {
    EXPECT_THROW(Time::parse(text), DataError) << text;
  }
}

TEST(DateTime, OffsetsLeadToUtc) {
  EXPECT_EQ(DateTime::parse("2026-11-21T13:45:07Z").text(), "2026-11-21 13:45:07.000000");
  EXPECT_EQ(DateTime::parse("2026-11-21 13:45:07.25+02:00").text(), "2026-11-21 11:45:07.250000");
  EXPECT_EQ(DateTime::parse("2026-11-21 23:30-0130").text(), "2026-11-22 01:00:00.000000");
  EXPECT_EQ(DateTime::parse("2026-11-21").text(), "2026-11-21 00:00:00.000000");
  EXPECT_EQ(DateTime::parse("1969-12-31 23:59:59.999999").microseconds, -1);
  EXPECT_EQ(DateTime{-1}.text(), "1969-12-31 23:59:59.999999");
  for (const char* text : {"2026-11-21T", "2026-11-21 13", "2026-11-21 13:45+24:00", "9999-12-31 23:59-01:00", "now"}) {
    EXPECT_THROW(DateTime::parse(text), DataError) << text;
  }
}

TEST(Uuid, ReadsEveryFormAndWritesTheCanonicalOne) {
  const char* canonical = "0190a5d4-1f2e-7abc-8def-0123456789ab";
  for (const char* text : {canonical, "0190A5D4-1F2E-7ABC-8DEF-0123456789AB", "0190a5d41f2e7abc8def0123456789ab",
                           "{0190a5d4-1f2e-7abc-8def-0123456789ab}"}) {
    EXPECT_EQ(Uuid::parse(text).text(), canonical);
  }
  for (const char* text :
       {"", "0190a5d4", "0190a5d4-1f2e-7abc-8def-0123456789ag", "0190a5d4_1f2e-7abc-8def-0123456789ab"}) {
    EXPECT_THROW(Uuid::parse(text), DataError) << text;
  }
}

TEST(Uuid, NewOnesCarryTheirVersionAndVersion7Grows) {
  const std::string random = Uuid::random().text();
  EXPECT_EQ(random[14], '4');
  EXPECT_THAT(std::string("89ab"), HasSubstr(std::string(1, random[19])));
  Uuid last = Uuid::time_ordered();
  EXPECT_EQ(last.text()[14], '7');
  for (int i = 0; i < 10'000; ++i) {
    const Uuid next = Uuid::time_ordered();
    ASSERT_LT(last, next);
    last = next;
  }
}

Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

TEST(Type, IsNamedAsASchemaFileWouldSayIt) {
  EXPECT_EQ(to_string(type_of(TypeKind::bigint)), "bigint");
  Type price = type_of(TypeKind::decimal);
  price.precision = 12;
  price.scale = 4;
  EXPECT_EQ(to_string(price), "decimal(12,4)");
  Type name = type_of(TypeKind::string);
  name.max_length = 30;
  EXPECT_EQ(to_string(name), "string(30)");
  Type clock = type_of(TypeKind::datetime);
  clock.timezone = false;
  EXPECT_EQ(to_string(clock), "datetime without time zone");
}

}  // namespace
}  // namespace dorm
