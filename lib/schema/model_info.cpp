#include "dorm/model_info.hpp"

#include <algorithm>
#include <bit>

#include "core/suggest.hpp"
#include "core/text.hpp"

namespace dorm {
namespace {

// Names are short, and looked up with every row["name"].
std::size_t hash_of(std::string_view name) noexcept {
  std::size_t hash = name.size();
  for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
  return hash ^ hash >> 15U;
}

}  // namespace

std::string_view SqlText::get(std::string_view dialect) const noexcept {
  for (const auto& [name, text] : by_dialect) {
    if (name == dialect) return text;
  }
  return all;
}

ModelInfo::Member ModelInfo::find(std::string_view wanted) const noexcept {
  if (members_by_hash.empty()) return {};
  const std::size_t mask = members_by_hash.size() - 1;
  for (std::size_t place = hash_of(wanted) & mask; members_by_hash[place] != 0; place = (place + 1) & mask) {
    const auto& [known, member] = members[members_by_hash[place] - 1];
    if (known == wanted) return member;
  }
  return {};
}

void ModelInfo::index_members() {
  members_by_hash.assign(std::bit_ceil(members.size() * 2 + 1), 0);
  const std::size_t mask = members_by_hash.size() - 1;
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    std::size_t place = hash_of(members[i].first) & mask;
    while (members_by_hash[place] != 0) place = (place + 1) & mask;
    members_by_hash[place] = i + 1;
  }
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
