// migrate/names.hpp: the names of constraints, indexes and types that a schema file leaves unnamed.
//
// Pure functions, thread-safe. The same model gives the same names in every process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dorm/model_info.hpp"

namespace dorm::migrate {

// "tweet_user_id_fkey". Names beyond 63 bytes, where PostgreSQL cuts, keep their beginning and their ending and get eight
// digits of a hash between.
std::string derived_name(std::string_view table, const std::vector<std::string>& columns, std::string_view ending);

// Of a native enum type: "Visibility" → "visibility".
std::string enum_type_name(const EnumInfo& enumeration);

}  // namespace dorm::migrate
