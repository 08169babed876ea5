// driver/statement.hpp: one SQL text with everything a connection needs to prepare, bind and decode it.
//
// Immutable and shared by plans; a connection caches what it prepared under `id`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dorm/type.hpp"

namespace dorm::driver {

struct Parameter {
  Type type;
  bool array = false;  // the cell is a list
  std::string label;   // "User.username", for errors; may be empty
  // It is only compared with integers of 64 bits: of a scaled decimal beyond them all nothing else is known.
  bool compared = false;
};

struct ResultColumn {
  Type type;          // decides the decoder; unknown: by what arrives
  std::string label;  // "User.username" or "count", for errors
};

struct Statement {
  std::uint64_t id = 0;  // unique in the process: next_statement_id()
  std::string sql;
  std::vector<Parameter> parameters;  // one per placeholder, from left to right
  std::vector<ResultColumn> columns;  // empty if it returns no rows
  bool writes = false;
  bool cached = true;  // false for raw and one-off text: prepared, used, forgotten
};

// Rows for one table, by the backend's bulk path.
struct Copy {
  std::string sql;     // Dialect::copy_in() of the same table and columns
  std::string schema;  // may be empty
  std::string table;
  std::vector<std::string> columns;
  std::vector<Parameter> parameters;  // one per column: what an INSERT would bind
};

std::uint64_t next_statement_id() noexcept;  // Thread-safe

}  // namespace dorm::driver
