// schema/keys.hpp: which keys each object of a schema file may have, and what their values look like. Constants.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "schema/format.hpp"

namespace dorm::schema {

// The form of a value.
enum class Shape : std::uint8_t {
  any,
  flag,
  text,
  text_or_integer,
  text_or_flag,
  number_or_text,
  length,      // an integer from 0
  size,        // an integer from 1
  precision,   // 1 to 1000
  object,      // annotations: anything inside
  field_name,  // of a field, back-reference or namespace
  database_name,
  names,  // an array of different strings, at least one
  names_or_name,
  order,  // names, each perhaps after a minus
  pair,   // two different names
  action,
  lazy,
  naming,
  deferrable,
  enum_storage,
  table_storage,
  method,
  field_type,
  values,  // of an enum: strings, faults of content are stage 4
  text_map,
  key_map,   // "columns"
  function,  // {"fn": …}
  literal,   // "default"
  db_default,
  sql,           // a string, or one per dialect
  dialect_text,  // the same where it is no SQL
  generated,
  backref,
  condition,
  defaults,
  enums,
  mixins,
  models,
  fields,
  indexes,
  uniques,
  checks,
};

using Kinds = std::uint32_t;
constexpr Kinds bit(FieldKind kind) { return 1U << static_cast<unsigned>(kind); }
inline constexpr Kinds every_kind = 0xFFFFFFFFU;

struct Key {
  std::string_view name;
  Shape shape;
  bool required = false;
  Kinds kinds = every_kind;  // fields: the types it applies to
};

// Two keys that say contrary things.
struct Contrary {
  std::string_view one;
  std::string_view other;
};

namespace keys {

inline constexpr Kinds numbers = bit(FieldKind::smallint) | bit(FieldKind::integer) | bit(FieldKind::bigint) |
                                 bit(FieldKind::real) | bit(FieldKind::double_precision) | bit(FieldKind::decimal);
inline constexpr Kinds integers = bit(FieldKind::smallint) | bit(FieldKind::integer) | bit(FieldKind::bigint);
inline constexpr Kinds moments = bit(FieldKind::date) | bit(FieldKind::time) | bit(FieldKind::datetime);
inline constexpr Kinds words = bit(FieldKind::string) | bit(FieldKind::text);
inline constexpr Kinds to_one = bit(FieldKind::foreign_key) | bit(FieldKind::one_to_one);
inline constexpr Kinds relations = to_one | bit(FieldKind::many_to_many);
inline constexpr Kinds scalars = bit(FieldKind::foreign_key) - 1U;
inline constexpr Kinds stored = scalars | to_one;

inline constexpr std::array file = {Key{"$schema", Shape::text},         Key{"dorm", Shape::any, true},
                                    Key{"namespace", Shape::field_name}, Key{"schema_version", Shape::text_or_integer},
                                    Key{"comment", Shape::text},         Key{"defaults", Shape::defaults},
                                    Key{"enums", Shape::enums},          Key{"mixins", Shape::mixins},
                                    Key{"models", Shape::models},        Key{"annotations", Shape::object}};

inline constexpr std::array defaults = {Key{"table_naming", Shape::naming}, Key{"on_delete", Shape::action},
                                        Key{"lazy", Shape::lazy}};

inline constexpr std::array enumeration = {Key{"values", Shape::values, true},
                                           Key{"storage", Shape::enum_storage},
                                           Key{"renamed_from", Shape::names_or_name},
                                           Key{"renamed_values", Shape::text_map},
                                           Key{"comment", Shape::text},
                                           Key{"annotations", Shape::object}};

inline constexpr std::array mixin = {Key{"fields", Shape::fields, true}, Key{"mixins", Shape::names},
                                     Key{"indexes", Shape::indexes},     Key{"uniques", Shape::uniques},
                                     Key{"checks", Shape::checks},       Key{"comment", Shape::text},
                                     Key{"annotations", Shape::object}};

inline constexpr std::array model = {Key{"fields", Shape::fields, true},
                                     Key{"table", Shape::database_name},
                                     Key{"db_schema", Shape::database_name},
                                     Key{"mixins", Shape::names},
                                     Key{"primary_key", Shape::names},
                                     Key{"indexes", Shape::indexes},
                                     Key{"uniques", Shape::uniques},
                                     Key{"checks", Shape::checks},
                                     Key{"order_by", Shape::order},
                                     Key{"version_field", Shape::text},
                                     Key{"lazy", Shape::lazy},
                                     Key{"managed", Shape::flag},
                                     Key{"storage", Shape::table_storage},
                                     Key{"exposed", Shape::flag},
                                     Key{"renamed_from", Shape::names_or_name},
                                     Key{"comment", Shape::text},
                                     Key{"deprecated", Shape::text_or_flag},
                                     Key{"annotations", Shape::object}};
// Meant for later; taken now, a file would change its meaning then.
inline constexpr std::array<std::string_view, 4> reserved_in_model = {"extends", "discriminator", "partition_by",
                                                                      "policies"};

inline constexpr std::array field = {Key{"type", Shape::field_type, true},
                                     Key{"column", Shape::database_name, false, stored},
                                     Key{"nullable", Shape::flag, false, stored},
                                     Key{"primary_key", Shape::flag, false, stored},
                                     Key{"auto_increment", Shape::flag, false, integers},
                                     Key{"unique", Shape::flag, false, scalars | bit(FieldKind::foreign_key)},
                                     Key{"index", Shape::flag, false, stored},
                                     Key{"default", Shape::literal, false, stored},
                                     Key{"db_default", Shape::db_default, false, scalars},
                                     Key{"on_update", Shape::function, false, scalars},
                                     Key{"on_update", Shape::action, false, to_one},
                                     Key{"generated", Shape::generated, false, scalars},
                                     Key{"max_length", Shape::size, false, bit(FieldKind::string)},
                                     Key{"min_length", Shape::length, false, words},
                                     Key{"precision", Shape::precision, false, bit(FieldKind::decimal)},
                                     Key{"scale", Shape::length, false, bit(FieldKind::decimal)},
                                     Key{"min", Shape::number_or_text, false, numbers | moments},
                                     Key{"max", Shape::number_or_text, false, numbers | moments},
                                     Key{"pattern", Shape::text, false, words},
                                     Key{"timezone", Shape::flag, false, bit(FieldKind::datetime)},
                                     Key{"collation", Shape::dialect_text, false, words | bit(FieldKind::enumeration)},
                                     Key{"db_type", Shape::sql, false, scalars},
                                     Key{"enum", Shape::text, false, bit(FieldKind::enumeration)},
                                     Key{"values", Shape::values, false, bit(FieldKind::enumeration)},
                                     Key{"to", Shape::text, true, relations},
                                     Key{"to_field", Shape::text, false, to_one},
                                     Key{"columns", Shape::key_map, false, to_one},
                                     Key{"backref", Shape::backref, false, relations},
                                     Key{"on_delete", Shape::action, false, relations},
                                     Key{"db_constraint", Shape::flag, false, to_one},
                                     Key{"deferrable", Shape::deferrable, false, to_one},
                                     Key{"through", Shape::text, false, bit(FieldKind::many_to_many)},
                                     Key{"through_fields", Shape::pair, false, bit(FieldKind::many_to_many)},
                                     Key{"table", Shape::database_name, false, bit(FieldKind::many_to_many)},
                                     Key{"order_by", Shape::order, false, bit(FieldKind::many_to_many)},
                                     Key{"lazy", Shape::lazy, false, relations},
                                     Key{"sensitive", Shape::flag, false, scalars},
                                     Key{"deferred", Shape::flag, false, scalars},
                                     Key{"immutable", Shape::flag, false, stored},
                                     Key{"hidden", Shape::flag, false, stored},
                                     Key{"exposed", Shape::flag},
                                     Key{"writable", Shape::flag, false, stored},
                                     Key{"readonly", Shape::flag, false, stored},
                                     Key{"deprecated", Shape::text_or_flag},
                                     Key{"renamed_from", Shape::names_or_name},
                                     Key{"comment", Shape::text},
                                     Key{"annotations", Shape::object}};
inline constexpr std::array contrary_in_field = {
    Contrary{"default", "db_default"},      Contrary{"generated", "default"},
    Contrary{"generated", "db_default"},    Contrary{"generated", "on_update"},
    Contrary{"primary_key", "nullable"},    Contrary{"columns", "column"},
    Contrary{"columns", "to_field"},        Contrary{"through", "table"},
    Contrary{"through", "on_delete"},       Contrary{"enum", "values"},
    Contrary{"auto_increment", "default"},  Contrary{"auto_increment", "db_default"},
    Contrary{"auto_increment", "nullable"}, Contrary{"writable", "readonly"},
    Contrary{"exposed", "hidden"}};

inline constexpr std::array backref = {Key{"name", Shape::field_name, true}, Key{"order_by", Shape::order},
                                       Key{"exposed", Shape::flag}, Key{"comment", Shape::text}};

inline constexpr std::array index = {Key{"fields", Shape::order, true},
                                     Key{"name", Shape::database_name},
                                     Key{"unique", Shape::flag},
                                     Key{"include", Shape::names},
                                     Key{"where", Shape::condition},
                                     Key{"method", Shape::method},
                                     Key{"renamed_from", Shape::names_or_name},
                                     Key{"comment", Shape::text}};
inline constexpr std::array contrary_in_index = {Contrary{"unique", "method"}, Contrary{"unique", "include"}};

inline constexpr std::array unique = {Key{"fields", Shape::names, true},    Key{"name", Shape::database_name},
                                      Key{"where", Shape::condition},       Key{"nulls_distinct", Shape::flag},
                                      Key{"deferrable", Shape::deferrable}, Key{"renamed_from", Shape::names_or_name},
                                      Key{"comment", Shape::text}};
inline constexpr std::array contrary_in_unique = {Contrary{"where", "deferrable"}};

inline constexpr std::array check = {Key{"name", Shape::database_name, true}, Key{"expr", Shape::condition},
                                     Key{"sql", Shape::sql}, Key{"comment", Shape::text}};
inline constexpr std::array contrary_in_check = {Contrary{"expr", "sql"}};

inline constexpr std::array function = {Key{"fn", Shape::text, true}};
inline constexpr std::array db_default = {Key{"fn", Shape::text}, Key{"sql", Shape::sql}};
inline constexpr std::array contrary_in_db_default = {Contrary{"fn", "sql"}};
inline constexpr std::array generated = {Key{"sql", Shape::sql, true}, Key{"stored", Shape::flag}};

}  // namespace keys
}  // namespace dorm::schema
