// dorm/database.hpp: a registry and a connection pool as one open database.
//
// Thread-safe. Once the Database is destroyed, models, queries and rows that came from it throw StateError where they
// would ask the database; rows that were loaded stay readable. Its connections close with the last of those handles.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/config.hpp"
#include "dorm/detail/export.hpp"
#include "dorm/driver.hpp"
#include "dorm/model.hpp"
#include "dorm/observer.hpp"
#include "dorm/registry.hpp"
#include "dorm/signals.hpp"
#include "dorm/transaction.hpp"

namespace dorm {

class DORM_EXPORT Database {
 public:
  // By URL: "sqlite:social.db", "sqlite::memory:", "postgresql://app@host/social". Throws ConfigError, ConnectFailed.
  static Database open(std::string_view url, Registry registry, const Drivers& drivers = built_in_drivers());
  static Database open(const DatabaseConfig& config, Registry registry, const Drivers& drivers = built_in_drivers());
  // A named database of a configuration (empty: its default), with the configuration's schemas.
  static Database open(const Config& config, std::string_view name = {}, const Drivers& drivers = built_in_drivers());

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Model operator[](std::string_view model) const;  // QueryError for an unknown name, with a suggestion
  Registry registry() const;                       // the snapshot new handles get

  // Reads the schema files again / takes another registry. A failure leaves the old snapshot serving.
  void reload();
  void use(Registry registry);

  // Tables, indexes and constraints of all managed models (or these), in dependency order, if they do not exist; in one
  // transaction.
  void create_tables() const;
  void create_tables(const std::vector<std::string>& models) const;
  void drop_tables() const;
  std::vector<std::string> create_sql() const;  // what create_tables() would run

  // Bound to this thread until it is committed, rolled back or destroyed (which rolls back). Nested: a savepoint.
  Transaction transaction(const TransactionOptions& options = {}) const;
  // Bound to no thread: enter() it where the work goes on.
  Transaction unbound_transaction(const TransactionOptions& options = {}) const;
  // Runs `body` in a transaction and commits; runs it again, as a whole, after errors that are retryable().
  void run_transaction(const std::function<void(Transaction&)>& body, const TransactionOptions& options = {}) const;

  // Raw SQL without parameters and results.
  void execute(std::string_view sql) const;

  std::shared_ptr<void> add_observer(std::shared_ptr<Observer> observer) const;  // observes as long as the result lives
  // Calls the handler for rows of this model, of every snapshot, as long as the result lives; one that runs on another
  // thread at its end may still be running. QueryError for an unknown name. See signals.hpp.
  std::shared_ptr<void> on(Signal signal, std::string_view model, SignalHandler handler) const;
  std::string_view backend() const noexcept;  // "sqlite", "postgres"

  const std::shared_ptr<DatabaseImpl>& impl() const noexcept { return impl_; }

 private:
  explicit Database(std::shared_ptr<DatabaseImpl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<DatabaseImpl> impl_;
};

// Counts the queries of a database from its construction on; BEGIN, COMMIT and savepoints apart.
class DORM_EXPORT QueryCount {
 public:
  explicit QueryCount(const Database& database);
  ~QueryCount();
  QueryCount(const QueryCount&) = delete;
  QueryCount& operator=(const QueryCount&) = delete;
  std::size_t count() const noexcept;
  std::vector<std::string> statements() const;  // their texts, in order
  void reset();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
  std::shared_ptr<void> registration_;
};

}  // namespace dorm
