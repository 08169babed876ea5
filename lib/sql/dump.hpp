// sql/dump.hpp: the tree as indented text, one node a line, for tests and for people who debug a lowering.
//
// Sources are numbered (#1, #2, …) in the order in which the dump meets them. Thread-safe.
#pragma once

#include <string>

#include "sql/ast.hpp"

namespace dorm::sql {

std::string dump(const Statement& statement);
std::string dump(const Expr& expr);

}  // namespace dorm::sql
