// dorm/query.hpp: the explicit query builder: select, join with a join context, aliases, subqueries, CTEs.
//
// A Query is an immutable value: every call returns a new one, copies share their parts, any number of threads may use
// one. Mistakes (unknown names, sources that are not joined, ambiguous joins, wrong types) throw QueryError before any
// SQL is sent. Iterating runs the query and buffers the whole result; errors of the database are the classes of
// error.hpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/expr.hpp"
#include "dorm/model_info.hpp"
#include "dorm/row.hpp"
#include "dorm/value.hpp"

namespace dorm {

class Model;
class Subquery;
class CommonTable;

namespace query {
struct QuerySpec;
struct Source;
}  // namespace query
class DatabaseImpl;

enum class Join : std::uint8_t { inner, left_outer, right_outer, full_outer, cross };

// What can be joined, selected whole and named in switch_to: a model, a model alias, a subquery with an alias, a CTE.
class DORM_EXPORT Source {
 public:
  Source(const Model& model);
  Source(const Subquery& subquery);
  Source(const CommonTable& table);
  const std::shared_ptr<const query::Source>& get() const noexcept { return source_; }

 private:
  std::shared_ptr<const query::Source> source_;
};

// An item of a select list: an expression, or a source for all its columns.
class DORM_EXPORT Selectable {
 public:
  Selectable(Expr expr) : expr_(std::move(expr)) {}
  Selectable(const Model& model);
  Selectable(const Subquery& subquery);
  Selectable(const CommonTable& table);
  const Expr& expr() const noexcept { return expr_; }
  const std::shared_ptr<const query::Source>& source() const noexcept { return source_; }

 private:
  Expr expr_;
  std::shared_ptr<const query::Source> source_;  // if set: all its columns
};

// How to join, where the default does not fit: {.on = …} a predicate or a foreign key of either side; {.attr = "log"}
// names the place of the joined row.
struct JoinOptions {
  Expr on{};  // initialized both, so that {.attr = "…"} alone draws no warning
  std::string attr{};
  // The joined subquery may name what was joined before it: it is run for each of those rows. Needs no `on`. QueryError
  // on backends that have no such joins.
  bool lateral = false;
};

// Rows that are read are locked for others until the transaction ends; a QueryError on backends without row locks.
struct LockOptions {
  bool share = false;        // others may lock them so, too, and read, but not write
  bool nowait = false;       // LockTimeout instead of waiting
  bool skip_locked = false;  // rows that others have locked are left out
};

// Whether a CTE is computed once, apart from the query, or as a part of it.
enum class Materialized : std::uint8_t { automatic, yes, no };

// The text of a statement and the values bound to its placeholders, from left to right.
struct BoundSql {
  std::string sql;
  Values parameters;
};

class DORM_EXPORT Query {
 public:
  // ---- what ----
  template <class... Items>
  Query select(Items&&... items) const {
    return select_list({Selectable(std::forward<Items>(items))...});
  }
  Query select_list(std::vector<Selectable> items) const;  // replaces the select list
  Query distinct(bool on = true) const;
  // Of rows that are equal in these the first one, by order_by, which must begin with them.
  Query distinct_on(std::vector<Expr> terms) const;

  // ---- from where ----
  // Joins from the current join context and moves the context to `target`, if that is a model; to a subquery, a CTE,
  // values and by a cross join it stays where it is. Without `on` the foreign key between the two is inferred; several
  // that fit are an error naming them. A to-one relation that an outer join missed is null; if `on` says more than its
  // key, Row::is_partial() tells that the row may be there. The `on` of a full join has an equality between its sides.
  Query join(const Source& target, Join kind = Join::inner, const JoinOptions& options = {}) const;
  Query join(const Source& target, const JoinOptions& options) const { return join(target, Join::inner, options); }
  Query left_outer_join(const Source& target, const JoinOptions& options = {}) const {
    return join(target, Join::left_outer, options);
  }
  // Moves the context to `from`, then joins.
  Query join_from(const Source& from, const Source& target, Join kind = Join::inner,
                  const JoinOptions& options = {}) const;
  Query join_from(const Source& from, const Source& target, const JoinOptions& options) const {
    return join_from(from, target, Join::inner, options);
  }
  Query switch_to(const Source& source) const;
  Query switch_to() const;  // back to the first source
  Query with_cte(std::vector<CommonTable> tables) const;
  Query with_cte(const CommonTable& table) const;

  // ---- which ----
  Query where(const Expr& condition) const;     // repeated calls are joined with AND
  Query or_where(const Expr& condition) const;  // (everything so far) OR condition
  Query group_by(std::vector<Selectable> items) const;
  template <class... Items>
  requires(sizeof...(Items) > 0) Query group_by(Items&&... items)
  const { return group_by(std::vector<Selectable>{Selectable(std::forward<Items>(items))...}); }
  // Also the totals over all but the last of the items, all but the last two, …: there the missing ones are null.
  // QueryError on backends that have none.
  Query group_by_rollup(std::vector<Selectable> items) const;
  Query having(const Expr& condition) const;
  Query order_by(std::vector<OrderExpr> terms) const;  // replaces; an empty list clears
  template <class... Terms>
  requires(sizeof...(Terms) > 0) Query order_by(Terms&&... terms)
  const { return order_by(std::vector<OrderExpr>{OrderExpr(std::forward<Terms>(terms))...}); }
  Query limit(std::int64_t rows) const;
  Query offset(std::int64_t rows) const;
  Query paginate(std::int64_t page, std::int64_t rows) const;  // pages count from 1

  // Of the rows of the first model, joined ones not.
  Query for_update(const LockOptions& options = {}) const;

  // ---- values that come later: param("name", …) ----
  // Every such parameter gets the value of that name; QueryError for one that is unknown, null or a list, DataError for
  // one that does not fit. What is left without a value cannot be run. Parameters may stand in joined subqueries, CTEs
  // and lists of values, too; columns of those are named as before. One that stands beside nothing with a type needs
  // its own, param("name", type), wherever something is computed of it. The plan of the query is kept, whatever the
  // values.
  Query bind(const std::vector<std::pair<std::string, Value>>& values) const;

  // ---- set operations: rows have the shape of the left query ----
  // A column is of the type that holds the values of both sides: the wider integer, double of integers and doubles, the
  // greater scale of decimals, text of texts. QueryError where there is none. A column that is cast for that is no
  // field of a model any more: read such rows with objects(), dicts() or tuples().
  Query union_with(const Query& other) const;
  Query union_all(const Query& other) const;
  Query intersect(const Query& other) const;
  Query except(const Query& other) const;

  // ---- what a row is ----
  Query objects() const;  // flat: every selected value is a member of the row itself
  Query dicts() const;    // flat, printed by field name
  Query tuples() const;   // flat, printed by position
  Query lazy(LazyPolicy policy) const;

  // ---- as a part of another query ----
  Subquery alias(std::string_view name) const;
  CommonTable cte(std::string_view name, const std::vector<std::string>& columns = {},
                  Materialized materialized = Materialized::automatic) const;
  // A recursive CTE: `term` is given the CTE to refer to and returns the recursive member. The columns of the CTE are
  // of types that hold those of both, as in a union; where those of the seed do not, `term` is called again, with a CTE
  // of these types. QueryError where there are none.
  template <class Term>
  CommonTable recursive_cte(std::string_view name, Term term, bool distinct_rows = false) const;

  // ---- run ----
  Rows all() const;
  class iterator;
  iterator begin() const;
  std::default_sentinel_t end() const { return {}; }
  Row get() const;                         // exactly one row: NotFound, MultipleFound
  std::optional<Row> get_or_none() const;  // MultipleFound
  std::optional<Row> first() const;
  std::int64_t count() const;  // rows the query would return, its limit included
  bool exists() const;
  Value scalar() const;  // first column of the first row; null if there is none
  BoundSql sql() const;  // runs nothing

  // Writes to the rows of a query without groups and limits; an update may join other sources, inside, and take values
  // from them: a row that finds several takes those of one of them. Return the number of rows changed. Without a
  // condition they throw QueryError; update_every and delete_every say it on purpose.
  std::int64_t update(const std::vector<std::pair<std::string, Expr>>& changes) const;
  std::int64_t update_every(const std::vector<std::pair<std::string, Expr>>& changes) const;
  std::int64_t delete_rows() const;
  std::int64_t delete_every() const;
  // The same with the rows that were written, as they are afterwards (deleted: were before), in no particular order;
  // without items the model's columns.
  Rows update_returning(const std::vector<std::pair<std::string, Expr>>& changes,
                        const std::vector<Selectable>& items = {}) const;
  Rows delete_returning(const std::vector<Selectable>& items = {}) const;

  const std::shared_ptr<const query::QuerySpec>& spec() const noexcept { return spec_; }
  Query(std::shared_ptr<DatabaseImpl> database, std::shared_ptr<const query::QuerySpec> spec)
      : database_(std::move(database)), spec_(std::move(spec)) {}
  const std::shared_ptr<DatabaseImpl>& database() const noexcept { return database_; }

 private:
  CommonTable recursive_seed(std::string_view name) const;
  CommonTable recursive_widened(const CommonTable& seed, const Query& term) const;
  CommonTable recursive_whole(const CommonTable& seed, const Query& term, bool distinct_rows) const;

  std::shared_ptr<DatabaseImpl> database_;
  std::shared_ptr<const query::QuerySpec> spec_;
};

// A query with an alias, to be joined or selected from; c("name") is one of its output columns.
class DORM_EXPORT Subquery {
 public:
  Column c(std::string_view column) const;
  const std::shared_ptr<const query::Source>& source() const noexcept { return source_; }
  explicit Subquery(std::shared_ptr<const query::Source> source) : source_(std::move(source)) {}

 private:
  std::shared_ptr<const query::Source> source_;
};

// Rows of values, to be joined or looked into: values_as("v", {"id", "rank"}, {{1, 10}, {2, 20}}).
DORM_EXPORT Subquery values_as(std::string_view name, const std::vector<std::string>& columns,
                               const std::vector<std::vector<Expr>>& rows);

// A common table expression; give it to with_cte() of the query that uses it.
class DORM_EXPORT CommonTable {
 public:
  Column c(std::string_view column) const;
  // SELECT … FROM the CTE itself.
  Query select_from(const std::vector<Selectable>& items) const;
  const std::shared_ptr<const query::Source>& source() const noexcept { return source_; }
  CommonTable(std::shared_ptr<DatabaseImpl> database, std::shared_ptr<const query::Source> source)
      : database_(std::move(database)), source_(std::move(source)) {}

 private:
  friend class Query;
  std::shared_ptr<DatabaseImpl> database_;
  std::shared_ptr<const query::Source> source_;
};

template <class Term>
CommonTable Query::recursive_cte(std::string_view name, Term term, bool distinct_rows) const {
  CommonTable seed = recursive_seed(name);
  for (;;) {
    const Query member = term(seed);
    const CommonTable wider = recursive_widened(seed, member);
    if (wider.source() == seed.source()) return recursive_whole(seed, member, distinct_rows);
    seed = wider;
  }
}

// Holds the rows of one run.
class Query::iterator {
 public:
  using value_type = Row;
  using difference_type = std::ptrdiff_t;
  using reference = const Row&;
  using iterator_concept = std::input_iterator_tag;
  explicit iterator(const Rows& rows) : current_(rows.begin()), end_(rows.end()) {}
  const Row& operator*() const { return *current_; }
  const Row* operator->() const { return &*current_; }
  iterator& operator++() {
    ++current_;
    return *this;
  }
  void operator++(int) { ++current_; }
  friend bool operator==(const iterator& left, std::default_sentinel_t) { return left.current_ == left.end_; }

 private:
  Rows::iterator current_;
  Rows::iterator end_;
};

inline Query::iterator Query::begin() const { return iterator(all()); }

}  // namespace dorm
