// schema/draft.hpp: a registry in the making: what the files say, next to the ModelInfo that grows from it.
//
// One thread at a time; used by one load and thrown away. Nodes belong to the documents, which the draft keeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json_reader.hpp"
#include "dorm/registry.hpp"
#include "schema/format.hpp"
#include "schema/report.hpp"

namespace dorm::schema {

// Something of a model: declared in it, or brought by a mixin.
struct Part {
  const json::Node* node = nullptr;
  const json::Node* use = nullptr;  // mixins: where the model names it
};

struct FieldDraft : Part {
  std::string name;
  FieldKind kind = FieldKind::text;
  std::uint32_t target = no_index;   // relations: the model
  std::uint32_t through = no_index;  // many_to_many: the link model, declared or derived
  std::uint32_t enumeration = no_index;
  std::uint32_t relation = no_index;  // in ModelInfo::relations
  std::vector<std::uint32_t> keys;    // in ModelInfo::fields: what holds it; none for a many_to_many
};

// What an accessor name stands for, and where it comes from.
struct MemberDraft {
  ModelInfo::Member member;
  Place place;
  const FieldDraft* backref_of = nullptr;  // the relation it is the other side of
};

// A field of any model.
struct ColumnRef {
  std::uint32_t model = no_index;
  std::uint32_t field = no_index;
};

struct ModelDraft {
  const json::Node* node = nullptr;  // of a derived link model: its many_to_many field
  const json::Node* file = nullptr;  // root of its file
  std::vector<FieldDraft> fields;
  std::vector<Part> indexes;
  std::vector<Part> uniques;
  std::vector<Part> checks;
  std::unordered_map<std::string, MemberDraft> members;
  std::unordered_map<std::uint32_t, ColumnRef> sources;  // fields that take their type from the one they refer to
  std::unique_ptr<ModelInfo> info;
  std::vector<Place> index_places;       // of ModelInfo::indexes
  std::vector<Place> unique_places;      // of ModelInfo::uniques
  std::vector<Place> check_places;       // of ModelInfo::checks
  bool key_missing = false;              // a mistake that was reported: what builds upon the key keeps quiet
  const FieldDraft* made_for = nullptr;  // a derived link model's many_to_many

  Place place() const { return at_name(*node); }
};

// One file of one layer. A later layer replaces and removes what earlier ones declare.
struct FileDraft {
  std::shared_ptr<const json::Document> document;
  std::size_t layer = 0;
};

struct Draft {
  explicit Draft(const SchemaOptions& schema_options)
      : options(schema_options), report(schema_options.max_diagnostics) {}

  const SchemaOptions& options;
  Report report;
  std::vector<FileDraft> files;
  std::vector<std::pair<std::size_t, std::string>> removed;  // layer, qualified model name
  std::vector<std::unique_ptr<ModelDraft>> models;           // position = ModelInfo::id
  std::vector<EnumInfo> enums;
  std::vector<const json::Node*> enum_nodes;

  ModelDraft& model(std::uint32_t id) { return *models[id]; }
  ModelInfo& info(std::uint32_t id) { return *models[id]->info; }
};

// ---- the stages, each in its own file; all report into draft.report ----

void collect(Draft& draft);           // stage 3: models, mixins, enums; what they refer to
void make_columns(Draft& draft);      // stage 3: fields and primary keys
void make_link_models(Draft& draft);  // the derived models of many_to_many fields
void make_relations(Draft& draft);    // the declared sides
void make_links(Draft& draft);        // the ways of many_to_many fields through their link models
void make_backrefs(Draft& draft);     // the other sides
void resolve_types(Draft& draft);     // stage 4: what foreign keys hold
void make_constraints(Draft& draft);  // uniques, indexes, checks, orders
void check_relations(Draft& draft);   // stage 4: targets, actions, cycles
void make_values(Draft& draft);       // stage 4: defaults, ranges, patterns
void check_names(Draft& draft);       // stage 4: columns, tables, enums
void check_dialects(Draft& draft);    // stage 5

// ---- shared by several stages ----

// A field, a foreign key or a raw key by name, as the columns it means; nothing if there is none, or if it has no
// columns.
std::optional<std::vector<std::uint32_t>> columns_named(const ModelDraft& model, std::string_view name);
std::vector<std::string_view> column_names(const ModelDraft& model);  // what columns_named knows, for suggestions
// Adds "in mixin … used here" for what a mixin brought.
void note_use(Diagnostic& diagnostic, const Part& part);
// "Tweet.author"
std::string full_name(const ModelDraft& model, std::string_view member);
// Resolves ["-created_at", "id"]; mistakes are order_by.* and leave the term out.
std::vector<OrderTerm> resolve_order(Draft& draft, const ModelDraft& model, const json::Node& terms);

}  // namespace dorm::schema
