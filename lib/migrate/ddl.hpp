// migrate/ddl.hpp: the statements that make and drop the tables of a registry.
//
// Pure functions, thread-safe. Throw QueryError for what the dialect cannot do, before anything is sent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dorm/registry.hpp"
#include "sql/ddl.hpp"
#include "sql/dialect.hpp"

namespace dorm::migrate {

// Enum types, then each table after its schema and the tables it refers to, with its indexes; then the foreign keys of
// cycles.
// `models` are model ids; empty means all that are managed. Derived link models whose ends are both among them are
// included.
std::vector<sql::ddl::Statement> create_statements(const Registry& registry, const sql::Dialect& dialect,
                                                   std::span<const std::uint32_t> models = {});

// The same backwards: keys of cycles, tables, enum types that no other model of the registry uses. Schemas stay: others
// may have tables there. On SQLite the tables
// of a cycle are dropped under deferred keys, which need a transaction around the statements.
std::vector<sql::ddl::Statement> drop_statements(const Registry& registry, const sql::Dialect& dialect,
                                                 std::span<const std::uint32_t> models = {});

// One model's table, all its foreign keys within.
sql::ddl::CreateTable create_table(const Registry& registry, const ModelInfo& model, const sql::Dialect& dialect);
std::vector<sql::ddl::CreateIndex> create_indexes(const ModelInfo& model);

}  // namespace dorm::migrate
