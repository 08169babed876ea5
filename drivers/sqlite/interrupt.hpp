// sqlite/interrupt.hpp: what stops a statement before its end: a deadline, cancel(), the limit of waiting for a lock.
//
// One thread at a time, except cancel(), which is thread-safe. Outlives every statement of its database.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "driver/driver.hpp"
#include "sqlite/errors.hpp"

namespace dorm::sqlite {

class Interrupt {
 public:
  Interrupt() = default;
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Installs the handlers of SQLite.
  void attach(sqlite3* database, std::chrono::milliseconds busy_timeout);
  // From here on cancel() does nothing.
  void detach() noexcept;

  // Makes what runs now fail; nothing that starts later is hit.
  void cancel() noexcept;

  // Why the operation was stopped, if it was.
  Stop stop() const noexcept;

  // From construction to destruction the connection is busy: cancel() and the deadline count.
  class Operation {
   public:
    Operation(Interrupt& interrupt, driver::Deadline deadline) noexcept;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    ~Operation();

   private:
    Interrupt& interrupt_;
  };

  // Whether the deadline has passed already.
  bool expired() noexcept;
  // Whether the deadline has passed or cancel() was called.
  bool should_stop() noexcept { return cancelled_.load(std::memory_order_relaxed) || expired(); }
  // From now on this operation waits for a lock; the result is when it must not wait any longer.
  driver::Clock::time_point start_waiting() noexcept;
  // Naps before the next attempt to get a lock, the first being 0; false once the time is up.
  bool wait_for_lock(int attempt) noexcept;

 private:
  static int on_progress(void* self) noexcept;
  static int on_busy(void* self, int attempt) noexcept;

  std::mutex mutex_;
  sqlite3* database_ = nullptr;  // guarded by mutex_
  bool running_ = false;         // guarded by mutex_
  std::atomic<bool> cancelled_{false};
  driver::Deadline deadline_;
  bool timed_out_ = false;
  std::chrono::milliseconds busy_timeout_{0};
  driver::Clock::time_point busy_since_;
  bool waited_before_ = false;  // this operation: busy_since_ is when that began
};

}  // namespace dorm::sqlite
