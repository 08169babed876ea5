// query/union_types.hpp: of which types the columns are that several queries fill: unions and recursive CTEs.
//
// Pure functions, thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "query/spec.hpp"

namespace dorm::query {

// The type that holds all values of both: the wider integer, double beside a double, the greater scale of decimals,
// text of texts of two lengths; nothing if there is none, as for decimals beside doubles.
std::optional<Type> united_type(const Type& left, const Type& right);

// Two queries whose columns are of one type each, and what these are called and of.
struct United {
  SpecPtr left;
  SpecPtr right;
  std::vector<OutputColumn> columns;
};

// Casts columns where the types of the two sides differ, and nothing else. The right side of a recursive CTE reads the
// columns that `seen` says, which the result then holds as well; and as PostgreSQL takes the types of such a CTE from
// its left side alone, to the length of a text, that side is cast to what both are.
// Throws QueryError for columns of which there are not equally many, or whose types have none in common.
United unite(const SpecPtr& left, const SpecPtr& right, const std::vector<OutputColumn>* seen = nullptr);

}  // namespace dorm::query
