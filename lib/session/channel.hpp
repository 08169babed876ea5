// session/channel.hpp: a connection that was taken for more than one statement, with the transaction levels open on it.
//
// One thread at a time. Lives as long as a scope that uses it; then the connection goes back to the pool.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "driver/driver.hpp"
#include "session/pool.hpp"
#include "session/transaction.hpp"

namespace dorm {

class Session;

// That a thread's statements on a Session go to a channel. Each thread keeps a list of its own; find() costs a
// thread-local load. unbind() may come from any thread, and a thread may end while it is bound.
class ThreadBinding {
 public:
  static Channel* find(const Session* session) noexcept;
  static ThreadBinding* bind(const Session* session, Channel* channel);
  void unbind() noexcept;

 private:
  struct List;
  ThreadBinding(const Session* session, Channel* channel) noexcept : session_(session), channel_(channel) {}
  ~ThreadBinding() = default;
  void release() noexcept;
  static void sweep(bool all) noexcept;

  const Session* const session_;
  std::atomic<Channel*> channel_;  // null once unbound
  std::atomic<int> owners_{2};     // the list of the thread, and the channel
  ThreadBinding* next_ = nullptr;
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(std::shared_ptr<Session> session, Lease lease) noexcept;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  void bind();  // to this thread
  void unbind() noexcept;
  const std::shared_ptr<Session>& session() const noexcept { return session_; }
  driver::Connection& connection() const noexcept { return *lease_; }

  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters, graph::RowSink* rows);
  void execute_all(std::span<driver::Connection::Query> queries, bool snapshot);
  std::optional<driver::Outcome> copy_in(const driver::Copy& copy, std::span<const Cell> cells);
  void execute_script(std::string_view sql);

  // The transaction's own statements: observed as internal.
  void begin(const TransactionOptions& chosen);
  void commit();
  void savepoint(const std::string& name);
  void release(const std::string& name);
  // Never throw: what can't be rolled back in order is rolled back by closing the connection.
  void rollback() noexcept;
  void rollback_to(const std::string& name) noexcept;
  std::string next_savepoint_name();

  // Throws StateError if only rollback is left.
  void check_usable() const;

  TransactionLevel* innermost = nullptr;
  TransactionOptions options;       // of the transaction
  std::atomic<bool> in_use{false};  // of a TransactionUse
  bool is_snapshot = false;         // ReadSnapshot's, not the program's
  std::uint8_t pending_lock = 0;    // of the transaction's PendingChanges

 private:
  template <class Work>
  void bookkeeping(std::string_view sql, Work&& work);
  void note_failure(const Error& error) noexcept;
  void refuse(const char* why, const std::exception& cause) noexcept;  // every further statement
  void describe(std::string_view sql) noexcept;

  const std::shared_ptr<Session> session_;
  Lease lease_;
  ThreadBinding* binding_ = nullptr;
  std::string trouble_;     // why only rollback is left, or empty
  bool lost_ = false;       // the transaction is over on the server
  bool retryable_ = false;  // the cause of that trouble: the transaction may be run again as a whole
  bool broken_ = false;     // close the connection instead of pooling it
  bool described_ = false;
  std::uint64_t savepoints_ = 0;
};

}  // namespace dorm
