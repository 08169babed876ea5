// query/collation.hpp: whether a text is ordered as the columns that it comes from are. Pure functions.
#pragma once

#include <string_view>

#include "query/term.hpp"

namespace dorm::query {

// Whether the term is a text that no column and no collate() lends a collation: a value, a text made of a number, a
// CASE of values. Databases order such a one by a collation of their own (PostgreSQL manual, 24.2.1 Concepts).
bool is_uncollated_text(const Term& term);

// Whether a field in the term, or a collate(), may make texts equal that differ in their bytes.
bool has_own_collation(const Term& term, std::string_view dialect);

}  // namespace dorm::query
