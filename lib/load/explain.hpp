// load/explain.hpp: what a request would cost, told without running it.
#pragma once

#include <memory>

#include "dorm/query_set.hpp"
#include "load/context.hpp"
#include "query/request.hpp"

namespace dorm::load {

// The statements in their order, the relations that each joins, and why they are loaded so. Round trips are those of
// the statements, without the beginning and end of a snapshot. Throws as run_request() does before it sends anything.
LoadPlan explain_load(Engine& engine, const Context& context, const query::Unit& unit);

}  // namespace dorm::load
