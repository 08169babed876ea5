// schema/snapshot.hpp: what a Registry points to, and what it was made from.
//
// Immutable once made: share freely.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dorm/registry.hpp"

namespace dorm {

namespace schema {

// One step by which a registry came about: files, or texts of the program, or a model taken away.
struct Layer {
  std::vector<std::filesystem::path> paths;  // read again by reloaded()
  std::vector<SchemaText> texts;             // of the paths, or given
  std::string removed;
};

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
};

// Reads the files of the paths: each a file or a directory of *.json and *.jsonc. Throws ConfigError.
std::vector<SchemaText> read_sources(const std::vector<std::filesystem::path>& paths, const SchemaOptions& options);

// All stages. Throws SchemaError.
std::shared_ptr<const Registry::Snapshot> make_snapshot(std::vector<Layer> layers, const SchemaOptions& options);

}  // namespace schema

struct Registry::Snapshot {
  std::vector<std::unique_ptr<const ModelInfo>> models;
  std::vector<EnumInfo> enums;
  // Bare and qualified names; no_index where a bare name fits several models.
  std::unordered_map<std::string, std::uint32_t, schema::NameHash, std::equal_to<>> by_name;
  std::vector<Diagnostic> warnings;
  std::uint64_t generation = 0;
  std::string storage_hash;
  std::string registry_hash;
  SchemaOptions options;
  std::vector<schema::Layer> layers;
};

}  // namespace dorm
