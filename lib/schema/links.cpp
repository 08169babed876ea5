// The way of each many_to_many field: its two foreign keys in the link model.
#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

class Link {
 public:
  Link(Draft& draft, ModelDraft& owner, FieldDraft& field)
      : draft_(draft),
        owner_(owner),
        field_(field),
        through_(draft.model(field.through)),
        target_(draft.model(field.target)) {}

  void run() {
    std::uint32_t source = no_index;
    std::uint32_t target = no_index;
    const Node* named = field_.node->find("through_fields");
    if (through_.made_for != nullptr) {
      source = 0;
      target = 1;
    } else if (named != nullptr) {
      source = named_key(*named->items()[0], owner_);
      target = named_key(*named->items()[1], target_);
    } else if (&owner_ == &target_) {
      return ambiguous(keys_to(owner_), owner_);
    } else {
      source = only_key(owner_);
      target = only_key(target_);
    }
    if (source == no_index || target == no_index) return;
    RelationInfo& relation = owner_.info->relations[field_.relation];
    const RelationInfo& to_owner = through_.info->relations[source];
    const RelationInfo& to_target = through_.info->relations[target];
    relation.through = through_.info->id;
    relation.through_source = source;
    relation.through_target = target;
    relation.fields = to_owner.target_fields;
    relation.target_fields = to_target.target_fields;
  }

 private:
  std::vector<const RelationInfo*> keys_to(const ModelDraft& model) const {
    std::vector<const RelationInfo*> result;
    for (const RelationInfo& relation : through_.info->relations) {
      if (relation.holds_key() && relation.target == model.info->id) result.push_back(&relation);
    }
    return result;
  }

  std::uint32_t only_key(const ModelDraft& model) {
    const auto keys = keys_to(model);
    if (keys.size() == 1) return keys.front()->index;
    if (!keys.empty()) {
      ambiguous(keys, model);
      return no_index;
    }
    Diagnostic& diagnostic = draft_.report.error(
        Stage::meaning, "through.no_path", at(*field_.node->find("through")),
        "through model " + quote(through_.info->name) + " has no foreign key to " + quote(model.info->name));
    note(diagnostic, "the through model is here", through_.place());
    diagnostic.help = "add one: {\"type\": \"foreign_key\", \"to\": \"" + model.info->name + "\"}";
    return no_index;
  }

  void ambiguous(const std::vector<const RelationInfo*>& keys, const ModelDraft& model) {
    std::vector<std::string> names;
    for (const RelationInfo* key : keys) names.push_back(key->name);
    if (names.empty()) {
      only_key(model);
      return;
    }
    Diagnostic& diagnostic = draft_.report.error(
        Stage::meaning, "through.ambiguous", at(*field_.node->find("through")),
        names.size() == 1 ? "through model " + quote(through_.info->name) + " has one foreign key to " +
                                quote(model.info->name) + " where two are needed: " + quote_list(names)
                          : "through model " + quote(through_.info->name) + " has several foreign keys to " +
                                quote(model.info->name) + ": " + quote_list(names));
    diagnostic.help = "say which: \"through_fields\": [\"<key to " + owner_.info->name + ">\", \"<key to " +
                      target_.info->name + ">\"]";
  }

  std::uint32_t named_key(const Node& name, const ModelDraft& expected) {
    std::vector<std::string_view> fitting;
    for (const RelationInfo* key : keys_to(expected)) {
      if (key->name == name.text()) return key->index;
      fitting.push_back(key->name);
    }
    Diagnostic& diagnostic =
        draft_.report.error(Stage::meaning, "through.fields_wrong", at(name),
                            quote(name.text()) + " is not a foreign key of " + quote(through_.info->name) + " to " +
                                quote(expected.info->name) + did_you_mean(name.text(), fitting));
    note(diagnostic, "the through model is here", through_.place());
    diagnostic.help = fitting.empty() ? "it has no such key" : "one of " + quote_list(fitting);
    return no_index;
  }

  Draft& draft_;
  ModelDraft& owner_;
  FieldDraft& field_;
  ModelDraft& through_;
  ModelDraft& target_;
};

}  // namespace

void make_links(Draft& draft) {
  for (auto& model : draft.models) {
    for (FieldDraft& field : model->fields) {
      if (field.kind != FieldKind::many_to_many || field.target == no_index || field.through == no_index) continue;
      Link(draft, *model, field).run();
    }
  }
}

}  // namespace dorm::schema
