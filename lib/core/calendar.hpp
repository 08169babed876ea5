// core/calendar.hpp: the days and times that every backend keeps: the years 1 to 9999, and less than a day.
//
// Pure functions, thread-safe. SQLite's texts reach no further; PostgreSQL would store more, but not give it to a
// program that reads it on the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "dorm/value.hpp"

namespace dorm {

inline constexpr std::int64_t first_day = -719'162;  // 0001-01-01
inline constexpr std::int64_t last_day = 2'932'896;  // 9999-12-31
inline constexpr std::int64_t microseconds_per_day = 86'400'000'000;

inline bool in_calendar(Date date) noexcept { return date.days >= first_day && date.days <= last_day; }
inline bool in_calendar(Time time) noexcept {
  return time.microseconds >= 0 && time.microseconds < microseconds_per_day;
}
inline bool in_calendar(DateTime time) noexcept {
  return time.microseconds >= first_day * microseconds_per_day &&
         time.microseconds < (last_day + 1) * microseconds_per_day;
}

// Throws DataError that names `label` for a date, time or datetime beyond that, the items of a list included; all other
// values pass.
void require_in_calendar(const Value& value, std::string_view label);

}  // namespace dorm
