// sqlite/json_agg.hpp: dorm_json_of(value, type) and the aggregate dorm_json_agg(json), for one database connection.
//
// SQLite's json_group_array() writes booleans as numbers, json as texts and doubles with 15 digits, and an empty array
// where PostgreSQL's jsonb_agg() has NULL.
#pragma once

#include <sqlite3.h>

namespace dorm::sqlite {

// Returns a result code. Both are deterministic and innocuous.
int register_json_agg(sqlite3* database) noexcept;

}  // namespace dorm::sqlite
