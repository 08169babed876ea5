#include "postgres/exchange.hpp"

#include <poll.h>
#include <unistd.h>

#include "postgres/wait.hpp"

namespace dorm::postgres {
namespace {

// The server is to stop a statement first, because then the connection survives. This is for a server that does not
// answer.
constexpr std::chrono::milliseconds grace{100};

}  // namespace

// What every operation begins with; returns its deadline.
driver::Deadline Connection::start(std::string_view sql, std::size_t values, driver::Deadline deadline) {
  sql_ = sql;
  values_ = values;
  copied_ = {};
  was_cancelled_ = false;
  if (process_ != ::getpid())
    throw StateError("postgres: the connection belongs to the process that opened it; open one after fork()");
  if (connection_ == nullptr) throw_connection_lost(situation());
  was_in_transaction_ = PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
  if (has_passed(deadline)) {
    throw StatementTimeout("postgres: the deadline had passed before the statement was sent" + excerpt(sql, values),
                           local_details());
  }
  return statement_timeout_.count() > 0 ? at_most(deadline, statement_timeout_ + grace) : deadline;
}

// Everything that libpq has taken to the server. While we send, that may have to send before it reads on.
Connection::End Connection::flush(driver::Deadline deadline) {
  PGconn* connection = connection_.get();
  for (int more = PQflush(connection); more != 0; more = PQflush(connection)) {
    if (more < 0) return End::gone;
    const short ready = wait_for(PQsocket(connection), POLLIN | POLLOUT, deadline);
    if (ready == 0) return End::late;
    if ((ready & POLLIN) != 0 && PQconsumeInput(connection) == 0) return End::gone;
  }
  return End::complete;
}

// All results of what was sent, up to the end of the command or of the pipeline.
Connection::End Connection::collect(driver::Deadline deadline) {
  PGconn* connection = connection_.get();
  const bool pipeline = PQpipelineStatus(connection) == PQ_PIPELINE_ON;
  for (;;) {
    if (const End end = flush(deadline); end != End::complete) return end;
    while (PQisBusy(connection) != 0) {
      if (wait_for(PQsocket(connection), POLLIN, deadline) == 0) return End::late;
      if (PQconsumeInput(connection) == 0) return End::gone;
    }
    Result result(PQgetResult(connection));
    if (PQstatus(connection) == CONNECTION_BAD) return End::gone;
    if (!result) {
      if (!pipeline) return End::complete;
      continue;
    }
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) return End::complete;
    if (status == PGRES_COPY_IN && !copied_.empty()) {
      if (const End end = send_copied(deadline); end != End::complete) return end;
      continue;
    }
    // COPY speaks a protocol of its own, and there is no way out of one that we did not begin but the end of the
    // connection.
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return End::gone;
    results_.push_back(std::move(result));
  }
}

Connection::End Connection::send_simple(const char* sql, driver::Deadline deadline) {
  return exchange([&] { return PQsendQuery(connection_.get(), sql) == 1; }, deadline);
}

const PGresult* Connection::first_error() const noexcept {
  for (const Result& result : results_) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) return result.get();
  }
  return nullptr;
}

TransactionState Connection::state_now() const noexcept {
  const TransactionState ended = was_in_transaction_ ? TransactionState::gone : TransactionState::none;
  if (connection_ == nullptr) return ended;
  switch (PQtransactionStatus(connection_.get())) {
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE:
      return TransactionState::open;
    case PQTRANS_INERROR:
      return TransactionState::poisoned;
    case PQTRANS_IDLE:
    case PQTRANS_UNKNOWN:
      break;
  }
  return ended;
}

Situation Connection::situation() const noexcept {
  Situation situation;
  situation.sql = sql_;
  situation.values = values_;
  situation.transaction = state_now();
  situation.asked_read_only = read_only_ && was_in_transaction_;
  situation.cancelled = was_cancelled_;
  return situation;
}

ErrorDetails Connection::local_details() const {
  ErrorDetails details;
  details.backend = "postgres";
  details.statement = sql_;
  details.transaction = state_now();
  return details;
}

// Throws unless the server has answered without an error.
void Connection::require_complete(End end) { require_answer(end, first_error()); }

void Connection::require_answer(End end, const PGresult* error) {
  if (end == End::late) throw_deadline_passed(situation());
  if (end == End::gone) throw_connection_lost(situation());
  if (end == End::refused) throw_error(nullptr, situation());
  if (error == nullptr) return;
  const std::string_view sqlstate = sqlstate_of(error);
  if (ends_connection(sqlstate)) close();
  retired_ |= spoils_connection(sqlstate, situation().asked_read_only);
  throw_error(error, situation());
}

}  // namespace dorm::postgres
