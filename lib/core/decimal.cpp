#include <algorithm>
#include <charconv>
#include <cstdint>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm {
namespace {

// What PostgreSQL's numeric can hold; also the bound for "1e999999999".
constexpr std::size_t max_digits_before = 131072;
constexpr std::size_t max_digits_after = 16383;
constexpr std::size_t digits_that_fit = 18;

// A number as its sign and digits; the last `scale` digits are behind the point. No leading zeros.
struct Digits {
  bool negative = false;
  std::string digits;
  std::size_t scale = 0;
};

[[noreturn]] void not_a_decimal(std::string_view text) { throw DataError(quote(text) + " is not a decimal number"); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void strip_leading_zeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

Digits read(std::string_view text) {
  Digits result;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) result.negative = text[at++] == '-';
  while (at < text.size() && is_digit(text[at])) result.digits += text[at++];
  if (at < text.size() && text[at] == '.') {
    const std::size_t point = ++at;
    while (at < text.size() && is_digit(text[at])) result.digits += text[at++];
    result.scale = at - point;
  }
  if (result.digits.empty()) not_a_decimal(text);
  std::int64_t exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at + 1 < text.size() && text[at] == '+' && is_digit(text[at + 1])) ++at;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    if (error == std::errc::result_out_of_range) throw DataError("decimal number " + quote(text) + " is out of range");
    if (error != std::errc()) not_a_decimal(text);
    at = static_cast<std::size_t>(end - text.data());
  }
  if (at != text.size()) not_a_decimal(text);
  strip_leading_zeros(result.digits);
  const auto limit = static_cast<std::int64_t>(max_digits_before + max_digits_after);
  if (exponent > limit || exponent < -limit) throw DataError("decimal number " + quote(text) + " is out of range");
  const auto scale = static_cast<std::int64_t>(result.scale) - exponent;
  if (scale < 0 && !result.digits.empty()) result.digits.append(static_cast<std::size_t>(-scale), '0');
  result.scale = scale < 0 ? 0 : static_cast<std::size_t>(scale);
  if (result.scale > max_digits_after || result.digits.size() > max_digits_before + result.scale) {
    throw DataError("decimal number " + quote(text) + " is out of range");
  }
  if (result.digits.empty()) result.negative = false;
  return result;
}

std::string write(const Digits& number) {
  std::string digits = number.digits;
  if (digits.size() <= number.scale) digits.insert(0, number.scale - digits.size() + 1, '0');
  if (number.scale != 0) digits.insert(digits.size() - number.scale, 1, '.');
  return number.negative ? "-" + digits : digits;
}

}  // namespace

Decimal Decimal::parse(std::string_view text) {
  const Digits number = read(text);
  Decimal result;
  result.scale_ = static_cast<std::uint16_t>(number.scale);
  if (number.digits.size() > digits_that_fit) {
    result.big_ = write(number);
    return result;
  }
  for (const char c : number.digits) result.unscaled_ = result.unscaled_ * 10 + (c - '0');
  if (number.negative) result.unscaled_ = -result.unscaled_;
  return result;
}

std::string Decimal::text() const {
  if (!fits()) return big_;
  Digits number;
  number.negative = unscaled_ < 0;
  // Negating as unsigned is defined for the smallest int64, too.
  const auto magnitude =
      number.negative ? 0U - static_cast<std::uint64_t>(unscaled_) : static_cast<std::uint64_t>(unscaled_);
  number.digits = std::to_string(magnitude);
  strip_leading_zeros(number.digits);
  number.scale = scale_;
  return write(number);
}

Decimal Decimal::rescaled(std::uint16_t scale) const {
  if (scale == scale_) return *this;
  Digits number = read(text());
  if (scale < scale_) {
    const auto surplus = static_cast<std::size_t>(scale_ - scale);
    const std::size_t kept = number.digits.size() > surplus ? number.digits.size() - surplus : 0;
    if (number.digits.find_first_not_of('0', kept) != std::string::npos) {
      throw DataError("decimal number has more than " + std::to_string(scale) + " digits after the point");
    }
    number.digits.resize(kept);
  } else if (!number.digits.empty()) {
    number.digits.append(static_cast<std::size_t>(scale - scale_), '0');
  }
  number.scale = scale;
  return parse(write(number));
}

double Decimal::approximate() const {
  const std::string number = text();
  double result = 0;
  std::from_chars(number.data(), number.data() + number.size(), result);
  return result;
}

std::strong_ordering operator<=>(const Decimal& left, const Decimal& right) {
  if (left.fits() && right.fits() && left.scale_ == right.scale_) return left.unscaled_ <=> right.unscaled_;
  Digits a = read(left.text());
  Digits b = read(right.text());
  if (a.negative != b.negative) return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a.negative) std::swap(a, b);
  const std::size_t scale = std::max(a.scale, b.scale);
  if (!a.digits.empty()) a.digits.append(scale - a.scale, '0');
  if (!b.digits.empty()) b.digits.append(scale - b.scale, '0');
  const std::strong_ordering order = a.digits.size() <=> b.digits.size();
  return order == std::strong_ordering::equal ? a.digits <=> b.digits : order;
}

bool operator==(const Decimal& left, const Decimal& right) { return (left <=> right) == std::strong_ordering::equal; }

}  // namespace dorm
