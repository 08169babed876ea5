// model/collection.hpp: a to-many relation of one row, as its accessor reads and writes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dorm/row.hpp"
#include "load/context.hpp"
#include "query/request.hpp"

namespace dorm::collection {

// The relation behind an accessor; QueryError for one that only the query named.
const RelationInfo& declared(const Row& row, std::uint32_t relation, const std::string& name);
// The key by which a saved row is linked or referred to. StateError on an unsaved row.
Values key_values(const Row& row, const RelationInfo& relation);
// `fields` of a source equal the key.
query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             const Values& key);
// The related rows as a request that more can be asked of.
query::Request request_of(const Row& row, const RelationInfo& relation);

}  // namespace dorm::collection
