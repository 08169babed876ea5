#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {

std::optional<std::vector<std::uint32_t>> columns_named(const ModelDraft& model, std::string_view name) {
  const auto found = model.members.find(std::string(name));
  if (found == model.members.end()) return std::nullopt;
  const ModelInfo::Member& member = found->second.member;
  if (member.kind == ModelInfo::Member::Kind::field) return std::vector<std::uint32_t>{member.index};
  for (const FieldDraft& field : model.fields) {
    if (field.name == name && !field.keys.empty()) return field.keys;
  }
  return std::nullopt;
}

std::vector<std::string_view> column_names(const ModelDraft& model) {
  std::vector<std::string_view> result;
  for (const FieldDraft& field : model.fields) {
    if (is_to_one(field.kind)) result.push_back(field.name);
  }
  for (const FieldInfo& field : model.info->fields) result.push_back(field.name);
  return result;
}

void note_use(Diagnostic& diagnostic, const Part& part) {
  if (part.use != nullptr) note(diagnostic, "the mixin is used here", at(*part.use));
}

std::string full_name(const ModelDraft& model, std::string_view member) {
  return model.info->qualified_name() + "." + std::string(member);
}

std::vector<OrderTerm> resolve_order(Draft& draft, const ModelDraft& model, const json::Node& terms) {
  std::vector<OrderTerm> result;
  for (const json::Node* term : terms.items()) {
    const bool descending = term->text().starts_with('-');
    const std::string name = term->text().substr(descending ? 1 : 0);
    const auto found = model.members.find(name);
    if (found == model.members.end()) {
      draft.report.error(Stage::resolution, "order_by.field_unknown", at(*term),
                         "model " + quote(model.info->name) + " has no field " + quote(name) + " to order by" +
                             did_you_mean(name, column_names(model)));
      continue;
    }
    if (found->second.member.kind != ModelInfo::Member::Kind::field) {
      Diagnostic& diagnostic = draft.report.error(Stage::meaning, "order_by.relation", at(*term),
                                                  quote(name) + " is a relation, which has no order");
      const auto keys = columns_named(model, name);
      if (keys) diagnostic.help = "order by its key: " + quote(model.info->fields[keys->front()].name);
      continue;
    }
    const FieldInfo& field = model.info->fields[found->second.member.index];
    if (field.sensitive) {
      draft.report.error(Stage::meaning, "order_by.sensitive", at(*term),
                         "field " + quote(name) + " is sensitive; an order by it would give it away");
      continue;
    }
    result.push_back({field.index, descending});
  }
  return result;
}

}  // namespace dorm::schema
