// session/random.hpp: numbers that keep many clients from doing the same thing at the same moment. Not for secrets.
//
// One thread at a time per state.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace dorm {

inline std::uint64_t random_seed() noexcept {
  static std::atomic<std::uint64_t> seeds{0};
  const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  return now ^ (seeds.fetch_add(1, std::memory_order_relaxed) << 48U);
}

// SplitMix64.
inline std::uint64_t next_random(std::uint64_t& state) noexcept {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

// Between 0 and most, both included.
inline std::chrono::milliseconds random_delay(std::uint64_t& state, std::chrono::milliseconds most) noexcept {
  if (most.count() <= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(next_random(state) % (static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace dorm
