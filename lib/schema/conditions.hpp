// schema/conditions.hpp: the conditions of checks and partial indexes.
//
// {"and": […]}, {"or": […]}, {"not": …}, {"eq": [a, b]} (ne lt le gt ge), {"in": [a, [values]]}, {"is_null": a} with
// operands
// {"field": "name"}, {"value": literal} or a bare literal; or, shorter, {"field": literal}, {"field": {"ne": literal,
// …}}.
#pragma once

#include <optional>

#include "schema/draft.hpp"

namespace dorm::schema {

// Nothing after a mistake, which is check.field_unknown or check.type of stage 4.
std::optional<Condition> make_condition(Draft& draft, const ModelDraft& model, const json::Node& node);

}  // namespace dorm::schema
