// session/pending_change.hpp: something that must hear how the transaction it was made in ends: a saved row, above all.
//
// Enlisted and told by the thread of the transaction; may die on any thread. Links into its transaction without
// allocation and leaves it by itself. While it is told, a lock is held: the functions must be short, must not destroy
// changes enlisted in another transaction, and must not wait for another thread. They may destroy the change itself.
#pragma once

#include <cstdint>

namespace dorm {

namespace detail {

struct PendingLink {
  PendingLink* previous = nullptr;
  PendingLink* next = nullptr;
};

}  // namespace detail

class PendingChange : private detail::PendingLink {
 public:
  PendingChange() = default;
  PendingChange(const PendingChange&) = delete;
  PendingChange& operator=(const PendingChange&) = delete;

  // Exactly one of these is called, after the outermost transaction has ended or a savepoint around it was rolled back;
  // the change is no longer enlisted then. Newest first on rollback, oldest first on commit.
  virtual void committed() noexcept = 0;
  virtual void rolled_back() noexcept = 0;
  virtual void in_doubt() noexcept {}  // CommitUnknown

  bool is_pending() const noexcept { return enlisted_; }  // meaningful on the transaction's thread
  // Leaves the transaction unheard. A derived class calls this first thing in its destructor, since it may be told
  // until then.
  void withdraw() noexcept;

 protected:
  virtual ~PendingChange() { withdraw(); }

 private:
  friend class PendingChanges;
  bool enlisted_ = false;  // guarded by the lock of the list, once enlisted
  std::uint8_t lock_ = 0;  // which one; 0 = was never enlisted
};

// The changes of one transaction level. Told, spliced and enlisted to by one thread; changes leave from any.
class PendingChanges {
 public:
  PendingChanges() noexcept { clear(); }
  PendingChanges(const PendingChanges&) = delete;
  PendingChanges& operator=(const PendingChanges&) = delete;

  enum class End : std::uint8_t { committed, rolled_back, in_doubt };

  // `lock` is the same for all levels of one transaction: next_lock().
  void enlist(PendingChange& change, std::uint8_t lock) noexcept;
  void append(PendingChanges& later, std::uint8_t lock) noexcept;  // takes all of them over
  void tell(End end, std::uint8_t lock) noexcept;

  static std::uint8_t next_lock() noexcept;

 private:
  void clear() noexcept { head_.previous = head_.next = &head_; }

  detail::PendingLink head_;  // a ring
};

}  // namespace dorm
