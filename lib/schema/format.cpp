#include "schema/format.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace dorm::schema {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Letter>
bool is_words(std::string_view name, Letter letter) {
  if (name.size() > 63 || name.back() == '_' || name.find("__") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace

std::string_view kind_word(FieldKind kind) { return field_kinds.at(static_cast<std::size_t>(kind)).text; }

TypeKind type_kind(FieldKind kind) {
  // Both lists name the scalar types in the same order, TypeKind one behind for its `unknown`.
  static_assert(static_cast<int>(TypeKind::enumeration) == static_cast<int>(FieldKind::enumeration) + 1);
  static_assert(static_cast<int>(TypeKind::decimal) == static_cast<int>(FieldKind::decimal) + 1);
  return static_cast<TypeKind>(static_cast<int>(kind) + 1);
}

bool is_model_name(std::string_view name) noexcept {
  return !name.empty() && is_upper(name.front()) && is_words(name, [](char c) { return is_lower(c) || is_upper(c); });
}
bool is_field_name(std::string_view name) noexcept {
  return !name.empty() && is_lower(name.front()) && is_words(name, is_lower);
}
bool is_reserved_field(std::string_view name) noexcept {
  return std::find(reserved_fields.begin(), reserved_fields.end(), name) != reserved_fields.end();
}
bool is_database_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 63 && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::string text_of(const json::Node& object, std::string_view key) {
  const json::Node* node = object.find(key);
  return node == nullptr ? std::string() : node->text();
}

bool flag_of(const json::Node& object, std::string_view key, bool otherwise) {
  const json::Node* node = object.find(key);
  return node == nullptr ? otherwise : node->boolean();
}

std::vector<std::string> texts_of(const json::Node& object, std::string_view key) {
  const json::Node* node = object.find(key);
  std::vector<std::string> result;
  if (node == nullptr) return result;
  if (node->is(json::NodeKind::string)) return {node->text()};
  for (const json::Node* item : node->items()) result.push_back(item->text());
  return result;
}

std::string reason_of(const json::Node& object, std::string_view key) {
  const json::Node* node = object.find(key);
  if (node == nullptr) return {};
  if (node->is(json::NodeKind::string)) return node->text();
  return node->boolean() ? "true" : "";
}

SqlText sql_of(const json::Node& node) {
  SqlText result;
  if (node.is(json::NodeKind::string)) {
    result.all = node.text();
    return result;
  }
  for (const json::Node* item : node.items()) result.by_dialect.emplace_back(item->name(), item->text());
  return result;
}

std::optional<Function> function_of(const json::Node* node) {
  const json::Node* name = node == nullptr ? nullptr : node->find("fn");
  return name == nullptr ? std::nullopt : find_word(functions, name->text());
}

}  // namespace dorm::schema
