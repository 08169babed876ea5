// soak/usage.hpp: what this process holds of the machine.
//
// Thread-safe; the numbers mean something only while no other thread works.
#pragma once

#include <cstddef>

namespace dorm::soak {

struct Usage {
  std::size_t heap = 0;      // bytes that are allocated and not freed
  std::size_t resident = 0;  // bytes of memory, after unused heap was given back
  std::size_t files = 0;     // open file descriptors, sockets among them
  std::size_t threads = 0;
};

Usage usage_now();

}  // namespace dorm::soak
