// sqlite/dialect.hpp: SQLite's SQL. Includes no client header; the driver passes the version of the library it is
// linked to.
//
// Immutable: share freely.
//
// The text may call these functions, which the driver registers on every connection (deterministic, innocuous, NULL if
// an argument is NULL):
//   dorm_like(pattern, value)  1 or 0: LIKE as PostgreSQL has it: % is any run, _ one code point, \ takes the next one
//                              literally, letters differ by case. A pattern that ends in a lone \ matches nothing.
//   regexp(pattern, value)     1 or 0: whether RE2 finds the pattern in the value; called by the operator REGEXP. A
//                              pattern that core/regex.hpp does not take is an error; dorm_iregexp folds ASCII letters.
//   dorm_bit_xor(a, b)         exclusive or of two integers.
//   dorm_divide, dorm_modulo   as PostgreSQL has them: dividing by zero, and overflow, are errors.
//   dorm_whole(x), dorm_real(x), dorm_single(x)  CAST to a number: halves go to the even one, what is no number is an
//                              error. A single is the nearest number of single precision; beyond those is an error.
//   dorm_finite(x)             the number, or an error if it is infinite.
//   dorm_fit(x, least, most), dorm_fit_length(x, most)  the value, or an error where it does not fit a column.
//   dorm_uuid_bytes(x), dorm_uuid_text(x)  a uuid as columns hold it that keep 16 bytes, or text.
//   dorm_json_at(a, path)      what stands in a at a path, a json array of names and numbers, as json.
//   dorm_json_of(x, type), dorm_json_agg(x)  a value as json, and an aggregate of such: an array, nulls among them.
//   dorm_json_contains(a, b)   1 or 0: PostgreSQL's a @> b.
#pragma once

#include <memory>

#include "sql/dialect.hpp"

namespace dorm::sqlite {

// What a version has (sqlite3_libversion_number(): 3039000 is 3.39.0). A driver may lower max_parameters afterwards, to
// what sqlite3_limit() says.
sql::Capabilities capabilities(int version);

std::unique_ptr<const sql::Dialect> make_dialect(const sql::Capabilities& capabilities);
// The dialect of the oldest version that has everything dorm uses.
const sql::Dialect& dialect();

}  // namespace dorm::sqlite
