// sql/ast.hpp: one SQL statement as a tree of small plain structs, the same for every backend.
//
// Nodes live in an Arena and name each other by pointer; they are trivially copyable and never change once made. Names
// are views into the registry or the arena. There are no values in the tree, only slots: values travel beside it. One
// variant per grammatical role: Expr, Source, Statement. DDL has a tree of its own in ddl.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "dorm/type.hpp"

namespace dorm::sql {

struct Expr;
struct Source;
struct Select;
struct CommonTable;

template <class T>
using List = std::span<const T>;
using Exprs = List<const Expr*>;

enum class UnaryOp : std::uint8_t { negate, plus, logical_not, bit_not };
enum class BinaryOp : std::uint8_t {
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  is_distinct,
  is_not_distinct,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  concat,
  bit_and,
  bit_or,
  bit_xor,
  shift_left,
  shift_right,
  json_contains,  // whether the left document has all that the right one has, as PostgreSQL's @> has it
};
enum class LogicalOp : std::uint8_t { all, any };  // AND, OR; n-ary, lowered balanced
enum class MatchOp : std::uint8_t {
  like,   // the pattern's own % and _ , case-sensitive on every backend
  ilike,  // folds ASCII only
  contains,
  startswith,
  endswith,  // literal, case-sensitive
  icontains,
  istartswith,
  iendswith,
  iexact,  // literal, folds ASCII only
  regex,
  iregex,
};
// What is taken out of a date, time or datetime. Instants are read in UTC.
enum class DatePartKind : std::uint8_t {
  date,
  time,
  year,
  quarter,
  month,
  week,  // ISO 8601: 1 to 53; the first has the year's first Thursday
  day,
  week_day,  // ISO 8601: Monday is 1, Sunday 7
  hour,
  minute,
  second,  // whole ones
};
enum class NullsOrder : std::uint8_t { smallest, first, last };  // smallest: NULL is the smallest value (rule 7)

// "t1"."name". Without a source: the bare column, as in SET or an index. `nullable` spares NULLS clauses.
struct Column {
  const Source* source;
  std::string_view name;
  Type type;
  bool nullable;
};
// A bound value. An array parameter is one value that holds a whole list.
struct Param {
  std::uint32_t slot;
  Type type;
  bool array;
  bool compared = false;  // with integers alone: a number beyond them all may be bound as any such
};
// What is safe to write into the text: NULL, TRUE, FALSE, a small integer of our own making.
struct Constant {
  enum class Kind : std::uint8_t { null, boolean, integer } kind;
  std::int64_t value;
};
struct Star {
  const Source* source;
};  // * or "t1".*
struct Unary {
  UnaryOp op;
  const Expr* operand;
};
struct Binary {
  BinaryOp op;
  const Expr* left;
  const Expr* right;
};
struct Logical {
  LogicalOp op;
  Exprs operands;
};  // no operands: TRUE for all, FALSE for any
struct IsNull {
  const Expr* operand;
  bool negated;
};
struct Between {
  const Expr* operand;
  const Expr* low;
  const Expr* high;
  bool negated;
};
// `operand IN (a, b, c)`; an empty list is (0 = 1), negated (1 = 1).
struct InList {
  const Expr* operand;
  Exprs items;
  bool negated;
};
// Membership in one array parameter: = ANY($1), IN (SELECT value FROM json_each(?)).
struct InArray {
  const Expr* operand;
  Param array;
  bool negated;
};
struct InSelect {
  const Expr* operand;
  const Select* select;
  bool negated;
};
struct Match {
  MatchOp op;
  const Expr* operand;
  const Expr* pattern;
  bool negated;
};
// name(args): the name is checked as an identifier when the query is built. order/filter only for aggregates.
struct Order;
struct Call {
  std::string_view name;
  Exprs arguments;
  bool distinct;
  const Expr* filter;
  List<Order> order;
};
// Which rows around each one a window function sees (SQL:2011, 7.15 <window frame clause>).
struct Frame {
  enum class Unit : std::uint8_t { none, rows, range, groups } unit = Unit::none;
  enum class Edge : std::uint8_t { unbounded_preceding, preceding, current_row, following, unbounded_following };
  enum class Exclude : std::uint8_t { no_others, current_row, group, ties } exclude = Exclude::no_others;
  Edge start = Edge::unbounded_preceding;
  Edge end = Edge::current_row;
  std::int64_t start_distance = 0;  // of preceding and following
  std::int64_t end_distance = 0;
};
struct Window {
  std::string_view name;  // declared in WINDOW and referred to; empty: written where it is used
  Exprs partition;
  List<Order> order;
  Frame frame;
};
struct Over {
  const Expr* call;
  const Window* window;
};
struct Case {
  const Expr* operand;
  Exprs whens;
  Exprs thens;
  const Expr* otherwise;
};  // operand, otherwise: may be null
struct Cast {
  const Expr* operand;
  Type type;
  TypeKind from = TypeKind::unknown;  // of the operand
};
// A value on its way into a column of this type: beyond its range or length it is refused. Only databases whose columns
// do not see to that themselves write something for it.
struct Fit {
  const Expr* operand;
  Type type;
};
// A value as an element of a json array.
struct JsonElement {
  const Expr* operand;
  Type type;
};
struct Subquery {
  const Select* select;
};  // scalar, in parentheses
struct Exists {
  const Select* select;
  bool negated;
};
struct Tuple {
  Exprs items;
};  // (a, b)
struct OutputRef {
  std::string_view name;
};  // an output column by its alias, as in ORDER BY "count"
struct Collate {
  const Expr* operand;
  std::string_view collation;
};
// `type` is the operand's. A number, or a date or time.
struct DatePart {
  DatePartKind part;
  const Expr* operand;
  Type type;
};
// The start of the year, month, … that a date or datetime is in, as another of its type. Instants are read in UTC.
struct DateTrunc {
  DatePartKind part;
  const Expr* operand;
  Type type;
};
// What stands at a place in a json document. Read as a type that it is not, it is NULL.
struct JsonStep {
  std::string_view member;  // of an object
  std::int64_t element;     // of an array, if member is empty and is_element; negative: from the end
  bool is_element;
};
enum class JsonRead : std::uint8_t { json, text, integer, real, boolean, length, exists };
struct JsonPath {
  JsonRead as;
  const Expr* operand;
  List<JsonStep> steps;
};
// Raw text of the program's own, cut at its parameters: pieces.size() == params.size() + 1.
struct Raw {
  List<std::string_view> pieces;
  Exprs params;
};
// The row proposed for insertion, in an upsert's update: excluded."name".
struct Excluded {
  std::string_view name;
};

struct Expr {
  std::variant<Column, Param, Constant, Star, Unary, Binary, Logical, IsNull, Between, InList, InArray, InSelect, Match,
               Call, Over, Case, Cast, Fit, JsonElement, Subquery, Exists, Tuple, OutputRef, Collate, DatePart,
               DateTrunc, JsonPath, Raw, Excluded>
      node;
};

struct Order {
  const Expr* expr;
  bool descending;
  NullsOrder nulls;
  bool nullable;
};

// ---- sources: what stands in FROM ----

struct Table {
  std::string_view schema;
  std::string_view name;
};
struct Derived {
  const Select* select;
};  // (SELECT …) AS "jq"
struct CommonTableRef {
  const CommonTable* table;
};
struct ValuesList {
  List<Exprs> rows;
  List<std::string_view> columns;
};

// A source has identity: two Sources of one table are two aliases. An empty alias is given a number (t1, t2, …) in
// order of first appearance in the text.
struct Source {
  std::variant<Table, Derived, CommonTableRef, ValuesList> node;
  std::string_view alias;
};

enum class JoinKind : std::uint8_t { inner, left, right, full, cross };
struct Join {
  JoinKind kind;
  const Source* source;
  const Expr* on;
  bool lateral;
};

// ---- statements ----

struct Output {
  const Expr* expr;
  std::string_view alias;
};  // alias empty: none is written
struct Lock {
  enum class Strength : std::uint8_t { none, update, share } strength;
  bool nowait;
  bool skip_locked;
  const Source* of = nullptr;  // only the rows of this one
};

// WITH "name" ("columns") AS (select); the same node is referenced by CommonTableRef.
struct CommonTable {
  std::string_view name;
  List<std::string_view> columns;
  const Select* select;
  bool recursive;
  enum class Materialized : std::uint8_t { automatic, yes, no } materialized = Materialized::automatic;
};

enum class SetOp : std::uint8_t { none, union_distinct, union_all, intersect, except };

struct Select {
  List<const CommonTable*> with;
  // Either a set operation over two selects, or a plain select.
  SetOp set_op;
  const Select* left;
  const Select* right;
  bool distinct;
  Exprs distinct_on;
  List<Output> outputs;
  const Source* from;  // may be null: SELECT 1
  List<Join> joins;
  const Expr* where;  // may be null, as having
  Exprs group_by;
  bool rollup;  // also the totals of all shorter lists of groups
  const Expr* having;
  List<const Window*> windows;  // that have names
  List<Order> order_by;
  const Expr* limit;  // may be null, as offset
  const Expr* offset;
  Lock lock;
};

struct Assignment {
  std::string_view column;
  const Expr* value;
};

struct Conflict {
  enum class Action : std::uint8_t { none, nothing, update } action;
  List<std::string_view> target;
  List<Assignment> set;
  const Expr* where;
};

// Rows of expressions, or a select, or neither (DEFAULT VALUES). A null expression in a row means DEFAULT.
struct Insert {
  List<const CommonTable*> with;
  const Source* table;
  List<std::string_view> columns;
  List<Exprs> rows;
  const Select* select;
  Conflict conflict;
  List<Output> returning;
};
// The table is not aliased; its columns are written "table"."column" in WHERE, bare in SET.
struct Update {
  List<const CommonTable*> with;
  const Source* table;
  List<Assignment> set;
  const Source* from;
  List<Join> joins;
  const Expr* where;
  List<Output> returning;
};
struct Delete {
  List<const CommonTable*> with;
  const Source* table;
  const Expr* where;
  List<Output> returning;
};

using Statement = std::variant<Select, Insert, Update, Delete>;

}  // namespace dorm::sql
