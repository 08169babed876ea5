#include "session/query_counter.hpp"

#include <atomic>
#include <mutex>

#include "dorm/observer.hpp"
#include "session/session.hpp"

namespace dorm {

class QueryCounter::Counts final : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    if (event.internal) {
      bookkeeping.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::scoped_lock lock(mutex);
    statements.emplace_back(event.sql);
  }

  std::atomic<std::size_t> bookkeeping{0};
  mutable std::mutex mutex;
  std::vector<std::string> statements;  // guarded by mutex
};

QueryCounter::QueryCounter(Session& session)
    : counts_(std::make_shared<Counts>()), registration_(session.add_observer(counts_)) {}
QueryCounter::~QueryCounter() = default;

std::size_t QueryCounter::queries() const noexcept {
  const std::scoped_lock lock(counts_->mutex);
  return counts_->statements.size();
}

std::size_t QueryCounter::bookkeeping() const noexcept { return counts_->bookkeeping.load(std::memory_order_relaxed); }

std::vector<std::string> QueryCounter::statements() const {
  const std::scoped_lock lock(counts_->mutex);
  return counts_->statements;
}

void QueryCounter::reset() {
  const std::scoped_lock lock(counts_->mutex);
  counts_->statements.clear();
  counts_->bookkeeping.store(0, std::memory_order_relaxed);
}

}  // namespace dorm
