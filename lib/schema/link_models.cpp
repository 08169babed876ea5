// The hidden models behind many_to_many fields that name no through model.
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

class LinkModel {
 public:
  LinkModel(Draft& draft, const ModelDraft& owner, FieldDraft& field) : draft_(draft), owner_(owner), field_(field) {}

  void run() {
    const ModelDraft& target = draft_.model(field_.target);
    if (owner_.key_missing || target.key_missing) return;
    auto link = std::make_unique<ModelDraft>();
    link->node = field_.node;
    link->file = owner_.file;
    link->made_for = &field_;
    link->info = std::make_unique<ModelInfo>();
    describe(*link->info);
    // Two sides that would have one name are told apart by their direction.
    const bool same = owner_.info->snake_name == target.info->snake_name;
    add_side(*link, *owner_.info, (same ? "from_" : "") + owner_.info->snake_name);
    add_side(*link, *target.info, (same ? "to_" : "") + target.info->snake_name);
    field_.through = link->info->id;
    draft_.models.push_back(std::move(link));
  }

 private:
  void describe(ModelInfo& info) const {
    const ModelInfo& owner = *owner_.info;
    info.id = static_cast<std::uint32_t>(draft_.models.size());
    info.name = owner.name + camel_case(field_.name);
    info.namespace_name = owner.namespace_name;
    info.snake_name = snake_case(info.name);
    info.table = text_of(*field_.node, "table");
    if (info.table.empty()) info.table = owner.table + "_" + field_.name;
    info.db_schema = owner.db_schema;
    info.managed = owner.managed;
    info.derived = true;
    info.where = field_.node->name_where();
  }

  void add_side(ModelDraft& link, const ModelInfo& side, const std::string& name) const {
    using Kind = ModelInfo::Member::Kind;
    ModelInfo& info = *link.info;
    RelationInfo& relation = info.relations.emplace_back();
    relation.index = static_cast<std::uint32_t>(info.relations.size() - 1);
    relation.name = name;
    relation.model = info.id;
    relation.target = side.id;
    relation.on_delete = word_of(*field_.node, "on_delete", actions, ReferentialAction::cascade);
    relation.where = info.where;
    link.members.emplace(name, MemberDraft{{Kind::relation, relation.index}, link.place(), nullptr});
    for (const std::uint32_t key : side.primary_key) {
      FieldInfo& field = info.fields.emplace_back();
      field.index = static_cast<std::uint32_t>(info.fields.size() - 1);
      field.name = side.primary_key.size() == 1 ? name + "_id" : name + "_" + side.fields[key].name;
      field.column = field.name;
      field.primary_key = true;
      field.relation = relation.index;
      field.where = info.where;
      info.primary_key.push_back(field.index);
      relation.fields.push_back(field.index);
      relation.target_fields.push_back(key);
      link.sources[field.index] = {side.id, key};
      link.members.emplace(field.name, MemberDraft{{Kind::field, field.index}, link.place(), nullptr});
    }
  }

  Draft& draft_;
  const ModelDraft& owner_;
  FieldDraft& field_;
};

}  // namespace

void make_link_models(Draft& draft) {
  const std::size_t declared = draft.models.size();
  for (std::size_t i = 0; i < declared; ++i) {
    ModelDraft& owner = *draft.models[i];
    for (FieldDraft& field : owner.fields) {
      const bool derived = field.kind == FieldKind::many_to_many && field.node->find("through") == nullptr;
      if (derived && field.target != no_index) LinkModel(draft, owner, field).run();
    }
  }
}

}  // namespace dorm::schema
