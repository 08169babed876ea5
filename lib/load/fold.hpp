// load/fold.hpp: a relation that would be fetched, as part of the statement of the rows it is for.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/request.hpp"
#include "sql/dialect.hpp"

namespace dorm::load {

// Why the rows would not be the same, or not in the same order; empty if they are.
std::string why_not_folded(const query::QuerySpec& parents, const query::Fetch& fetch, const RelationInfo& relation,
                           const sql::Capabilities& capabilities);
// The statement with the fetched rows joined to those of its node `at`: one row for all parents that share it.
query::SpecPtr folded(const query::QuerySpec& parents, const std::vector<std::uint32_t>& at, const query::Fetch& fetch);

}  // namespace dorm::load
