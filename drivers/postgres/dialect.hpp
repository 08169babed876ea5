// postgres/dialect.hpp: PostgreSQL's SQL, from version 13 on. Includes no client header.
//
// Immutable: share freely.
// Placeholders carry no casts: the driver states the type of every parameter when it prepares.
#pragma once

#include "sql/dialect.hpp"

namespace dorm::postgres {

sql::Capabilities capabilities();
const sql::Dialect& dialect();

}  // namespace dorm::postgres
