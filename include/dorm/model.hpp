// dorm/model.hpp: the handle to one model of an open database: create, get, select.
//
// A cheap value; share freely. It belongs to its database and keeps the registry snapshot it was made with: mixing
// handles of two databases in one query, or snapshots whose storage differs, is a QueryError before anything is sent.
// Calls after the Database is gone throw StateError.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/expr.hpp"
#include "dorm/model_info.hpp"
#include "dorm/query.hpp"
#include "dorm/row.hpp"

namespace dorm {

class DatabaseImpl;
class Insert;
class QuerySet;

// A member and what it shall be: a value, or for a to-one relation a row.
class Assignment {
 public:
  template <class V>
  requires std::constructible_from<Value, V&&> Assignment(std::string_view member, V&& value)
      : member_(member), value_(std::forward<V>(value)) {}
  Assignment(std::string_view member, Row row) : member_(member), row_(std::move(row)) {}
  std::string_view member() const noexcept { return member_; }
  const Value& value() const noexcept { return value_; }
  const Row& row() const noexcept { return row_; }  // has_value() if it was given

 private:
  std::string_view member_;
  Value value_;
  Row row_;
};

class DORM_EXPORT Model {
 public:
  // A field, or a relation (a to-one relation stands for its key). Throws QueryError with a suggestion for an unknown
  // name.
  Column operator[](std::string_view member) const;
  Column operator[](const char* member) const { return (*this)[std::string_view(member)]; }

  const ModelInfo& info() const noexcept;
  // The same table as a second, independent source. Without a name it is given a number in the text.
  Model alias(std::string_view name = {}) const;

  // ---- rows ----
  // Also with a key of the program's own choice, where the database makes keys. SQLite then goes on behind the greatest
  // one. PostgreSQL does not: its sequence gives the next number all the same, for a UniqueViolation if that is taken.
  // After such keys, here or in bulk, say once
  //   db.execute("SELECT setval(pg_get_serial_sequence('page', 'id'), (SELECT max(id) FROM page))");
  Row create(std::initializer_list<Assignment> values) const;  // inserted, with generated values read back
  Row create(const std::vector<std::pair<std::string, Value>>& values) const;
  Row make(std::initializer_list<Assignment> values = {}) const;  // unsaved; save() applies defaults and inserts
  // As of objects(): the row, and whether it was made. See QuerySet.
  std::pair<Row, bool> get_or_create(std::initializer_list<Assignment> by,
                                     std::initializer_list<Assignment> defaults = {}) const;
  std::pair<Row, bool> get_or_create(const std::vector<std::pair<std::string, Value>>& by,
                                     const std::vector<std::pair<std::string, Value>>& defaults = {}) const;
  std::pair<Row, bool> update_or_create(std::initializer_list<Assignment> by,
                                        std::initializer_list<Assignment> changes) const;
  std::pair<Row, bool> update_or_create(const std::vector<std::pair<std::string, Value>>& by,
                                        const std::vector<std::pair<std::string, Value>>& changes) const;
  // Unsaved, from {"username": "huey", "tweets": [{"content": "meow"}]}: with the rows in it, one graph, which
  // save_related() saves. An object within it that has only its key, or a key in its place, is a row that is there. One
  // that has other members, too, is a new row, unless the database makes the keys of its model: then it is the row of
  // that key, changed; of the version given, if its model has one. A row in a list is moved or linked to the one the
  // list belongs to; nothing is taken out. DataError names the member that does not fit, by its path; QueryError an
  // unknown one.
  Row from_json(std::string_view object) const;
  // By primary key: NotFound if there is none. A composite key is a list of values in key order.
  Row get_by_key(const Value& key) const;
  std::optional<Row> get_by_key_or_none(const Value& key) const;
  // By condition: NotFound, MultipleFound.
  Row get(const Expr& condition) const;
  std::optional<Row> get_or_none(const Expr& condition) const;
  // A plain value is a key: user.get(1).
  template <class Key>
  requires std::constructible_from<Value, Key&&> &&(!std::derived_from<std::remove_cvref_t<Key>, Expr>)Row
      get(Key&& key) const {
    return get_by_key(Value(std::forward<Key>(key)));
  }
  template <class Key>
  requires std::constructible_from<Value, Key&&> &&
      (!std::derived_from<std::remove_cvref_t<Key>, Expr>)std::optional<Row> get_or_none(Key&& key) const {
    return get_by_key_or_none(Value(std::forward<Key>(key)));
  }
  std::int64_t count() const;
  Rows all() const;

  // ---- many rows ----
  // New rows as few INSERTs as the database takes, in one transaction; keys and other values that the database makes
  // are read back. Where it makes none, many rows go to PostgreSQL by its COPY. The rows come in the order given.
  Rows bulk_create(const std::vector<std::vector<std::pair<std::string, Value>>>& rows) const;
  // The changed fields of saved rows in as few UPDATEs as there are sets of changed fields, in one transaction; one by
  // one where the model has a version field or dorm changes a field by itself. Returns the number of rows written.
  // NotFound or StaleRow if one of them is gone or was changed: then none is written. StateError for an unsaved row, or
  // one that an unsaved row was assigned to, QueryError for one of another model or database. Signals are not sent, by
  // bulk_create neither.
  std::int64_t bulk_update(const std::vector<Row>& rows) const;
  // Rows into the table without Rows in memory: see insert.hpp. All throw QueryError for what is no field, DataError
  // for a value that does not fit or a required one that is absent.
  Insert insert(const std::vector<std::pair<std::string, Expr>>& values) const;
  Insert insert_many(const std::vector<std::vector<std::pair<std::string, Expr>>>& rows) const;
  // The same where all rows have values of the same fields, in their order: what is said once is looked up once.
  // QueryError also for a field named twice, and for a row of more or fewer values than fields.
  Insert insert_many(const std::vector<std::string>& fields, std::vector<Values> rows) const;
  Insert insert_from(const Query& query, const std::vector<std::string>& fields) const;  // one field per column

  // ---- queries ----
  // The declarative way to ask, of query_set.hpp.
  QuerySet objects() const;
  // No items: all columns that are not deferred.
  template <class... Items>
  Query select(Items&&... items) const {
    return select_list({Selectable(std::forward<Items>(items))...});
  }
  Query select_list(std::vector<Selectable> items) const;
  // Refuses (QueryError) to write every row without being told: see delete_every().
  std::int64_t update_every(const std::vector<std::pair<std::string, Expr>>& changes) const;
  std::int64_t delete_every() const;

  const std::shared_ptr<const query::Source>& source() const noexcept { return source_; }
  const std::shared_ptr<DatabaseImpl>& database() const noexcept { return database_; }
  Model(std::shared_ptr<DatabaseImpl> database, std::shared_ptr<const query::Source> source)
      : database_(std::move(database)), source_(std::move(source)) {}

 private:
  std::shared_ptr<DatabaseImpl> database_;
  std::shared_ptr<const query::Source> source_;
};

// One query per list: the rows of `queries` are attached to those of the first (or of the nearest one before that has a
// foreign key to or from them), each child query with its own conditions and order. Returns the rows of the first
// query. QueryError, before any SQL, for a query that has no such key, for several keys none of which is named like its
// target, and for child queries that are limited, grouped or distinct.
DORM_EXPORT Rows prefetch(const Query& root, const std::vector<Query>& queries);
template <class... Queries>
Rows prefetch(const Query& root, const Query& first, const Queries&... more) {
  return prefetch(root, std::vector<Query>{first, more...});
}

}  // namespace dorm
