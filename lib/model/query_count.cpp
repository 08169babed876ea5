#include <atomic>
#include <mutex>

#include "dorm/database.hpp"

namespace dorm {

struct QueryCount::Impl final : Observer {
  void on_statement(const StatementEvent& event) noexcept override {
    if (event.internal) return;
    ++count;
    const std::lock_guard lock(mutex);
    texts.emplace_back(event.sql);
  }

  std::atomic<std::size_t> count{0};
  std::mutex mutex;
  std::vector<std::string> texts;  // guarded by mutex
};

QueryCount::QueryCount(const Database& database)
    : impl_(std::make_shared<Impl>()), registration_(database.add_observer(impl_)) {}
QueryCount::~QueryCount() = default;

std::size_t QueryCount::count() const noexcept { return impl_->count; }

std::vector<std::string> QueryCount::statements() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->texts;
}

void QueryCount::reset() {
  const std::lock_guard lock(impl_->mutex);
  impl_->count = 0;
  impl_->texts.clear();
}

}  // namespace dorm
