// dorm/query_set.hpp: the declarative way to ask: conditions by path, and which relations to load along with the rows.
//
// A QuerySet is an immutable value over one model: every call returns a new one, any number of threads may use one. The
// order of calls does not matter, but that annotate() comes before what uses its name. A path names relations and a
// field from the model on: "album__name" or "album.name". Wrong paths, operators and types throw QueryError (values
// that do not fit: DataError) where they are written, before any SQL is sent. Rows come back as a graph: each row of
// the model once, whatever was joined; limit and offset count them. Equal orders are broken by primary key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/expr.hpp"
#include "dorm/model_info.hpp"
#include "dorm/query.hpp"
#include "dorm/row.hpp"
#include "dorm/value.hpp"

namespace dorm {

class Assignment;
class Prefetch;
class QuerySet;

namespace query {
struct Request;
struct FilterNode;
}  // namespace query

// One condition by name: a path, a field and, after the last "__", an operator (none: equality):
//   {"album__name", "Malibu"}, {"position__gte", 2}, {"title__in", Values{…}}, {"album", row}, {"album", nullptr}
// Operators: exact ne iexact contains icontains startswith istartswith endswith iendswith like ilike regex iregex
//   gt gte lt lte range in not_in isnull, and the parts date time year month day hour minute second week_day quarter
//   week, which another operator may follow: {"timestamp__year__gte", 2020}. "pk" stands for the primary key.
// Those with i fold ASCII letters; only like and regex read their text as a pattern. Parts are whole numbers, of an
// instant as UTC has it; week and week_day are those of ISO 8601: Monday is 1. "date" and "time" are dates and times.
// The value may be a value, a list, a row, rows, a column or expression, or a query (with in also of whole rows).
class DORM_EXPORT Lookup {
 public:
  Lookup(std::string_view path, Expr value) : path_(path), value_(std::move(value)) {}
  Lookup(std::string_view path, Values values);
  Lookup(std::string_view path, const std::vector<Row>& rows);
  Lookup(std::string_view path, const Query& query);
  Lookup(std::string_view path, const QuerySet& query);
  const std::string& path() const noexcept { return path_; }
  const Expr& value() const noexcept { return value_; }

 private:
  std::string path_;
  Expr value_;
};

template <class Given>
concept LookupValue = std::constructible_from<Lookup, std::string_view, Given>;

// A condition that is not bound to a model yet: lookups and expressions under AND, OR, NOT. A cheap value.
// An expression in it is in terms of the model's own handle, or of others that the query has.
class DORM_EXPORT Filter {
 public:
  Filter() = default;  // always true
  Filter(std::initializer_list<Lookup> all);
  Filter(const Lookup& one);
  template <LookupValue Given>
  Filter(std::string_view path, Given&& value) : Filter(Lookup(path, std::forward<Given>(value))) {}
  Filter(const Expr& expression);  // track["album"]["name"] == "Malibu"
  explicit Filter(std::shared_ptr<const query::FilterNode> node) noexcept : node_(std::move(node)) {}
  const std::shared_ptr<const query::FilterNode>& node() const noexcept { return node_; }

 private:
  std::shared_ptr<const query::FilterNode> node_;
};
// NOLINTBEGIN(readability-identifier-naming): the bare words are operators of C++
DORM_EXPORT Filter and_(const std::vector<Filter>& conditions);  // of none: true
DORM_EXPORT Filter or_(const std::vector<Filter>& conditions);   // of none: false
DORM_EXPORT Filter not_(const Filter& condition);
// NOLINTEND(readability-identifier-naming)
inline Filter operator&(const Filter& left, const Filter& right) { return and_({left, right}); }
inline Filter operator|(const Filter& left, const Filter& right) { return or_({left, right}); }
inline Filter operator!(const Filter& condition) { return not_(condition); }

// Predicates on a to-many path that filter the rows without trimming what is loaded along the path (EXISTS).
// The condition is in terms of the model that the path leads to.
DORM_EXPORT Filter any(std::string_view path, const Filter& condition = {});
DORM_EXPORT Filter none(std::string_view path, const Filter& condition = {});
DORM_EXPORT Filter every(std::string_view path, const Filter& condition);  // true also where there are none

// A path of relations to load: "tracks", "teachers__category", or school["teachers"]["category"].
class DORM_EXPORT Path {
 public:
  Path(const char* path) : text_(path) {}
  Path(std::string_view path) : text_(path) {}
  Path(std::string path) : text_(std::move(path)) {}
  Path(const Column& relation);
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

// A term of order_by: "name", "-tracks__title", or an expression with asc(), desc(), nulls_first(), nulls_last().
class Order {
 public:
  Order(const char* path) : text_(path) {}
  Order(std::string_view path) : text_(path) {}
  Order(std::string path) : text_(std::move(path)) {}
  Order(OrderExpr term) : term_(std::move(term)) {}
  Order(Expr expr) : term_(OrderExpr(std::move(expr))) {}
  const std::string& text() const noexcept { return text_; }
  const std::optional<OrderExpr>& term() const noexcept { return term_; }

 private:
  std::string text_;
  std::optional<OrderExpr> term_;
};

// What fields() and exclude_fields() name: "name", "tracks__title", or as a map FieldTree("tracks", {"title", "year"}).
// Braces alone are a list of names: {"tracks", {"title"}} does not compile, since it could be taken for either.
class FieldTree {
 public:
  FieldTree(const char* path) : path_(path) {}
  FieldTree(std::string_view path) : path_(path) {}
  FieldTree(std::string path) : path_(std::move(path)) {}
  explicit FieldTree(std::string_view path, std::vector<FieldTree> below) : path_(path), below_(std::move(below)) {}
  FieldTree(std::initializer_list<FieldTree>) = delete;
  const std::string& path() const noexcept { return path_; }
  const std::vector<FieldTree>& below() const noexcept { return below_; }

 private:
  std::string path_;
  std::vector<FieldTree> below_;
};

// A value computed from related rows: for each row by a subquery of its own, so that no other join multiplies it; with
// group_by over the rows of each group, then also of the model's own fields.
class DORM_EXPORT Aggregate {
 public:
  static Aggregate count(std::string_view path);  // 0 where there are none
  static Aggregate sum(std::string_view path);    // "tracks__play_count"; null where there are none
  static Aggregate avg(std::string_view path);
  static Aggregate min(std::string_view path);
  static Aggregate max(std::string_view path);
  Aggregate where(const Filter& given) const;  // in terms of the related model: {"position__gt", 1}
  Aggregate distinct() const;

  std::string function;
  std::string path;
  bool is_distinct = false;
  std::optional<Filter> condition;

 private:
  Aggregate(std::string name, std::string_view of) : function(std::move(name)), path(of) {}
};

// How the rows of a relation are fetched. `automatic` chooses by backend, number of parents, index and round-trip time.
enum class Strategy : std::uint8_t { automatic, join, key_set, subquery, pipelined };

// What a result will cost: the statements, in order, and why they are what they are. Nothing was run.
struct LoadPlan {
  struct Step {
    std::string path;  // "" for the root, "teachers__category"
    std::string model;
    Strategy strategy = Strategy::automatic;
    std::string reason;  // why this strategy
    std::string sql;     // empty for what another step's statement joins
    std::vector<std::string> warnings;
    std::uint32_t parent = 0;  // of the step this one hangs on; itself for the root
  };
  std::vector<Step> steps;
  std::uint32_t round_trips = 0;
  DORM_EXPORT std::string to_text() const;  // drawn as a tree
};

class DORM_EXPORT QuerySet {
 public:
  // ---- which rows: all conditions hold; conditions on one path mean one related row ----
  // A condition along a path also joins, loads and trims it: of a list only the rows that match come along, and the
  // list is marked partial. any(), none() and every() choose rows without that.
  QuerySet filter(const Filter& condition) const;
  template <LookupValue Given>
  QuerySet filter(std::string_view path, Given&& value) const {
    return filter(Filter(path, std::forward<Given>(value)));
  }
  // Rows for which the condition is false, as a whole; not those for which it is unknown because something is null.
  QuerySet exclude(const Filter& condition) const;
  template <LookupValue Given>
  QuerySet exclude(std::string_view path, Given&& value) const {
    return exclude(Filter(path, std::forward<Given>(value)));
  }

  // Values for the parameters, param("name"), that conditions, orders, annotations and loads were given in the place of
  // values; as Query::bind().
  QuerySet bind(const std::vector<std::pair<std::string, Value>>& values) const;

  // ---- in what order, how many ----
  // Replaces; empty: the model's own order. An order along a list puts each row where its first related row stands;
  // such rows cannot be read from their end (last(), [-1], slice(-n)): QueryError.
  QuerySet order_by(std::vector<Order> terms) const;
  template <class... Terms>
  requires(sizeof...(Terms) > 0 && (std::constructible_from<Order, Terms&&> && ...)) QuerySet order_by(Terms&&... terms)
  const { return order_by(std::vector<Order>{Order(std::forward<Terms>(terms))...}); }
  QuerySet reverse() const;
  QuerySet limit(std::int64_t rows) const;  // rows of the model
  QuerySet offset(std::int64_t rows) const;
  QuerySet paginate(std::int64_t page, std::int64_t rows = 20) const;  // pages count from 1
  // [first, last), in place of a limit and offset given before; both negative: from the end, in the usual order.
  QuerySet slice(std::int64_t first, std::optional<std::int64_t> last = {}) const;
  QuerySet raw_limit(bool on = true) const;  // limit and offset count joined rows instead
  QuerySet distinct(bool on = true) const;   // of values() and values_list()

  // ---- what comes with them ----
  QuerySet select_related(const std::vector<Path>& paths) const;  // joined: one query; each parent has its own children
  QuerySet select_related(const Path& path) const { return select_related(std::vector<Path>{path}); }
  QuerySet select_related(std::initializer_list<Path> paths) const { return select_related(std::vector<Path>(paths)); }
  QuerySet prefetch_related(const std::vector<Prefetch>& paths) const;  // one query per path; children are shared
  QuerySet prefetch_related(const Prefetch& path) const;
  QuerySet prefetch_related(std::initializer_list<Prefetch> paths) const;
  // Like prefetch_related, but by whatever strategy suits best; the result is the same.
  QuerySet load_related(const std::vector<Prefetch>& paths) const;
  QuerySet load_related(const Prefetch& path) const;
  QuerySet load_related(std::initializer_list<Prefetch> paths) const;
  QuerySet select_all(bool follow = false) const;  // all relations; follow: theirs, too
  // The same relations, but as load_related brings them: by whatever strategy suits best, children shared.
  QuerySet load_all(bool follow = false) const;
  // Of a path that is loaded; QueryError, when the query is run, for one that is not.
  QuerySet strategy(std::string_view path, Strategy strategy) const;
  QuerySet load_required(bool on) const;  // required foreign keys load themselves unless false
  QuerySet lazy(LazyPolicy policy) const;
  QuerySet lazy(std::string_view path, LazyPolicy policy) const;  // of the rows that a loaded path leads to

  // ---- which columns: primary keys always come ----
  QuerySet fields(const std::vector<FieldTree>& names) const;  // adds to those named before
  QuerySet fields(const FieldTree& name) const { return fields(std::vector<FieldTree>{name}); }
  QuerySet fields(std::initializer_list<FieldTree> names) const { return fields(std::vector<FieldTree>(names)); }
  QuerySet exclude_fields(const std::vector<FieldTree>& names) const;  // wins over fields(); a relation: all of it
  QuerySet exclude_fields(const FieldTree& name) const { return exclude_fields(std::vector<FieldTree>{name}); }
  QuerySet exclude_fields(std::initializer_list<FieldTree> names) const {
    return exclude_fields(std::vector<FieldTree>(names));
  }
  QuerySet annotate(std::string_view name, const Aggregate& value) const;  // then filter and order by its name
  QuerySet annotate(std::string_view name, const Expr& value) const;
  // Groups for values(): one row per distinct value of these, with annotations computed over the group.
  QuerySet group_by(const std::vector<std::string>& paths) const;
  QuerySet having(const Filter& condition) const;  // on annotations of a group

  // ---- run ----
  Rows all() const;
  Rows all(const Filter& condition) const { return filter(condition).all(); }
  Row get() const;  // exactly one: NotFound, MultipleFound
  Row get(const Filter& condition) const { return filter(condition).get(); }
  template <LookupValue Given>
  Row get(std::string_view path, Given&& value) const {
    return filter(path, std::forward<Given>(value)).get();
  }
  std::optional<Row> get_or_none() const;  // MultipleFound
  std::optional<Row> get_or_none(const Filter& condition) const { return filter(condition).get_or_none(); }
  std::optional<Row> first() const;  // by the order, else by primary key
  std::optional<Row> last() const;
  Row operator[](std::int64_t index) const;  // negative: from the end; NotFound beyond it
  std::int64_t count() const;                // rows of the model
  bool exists() const;
  // Over the rows, each once; along a to-many path over the related rows. Null where there are none.
  Value sum(std::string_view path) const;
  Value avg(std::string_view path) const;
  Value min(std::string_view path) const;
  Value max(std::string_view path) const;
  // Flat rows, one per joined row: by name ("album__name"), by position, or one column as values.
  Rows values(const std::vector<std::string>& paths = {}) const;
  Rows values_list(const std::vector<std::string>& paths = {}) const;
  Values flat(std::string_view path) const;
  // The rows in chunks, each with what was asked to come along: first the keys of all rows in one query, which are
  // kept, then a query for each chunk. All of it sees one state of the database, kept on a connection of its own, so
  // that rows can be written on the way; in a transaction it is part of that. A pool of one connection (SQLite in
  // memory) keeps no state: there each chunk is as it is found, without rows that are gone by then.
  class Stream;
  Stream iterate(std::uint32_t chunk = 1000) const;

  // ---- write ----
  Row create(std::initializer_list<Assignment> values) const;
  Row create(const std::vector<std::pair<std::string, Value>>& values) const;
  // The row of this query whose members are those of `by`, and whether it had to be made: from these and `defaults`,
  // which win. MultipleFound. Conditions of the query narrow what is found; they give the new row nothing. Safe under
  // races where something unique says so: if another thread or program has made the row meanwhile, its row is the
  // answer. In a transaction the attempt is a savepoint, so that a lost race does no harm; at repeatable_read and above
  // the row of the other may be invisible, and the UniqueViolation passes through.
  std::pair<Row, bool> get_or_create(std::initializer_list<Assignment> by,
                                     std::initializer_list<Assignment> defaults = {}) const;
  std::pair<Row, bool> get_or_create(const std::vector<std::pair<std::string, Value>>& by,
                                     const std::vector<std::pair<std::string, Value>>& defaults = {}) const;
  // The same, but a row that is there gets `changes`. Of two at once the later one wins, each member by itself; a row
  // whose version is another by then is read again, so no StaleRow comes of it.
  std::pair<Row, bool> update_or_create(std::initializer_list<Assignment> by,
                                        std::initializer_list<Assignment> changes) const;
  std::pair<Row, bool> update_or_create(const std::vector<std::pair<std::string, Value>>& by,
                                        const std::vector<std::pair<std::string, Value>>& changes) const;
  // Return the number of rows. Without a condition: QueryError; update_every and delete_every say it on purpose. The
  // new value may be an expression of the row, or of one other that a path of to-one relations leads to:
  // track["album"]["name"]. The version of each row that is updated is counted up (see Row::save), so that whoever has
  // loaded it is told; to set it is a QueryError.
  std::int64_t update(const std::vector<std::pair<std::string, Expr>>& changes) const;
  std::int64_t update_every(const std::vector<std::pair<std::string, Expr>>& changes) const;
  std::int64_t delete_rows() const;
  std::int64_t delete_every() const;

  // ---- look inside ----
  BoundSql sql() const;           // of the first statement, of groups that of values(); runs nothing
  LoadPlan explain_load() const;  // all of them; runs nothing
  Query query() const;            // the same rows as an explicit query, to be joined or selected from
  // What values() of these paths asks, groups and distinct values too, as an explicit query: to see its sql(), to count
  // it, to look into it, to join it. Throws as values() does.
  Query values_query(const std::vector<std::string>& paths = {}) const;

  const std::shared_ptr<const query::Request>& request() const noexcept { return request_; }
  const std::shared_ptr<DatabaseImpl>& database() const noexcept { return database_; }
  QuerySet(std::shared_ptr<DatabaseImpl> database, std::shared_ptr<const query::Request> request)
      : database_(std::move(database)), request_(std::move(request)) {}

 private:
  std::shared_ptr<DatabaseImpl> database_;
  std::shared_ptr<const query::Request> request_;
};

// A path to fetch, with conditions of its own, in terms of the model it leads to. Filtered or limited loads are marked
// partial: they cannot be replaced or removed from. An immutable value.
class DORM_EXPORT Prefetch {
 public:
  Prefetch(const char* path) : Prefetch(Path(path)) {}
  Prefetch(const std::string& path) : Prefetch(Path(path)) {}
  Prefetch(const Path& path);
  Prefetch(const Column& relation) : Prefetch(Path(relation)) {}
  Prefetch where(const Filter& condition) const;
  template <LookupValue Given>
  Prefetch where(std::string_view path, Given&& value) const {
    return where(Filter(path, std::forward<Given>(value)));
  }
  Prefetch order_by(std::vector<Order> terms) const;
  Prefetch order_by(const Order& term) const { return order_by(std::vector<Order>{term}); }
  Prefetch order_by(std::initializer_list<Order> terms) const { return order_by(std::vector<Order>(terms)); }
  // Of lists; for a path that leads to one row a QueryError where the Prefetch is used.
  Prefetch limit(std::int64_t per_parent) const;
  Prefetch offset(std::int64_t per_parent) const;
  Prefetch fields(const std::vector<FieldTree>& names) const;
  Prefetch fields(const FieldTree& name) const { return fields(std::vector<FieldTree>{name}); }
  Prefetch fields(std::initializer_list<FieldTree> names) const { return fields(std::vector<FieldTree>(names)); }
  Prefetch exclude_fields(const std::vector<FieldTree>& names) const;
  Prefetch exclude_fields(const FieldTree& name) const { return exclude_fields(std::vector<FieldTree>{name}); }
  Prefetch exclude_fields(std::initializer_list<FieldTree> names) const {
    return exclude_fields(std::vector<FieldTree>(names));
  }
  Prefetch select_related(const std::vector<Path>& paths) const;  // joined into this path's query
  Prefetch select_related(const Path& path) const { return select_related(std::vector<Path>{path}); }
  Prefetch select_related(std::initializer_list<Path> paths) const { return select_related(std::vector<Path>(paths)); }
  // Below this path, also when it has a name of its own.
  Prefetch prefetch_related(const std::vector<Prefetch>& paths) const;
  Prefetch prefetch_related(const Prefetch& path) const;
  Prefetch prefetch_related(std::initializer_list<Prefetch> paths) const;
  Prefetch as(std::string_view name) const;  // beside the relation itself: row.related("name")
  Prefetch strategy(Strategy strategy) const;
  Prefetch lazy(LazyPolicy policy) const;

  struct Options {
    std::string path;
    std::vector<Filter> conditions;
    std::optional<std::vector<Order>> order;
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> offset;
    std::vector<FieldTree> included;
    std::vector<FieldTree> excluded;
    std::vector<Path> joined;
    std::vector<Prefetch> fetched;
    std::string name;
    Strategy strategy = Strategy::automatic;
    LazyPolicy lazy = LazyPolicy::unset;
  };
  const Options& options() const noexcept { return *options_; }
  explicit Prefetch(Options options);

 private:
  std::shared_ptr<const Options> options_;
};

template <class Given>
QuerySet Related::filter(std::string_view path, Given&& value) const {
  return filter(Filter(path, std::forward<Given>(value)));
}
template <class Given>
QuerySet Related::exclude(std::string_view path, Given&& value) const {
  return exclude(Filter(path, std::forward<Given>(value)));
}

inline QuerySet QuerySet::prefetch_related(const Prefetch& path) const {
  return prefetch_related(std::vector<Prefetch>{path});
}
inline QuerySet QuerySet::prefetch_related(std::initializer_list<Prefetch> paths) const {
  return prefetch_related(std::vector<Prefetch>(paths));
}
inline Prefetch Prefetch::prefetch_related(const Prefetch& path) const {
  return prefetch_related(std::vector<Prefetch>{path});
}
inline Prefetch Prefetch::prefetch_related(std::initializer_list<Prefetch> paths) const {
  return prefetch_related(std::vector<Prefetch>(paths));
}
inline QuerySet QuerySet::load_related(const Prefetch& path) const { return load_related(std::vector<Prefetch>{path}); }
inline QuerySet QuerySet::load_related(std::initializer_list<Prefetch> paths) const {
  return load_related(std::vector<Prefetch>(paths));
}

// Fills what is not loaded yet along these paths, for one row or for rows of any origin at once; what is loaded stays,
// unless `refresh`. A list that was loaded in part is not loaded: it is read as a whole. The rows must be of one model.
DORM_EXPORT void load_related(const std::vector<Row>& rows, const std::vector<Prefetch>& paths, bool refresh = false);
DORM_EXPORT void load_related(const Rows& rows, const std::vector<Prefetch>& paths, bool refresh = false);
DORM_EXPORT void load_related(const Row& row, const std::vector<Prefetch>& paths, bool refresh = false);

// Reads a row again with all its relations (follow: theirs, too), in one query; changes are an error unless discarded.
DORM_EXPORT void load_all(const Row& row, bool follow = false, const std::vector<FieldTree>& exclude = {},
                          bool discard_changes = false);

// Saves a row and the new or changed rows that its loaded or assigned relations lead to (follow: and theirs, each
// once), link rows included. What keys refer to goes first, new rows of a model share a statement, and all is one
// transaction, which row states follow as after save(). Links that exist are left as they are, nothing is deleted, and
// what was deleted stays so. Returns the number of rows inserted or updated. Before any SQL: DataError for a required
// value that is absent; StateError for new rows whose keys lead in a circle where none may be null, and for a new row
// that another refers to but that is not among those saved. NotFound if a changed row is gone, StaleRow if its
// version is another: then nothing is saved.
DORM_EXPORT std::int64_t save_related(const Row& row, bool follow = false);

// A pass over the rows of iterate(). Move-only; holds one chunk.
class DORM_EXPORT QuerySet::Stream {
 public:
  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl) noexcept;
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();
  class iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using reference = const Row&;
    using iterator_concept = std::input_iterator_tag;
    explicit iterator(Stream* stream) : stream_(stream) { ++*this; }
    const Row& operator*() const noexcept { return row_; }
    const Row* operator->() const noexcept { return &row_; }
    iterator& operator++() {
      row_ = stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& left, std::default_sentinel_t) noexcept { return !left.row_.has_value(); }

   private:
    Stream* stream_;
    Row row_;
  };
  iterator begin() { return iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }
  Row next();  // an empty Row after the last

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace dorm
