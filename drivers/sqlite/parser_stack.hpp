// sqlite/parser_stack.hpp: how much of SQLite's parser stack the text of a tree takes. Thread-safe.
//
// Until 3.46 the stack has 100 entries, whatever the limits of a connection say: about 30 conditions nested to the
// right, or a dozen subqueries. Beyond it a statement fails as "parser stack overflow", so dorm says so before sending
// it.
#pragma once

#include <cstddef>

#include "sql/ast.hpp"

namespace dorm::sqlite {

// Never less than what is needed, seldom much more. The tree must have passed sql::check.
std::size_t parser_stack(const sql::Statement& statement);

}  // namespace dorm::sqlite
