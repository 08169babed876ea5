// dorm/insert.hpp: rows into a table without a Row for each: one or many, those of a query, and upserts.
//
//   page.insert({{"url", "/"}, {"hits", 1}})
//       .on_conflict_update({.target = {"url"}, .set = {{"hits", page["hits"] + excluded(page["hits"])}}})
//       .run();
//
// An immutable value: every call returns a new one; run() sends it. Values are held against their fields where they are
// written, defaults of the schema are filled in, and expressions may stand in the place of values. Signals are not
// sent. Many rows are several statements, all of them one transaction, where one would have more parameters than
// PostgreSQL takes, or than SQLite reads fast. A hundred rows and more, of values alone and of the same fields, that
// conflict with nothing go to PostgreSQL by its COPY, in a transaction, too: triggers, defaults and checks are those of
// an INSERT, and so are errors. Keys given where the database makes them: see Model::create(). Thread-safe as a Model
// is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/expr.hpp"
#include "dorm/model.hpp"
#include "dorm/query.hpp"

namespace dorm {

// What becomes of a row that is there already.
struct Upsert {
  // The fields that are unique together; empty: the primary key if the rows bring it, else the only other unique ones.
  std::vector<std::string> target{};
  std::vector<std::string> preserve{};              // these take the values proposed
  std::vector<std::pair<std::string, Expr>> set{};  // and these what is computed from the row and excluded()
  Expr where{};                                     // only rows for which it is true; the others stay as they are
};

// The value that an insert proposed for a column, in Upsert::set and where.
DORM_EXPORT Expr excluded(const Column& column);

class DORM_EXPORT Insert {
 public:
  struct Data;

  // All three throw QueryError where the target is not unique, the latter two for two rows that have the same of it,
  // and on_conflict_update() for a field that is immutable or a version; replace() leaves such fields as they are.
  // Where what two rows have of the target is computed, or comes from a query, only the database can tell: PostgreSQL
  // refuses them when it runs, a QueryError as well; SQLite updates the one row twice.
  Insert on_conflict_ignore(const std::vector<std::string>& target = {}) const;
  Insert on_conflict_update(const Upsert& what) const;
  // Every given column of the row that is there takes the value given. Unlike SQL's REPLACE it deletes nothing.
  Insert replace(const std::vector<std::string>& target = {}) const;

  // What rows() reads; without items the model's columns.
  Insert returning(std::vector<Selectable> items) const;

  // Defaults that dorm makes, uuids and times, are made anew for each run, and so are fields with "on_update" in an
  // upsert. These throw the errors of the database, UniqueViolation for one; then no row of it is written.
  std::int64_t run() const;  // the number of rows inserted or updated
  Rows rows() const;         // runs it: those rows, as they are now, in no particular order
  BoundSql sql() const;      // of the first statement, an INSERT even where run() copies; runs nothing

  explicit Insert(std::shared_ptr<const Data> data) noexcept : data_(std::move(data)) {}

 private:
  std::shared_ptr<const Data> data_;
};

}  // namespace dorm
