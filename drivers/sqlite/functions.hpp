// sqlite/functions.hpp: the SQL functions that dialect.hpp lists, for one database connection.
#pragma once

#include <sqlite3.h>

namespace dorm::sqlite {

// Returns a result code. The functions are deterministic and innocuous: indexes, checks and views may use them.
int register_functions(sqlite3* database) noexcept;

}  // namespace dorm::sqlite
