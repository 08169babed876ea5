// schema/cycles.hpp: circles of foreign keys that nobody could fill, or that delete more than meant.
#pragma once

#include "schema/draft.hpp"

namespace dorm::schema {

void check_cycles(Draft& draft);

}  // namespace dorm::schema
