// session/session.hpp: an open database without a registry: driver, pool, transactions, observers.
//
// Thread-safe. Transactions and held connections keep their Session alive. A statement goes to the connection its
// thread holds, if it holds one (a bound transaction, a ConnectionScope), else to one borrowed for its length; so a
// thread never waits for itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dorm/config.hpp"
#include "dorm/observer.hpp"
#include "dorm/transaction_options.hpp"
#include "driver/driver.hpp"
#include "session/observers.hpp"
#include "session/pool.hpp"
#include "session/transaction.hpp"

namespace dorm {

class Channel;

// Keeps one connection for this thread until it dies; nested scopes and transactions share it. Move-only.
class ConnectionScope {
 public:
  explicit ConnectionScope(std::shared_ptr<Channel> channel) noexcept;
  ConnectionScope(ConnectionScope&&) noexcept = default;
  ConnectionScope& operator=(ConnectionScope&&) = delete;
  ~ConnectionScope();

  driver::Connection& connection() const noexcept;

 private:
  std::shared_ptr<Channel> channel_;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Connects when first needed. `name` is what messages and observers call the database.
  static std::shared_ptr<Session> open(std::shared_ptr<const Driver> driver, driver::ConnectOptions options,
                                       const PoolOptions& pool = {}, std::string name = "default");
  // By the scheme of its URL; throws ConfigError. Adds no observer: config.log is for whoever builds on the Session.
  static std::shared_ptr<Session> open(const DatabaseConfig& config, const Drivers& drivers);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  const std::string& name() const noexcept { return name_; }
  const Driver& driver() const noexcept { return *driver_; }
  const sql::Dialect& dialect() const noexcept { return driver_->dialect(); }
  Pool& pool() noexcept { return pool_; }

  // A query that lost its connection before its first row, outside a transaction, is run once more on a new one.
  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters,
                          graph::RowSink* rows = nullptr);
  // Several queries that need nothing of each other, sent together where the database can take them so. They see one
  // state of it if `snapshot`, or if the thread is in a transaction that does. Each counts as a query.
  void execute_all(std::span<driver::Connection::Query> queries, bool snapshot);
  // Rows into a table by the bulk path of the database, as driver::Connection::copy_in() does. StateError for a thread
  // that is in no transaction. Counts as one query, or as none where it returns nullopt.
  std::optional<driver::Outcome> copy_in(const driver::Copy& copy, std::span<const Cell> cells);
  // Statements without parameters and results. Counts as one query.
  void execute_script(std::string_view sql);

  // Bound to this thread; a savepoint where the thread is in one already (options other than its own are a StateError).
  TransactionScope begin(const TransactionOptions& options = {});
  TransactionScope begin_unbound(const TransactionOptions& options = {});
  // The innermost open level bound to this thread, or nullptr. A ReadSnapshot does not count.
  TransactionLevel* current_transaction() const noexcept;

  // Runs `attempt` (begin, work, commit) and again, after a random pause, where it ended in an error that is
  // retryable(); CommitUnknown never is. Inside a transaction it runs once: only the whole can be run again.
  void retry(const TransactionOptions& options, const std::function<void()>& attempt);
  // Begins, runs `body`, commits (unless the body ended the transaction itself); with retry().
  void run_transaction(const std::function<void(TransactionScope&)>& body, const TransactionOptions& options = {});

  ConnectionScope hold();
  // Whether this thread's statements go to a connection that it holds.
  bool holds_connection() const noexcept { return bound_channel() != nullptr; }

  // Whether several queries of this thread can see one state of the database: in a snapshot that is begun for them, or
  // in the transaction it is in.
  bool can_see_one_state() const noexcept;

  // How long the database takes to answer what costs it nothing: a moving average over the beginnings of transactions;
  // zero before the first.
  std::chrono::nanoseconds round_trip() const noexcept {
    return std::chrono::nanoseconds(round_trip_.load(std::memory_order_relaxed));
  }
  void note_round_trip(std::chrono::nanoseconds time) noexcept;

  // Tells the observers something that a person should read. Make the text only where it is_observed().
  bool is_observed() const noexcept;
  void warn(std::string_view text) const noexcept;
  // Observes as long as the result lives.
  std::shared_ptr<void> add_observer(std::shared_ptr<Observer> observer);

 private:
  friend class Channel;
  friend class ReadSnapshot;
  friend class HeldSnapshot;

  Session(std::shared_ptr<const Driver> driver, driver::ConnectOptions options, const PoolOptions& pool,
          std::string name);

  Channel* bound_channel() const noexcept;
  std::shared_ptr<Channel> open_channel(bool bound);
  TransactionScope begin_on(bool bound, const TransactionOptions& options, bool snapshot);
  driver::Outcome execute_once(const driver::Statement& statement, std::span<const Cell> parameters,
                               graph::RowSink* rows);
  // What a failed statement means for the pool.
  void note_failure(const Lease& lease, const Error& error) noexcept;
  driver::Deadline deadline() const;

  const std::string name_;
  const std::shared_ptr<const Driver> driver_;
  const std::shared_ptr<Observers> observers_;
  const driver::ConnectOptions options_;
  const bool is_single_;                     // the database is its only connection
  std::atomic<std::int64_t> round_trip_{0};  // nanoseconds
  Pool pool_;
};

}  // namespace dorm
