// dorm/signals.hpp: functions of the program that are told of each row that is saved or deleted, and may refuse it.
//
// Handlers run on the thread that writes, inside its transaction if it is in one, in the order in which they were
// registered. Those of `before` signals run before anything is sent: one that throws is a veto. The write is not sent,
// the row stays as it is (dirty, or saved), and the exception passes through to the caller. Those of `after` signals
// run when the statement has succeeded; in a transaction that may still be rolled back, which Transaction::on_rollback
// tells. One that throws undoes nothing by itself: a transaction around it does.
//
// Told of are: Model::create, Row::save and save_related() (all rows that it writes, before the first statement, and
// again after the last; so also rows from from_json), get_or_create(), update_or_create(), Related::create and what
// Related::add, remove and set do to rows that hold the key, links that are given values, and Row::delete_row. Of
// delete_recursive() the row itself alone. Not told of is what one statement does to rows that nobody has loaded:
// update, update_every, delete_rows and delete_every of QuerySet and Query, links without values, Related::remove and
// clear by query, and what the database does by itself, as ON DELETE CASCADE. Writes to a collection as a whole have
// signals of their own.
//
// A row that is not dirty is not saved, and nobody is told. Costs one relaxed atomic load per write while there is no
// handler at all.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/row.hpp"

namespace dorm {

enum class Signal : std::uint8_t {
  before_save,    // defaults are applied; the row may be changed by row.set()
  after_save,     // generated values are there
  before_delete,  // Row::delete_row, delete_recursive
  after_delete,   // the row is unsaved; its values can still be read
  before_add,     // Related::add, create and set: rows come into a collection, told to the row that has it
  after_add,
  before_remove,  // Related::remove, clear and set
  after_remove,
};

// Valid during the call; copy the Row to keep it.
struct SignalEvent {
  Signal signal = Signal::before_save;
  const Row& row;                   // saved or deleted; of a collection: the row that it belongs to
  bool created = false;             // save: the row is inserted, not updated
  std::vector<std::string> fields;  // save: what is written: the changed fields, or those of the new row with a value
  std::string_view relation;        // add, remove: the accessor of the collection
  std::span<const Row> rows;        // add, remove: those given; empty for a query and for clear()
};

// Must not save or delete the row that it is told of before it is: that would be told, too, for ever.
using SignalHandler = std::function<void(const SignalEvent&)>;

}  // namespace dorm
