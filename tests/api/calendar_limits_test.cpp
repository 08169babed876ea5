// Days and times that one backend keeps and the other does not are refused on both.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CalendarLimits : public Api {
 protected:
  Database db = open(R"({"dorm": 1, "models": {"Meeting": {"fields": {
    "day": {"type": "date", "nullable": true}, "clock": {"type": "time", "nullable": true},
    "at": {"type": "datetime", "nullable": true},
    "wall": {"type": "datetime", "timezone": false, "nullable": true}}}}})");
  Model meeting = db["Meeting"];

  static constexpr std::int64_t day = 86'400'000'000;
  const std::int32_t first = Date::parse("0001-01-01").days, last = Date::parse("9999-12-31").days;
  const Values days{Date{first - 1}, Date{last + 1}, Date{-800'000}};
  const Values moments{DateTime{first * day - 1}, DateTime{(last + 1) * day}};
  const Values times{Time{-1}, Time{day}};
};
DORM_API_TESTS(CalendarLimits);

TEST_P(CalendarLimits, TheFirstAndTheLastAreKept) {
  const Row made = meeting.create({{"day", Date{first}}, {"clock", Time{0}}, {"at", DateTime{first * day}}});
  meeting.create({{"day", Date{last}}, {"clock", Time{day - 1}}, {"at", DateTime{(last + 1) * day - 1}}});
  const Rows kept = meeting.select().order_by(meeting["id"]).all();
  EXPECT_EQ(kept[0]["day"].to_text(), "0001-01-01");
  EXPECT_EQ(kept[0]["at"].to_text(), "0001-01-01 00:00:00.000000");
  EXPECT_EQ(kept[1]["day"].to_text(), "9999-12-31");
  EXPECT_EQ(kept[1]["clock"].to_text(), "23:59:59.999999");
  EXPECT_EQ(kept[1]["at"].to_text(), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(meeting.select().where(meeting["at"] >= DateTime{first * day}).count(), 2);
}

TEST_P(CalendarLimits, WhatLiesBeyondIsNeitherStoredNorAskedFor) {
  const QueryCount count(db);
  const auto refused = [&](const char* field, const Value& value, const char* why) {
    EXPECT_THAT(
        [&] {
          meeting.create({{field, value}});
        },
        ThrowsMessage<DataError>(HasSubstr(std::string("Meeting.") + field + why)));
    EXPECT_THROW(meeting.insert({{field, value}}), DataError);
    EXPECT_THROW(meeting.select().where(meeting["id"] == 1).update({{field, value}}), DataError);
    EXPECT_THROW(static_cast<void>(meeting[field] == value), DataError);
    EXPECT_THROW(static_cast<void>(meeting[field].in(Values{value})), DataError);
    EXPECT_THROW(static_cast<void>(meeting.objects().filter(std::string(field) + "__lt", value)), DataError);
    EXPECT_THROW(static_cast<void>(Expr(value)), DataError);
  };
  for (const Value& value : days) refused("day", value, ": the year must be within 1 and 9999");
  for (const Value& value : moments) {
    refused("at", value, ": the year must be within 1 and 9999");
    refused("wall", value, ": the year must be within 1 and 9999");
  }
  for (const Value& value : times) refused("clock", value, ": a time is less than a day");
  // A day beside a datetime is its start.
  EXPECT_THROW(static_cast<void>(meeting["at"] > Date{last + 1}), DataError);
  const Query asked = meeting.select().where(meeting["day"] == param("day"));
  EXPECT_THROW(static_cast<void>(asked.bind({{"day", Date{last + 1}}})), DataError);
  EXPECT_EQ(count.count(), 0U);
}

}  // namespace
}  // namespace dorm::test
