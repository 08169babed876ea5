#include "session/pool.hpp"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "session/process.hpp"
#include "session/random.hpp"

namespace dorm {
namespace {

using std::chrono::milliseconds;
using Clock = driver::Clock;

constexpr milliseconds reset_timeout{5'000};
constexpr milliseconds longest_ping{1'000};
constexpr milliseconds first_backoff{50};
constexpr milliseconds longest_backoff{2'000};

std::string seconds_text(Clock::duration duration) {
  const auto tenths = std::chrono::duration_cast<milliseconds>(duration).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string taken_for(const detail::PoolSlot& slot) {
  return slot.purpose.front() == '\0' ? std::string() : ", taken for " + quote(slot.purpose.data());
}

}  // namespace

// ---- Lease ----

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pool_ = other.pool_;
  slot_ = std::exchange(other.slot_, nullptr);
  return *this;
}

void Lease::give_back() noexcept {
  if (slot_ != nullptr) pool_->give_back(*std::exchange(slot_, nullptr), true);
}

void Lease::discard() noexcept {
  if (slot_ != nullptr) pool_->give_back(*std::exchange(slot_, nullptr), false);
}

void Lease::describe(std::string_view purpose) noexcept {
  const std::scoped_lock lock(pool_->mutex_);
  if (slot_->purpose.front() != '\0') return;
  const std::size_t size = std::min(purpose.size(), slot_->purpose.size() - 1);
  std::copy_n(purpose.data(), size, slot_->purpose.data());
  slot_->purpose[size] = '\0';
}

// ---- Pool ----

Pool::Pool(std::string name, const PoolOptions& options, Connect connect, Warn warn)
    : name_(std::move(name)),
      options_(options),
      connect_(std::move(connect)),
      warn_(std::move(warn)),
      process_(process_generation()),
      random_(random_seed()) {
  if (options_.size == 0)
    throw ConfigError("the pool of " + quote(name_) + " has size 0; give it at least one connection");
  slots_ = std::make_unique<Slot[]>(options_.size);
  free_.reserve(options_.size);
  idle_.reserve(options_.size);
  for (std::size_t i = options_.size; i > 0; --i) free_.push_back(&slots_[i - 1]);
}

Pool::~Pool() {
  if (!in_forked_child()) return;
  // Closing them here would say good-bye to the server in the parent's name.
  for (std::size_t i = 0; i < options_.size; ++i) static_cast<void>(slots_[i].connection.release());
}

bool Pool::in_forked_child() const noexcept { return process_ != process_generation(); }

void Pool::check_process() const {
  if (!in_forked_child()) return;
  throw StateError("the connections of " + quote(name_) +
                   " belong to the process that was forked; open the database again in the child");
}

Lease Pool::checkout() {
  check_process();
  const Time start = Clock::now();
  const Time deadline = start + options_.checkout_timeout;
  Lock lock(mutex_);
  const std::uint64_t ticket = ++last_ticket_;
  Slot* slot = take(lock, ticket, deadline);
  if (slot->connection != nullptr) {
    if (!is_retired(*slot, start) && !idled_out(*slot, start)) {
      lock.unlock();
      if (is_fit(*slot, start, deadline)) return {this, slot};
      lock.lock();
    }
    close(lock, *slot);
  }
  return {this, connect(lock, slot, ticket, deadline)};
}

Pool::Slot* Pool::take(Lock& lock, std::uint64_t ticket, Time deadline) {
  // What is on a shelf is nobody's turn: while anybody waits, both are empty.
  if (!idle_.empty()) {
    Slot* slot = idle_.back();
    idle_.pop_back();
    lend(*slot, deadline - options_.checkout_timeout);
    return slot;
  }
  if (!free_.empty()) {
    Slot* slot = free_.back();
    free_.pop_back();
    slot->state = Slot::State::connecting;
    return slot;
  }
  std::vector<std::string> leaks;
  const Time now = Clock::now();
  for (std::size_t i = 0; i < options_.size; ++i) {
    if (!is_leaked(slots_[i], now)) continue;
    leaks.push_back(leak_text(slots_[i], now));
    slots_[i].reported = true;
  }
  Waiter self;
  self.ticket = ticket;
  enqueue(self);
  if (!leaks.empty()) {
    lock.unlock();
    for (const std::string& leak : leaks) warn(leak);
    lock.lock();
  }
  self.given.wait_until(lock, deadline, [&] { return self.slot != nullptr; });
  if (self.slot == nullptr) {
    dequeue(self);
    throw PoolTimeout(timeout_text(Clock::now()));
  }
  if (self.slot->connection != nullptr) lend(*self.slot, Clock::now());
  return self.slot;
}

bool Pool::is_fit(Slot& slot, Time now, Time deadline) noexcept {
  driver::Connection& connection = *slot.connection;
  if (!connection.passive_check()) return false;
  if (options_.ping_after.count() == 0 || now - slot.idle_since <= options_.ping_after) return true;
  const Time limit = Clock::now() + std::min(longest_ping, options_.checkout_timeout / 2);
  if (connection.ping(std::min(limit, deadline))) return true;
  // The others may be as dead, and asking each would take as long again.
  retire(slot.generation);
  return false;
}

Pool::Slot* Pool::connect(Lock& lock, Slot* permit, std::uint64_t ticket, Time deadline) {
  for (;;) {
    if (Slot* given = wait_for_turn_to_connect(lock, permit, ticket, deadline)) return given;
    if (Clock::now() >= deadline) {
      give(*permit);
      throw PoolTimeout(timeout_text(Clock::now()));
    }
    // One probe at a time while the server is away; the others wait for what it finds.
    if (failures_ > 0) next_connect_ = Clock::now() + longest_backoff;
    const std::uint64_t generation = generation_;
    lock.unlock();
    try {
      permit->connection = connect_(deadline);
    } catch (const ConnectFailed& error) {
      lock.lock();
      note_connect_failure(error);
      if (!error.retryable()) {
        give(*permit);
        throw;
      }
      continue;
    } catch (const StatementTimeout& error) {
      lock.lock();
      note_connect_failure(error);
      continue;
    } catch (...) {
      lock.lock();
      note_connect_success();
      give(*permit);
      throw;
    }
    const Time now = Clock::now();
    lock.lock();
    note_connect_success();
    permit->generation = generation;
    const milliseconds less = random_delay(random_, options_.max_lifetime / 10);
    permit->expires = options_.max_lifetime.count() == 0 ? Time::max() : now + options_.max_lifetime - less;
    permit->idle_since = now;
    permit->doubtful = false;
    lend(*permit, now);
    return permit;
  }
}

// Null once this thread may connect; a connection that came back meanwhile, in another slot; or throws, at the
// deadline.
Pool::Slot* Pool::wait_for_turn_to_connect(Lock& lock, Slot* permit, std::uint64_t ticket, Time deadline) {
  while (failures_ > 0) {
    const Time now = Clock::now();
    if (now >= deadline) {
      give(*permit);
      throw ConnectFailed(last_failure_, last_details_);
    }
    // Given back while this thread tried to connect and stood in no line.
    if (!idle_.empty()) {
      Slot* slot = idle_.back();
      idle_.pop_back();
      lend(*slot, now);
      give(*permit);
      return slot;
    }
    if (now >= next_connect_) return nullptr;
    Waiter self;
    self.ticket = ticket;
    self.has_permit = true;
    enqueue(self);
    const Time until = std::min(deadline, next_connect_);  // a copy: next_connect_ moves on while this thread sleeps
    self.given.wait_until(lock, until, [&] { return self.slot != nullptr || failures_ == 0; });
    if (self.slot != nullptr) {
      lend(*self.slot, Clock::now());
      give(*permit);
      return self.slot;
    }
    dequeue(self);
  }
  return nullptr;
}

void Pool::note_connect_failure(const Error& error) {
  if (!error.retryable() && dynamic_cast<const StatementTimeout*>(&error) == nullptr) return note_connect_success();
  ++failures_;
  last_failure_ = error.what();
  last_details_ = error.details();
  last_details_.retryable = true;
  const milliseconds cap = std::min(longest_backoff, first_backoff * (1U << std::min(failures_ - 1, 10U)));
  next_connect_ = Clock::now() + cap / 2 + random_delay(random_, cap / 2);
}

// The server answers: who waits to try again need not.
void Pool::note_connect_success() noexcept {
  if (failures_ == 0) return;
  failures_ = 0;
  for (Waiter* waiter = first_waiter_; waiter != nullptr; waiter = waiter->next)
    if (waiter->has_permit) waiter->given.notify_one();
}

void Pool::give_back(Slot& slot, bool keep) noexcept {
  if (in_forked_child()) {
    static_cast<void>(slot.connection.release());  // the parent's, and the mutex may be locked for ever here
    return;
  }
  driver::Connection& connection = *slot.connection;
  keep = keep && connection.usable();
  if (keep && (slot.doubtful || connection.status() != driver::TransactionStatus::idle)) {
    try {
      connection.reset(Clock::now() + reset_timeout);
      keep = connection.usable();
    } catch (const std::exception&) {
      keep = false;
    }
    slot.doubtful = false;
  }
  const Time now = Clock::now();
  Lock lock(mutex_);
  if (is_leaked(slot, now)) {
    slot.reported = true;
    const std::string text = leak_text(slot, now);
    lock.unlock();
    warn(text);
    lock.lock();
  }
  if (keep && !is_retired(slot, now)) {
    slot.idle_since = now;
  } else {
    close(lock, slot);
  }
  give(slot);
  if (idle_.size() > 1 && idled_out(*idle_.front(), now)) {
    Slot& coldest = *idle_.front();
    idle_.erase(idle_.begin());
    close(lock, coldest);
    give(coldest);
  }
}

void Pool::connection_lost(const Lease& lease) noexcept { retire(lease.slot_->generation); }

void Pool::retire(std::uint64_t generation) noexcept {
  Lock lock(mutex_);
  if (generation != generation_) return;  // known already
  ++generation_;
  for (;;) {
    const auto old =
        std::find_if(idle_.begin(), idle_.end(), [&](const Slot* slot) { return slot->generation != generation_; });
    if (old == idle_.end()) return;
    Slot& slot = **old;
    idle_.erase(old);
    close(lock, slot);
    give(slot);
  }
}

void Pool::close(Lock& lock, Slot& slot) noexcept {
  // Counted until it is closed, so that the server never sees more than options.size.
  slot.state = Slot::State::connecting;
  lock.unlock();
  slot.connection.reset();
  lock.lock();
}

void Pool::give(Slot& slot) noexcept {
  const bool ready = slot.connection != nullptr;
  for (Waiter* waiter = first_waiter_; waiter != nullptr; waiter = waiter->next) {
    if (!ready && waiter->has_permit) continue;
    dequeue(*waiter);
    slot.state = ready ? Slot::State::lent : Slot::State::connecting;
    slot.lent_since = Time::max();  // until the waiter has woken up
    waiter->slot = &slot;
    waiter->given.notify_one();  // under the lock: the waiter lives on another stack and goes away once it may
    return;
  }
  slot.state = ready ? Slot::State::idle : Slot::State::free;
  (ready ? idle_ : free_).push_back(&slot);
}

void Pool::lend(Slot& slot, Time now) noexcept {
  slot.state = Slot::State::lent;
  slot.lent_since = now;
  slot.holder = std::this_thread::get_id();
  slot.reported = false;
  slot.purpose.front() = '\0';
}

void Pool::enqueue(Waiter& waiter) noexcept {
  Waiter* after = last_waiter_;
  while (after != nullptr && after->ticket > waiter.ticket) after = after->previous;
  waiter.previous = after;
  waiter.next = after == nullptr ? first_waiter_ : after->next;
  (waiter.next == nullptr ? last_waiter_ : waiter.next->previous) = &waiter;
  (after == nullptr ? first_waiter_ : after->next) = &waiter;
}

void Pool::dequeue(Waiter& waiter) noexcept {
  (waiter.previous == nullptr ? first_waiter_ : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? last_waiter_ : waiter.next->previous) = waiter.previous;
}

bool Pool::is_retired(const Slot& slot, Time now) const noexcept {
  return slot.generation != generation_ || now >= slot.expires;
}

bool Pool::idled_out(const Slot& slot, Time now) const noexcept {
  return options_.idle_timeout.count() != 0 && now - slot.idle_since > options_.idle_timeout;
}

bool Pool::is_leaked(const Slot& slot, Time now) const noexcept {
  return options_.leak_warning.count() != 0 && slot.state == Slot::State::lent && !slot.reported &&
         slot.lent_since < now - options_.leak_warning;
}

std::string Pool::leak_text(const Slot& slot, Time now) const {
  std::ostringstream text;
  text << "a connection has been held for " << seconds_text(now - slot.lent_since) << " by thread " << slot.holder
       << taken_for(slot);
  return text.str();
}

std::string Pool::timeout_text(Time now) const {
  const Slot* oldest = nullptr;
  for (std::size_t i = 0; i < options_.size; ++i) {
    const Slot& slot = slots_[i];
    if (slot.state != Slot::State::lent || slot.lent_since > now) continue;
    if (oldest == nullptr || slot.lent_since < oldest->lent_since) oldest = &slot;
  }
  std::string text = "no connection to " + quote(name_) + " became free within " +
                     std::to_string(options_.checkout_timeout.count()) + " ms; all " + std::to_string(options_.size) +
                     " are in use";
  if (oldest != nullptr) text += ", the longest for " + seconds_text(now - oldest->lent_since) + taken_for(*oldest);
  return text;
}

void Pool::warn(const std::string& text) const noexcept {
  if (warn_) warn_(text);
}

Pool::Counts Pool::counts() const {
  const std::scoped_lock lock(mutex_);
  Counts counts;
  for (std::size_t i = 0; i < options_.size; ++i) {
    counts.idle += slots_[i].state == Slot::State::idle ? 1U : 0U;
    counts.lent += slots_[i].state == Slot::State::lent ? 1U : 0U;
    counts.connecting += slots_[i].state == Slot::State::connecting ? 1U : 0U;
  }
  for (const Waiter* waiter = first_waiter_; waiter != nullptr; waiter = waiter->next) ++counts.waiting;
  return counts;
}

}  // namespace dorm
