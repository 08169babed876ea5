// model/assigned_value.hpp: what a column is set to, checked: a value, a row, or an expression. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/expr.hpp"
#include "query/shape.hpp"

namespace dorm {

using Assignments = std::vector<std::pair<std::string, Expr>>;

// A foreign key of several columns that is set to a row is one assignment per column.
std::vector<std::pair<std::string, Expr>> column_by_column(const ModelInfo& model, const Assignments& changes);

// Throws QueryError for what is no column, or made by the database, or of another type; DataError for a value that does
// not fit.
query::Change assigned_value(const query::SourcePtr& root, std::string_view member, const Expr& expr);

}  // namespace dorm
