// query/casts.hpp: which casts mean the same on every backend.
//
// Pure functions, thread-safe.
#pragma once

#include "query/term.hpp"

namespace dorm::query {

// Throws QueryError for a cast of the term to this type that one backend has not, or that they give different results
// for; the message names both types. What is of unknown type passes: only the database knows.
//
//   from                      to
//   boolean                   boolean, every number, text
//   smallint, integer, bigint every number, text
//   real, double              smallint, integer, bigint, real, double
//   decimal                   decimal of no fewer digits after the point, double; of more than 18 digits: its like
//   string, text, enum        text, smallint, integer, bigint, double, date, json
//   date                      date, text
//   datetime                  datetime, date
//   uuid                      uuid, and text unless it is kept as bytes
//   time, binary, json        itself
void require_cast(const Term& operand, const Type& to);

}  // namespace dorm::query
