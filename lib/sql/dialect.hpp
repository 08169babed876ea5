// sql/dialect.hpp: what a backend makes of the tree: its facts, and its text.
//
// Immutable: share freely. A driver's dialect.cpp includes no client header, so its SQL is tested where no client
// library is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/ast.hpp"
#include "sql/ddl.hpp"

namespace dorm::sql {

// Facts the planner needs. Nobody asks a dialect for its name to decide something.
struct Capabilities {
  bool array_parameters = false;  // = ANY($1); else one JSON text through json_each
  bool returning = true;
  bool insert_id_without_returning = false;  // the driver reports a generated integer key by itself
  bool right_join = true;
  bool full_join = true;
  bool lateral = false;
  bool distinct_on = false;
  bool for_update = false;
  bool rollup = false;
  bool deferrable_constraints = true;
  bool add_constraint = true;             // ALTER TABLE … ADD CONSTRAINT for keys in cycles
  bool schemas = false;                   // "schema"."table"
  bool default_keyword_in_values = true;  // VALUES (DEFAULT)
  bool native_decimal = true;
  bool typed_columns = true;  // all values of a column of a result are of one type, so that a union must agree on it
  bool transactions_are_snapshots = true;  // statements of one see one state, whatever isolation it asked for
  bool nulls_smallest = false;             // ORDER BY without a NULLS clause takes NULL for the smallest value
  bool ordered_aggregates = true;          // string_agg(x, y ORDER BY z)
  bool nulls_not_distinct = false;         // UNIQUE NULLS NOT DISTINCT
  bool deferrable_uniques = false;
  bool enum_types = false;  // CREATE TYPE … AS ENUM; no function of texts takes them, and their order is their own
  bool updates_are_seen = false;    // a correlated subquery of an UPDATE sees rows that the UPDATE has changed already
  bool narrow_integers = false;     // sums and products of smaller integers overflow as soon as those would
  bool narrow_reals = false;        // those of single precision are computed with, and summed up, in single precision
  bool copies_rows = false;         // Dialect::copy_in(): rows of values by a way that is faster than INSERT
  std::string_view text_collation;  // that orders texts by bytes, where those that come from no column have another one
  std::uint32_t max_parameters = 65'535;
  std::uint32_t insert_parameters = 65'535;  // of an INSERT of many rows: with more of them it is no faster
  std::uint32_t max_columns = 1'600;
  std::uint32_t max_joins = 1'000;
  std::uint32_t max_parser_stack = 0;  // symbols that may be pending while a statement is read, 0 = no fixed number
  std::uint32_t max_identifier_bytes = 63;  // longer names are an error, because a database would cut them silently
};

// SQL text and, for each placeholder in it from left to right, the slot whose value goes there.
struct Text {
  std::string sql;
  std::vector<Param> parameters;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  // "sqlite", "postgres": the key of per-dialect SQL in schema files.
  virtual std::string_view name() const noexcept = 0;
  virtual const Capabilities& capabilities() const noexcept = 0;
  // Throws QueryError for what this backend cannot do, LimitError beyond the depth limit. Nothing is sent.
  virtual Text lower(const Statement& statement) const = 0;
  virtual std::vector<std::string> lower(const ddl::Statement& statement) const = 0;  // one or more statements of text
  // What says that rows with these columns are coming, if Capabilities::copies_rows; else QueryError. For
  // driver::Connection::copy_in().
  virtual std::string copy_in(const Table& table, List<std::string_view> columns) const;
};

}  // namespace dorm::sql
