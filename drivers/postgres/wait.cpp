#include "postgres/wait.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace dorm::postgres {
namespace {

// Rounded up: waking early would spin until the deadline is really there.
int milliseconds_until(driver::Deadline deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - driver::Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

}  // namespace

bool has_passed(driver::Deadline deadline) noexcept { return deadline && driver::Clock::now() >= *deadline; }

driver::Deadline at_most(driver::Deadline deadline, std::chrono::milliseconds time) noexcept {
  const auto limit = driver::Clock::now() + time;
  return deadline ? std::min(*deadline, limit) : limit;
}

short wait_for(int socket, short events, driver::Deadline deadline) noexcept {
  for (;;) {
    if (has_passed(deadline)) return 0;
    pollfd descriptor{socket, events, 0};
    const int ready = ::poll(&descriptor, 1, milliseconds_until(deadline));
    if (ready > 0) return descriptor.revents;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
}

}  // namespace dorm::postgres
