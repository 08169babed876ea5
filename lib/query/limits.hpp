// query/limits.hpp: which rows of its model a request means, and in what order: limits count them, whatever is joined.
//
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query/request.hpp"

namespace dorm::query {

// Throws QueryError: "… has no primary key; `why` needs one".
void require_key(const ModelInfo& model, const char* why);
// Whether a joined path leads to many rows.
bool has_to_many(const QuerySpec& spec);

// Terms that are not ordered by yet. `flip`: each the other way round.
void add_order(std::vector<OrderSpec>& order, const SourcePtr& source, const std::vector<OrderTerm>& terms, bool flip);
// Equal rows in a fixed order.
void add_key_order(std::vector<OrderSpec>& order, const SourcePtr& source, bool flip);
// The order of the request's own rows. `via`: the relation whose rows they are.
std::vector<OrderSpec> root_order(const Request& request, const std::vector<OrderSpec>& explicit_order,
                                  const RelationInfo* via);

// The limits of the request on a statement that joins whatever it joins.
void apply_limits(QuerySpec& spec, const Request& request, const std::vector<OrderSpec>& order);

}  // namespace dorm::query
