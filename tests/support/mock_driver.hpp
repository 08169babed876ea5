// support/mock_driver.hpp: a driver without a database: it records what it is asked, answers as told, and fails on cue.
//
// Thread-safe, as far as its connections are used by one thread at a time. The MockDriver must outlive its connections.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "driver/driver.hpp"

namespace dorm::test {

class MockDriver;

class MockConnection final : public driver::Connection {
 public:
  MockConnection(const MockDriver& driver, std::size_t number) : driver_(driver), number_(number) {}
  ~MockConnection() override;

  std::size_t number() const noexcept { return number_; }  // from 1, in the order of connecting

  // What it says of itself; a test sets these, from on_call or outside.
  std::atomic<driver::TransactionStatus> transaction{driver::TransactionStatus::idle};
  std::atomic<bool> is_usable{true};
  std::atomic<bool> passes_check{true};
  std::atomic<bool> answers_ping{true};

  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters, graph::RowSink* rows,
                          driver::Deadline deadline) override;
  std::optional<driver::Outcome> copy_in(const driver::Copy& copy, std::span<const Cell> cells,
                                         driver::Deadline deadline) override;
  void execute_script(std::string_view sql, driver::Deadline deadline) override;
  void begin(const driver::TransactionOptions& options, driver::Deadline deadline) override;
  void commit(driver::Deadline deadline) override;
  void rollback(driver::Deadline deadline) override;
  void savepoint(std::string_view name, driver::Deadline deadline) override;
  void release(std::string_view name, driver::Deadline deadline) override;
  void rollback_to(std::string_view name, driver::Deadline deadline) override;
  driver::TransactionStatus status() const noexcept override { return transaction; }
  bool usable() const noexcept override { return is_usable; }
  bool passive_check() noexcept override { return passes_check; }
  bool ping(driver::Deadline deadline) noexcept override;
  void reset(driver::Deadline deadline) override;
  void forget_prepared() override {}
  void cancel() noexcept override {}
  const sql::Dialect& dialect() const noexcept override;

 private:
  void call(std::string_view text, driver::Deadline deadline);

  const MockDriver& driver_;
  const std::size_t number_;
  std::atomic<bool> busy_{false};
};

class MockDriver final : public Driver {
 public:
  // Speaks `dialect`, or nothing: then only statements that are text already can be run.
  explicit MockDriver(const sql::Dialect* dialect = nullptr);
  ~MockDriver() override;

  // Called on the thread of the caller before each connect ("connect") and each call of a connection ("BEGIN",
  // "COMMIT", the text of a statement, …); may throw, wait, or change the connection. Null connection while connecting.
  // Set before use.
  struct Call {
    std::string_view text;
    MockConnection* connection;
    driver::Deadline deadline;
  };
  std::function<void(const Call&)> on_call;
  // The rows a statement with columns gives; none by default. Set before use.
  using Rows = std::vector<std::vector<Cell>>;
  std::function<Rows(const driver::Statement&, std::span<const Cell>)> on_query;
  // Whether it copies rows into a table.
  bool copies_rows = false;
  // An error in a transaction leaves it failed, as on PostgreSQL; false: open, as on SQLite.
  bool errors_poison = false;
  bool is_single = false;  // single_connection()

  // "1 BEGIN", "2 select 1", …: connection and call, in order.
  std::vector<std::string> calls() const;
  std::size_t count(std::string_view text) const;  // of these calls, on any connection
  void forget_calls();

  std::size_t connects() const noexcept { return connects_; }  // tried
  std::size_t open() const noexcept { return open_; }
  std::size_t peak() const noexcept { return peak_; }  // most that were open at once
  std::size_t pings() const noexcept { return pings_; }
  bool was_shared() const noexcept { return shared_; }  // two threads were in one connection: never right

  std::string_view name() const noexcept override { return "mock"; }
  std::span<const std::string_view> schemes() const noexcept override;
  const sql::Dialect& dialect() const noexcept override { return *dialect_; }
  driver::ConnectOptions parse_url(std::string_view url) const override;
  std::unique_ptr<driver::Connection> connect(const driver::ConnectOptions& options,
                                              driver::Deadline deadline) const override;
  bool single_connection(const driver::ConnectOptions&) const noexcept override { return is_single; }

 private:
  friend class MockConnection;
  void record(std::size_t connection, std::string_view text) const;

  const sql::Dialect* dialect_;
  mutable std::atomic<std::size_t> connects_{0};
  mutable std::atomic<std::size_t> made_{0};
  mutable std::atomic<std::size_t> open_{0};
  mutable std::atomic<std::size_t> peak_{0};
  mutable std::atomic<std::size_t> pings_{0};
  mutable std::atomic<bool> shared_{false};
  mutable std::mutex mutex_;
  mutable std::vector<std::string> calls_;  // guarded by mutex_
};

// A statement of text alone, as a plan would keep it.
driver::Statement text_statement(std::string sql);

// Something threads wait for and one thread gives.
class Gate {
 public:
  void open();
  void wait() const;
  // False if it did not open in time.
  bool wait_until(driver::Deadline deadline) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool open_ = false;  // guarded by mutex_
};

}  // namespace dorm::test
