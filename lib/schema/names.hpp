// schema/names.hpp: the names dorm gives to tables and constraints. The same input always gives the same name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/model_info.hpp"
#include "schema/format.hpp"

namespace dorm::schema {

std::string table_name(std::string_view model, TableNaming naming);

// "<table>_<columns>_<suffix>", at most 63 bytes: a longer one is cut and ends in a piece of its hash.
// Suffixes: "key", "idx", "fkey", "check", "pkey".
std::string constraint_name(std::string_view table, std::span<const std::string> columns, std::string_view suffix);
std::string constraint_name(const ModelInfo& model, std::span<const std::uint32_t> fields, std::string_view suffix);

}  // namespace dorm::schema
