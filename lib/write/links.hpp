// write/links.hpp: adds and removes the link rows of a many-to-many relation, one statement each.
//
// Return the number of link rows made or deleted. Links that exist already are left as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "dorm/registry.hpp"
#include "load/context.hpp"
#include "query/spec.hpp"

namespace dorm::write {

struct LinkEnd {
  const load::Context& context;
  const RelationInfo& relation;  // many_to_many, of the source's model
  Values source_key;             // values of relation.fields
};

// `targets` is a query of the target model.
std::int64_t add_links(load::Engine& engine, const LinkEnd& end, const query::SpecPtr& targets);
// Without targets: all links of the source.
std::int64_t remove_links(load::Engine& engine, const LinkEnd& end, const query::SpecPtr& targets);

}  // namespace dorm::write
