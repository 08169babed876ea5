// query/validate.hpp: does a value fit its field, by everything the schema says of it?
//
// Thread-safe. Throws DataError naming Model.field, never the value.
#pragma once

#include <optional>
#include <string>

#include "dorm/registry.hpp"
#include "dorm/value.hpp"

namespace dorm::query {

// The value in the field's own kind: type, range, length, pattern, enum, min and max checked. Null only if the field is
// nullable.
Value fit(const Registry& registry, const ModelInfo& model, const FieldInfo& field, Value value);
// The same without a copy where nothing changes: returns `value` itself, or `converted`, which is given the new one.
const Value& fit(const Registry& registry, const ModelInfo& model, const FieldInfo& field, const Value& value,
                 Value& converted);

// Whether fit() would return it as it is, for the values and fields where that is told at a glance.
bool fits_plainly(const FieldInfo& field, const Value& value) noexcept;

// What dorm writes where the field is absent: the literal, or now / a new uuid.
Value default_value(const Default& from, const Type& type);
Value function_value(Function function, const Type& type);

std::string label_of(const ModelInfo& model, const FieldInfo& field);

}  // namespace dorm::query
