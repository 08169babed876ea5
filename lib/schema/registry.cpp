#include "dorm/registry.hpp"

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/snapshot.hpp"

namespace dorm {

Registry::Registry() {
  static const auto empty = std::make_shared<const Snapshot>();
  snapshot_ = empty;
}

Registry Registry::load(const std::filesystem::path& path, const SchemaOptions& options) {
  return load(std::span<const std::filesystem::path>(&path, 1), options);
}

Registry Registry::load(std::span<const std::filesystem::path> paths, const SchemaOptions& options) {
  schema::Layer layer;
  layer.paths.assign(paths.begin(), paths.end());
  layer.texts = schema::read_sources(layer.paths, options);
  return Registry(schema::make_snapshot({std::move(layer)}, options));
}

Registry Registry::parse(std::string_view text, const SchemaOptions& options) {
  const SchemaText named{"<text>", std::string(text)};
  return parse(std::span<const SchemaText>(&named, 1), options);
}

Registry Registry::parse(std::span<const SchemaText> texts, const SchemaOptions& options) {
  schema::Layer layer;
  layer.texts.assign(texts.begin(), texts.end());
  return Registry(schema::make_snapshot({std::move(layer)}, options));
}

Registry Registry::with(std::string_view text, std::string_view name) const {
  std::vector<schema::Layer> layers = snapshot_->layers;
  schema::Layer layer;
  layer.texts.push_back({std::string(name), std::string(text)});
  layers.push_back(std::move(layer));
  return Registry(schema::make_snapshot(std::move(layers), snapshot_->options));
}

Registry Registry::without(std::string_view model) const {
  const ModelInfo& info = get(model);
  if (info.derived) throw QueryError("model " + quote(model) + " belongs to a many_to_many field and goes with it");
  std::vector<schema::Layer> layers = snapshot_->layers;
  schema::Layer layer;
  layer.removed = info.qualified_name();
  layers.push_back(std::move(layer));
  return Registry(schema::make_snapshot(std::move(layers), snapshot_->options));
}

Registry Registry::reloaded() const {
  std::vector<schema::Layer> layers = snapshot_->layers;
  for (schema::Layer& layer : layers) {
    if (!layer.paths.empty()) layer.texts = schema::read_sources(layer.paths, snapshot_->options);
  }
  return Registry(schema::make_snapshot(std::move(layers), snapshot_->options));
}

std::uint64_t Registry::generation() const noexcept { return snapshot_->generation; }
std::string_view Registry::storage_hash() const noexcept { return snapshot_->storage_hash; }
std::string_view Registry::registry_hash() const noexcept { return snapshot_->registry_hash; }
const std::vector<Diagnostic>& Registry::warnings() const noexcept { return snapshot_->warnings; }
std::span<const std::unique_ptr<const ModelInfo>> Registry::models() const noexcept { return snapshot_->models; }
std::span<const EnumInfo> Registry::enums() const noexcept { return snapshot_->enums; }
const ModelInfo& Registry::model(std::uint32_t id) const noexcept { return *snapshot_->models[id]; }

const ModelInfo* Registry::find(std::string_view name) const noexcept {
  const auto found = snapshot_->by_name.find(name);
  if (found == snapshot_->by_name.end() || found->second == no_index) return nullptr;
  return snapshot_->models[found->second].get();
}

const ModelInfo& Registry::get(std::string_view name) const {
  if (const ModelInfo* model = find(name)) return *model;
  std::vector<std::string> names;
  std::vector<std::string> same;
  for (const auto& model : snapshot_->models) {
    names.push_back(snapshot_->by_name.at(model->name) == model->id ? model->name : model->qualified_name());
    if (model->name == name) same.push_back(model->qualified_name());
  }
  if (!same.empty()) throw QueryError("model name " + quote(name) + " is ambiguous; write one of " + quote_list(same));
  std::string message = "no model named " + quote(name) + did_you_mean(name, names);
  if (!message.ends_with('?') && !names.empty()) message += "; the models are " + quote_list(names);
  throw QueryError(message);
}

}  // namespace dorm
