#include "session/process.hpp"

#include <pthread.h>

#include <atomic>

namespace dorm {
namespace {

std::atomic<std::uint32_t> forks{0};

// getpid() is a system call since glibc 2.25; a handler in the child is free for everybody else.
[[maybe_unused]] bool watch_forks() noexcept {
  pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  return true;
}

}  // namespace

std::uint32_t process_generation() noexcept {
  static const bool watching = watch_forks();
  static_cast<void>(watching);
  return forks.load(std::memory_order_relaxed);
}

}  // namespace dorm
