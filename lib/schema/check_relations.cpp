// Stage 4 for relations: targets that identify a row, types that agree, actions that can be carried out.
#include <algorithm>

#include "core/text.hpp"
#include "schema/cycles.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

class RelationCheck {
 public:
  RelationCheck(Draft& draft, const ModelDraft& model) : draft_(draft), model_(model) {}

  void run() {
    for (const FieldDraft& field : model_.fields) {
      if (!is_relation(field.kind) || field.target == no_index) continue;
      const RelationInfo& relation = model_.info->relations[field.relation];
      if (field.kind == FieldKind::many_to_many) {
        check_link(field, relation);
        continue;
      }
      if (relation.target_fields.empty()) continue;
      if (check_target(field, relation)) check_types(field, relation);
      check_actions(field, relation);
    }
  }

 private:
  // ---- foreign keys ----

  bool check_target(const FieldDraft& field, const RelationInfo& relation) {
    const ModelDraft& target = draft_.model(relation.target);
    const ModelInfo& info = *target.info;
    const auto same = [&](const std::vector<std::uint32_t>& key) {
      return key.size() == relation.target_fields.size() &&
             std::is_permutation(key.begin(), key.end(), relation.target_fields.begin());
    };
    if (same(info.primary_key)) return true;
    const bool unique = std::any_of(info.uniques.begin(), info.uniques.end(), [&](const UniqueInfo& candidate) {
      return !candidate.where && same(candidate.fields);
    });
    if (unique) return true;
    std::vector<std::string> names;
    for (const std::uint32_t key : relation.target_fields) names.push_back(info.fields[key].name);
    std::vector<std::string> missing;
    for (const std::uint32_t key : info.primary_key) {
      const auto& mapped = relation.target_fields;
      if (std::find(mapped.begin(), mapped.end(), key) == mapped.end()) missing.push_back(info.fields[key].name);
    }
    const bool part_of_key = missing.size() + names.size() == info.primary_key.size();
    if (part_of_key) {
      const Node* columns = field.node->find("columns");
      Diagnostic& diagnostic = draft_.report.error(Stage::meaning, "relation.columns_incomplete",
                                                   columns == nullptr ? at_name(*field.node) : at_name(*columns),
                                                   "relation " + quote(field.name) + " leaves " + quote_list(missing) +
                                                       " of the key of " + quote(info.name) + " out");
      diagnostic.help = "map every part of the key in \"columns\"";
      note_use(diagnostic, field);
      return false;
    }
    const Node* where = field.node->find(field.node->find("columns") == nullptr ? "to_field" : "columns");
    Diagnostic& diagnostic = draft_.report.error(Stage::meaning, "relation.target_not_unique",
                                                 where == nullptr ? at_name(*field.node) : at(*where),
                                                 "relation " + quote(field.name) + " leads to " + quote_list(names) +
                                                     " of " + quote(info.name) + ", which is not unique");
    diagnostic.notes.push_back({"it is declared here", info.fields[relation.target_fields.front()].where});
    diagnostic.help = names.size() == 1 ? "add \"unique\": true there, or refer to the primary key"
                                        : "declare these fields in \"uniques\" there, or refer to the primary key";
    note_use(diagnostic, field);
    return false;
  }

  static bool agree(const Type& own, const Type& target) {
    return own.kind == target.kind && own.scale == target.scale && own.timezone == target.timezone &&
           own.storage == target.storage;
  }

  void check_types(const FieldDraft& field, const RelationInfo& relation) {
    const ModelInfo& target = draft_.info(relation.target);
    for (std::size_t i = 0; i < relation.fields.size(); ++i) {
      const FieldInfo& own = model_.info->fields[relation.fields[i]];
      const FieldInfo& other = target.fields[relation.target_fields[i]];
      if (agree(own.type, other.type)) continue;
      Diagnostic& diagnostic = draft_.report.error(
          Stage::meaning, "relation.type_mismatch", at_name(*field.node),
          "relation " + quote(field.name) + " equals " + quote(own.name) + " (" + to_string(own.type) + ") and " +
              quote(target.name + "." + other.name) + " (" + to_string(other.type) + ")");
      diagnostic.notes.push_back({quote(own.name) + " is declared here", own.where});
      diagnostic.notes.push_back({quote(target.name + "." + other.name) + " is declared here", other.where});
      diagnostic.help = "give both the same type";
    }
  }

  void check_actions(const FieldDraft& field, const RelationInfo& relation) {
    check_action(field, relation, "on_delete", relation.on_delete);
    check_action(field, relation, "on_update", relation.on_update);
  }

  void check_action(const FieldDraft& field, const RelationInfo& relation, const char* key, ReferentialAction action) {
    const Node* node = field.node->find(key);
    const Place place = node == nullptr ? at_name(*field.node) : at(*node);
    for (const std::uint32_t index : relation.fields) {
      const FieldInfo& own = model_.info->fields[index];
      if (action == ReferentialAction::set_null && !own.nullable) {
        Diagnostic& diagnostic = draft_.report.error(
            Stage::meaning, "on_delete.set_null_not_nullable", place,
            quote(key) + " of " + quote(field.name) + " is set_null, but " + quote(own.name) + " is not nullable");
        diagnostic.help = "add \"nullable\": true, or choose another action";
        note_use(diagnostic, field);
      }
      if (action == ReferentialAction::set_default && field.node->find("default") == nullptr && !has_default(index)) {
        Diagnostic& diagnostic = draft_.report.error(
            Stage::meaning, "on_delete.set_default_without_default", place,
            quote(key) + " of " + quote(field.name) + " is set_default, but " + quote(own.name) + " has no default");
        diagnostic.help = "add a \"default\", or choose another action";
        note_use(diagnostic, field);
      }
    }
  }

  bool has_default(std::uint32_t index) const {
    return std::any_of(model_.fields.begin(), model_.fields.end(), [&](const FieldDraft& field) {
      const bool own = !is_relation(field.kind) && field.keys.front() == index;
      return own && (field.node->find("default") != nullptr || field.node->find("db_default") != nullptr);
    });
  }

  // ---- many to many ----

  void check_link(const FieldDraft& field, const RelationInfo& relation) {
    const Node* through = field.node->find("through");
    if (through == nullptr || relation.through == no_index) return;
    const ModelInfo& link = draft_.info(relation.through);
    std::vector<std::uint32_t> pair = link.relations[relation.through_source].fields;
    const std::vector<std::uint32_t>& second = link.relations[relation.through_target].fields;
    pair.insert(pair.end(), second.begin(), second.end());
    const auto same = [&](const std::vector<std::uint32_t>& key) {
      return key.size() == pair.size() && std::is_permutation(key.begin(), key.end(), pair.begin());
    };
    if (same(link.primary_key)) return;
    for (const UniqueInfo& unique : link.uniques) {
      if (!unique.where && same(unique.fields)) return;
    }
    const std::string& source_name = link.relations[relation.through_source].name;
    const std::string& target_name = link.relations[relation.through_target].name;
    draft_.report
        .warning("m2m.not_unique", at(*through),
                 "through model " + quote(link.name) + " can link the same two rows of " + quote(field.name) +
                     " more than once")
        .help = "add to it: \"uniques\": [{\"fields\": [\"" + source_name + "\", \"" + target_name + "\"]}]";
  }

  Draft& draft_;
  const ModelDraft& model_;
};

}  // namespace

void check_relations(Draft& draft) {
  for (auto& model : draft.models) RelationCheck(draft, *model).run();
  check_cycles(draft);
}

}  // namespace dorm::schema
