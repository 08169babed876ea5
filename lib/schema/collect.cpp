// What the files declare, and what their names refer to.
#include <algorithm>
#include <functional>
#include <unordered_set>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"
#include "schema/names.hpp"

namespace dorm::schema {
namespace {

using json::Node;

constexpr std::size_t fields_in_all = 500'000;

// Models, mixins or enums by qualified name.
struct Declaration {
  const Node* node = nullptr;
  std::size_t layer = 0;
  std::uint32_t id = no_index;
};
struct Table {
  const char* what;
  std::unordered_map<std::string, Declaration> by_name;
  std::vector<const Node*> order;  // as declared; replaced ones stay where the first stood
};

std::string namespace_of(const Node& node) {
  const Node* root = &node;
  while (root->parent() != nullptr) root = root->parent();
  return text_of(*root, "namespace");
}
std::string qualified(const std::string& space, const std::string& name) {
  return space.empty() ? name : space + "." + name;
}

class Collector {
 public:
  explicit Collector(Draft& draft) : draft_(draft) {}

  void run() {
    for (const FileDraft& file : draft_.files) {
      const Node& root = *file.document->root();
      spaces_.insert(text_of(root, "namespace"));
      declare(root, "enums", enums_, file.layer);
      declare(root, "mixins", mixins_, file.layer);
      declare(root, "models", models_, file.layer);
    }
    remove();
    make_enums();
    make_models();
    for (auto& model : draft_.models) {
      resolve(*model);
      fields_ += model->fields.size();
      if (fields_ > fields_in_all) return too_many_fields(*model);
    }
  }

 private:
  void declare(const Node& root, std::string_view key, Table& table, std::size_t layer) {
    const Node* declarations = root.find(key);
    if (declarations == nullptr) return;
    for (const Node* node : declarations->items()) {
      const std::string name = qualified(text_of(root, "namespace"), node->name());
      const auto [known, added] = table.by_name.try_emplace(name, Declaration{node, layer, no_index});
      if (added) {
        table.order.push_back(node);
        continue;
      }
      Declaration& other = known->second;
      if (other.layer != layer) {
        std::replace(table.order.begin(), table.order.end(), other.node, node);
        other = Declaration{node, layer, no_index};
        continue;
      }
      duplicate(table, *node, name, *other.node);
    }
  }

  void duplicate(const Table& table, const Node& node, const std::string& name, const Node& first) {
    Report& report = draft_.report;
    const std::string message = std::string(table.what) + " " + quote(name) + " is declared twice";
    Diagnostic& diagnostic =
        &table == &models_   ? report.error(Stage::resolution, "model.duplicate", at_name(node), message)
        : &table == &mixins_ ? report.error(Stage::resolution, "mixin.duplicate", at_name(node), message)
                             : report.error(Stage::resolution, "enum.duplicate", at_name(node), message);
    note(diagnostic, "the first is here", at_name(first));
    diagnostic.help = "rename one of them, or put it into another namespace";
  }

  void remove() {
    for (const auto& [layer, name] : draft_.removed) {
      const auto found = models_.by_name.find(name);
      if (found == models_.by_name.end() || found->second.layer > layer) continue;
      std::erase(models_.order, found->second.node);
      models_.by_name.erase(found);
    }
    if (models_.order.empty() && draft_.removed.empty() && !draft_.files.empty()) {
      draft_.report
          .error(Stage::resolution, "model.none", at(*draft_.files.front().document->root()),
                 "no file declares a model")
          .help = "add \"models\": {\"Thing\": {\"fields\": {}}}";
    }
    if (models_.order.size() <= draft_.options.max_models) return;
    draft_.report
        .error(Stage::resolution, "limit.models", at_name(*models_.order.back()),
               std::to_string(models_.order.size()) + " models are more than the limit of " +
                   std::to_string(draft_.options.max_models))
        .help = "raise max_models where the program loads the schema";
    draft_.report.check(Stage::resolution);
  }

  void make_enums() {
    for (const Node* node : enums_.order) {
      EnumInfo info;
      info.index = static_cast<std::uint32_t>(draft_.enums.size());
      info.name = node->name();
      info.values = texts_of(*node, "values");
      info.native = word_of(*node, "storage", enum_storages, false);
      info.where = node->name_where();
      enums_.by_name.at(qualified(namespace_of(*node), node->name())).id = info.index;
      draft_.enums.push_back(std::move(info));
      draft_.enum_nodes.push_back(node);
    }
  }

  void make_models() {
    for (const Node* node : models_.order) {
      auto model = std::make_unique<ModelDraft>();
      model->node = node;
      const Node* root = node->parent()->parent();
      model->file = root;
      model->info = std::make_unique<ModelInfo>();
      ModelInfo& info = *model->info;
      info.id = static_cast<std::uint32_t>(draft_.models.size());
      info.name = node->name();
      info.namespace_name = text_of(*root, "namespace");
      info.snake_name = snake_case(info.name);
      const Node* defaults = root->find("defaults");
      const Node& source = defaults == nullptr ? *root : *defaults;
      info.table = text_of(*node, "table");
      if (info.table.empty())
        info.table = table_name(info.name, word_of(source, "table_naming", table_namings, TableNaming::snake));
      info.db_schema = text_of(*node, "db_schema");
      info.managed = flag_of(*node, "managed", true);
      info.exposed = flag_of(*node, "exposed", false);
      info.lazy = word_of(*node, "lazy", lazy_policies, word_of(source, "lazy", lazy_policies, LazyPolicy::unset));
      info.comment = text_of(*node, "comment");
      info.deprecated = reason_of(*node, "deprecated");
      info.renamed_from = texts_of(*node, "renamed_from");
      info.where = node->name_where();
      models_.by_name.at(info.qualified_name()).id = info.id;
      draft_.models.push_back(std::move(model));
    }
  }

  // ---- parts: mixins first, then the model's own ----

  void resolve(ModelDraft& model) {
    std::vector<const Node*> path;
    std::unordered_set<const Node*> done;
    std::unordered_map<std::string, std::size_t> fields;
    use_mixins(model, *model.node, nullptr, path, done, fields);
    add_parts(model, *model.node, nullptr, fields);
    if (model.fields.size() > draft_.options.max_fields) {
      draft_.report
          .error(Stage::resolution, "limit.fields", model.place(),
                 std::to_string(model.fields.size()) + " fields are more than the limit of " +
                     std::to_string(draft_.options.max_fields))
          .help = "raise max_fields where the program loads the schema";
    }
    for (FieldDraft& field : model.fields) refer(model, field);
  }

  void use_mixins(ModelDraft& model, const Node& user, const Node* use, std::vector<const Node*>& path,
                  std::unordered_set<const Node*>& done, std::unordered_map<std::string, std::size_t>& fields) {
    const Node* names = user.find("mixins");
    if (names == nullptr) return;
    for (const Node* name : names->items()) {
      const Node* mixin = find(mixins_, user, *name, name->text(), "mixin.unknown");
      if (mixin == nullptr) continue;
      if (std::find(path.begin(), path.end(), mixin) != path.end() || path.size() > 100) {
        Diagnostic& diagnostic = draft_.report.error(Stage::resolution, "mixin.cycle", at(*name),
                                                     "mixin " + quote(name->text()) + " uses itself");
        for (const Node* step : path) note(diagnostic, "by way of " + quote(step->name()), at_name(*step));
        continue;
      }
      // Reached by two ways it still counts once.
      if (!done.insert(mixin).second) continue;
      path.push_back(mixin);
      const Node* place = use == nullptr ? name : use;
      use_mixins(model, *mixin, place, path, done, fields);
      add_parts(model, *mixin, place, fields);
      path.pop_back();
    }
  }

  void add_parts(ModelDraft& model, const Node& source, const Node* use,
                 std::unordered_map<std::string, std::size_t>& fields) {
    const auto add = [&](std::string_view key, std::vector<Part>& parts) {
      if (const Node* list = source.find(key)) {
        for (const Node* item : list->items()) parts.push_back({item, use});
      }
    };
    add("indexes", model.indexes);
    add("uniques", model.uniques);
    add("checks", model.checks);
    for (const Node* node : source.find("fields")->items()) {
      const auto [known, added] = fields.try_emplace(node->name(), model.fields.size());
      if (!added) {
        from_mixin_twice(model, *node, use, model.fields[known->second]);
        continue;
      }
      FieldDraft field;
      field.node = node;
      field.use = use;
      field.name = node->name();
      field.kind = word_of(*node, "type", field_kinds, FieldKind::text);
      model.fields.push_back(std::move(field));
    }
  }

  void from_mixin_twice(const ModelDraft& model, const Node& node, const Node* use, const FieldDraft& first) {
    Diagnostic& diagnostic =
        draft_.report.error(Stage::meaning, "field.duplicate_from_mixin", at_name(node),
                            "model " + quote(model.info->name) + " gets field " + quote(node.name()) + " twice");
    note(diagnostic, "the other one is here", at_name(*first.node));
    if (first.use != nullptr) note(diagnostic, "which the model uses here", at(*first.use));
    if (use != nullptr) note(diagnostic, "this one is used here", at(*use));
    diagnostic.help = "rename one of them; a model cannot override what a mixin declares";
  }

  // ---- references ----

  void refer(const ModelDraft& model, FieldDraft& field) {
    const Node& node = *field.node;
    if (const Node* to = node.find("to")) {
      field.target =
          to->text() == "self" ? model.info->id : id_of(models_, *model.node, *to, "relation.target_unknown", &field);
    }
    if (const Node* through = node.find("through")) {
      field.through = id_of(models_, *model.node, *through, "through.unknown", &field);
    }
    if (field.kind != FieldKind::enumeration) return;
    if (const Node* name = node.find("enum")) {
      field.enumeration = id_of(enums_, *model.node, *name, "enum.unknown", &field);
    } else if (node.find("values") != nullptr) {
      field.enumeration = inline_enum(model, field);
    } else {
      draft_.report
          .error(Stage::meaning, "enum.empty", at_name(node),
                 "field " + quote(field.name) + " is an enum without values")
          .help = "name one with \"enum\", or list its \"values\"";
    }
  }

  std::uint32_t inline_enum(const ModelDraft& model, const FieldDraft& field) {
    EnumInfo info;
    info.index = static_cast<std::uint32_t>(draft_.enums.size());
    info.name = model.info->name + camel_case(field.name);
    info.values = texts_of(*field.node, "values");
    info.where = field.node->name_where();
    draft_.enums.push_back(std::move(info));
    draft_.enum_nodes.push_back(field.node);
    return draft_.enums.back().index;
  }

  // A mixin's names mean what they mean where the mixin stands.
  std::uint32_t id_of(Table& table, const Node& model, const Node& name, const char* code, const FieldDraft* field) {
    const Node& origin = field->use == nullptr ? model : *field->node;
    const Declaration* found = look_up(table, origin, name, name.text(), code, field);
    return found == nullptr ? no_index : found->id;
  }
  const Node* find(Table& table, const Node& origin, const Node& name, const std::string& text, const char* code) {
    const Declaration* found = look_up(table, origin, name, text, code, nullptr);
    return found == nullptr ? nullptr : found->node;
  }

  // A bare name means one of its own namespace, then one of none.
  const Declaration* look_up(Table& table, const Node& origin, const Node& name, const std::string& text,
                             const char* code, const FieldDraft* field) {
    const std::string space = namespace_of(origin);
    const bool bare = text.find('.') == std::string::npos;
    auto found = table.by_name.find(bare ? qualified(space, text) : text);
    if (found == table.by_name.end() && bare) found = table.by_name.find(text);
    if (found != table.by_name.end()) return &found->second;

    const std::string prefix = bare ? "" : text.substr(0, text.rfind('.'));
    if (!bare && spaces_.count(prefix) == 0) {
      std::vector<std::string> spaces(spaces_.begin(), spaces_.end());
      std::sort(spaces.begin(), spaces.end());
      draft_.report.error(Stage::resolution, "namespace.unknown", at(name),
                          "no file has the namespace " + quote(prefix) + did_you_mean(prefix, spaces));
      return nullptr;
    }
    unknown(table, name, text, space, code, field);
    return nullptr;
  }

  void unknown(Table& table, const Node& name, const std::string& text, const std::string& space, const char* code,
               const FieldDraft* field) {
    std::vector<std::string> near;
    std::string elsewhere;
    for (const Node* node : table.order) {
      if (!draft_.report.suggests()) break;
      const std::string other_space = namespace_of(*node);
      const bool visible = other_space.empty() || other_space == space;
      near.push_back(visible ? node->name() : qualified(other_space, node->name()));
      if (!visible && node->name() == text) elsewhere = near.back();
    }
    std::string message = field == nullptr ? "" : "field " + quote(field->name) + " refers to ";
    message += "unknown " + std::string(table.what) + " " + quote(text) + did_you_mean(text, near);
    Diagnostic& diagnostic = draft_.report.error(Stage::resolution, code, at(name), std::move(message));
    if (!elsewhere.empty()) diagnostic.help = "it is in another namespace: write " + quote(elsewhere);
    if (field != nullptr) note_use(diagnostic, *field);
  }

  // Mixins multiply: a small file could ask for more fields than memory holds.
  void too_many_fields(const ModelDraft& model) {
    draft_.report
        .error(Stage::resolution, "limit.fields", model.place(),
               "the models have more than " + std::to_string(fields_in_all) + " fields in all")
        .help = "use fewer mixins, or several registries";
    // Nothing else is worth building.
    draft_.report.check(Stage::resolution);
  }

  Draft& draft_;
  std::size_t fields_ = 0;
  Table models_{"model", {}, {}};
  Table mixins_{"mixin", {}, {}};
  Table enums_{"enum", {}, {}};
  std::unordered_set<std::string> spaces_;
};

}  // namespace

void collect(Draft& draft) { Collector(draft).run(); }

}  // namespace dorm::schema
