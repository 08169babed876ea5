// golden/ddl/sqlite_file.hpp: a database in memory, for asking SQLite itself. One thread at a time.
#pragma once

#ifdef DORM_TEST_SQLITE3

#include <sqlite3.h>

#include <string>

namespace dorm::test {

class SqliteFile {
 public:
  SqliteFile() {
    sqlite3_open(":memory:", &db_);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    execute("PRAGMA foreign_keys = ON");
  }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  ~SqliteFile() { sqlite3_close(db_); }

  // What SQLite says against it, empty if nothing.
  std::string execute(const std::string& text) {
    char* message = nullptr;
    sqlite3_exec(db_, text.c_str(), nullptr, nullptr, &message);
    const std::string result = message == nullptr ? "" : message;
    sqlite3_free(message);
    return result;
  }

  // The first column of the first row.
  std::string value(const std::string& text) {
    std::string result;
    const auto keep = [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) = values[0] == nullptr ? "NULL" : values[0];
      return 0;
    };
    sqlite3_exec(db_, text.c_str(), keep, &result, nullptr);
    return result;
  }

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace dorm::test

#endif
