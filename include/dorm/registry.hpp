// dorm/registry.hpp: every model the schema files declare, keys and back-references resolved.
//
// An immutable snapshot behind a shared pointer: copies are cheap, any number of threads may read one without locks.
// A ModelInfo& stays valid as long as some copy of its Registry lives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/model_info.hpp"

namespace dorm {

// A text with the name that diagnostics call it by.
struct SchemaText {
  std::string name;
  std::string text;
};

struct SchemaOptions {
  std::vector<std::string> dialects = {"sqlite", "postgres"};  // stage 5 checks these; empty = none
  bool allow_raw_sql = true;                                   // "sql" keys; switch off for files of strangers
  std::size_t max_file_bytes = 16U * 1024U * 1024U;
  std::size_t max_depth = 64;
  std::size_t max_models = 20'000;
  std::size_t max_fields = 2'000;  // per model
  std::size_t max_diagnostics = 100;
};

class DORM_EXPORT Registry {
 public:
  Registry();  // no models, generation 0

  // A directory (all *.json and *.jsonc below it, sorted, but not *.schema.json) or one file. Throws SchemaError with
  // every mistake of the earliest failing stage; ConfigError if the path cannot be read. Of no paths or texts at all: a
  // registry without models.
  static Registry load(const std::filesystem::path& path, const SchemaOptions& options = {});
  static Registry load(std::span<const std::filesystem::path> paths, const SchemaOptions& options = {});
  static Registry parse(std::string_view text, const SchemaOptions& options = {});
  static Registry parse(std::span<const SchemaText> texts, const SchemaOptions& options = {});

  // A new snapshot with the models of a schema text added, or put in the place of those with the same names; `without`
  // leaves one out (QueryError if there is none). Both throw SchemaError and leave this snapshot as it is.
  Registry with(std::string_view text, std::string_view name = "<text>") const;
  Registry without(std::string_view model) const;
  // The same sources read again; throws SchemaError or ConfigError.
  Registry reloaded() const;

  std::uint64_t generation() const noexcept;        // grows with every snapshot made in this process
  std::string_view storage_hash() const noexcept;   // of what the database must satisfy, hexadecimal SHA-256
  std::string_view registry_hash() const noexcept;  // of everything
  const std::vector<Diagnostic>& warnings() const noexcept;

  std::span<const std::unique_ptr<const ModelInfo>> models() const noexcept;  // by id
  std::span<const EnumInfo> enums() const noexcept;
  const ModelInfo& model(std::uint32_t id) const noexcept;
  const ModelInfo* find(
      std::string_view name) const noexcept;          // "Tweet" or "blog.Tweet"; nullptr if unknown or ambiguous
  const ModelInfo& get(std::string_view name) const;  // throws QueryError, naming the closest

  struct Snapshot;
  const std::shared_ptr<const Snapshot>& snapshot() const noexcept { return snapshot_; }

 private:
  explicit Registry(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace dorm
