#include "core/calendar.hpp"

#include <chrono>
#include <string>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = microseconds_per_day;

// Reads the fixed grammar from the front of a text; every step says whether it could.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t count, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  // Digits after a decimal point as microseconds; further digits must be zeros.
  bool fraction(std::int64_t& microseconds) {
    std::int64_t unit = second / 10;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      if (unit == 0 && rest_[count] != '0') return false;
      microseconds += unit * (rest_[count] - '0');
      unit /= 10;
    }
    rest_.remove_prefix(count);
    return count != 0;
  }

  bool date(Date& date) {
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    if (!digits(4, year) || !accept('-') || !digits(2, month) || !accept('-') || !digits(2, day_of_month)) return false;
    const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                          std::chrono::day(static_cast<unsigned>(day_of_month))};
    if (!ymd.ok() || year < 1) return false;
    date.days = static_cast<std::int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count());
    return true;
  }
  bool time(std::int64_t& microseconds) {
    int hour = 0;
    int minute = 0;
    int seconds = 0;
    std::int64_t rest = 0;
    if (!digits(2, hour) || !accept(':') || !digits(2, minute)) return false;
    if (accept(':')) {
      if (!digits(2, seconds)) return false;
      if (accept('.') && !fraction(rest)) return false;
    }
    if (hour > 23 || minute > 59 || seconds > 59) return false;
    microseconds = ((hour * 60 + minute) * 60 + seconds) * second + rest;
    return true;
  }
  // "Z" or ±hh[[:]mm], as what has to be subtracted to reach UTC.
  bool zone(std::int64_t& offset) {
    if (accept('Z') || accept('z')) return true;
    const bool west = !rest_.empty() && rest_.front() == '-';
    if (!accept('-') && !accept('+')) return false;
    int hour = 0;
    int minute = 0;
    if (!digits(2, hour)) return false;
    if (!done()) {
      accept(':');
      if (!digits(2, minute)) return false;
    }
    if (hour > 23 || minute > 59) return false;
    offset = (hour * 60 + minute) * 60 * second * (west ? -1 : 1);
    return true;
  }

 private:
  std::string_view rest_;
};

void append_number(std::string& text, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value < 0 ? -value : value);
  if (value < 0) text += '-';
  if (digits.size() < width) text.append(width - digits.size(), '0');
  text += digits;
}

std::int64_t floor_days(std::int64_t microseconds) { return microseconds / day - (microseconds % day < 0 ? 1 : 0); }

}  // namespace

Date Date::parse(std::string_view text) {
  Scanner scanner(text);
  Date date;
  if (!scanner.date(date) || !scanner.done()) {
    throw DataError(quote(text) + " is not a date; write it as YYYY-MM-DD, from 0001-01-01 to 9999-12-31");
  }
  return date;
}

Date Date::of(int year, unsigned month, unsigned day_of_month) {
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(month),
                                        std::chrono::day(day_of_month)};
  if (!ymd.ok() || year < 1 || year > 9999) {
    throw DataError("there is no day " + std::to_string(year) + "-" + std::to_string(month) + "-" +
                    std::to_string(day_of_month));
  }
  return Date{static_cast<std::int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count())};
}

Date Date::today() { return Date{static_cast<std::int32_t>(floor_days(DateTime::now().microseconds))}; }

std::string Date::text() const {
  const std::chrono::year_month_day ymd{std::chrono::sys_days(std::chrono::days(days))};
  std::string result;
  append_number(result, static_cast<int>(ymd.year()), 4);
  result += '-';
  append_number(result, static_cast<unsigned>(ymd.month()), 2);
  result += '-';
  append_number(result, static_cast<unsigned>(ymd.day()), 2);
  return result;
}

Time Time::parse(std::string_view text) {
  Scanner scanner(text);
  Time time;
  if (!scanner.time(time.microseconds) || !scanner.done()) {
    throw DataError(quote(text) + " is not a time of day; write it as HH:MM:SS with at most six decimals");
  }
  return time;
}

std::string Time::text() const {
  const std::int64_t seconds = microseconds / second;
  std::string result;
  append_number(result, seconds / 3600, 2);
  result += ':';
  append_number(result, seconds / 60 % 60, 2);
  result += ':';
  append_number(result, seconds % 60, 2);
  result += '.';
  append_number(result, microseconds % second, 6);
  return result;
}

DateTime DateTime::parse(std::string_view text) {
  Scanner scanner(text);
  Date date;
  std::int64_t time = 0;
  std::int64_t offset = 0;
  bool valid = scanner.date(date);
  if (valid && !scanner.done()) {
    valid = (scanner.accept('T') || scanner.accept('t') || scanner.accept(' ')) && scanner.time(time) &&
            (scanner.done() || (scanner.zone(offset) && scanner.done()));
  }
  const DateTime result{date.days * day + time - offset};
  if (!valid || !in_calendar(result)) {
    throw DataError(quote(text) + " is not a date and time; write it as YYYY-MM-DD HH:MM:SS with at most six decimals");
  }
  return result;
}

DateTime DateTime::now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return DateTime{std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

std::string DateTime::text() const {
  const std::int64_t days = floor_days(microseconds);
  return Date{static_cast<std::int32_t>(days)}.text() + " " + Time{microseconds - days * day}.text();
}

void require_in_calendar(const Value& value, std::string_view label) {
  constexpr const char* no_year = ": the year must be within 1 and 9999";
  switch (value.kind()) {
    case ValueKind::date:
      if (!in_calendar(value.date())) throw DataError(std::string(label) + no_year);
      break;
    case ValueKind::datetime:
      if (!in_calendar(value.datetime())) throw DataError(std::string(label) + no_year);
      break;
    case ValueKind::time:
      if (!in_calendar(value.time())) throw DataError(std::string(label) + ": a time is less than a day");
      break;
    case ValueKind::list:
      for (const Value& item : value.list()) require_in_calendar(item, label);
      break;
    default:
      break;
  }
}

}  // namespace dorm
