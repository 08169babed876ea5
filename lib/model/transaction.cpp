#include "dorm/transaction.hpp"

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "model/database_impl.hpp"
#include "session/transaction.hpp"

namespace dorm {

Transaction::Transaction(std::shared_ptr<DatabaseImpl> database, std::unique_ptr<TransactionScope> scope, bool bound)
    : database_(std::move(database)),
      scope_(std::move(scope)),
      owner_(bound ? std::this_thread::get_id() : std::thread::id()) {}

Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

TransactionScope& Transaction::scope() const {
  if (!scope_) throw StateError("the transaction was moved to another object");
  return *scope_;
}

void Transaction::commit() { scope().commit(); }
void Transaction::rollback() { scope().rollback(); }
bool Transaction::is_open() const noexcept { return scope_ != nullptr && scope_->is_open(); }
void Transaction::on_commit(std::function<void()> hook) { scope().level().on_commit(std::move(hook)); }
void Transaction::on_rollback(std::function<void()> hook) { scope().level().on_rollback(std::move(hook)); }
Transaction::Entry Transaction::enter() const {
  if (owner_ != std::thread::id())
    throw StateError("the transaction is bound to the thread that began it; begin it with unbound_transaction()");
  return Entry(std::make_unique<TransactionUse>(scope()));
}
Transaction::Entry::Entry(std::unique_ptr<TransactionUse> use) noexcept : use_(std::move(use)) {}
Transaction::Entry::Entry(Entry&&) noexcept = default;
Transaction::Entry::~Entry() = default;

Model Transaction::operator[](std::string_view model) const {
  if (!scope().is_open()) throw StateError("the transaction has ended");
  const TransactionLevel* level = database_->session->current_transaction();
  while (level != nullptr && level != &scope().level()) level = level->parent();
  if (level == nullptr) {
    throw StateError(owner_ == std::thread::id() ? "this thread is not in the transaction; enter() it first"
                                                 : "the transaction belongs to the thread that began it; use it there");
  }
  return {database_, database_->source(model)};
}

}  // namespace dorm
