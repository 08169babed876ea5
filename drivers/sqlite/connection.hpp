// sqlite/connection.hpp: one open database file (or memory) with its prepared statements.
//
// One thread at a time, except cancel(). SQLite's own locks are off, so this is not negotiable.
#pragma once

#include <sys/types.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "driver/driver.hpp"
#include "sqlite/errors.hpp"
#include "sqlite/handle.hpp"
#include "sqlite/interrupt.hpp"
#include "sqlite/statement.hpp"
#include "sqlite/types.hpp"
#include "sqlite/writer_queue.hpp"

namespace dorm::sqlite {

// Throws ConfigError if the library is older than 3.38.
void check_version(int version);
// The dialect of the library that is linked in.
const sql::Dialect& linked_dialect();

class Connection final : public driver::Connection {
 public:
  Connection(const driver::ConnectOptions& options, driver::Deadline deadline);
  ~Connection() override;

  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters, graph::RowSink* rows,
                          driver::Deadline deadline) override;
  void execute_script(std::string_view sql, driver::Deadline deadline) override;

  void begin(const driver::TransactionOptions& options, driver::Deadline deadline) override;
  void commit(driver::Deadline deadline) override;
  void rollback(driver::Deadline deadline) override;
  void savepoint(std::string_view name, driver::Deadline deadline) override;
  void release(std::string_view name, driver::Deadline deadline) override;
  void rollback_to(std::string_view name, driver::Deadline deadline) override;
  driver::TransactionStatus status() const noexcept override;

  bool usable() const noexcept override { return !broken_; }
  bool passive_check() noexcept override;
  bool ping(driver::Deadline deadline) noexcept override;
  void reset(driver::Deadline deadline) override;
  void forget_prepared() override { cache_.clear(); }
  void cancel() noexcept override { interrupt_.cancel(); }

  const sql::Dialect& dialect() const noexcept override { return linked_dialect(); }
  driver::Statistics statistics() const noexcept override { return {cache_.prepares(), executions_}; }

 private:
  void configure(const driver::ConnectOptions& options, const std::string& place);
  void apply(const std::string& pragma, const std::string& place);
  bool is_autocommit() const noexcept { return sqlite3_get_autocommit(database_.get()) != 0; }
  driver::Deadline limited(driver::Deadline deadline) const;
  // Throw StateError once the transaction is lost or has failed, StatementTimeout past the deadline.
  void check_start(std::string_view sql);
  void check_not_lost(std::string_view sql) const;
  void check_not_failed(std::string_view sql) const;
  void check_writable(bool read_only, std::string_view sql);
  void note_failed() noexcept;
  // For a statement that writes outside a transaction.
  WriterQueue::Turn turn_for(bool read_only);
  template <class Compile>
  decltype(auto) compiled(Compile compile);
  TransactionState transaction_state() const noexcept;
  [[noreturn]] void fail(int code, Stage stage, std::string_view sql, std::size_t values = 0);
  enum class Control : std::uint8_t { begin_deferred, begin_immediate, begin_exclusive, commit, rollback };
  static constexpr std::size_t control_count = 5;
  void control(Control which, driver::Deadline deadline);
  void control(std::string_view sql, driver::Deadline deadline);

  Interrupt interrupt_;
  DatabaseHandle database_;
  StatementCache cache_;
  std::array<StatementHandle, control_count> controls_;
  Binder binder_;
  std::shared_ptr<WriterQueue> writers_;  // null in memory
  WriterQueue::Turn turn_;                // as long as a transaction that may write lasts
  std::chrono::milliseconds statement_timeout_;
  pid_t process_;
  bool in_transaction_ = false;  // as far as our caller knows
  bool read_only_ = false;       // the transaction
  bool failed_ = false;          // a statement of the transaction: only rollback is left
  bool broken_ = false;
  std::uint64_t executions_ = 0;
};

}  // namespace dorm::sqlite
