#include "postgres/dialect.hpp"

namespace dorm::postgres {

sql::Capabilities capabilities() {
  sql::Capabilities facts;
  facts.array_parameters = true;
  facts.lateral = true;
  facts.distinct_on = true;
  facts.for_update = true;
  facts.rollup = true;
  facts.schemas = true;
  facts.nulls_not_distinct = true;  // from 15 on; older servers say so themselves
  facts.deferrable_uniques = true;
  facts.enum_types = true;
  facts.narrow_integers = true;
  facts.narrow_reals = true;
  facts.copies_rows = true;
  facts.text_collation = "C";
  facts.transactions_are_snapshots = false;  // unless they are repeatable read, or serializable
  facts.max_parameters = 65'535;
  facts.max_columns = 1'600;  // a row must fit a page: 1,664 is what the parser takes
  return facts;
}

}  // namespace dorm::postgres
