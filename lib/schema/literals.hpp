// schema/literals.hpp: values that stand in a schema file, as values of a field.
//
// Pure functions, thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "core/json_reader.hpp"
#include "dorm/model_info.hpp"

namespace dorm::schema {

// Why a literal is not a value of a field.
struct Misfit {
  enum class Kind : std::uint8_t { type, range, length, not_in_enum };
  Kind kind = Kind::type;
  std::string message;  // "must be an integer, not a string"
};

// Converts to the field's own value kind: Decimal with the field's scale, Date from its text, and so on. `enumeration`
// may be null.
std::optional<Misfit> to_value(const json::Node& literal, const FieldInfo& field, const EnumInfo* enumeration,
                               Value& value);

// The order of two values of one kind that a range can have.
std::partial_ordering compare(const Value& left, const Value& right);

}  // namespace dorm::schema
