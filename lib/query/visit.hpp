// query/visit.hpp: walks and rewrites over terms and specs. Pure functions.
#pragma once

#include <vector>

#include "query/spec.hpp"

namespace dorm::query {

// The path sources that a term or a query names, its subqueries included, each once, in order of appearance.
void collect_paths(const Term& term, std::vector<SourcePtr>& found);
std::vector<SourcePtr> path_sources(const QuerySpec& spec);

// The sources whose columns a term names, its subqueries apart, each once.
void collect_sources(const Term& term, std::vector<SourcePtr>& found);

// Throws QueryError if a term, its subqueries included, names a source of another database than `root` is of.
void require_home(const Term& term, const Source& root);

// The same term with `from`, and the paths that start there, read from `to` instead. Subqueries included.
TermPtr rebased(const TermPtr& term, const SourcePtr& from, const SourcePtr& to);

// Whether a subquery in the term reads rows of `root`, a source of the query around it: then it is run for each row.
bool has_correlated(const Term& term, const Source& root);

}  // namespace dorm::query
