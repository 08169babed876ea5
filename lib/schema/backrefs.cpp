// The other side of each relation, on its target: named unless "backref" is false, and always there.
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

class Backrefs {
 public:
  explicit Backrefs(Draft& draft) : draft_(draft) {}

  void run() {
    for (auto& model : draft_.models) {
      if (model->made_for != nullptr) {
        for (std::uint32_t i = 0; i < 2; ++i) add(*model, i, nullptr);
        continue;
      }
      for (const FieldDraft& field : model->fields) {
        if (is_relation(field.kind) && field.target != no_index) add(*model, field.relation, &field);
      }
    }
  }

 private:
  void add(ModelDraft& model, std::uint32_t index, const FieldDraft* field) {
    // The target may be the model itself, whose relations grow here.
    RelationInfo other;
    {
      const RelationInfo& relation = model.info->relations[index];
      other.kind = relation.kind == RelationKind::foreign_key  ? RelationKind::reverse
                   : relation.kind == RelationKind::one_to_one ? RelationKind::reverse_one
                                                               : RelationKind::reverse_many_to_many;
      other.model = relation.target;
      other.target = model.info->id;
      other.fields = relation.target_fields;
      other.target_fields = relation.fields;
      other.inverse = index;
      other.through = relation.through;
      other.through_source = relation.through_target;
      other.through_target = relation.through_source;
      other.indexed = relation.indexed;
      other.where = relation.where;
    }
    ModelDraft& target = draft_.model(other.model);
    other.index = static_cast<std::uint32_t>(target.info->relations.size());
    if (field != nullptr) describe(model, *field, target, other);
    model.info->relations[index].inverse = other.index;
    target.info->relations.push_back(std::move(other));
  }

  void describe(ModelDraft& model, const FieldDraft& field, ModelDraft& target, RelationInfo& other) {
    const Node* backref = field.node->find("backref");
    if (const Node* order = field.node->find("order_by")) {
      model.info->relations[field.relation].order_by = resolve_order(draft_, target, *order);
    }
    if (backref != nullptr) other.where = backref->where();
    if (backref != nullptr && backref->is(json::NodeKind::boolean)) return;
    Place place = at_name(*field.node);
    if (backref == nullptr) {
      other.name = model.info->snake_name + "_set";
    } else if (backref->is(json::NodeKind::string)) {
      other.name = backref->text();
      place = at(*backref);
    } else {
      place = at(*backref->find("name"));
      other.name = text_of(*backref, "name");
      other.exposed = flag_of(*backref, "exposed", false);
      other.comment = text_of(*backref, "comment");
      if (const Node* order = backref->find("order_by")) other.order_by = resolve_order(draft_, model, *order);
    }
    claim(model, field, target, other, place);
  }

  void claim(const ModelDraft& model, const FieldDraft& field, ModelDraft& target, RelationInfo& other, Place place) {
    const ModelInfo::Member member{ModelInfo::Member::Kind::relation, other.index};
    const auto [known, added] = target.members.emplace(other.name, MemberDraft{member, place, &field});
    if (added) return;
    const std::string mine = full_name(model, field.name);
    const std::string proposal = field.name + "_" + model.info->snake_name + "_set";
    if (known->second.backref_of == nullptr) {
      Diagnostic& diagnostic = draft_.report.error(
          Stage::meaning, "backref.clashes_field", place,
          "backref " + quote(other.name) + " of " + mine + " is a field of " + quote(target.info->name) + " already");
      note(diagnostic, "the field is here", known->second.place);
      diagnostic.help = "name it otherwise: \"backref\": \"" + proposal + "\"";
      note_use(diagnostic, field);
    } else {
      const RelationInfo& first = target.info->relations[known->second.member.index];
      const ModelDraft& claimer = draft_.model(first.target);
      const std::string theirs = full_name(claimer, known->second.backref_of->name);
      Diagnostic& diagnostic = draft_.report.error(Stage::meaning, "backref.clashes_backref", place,
                                                   "backref " + quote(other.name) + " on " + quote(target.info->name) +
                                                       " is claimed by " + theirs + " and " + mine);
      note(diagnostic, theirs + " is here", known->second.place);
      diagnostic.help = "name one of them: \"backref\": \"" + proposal + "\"";
      note_use(diagnostic, field);
    }
    other.name.clear();
  }

  Draft& draft_;
};

}  // namespace

void make_backrefs(Draft& draft) { Backrefs(draft).run(); }

}  // namespace dorm::schema
