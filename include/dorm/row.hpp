// dorm/row.hpp: rows as references into a loaded graph, and the fields, lists and collections read from them.
//
// A Row is a cheap handle: all handles to one slot see one state, and each keeps its whole graph alive (detached()
// copies one row out). Any number of threads may read one graph, lazy loads included; writing to a graph needs it to
// itself. Text and blobs are views: valid until that row is written or refreshed, or the graph dies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dorm/detail/cell.hpp"
#include "dorm/detail/export.hpp"
#include "dorm/detail/storage.hpp"
#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "dorm/value.hpp"

namespace dorm {

namespace graph {
class Node;
class Relation;
}  // namespace graph

namespace detail {
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
}  // namespace detail

class Row;
class Rows;
class Related;
class Query;
class QuerySet;
class Filter;
class Path;
class Prefetch;
class Model;
struct BoundSql;
struct ModelInfo;

// Where a column lies in the rows of one result, looked up once: for hot loops. Only for rows of that result (or of the
// same plan).
class ColumnHandle {
 public:
  std::uint32_t cell() const noexcept { return cell_; }

 private:
  friend class Rows;
  friend class Row;
  explicit ColumnHandle(std::uint32_t cell) : cell_(cell) {}
  std::uint32_t cell_;
};

// One member of a row: a column, or a to-one relation. Borrowed: valid as long as the Row it was taken from.
// Strict readers throw DataError on null and on another type, naming Model.field. Reading an unloaded column loads it
// (or throws, by the lazy policy).
class DORM_EXPORT Field {
 public:
  Field(const Field&) = default;
  Field& operator=(const Field&) = delete;  // row["a"] = … would only rebind: say row.set("a", …)

  bool boolean() const { return cell(CellTag::boolean).integer != 0; }
  std::int64_t integer() const { return cell(CellTag::integer).integer; }
  double real() const { return cell(CellTag::real).real; }
  std::string_view text() const { return cell(CellTag::text).view(); }
  std::string_view blob() const { return cell(CellTag::blob).view(); }
  std::string_view json() const { return cell(CellTag::json).view(); }
  Decimal decimal() const;
  Uuid uuid() const;
  Date date() const { return Date{static_cast<std::int32_t>(cell(CellTag::date).integer)}; }
  Time time() const { return Time{cell(CellTag::time).integer}; }
  DateTime datetime() const { return DateTime{cell(CellTag::datetime).integer}; }

  // T is bool, std::int64_t, int, double, std::string, std::string_view, Decimal, Uuid, Date, Time, DateTime, Json,
  // Blob, Value, or std::optional of one of them (nullopt for null).
  template <class T>
  T get() const {
    if constexpr (detail::is_optional<T>) {
      return is_null() ? T() : T(read<typename T::value_type>());
    } else {
      return read<T>();
    }
  }
  template <class T>
  T value_or(T fallback) const {
    return is_null() ? std::move(fallback) : get<T>();
  }
  Value value() const;          // owned, null for null
  std::string to_text() const;  // as a person would read it

  bool is_null() const;                     // loads an unloaded column or relation
  bool is_loaded() const noexcept;          // asks nothing
  explicit operator bool() const = delete;  // say boolean() or is_null()

  // Follows a to-one relation: loads it by the lazy policy. NullRelation (naming the path) if it is null.
  Row row() const;
  std::optional<Row> row_or_none() const;
  Field operator[](std::string_view member) const;
  Field operator[](const char* member) const { return (*this)[std::string_view(member)]; }
  // A to-many relation of the row this relation leads to.
  Related related(std::string_view relation) const;

  // "Tweet.user", for messages.
  std::string label() const;

 private:
  friend class Row;
  static constexpr std::uint32_t no_cell = 0xFFFFFFFFU;

  Field(const detail::NodeStorage* storage, std::uint32_t slot, std::uint32_t cell) noexcept
      : storage_(storage), slot_(slot), cell_(cell) {}
  Field(const detail::NodeStorage* storage, std::uint32_t slot, std::uint32_t relation,
        const graph::Relation* named) noexcept
      : storage_(storage), named_(named), slot_(slot), relation_(relation) {}

  const Cell& cell(CellTag wanted) const {
    if (cell_ != no_cell) {
      const Cell& found = storage_->cells(slot_)[cell_];
      if (found.acquire_tag() == wanted) return found;
    }
    return other_cell(wanted);
  }
  // Loads what is unloaded, reads a to-one relation's key, or throws.
  const Cell& other_cell(CellTag wanted) const;
  const Cell& loaded_cell() const;
  graph::Node* node() const noexcept;
  template <class T>
  T read() const;  // defined for the types that get() lists

  const detail::NodeStorage* storage_;
  const graph::Relation* named_ = nullptr;  // a relation that only the query named
  std::uint32_t slot_;
  std::uint32_t cell_ = no_cell;      // no_cell for a relation
  std::uint32_t relation_ = no_cell;  // of the model, for a relation
};
static_assert(std::is_trivially_copyable_v<Field>);

// clang-format off
template <> DORM_EXPORT bool Field::read<bool>() const;
template <> DORM_EXPORT std::int64_t Field::read<std::int64_t>() const;
template <> DORM_EXPORT int Field::read<int>() const;
template <> DORM_EXPORT double Field::read<double>() const;
template <> DORM_EXPORT std::string Field::read<std::string>() const;
template <> DORM_EXPORT std::string_view Field::read<std::string_view>() const;
template <> DORM_EXPORT Decimal Field::read<Decimal>() const;
template <> DORM_EXPORT Uuid Field::read<Uuid>() const;
template <> DORM_EXPORT Date Field::read<Date>() const;
template <> DORM_EXPORT Time Field::read<Time>() const;
template <> DORM_EXPORT DateTime Field::read<DateTime>() const;
template <> DORM_EXPORT Json Field::read<Json>() const;
template <> DORM_EXPORT Blob Field::read<Blob>() const;
template <> DORM_EXPORT Value Field::read<Value>() const;
// clang-format on

class DORM_EXPORT Row {
 public:
  Row() = default;  // no row: every use throws StateError

  Field operator[](std::string_view member) const;  // throws QueryError for an unknown member, with a suggestion
  Field operator[](const char* member) const { return (*this)[std::string_view(member)]; }
  Field operator[](std::size_t position) const;  // by position in the select list (tuples) or the model's columns
  Field operator[](int position) const { return (*this)[static_cast<std::size_t>(position)]; }
  Field operator[](ColumnHandle column) const noexcept;

  // A to-many relation: the loaded rows, and a pre-filtered query.
  Related related(std::string_view relation) const;

  // ---- writing: changes stay in memory until save() ----
  void set(std::string_view member, const Value& value) const;
  void set(std::string_view relation, const Row& related) const;
  // INSERT for a new row, else UPDATE of the changed columns; nothing if there are none. False if nothing was sent.
  // Throws NotFound if the row is gone.
  //
  // A model with a "version_field" is locked optimistically: a new row has version 1 unless it is given another, save()
  // counts it up, and save() and delete_row() throw StaleRow where the database has another version than was loaded
  // (or no such row). It is read-only: set() on a saved row is a QueryError, and a row that was loaded without it
  // cannot be written (StateError). Rollback takes it back. Updates of many rows count it up, too, without comparing
  // it.
  bool save() const;
  // The row in the database; this handle becomes unsaved. Throws NotFound if it is gone.
  void delete_row() const;
  // Reads the row's own columns again. Unsaved changes are an error unless discarded; NotFound if the row is gone.
  void load(bool discard_changes = false) const;

  bool is_saved() const;
  // Whether save() would send something, and which fields: also the key that is still to come from a row assigned with
  // set(). Throw StateError if such a row is gone.
  bool is_dirty() const;
  std::vector<std::string> dirty_fields() const;

  // ---- identity and equality ----
  // Same model and same key; unsaved rows are equal only to themselves.
  DORM_EXPORT friend bool operator==(const Row& left, const Row& right);
  bool same_row(const Row& other) const noexcept { return storage_ == other.storage_ && slot_ == other.slot_; }
  KeyRef key() const;     // throws StateError if the row has no (full) key
  operator Expr() const;  // tweet["user"] == huey

  const ModelInfo* model() const noexcept;  // null for flat rows
  std::vector<std::string> names() const;   // members that have a cell, in order
  std::string to_json() const;  // {"id":1,…}; loaded columns and loaded relations, no sensitive ones; asks nothing
  Row copy() const;             // an unsaved row with the same values, without key
  Row detached() const;         // the same row in a graph of its own
  bool has_value() const noexcept { return storage_ != nullptr; }

  // Whether a relation is loaded, without a query.
  bool is_loaded(std::string_view member) const;
  // Whether it was loaded with a condition or a limit, also that of an outer join, without a query: what is missing, or
  // null, may be there yet.
  bool is_partial(std::string_view member) const;

  // For the library: a slot of a node of a graph.
  Row(std::shared_ptr<graph::Node> node, std::uint32_t slot) noexcept;
  const std::shared_ptr<graph::Node>& node() const noexcept { return node_; }
  std::uint32_t slot() const noexcept { return slot_; }

 private:
  friend class Field;
  friend class Rows;
  std::shared_ptr<graph::Node> node_;
  const detail::NodeStorage* storage_ = nullptr;  // of node_
  std::uint32_t slot_ = 0;
};

// A list of rows of one node: a result, or a loaded to-many relation. Owns a reference to the graph.
class DORM_EXPORT Rows {
 public:
  // Holds one Row and moves it along; copy the Row to keep it.
  class DORM_EXPORT iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using pointer = const Row*;
    using reference = const Row&;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    const Row& operator*() const { return row_; }
    const Row* operator->() const { return &row_; }
    iterator& operator++() {
      ++index_;
      move();
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& left, const iterator& right) { return left.index_ == right.index_; }

   private:
    friend class Rows;
    iterator(const Rows& rows, std::size_t index);
    void move() {
      if (index_ < count_) row_.slot_ = relation_ == nullptr ? index_ : target_slot(relation_, begin_ + index_, links_);
    }
    Row row_;
    const graph::Relation* relation_ = nullptr;
    std::uint32_t begin_ = 0;
    std::uint32_t index_ = 0;
    std::uint32_t count_ = 0;
    bool links_ = false;
  };

  Rows() = default;
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  Row operator[](std::size_t index) const;  // throws QueryError beyond the end
  Row front() const { return (*this)[0]; }
  iterator begin() const { return {*this, 0}; }
  iterator end() const { return {*this, count_}; }
  ColumnHandle column(std::string_view name) const;  // throws QueryError for an unknown name
  std::string to_json() const;

  // For the library: all slots of a node, or a span of a relation's targets.
  Rows(std::shared_ptr<graph::Node> node, std::size_t count);
  Rows(std::shared_ptr<graph::Node> node, const graph::Relation* relation, std::uint32_t begin, std::size_t count,
       bool links = false);
  const std::shared_ptr<graph::Node>& node() const noexcept { return node_; }

 private:
  static std::uint32_t target_slot(const graph::Relation* relation, std::uint32_t index, bool links) noexcept;
  std::shared_ptr<graph::Node> node_;
  const graph::Relation* relation_ = nullptr;
  std::uint32_t begin_ = 0;
  std::size_t count_ = 0;
  bool links_ = false;  // the link rows instead of the targets
};

// A to-many relation of one row. Iterating, size() and [] use the loaded rows (loading them by the lazy policy);
// everything that returns a Query is fresh, pre-filtered, and never changes what is loaded. Owns a reference to its
// row.
class DORM_EXPORT Related {
 public:
  Rows rows() const;
  Rows::iterator begin() const { return rows().begin(); }
  Rows::iterator end() const { return rows().end(); }
  std::size_t size() const { return rows().size(); }
  bool empty() const { return rows().empty(); }
  Row operator[](std::size_t index) const { return rows()[index]; }
  // How many rows there are, without loading them, by the lazy policy: where they are loaded already it is size(), else
  // `batch` counts those of all sibling rows of the result in one query, as annotate() would have done beforehand. The
  // number is kept until the row is loaded again, the collection is changed through it or a rollback may have changed
  // it; count() asks anew each time. Throws StateError on an unsaved row, QueryError where the policy is `raise`.
  std::int64_t lazy_count() const;
  bool is_loaded() const;   // without a query
  bool is_partial() const;  // without a query: loaded with a condition or a limit
  // many_to_many: the link rows, one for each of rows() and in its order; through values are read from them. Loads as
  // rows() does.
  Rows links() const;

  // Fresh queries of the related rows. All throw StateError on an unsaved row.
  Query query() const;
  Query where(const Expr& condition) const;
  Query order_by(OrderExpr term) const;
  QuerySet objects() const;
  QuerySet filter(const Filter& condition) const;
  template <class Given>  // defined in query_set.hpp, for what a Lookup takes
  QuerySet filter(std::string_view path, Given&& value) const;
  QuerySet exclude(const Filter& condition) const;
  template <class Given>
  QuerySet exclude(std::string_view path, Given&& value) const;
  QuerySet select_related(const std::vector<Path>& paths) const;
  QuerySet select_related(const Path& path) const;
  QuerySet prefetch_related(const std::vector<Prefetch>& paths) const;
  QuerySet prefetch_related(const Prefetch& path) const;
  QuerySet select_all(bool follow = false) const;
  // Of links: a target that is linked twice counts twice, as in rows(); objects() has it once.
  std::int64_t count() const;
  bool exists() const;
  Row get(const Filter& condition) const;                         // NotFound, MultipleFound
  std::optional<Row> get_or_none(const Filter& condition) const;  // MultipleFound
  std::optional<Row> first() const;
  BoundSql sql() const;  // of query()

  // A new row of the target, pointing here (foreign key) or linked here (many-to-many: `through` are values of the
  // link).
  Row create(const std::vector<std::pair<std::string, Value>>& values,
             const std::vector<std::pair<std::string, Value>>& through = {}) const;

  // What belongs to the row: links of a many_to_many, or the foreign keys of the rows given. Return the number of rows
  // linked or unlinked. A collection that was loaded in part (with a condition or a limit) can be added to, but not
  // removed from, cleared or set: StateError.
  //
  // many_to_many: one row, a list, or every row of a query; each is one statement, unless `through` gives the links
  // values. Unsaved rows are a StateError. Links that exist already are left as they are.
  // The other side of a foreign key: each row is saved with its key changed, new rows are inserted; a row that belongs
  // to another one, or a key that cannot be null, is a StateError on remove and clear.
  std::int64_t add(const Row& row, const std::vector<std::pair<std::string, Value>>& through = {}) const;
  std::int64_t add(const std::vector<Row>& rows, const std::vector<std::pair<std::string, Value>>& through = {}) const;
  std::int64_t add(const Query& query) const;
  std::int64_t remove(const Row& row) const;
  std::int64_t remove(const std::vector<Row>& rows) const;
  std::int64_t remove(const Query& query) const;
  std::int64_t clear() const;
  // These and no others: adds and removes what differs, in one transaction.
  std::int64_t set(const std::vector<Row>& rows) const;
  // The link model of a many_to_many.
  Model through() const;

  Related(Row row, std::uint32_t relation, std::string name)
      : row_(std::move(row)), relation_(relation), name_(std::move(name)) {}

 private:
  Row row_;
  std::uint32_t relation_;  // in the model's relations; no_index for one that only the query named
  std::string name_;
};

inline Field Row::operator[](ColumnHandle column) const noexcept { return {storage_, slot_, column.cell()}; }

}  // namespace dorm
