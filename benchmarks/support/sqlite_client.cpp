#include "support/sqlite_client.hpp"

#include <stdexcept>

namespace dorm::bench {
namespace {

int number(const char* text, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

void put(char* text, int digits, int value) {
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Howard Hinnant's days_from_civil and civil_from_days.
std::int64_t days_of(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return std::int64_t{era} * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

}  // namespace

SqliteClient::SqliteClient(const std::string& file) {
  expect(sqlite3_open(file.c_str(), &database_), SQLITE_OK);
  execute("PRAGMA synchronous = full");
  execute("PRAGMA foreign_keys = on");
}

SqliteClient::Statement SqliteClient::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  expect(sqlite3_prepare_v3(database_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                            nullptr),
         SQLITE_OK);
  return Statement(statement);
}

void SqliteClient::execute(const char* sql) const {
  expect(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK);
}

void SqliteClient::expect(int code, int wanted) const {
  if (code != wanted) throw std::runtime_error(std::string("sqlite: ") + sqlite3_errmsg(database_));
}

std::int64_t parse_moment(const char* text) {
  const std::int64_t days = days_of(number(text, 4), number(text + 5, 2), number(text + 8, 2));
  const std::int64_t seconds =
      days * 86'400 + number(text + 11, 2) * 3600 + number(text + 14, 2) * 60 + number(text + 17, 2);
  return seconds * 1'000'000 + number(text + 20, 6);
}

void format_moment(std::int64_t microseconds, char* text) {
  const std::int64_t seconds = microseconds / 1'000'000;
  const auto shifted = static_cast<int>(seconds / 86'400) + 719'468;
  const auto second_of_day = static_cast<int>(seconds % 86'400);
  const int era = shifted / 146'097;
  const int day_of_era = shifted - era * 146'097;
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * day_of_year + 2) / 153;
  const int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  put(text, 4, year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  text[4] = text[7] = '-';
  put(text + 5, 2, month);
  put(text + 8, 2, day_of_year - (153 * shifted_month + 2) / 5 + 1);
  text[10] = ' ';
  text[13] = text[16] = ':';
  put(text + 11, 2, second_of_day / 3600);
  put(text + 14, 2, second_of_day / 60 % 60);
  put(text + 17, 2, second_of_day % 60);
  text[19] = '.';
  put(text + 20, 6, static_cast<int>(microseconds % 1'000'000));
}

}  // namespace dorm::bench
