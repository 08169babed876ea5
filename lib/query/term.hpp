// query/term.hpp: what an Expr holds: one node of a shared, immutable expression tree over the registry.
//
// Immutable: share freely. Values sit in the tree here and leave it when a plan is made: the shape has only their
// slots.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dorm/model_info.hpp"
#include "dorm/type.hpp"
#include "dorm/value.hpp"
#include "sql/ast.hpp"

namespace dorm::query {

struct QuerySpec;
struct Source;
struct Term;
using TermPtr = std::shared_ptr<const Term>;
using SourcePtr = std::shared_ptr<const Source>;
using SpecPtr = std::shared_ptr<const QuerySpec>;

enum class TermKind : std::uint8_t {
  value,      // value, in the kind of `type`
  parameter,  // name; becomes a value of `type` when the query is bound
  row,        // key of a row; becomes a value beside a column
  column,     // source, index: a field
  relation,   // source, index: a relation; to-one stands for its single key field (then also `field`)
  output,     // source, name: a column of a subquery or CTE
  unary,      // op: sql::UnaryOp
  binary,     // op: sql::BinaryOp
  all,        // AND of children
  any,        // OR of children
  is_null,
  between,   // operand, low, high
  in_list,   // operand; value is the list
  in_query,  // operand; query
  match,     // op: sql::MatchOp; operand, pattern
  call,      // name; children; of an aggregate also order and filter
  count_all,
  case_when,  // conditions and results in turn, then the else if there is an odd one; with an operand, op 1: that first
  cast,
  collate,  // name
  subquery,
  exists,
  tuple,
  alias,      // name; one child
  part,       // op: sql::DatePartKind; one child
  truncate,   // op: sql::DatePartKind; one child
  json_path,  // op: sql::JsonRead; one child; value is the list of steps, texts and integers
  over,       // a call over a window: the call, then what it is partitioned by; order; frame; name of the window
  raw,        // value is the list of pieces of text, between which the children stand
  excluded,   // source, field: what an INSERT proposed for it
};

struct OrderSpec {
  TermPtr term;
  bool descending = false;
  sql::NullsOrder nulls = sql::NullsOrder::smallest;
};

struct Term {
  TermKind kind = TermKind::value;
  std::uint8_t op = 0;  // of its kind, see there; call: 1 if its arguments become elements of a json array
  bool negated = false;
  bool nullable = true;
  bool distinct = false;
  bool settled = false;    // call: cast to `type`, as each database has a type of its own for its result;
                           // cast: one that dorm adds, which loses nothing
  bool bound = false;      // value: a parameter of the statement though it is null, so that rows are of one shape
  bool sensitive = false;  // output: the column of the subquery is
  Type type;
  std::uint32_t index = no_index;  // column: field; relation: relation
  std::uint32_t field = no_index;  // relation: its key field on this side, if it holds a key of one field
  std::uint32_t depth = 0;         // of the tree below
  std::string name;
  Value value;
  KeyRef key;
  SourcePtr source;
  std::vector<TermPtr> children;
  std::vector<OrderSpec> order;  // over; an aggregate
  TermPtr filter;                // an aggregate
  std::shared_ptr<const sql::Frame> frame;
  SpecPtr query;
};

inline bool is_null_value(const Term& term) noexcept { return term.kind == TermKind::value && term.value.is_null(); }
inline bool is_parameter(const Term& term) noexcept { return term.kind == TermKind::parameter; }

// "User.username", "count", …: what messages and results call it.
std::string describe(const Term& term);
// The term behind an alias.
const Term& unaliased(const Term& term) noexcept;
// The term under a name; where it has one already, as a value of the row that the result is of, whatever it is of.
TermPtr aliased(const TermPtr& of, std::string name);
// A column term of a model's field.
TermPtr column_term(const SourcePtr& source, std::uint32_t field);
TermPtr value_term(Value value, const Type& type);
// A cast that dorm adds, to a type that holds all values of the other; databases that need none get none.
TermPtr widening_cast(const TermPtr& of, const Type& type);
TermPtr all_of(TermPtr left, TermPtr right);  // AND, flattened; either may be null
TermPtr equal(const TermPtr& left, const TermPtr& right);
// ROW_NUMBER() OVER (PARTITION BY … ORDER BY …).
TermPtr row_number(std::vector<TermPtr> partition, std::vector<OrderSpec> order);

// The field that a column, or a to-one relation with one key field, stands for; nullptr otherwise.
const FieldInfo* field_of(const Term& term) noexcept;
// The columns of a foreign key of several columns; empty for any other term.
std::vector<TermPtr> key_columns(const Term& term);
// The columns that a term stands for: those of a foreign key of several, else the term itself.
std::vector<TermPtr> each_column(const TermPtr& term);
// "'row' and 'number'": the columns of a foreign key, for messages.
std::string key_column_names(const Term& term);

}  // namespace dorm::query
