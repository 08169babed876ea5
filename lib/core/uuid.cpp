#include <unistd.h>

#include <atomic>
#include <chrono>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Asked for every value, never buffered: a buffer would repeat itself in a forked child.
void fill_random(Uuid& uuid) {
  if (getentropy(uuid.bytes.data(), uuid.bytes.size()) != 0) throw Error("the system gives no random bytes");
}

void mark(Uuid& uuid, unsigned version) {
  uuid.bytes[6] = static_cast<unsigned char>((uuid.bytes[6] & 0x0FU) | (version << 4U));
  uuid.bytes[8] = static_cast<unsigned char>((uuid.bytes[8] & 0x3FU) | 0x80U);
}

// Milliseconds, then 12 bits of the fraction; each call of this process gets a larger number than the one before.
std::uint64_t next_tick() {
  static std::atomic<std::uint64_t> last{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto nanoseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  const std::uint64_t tick = ((nanoseconds / 1'000'000U) << 12U) | (nanoseconds % 1'000'000U * 4096U / 1'000'000U);
  std::uint64_t seen = last.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t next = tick > seen ? tick : seen + 1;
    if (last.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return next;
  }
}

}  // namespace

Uuid Uuid::parse(std::string_view text) {
  const std::string_view whole = text;
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  const bool grouped = text.size() == 36;
  Uuid uuid;
  std::size_t at = 0;
  const auto fail = [&] {
    throw DataError(quote(whole) + " is not a uuid; write it as 8-4-4-4-12 hexadecimal digits");
  };
  if (!grouped && text.size() != 32) fail();
  for (std::size_t i = 0; i < 16; ++i) {
    if (grouped && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') fail();
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) fail();
    uuid.bytes[i] = static_cast<unsigned char>(high * 16 + low);
    at += 2;
  }
  return uuid;
}

Uuid Uuid::random() {
  Uuid uuid;
  fill_random(uuid);
  mark(uuid, 4);
  return uuid;
}

Uuid Uuid::time_ordered() {
  Uuid uuid;
  fill_random(uuid);
  const std::uint64_t tick = next_tick();
  const std::uint64_t milliseconds = tick >> 12U;
  for (std::size_t i = 0; i < 6; ++i) uuid.bytes[i] = static_cast<unsigned char>(milliseconds >> (8U * (5U - i)));
  uuid.bytes[6] = static_cast<unsigned char>((tick >> 8U) & 0x0FU);
  uuid.bytes[7] = static_cast<unsigned char>(tick & 0xFFU);
  mark(uuid, 7);
  return uuid;
}

std::string Uuid::text() const {
  std::string result;
  result.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) result += '-';
    result += hex_digits[bytes[i] >> 4U];
    result += hex_digits[bytes[i] & 0xFU];
  }
  return result;
}

}  // namespace dorm
