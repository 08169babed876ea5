// From texts to a snapshot: the stages in their order.
#include <algorithm>
#include <atomic>

#include "schema/draft.hpp"
#include "schema/hash.hpp"
#include "schema/shape.hpp"
#include "schema/snapshot.hpp"

namespace dorm::schema {
namespace {

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void read_files(Draft& draft, const std::vector<Layer>& layers) {
  const SchemaOptions& options = draft.options;
  std::vector<Diagnostic> mistakes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const SchemaText& text : layers[i].texts) {
      json::ReadOptions reading;
      reading.comments = text.name.ends_with(".jsonc");
      reading.max_bytes = options.max_file_bytes;
      reading.max_depth = options.max_depth;
      draft.files.push_back({json::Document::read(text.name, text.text, reading, mistakes), i});
    }
    if (!layers[i].removed.empty()) draft.removed.emplace_back(i, layers[i].removed);
  }
  draft.report.add(Stage::text, std::move(mistakes));
  draft.report.check(Stage::text);
  for (const FileDraft& file : draft.files) check_shape(*file.document->root(), options, draft.report);
  draft.report.check(Stage::shape);
}

void sort_members(ModelInfo& info, const ModelDraft& model) {
  for (const auto& [name, member] : model.members) info.members.emplace_back(name, member.member);
  std::sort(info.members.begin(), info.members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  info.index_members();
}

void index_names(Registry::Snapshot& snapshot) {
  for (const auto& model : snapshot.models) {
    if (!model->namespace_name.empty()) snapshot.by_name[model->qualified_name()] = model->id;
  }
  for (const auto& model : snapshot.models) {
    const auto [known, added] = snapshot.by_name.try_emplace(model->name, model->id);
    if (added || known->second == model->id) continue;
    // The nameless namespace has no other way to be named; else the name is ambiguous.
    const bool other_is_nameless = known->second != no_index && snapshot.models[known->second]->namespace_name.empty();
    if (!other_is_nameless) known->second = model->namespace_name.empty() ? model->id : no_index;
  }
}

}  // namespace

std::shared_ptr<const Registry::Snapshot> make_snapshot(std::vector<Layer> layers, const SchemaOptions& options) {
  Draft draft(options);
  read_files(draft, layers);
  collect(draft);
  make_columns(draft);
  make_link_models(draft);
  make_relations(draft);
  resolve_types(draft);
  make_links(draft);
  make_backrefs(draft);
  make_constraints(draft);
  check_relations(draft);
  make_values(draft);
  check_names(draft);
  draft.report.check(Stage::meaning);
  check_dialects(draft);
  draft.report.check(Stage::dialect);

  auto snapshot = std::make_shared<Registry::Snapshot>();
  for (auto& model : draft.models) {
    sort_members(*model->info, *model);
    snapshot->models.push_back(std::move(model->info));
  }
  for (std::size_t i = 0; i < draft.enums.size(); ++i) {
    const json::Node& node = *draft.enum_nodes[i];
    if (const json::Node* renamed = node.find("renamed_values")) {
      for (const json::Node* item : renamed->items())
        draft.enums[i].renamed_values.emplace_back(item->name(), item->text());
    }
    // A field with inline values has a "renamed_from" of its own.
    if (node.find("type") == nullptr) draft.enums[i].renamed_from = texts_of(node, "renamed_from");
  }
  snapshot->enums = std::move(draft.enums);
  index_names(*snapshot);
  snapshot->warnings = draft.report.warnings();
  snapshot->storage_hash = storage_hash(*snapshot);
  snapshot->registry_hash = registry_hash(*snapshot);
  snapshot->options = options;
  snapshot->layers = std::move(layers);
  snapshot->generation = next_generation();
  return snapshot;
}

}  // namespace dorm::schema
