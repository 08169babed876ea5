#include "dorm/transaction.hpp"

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "model/database_impl.hpp"
#include "session/transaction.hpp"

namespace dorm {

Transaction::Transaction(std::shared_ptr<DatabaseImpl> database, std::unique_ptr<TransactionScope> scope)
    : database_(std::move(database)), scope_(std::move(scope)), owner_(std::this_thread::get_id()) {}

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
Model Transaction::operator[](std::string_view model) const {
  if (!scope().is_open()) throw StateError("the transaction has ended");
  if (owner_ != std::this_thread::get_id())
    throw StateError("the transaction belongs to the thread that began it; use it there");
  return {database_, database_->source(model)};
}

}  // namespace dorm
