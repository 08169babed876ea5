#include "session/pending_change.hpp"

#include <array>
#include <atomic>
#include <mutex>

namespace dorm {
namespace {

// A change that dies on another thread must find its lock even if its transaction is gone, so the locks belong to
// nobody. Recursive: a change that is told may destroy changes of the same transaction.
constexpr std::uint8_t lock_count = 16;

std::recursive_mutex& lock_number(std::uint8_t number) noexcept {
  static std::array<std::recursive_mutex, lock_count> locks;
  return locks[number - 1U];
}

}  // namespace

void PendingChange::withdraw() noexcept {
  if (lock_ == 0) return;
  const std::scoped_lock lock(lock_number(lock_));
  if (!enlisted_) return;
  previous->next = next;
  next->previous = previous;
  enlisted_ = false;
}

void PendingChanges::enlist(PendingChange& change, std::uint8_t lock) noexcept {
  change.withdraw();
  const std::scoped_lock guard(lock_number(lock));
  change.lock_ = lock;
  change.enlisted_ = true;
  detail::PendingLink& link = change;
  link.previous = head_.previous;
  link.next = &head_;
  link.previous->next = &link;
  head_.previous = &link;
}

void PendingChanges::append(PendingChanges& later, std::uint8_t lock) noexcept {
  const std::scoped_lock guard(lock_number(lock));
  if (later.head_.next == &later.head_) return;
  head_.previous->next = later.head_.next;
  later.head_.next->previous = head_.previous;
  later.head_.previous->next = &head_;
  head_.previous = later.head_.previous;
  later.clear();
}

void PendingChanges::tell(End end, std::uint8_t lock) noexcept {
  const std::scoped_lock guard(lock_number(lock));
  while (head_.next != &head_) {
    detail::PendingLink& link = end == End::rolled_back ? *head_.previous : *head_.next;
    link.previous->next = link.next;
    link.next->previous = link.previous;
    PendingChange& change = static_cast<PendingChange&>(link);
    change.enlisted_ = false;
    switch (end) {
      case End::committed:
        change.committed();
        break;
      case End::rolled_back:
        change.rolled_back();
        break;
      case End::in_doubt:
        change.in_doubt();
        break;
    }
  }
}

std::uint8_t PendingChanges::next_lock() noexcept {
  static std::atomic<std::uint32_t> last{0};
  return static_cast<std::uint8_t>(last.fetch_add(1, std::memory_order_relaxed) % lock_count + 1);
}

}  // namespace dorm
