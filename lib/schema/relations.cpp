// The declared side of each relation: which fields hold it, and which fields of the target they equal.
#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"
#include "schema/names.hpp"

namespace dorm::schema {
namespace {

using json::Node;

class Relations {
 public:
  Relations(Draft& draft, ModelDraft& model) : draft_(draft), model_(model), info_(*model.info) {}

  void run() {
    for (FieldDraft& field : model_.fields) {
      if (is_relation(field.kind)) add(field);
    }
  }

 private:
  void add(FieldDraft& field) {
    const Node& node = *field.node;
    RelationInfo& relation = info_.relations.emplace_back();
    relation.index = field.relation;
    relation.name = field.name;
    relation.kind = field.kind == FieldKind::foreign_key  ? RelationKind::foreign_key
                    : field.kind == FieldKind::one_to_one ? RelationKind::one_to_one
                                                          : RelationKind::many_to_many;
    relation.model = info_.id;
    relation.target = field.target;
    relation.lazy = word_of(node, "lazy", lazy_policies, LazyPolicy::unset);
    relation.exposed = flag_of(node, "exposed", false);
    relation.comment = text_of(node, "comment");
    relation.where = node.name_where();
    if (field.kind == FieldKind::many_to_many) return;  // its keys are those of the link model

    const Node* defaults = model_.file->find("defaults");
    const auto general = defaults == nullptr ? ReferentialAction::no_action
                                             : word_of(*defaults, "on_delete", actions, ReferentialAction::no_action);
    relation.on_delete = word_of(node, "on_delete", actions, general);
    relation.on_update = word_of(node, "on_update", actions, ReferentialAction::no_action);
    relation.deferrable = word_of(node, "deferrable", deferrables, Deferrable::no);
    relation.constraint = flag_of(node, "db_constraint", true);
    relation.fields = field.keys;
    relation.nullable =
        std::any_of(field.keys.begin(), field.keys.end(), [&](auto key) { return info_.fields[key].nullable; });
    for (const std::uint32_t key : field.keys) {
      if (info_.fields[key].relation == no_index) info_.fields[key].relation = relation.index;
    }
    if (relation.target == no_index) return;
    find_target_fields(field, relation);
    if (relation.target_fields.empty()) {
      relation.fields.clear();
      return;
    }
    for (std::size_t i = 0; i < relation.fields.size(); ++i) {
      const bool own_type = std::any_of(model_.fields.begin(), model_.fields.end(), [&](const FieldDraft& other) {
        return !is_relation(other.kind) && other.keys.front() == relation.fields[i];
      });
      if (!own_type)
        model_.sources.try_emplace(relation.fields[i], ColumnRef{relation.target, relation.target_fields[i]});
    }
    if (relation.constraint) relation.constraint_name = constraint_name(info_, relation.fields, "fkey");
  }

  void find_target_fields(const FieldDraft& field, RelationInfo& relation) {
    const ModelDraft& target = draft_.model(relation.target);
    if (const Node* columns = field.node->find("columns")) {
      for (const Node* item : columns->items()) {
        const auto named = one_field(target, *item);
        if (named == no_index) {
          relation.target_fields.clear();
          return;
        }
        relation.target_fields.push_back(named);
      }
      follow_key_order(target, relation);
      return;
    }
    if (const Node* to_field = field.node->find("to_field")) {
      const auto named = one_field(target, *to_field);
      if (named != no_index) relation.target_fields = {named};
      return;
    }
    const std::vector<std::uint32_t>& key = target.info->primary_key;
    if (key.size() == 1) {
      relation.target_fields = key;
    } else if (!target.key_missing) {
      needs_columns(field, target);
    }
  }

  std::uint32_t one_field(const ModelDraft& target, const Node& name) {
    const auto named = columns_named(target, name.text());
    if (named && named->size() == 1) return named->front();
    draft_.report.error(Stage::resolution, "relation.target_field_unknown", at(name),
                        "model " + quote(target.info->name) + " has no field " + quote(name.text()) +
                            did_you_mean(name.text(), column_names(target)));
    return no_index;
  }

  void needs_columns(const FieldDraft& field, const ModelDraft& target) {
    std::vector<std::string> parts;
    std::string example;
    for (const std::uint32_t key : target.info->primary_key) {
      parts.push_back(target.info->fields[key].name);
      example += (example.empty() ? "" : ", ") + std::string("\"") + field.name + "_" + parts.back() + "\": \"" +
                 parts.back() + "\"";
    }
    Diagnostic& diagnostic =
        draft_.report.error(Stage::meaning, "relation.columns_incomplete", at_name(*field.node),
                            "relation " + quote(field.name) + " leads to " + quote(target.info->name) +
                                ", whose key has the parts " + quote_list(parts));
    diagnostic.help = "map each of them: \"columns\": {" + example + "}";
    note_use(diagnostic, field);
  }

  // Keys travel in the order of the target's primary key, whatever the order in "columns".
  static void follow_key_order(const ModelDraft& target, RelationInfo& relation) {
    const std::vector<std::uint32_t>& key = target.info->primary_key;
    if (!std::is_permutation(key.begin(), key.end(), relation.target_fields.begin(), relation.target_fields.end()))
      return;
    std::vector<std::uint32_t> fields;
    for (const std::uint32_t part : key) {
      const auto found = std::find(relation.target_fields.begin(), relation.target_fields.end(), part);
      fields.push_back(relation.fields[static_cast<std::size_t>(found - relation.target_fields.begin())]);
    }
    relation.fields = std::move(fields);
    relation.target_fields = key;
  }

  Draft& draft_;
  ModelDraft& model_;
  ModelInfo& info_;
};

}  // namespace

void make_relations(Draft& draft) {
  for (auto& model : draft.models) {
    if (model->made_for == nullptr) {
      Relations(draft, *model).run();
      continue;
    }
    for (RelationInfo& relation : model->info->relations) {
      relation.constraint_name = constraint_name(*model->info, relation.fields, "fkey");
    }
  }
}

}  // namespace dorm::schema
