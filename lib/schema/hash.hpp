// schema/hash.hpp: fingerprints of a registry. The order of files, models and keys does not matter.
#pragma once

#include <string>

#include "dorm/registry.hpp"

namespace dorm::schema {

// Of what the database must satisfy: tables, columns, types, constraints, indexes. Hexadecimal SHA-256.
std::string storage_hash(const Registry::Snapshot& snapshot);
// Of everything a program can see: accessor names, relations, orders, flags as well.
std::string registry_hash(const Registry::Snapshot& snapshot);

}  // namespace dorm::schema
