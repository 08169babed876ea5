#include <limits>

#include "sqlite/dialect.hpp"

namespace dorm::sqlite {

sql::Capabilities capabilities(int version) {
  sql::Capabilities facts;
  facts.returning = version >= 3'035'000;
  facts.insert_id_without_returning = true;
  facts.right_join = version >= 3'039'000;
  facts.full_join = version >= 3'039'000;
  facts.add_constraint = false;
  facts.default_keyword_in_values = false;
  facts.native_decimal = false;
  facts.typed_columns = false;
  facts.nulls_smallest = true;
  facts.ordered_aggregates = version >= 3'044'000;
  facts.max_parameters = 32'766;
  facts.insert_parameters = 1'000;  // there is no way to a server to save, and a longer text takes longer to read
  facts.max_columns = 2'000;
  facts.max_joins = 64;
  facts.max_parser_stack = version < 3'047'000 ? 100 : 0;
  facts.max_identifier_bytes = std::numeric_limits<std::uint32_t>::max();
  facts.updates_are_seen = true;
  return facts;
}

}  // namespace dorm::sqlite
