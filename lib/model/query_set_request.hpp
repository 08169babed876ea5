// model/query_set_request.hpp: what the files behind QuerySet share: changing a request, and what it comes down to.
//
// Pure functions, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dorm/query_set.hpp"
#include "query/lookup.hpp"
#include "query/request.hpp"

namespace dorm {

template <class Change>
QuerySet changed(const QuerySet& set, const Change& change) {
  auto request = std::make_shared<query::Request>(*set.request());
  change(*request);
  return {set.database(), std::move(request)};
}

inline query::Scope scope_of(const query::Request& request) { return {request.annotations, !request.group_by.empty()}; }

// The rows, with all that comes along.
Rows run_rows(DatabaseImpl& database, const query::Request& request);
// The primary key of the root: a column or a tuple.
Expr key_of(const query::SourcePtr& root);
// Throws QueryError for an order along a list, which cannot be read from its end.
void require_reversible(const query::Request& request);
// The request of the keys of its rows, in their order, for resolve_keys().
query::Request keys_of(const query::Request& request);
// The same rows by limits that count from the first row on.
query::Request rows_of(const query::Request& request);
// The same rows without limits: those whose keys are within them.
query::Request without_limits(const query::Request& request);
using query::is_limited;
// Whether a term names rows that several joined rows may repeat.
bool names_many(const query::TermPtr& term);
// Throws QueryError where joined rows would be counted more than once in a group.
void require_single_counting(const query::Request& request);
// Throws QueryError for groups, which have no rows of the model.
void require_rows(const query::Request& request, const char* verb);
// Throw as all() of what require_rows() lets pass, and values(), would before they ask.
void require_all(const DatabaseImpl& database, const query::Request& request);
void require_values(const DatabaseImpl& database, const query::Request& request, const std::vector<std::string>& paths);

QuerySet objects_of(std::shared_ptr<DatabaseImpl> database, const query::SourcePtr& source);
query::LoadRequest load_of(const Prefetch& prefetch, query::Method method, const query::SourcePtr& root);

}  // namespace dorm
