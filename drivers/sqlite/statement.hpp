// sqlite/statement.hpp: prepared statements, the least recently used of which go.
//
// One thread at a time. A Prepared is valid until the next acquire() or clear().
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "driver/statement.hpp"
#include "sqlite/handle.hpp"
#include "sqlite/types.hpp"

namespace dorm::sqlite {

struct Prepared {
  StatementHandle handle;
  std::vector<Decoder> decoders;  // one per result column that is decoded
  bool read_only = false;         // cannot change the database
};

// Compiles the first statement of `sql`; `rest` is what follows it. A null handle: there was nothing but blanks and
// comments. Throws by Stage::prepare.
StatementHandle prepare(sqlite3* database, std::string_view sql, unsigned flags, std::string_view& rest);

class StatementCache {
 public:
  // `capacity` 0 keeps nothing.
  StatementCache(sqlite3* database, std::size_t capacity) : database_(database), capacity_(capacity) {}

  // Throws SchemaMismatch where SQLite refuses the text, QueryError where statement and text do not go together.
  Prepared& acquire(const driver::Statement& statement);
  void clear();
  void leak() noexcept;  // forgets them without a word to SQLite
  std::uint64_t prepares() const noexcept { return prepares_; }

 private:
  struct Entry {
    std::uint64_t id = 0;
    Prepared prepared;
  };
  Prepared make(const driver::Statement& statement, unsigned flags);

  sqlite3* database_;
  std::size_t capacity_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_id_;
  std::optional<Prepared> passing_;  // the last one that was not to be kept
  std::uint64_t prepares_ = 0;
};

}  // namespace dorm::sqlite
