// support/sqlite_client.hpp: what a careful programmer writes around SQLite's C functions, and no more.
//
// Opens as sqlite3_open() does, with the library's own locks. Throws std::runtime_error.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dorm::bench {

class SqliteClient {
 public:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  explicit SqliteClient(const std::string& file);
  SqliteClient(const SqliteClient&) = delete;
  SqliteClient& operator=(const SqliteClient&) = delete;
  ~SqliteClient() { sqlite3_close(database_); }

  sqlite3* handle() const noexcept { return database_; }
  Statement prepare(const std::string& sql) const;
  void execute(const char* sql) const;
  // Throws unless `code` is `wanted`.
  void expect(int code, int wanted) const;

 private:
  sqlite3* database_ = nullptr;
};

inline void read_text(sqlite3_stmt* row, int column, std::string& text) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  text.assign(bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

// "2026-11-21 22:10:05.123456" to microseconds since 1970 and back; 26 characters.
std::int64_t parse_moment(const char* text);
void format_moment(std::int64_t microseconds, char* text);

}  // namespace dorm::bench
