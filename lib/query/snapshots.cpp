#include "query/snapshots.hpp"

namespace dorm::query {

bool same_model(const ModelInfo& left, const ModelInfo& right) {
  return &left == &right || (left.name == right.name && left.namespace_name == right.namespace_name);
}

bool leads_to(const Registry& registry, const RelationInfo& relation, const ModelInfo& target) {
  return same_model(registry.model(relation.target), target);
}

std::uint32_t field_in(const ModelInfo& to, const ModelInfo& from, std::uint32_t field) noexcept {
  if (&to == &from) return field;
  const FieldInfo* found = to.find_field(from.fields[field].name);
  return found == nullptr ? no_index : found->index;
}

const Value* key_part(const KeyRef& key, const ModelInfo& model, std::uint32_t field) {
  if (key.model == nullptr || !same_model(*key.model, model)) return nullptr;
  const std::uint32_t own = field_in(*key.model, model, field);
  return own == no_index ? nullptr : key.find(own);
}

}  // namespace dorm::query
