// sqlite/ddl.hpp: tables as SQLite makes them. Includes no client header. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.hpp"

namespace dorm::sqlite {

// What the collation is called here; "BINARY" for none.
std::string_view collation_name(std::string_view collation) noexcept;
// Whether it is one of the three that every SQLite has; dorm registers no others.
bool is_built_in(std::string_view collation) noexcept;

std::vector<std::string> lower_ddl(const sql::ddl::Statement& statement, const sql::Capabilities& capabilities);

}  // namespace dorm::sqlite
