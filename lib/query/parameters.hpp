// query/parameters.hpp: values that are given to a query after it was written. Pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query/request.hpp"
#include "query/spec.hpp"

namespace dorm::query {

// The same query with values in the place of the parameters of these names. Throws QueryError for a name that no
// parameter has, and for a null or a list; DataError for a value that does not fit.
SpecPtr bound_parameters(const SpecPtr& spec, const std::vector<std::pair<std::string, Value>>& values);
RequestPtr bound_parameters(const RequestPtr& request, const std::vector<std::pair<std::string, Value>>& values);

}  // namespace dorm::query
