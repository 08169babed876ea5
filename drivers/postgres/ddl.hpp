// postgres/ddl.hpp: tables as PostgreSQL makes them. Includes no client header. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "sql/dialect.hpp"

namespace dorm::postgres {

// "varchar(30)", "timestamptz". Throws QueryError for an unknown type.
std::string type_text(const Type& type);

std::vector<std::string> lower_ddl(const sql::ddl::Statement& statement, const sql::Capabilities& capabilities);

}  // namespace dorm::postgres
