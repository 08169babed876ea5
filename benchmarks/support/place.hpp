// support/place.hpp: a backend to measure on: one database, open through dorm and by hand.
//
// One thread at a time.
#pragma once

#include <dorm/dorm.hpp>
#include <memory>
#include <string>

#include "support/postgres_client.hpp"
#include "support/sqlite_client.hpp"

namespace dorm::bench {

class Place {
 public:
  // A fresh file in a temporary directory.
  static std::unique_ptr<Place> sqlite();
  // DORM_BENCH_PG_URL (its tables record, a, b and c are replaced), else a private server. Throws if there is none.
  static std::unique_ptr<Place> postgres();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place();

  const std::string& name() const noexcept { return name_; }
  bool is_sqlite() const noexcept { return by_hand_postgres_ == nullptr; }
  dorm::Database& database() noexcept { return *database_; }
  SqliteClient& sqlite_client() noexcept { return *by_hand_sqlite_; }
  PostgresClient& postgres_client() noexcept { return *by_hand_postgres_; }

  // The table of records with this many rows; the three tables of the tree with 3 and 2 children each.
  void fill_records(std::size_t rows);
  void fill_tree(std::size_t roots);
  // The same tree where all roots share the same 3 children, and these the same 2.
  void fill_shared_tree(std::size_t roots);

 private:
  Place(std::string name, std::string directory, const std::string& url);
  std::string file() const { return directory_ + "/bench.db"; }
  void analyze();

  std::string name_;
  std::string directory_;  // removed in the end; may be empty
  std::unique_ptr<dorm::Database> database_;
  std::unique_ptr<SqliteClient> by_hand_sqlite_;
  std::unique_ptr<PostgresClient> by_hand_postgres_;
};

}  // namespace dorm::bench
