#include "sql/dialect.hpp"

#include "dorm/error.hpp"

namespace dorm::sql {

std::string Dialect::copy_in(const Table&, List<std::string_view>) const {
  throw QueryError(std::string(name()) + " has no way to copy rows into a table; insert them");
}

}  // namespace dorm::sql
