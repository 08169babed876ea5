// dorm/transaction.hpp: a transaction, or a savepoint inside one.
//
// Bound to the thread that began it: every call on the same Database from that thread uses its connection, other
// threads never do. Move-only; the destructor rolls back what was not committed. After a statement has failed in it,
// whatever else is sent is a StateError naming the cause, on every backend, until it or a savepoint before is rolled
// back; what dorm refuses before anything is sent leaves it as it is.
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

class DORM_EXPORT Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Row states follow: what was saved in it is clean after commit, and dirty again, new again, without generated keys
  // after rollback. Throws CommitUnknown if the connection was lost while committing (never retried). Twice is a
  // StateError.
  void commit();
  void rollback();
  bool is_open() const noexcept;

  void on_commit(std::function<void()> hook);  // after the outermost commit
  void on_rollback(std::function<void()> hook);

  // As db["…"], but sure to be inside: StateError once the transaction has ended, and on any other thread.
  Model operator[](std::string_view model) const;

  Transaction(std::shared_ptr<DatabaseImpl> database, std::unique_ptr<TransactionScope> scope);

 private:
  TransactionScope& scope() const;  // throws StateError if it was moved from

  std::shared_ptr<DatabaseImpl> database_;
  std::unique_ptr<TransactionScope> scope_;
  std::thread::id owner_;
};

}  // namespace dorm
