// core/coerce.hpp: does a value fit a type, and what is it in that type's own kind?
//
// Pure functions, thread-safe. Conversions lose nothing: integer → real or decimal, text → date, time, datetime, uuid,
// decimal; only what a `real` column holds is rounded to single precision, as every backend does. Everything else is a
// DataError that names `label` ("User.age") and never the value.
#pragma once

#include <string_view>

#include "dorm/detail/cell.hpp"
#include "dorm/type.hpp"
#include "dorm/value.hpp"

namespace dorm {

// The value in the kind that a column of this type holds. Null stays null. Text is checked: UTF-8, no NUL; strings for
// their length, integers for their range, decimals for precision and scale, dates and times for the years 1 to 9999.
Value coerce(const Value& value, const Type& type, std::string_view label);
// The same without a copy where nothing changes: moves the value through.
Value coerce(Value&& value, const Type& type, std::string_view label);

// As a column of type `real` holds it; infinite beyond its range.
double nearest_single(double value) noexcept;

// Whether coerce() would return it as it is, for the values that are told at a glance; false means: ask coerce().
bool fits_plainly(const Value& value, const Type& type) noexcept;

// The kind of value a column of this type holds; ValueKind::null for an unknown type.
ValueKind value_kind(TypeKind kind) noexcept;
// The tag of a loaded cell of this type (decimal for both decimal tags).
CellTag cell_tag(TypeKind kind) noexcept;

// A view of the value as a cell: borrowed, valid as long as the value. Not for lists, nor for decimals beyond 18 digits
// (Decimal::text() must be kept by somebody): those throw DataError.
Cell borrow(const Value& value);

}  // namespace dorm
