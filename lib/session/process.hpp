// session/process.hpp: tells a process from its forks without a system call.
//
// Thread-safe.
#pragma once

#include <cstdint>

namespace dorm {

// How many forks lie between the first process and this one, counted from the first call on.
std::uint32_t process_generation() noexcept;

}  // namespace dorm
