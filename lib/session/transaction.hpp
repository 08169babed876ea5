// session/transaction.hpp: a transaction, and savepoints as its inner levels.
//
// One thread at a time. A bound transaction is the business of the thread that began it: everything that thread does on
// the same Session goes through its connection. An unbound one is used only through the object, from any thread in
// turn. After a statement left the transaction unusable, every further one is refused with StateError naming the cause,
// until it is rolled back. Commit or rollback of what has ended is a StateError.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "dorm/transaction_options.hpp"
#include "driver/driver.hpp"
#include "session/pending_change.hpp"

namespace dorm {

class Channel;
class Session;
class TransactionScope;

// One level: the transaction itself (depth 0) or a savepoint. Lives at one address as long as its scope.
class TransactionLevel {
 public:
  TransactionLevel(std::shared_ptr<Channel> channel, TransactionLevel* parent);
  TransactionLevel(const TransactionLevel&) = delete;
  TransactionLevel& operator=(const TransactionLevel&) = delete;
  ~TransactionLevel();

  Session& session() const noexcept { return *session_; }
  unsigned depth() const noexcept { return depth_; }
  std::uint64_t serial() const noexcept { return serial_; }  // unique in the process
  bool is_open() const noexcept { return state_ == State::open; }
  const TransactionLevel* parent() const noexcept { return parent_; }  // meaningful while open

  // On this transaction's connection, whichever thread calls.
  driver::Outcome execute(const driver::Statement& statement, std::span<const Cell> parameters,
                          graph::RowSink* rows = nullptr);
  void execute_script(std::string_view sql);
  TransactionScope savepoint();

  // Goes to the innermost open level: that is where the change was made.
  void enlist(PendingChange& change) noexcept;
  // After the outermost commit, when the connection is free again. Not called after a rollback around it.
  void on_commit(std::function<void()> hook);
  // After this level, or one around it, was rolled back. Exceptions of these are swallowed where a destructor rolls
  // back.
  void on_rollback(std::function<void()> hook);

 private:
  friend class Channel;
  friend class HeldSnapshot;
  friend class TransactionScope;
  friend class TransactionUse;
  enum class State : std::uint8_t { open, ended };
  using Hooks = std::list<std::function<void()>>;  // spliced without allocating

  void commit();
  void commit_outermost();
  void commit_savepoint();
  Hooks roll_back() noexcept;  // this level and all inside it; the hooks are still to be run
  Hooks end(PendingChanges::End end) noexcept;
  void check_open(std::string_view what) const;

  const std::shared_ptr<Session> session_;
  std::shared_ptr<Channel> channel_;  // null once ended
  TransactionLevel* parent_;
  unsigned depth_;
  State state_ = State::open;
  std::uint64_t serial_;
  std::string savepoint_;  // empty: the transaction itself
  PendingChanges changes_;
  Hooks on_commit_;
  Hooks on_rollback_;
};

// Owns a level and rolls it back when it dies, unless it was committed. Move-only; the destructor never throws.
class TransactionScope {
 public:
  explicit TransactionScope(std::unique_ptr<TransactionLevel> level) noexcept : level_(std::move(level)) {}
  TransactionScope(TransactionScope&&) noexcept = default;
  TransactionScope& operator=(TransactionScope&&) = delete;
  ~TransactionScope();

  // CommitUnknown: changes stay pending, no hook runs. Any other error has rolled it back. An exception of an on_commit
  // hook leaves this function after the other hooks have run; the transaction is committed then.
  void commit();
  void rollback();
  bool is_open() const noexcept { return level_ != nullptr && level_->is_open(); }

  TransactionLevel& level() const noexcept { return *level_; }
  TransactionLevel* operator->() const noexcept { return level_.get(); }

 private:
  std::unique_ptr<TransactionLevel> level_;
};

// Sends this thread's statements to an unbound transaction while it lives. Throws StateError if that has ended, if it
// is in use already, or if this thread's statements go elsewhere.
class TransactionUse {
 public:
  explicit TransactionUse(const TransactionScope& scope);
  TransactionUse(const TransactionUse&) = delete;
  TransactionUse& operator=(const TransactionUse&) = delete;
  ~TransactionUse();

 private:
  std::shared_ptr<Channel> channel_;
};

// Several reads that see one state of the database, bound to this thread: a read transaction, or nothing where the
// thread is in a transaction already. Observers see it as bookkeeping. Move-only.
class ReadSnapshot {
 public:
  explicit ReadSnapshot(Session& session);
  ReadSnapshot(ReadSnapshot&&) noexcept = default;
  ReadSnapshot& operator=(ReadSnapshot&&) = delete;
  ~ReadSnapshot() = default;

  void end();  // throws what ending it throws; the destructor ends it quietly

 private:
  std::unique_ptr<TransactionScope> scope_;
};

// A read snapshot with a connection of its own: statements are part of it only while a Use lives, so that its thread
// may write meanwhile. Nothing where the thread is in a transaction already, or where there is no second connection.
// Move-only; one thread at a time.
class HeldSnapshot {
 public:
  explicit HeldSnapshot(Session& session);

  // Sends this thread's statements to the snapshot; not to be nested.
  class Use {
   public:
    explicit Use(const HeldSnapshot& snapshot);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

   private:
    std::shared_ptr<Channel> channel_;
  };

 private:
  std::unique_ptr<TransactionScope> scope_;
};

}  // namespace dorm
