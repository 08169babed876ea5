// query/automatic.hpp: what an UPDATE of many rows writes beside what it was told to.
#pragma once

#include <vector>

#include "query/shape.hpp"
#include "query/spec.hpp"

namespace dorm::query {

// Adds fields with "on_update" that are not set, and counts the version up, if the model of the source has one.
void add_automatic(const SourcePtr& source, std::vector<Change>& changes);

}  // namespace dorm::query
