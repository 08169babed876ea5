#include "postgres/numeric.hpp"

#include <algorithm>
#include <cstdint>

#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm::postgres {
namespace {

constexpr std::uint16_t positive = 0x0000;
constexpr std::uint16_t negative = 0x4000;
constexpr std::size_t header_bytes = 8;
constexpr std::size_t digits_that_fit = 18;

std::uint16_t read16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

void append16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xFFU);
}

[[noreturn]] void malformed() { throw DataError("a numeric value is malformed"); }

// value = sign · Σ group[i] · 10000^(weight - i), shown with `scale` digits after the point.
struct Groups {
  std::string_view bytes;  // two for each group
  std::uint16_t sign = positive;
  std::int16_t weight = 0;
  std::uint16_t scale = 0;

  std::size_t count() const { return bytes.size() / 2; }
  // Of 10000^exponent.
  std::uint16_t at(int exponent) const {
    const int index = weight - exponent;
    return index < 0 || static_cast<std::size_t>(index) >= count() ? std::uint16_t{0}
                                                                   : read16(bytes, static_cast<std::size_t>(index) * 2);
  }
};

Groups read(std::string_view bytes) {
  if (bytes.size() < header_bytes) malformed();
  Groups groups;
  groups.sign = read16(bytes, 4);
  if (groups.sign != positive && groups.sign != negative)
    throw DataError("a numeric value is not a number or infinite");
  if (bytes.size() != header_bytes + std::size_t{2} * read16(bytes, 0)) malformed();
  groups.weight = static_cast<std::int16_t>(read16(bytes, 2));
  groups.scale = read16(bytes, 6);
  groups.bytes = bytes.substr(header_bytes);
  for (std::size_t i = 0; i < groups.count(); ++i)
    if (read16(groups.bytes, i * 2) > 9999) malformed();
  return groups;
}

// All digits from the first group to the last one behind the point; their number is a bound, so the caller cuts.
std::string digits_of(const Groups& groups) {
  const int last = -((groups.scale + 3) / 4);
  std::string digits;
  for (int exponent = std::max<int>(groups.weight, 0); exponent >= last; --exponent) {
    const std::uint16_t group = groups.at(exponent);
    for (const int divisor : {1000, 100, 10, 1}) digits += static_cast<char>('0' + group / divisor % 10);
  }
  digits.resize(digits.size() - static_cast<std::size_t>(-last * 4 - groups.scale));
  return digits;
}

// Sign and digits of a number, the last `scale` of them behind the point.
struct Number {
  bool is_negative = false;
  std::string digits;
  std::size_t scale = 0;
};

Number number_of(const Cell& cell) {
  Number number;
  if (cell.tag == CellTag::decimal_text) {
    for (const char c : cell.view()) {
      if (c == '-') {
        number.is_negative = true;
      } else if (c == '.') {
        number.scale = 1;
      } else {
        number.digits += c;
        if (number.scale != 0) ++number.scale;
      }
    }
    if (number.scale != 0) --number.scale;
    return number;
  }
  number.is_negative = cell.integer < 0;
  const auto bits = static_cast<std::uint64_t>(cell.integer);
  number.digits = std::to_string(number.is_negative ? 0U - bits : bits);
  number.scale = cell.tag == CellTag::decimal ? cell.scale : 0;
  return number;
}

}  // namespace

Cell decode_numeric(std::string_view bytes, graph::Arena& arena) {
  const Groups groups = read(bytes);
  // Most numbers: few groups, all digits fit without looking at them.
  const int before = std::max<int>(groups.weight + 1, 0) * 4;
  if (static_cast<std::size_t>(before) + groups.scale <= digits_that_fit) {
    std::int64_t unscaled = 0;
    for (int exponent = groups.weight; exponent >= 0; --exponent) unscaled = unscaled * 10'000 + groups.at(exponent);
    int missing = groups.scale;
    for (int exponent = -1; missing > 0; --exponent, missing -= 4) {
      std::uint16_t group = groups.at(exponent);
      int power = 10'000;
      for (int i = missing; i < 4; ++i) {
        group /= 10;
        power /= 10;
      }
      unscaled = unscaled * power + group;
    }
    return Cell::of_decimal(groups.sign == negative ? -unscaled : unscaled, groups.scale);
  }
  std::string digits = digits_of(groups);
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  if (digits.size() - zeros <= digits_that_fit) {
    std::int64_t unscaled = 0;
    for (std::size_t i = zeros; i < digits.size(); ++i) unscaled = unscaled * 10 + (digits[i] - '0');
    return Cell::of_decimal(groups.sign == negative ? -unscaled : unscaled, groups.scale);
  }
  // One digit stays before the point.
  digits.erase(0, std::min(zeros, digits.size() - groups.scale - 1));
  if (groups.scale != 0) digits.insert(digits.size() - groups.scale, 1, '.');
  if (groups.sign == negative) digits.insert(0, 1, '-');
  return Cell::of_bytes(CellTag::decimal_text, arena.copy(digits));
}

void encode_numeric(const Cell& cell, std::string& out) {
  Number number = number_of(cell);
  if (number.scale > 16'383)
    throw DataError("a decimal number has more digits after the point than postgresql can hold");
  if (number.digits.size() < number.scale) number.digits.insert(0, number.scale - number.digits.size(), '0');
  // Whole groups of four on both sides of the point.
  const std::size_t before = number.digits.size() - number.scale;
  number.digits.insert(0, (4 - before % 4) % 4, '0');
  number.digits.append((4 - number.scale % 4) % 4, '0');
  int weight = static_cast<int>((before + 3) / 4) - 1;
  std::string groups;
  for (std::size_t i = 0; i < number.digits.size(); i += 4) {
    int group = 0;
    for (std::size_t j = i; j < i + 4; ++j) group = group * 10 + (number.digits[j] - '0');
    if (groups.empty() && group == 0) {
      --weight;
      continue;
    }
    append16(groups, static_cast<std::uint16_t>(group));
  }
  while (groups.size() >= 2 && groups[groups.size() - 1] == '\0' && groups[groups.size() - 2] == '\0')
    groups.resize(groups.size() - 2);
  if (groups.empty()) weight = 0;
  if (weight > 32'767) throw DataError("a decimal number has more digits than postgresql can hold");
  append16(out, static_cast<std::uint16_t>(groups.size() / 2));
  append16(out, static_cast<std::uint16_t>(weight));
  append16(out, number.is_negative && !groups.empty() ? negative : positive);
  append16(out, static_cast<std::uint16_t>(number.scale));
  out += groups;
}

}  // namespace dorm::postgres
