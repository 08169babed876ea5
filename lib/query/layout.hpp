// query/layout.hpp: where the columns of a result go: a segment for each node, and how it hangs on the one before.
//
// Pure functions, thread-safe.
#pragma once

#include "query/plan.hpp"
#include "query/spec.hpp"

namespace dorm::query {

// Fills in the columns of the statement and the segments of the plan. Throws QueryError where two things would have one
// name on a row.
void lay_out(const QuerySpec& spec, Plan& plan);

}  // namespace dorm::query
