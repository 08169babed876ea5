#include "dorm/model_info.hpp"

#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"

namespace dorm {

std::string_view SqlText::get(std::string_view dialect) const noexcept {
  for (const auto& [name, text] : by_dialect) {
    if (name == dialect) return text;
  }
  return all;
}

ModelInfo::Member ModelInfo::find(std::string_view wanted) const noexcept {
  const auto found = std::lower_bound(members.begin(), members.end(), wanted,
                                      [](const auto& member, std::string_view text) { return member.first < text; });
  return found == members.end() || found->first != wanted ? Member{} : found->second;
}

const FieldInfo* ModelInfo::find_field(std::string_view wanted) const noexcept {
  const Member member = find(wanted);
  return member.kind == Member::Kind::field ? &fields[member.index] : nullptr;
}

const FieldInfo* ModelInfo::find_column(std::string_view wanted) const noexcept {
  for (const FieldInfo& field : fields) {
    if (field.column == wanted) return &field;
  }
  return nullptr;
}

const RelationInfo* ModelInfo::find_relation(std::string_view wanted) const noexcept {
  const Member member = find(wanted);
  return member.kind == Member::Kind::relation ? &relations[member.index] : nullptr;
}

ModelInfo::Member ModelInfo::get(std::string_view wanted) const {
  if (const Member member = find(wanted)) return member;
  const std::vector<std::string> names = member_names();
  std::string message =
      "model " + quote(name) + " has no field or relation " + quote(wanted) + did_you_mean(wanted, names);
  if (!message.ends_with('?')) message += "; it has " + quote_list(names, 12);
  throw QueryError(message);
}

std::vector<std::string> ModelInfo::member_names() const {
  std::vector<std::string> result;
  for (const FieldInfo& field : fields) result.push_back(field.name);
  for (const RelationInfo& relation : relations) {
    if (!relation.name.empty()) result.push_back(relation.name);
  }
  return result;
}

}  // namespace dorm
