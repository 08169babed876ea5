// law/world.hpp: a registry made up from a seed, rows for it, and the SQL that inserts them.
//
// Foreign keys that are null, half null, dangling; self-relations, several relations to one model, composite keys, keys
// that refer to unique fields, links with and without a model of their own, doubled links, empty tables. Immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dorm/registry.hpp"

namespace dorm::test::law {

using Record = std::vector<Value>;  // by FieldInfo::index
using Table = std::vector<Record>;

struct World {
  std::string schema;
  Registry registry;
  std::vector<Table> tables;  // by ModelInfo::id

  const ModelInfo& target(const RelationInfo& relation) const { return registry.model(relation.target); }
  const Table& table(const ModelInfo& model) const { return tables[model.id]; }
};

World make_world(std::uint64_t seed);
std::string insert_sql(const World& world);

}  // namespace dorm::test::law
