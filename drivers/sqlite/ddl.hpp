// sqlite/ddl.hpp: tables as SQLite makes them. Includes no client header. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "sql/dialect.hpp"

namespace dorm::sqlite {

std::vector<std::string> lower_ddl(const sql::ddl::Statement& statement, const sql::Capabilities& capabilities);

}  // namespace dorm::sqlite
