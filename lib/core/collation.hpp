// core/collation.hpp: the collation that every backend has, under whichever of its names.
#pragma once

#include <string_view>

#include "core/text.hpp"

namespace dorm {

// PostgreSQL's "C" and SQLite's "BINARY" both compare bytes.
inline bool compares_bytes(std::string_view collation) noexcept {
  return equal_ignoring_case(collation, "C") || equal_ignoring_case(collation, "BINARY");
}

}  // namespace dorm
