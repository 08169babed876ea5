// dorm/transaction.hpp: a transaction, or a savepoint inside one.
//
// Bound to the thread that began it: every call on the same Database from that thread uses its connection, other
// threads never do. Work that goes from thread to thread (coroutines, task queues) begins an unbound one with
// Database::unbound_transaction() and enters it wherever it goes on. Move-only; the destructor rolls back what was not
// committed. After a statement has failed in it, whatever else is sent is a StateError naming the cause, on every
// backend, until it or a savepoint before is rolled back; what dorm refuses before anything is sent leaves it as it is.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "dorm/detail/export.hpp"
#include "dorm/transaction_options.hpp"

namespace dorm {

class DatabaseImpl;
class Model;
class TransactionScope;
class TransactionUse;

class DORM_EXPORT Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Row states follow: what was saved in it is clean after commit, and dirty again, new again, without generated keys
  // after rollback. Relations that were loaded in it, into rows from before it, are not loaded any more after rollback;
  // rows that were loaded in it stay as they were read. Throws CommitUnknown if the connection was lost while
  // committing (never retried). Twice is a StateError.
  void commit();
  void rollback();
  bool is_open() const noexcept;

  void on_commit(std::function<void()> hook);  // after the outermost commit
  void on_rollback(std::function<void()> hook);

  // As db["…"], but sure to be inside: StateError once the transaction has ended, and on a thread that is not in it.
  Model operator[](std::string_view model) const;

  // Of an unbound transaction: while the result lives, this thread is in the transaction as if it had begun it. One
  // thread at a time: StateError while another is in it, or this one is in any. Leaving ends nothing: commit() and
  // rollback() do, and the destructor, on any thread that has the transaction to itself. Rows go along, and lazy loads
  // need the transaction to be entered.
  class DORM_EXPORT Entry {
   public:
    explicit Entry(std::unique_ptr<TransactionUse> use) noexcept;
    Entry(Entry&&) noexcept;
    Entry& operator=(Entry&&) = delete;
    ~Entry();  // on the thread that entered

   private:
    std::unique_ptr<TransactionUse> use_;
  };
  [[nodiscard]] Entry enter() const;

  Transaction(std::shared_ptr<DatabaseImpl> database, std::unique_ptr<TransactionScope> scope, bool bound = true);

 private:
  TransactionScope& scope() const;  // throws StateError if it was moved from

  std::shared_ptr<DatabaseImpl> database_;
  std::unique_ptr<TransactionScope> scope_;
  std::thread::id owner_;  // none: unbound
};

}  // namespace dorm
