// postgres/dialect.hpp: PostgreSQL's SQL, from version 13 on. Includes no client header.
//
// Immutable: share freely.
// Placeholders carry no casts: the driver states the type of every parameter when it prepares.
#pragma once

#include <string>
#include <string_view>

#include "sql/dialect.hpp"

namespace dorm::postgres {

sql::Capabilities capabilities();
const sql::Dialect& dialect();
// "schema"."table", or the table alone. Throws QueryError for a name that no database keeps.
std::string table_name(std::string_view schema, std::string_view table);

}  // namespace dorm::postgres
