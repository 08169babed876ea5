// dorm/json.hpp: rows as nlohmann::json and back. Opt-in: not part of dorm/dorm.hpp, and inline, so that the library's
// interface does not depend on a version of nlohmann_json.
//
// What is not loaded and what is sensitive is left out; nothing is asked of the database. Thread-safe as reading rows
// is.
#pragma once

#include <nlohmann/json.hpp>

#include "dorm/model.hpp"
#include "dorm/row.hpp"

namespace dorm {

inline nlohmann::json to_json(const Row& row) { return nlohmann::json::parse(row.to_json()); }
inline nlohmann::json to_json(const Rows& rows) { return nlohmann::json::parse(rows.to_json()); }
// An unsaved row; throws DataError naming the member that does not fit, QueryError for an unknown one.
inline Row row_from_json(const Model& model, const nlohmann::json& object) { return model.from_json(object.dump()); }

}  // namespace dorm
