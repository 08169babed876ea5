#include "session/transaction.hpp"

#include <atomic>
#include <exception>
#include <utility>

#include "dorm/error.hpp"
#include "session/channel.hpp"
#include "session/session.hpp"

namespace dorm {
namespace {

using Hooks = std::list<std::function<void()>>;

std::uint64_t next_serial() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// All of them, whatever they throw; the first exception comes out in the end.
void run(const Hooks& hooks) {
  std::exception_ptr first;
  for (const auto& hook : hooks) {
    try {
      hook();
    } catch (...) {
      if (first == nullptr) first = std::current_exception();
    }
  }
  if (first != nullptr) std::rethrow_exception(first);
}

void run_quietly(const Hooks& hooks) noexcept {
  try {
    run(hooks);
  } catch (...) {  // nobody is left to hear of it
  }
}

}  // namespace

// ---- TransactionLevel ----

TransactionLevel::TransactionLevel(std::shared_ptr<Channel> channel, TransactionLevel* parent)
    : session_(channel->session()),
      channel_(std::move(channel)),
      parent_(parent),
      depth_(parent == nullptr ? 0 : parent->depth_ + 1),
      serial_(next_serial()) {
  if (parent != nullptr) savepoint_ = channel_->next_savepoint_name();
}

TransactionLevel::~TransactionLevel() = default;

driver::Outcome TransactionLevel::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                          graph::RowSink* rows) {
  check_open("run a statement in");
  return channel_->execute(statement, parameters, rows);
}

void TransactionLevel::execute_script(std::string_view sql) {
  check_open("run a statement in");
  channel_->execute_script(sql);
}

TransactionScope TransactionLevel::savepoint() {
  check_open("set a savepoint in");
  channel_->check_usable();
  auto level = std::make_unique<TransactionLevel>(channel_, channel_->innermost);
  channel_->savepoint(level->savepoint_);
  channel_->innermost = level.get();
  return TransactionScope(std::move(level));
}

void TransactionLevel::enlist(PendingChange& change) noexcept {
  if (is_open()) channel_->innermost->changes_.enlist(change, channel_->pending_lock);
}

void TransactionLevel::on_commit(std::function<void()> hook) {
  check_open("add a hook to");
  on_commit_.push_back(std::move(hook));
}

void TransactionLevel::on_rollback(std::function<void()> hook) {
  check_open("add a hook to");
  on_rollback_.push_back(std::move(hook));
}

void TransactionLevel::commit() {
  check_open("commit");
  if (channel_->innermost != this)
    throw StateError("a transaction inside this one is still open; commit or roll it back first");
  channel_->check_usable();
  savepoint_.empty() ? commit_outermost() : commit_savepoint();
}

void TransactionLevel::commit_outermost() {
  try {
    channel_->commit();
  } catch (const CommitUnknown&) {
    channel_->rollback();
    end(PendingChanges::End::in_doubt);
    throw;
  } catch (...) {
    run_quietly(roll_back());
    throw;
  }
  const Hooks hooks = std::move(on_commit_);
  end(PendingChanges::End::committed);
  run(hooks);
}

void TransactionLevel::commit_savepoint() {
  try {
    channel_->release(savepoint_);
  } catch (...) {
    run_quietly(roll_back());
    throw;
  }
  parent_->on_commit_.splice(parent_->on_commit_.end(), on_commit_);
  parent_->on_rollback_.splice(parent_->on_rollback_.end(), on_rollback_);
  parent_->changes_.append(changes_, channel_->pending_lock);
  channel_->innermost = parent_;
  state_ = State::ended;
  channel_.reset();
}

TransactionLevel::Hooks TransactionLevel::roll_back() noexcept {
  if (savepoint_.empty()) {
    channel_->rollback();
  } else {
    channel_->rollback_to(savepoint_);
  }
  return end(PendingChanges::End::rolled_back);
}

// This level and those inside it, innermost first; afterwards the connection is free, if nobody else holds it.
TransactionLevel::Hooks TransactionLevel::end(PendingChanges::End end) noexcept {
  const std::shared_ptr<Channel> channel = channel_;
  TransactionLevel* const outer = parent_;
  Hooks hooks;
  for (TransactionLevel* level = channel->innermost; level != outer;) {
    TransactionLevel* const next = level->parent_;
    level->changes_.tell(end, channel->pending_lock);
    hooks.splice(hooks.end(), level->on_rollback_);
    level->state_ = State::ended;
    level->parent_ = nullptr;
    level->channel_.reset();
    level = next;
  }
  channel->innermost = outer;
  return hooks;
}

void TransactionLevel::check_open(std::string_view what) const {
  if (!is_open()) throw StateError("can't " + std::string(what) + " a transaction that has ended");
}

// ---- TransactionScope ----

TransactionScope::~TransactionScope() {
  if (!is_open()) return;
  if (level_->session().pool().in_forked_child()) {
    static_cast<void>(level_.release());  // the parent's: nothing of it may be touched
    return;
  }
  run_quietly(level_->roll_back());
}

void TransactionScope::commit() { level_->commit(); }

void TransactionScope::rollback() {
  level_->check_open("roll back");
  level_->session().pool().check_process();
  run(level_->roll_back());
}

// ---- ReadSnapshot ----

namespace {

TransactionOptions snapshot_options() {
  TransactionOptions options;
  options.isolation = Isolation::repeatable_read;
  options.read_only = true;
  options.lock = BeginMode::deferred;
  return options;
}

}  // namespace

ReadSnapshot::ReadSnapshot(Session& session) {
  if (const Channel* channel = session.bound_channel(); channel != nullptr && channel->innermost != nullptr) return;
  scope_ = std::make_unique<TransactionScope>(session.begin_on(true, snapshot_options(), true));
}

void ReadSnapshot::end() {
  if (scope_ == nullptr || !scope_->is_open()) return;
  try {
    scope_->commit();
  } catch (const CommitUnknown&) {
    // Nothing was written, and all was read.
  } catch (const ConnectionLost&) {
  }
}

// ---- TransactionUse ----

TransactionUse::TransactionUse(const TransactionScope& scope) {
  if (!scope.is_open()) throw StateError("the transaction has ended");
  const std::shared_ptr<Channel>& channel = scope.level().channel_;
  if (scope.level().session().holds_connection())
    throw StateError("this thread is in a transaction already; end that first, or enter this one on another thread");
  if (channel->in_use.exchange(true))
    throw StateError("the transaction is in use by another thread; enter it once that has left it");
  channel_ = channel;
  channel_->bind();
}

TransactionUse::~TransactionUse() {
  channel_->unbind();
  channel_->in_use.store(false);
}

// ---- HeldSnapshot ----

HeldSnapshot::HeldSnapshot(Session& session) {
  if (session.pool_.options().size < 2) return;
  if (const Channel* channel = session.bound_channel(); channel != nullptr) return;
  scope_ = std::make_unique<TransactionScope>(session.begin_on(false, snapshot_options(), true));
}

HeldSnapshot::Use::Use(const HeldSnapshot& snapshot) {
  if (snapshot.scope_ == nullptr || !snapshot.scope_->is_open()) return;
  channel_ = snapshot.scope_->level().channel_;
  channel_->bind();
}

HeldSnapshot::Use::~Use() {
  if (channel_ != nullptr) channel_->unbind();
}

}  // namespace dorm
