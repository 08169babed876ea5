// load/child_query.hpp: the query for the rows that a relation leads to: which keys, which columns, how many each.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dorm/value.hpp"
#include "query/spec.hpp"

namespace dorm::load {

// The query with these fields of its first source among its columns: what attaching rows to each other needs. Throws
// QueryError where adding one would change which rows there are.
query::QuerySpec with_fields(query::QuerySpec spec, const std::vector<std::uint32_t>& fields);

// `field IN keys` for one field, OR of ANDs for several. `keys` has the fields' values row by row.
query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             std::vector<Values> keys);
// The same with the values of all keys one after the other.
struct FlatKeys {
  Values values;
};
query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields, FlatKeys keys);
// The same where the keys are the rows of a query that selects as many columns.
query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             query::SpecPtr keys);

// A query without an order gets the relation's, else the target's; equal rows are in that of the primary key.
void order_by_default(query::QuerySpec& spec, const query::SourcePtr& target, const RelationInfo& relation);
void order_by_key(query::QuerySpec& spec, const query::SourcePtr& source);

// Whether the order tells all rows of the root apart.
bool has_total_order(const query::QuerySpec& spec);

// The joins that the conditions of a query need, its order if `ordered`, and the way to `also` if that is given.
std::vector<query::JoinSpec> deciding_joins(const query::QuerySpec& spec, bool ordered,
                                            const query::SourcePtr& also = nullptr);
// Selects these fields of one of its sources in the place of what a query of models selects; same rows otherwise.
query::SpecPtr keys_of(const query::QuerySpec& spec, const query::SourcePtr& source,
                       const std::vector<std::uint32_t>& fields);

// At most `limit` rows after the first `offset` for each value of the root's fields `key`, in the order of the query.
struct PerKey {
  std::vector<std::uint32_t> key;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> offset;
};
// Whether number_per_key() can say it: no condition and no order goes through a join that multiplies the rows.
bool can_number(const query::QuerySpec& spec);
// Row numbers per key in a derived table of primary keys. `among` is the condition that the keys are the wanted ones.
query::QuerySpec number_per_key(const query::QuerySpec& spec, const PerKey& per_key, const query::TermPtr& among);
// The same by a lateral subquery for each row of `parents`, whose `fields` are the key: reads no more rows than it
// returns where an index leads to them. `among` is a condition on the parents.
query::QuerySpec limit_per_parent(const query::QuerySpec& spec, const PerKey& per_key, const query::SourcePtr& parents,
                                  const std::vector<std::uint32_t>& fields, const query::TermPtr& among);

}  // namespace dorm::load
