// core/scaled.hpp: decimals as integers of 64 bits, as a database without decimals of its own keeps them.
#pragma once

#include <cstdint>

#include "dorm/type.hpp"

namespace dorm {

// The digits that every integer of 64 bits has room for.
inline constexpr std::uint16_t most_scaled_digits = 18;

// Decimals of so many digits are integers, scaled by 10^scale; longer ones are text, which has no numeric order.
inline bool is_scaled_integer(const Type& type) noexcept {
  return type.kind == TypeKind::decimal && type.precision <= most_scaled_digits;
}
inline bool is_decimal_text(const Type& type) noexcept {
  return type.kind == TypeKind::decimal && type.precision > most_scaled_digits;
}

}  // namespace dorm
