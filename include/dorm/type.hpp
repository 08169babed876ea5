// dorm/type.hpp: the closed list of backend-neutral column types, with the facts that change how a value is bound or
// decoded.
//
// Plain values: copy and share freely.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dorm/detail/export.hpp"

namespace dorm {

enum class TypeKind : std::uint8_t {
  unknown,  // an expression whose type only the database knows: decoded by what arrives
  boolean,
  smallint,
  integer,
  bigint,
  real,
  double_precision,
  decimal,
  string,
  text,
  binary,
  uuid,
  date,
  time,
  datetime,
  json,
  enumeration,
};

// How a value lies in a column where a backend has more than one way.
enum class Storage : std::uint8_t {
  native,  // what dorm creates
  blob,    // SQLite: a uuid as 16 bytes
  legacy,  // SQLite: a table made by somebody else, each value may have any storage class
};

struct Type {
  TypeKind kind = TypeKind::unknown;
  Storage storage = Storage::native;
  bool timezone = true;          // datetime: an instant (true) or a wall clock (false)
  std::uint16_t precision = 0;   // decimal: digits in all
  std::uint16_t scale = 0;       // decimal: digits after the point
  std::uint32_t max_length = 0;  // string: code points, 0 = unbounded

  friend bool operator==(const Type&, const Type&) = default;
};

// "bigint", "decimal(12,4)", "string(30)": as a schema file would say it.
DORM_EXPORT std::string to_string(const Type& type);
DORM_EXPORT std::string_view type_name(TypeKind kind) noexcept;

}  // namespace dorm
