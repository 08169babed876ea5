// postgres/ddl.hpp: tables as PostgreSQL makes them. Includes no client header. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.hpp"

namespace dorm::postgres {

// What the collation is called here; "C" for none.
std::string_view collation_name(std::string_view collation) noexcept;

// "varchar(30)", "timestamptz". Throws QueryError for an unknown type.
std::string type_text(const Type& type);

std::vector<std::string> lower_ddl(const sql::ddl::Statement& statement, const sql::Capabilities& capabilities);

}  // namespace dorm::postgres
