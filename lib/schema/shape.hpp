// schema/shape.hpp: stage 2: keys, value types, sets of words and names of one file, before anything is looked up.
#pragma once

#include "core/json_reader.hpp"
#include "dorm/registry.hpp"
#include "schema/report.hpp"

namespace dorm::schema {

// Reports every fault of the file's shape. What passes can be read without further questions.
void check_shape(const json::Node& file, const SchemaOptions& options, Report& report);

}  // namespace dorm::schema
