#include "query/validate.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "core/calendar.hpp"
#include "core/coerce.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::query {
namespace {

// Compiled once per pattern text and kept: schemas have few, and they come back with every snapshot.
const re2::RE2& compiled(const std::string& pattern) {
  static std::shared_mutex mutex;
  static std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> known;
  {
    const std::shared_lock lock(mutex);
    if (const auto found = known.find(pattern); found != known.end()) return *found->second;
  }
  const std::unique_lock lock(mutex);
  std::unique_ptr<re2::RE2>& made = known[pattern];
  if (!made) made = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  return *made;
}

// Order of two values of one kind; numbers, texts and times.
bool less(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case ValueKind::integer:
      return left.integer() < right.integer();
    case ValueKind::real:
      return left.real() < right.real();
    case ValueKind::decimal:
      return left.decimal() < right.decimal();
    case ValueKind::text:
      return left.text() < right.text();
    case ValueKind::date:
      return left.date() < right.date();
    case ValueKind::time:
      return left.time() < right.time();
    case ValueKind::datetime:
      return left.datetime() < right.datetime();
    default:
      return false;
  }
}

}  // namespace

std::string label_of(const ModelInfo& model, const FieldInfo& field) { return model.name + "." + field.name; }

bool fits_plainly(const FieldInfo& field, const Value& value) noexcept {
  const bool has_rules =
      field.min || field.max || field.min_length != 0 || !field.pattern.empty() || field.enumeration != no_index;
  return !has_rules && dorm::fits_plainly(value, field.type);
}

Value fit(const Registry& registry, const ModelInfo& model, const FieldInfo& field, Value value) {
  Value converted;
  if (&fit(registry, model, field, value, converted) == &converted) return converted;
  return value;
}

const Value& fit(const Registry& registry, const ModelInfo& model, const FieldInfo& field, const Value& value,
                 Value& converted) {
  if (value.is_null()) {
    if (field.nullable) return value;
    throw DataError(label_of(model, field) + " cannot be null");
  }
  // The common case costs no string: labels are made for what needs a closer look.
  const bool is_plain = fits_plainly(value, field.type);
  if (!is_plain) converted = coerce(value, field.type, label_of(model, field));
  const Value& fitted = is_plain ? value : converted;
  if (field.min && less(fitted, *field.min))
    throw DataError(label_of(model, field) + " is smaller than its minimum " + field.min->to_text());
  if (field.max && less(*field.max, fitted))
    throw DataError(label_of(model, field) + " is larger than its maximum " + field.max->to_text());
  if (field.min_length != 0 && fitted.kind() == ValueKind::text && code_points(fitted.text()) < field.min_length) {
    throw DataError(label_of(model, field) + " needs at least " + std::to_string(field.min_length) + " characters");
  }
  if (!field.pattern.empty() && fitted.kind() == ValueKind::text &&
      !re2::RE2::PartialMatch(fitted.text(), compiled(field.pattern))) {
    throw DataError(label_of(model, field) + " does not match its pattern " + quote(field.pattern));
  }
  if (field.enumeration != no_index) {
    const std::vector<std::string>& values = registry.enums()[field.enumeration].values;
    if (std::find(values.begin(), values.end(), fitted.text()) == values.end()) {
      throw DataError(label_of(model, field) + " is one of " + quote_list(values) +
                      "; the value given is none of them" + did_you_mean(fitted.text(), values));
    }
  }
  return fitted;
}

Value function_value(Function function, const Type& type) {
  switch (function) {
    case Function::uuid4:
      return Value(Uuid::random());
    case Function::uuid7:
      return Value(Uuid::time_ordered());
    case Function::now:
      break;
  }
  const DateTime now = DateTime::now();
  if (type.kind == TypeKind::date) return Value(Date::today());
  if (type.kind == TypeKind::time) return Value(Time{now.microseconds % microseconds_per_day});
  return Value(now);
}

Value default_value(const Default& from, const Type& type) {
  return from.function ? function_value(*from.function, type) : from.literal;
}

}  // namespace dorm::query
