// query/grouping.hpp: what a select that aggregates, groups or is distinct may name, and where aggregates may stand.
//
// Backends part ways on mistakes here: PostgreSQL refuses what SQLite answers with the values of some row. So they are
// refused before any SQL. Pure functions, thread-safe; throw QueryError naming the column and the way to mend it.
#pragma once

#include <string_view>

#include "query/spec.hpp"

namespace dorm::query {

// Of a plain select; subqueries in it are looked at when they are compiled.
//  - no aggregate in where, on and group_by, none inside another, none over columns of an enclosing query alone, or
//    over a window function;
//  - beside groups or aggregates only what is grouped or aggregated is selected, ordered by or asked for in having.
//  With
//    the whole primary key of a model its other columns are grouped, too;
//  - distinct rows are ordered by what is selected.
// Functions that are called by name and are not known here may do either; what they do is left to the database.
void check_grouping(const QuerySpec& spec);

// Whether the select makes one row of many without group_by.
bool is_aggregated(const QuerySpec& spec);

// The aggregates in the term, those of its subqueries aside. Valid as long as the term.
std::vector<const Term*> aggregates_in(const Term& term);
bool has_aggregate(const Term& term);

// ROW_NUMBER and its like, which mean nothing without a window; LOWER and its like, which are of one row.
bool is_window_function(const Term& term);
bool is_scalar_function(const Term& term);
// Whether a call over a window stands in the term, those of its subqueries aside.
bool has_window(const Term& term);
// For what comes before windows are made.
void refuse_windows(const Term& term, std::string_view clause);

// For what chooses or changes single rows; `clause` is what the message calls it.
void refuse_aggregates(const Term& term, std::string_view clause);

}  // namespace dorm::query
