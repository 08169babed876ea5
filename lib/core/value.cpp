#include "dorm/value.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "dorm/error.hpp"

namespace dorm {
namespace {

std::string text_of(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-infinity" : "infinity";
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string text_of(const Blob& blob) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(blob.bytes.size() * 2);
  for (const char c : blob.bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

std::string text_of(const Values& list) {
  std::string text = "[";
  for (const Value& value : list) {
    if (&value != list.data()) text += ", ";
    text += value.to_text();
  }
  return text + "]";
}

// "a text", "an integer": kinds as a message says them.
std::string with_article(ValueKind kind) {
  std::string name(kind_name(kind));
  if (kind == ValueKind::null) return name;
  return (kind == ValueKind::integer ? "an " : "a ") + name;
}

}  // namespace

std::string_view kind_name(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::null:
      return "null";
    case ValueKind::boolean:
      return "boolean";
    case ValueKind::integer:
      return "integer";
    case ValueKind::real:
      return "real";
    case ValueKind::decimal:
      return "decimal";
    case ValueKind::text:
      return "text";
    case ValueKind::blob:
      return "blob";
    case ValueKind::uuid:
      return "uuid";
    case ValueKind::date:
      return "date";
    case ValueKind::time:
      return "time";
    case ValueKind::datetime:
      return "datetime";
    case ValueKind::json:
      return "json";
    case ValueKind::list:
      return "list";
  }
  return "null";
}

std::string Value::to_text() const {
  switch (kind()) {
    case ValueKind::null:
      return "null";
    case ValueKind::boolean:
      return boolean() ? "true" : "false";
    case ValueKind::integer:
      return std::to_string(integer());
    case ValueKind::real:
      return text_of(real());
    case ValueKind::decimal:
      return decimal().text();
    case ValueKind::text:
      return text();
    case ValueKind::blob:
      return text_of(blob());
    case ValueKind::uuid:
      return uuid().text();
    case ValueKind::date:
      return date().text();
    case ValueKind::time:
      return time().text();
    case ValueKind::datetime:
      return datetime().text();
    case ValueKind::json:
      return json().text;
    case ValueKind::list:
      return text_of(list());
  }
  return {};
}

bool operator==(const Value& left, const Value& right) { return left.data_ == right.data_; }

void Value::wrong_kind(ValueKind wanted) const {
  throw DataError("the value is " + with_article(kind()) + ", not " + with_article(wanted));
}

std::int64_t Value::checked(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw DataError("unsigned number " + std::to_string(value) + " is larger than the largest bigint");
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace dorm
