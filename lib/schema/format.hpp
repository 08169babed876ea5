// schema/format.hpp: the words of the schema file format, and how to read a value whose shape has been checked.
//
// Pure functions and constants, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.hpp"
#include "dorm/model_info.hpp"

namespace dorm::schema {

enum class FieldKind : std::uint8_t {
  boolean,
  smallint,
  integer,
  bigint,
  real,
  double_precision,
  decimal,
  string,
  text,
  binary,
  uuid,
  date,
  time,
  datetime,
  json,
  enumeration,
  foreign_key,
  one_to_one,
  many_to_many,
};

enum class TableNaming : std::uint8_t { snake, plural_snake, verbatim };

template <class E>
struct Word {
  std::string_view text;
  E value;
};

// The sets of words; the order is the one of messages.
inline constexpr std::array<Word<FieldKind>, 19> field_kinds = {{{"boolean", FieldKind::boolean},
                                                                 {"smallint", FieldKind::smallint},
                                                                 {"integer", FieldKind::integer},
                                                                 {"bigint", FieldKind::bigint},
                                                                 {"real", FieldKind::real},
                                                                 {"double", FieldKind::double_precision},
                                                                 {"decimal", FieldKind::decimal},
                                                                 {"string", FieldKind::string},
                                                                 {"text", FieldKind::text},
                                                                 {"binary", FieldKind::binary},
                                                                 {"uuid", FieldKind::uuid},
                                                                 {"date", FieldKind::date},
                                                                 {"time", FieldKind::time},
                                                                 {"datetime", FieldKind::datetime},
                                                                 {"json", FieldKind::json},
                                                                 {"enum", FieldKind::enumeration},
                                                                 {"foreign_key", FieldKind::foreign_key},
                                                                 {"one_to_one", FieldKind::one_to_one},
                                                                 {"many_to_many", FieldKind::many_to_many}}};
inline constexpr std::array<Word<ReferentialAction>, 5> actions = {{{"no_action", ReferentialAction::no_action},
                                                                    {"restrict", ReferentialAction::restrict},
                                                                    {"cascade", ReferentialAction::cascade},
                                                                    {"set_null", ReferentialAction::set_null},
                                                                    {"set_default", ReferentialAction::set_default}}};
inline constexpr std::array<Word<LazyPolicy>, 4> lazy_policies = {{{"batch", LazyPolicy::batch},
                                                                   {"each", LazyPolicy::each},
                                                                   {"raise", LazyPolicy::raise},
                                                                   {"raise_n_plus_one", LazyPolicy::raise_n_plus_one}}};
inline constexpr std::array<Word<TableNaming>, 3> table_namings = {
    {{"snake", TableNaming::snake}, {"plural_snake", TableNaming::plural_snake}, {"verbatim", TableNaming::verbatim}}};
inline constexpr std::array<Word<Deferrable>, 2> deferrables = {
    {{"initially_immediate", Deferrable::initially_immediate}, {"initially_deferred", Deferrable::initially_deferred}}};
inline constexpr std::array<Word<Function>, 3> functions = {
    {{"now", Function::now}, {"uuid4", Function::uuid4}, {"uuid7", Function::uuid7}}};
inline constexpr std::array<Word<bool>, 2> enum_storages = {{{"text_check", false}, {"native", true}}};
inline constexpr std::array<Word<bool>, 2> table_storages = {{{"native", false}, {"legacy", true}}};
inline constexpr std::array<Word<int>, 5> index_methods = {
    {{"btree", 0}, {"hash", 1}, {"gin", 2}, {"gist", 3}, {"brin", 4}}};
inline constexpr std::array<std::string_view, 2> dialects = {"sqlite", "postgres"};
// Field names a query document or a condition could not tell from an operator.
inline constexpr std::array<std::string_view, 12> reserved_fields = {"pk", "and", "or", "not", "eq", "ne",
                                                                     "lt", "le",  "gt", "ge",  "in", "is_null"};

template <class E, std::size_t N>
std::optional<E> find_word(const std::array<Word<E>, N>& words, std::string_view text) {
  for (const auto& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}
template <class E, std::size_t N>
std::vector<std::string_view> texts(const std::array<Word<E>, N>& words) {
  std::vector<std::string_view> result;
  for (const auto& word : words) result.push_back(word.text);
  return result;
}

inline bool is_to_one(FieldKind kind) { return kind == FieldKind::foreign_key || kind == FieldKind::one_to_one; }
inline bool is_relation(FieldKind kind) { return is_to_one(kind) || kind == FieldKind::many_to_many; }
std::string_view kind_word(FieldKind kind);
TypeKind type_kind(FieldKind kind);  // scalars only

// "Upper" names of models, mixins and enums; "lower_snake" names of fields, back-references and namespaces: words of
// letters and digits joined by single underscores, at most 63 bytes.
bool is_model_name(std::string_view name) noexcept;
bool is_field_name(std::string_view name) noexcept;
bool is_reserved_field(std::string_view name) noexcept;
// What a table or column may be called: 1 to 63 bytes without control characters.
bool is_database_name(std::string_view name) noexcept;

// ---- reading what stage 2 has found to be right ----

std::string text_of(const json::Node& object, std::string_view key);                // empty if absent
bool flag_of(const json::Node& object, std::string_view key, bool otherwise);       // `otherwise` if absent
std::vector<std::string> texts_of(const json::Node& object, std::string_view key);  // a string or an array of strings
std::string reason_of(const json::Node& object, std::string_view key);  // deprecated: reason, "true" or empty
SqlText sql_of(const json::Node& node);                                 // a string or an object of dialects
template <class E, std::size_t N>
E word_of(const json::Node& object, std::string_view key, const std::array<Word<E>, N>& words, E otherwise) {
  const json::Node* node = object.find(key);
  return node == nullptr ? otherwise : find_word(words, node->text()).value_or(otherwise);
}
std::optional<Function> function_of(const json::Node* node);  // {"fn": "now"}

}  // namespace dorm::schema
