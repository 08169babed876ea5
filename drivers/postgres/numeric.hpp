// postgres/numeric.hpp: the binary format of numeric: groups of four decimal digits.
//
// Pure functions, thread-safe. Both throw DataError.
#pragma once

#include <string>
#include <string_view>

#include "dorm/detail/cell.hpp"
#include "graph/arena.hpp"

namespace dorm::postgres {

// NaN and infinity are refused. At most 18 digits become CellTag::decimal, more CellTag::decimal_text.
Cell decode_numeric(std::string_view bytes, graph::Arena& arena);

// A decimal, decimal_text or integer cell.
void encode_numeric(const Cell& cell, std::string& out);

}  // namespace dorm::postgres
