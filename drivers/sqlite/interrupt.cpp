#include "sqlite/interrupt.hpp"

#include <algorithm>
#include <thread>

namespace dorm::sqlite {
namespace {

// Operations of SQLite's virtual machine between two looks at the clock: well below a millisecond.
constexpr int operations_per_look = 1000;
constexpr std::chrono::milliseconds longest_nap{20};

}  // namespace

void Interrupt::attach(sqlite3* database, std::chrono::milliseconds busy_timeout) {
  busy_timeout_ = busy_timeout;
  sqlite3_progress_handler(database, operations_per_look, on_progress, this);
  sqlite3_busy_handler(database, on_busy, this);
  const std::lock_guard lock(mutex_);
  database_ = database;
}

void Interrupt::detach() noexcept {
  const std::lock_guard lock(mutex_);
  database_ = nullptr;
}

void Interrupt::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  if (!running_ || database_ == nullptr) return;
  // SQLite forgets an interrupt that comes just before the first step; the flag is seen by the handlers.
  cancelled_.store(true, std::memory_order_relaxed);
  sqlite3_interrupt(database_);
}

Stop Interrupt::stop() const noexcept {
  if (cancelled_.load(std::memory_order_relaxed)) return Stop::cancelled;
  return timed_out_ ? Stop::timed_out : Stop::none;
}

bool Interrupt::expired() noexcept {
  if (deadline_ && driver::Clock::now() >= *deadline_) timed_out_ = true;
  return timed_out_;
}

int Interrupt::on_progress(void* self) noexcept { return static_cast<Interrupt*>(self)->should_stop() ? 1 : 0; }

int Interrupt::on_busy(void* self, int attempt) noexcept {
  return static_cast<Interrupt*>(self)->wait_for_lock(attempt) ? 1 : 0;
}

driver::Clock::time_point Interrupt::start_waiting() noexcept {
  busy_since_ = driver::Clock::now();
  waited_before_ = true;
  const driver::Clock::time_point end = busy_since_ + busy_timeout_;
  return deadline_ ? std::min(end, *deadline_) : end;
}

bool Interrupt::wait_for_lock(int attempt) noexcept {
  if (should_stop()) return false;
  const auto now = driver::Clock::now();
  if (attempt == 0 && !waited_before_) busy_since_ = now;
  const auto end = busy_since_ + busy_timeout_;
  if (now >= end) return false;
  auto until = std::min(end, now + std::min(longest_nap, std::chrono::milliseconds(attempt + 1)));
  if (deadline_) until = std::min(until, *deadline_);
  std::this_thread::sleep_until(until);
  return true;
}

Interrupt::Operation::Operation(Interrupt& interrupt, driver::Deadline deadline) noexcept : interrupt_(interrupt) {
  interrupt_.deadline_ = deadline;
  interrupt_.timed_out_ = false;
  interrupt_.waited_before_ = false;
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.cancelled_.store(false, std::memory_order_relaxed);
  interrupt_.running_ = true;
}

Interrupt::Operation::~Operation() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.running_ = false;
}

}  // namespace dorm::sqlite
