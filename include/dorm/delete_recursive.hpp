// dorm/delete_recursive.hpp: deletes a row and the rows that refer to it, whatever the database would do by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/row.hpp"

namespace dorm {

struct DeleteOptions {
  bool delete_nullable = false;  // also rows that could do without: whose foreign key may be null
  bool dry_run = false;          // changes nothing and only reports
};

struct DORM_EXPORT DeleteReport {
  struct Count {
    std::string model;          // qualified; link models of a many_to_many included
    std::int64_t deleted = 0;   // rows
    std::int64_t released = 0;  // foreign keys that are set to null
  };
  std::vector<Count> models;  // those with any, by name
  std::int64_t deleted() const noexcept;
  std::int64_t released() const noexcept;
};

// Deletes a saved row, the rows whose foreign keys refer to it, those that refer to them, and so on, dependents first,
// in one transaction (or a savepoint). A foreign key that may be null is set to null instead, and whoever refers to
// its row stays, unless `delete_nullable`; a row that is deleted anyway stays deleted. What the schema's on_delete says
// is not asked; foreign keys that the database does not enforce count, too. Rows that refer to themselves or to each
// other are no trouble: keys in a circle are set to null first where they may be, and otherwise the rows go in one
// statement.
//
// The number of statements depends on how deep rows refer to each other, not on how many there are (beyond some
// thousands). The row becomes unsaved, which rollback takes back; other rows in memory do not change. The version of
// the row is compared; those of rows that are released count up. Signals: before_delete and after_delete of the row
// itself, not of dependents. Throws NotFound if the row is gone, StaleRow, and ForeignKeyViolation if somebody has
// added a dependent meanwhile: then nothing is deleted.
DORM_EXPORT DeleteReport delete_recursive(const Row& row, const DeleteOptions& options = {});

}  // namespace dorm
