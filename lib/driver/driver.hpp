// driver/driver.hpp: what a backend implements.
//
// Driver and dialect are immutable: share freely. A Connection is for one thread at a time, except cancel().
// All failures are the classes of dorm/error.hpp, chosen by the driver's errors.cpp and never by message text.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/detail/cell.hpp"
#include "dorm/driver.hpp"
#include "dorm/transaction_options.hpp"
#include "driver/statement.hpp"
#include "sql/dialect.hpp"

namespace dorm::graph {
class RowSink;
}

namespace dorm::driver {

using Clock = std::chrono::steady_clock;
// One deadline per operation; nullopt waits as long as it takes.
using Deadline = std::optional<Clock::time_point>;

using Isolation = dorm::Isolation;
using LockMode = dorm::BeginMode;
using TransactionOptions = dorm::TransactionOptions;

enum class TransactionStatus : std::uint8_t {
  idle,  // autocommit
  open,
  failed,  // only rollback is left
  lost,    // was open; the database ended it behind our back, or the connection is gone
};

struct Outcome {
  std::int64_t affected = 0;        // rows changed; for queries the rows handed to the sink
  std::int64_t last_insert_id = 0;  // if Capabilities::insert_id_without_returning
};

// What a connection has done so far: tests and benchmarks count these.
struct Statistics {
  std::uint64_t prepares = 0;    // statements made ready; one that was found prepared is not counted
  std::uint64_t executions = 0;  // statements run for execute()
};

// A fact a connection wants to be known: a PostgreSQL NOTICE.
using NoticeSink = std::function<void(std::string_view)>;

class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  // Prepares (or finds prepared), binds and runs; each row goes into `rows` (may be null if the statement has no
  // columns). Cells of `parameters` need only live for the call. On an error no row must be used.
  virtual Outcome execute(const Statement& statement, std::span<const Cell> parameters, graph::RowSink* rows,
                          Deadline deadline) = 0;
  // Several queries that need nothing of each other, in order; a failure of one is the failure of all. With `snapshot`
  // they see one state of the database where no transaction is open: a read transaction of their own.
  struct Query {
    const Statement* statement = nullptr;
    std::span<const Cell> parameters;
    graph::RowSink* rows = nullptr;
    Outcome outcome;  // afterwards
  };
  virtual void execute_all(std::span<Query> queries, bool snapshot, Deadline deadline);
  // Rows into a table by the backend's bulk path, if Capabilities::copies_rows; `cells` are those of the rows, one row
  // after the other, and need only live for the call. All of them are written or none, and errors are those of an
  // INSERT of the same rows. Returns nullopt, with nothing written and no error raised, where the rows would not be
  // stored just as an INSERT stores them, or only an INSERT is possible; what the table is like is asked each time.
  // To be used in a transaction: outside one, somebody may change the table between the question and the rows.
  virtual std::optional<Outcome> copy_in(const Copy& copy, std::span<const Cell> cells, Deadline deadline);
  // One or more statements without parameters and results: DDL, SET, PRAGMA.
  virtual void execute_script(std::string_view sql, Deadline deadline) = 0;

  virtual void begin(const TransactionOptions& options, Deadline deadline) = 0;
  virtual void commit(Deadline deadline) = 0;    // throws CommitUnknown if it may or may not have happened
  virtual void rollback(Deadline deadline) = 0;  // also where the database has rolled back already
  virtual void savepoint(std::string_view name, Deadline deadline) = 0;
  virtual void release(std::string_view name, Deadline deadline) = 0;
  virtual void rollback_to(std::string_view name, Deadline deadline) = 0;
  virtual TransactionStatus status() const noexcept = 0;

  // False once it must be thrown away. `passive_check` looks whether the peer has hung up, without a round trip; `ping`
  // asks.
  virtual bool usable() const noexcept = 0;
  virtual bool passive_check() noexcept = 0;
  virtual bool ping(Deadline deadline) noexcept = 0;
  // Back to the state after connect, before it returns to the pool: open transaction rolled back.
  virtual void reset(Deadline deadline) = 0;
  virtual void forget_prepared() = 0;
  // Thread-safe: makes the statement that is running fail with Cancelled, or does nothing.
  virtual void cancel() noexcept = 0;

  virtual const sql::Dialect& dialect() const noexcept = 0;
  virtual Statistics statistics() const noexcept { return {}; }
};

// A parsed database URL with the options of the configuration. Passwords are never printed.
struct ConnectOptions {
  std::string scheme;  // "sqlite", "postgresql"
  // Keyword and value pairs as the client library takes them (PostgreSQL: libpq keywords; SQLite: "path", "mode").
  std::vector<std::pair<std::string, std::string>> keywords;
  std::vector<std::pair<std::string, std::string>> pragmas;  // SQLite; a deviation from the defaults
  std::size_t statement_cache = 128;               // prepared statements kept per connection, least recently used goes
  std::chrono::milliseconds statement_timeout{0};  // 0 = none
  bool prepared_statements = true;
  NoticeSink notices;

  const std::string* find(std::string_view keyword) const noexcept;
  std::string redacted() const;  // for messages
};

}  // namespace dorm::driver

namespace dorm {

class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  virtual std::string_view name() const noexcept = 0;                      // "sqlite", "postgres"
  virtual std::span<const std::string_view> schemes() const noexcept = 0;  // URL schemes it answers to
  virtual const sql::Dialect& dialect() const noexcept = 0;
  // Everything after the scheme is the driver's to read. Throws ConfigError without repeating secrets.
  virtual driver::ConnectOptions parse_url(std::string_view url) const = 0;
  // Throws ConnectFailed (retryable() if transient) or StatementTimeout past the deadline.
  virtual std::unique_ptr<driver::Connection> connect(const driver::ConnectOptions& options,
                                                      driver::Deadline deadline) const = 0;
  // Whether Connection::execute_all() sends all statements before it waits for the first answer.
  virtual bool can_pipeline() const noexcept { return false; }
  // A database that exists only inside its connection (SQLite's :memory:) is pooled as exactly one.
  virtual bool single_connection(const driver::ConnectOptions& options) const noexcept = 0;
};

}  // namespace dorm
