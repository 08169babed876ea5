// sqlite/calendar.hpp: dates and times in the fixed width they have in SQLite, read and written without a branch per
// digit.
//
// Pure functions, thread-safe. Years 1 to 9999.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace dorm::sqlite {

constexpr int date_size = 10;      // YYYY-MM-DD
constexpr int time_size = 15;      // HH:MM:SS.ffffff
constexpr int datetime_size = 26;  // YYYY-MM-DD HH:MM:SS.ffffff

namespace detail {

// Eight characters as a number, the first in its lowest byte.
inline std::uint64_t load(const void* text) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, text, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}
// Eight characters against a pattern of '0' for any digit and of separators: digits become 0 to 9, separators 0.
inline std::uint64_t digits_of(const unsigned char* text, const char* pattern) noexcept {
  return load(text) ^ load(pattern);
}
// Not 0 if a byte is above 9, or a separator is not 0.
inline std::uint64_t mistakes(std::uint64_t digits, const char* pattern) noexcept {
  const std::uint64_t separators =
      ((load(pattern) ^ 0x3030303030303030ULL) + 0x7F7F7F7F7F7F7F7FULL) & 0x8080808080808080ULL;
  const std::uint64_t all_bits = (separators >> 7U) * 0xFFU;
  return (((digits + 0x7676767676767676ULL) | digits) & 0x8080808080808080ULL) | (digits & all_bits);
}
// Each byte becomes itself times ten plus its right neighbour.
inline std::uint64_t pairs(std::uint64_t digits) noexcept { return digits * 10 + (digits >> 8U); }
inline unsigned byte(std::uint64_t word, unsigned index) noexcept {
  return static_cast<unsigned>(word >> (8 * index)) & 0xFFU;
}

inline bool is_day(unsigned year, unsigned month, unsigned day) noexcept {
  constexpr unsigned char lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month - 1 > 11 || day == 0 || year == 0) return false;
  if (day <= lengths[month - 1]) return true;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && day == 29 && leap;
}
// Days since 1970-01-01. The year starts in March, so the leap day is its last.
inline std::int64_t days_of(unsigned year, unsigned month, unsigned day) noexcept {
  const unsigned shifted_year = year - (month <= 2 ? 1U : 0U);
  const unsigned shifted_month = month + (month <= 2 ? 9U : 0U) - (month <= 2 ? 0U : 3U);
  const unsigned century = shifted_year / 100;
  const unsigned days =
      shifted_year * 365 + shifted_year / 4 - century + century / 4 + (shifted_month * 153 + 2) / 5 + day;
  return static_cast<std::int64_t>(days) - 719'469;
}

}  // namespace detail

// `text` has datetime_size characters.
inline bool parse_datetime(const unsigned char* text, std::int64_t& microseconds) noexcept {
  using namespace detail;
  const std::uint64_t a = digits_of(text, "0000-00-");
  const std::uint64_t b = digits_of(text + 8, "00 00:00");
  const std::uint64_t c = digits_of(text + 16, ":00.0000");
  const std::uint64_t d = digits_of(text + 18, "0.000000");
  if ((mistakes(a, "0000-00-") | mistakes(b, "00 00:00") | mistakes(c, ":00.0000") | mistakes(d, "0.000000")) != 0)
    return false;
  const std::uint64_t date = pairs(a);
  const std::uint64_t clock = pairs(b);
  const std::uint64_t fraction = pairs(d);
  const unsigned year = byte(date, 0) * 100 + byte(date, 2);
  const unsigned month = byte(date, 5);
  const unsigned day = byte(clock, 0);
  const unsigned hour = byte(clock, 3);
  const unsigned minute = byte(clock, 6);
  const unsigned second = byte(pairs(c), 1);
  if (!is_day(year, month, day) || hour > 23 || minute > 59 || second > 59) return false;
  const std::int64_t seconds = days_of(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second;
  microseconds = seconds * 1'000'000 + byte(fraction, 2) * 10'000 + byte(fraction, 4) * 100 + byte(fraction, 6);
  return true;
}

// `text` has date_size characters.
bool parse_date(const unsigned char* text, std::int64_t& days) noexcept;
// `text` has time_size characters.
bool parse_time(const unsigned char* text, std::int64_t& microseconds) noexcept;

// Write exactly the sizes above; false if the value is outside the years 1 to 9999, or not within a day.
bool format_date(std::int64_t days, char* text) noexcept;
bool format_time(std::int64_t microseconds, char* text) noexcept;
bool format_datetime(std::int64_t microseconds, char* text) noexcept;

}  // namespace dorm::sqlite
