// support/json_schema.hpp: enough of JSON Schema 2020-12 to hold the schemas dorm ships against files.
//
// An unknown keyword is an error of the schema, so nothing is skipped in silence. Pure functions, thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dorm::test {

// What is wrong with the instance, "/pointer: reason"; empty if it is valid. Throws std::runtime_error for a keyword it
// does not know.
std::vector<std::string> json_schema_errors(const nlohmann::json& schema, const nlohmann::json& instance);

}  // namespace dorm::test
