// postgres/wait.hpp: waiting for a socket, never longer than a deadline. The only place where the driver waits.
//
// Thread-safe.
#pragma once

#include "driver/driver.hpp"

namespace dorm::postgres {

// poll() until one of `events` or an error is there: what poll() reports, or 0 once the deadline has passed.
short wait_for(int socket, short events, driver::Deadline deadline) noexcept;

bool has_passed(driver::Deadline deadline) noexcept;
// The earlier of a deadline and a time from now.
driver::Deadline at_most(driver::Deadline deadline, std::chrono::milliseconds time) noexcept;

}  // namespace dorm::postgres
