// soak/bank.hpp: the database under load: accounts, and transfers of two entries each that leave the sum of all
// balances zero.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dorm/dorm.hpp"

namespace dorm::soak {

constexpr std::size_t pool_size = 4;
constexpr std::size_t statement_cache = 16;  // fewer than the statements in use, so that some always go
constexpr std::int64_t accounts = 12;

class Bank {
 public:
  // Makes the tables and the accounts. `folder` is for schema files.
  Bank(const std::string& url, std::filesystem::path folder);

  const Database& db() const noexcept { return db_; }

  // Reads the schema files again, which say something else each time; every fifth time they are broken, and the old
  // ones go on serving. One thread at a time.
  void reload();

  // One attempt at a transfer, in a transaction that is open.
  void transfer(std::int64_t number, std::int64_t from, std::int64_t to, std::int64_t amount) const;

  // ---- while nobody else works ----

  std::vector<std::int64_t> transfers() const;      // one for each entry
  std::vector<std::string> wrong_balances() const;  // a line for each account that is not the sum of its entries
  void clear();                                     // no entries, no balances, no space taken by what was deleted
  std::vector<std::int64_t> prepared_statements();  // PostgreSQL: of each connection of the pool
  // How many plans are kept; from here on none. A full cache starts anew, so its memory comes and goes.
  std::size_t forget_plans();

 private:
  void write_schema(int edition, bool broken) const;

  std::filesystem::path folder_;
  int edition_ = 0;
  Database db_;
};

}  // namespace dorm::soak
