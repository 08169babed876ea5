// query/names.hpp: names within one statement that would mean two things.
//
// SQLite takes names that differ in nothing but the case of ASCII letters for one name, so they are refused on every
// backend. Pure functions, thread-safe; throw QueryError naming both and the way to mend it.
#pragma once

#include <string_view>

#include "query/spec.hpp"

namespace dorm::query {

// Whether a database may take them for one; names that it is left to make up are empty, and clash with nothing.
bool may_clash(std::string_view left, std::string_view right) noexcept;

// For a column that is named by its place in the outputs of a subquery, CTE or list of values.
void require_one_column(const Source& source, std::string_view name);
// For sources that list the names of all their columns.
void require_different_columns(const Source& source);
// For the name of an output in ORDER BY.
void require_one_output(const QuerySpec& spec, std::string_view alias);
// For the CTEs that one select brings along.
void require_different_names(const std::vector<SourcePtr>& ctes);

}  // namespace dorm::query
