// sqlite/errors.hpp: SQLite's result codes as the classes of dorm/error.hpp.
//
// The class follows from the code and never from the message, with the one exception errors.cpp explains. Messages name
// tables, columns and constraints; they never repeat a value.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dorm/error.hpp"

namespace dorm::sqlite {

enum class Stage : std::uint8_t {
  connect,
  prepare,  // SQLite's message speaks of the SQL text only
  run,      // it may repeat a value
  control,  // BEGIN, COMMIT, SAVEPOINT and their like
};

enum class Stop : std::uint8_t { none, cancelled, timed_out };

struct Failure {
  int code = SQLITE_ERROR;  // extended
  Stage stage = Stage::run;
  std::string_view sql;
  std::size_t values = 0;  // how many were bound
  Stop stop = Stop::none;  // who has interrupted it
  TransactionState transaction = TransactionState::none;
};

// Throws; `message` is SQLite's, sqlite3_errmsg() of the call that failed.
[[noreturn]] void raise(std::string_view message, const Failure& failure);
// Throws ConnectFailed, whatever the code; `place` is the path, or what was being set up.
[[noreturn]] void raise_connect_failed(sqlite3* database, int code, const std::string& place);
// After these nothing more can be expected of the connection.
bool ends_connection(int code) noexcept;

// " [INSERT INTO "author" …, 3 values hidden]"
std::string statement_note(std::string_view sql, std::size_t values);

}  // namespace dorm::sqlite
