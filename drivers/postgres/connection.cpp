#include "postgres/connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "postgres/dialect.hpp"
#include "postgres/exchange.hpp"
#include "postgres/wait.hpp"

namespace dorm::postgres {
namespace {

std::string quoted_name(std::string_view name) {
  check_text(name);
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string_view isolation_text(driver::Isolation isolation) {
  switch (isolation) {
    case driver::Isolation::standard:
      return "";
    case driver::Isolation::read_committed:
      return " ISOLATION LEVEL READ COMMITTED";
    case driver::Isolation::repeatable_read:
      return " ISOLATION LEVEL REPEATABLE READ";
    case driver::Isolation::serializable:
      return " ISOLATION LEVEL SERIALIZABLE";
  }
  return "";
}

bool reports(PGconn* connection, const char* parameter, std::string_view value) {
  const char* reported = PQparameterStatus(connection, parameter);
  return reported != nullptr && std::string_view(reported).starts_with(value);
}

// The server gives up a little before we do: then the connection survives.
std::chrono::milliseconds server_side(std::chrono::milliseconds timeout) {
  return timeout - std::min(timeout / 10, std::chrono::milliseconds(100));
}

}  // namespace

Connection::Connection(const driver::ConnectOptions& options, driver::Deadline deadline)
    : process_(::getpid()),
      notices_(options.notices),
      statement_timeout_(options.statement_timeout),
      prepares_(options.prepared_statements),
      cache_(options.statement_cache) {
  connection_ = open_connection(options, notices_, deadline);
  canceller_.arm(connection_.get());
  set_up(deadline);
}

Connection::~Connection() {
  if (connection_ == nullptr) return;
  if (process_ != ::getpid()) {
    // PQfinish takes leave of the server, and that would end the session of our parent. So it says it to nobody.
    const int nobody = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nobody >= 0) {
      ::dup2(nobody, PQsocket(connection_.get()));
      ::close(nobody);
    }
  }
  close();
}

void Connection::close() noexcept { connection_.reset(); }

// Mostly nothing: what a server reports by itself at connecting is what we want.
void Connection::set_up(driver::Deadline deadline) {
  PGconn* connection = connection_.get();
  std::string script;
  if (!reports(connection, "TimeZone", "UTC") && !reports(connection, "TimeZone", "Etc/UTC"))
    script += "SET TimeZone TO 'UTC';";
  if (!reports(connection, "DateStyle", "ISO")) script += "SET DateStyle TO 'ISO, MDY';";
  if (!reports(connection, "standard_conforming_strings", "on")) script += "SET standard_conforming_strings TO on;";
  // Behind a pooler that changes servers a session has no settings of its own, and there statements are not prepared.
  if (statement_timeout_.count() > 0 && prepares_) {
    script += "SET statement_timeout TO " + std::to_string(server_side(statement_timeout_).count()) + ";";
  }
  if (!script.empty()) execute_script(script, deadline);
}

const sql::Dialect& Connection::dialect() const noexcept { return postgres::dialect(); }

driver::TransactionStatus Connection::status() const noexcept {
  if (connection_ == nullptr) return driver::TransactionStatus::lost;
  switch (PQtransactionStatus(connection_.get())) {
    case PQTRANS_IDLE:
      return driver::TransactionStatus::idle;
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE:
      return driver::TransactionStatus::open;
    case PQTRANS_INERROR:
      return driver::TransactionStatus::failed;
    case PQTRANS_UNKNOWN:
      break;
  }
  return driver::TransactionStatus::lost;
}

bool Connection::usable() const noexcept {
  return connection_ != nullptr && !retired_ && PQstatus(connection_.get()) == CONNECTION_OK && process_ == ::getpid();
}

bool Connection::passive_check() noexcept {
  if (!usable()) return false;
  constexpr short hung_up = POLLERR | POLLHUP | POLLRDHUP | POLLNVAL;
  for (int i = 0; i < 2; ++i) {
    pollfd descriptor{PQsocket(connection_.get()), POLLIN | POLLRDHUP, 0};
    if (::poll(&descriptor, 1, 0) == 0) return true;
    // Once it may be a notice or a changed setting; libpq keeps what it reads.
    if ((descriptor.revents & hung_up) != 0 || PQconsumeInput(connection_.get()) == 0) break;
  }
  close();
  return false;
}

void Connection::execute_script(std::string_view sql, driver::Deadline deadline) { command(sql, deadline); }

void Connection::begin(const driver::TransactionOptions& options, driver::Deadline deadline) {
  if (status() == driver::TransactionStatus::open || status() == driver::TransactionStatus::failed) {
    throw StateError("postgres: a transaction is open already; use a savepoint");
  }
  std::string sql = "BEGIN";
  sql += isolation_text(options.isolation);
  if (options.read_only) sql += " READ ONLY";
  if (options.deferrable) sql += " DEFERRABLE";
  command(sql, deadline);
  read_only_ = options.read_only;
}

void Connection::commit(driver::Deadline deadline) {
  deadline = start("COMMIT", 0, deadline);
  if (status() == driver::TransactionStatus::idle) throw StateError("postgres: there is no transaction to commit");
  // Nothing has been sent so far: whoever is gone now has not committed.
  pollfd descriptor{PQsocket(connection_.get()), POLLRDHUP, 0};
  if (::poll(&descriptor, 1, 0) > 0) {
    close();
    throw_connection_lost(situation());
  }
  const End end = send_simple("COMMIT", deadline);
  if (end == End::late || end == End::gone) throw_commit_unknown(situation());
  if (const PGresult* error = first_error(); error != nullptr && ends_connection(sqlstate_of(error))) {
    close();
    throw_commit_unknown(situation());
  }
  require_complete(end);
  read_only_ = false;
  // The server answers the COMMIT of a failed transaction with success.
  if (std::string_view(PQcmdStatus(results_.back().get())) == "ROLLBACK") {
    ErrorDetails details;
    details.backend = "postgres";
    details.transaction = TransactionState::gone;
    throw StateError("postgres: the transaction had failed before, and was rolled back instead of committed", details);
  }
}

void Connection::rollback(driver::Deadline deadline) {
  // Without a connection the server has rolled back by itself.
  if (connection_ == nullptr || status() == driver::TransactionStatus::idle) return;
  command("ROLLBACK", deadline);
  read_only_ = false;
}

void Connection::savepoint(std::string_view name, driver::Deadline deadline) {
  command("SAVEPOINT " + quoted_name(name), deadline);
}

void Connection::release(std::string_view name, driver::Deadline deadline) {
  command("RELEASE SAVEPOINT " + quoted_name(name), deadline);
}

void Connection::rollback_to(std::string_view name, driver::Deadline deadline) {
  command("ROLLBACK TO SAVEPOINT " + quoted_name(name), deadline);
}

void Connection::reset(driver::Deadline deadline) { rollback(deadline); }

bool Connection::ping(driver::Deadline deadline) noexcept {
  try {
    if (!usable()) return false;
    command("", deadline);
    return usable();
  } catch (const std::exception&) {
    return false;
  }
}

void Connection::command(std::string_view sql, driver::Deadline deadline) {
  deadline = start(sql, 0, deadline);
  check_text(sql);
  const std::string text(sql);
  require_complete(send_simple(text.c_str(), deadline));
}

}  // namespace dorm::postgres
