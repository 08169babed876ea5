// sqlite/writer_queue.hpp: whose turn it is to write to a database file, among the connections of this process.
//
// SQLite has one writer at a time and lets the others ask again and again, in no order: under load one of them may wait
// for ever. Here they stand in line; other processes are still met by asking again. Thread-safe; a Turn belongs to one
// connection, whichever thread uses it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "sqlite/interrupt.hpp"

namespace dorm::sqlite {

class WriterQueue {
 public:
  // That of a database file, shared by all connections to it; null for an empty path, which is memory.
  static std::shared_ptr<WriterQueue> of(const char* path);

  // The right to write, given back when it dies.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept : queue_(std::move(other.queue_)) {}
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { end(); }
    explicit operator bool() const noexcept { return queue_ != nullptr; }
    void end() noexcept;
    void leak() noexcept { WriterQueue::leak(std::move(queue_)); }

   private:
    friend class WriterQueue;
    explicit Turn(std::shared_ptr<WriterQueue> queue) noexcept : queue_(std::move(queue)) {}
    std::shared_ptr<WriterQueue> queue_;
  };

  // Waits for all who came before. Without a turn once the connection must not wait any longer: then SQLite, asked all
  // the same, says what is to be said.
  static Turn wait(const std::shared_ptr<WriterQueue>& queue, Interrupt& interrupt);
  // Forgets the queue without touching it.
  static void leak(std::shared_ptr<WriterQueue> queue) noexcept;
  std::size_t waiting() const;  // how many stand in line now

 private:
  struct Waiter {
    std::condition_variable called;
    bool is_next = false;
  };

  void pass_on() noexcept;

  mutable std::mutex mutex_;
  bool taken_ = false;           // guarded by mutex_
  std::deque<Waiter*> waiting_;  // guarded by mutex_
};

}  // namespace dorm::sqlite
