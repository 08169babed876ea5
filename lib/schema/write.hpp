// schema/write.hpp: models as schema files again: of a registry, or of what a database was found to hold.
//
// What is derived stays derived (link models, other sides), everything else is spelled out: tables, columns, names of
// constraints. Pure functions, thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "dorm/registry.hpp"

namespace dorm::schema {

// One text for each namespace, named "<namespace>.json" ("models.json" without one), in the order of their first
// models. Models refer to each other by their position in the span.
std::vector<SchemaText> write_files(std::span<const std::unique_ptr<const ModelInfo>> models,
                                    std::span<const EnumInfo> enums);

}  // namespace dorm::schema
