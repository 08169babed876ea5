// session/pool.hpp: the connections of one database, lent to one thread at a time.
//
// Thread-safe. Never more than options.size connections; who waits is served in order of arrival. The checkout timeout
// bounds waiting, checking and connecting together: connecting happens outside the lock with that deadline, so a host
// that hangs holds up nobody else. A Lease must not outlive its Pool. Throws PoolTimeout, ConnectFailed, and StateError
// in a forked child, where the connections of the parent are left alone.
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
#include "dorm/error.hpp"
#include "driver/driver.hpp"

namespace dorm {

class Pool;

namespace detail {

// One of the pool's places. Who holds it uses `connection` and `doubtful`; the rest is guarded by the pool's mutex.
struct PoolSlot {
  enum class State : std::uint8_t { free, connecting, idle, lent };

  std::unique_ptr<driver::Connection> connection;  // null: room for one, a permit to connect
  State state = State::free;
  bool doubtful = false;  // reset before the next one gets it
  bool reported = false;  // as leaked
  std::uint64_t generation = 0;
  driver::Clock::time_point expires;
  driver::Clock::time_point idle_since;
  driver::Clock::time_point lent_since;
  std::thread::id holder;
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

  // Somebody in the queue, in the order of tickets.
  struct Waiter {
    std::uint64_t ticket = 0;
    bool has_permit = false;  // waits to connect again; takes a connection, not another permit
    Slot* slot = nullptr;     // what it was given
    std::condition_variable given;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
  };

  // These hold the lock when they are called and when they return; a slot is a connection, or a permit if it has none.
  Slot* take(Lock& lock, std::uint64_t ticket, Time deadline);
  Slot* connect(Lock& lock, Slot* permit, std::uint64_t ticket, Time deadline);
  Slot* wait_for_turn_to_connect(Lock& lock, Slot* permit, std::uint64_t ticket, Time deadline);
  void note_connect_failure(const Error& error);
  void note_connect_success() noexcept;
  void close(Lock& lock, Slot& slot) noexcept;  // makes a connection a permit
  void give(Slot& slot) noexcept;               // to whoever waits, or to the shelf
  void lend(Slot& slot, Time now) noexcept;
  void enqueue(Waiter& waiter) noexcept;
  void dequeue(Waiter& waiter) noexcept;
  bool is_retired(const Slot& slot, Time now) const noexcept;
  bool idled_out(const Slot& slot, Time now) const noexcept;
  bool is_leaked(const Slot& slot, Time now) const noexcept;
  std::string leak_text(const Slot& slot, Time now) const;
  std::string timeout_text(Time now) const;

  // Without the lock.
  void retire(std::uint64_t generation) noexcept;
  bool is_fit(Slot& slot, Time now, Time deadline) noexcept;
  void give_back(Slot& slot, bool keep) noexcept;
  void warn(const std::string& text) const noexcept;

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
  std::string last_failure_;
  ErrorDetails last_details_;
  std::uint64_t random_;
};

}  // namespace dorm
