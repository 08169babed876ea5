#include "session/channel.hpp"

#include <utility>

#include "dorm/error.hpp"
#include "session/session.hpp"

namespace dorm {
namespace {

using driver::TransactionStatus;

constexpr std::chrono::milliseconds rollback_timeout{5'000};

driver::Deadline rollback_deadline() { return driver::Clock::now() + rollback_timeout; }

}  // namespace

Channel::Channel(std::shared_ptr<Session> session, Lease lease) noexcept
    : session_(std::move(session)), lease_(std::move(lease)) {}

Channel::~Channel() {
  unbind();
  if (broken_) lease_.discard();
}

void Channel::bind() { binding_ = ThreadBinding::bind(session_.get(), this); }

void Channel::unbind() noexcept {
  if (ThreadBinding* binding = std::exchange(binding_, nullptr)) binding->unbind();
}

driver::Outcome Channel::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                 graph::RowSink* rows) {
  check_usable();
  describe(statement.sql);
  return session_->observers_->watch(statement.sql, false, [&] {
    try {
      return lease_->execute(statement, parameters, rows, session_->deadline());
    } catch (const Error& error) {
      note_failure(error);
      throw;
    }
  });
}

void Channel::execute_all(std::span<driver::Connection::Query> queries, bool snapshot) {
  check_usable();
  describe(queries.front().statement->sql);
  session_->observers_->watch_all(queries, [&] {
    try {
      lease_->execute_all(queries, snapshot, session_->deadline());
    } catch (const Error& error) {
      note_failure(error);
      throw;
    }
  });
}

std::optional<driver::Outcome> Channel::copy_in(const driver::Copy& copy, std::span<const Cell> cells) {
  check_usable();
  describe(copy.sql);
  return session_->observers_->watch(copy.sql, false, [&] {
    try {
      return lease_->copy_in(copy, cells, session_->deadline());
    } catch (const Error& error) {
      note_failure(error);
      throw;
    }
  });
}

void Channel::execute_script(std::string_view sql) {
  check_usable();
  describe(sql);
  lease_.mark_doubtful();
  session_->observers_->watch(sql, false, [&] {
    try {
      lease_->execute_script(sql, session_->deadline());
      return driver::Outcome{};
    } catch (const Error& error) {
      note_failure(error);
      throw;
    }
  });
}

void Channel::check_usable() const {
  session_->pool_.check_process();
  if (trouble_.empty()) return;
  ErrorDetails details;
  details.transaction = lost_ ? TransactionState::gone : TransactionState::poisoned;
  details.retryable = retryable_;
  throw StateError(trouble_, std::move(details));
}

template <class Work>
void Channel::bookkeeping(std::string_view sql, Work&& work) {
  session_->observers_->watch(sql, true, [&] {
    try {
      work(*lease_);
      return driver::Outcome{};
    } catch (const Error& error) {
      note_failure(error);
      throw;
    }
  });
}

void Channel::begin(const TransactionOptions& chosen) {
  describe("BEGIN");
  described_ = false;  // the first statement says more
  options = chosen;
  try {
    bookkeeping("BEGIN", [&](driver::Connection& connection) {
      const driver::Clock::time_point start = driver::Clock::now();
      connection.begin(chosen, session_->deadline());
      // One that takes locks may have waited for them.
      if (chosen.lock == BeginMode::deferred) session_->note_round_trip(driver::Clock::now() - start);
    });
  } catch (...) {
    rollback();  // it may have begun
    throw;
  }
}

void Channel::commit() {
  bookkeeping("COMMIT", [&](driver::Connection& connection) { connection.commit(session_->deadline()); });
}

void Channel::savepoint(const std::string& name) {
  bookkeeping("SAVEPOINT " + name,
              [&](driver::Connection& connection) { connection.savepoint(name, session_->deadline()); });
}

void Channel::release(const std::string& name) {
  bookkeeping("RELEASE SAVEPOINT " + name,
              [&](driver::Connection& connection) { connection.release(name, session_->deadline()); });
}

void Channel::rollback() noexcept {
  try {
    if (!lease_->usable()) {
      broken_ = true;
    } else if (lease_->status() != TransactionStatus::idle) {
      bookkeeping("ROLLBACK", [](driver::Connection& connection) { connection.rollback(rollback_deadline()); });
    }
  } catch (const std::exception&) {
    broken_ = true;
  }
  trouble_.clear();
  lost_ = false;
  retryable_ = false;
}

void Channel::rollback_to(const std::string& name) noexcept {
  if (lost_) return;  // it went with the transaction
  try {
    bookkeeping("ROLLBACK TO SAVEPOINT " + name,
                [&](driver::Connection& connection) { connection.rollback_to(name, rollback_deadline()); });
    bookkeeping("RELEASE SAVEPOINT " + name,
                [&](driver::Connection& connection) { connection.release(name, rollback_deadline()); });
    if (lease_->status() == TransactionStatus::open) trouble_.clear();
  } catch (const std::exception& error) {
    if (trouble_.empty())
      refuse("this transaction can only be rolled back, because rolling back to a savepoint failed: ", error);
  }
}

std::string Channel::next_savepoint_name() { return "dorm_" + std::to_string(++savepoints_); }

void Channel::note_failure(const Error& error) noexcept {
  const bool expected = options.read_only && innermost != nullptr && dynamic_cast<const ReadOnly*>(&error) != nullptr;
  if (!expected) session_->note_failure(lease_, error);
  if (innermost == nullptr) return;
  const TransactionStatus status = lease_->usable() ? lease_->status() : TransactionStatus::lost;
  if (status == TransactionStatus::open) return;
  if (!trouble_.empty() && lost_) return;  // the first cause is the one to know
  lost_ = status != TransactionStatus::failed;
  retryable_ = error.retryable();
  refuse(lost_ ? "the database has ended this transaction; roll it back and run it again as a whole: "
               : "this transaction can only be rolled back, because a statement in it failed: ",
         error);
}

void Channel::refuse(const char* why, const std::exception& cause) noexcept {
  try {
    trouble_ = std::string(why) + cause.what();
  } catch (const std::bad_alloc&) {
    trouble_ = "out of memory";
  }
}

void Channel::describe(std::string_view sql) noexcept {
  if (std::exchange(described_, true)) return;
  lease_.describe(sql);
}

}  // namespace dorm
