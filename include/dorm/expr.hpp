// dorm/expr.hpp: expressions of a query as immutable values.
//
// An Expr is a cheap handle on a shared, immutable tree: copy, fork and share it between threads freely. Every Expr is
// typed from the registry; a value beside a column takes the column's type. A wrong operator or value throws QueryError
// or DataError where it is written, before any SQL exists.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/type.hpp"
#include "dorm/value.hpp"

namespace dorm {

class DatabaseImpl;
class Model;
class Query;
class QuerySet;
class OrderExpr;
class Row;

namespace query {
struct Term;
}

// What holds rows: a std::vector<Row>, a result, a to-many relation.
template <class List>
concept RowList = requires(const List& list) {
  requires std::same_as<std::remove_cvref_t<decltype(*list.begin())>, Row>;
};

class DORM_EXPORT Expr {
 public:
  Expr() = default;  // no expression: "no condition" where one is optional
  // A value, bound as a parameter.
  template <class T>
  requires std::constructible_from<Value, T&&> &&(!std::derived_from<std::remove_cvref_t<T>, Expr>)Expr(T&& value)
      : Expr(Value(std::forward<T>(value)), 0) {}
  // A row by its key: compares with foreign keys and with the row's own model.
  Expr(const KeyRef& key);
  // A query of one column: a scalar subquery.
  Expr(const Query& query);
  explicit Expr(std::shared_ptr<const query::Term> term) noexcept : term_(std::move(term)) {}

  Expr as(std::string_view alias) const;  // names the output

  OrderExpr asc() const;
  OrderExpr desc() const;

  // An empty list matches nothing. For a key of several columns an item is a row, or a list with a value per column; a
  // query of whole rows stands for the key that is referred to.
  Expr in(Values values) const;
  Expr in(const Query& query) const;
  template <std::same_as<Row> R>
  Expr in(std::initializer_list<R> rows) const {
    return in_keys(keys_of(rows), false);
  }
  template <RowList List>
  Expr in(const List& rows) const {
    return in_keys(keys_of(rows), false);
  }
  Expr in(const QuerySet& rows) const;  // asks the database, loads nothing
  Expr not_in(Values values) const;
  Expr not_in(const Query& query) const;
  Expr not_in(const QuerySet& rows) const;
  template <std::same_as<Row> R>
  Expr not_in(std::initializer_list<R> rows) const {
    return in_keys(keys_of(rows), true);
  }
  template <RowList List>
  Expr not_in(const List& rows) const {
    return in_keys(keys_of(rows), true);
  }
  // A foreign key of several columns is null as soon as one of them is: then it refers to nothing.
  Expr is_null() const;
  Expr is_not_null() const;
  Expr is_distinct_from(const Expr& other) const;      // NULL-safe !=
  Expr is_not_distinct_from(const Expr& other) const;  // NULL-safe ==
  Expr between(const Expr& low, const Expr& high) const;
  Expr not_between(const Expr& low, const Expr& high) const;

  // Patterns with % and _, case-sensitive; ilike folds ASCII.
  Expr like(const Expr& pattern) const;
  Expr ilike(const Expr& pattern) const;
  // Literal and case-sensitive; the i… forms fold ASCII.
  Expr contains(const Expr& text) const;
  Expr startswith(const Expr& text) const;
  Expr endswith(const Expr& text) const;
  Expr icontains(const Expr& text) const;
  Expr istartswith(const Expr& text) const;
  Expr iendswith(const Expr& text) const;
  Expr iexact(const Expr& text) const;
  Expr regex(const Expr& pattern) const;
  Expr iregex(const Expr& pattern) const;

  Expr concat(const Expr& other) const;
  Expr cast(const Type& type) const;
  Expr collate(std::string_view collation) const;  // "C" and "BINARY" are one, on every backend

  const Type& type() const noexcept;
  explicit operator bool() const = delete;  // an expression is not a truth value; see has_value()
  bool has_value() const noexcept { return term_ != nullptr; }
  const std::shared_ptr<const query::Term>& term() const noexcept { return term_; }

 protected:
  template <class List>
  static std::vector<KeyRef> keys_of(const List& rows) {
    std::vector<KeyRef> keys;
    for (const auto& row : rows) keys.push_back(row.key());
    return keys;
  }
  Expr in_keys(const std::vector<KeyRef>& keys, bool negated) const;
  Expr(Value value, int);
  std::shared_ptr<const query::Term> term_;
};

// A term of ORDER BY.
class DORM_EXPORT OrderExpr {
 public:
  OrderExpr(Expr ordered) : expr(std::move(ordered)) {}
  OrderExpr nulls_first() const;
  OrderExpr nulls_last() const;
  Expr expr;
  bool descending = false;
  enum class Nulls : std::uint8_t { smallest, first, last } nulls = Nulls::smallest;
};

// Comparison builds an expression; therefore columns are never keys of containers.
DORM_EXPORT Expr operator==(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator!=(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator<(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator<=(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator>(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator>=(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator&(const Expr& left, const Expr& right);  // AND; also && without its short cut
DORM_EXPORT Expr operator|(const Expr& left, const Expr& right);  // OR
inline Expr operator&&(const Expr& left, const Expr& right) { return left & right; }
inline Expr operator||(const Expr& left, const Expr& right) { return left | right; }
DORM_EXPORT Expr operator!(const Expr& operand);  // NOT
inline Expr operator~(const Expr& operand) { return !operand; }
// Integers divide to an integer, towards zero, and the remainder has the sign of the dividend; % is for integers only.
// Dividing by zero, and an integer quotient beyond 64 bits, is a DataError of the statement on every backend; guard it
// with case_when. Decimals are not divided: cast them to double first.
DORM_EXPORT Expr operator+(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator-(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator*(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator/(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator%(const Expr& left, const Expr& right);
DORM_EXPORT Expr operator-(const Expr& operand);

// A member of a model (or model alias, subquery, CTE) used in a query: model["username"]. A to-one relation stands for
// its key.
class DORM_EXPORT Column : public Expr {
 public:
  using Expr::Expr;
  Column(std::shared_ptr<const query::Term> term, std::shared_ptr<DatabaseImpl> database) noexcept
      : Expr(std::move(term)), database_(std::move(database)) {}
  // A member of the model that this relation leads to: track["album"]["name"]; the query joins what the path needs.
  // Throws QueryError for an unknown name, or if this is no relation.
  Column operator[](std::string_view member) const;
  Column operator[](const char* member) const { return (*this)[std::string_view(member)]; }
  // The link model of a many_to_many: course["students"].through(). Throws QueryError for any other member.
  Model through() const;

 private:
  std::shared_ptr<DatabaseImpl> database_;  // of a model's members
};

// Subqueries and functions.
DORM_EXPORT Expr exists(const Query& query);
DORM_EXPORT Expr not_exists(const Query& query);
DORM_EXPORT Expr tuple(const std::vector<Expr>& items);
struct When {
  Expr condition;
  Expr result;
};
DORM_EXPORT Expr case_when(std::vector<When> whens, const Expr& otherwise = {});

// SQL functions. `call` takes any function by name; the name is checked as an identifier.
namespace fn {
DORM_EXPORT Expr call(std::string_view name, const std::vector<Expr>& arguments = {});
DORM_EXPORT Expr count(const Expr& expr);
DORM_EXPORT Expr count();  // COUNT(*)
DORM_EXPORT Expr count_distinct(const Expr& expr);
DORM_EXPORT Expr sum(const Expr& expr);
DORM_EXPORT Expr avg(const Expr& expr);
DORM_EXPORT Expr min(const Expr& expr);
DORM_EXPORT Expr max(const Expr& expr);
DORM_EXPORT Expr lower(const Expr& expr);
DORM_EXPORT Expr upper(const Expr& expr);
DORM_EXPORT Expr length(const Expr& expr);
DORM_EXPORT Expr coalesce(std::vector<Expr> arguments);
}  // namespace fn

}  // namespace dorm
