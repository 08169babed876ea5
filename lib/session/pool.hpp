// session/pool.hpp: the connections of one database, lent to one thread at a time.
//
// Thread-safe. Never more than options.size connections; who waits is served in order of arrival. The checkout timeout bounds
// waiting, checking and connecting together: connecting happens outside the lock with that deadline, so a host that hangs holds
// up nobody else. A Lease must not outlive its Pool. Throws PoolTimeout, ConnectFailed, and StateError in a forked child, where
// the connections of the parent are left alone.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dorm/config.hpp"
#include "driver/driver.hpp"

namespace dorm {

class Pool;

namespace detail {

// One of the pool's places; while it is lent, all but `connection` is guarded by the pool's mutex.
struct PoolSlot {
  std::unique_ptr<driver::Connection> connection;  // null: a permit to connect
  std::uint64_t generation = 0;
  driver::Clock::time_point expires;
  driver::Clock::time_point idle_since;
  driver::Clock::time_point lent_since;
  std::thread::id holder;
  bool lent = false;
  bool reported = false;  // as leaked
  bool doubtful = false;  // of the holder: reset before the next one gets it
  std::array<char, 120> purpose{};  // the first statement of a long lease, cut
};

}  // namespace detail

// A connection, back in its pool when this dies. Move-only. One thread at a time.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept : pool_(other.pool_), slot_(other.slot_) { other.slot_ = nullptr; }
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { give_back(); }

  explicit operator bool() const noexcept { return slot_ != nullptr; }
  driver::Connection& operator*() const noexcept { return *slot_->connection; }
  driver::Connection* operator->() const noexcept { return slot_->connection.get(); }

  // An open transaction is rolled back first; what is not usable is closed.
  void give_back() noexcept;
  void discard() noexcept;  // closed instead of pooled
  // Its state may differ from a fresh one's (SET, PRAGMA): reset before it is pooled.
  void mark_doubtful() noexcept { slot_->doubtful = true; }
  // What it was taken for, for the report of a leak; the first one stays.
  void describe(std::string_view purpose) noexcept;

 private:
  friend class Pool;
  Lease(Pool* pool, detail::PoolSlot* slot) noexcept : pool_(pool), slot_(slot) {}

  Pool* pool_ = nullptr;
  detail::PoolSlot* slot_ = nullptr;
};

class Pool {
 public:
  using Connect = std::function<std::unique_ptr<driver::Connection>(driver::Deadline)>;
  using Warn = std::function<void(std::string_view)>;

  Pool(std::string name, const PoolOptions& options, Connect connect, Warn warn);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  Lease checkout();
  // The server hung up on this one: every idle connection opened before is closed, every lent one when it comes back.
  void connection_lost(const Lease& lease) noexcept;

  struct Counts {
    std::size_t idle = 0;
    std::size_t lent = 0;
    std::size_t connecting = 0;
    std::size_t waiting = 0;
  };
  Counts counts() const;
  const PoolOptions& options() const noexcept { return options_; }

  // Throws StateError if this process is a fork of the one that made the pool.
  void check_process() const;
  bool in_forked_child() const noexcept;

 private:
  friend class Lease;
  using Slot = detail::PoolSlot;
  using Clock = driver::Clock;
  using Time = Clock::time_point;
  using Lock = std::unique_lock<std::mutex>;

  // Waits on its own condition, in the order of tickets.
  struct Waiter {
    std::uint64_t ticket = 0;
    bool has_permit = false;  // waits to connect again; takes a connection, not another permit
    Slot* slot = nullptr;     // what it was given
    std::condition_variable given;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
  };

  Slot* take(Lock& lock, std::uint64_t ticket, Time deadline);
  bool is_fit(Slot& slot, Time now, Time deadline) noexcept;
  void connect(Slot& slot, std::uint64_t ticket, Time deadline);
  Slot* wait_to_connect(Lock& lock, Slot& slot, std::uint64_t ticket, Time deadline);
  void give_back(Slot& slot, bool keep) noexcept;
  void close_and_give(Slot& slot, Lock& lock) noexcept;
  void give(Slot& slot) noexcept;
  void lend(Slot& slot, Time now) noexcept;
  void retire_idle(Lock& lock) noexcept;
  void enqueue(Waiter& waiter) noexcept;
  void dequeue(Waiter& waiter) noexcept;
  bool is_stale(const Slot& slot, Time now) const noexcept;
  std::vector<std::string> leaks(Time now);
  std::string timeout_message(Time now) const;
  std::chrono::milliseconds next_backoff() noexcept;

  const std::string name_;
  const PoolOptions options_;
  const Connect connect_;
  const Warn warn_;
  const std::uint32_t process_;  // number of forks that led to this process

  mutable std::mutex mutex_;  // guards everything below
  std::unique_ptr<Slot[]> slots_;
  std::vector<Slot*> free_;
  std::vector<Slot*> idle_;  // the last one is the warmest
  Waiter* first_waiter_ = nullptr;
  Waiter* last_waiter_ = nullptr;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t generation_ = 0;
  unsigned failures_ = 0;  // connects in a row that failed for a passing reason
  Time next_connect_;      // not before, while failures_ > 0
  std::uint64_t random_;
};

}  // namespace dorm
