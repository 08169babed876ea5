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

class Window;

// What is taken out of a date, time or datetime; an instant is read in UTC. week and week_day are those of ISO 8601.
enum class DatePart : std::uint8_t { date, time, year, quarter, month, week, day, week_day, hour, minute, second };

// One step into a json value: a member of an object, or the place of an element in an array (negative: from its end).
// A member is found however a document spells its name; on SQLite not where plain ASCII letters of it are spelled as
// escapes.
class JsonStep {
 public:
  template <std::integral Place>
  JsonStep(Place element) : element_(element), is_element_(true) {}
  JsonStep(const char* member) : member_(member) {}
  JsonStep(std::string member) : member_(std::move(member)) {}
  const std::string& member() const noexcept { return member_; }
  std::int64_t element() const noexcept { return element_; }
  bool is_element() const noexcept { return is_element_; }

 private:
  std::string member_;
  std::int64_t element_ = 0;
  bool is_element_ = false;
};

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
  // A query of one column: a scalar subquery; null if it has no row. It should have one at most, for every row it is
  // run for: of several PostgreSQL makes a DataError, SQLite takes the first. limit(1), an aggregate or the condition
  // of a unique key see to it.
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
  // Regular expressions, of the syntax that all backends read alike: . [ ] ( ) (?: ) | ^ $ * + ? {m,n} \d \w \s and
  // POSIX classes, of ASCII; a pattern that is a value and has more is a QueryError, which says what and where.
  Expr regex(const Expr& pattern) const;
  Expr iregex(const Expr& pattern) const;

  // ---- integers as 64 bits; & and | stand for AND and OR ----
  Expr bit_and(const Expr& other) const;
  Expr bit_or(const Expr& other) const;
  Expr bit_xor(const Expr& other) const;
  Expr bit_not() const;
  Expr shift_left(unsigned bits) const;  // 0 to 63
  Expr shift_right(unsigned bits) const;

  // ---- dates and times ----
  Expr part(DatePart part) const;  // whole numbers; date and time are a date and a time
  // The first moment of the year, quarter, month, week (its Monday), day, hour, … that this lies in.
  Expr start_of(DatePart part) const;

  // ---- json: what stands at a path; null where there is nothing, or something of another type ----
  Expr json(const std::vector<JsonStep>& path) const;
  Expr json_text(const std::vector<JsonStep>& path = {}) const;
  Expr json_integer(const std::vector<JsonStep>& path = {}) const;
  Expr json_real(const std::vector<JsonStep>& path = {}) const;
  Expr json_boolean(const std::vector<JsonStep>& path = {}) const;
  Expr json_length(const std::vector<JsonStep>& path = {}) const;  // of an array
  Expr json_exists(const std::vector<JsonStep>& path) const;       // never null: a json null is there
  // Whether it has all that `part` has: members of objects, elements of arrays in any order.
  Expr json_contains(const Expr& part) const;

  // ---- of an aggregate: fn::count(…).filter(…) ----
  Expr filter(const Expr& condition) const;  // over the rows for which it is true
  Expr distinct() const;                     // over different values
  Expr ordered_by(const std::vector<OrderExpr>& terms) const;
  // An aggregate or a window function over the rows around each one; see window.hpp.
  Expr over(const Window& window) const;
  Expr over() const;  // over all rows

  Expr concat(const Expr& other) const;
  // QueryError for a cast that not every backend has with the same result: one that would round a decimal or drop
  // digits of it, from floating point, times or json to text, from text to what is neither number, date nor json.
  // Texts that are no number, and numbers out of range, are a DataError of the database.
  Expr cast(const Type& type) const;
  // "C" and "BINARY" are one, on every backend. Other names are those of one backend: SQLite's NOCASE and RTRIM,
  // PostgreSQL's "und-x-icu" and what else its database has. QueryError on the other, when the query is run.
  Expr collate(std::string_view collation) const;

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

// A value that Query::bind() gives; beside a column it takes the column's type.
DORM_EXPORT Expr param(std::string_view name, const Type& type = {});

// Subqueries and functions.
DORM_EXPORT Expr exists(const Query& query);
DORM_EXPORT Expr not_exists(const Query& query);
DORM_EXPORT Expr tuple(const std::vector<Expr>& items);
struct When {
  Expr condition;
  Expr result;
};
DORM_EXPORT Expr case_when(std::vector<When> whens, const Expr& otherwise = {});
// The conditions are values that the operand may equal.
DORM_EXPORT Expr case_of(const Expr& operand, std::vector<When> whens, const Expr& otherwise = {});

// SQL functions. `call` takes any function by name, which is checked as an identifier; without a type its result is
// read as whatever the database says it is.
namespace fn {
DORM_EXPORT Expr call(std::string_view name, const std::vector<Expr>& arguments = {}, const Type& type = {});
// The last resort: a piece of SQL, as it stands, in the database's own dialect. Each {} in it is one of the parameters,
// in order, values bound; {{ and }} are braces. Never build the text from what a user gave.
DORM_EXPORT Expr raw_sql(std::string_view text, const std::vector<Expr>& parameters = {}, const Type& type = {});
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
DORM_EXPORT Expr nullif(const Expr& expr, const Expr& other);
DORM_EXPORT Expr abs(const Expr& expr);
DORM_EXPORT Expr string_agg(const Expr& text,
                            std::string_view separator);  // an aggregate; ordered_by says in what order
// The values as a json array, nulls among them; null if there are no rows. For texts, enums, booleans, integers,
// doubles, dates, uuids and json; json_length(), json_contains() and the like look into it.
DORM_EXPORT Expr json_agg(const Expr& value);
DORM_EXPORT Expr random();  // a double from 0 up to 1, another for each row

// Window functions: fn::rank().over(Window().order_by(…)).
DORM_EXPORT Expr row_number();
DORM_EXPORT Expr rank();
DORM_EXPORT Expr dense_rank();
DORM_EXPORT Expr percent_rank();
DORM_EXPORT Expr cume_dist();
DORM_EXPORT Expr ntile(std::int32_t buckets);
DORM_EXPORT Expr lag(const Expr& expr, std::int32_t rows = 1, const Expr& otherwise = {});
DORM_EXPORT Expr lead(const Expr& expr, std::int32_t rows = 1, const Expr& otherwise = {});
DORM_EXPORT Expr first_value(const Expr& expr);
DORM_EXPORT Expr last_value(const Expr& expr);
DORM_EXPORT Expr nth_value(const Expr& expr, std::int32_t place);  // from 1
}  // namespace fn

}  // namespace dorm
