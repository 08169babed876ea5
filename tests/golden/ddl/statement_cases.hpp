// golden/ddl/statement_cases.hpp: one DDL statement per case, every type and every clause among them.
#pragma once

#include <string>
#include <vector>

#include "sql/ddl.hpp"

namespace dorm::test {

struct DdlCase {
  std::string name;
  sql::ddl::Statement statement;
};

// In an order in which they can be executed, each alone refused or accepted by a backend.
std::vector<DdlCase> ddl_cases();

}  // namespace dorm::test
