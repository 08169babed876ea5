#include "sqlite/writer_queue.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <new>
#include <utility>

namespace dorm::sqlite {
namespace {

// How often a waiter looks whether it was cancelled.
constexpr std::chrono::milliseconds look{20};

}  // namespace

std::shared_ptr<WriterQueue> WriterQueue::of(const char* path) {
  struct stat file {};
  // One file may have several names.
  if (path == nullptr || *path == '\0' || ::stat(path, &file) != 0) return nullptr;
  static std::mutex guard;
  static std::map<std::pair<dev_t, ino_t>, std::weak_ptr<WriterQueue>> queues;  // guarded by `guard`
  const std::lock_guard lock(guard);
  std::erase_if(queues, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<WriterQueue>& known = queues[{file.st_dev, file.st_ino}];
  std::shared_ptr<WriterQueue> queue = known.lock();
  if (queue == nullptr) known = queue = std::make_shared<WriterQueue>();
  return queue;
}

WriterQueue::Turn& WriterQueue::Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    end();
    queue_ = std::move(other.queue_);
  }
  return *this;
}

void WriterQueue::Turn::end() noexcept {
  if (const std::shared_ptr<WriterQueue> queue = std::exchange(queue_, nullptr)) queue->pass_on();
}

WriterQueue::Turn WriterQueue::wait(const std::shared_ptr<WriterQueue>& queue, Interrupt& interrupt) {
  if (queue == nullptr) return {};
  std::unique_lock lock(queue->mutex_);
  if (!std::exchange(queue->taken_, true)) return Turn(queue);
  Waiter waiter;
  queue->waiting_.push_back(&waiter);
  const driver::Clock::time_point end = interrupt.start_waiting();
  while (!waiter.is_next) {
    const auto now = driver::Clock::now();
    if (now >= end || interrupt.should_stop()) {
      std::erase(queue->waiting_, &waiter);
      return {};
    }
    waiter.called.wait_until(lock, std::min(end, now + look));
  }
  return Turn(queue);
}

void WriterQueue::leak(std::shared_ptr<WriterQueue> queue) noexcept {
  if (queue != nullptr) static_cast<void>(new (std::nothrow) std::shared_ptr<WriterQueue>(std::move(queue)));
}

std::size_t WriterQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void WriterQueue::pass_on() noexcept {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    taken_ = false;
    return;
  }
  Waiter* next = waiting_.front();
  waiting_.pop_front();
  next->is_next = true;
  // Under the lock: once it is let go, the waiter may be gone.
  next->called.notify_one();
}

}  // namespace dorm::sqlite
