// postgres/connection.hpp: one session on a server, spoken to through libpq's non-blocking calls.
//
// One thread at a time, but cancel(). Every operation has one deadline; where it passes the connection is closed,
// because what the server does with the statement is not known. A child made by fork() must not use the connection of
// its parent, and destroying it there does not disturb the parent's.
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "driver/driver.hpp"
#include "postgres/cancel.hpp"
#include "postgres/connect.hpp"
#include "postgres/errors.hpp"
#include "postgres/statement.hpp"

namespace dorm::postgres {

class Connection final : public driver::Connection {
 public:
  Connection(const driver::ConnectOptions& options, driver::Deadline deadline);
  ~Connection() override;

  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters, graph::RowSink* rows,
                          driver::Deadline deadline) override;
  void execute_all(std::span<Query> queries, bool snapshot, driver::Deadline deadline) override;
  std::optional<driver::Outcome> copy_in(const driver::Copy& copy, std::span<const Cell> cells,
                                         driver::Deadline deadline) override;
  void execute_script(std::string_view sql, driver::Deadline deadline) override;

  void begin(const driver::TransactionOptions& options, driver::Deadline deadline) override;
  void commit(driver::Deadline deadline) override;
  void rollback(driver::Deadline deadline) override;
  void savepoint(std::string_view name, driver::Deadline deadline) override;
  void release(std::string_view name, driver::Deadline deadline) override;
  void rollback_to(std::string_view name, driver::Deadline deadline) override;
  driver::TransactionStatus status() const noexcept override;

  bool usable() const noexcept override;
  bool passive_check() noexcept override;
  bool ping(driver::Deadline deadline) noexcept override;
  void reset(driver::Deadline deadline) override;
  void forget_prepared() override { cache_.forget_all(); }
  void cancel() noexcept override { canceller_.request(); }

  const sql::Dialect& dialect() const noexcept override;
  driver::Statistics statistics() const noexcept override { return statistics_; }

 private:
  enum class End : std::uint8_t { complete, late, gone, refused };

  // connection.cpp
  void set_up(driver::Deadline deadline);
  void close() noexcept;
  void command(std::string_view sql, driver::Deadline deadline);

  // exchange.cpp: one request and all of its results
  driver::Deadline start(std::string_view sql, std::size_t values, driver::Deadline deadline);
  template <class Send>
  End exchange(Send send, driver::Deadline deadline);
  End collect(driver::Deadline deadline);
  End flush(driver::Deadline deadline);
  const PGresult* first_error() const noexcept;
  Situation situation() const noexcept;
  ErrorDetails local_details() const;  // of an error that the server has not seen
  TransactionState state_now() const noexcept;
  void require_complete(End end);
  void require_answer(End end, const PGresult* error);
  End send_simple(const char* sql, driver::Deadline deadline);

  // execute.cpp
  void bind(const driver::Statement& statement, const Prepared& prepared, std::span<const Cell> parameters);
  Prepared prepare(const driver::Statement& statement, std::size_t values, bool named, driver::Deadline deadline);
  driver::Outcome execute_at_once(const driver::Statement& statement, std::span<const Cell> parameters,
                                  graph::RowSink* rows, driver::Deadline deadline);
  void choose_decoders(const driver::Statement& statement, const std::vector<Wire>& arriving,
                       const PGresult* description, Prepared& prepared) const;
  Wire look_up(Oid type, driver::Deadline deadline);
  void leave_pipeline() noexcept;
  void forget_deallocated();
  driver::Outcome finish(const Prepared& prepared, graph::RowSink* rows);

  // pipeline.cpp
  struct Piped;
  bool send_together(std::span<Query> queries, bool own_transaction, driver::Deadline deadline);
  void prepare_to_send(Piped& piped);
  bool send_one(const Piped& piped);
  bool take_new(std::vector<Piped>& pipeline, const std::vector<Result>& answers, driver::Deadline deadline);
  void give_up_new(const std::vector<Piped>& pipeline, const std::vector<Result>& answers);
  bool fail_together(const std::vector<Piped>& pipeline, End end, const PGresult* error, std::size_t at,
                     bool own_transaction, driver::Deadline deadline);

  // copy.cpp
  std::optional<std::vector<ParameterFormat>> ask_columns(const driver::Copy& copy, driver::Deadline deadline);
  End send_copied(driver::Deadline deadline);

  Handle connection_{nullptr, PQfinish};  // null once it is given up
  const pid_t process_;
  const driver::NoticeSink notices_;
  const std::chrono::milliseconds statement_timeout_;
  const bool prepares_;
  bool retired_ = false;    // works, and must not be used for anything new
  bool read_only_ = false;  // the open transaction was begun so
  Canceller canceller_;
  StatementCache cache_;
  std::uint64_t names_ = 0;
  driver::Statistics statistics_;
  std::unordered_map<Oid, Wire> user_types_;
  Binding binding_;

  // Of the operation that runs.
  std::string_view sql_;
  std::size_t values_ = 0;
  std::string_view copied_;  // what a COPY is waiting for; empty: there is none of ours
  bool was_in_transaction_ = false;
  bool was_cancelled_ = false;
  std::vector<Result> results_;
};

}  // namespace dorm::postgres
