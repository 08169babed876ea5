#include "sqlite/calendar.hpp"

#include <chrono>

#include "core/calendar.hpp"

namespace dorm::sqlite {
namespace {

void write_two(char* text, unsigned value) noexcept {
  text[0] = static_cast<char>('0' + value / 10);
  text[1] = static_cast<char>('0' + value % 10);
}

bool read_two(const unsigned char* text, unsigned& value) noexcept {
  const unsigned tens = text[0] - unsigned{'0'};
  const unsigned ones = text[1] - unsigned{'0'};
  value = tens * 10 + ones;
  return tens <= 9 && ones <= 9;
}

}  // namespace

bool parse_date(const unsigned char* text, std::int64_t& days) noexcept {
  unsigned century = 0;
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (!read_two(text, century) || !read_two(text + 2, year) || text[4] != '-' || !read_two(text + 5, month) ||
      text[7] != '-' || !read_two(text + 8, day)) {
    return false;
  }
  year += century * 100;
  if (!detail::is_day(year, month, day)) return false;
  days = detail::days_of(year, month, day);
  return true;
}

bool parse_time(const unsigned char* text, std::int64_t& microseconds) noexcept {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned fraction[3] = {};
  if (!read_two(text, hour) || text[2] != ':' || !read_two(text + 3, minute) || text[5] != ':' ||
      !read_two(text + 6, second) || text[8] != '.' || !read_two(text + 9, fraction[0]) ||
      !read_two(text + 11, fraction[1]) || !read_two(text + 13, fraction[2])) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  const unsigned seconds = (hour * 60 + minute) * 60 + second;
  microseconds = std::int64_t{seconds} * 1'000'000 + (fraction[0] * 10'000U + fraction[1] * 100U + fraction[2]);
  return true;
}

bool format_date(std::int64_t days, char* text) noexcept {
  if (days < first_day || days > last_day) return false;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  write_two(text, year / 100);
  write_two(text + 2, year % 100);
  text[4] = '-';
  write_two(text + 5, static_cast<unsigned>(date.month()));
  text[7] = '-';
  write_two(text + 8, static_cast<unsigned>(date.day()));
  return true;
}

bool format_time(std::int64_t microseconds, char* text) noexcept {
  if (microseconds < 0 || microseconds >= microseconds_per_day) return false;
  const auto seconds = static_cast<unsigned>(microseconds / 1'000'000);
  const auto fraction = static_cast<unsigned>(microseconds % 1'000'000);
  write_two(text, seconds / 3600);
  text[2] = ':';
  write_two(text + 3, seconds / 60 % 60);
  text[5] = ':';
  write_two(text + 6, seconds % 60);
  text[8] = '.';
  write_two(text + 9, fraction / 10'000);
  write_two(text + 11, fraction / 100 % 100);
  write_two(text + 13, fraction % 100);
  return true;
}

bool format_datetime(std::int64_t microseconds, char* text) noexcept {
  const std::int64_t time = (microseconds % microseconds_per_day + microseconds_per_day) % microseconds_per_day;
  if (!format_date((microseconds - time) / microseconds_per_day, text)) return false;
  text[date_size] = ' ';
  return format_time(time, text + date_size + 1);
}

}  // namespace dorm::sqlite
