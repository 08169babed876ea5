#include "dorm/transaction.hpp"

#include "dorm/model.hpp"
#include "model/database_impl.hpp"
#include "session/transaction.hpp"

namespace dorm {

Transaction::Transaction(std::shared_ptr<DatabaseImpl> database, std::unique_ptr<TransactionScope> scope)
    : database_(std::move(database)), scope_(std::move(scope)) {}

Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

void Transaction::commit() { scope_->commit(); }
void Transaction::rollback() { scope_->rollback(); }
bool Transaction::is_open() const noexcept { return scope_ != nullptr && scope_->is_open(); }
void Transaction::on_commit(std::function<void()> hook) { scope_->level().on_commit(std::move(hook)); }
void Transaction::on_rollback(std::function<void()> hook) { scope_->level().on_rollback(std::move(hook)); }
Model Transaction::operator[](std::string_view model) const { return {database_, database_->source(model)}; }

}  // namespace dorm
