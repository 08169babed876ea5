// api/allocations.hpp: how often this thread has called operator new. A program that has allocations.cpp among its
// sources replaces operator new and delete.
#pragma once

#include <cstddef>

namespace dorm::test {

std::size_t allocations() noexcept;

}  // namespace dorm::test
