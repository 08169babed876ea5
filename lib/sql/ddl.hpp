// sql/ddl.hpp: statements that make and drop tables, as plain data.
//
// Unlike queries these are rare and large, so they own their names.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dorm/type.hpp"
#include "dorm/value.hpp"

namespace dorm::sql::ddl {

// A condition of a check or a partial index. Values are written as literals here, by the dialect's own quoting: no
// backend binds parameters in DDL.
struct Condition {
  enum class Op : std::uint8_t { all, any, negate, eq, ne, lt, le, gt, ge, in, is_null, column, value };
  Op op = Op::value;
  std::vector<Condition> operands;
  std::string column;
  Type type;  // of a value: how it is written; of a column: how it is compared
  Value value;
};

enum class Now : std::uint8_t { none, now, uuid4, uuid7 };

struct Column {
  std::string name;
  Type type;
  std::string type_text;                 // db_type override for this dialect, empty = from type
  std::vector<std::string> enum_values;  // enumeration: the check's list
  std::string enum_type;                 // native enum type name, empty = text with a check
  bool nullable = false;
  bool auto_increment = false;
  std::optional<Value> default_value;  // a literal DEFAULT
  Now default_function = Now::none;
  std::string default_sql;    // verbatim
  std::string generated_sql;  // GENERATED ALWAYS AS (…)
  bool generated_stored = true;
  std::string collation;   // empty = bytes order (COLLATE "C" on PostgreSQL), as are "C" and "BINARY" on every dialect
  std::string check_name;  // for the check a type needs (boolean, string length, json, enum)
  std::string comment;     // kept only where the database can
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string target_schema;
  std::string target_table;
  std::vector<std::string> target_columns;
  enum class Action : std::uint8_t { no_action, restrict, cascade, set_null, set_default };
  Action on_delete = Action::no_action;
  Action on_update = Action::no_action;
  enum class Deferrable : std::uint8_t { no, initially_immediate, initially_deferred };
  Deferrable deferrable = Deferrable::no;
};

struct Unique {
  std::string name;
  std::vector<std::string> columns;
  bool nulls_distinct = true;
  ForeignKey::Deferrable deferrable = ForeignKey::Deferrable::no;
};

struct Check {
  std::string name;
  std::optional<Condition> condition;  // else sql, verbatim
  std::string sql;
};

struct TableName {
  std::string schema;
  std::string name;
};

struct CreateTable {
  TableName table;
  bool if_not_exists = true;
  bool strict = true;  // SQLite STRICT
  std::vector<Column> columns;
  std::vector<std::string> primary_key;
  std::string primary_key_name;
  std::vector<Unique> uniques;
  std::vector<ForeignKey> foreign_keys;
  std::vector<Check> checks;
  std::string comment;
};

struct CreateIndex {
  TableName table;
  std::string name;
  bool if_not_exists = true;
  bool unique = false;
  struct Term {
    std::string column;
    bool descending = false;
    bool nullable = false;
  };
  std::vector<Term> terms;
  std::vector<std::string> include;  // columns it carries without ordering by them
  bool nulls_distinct = true;
  std::string method;
  std::optional<Condition> where;
};

// A schema that is there stays as it is, with all that is in it.
struct CreateSchema {
  std::string name;
};

struct CreateEnum {
  TableName name;
  std::vector<std::string> values;
  bool if_not_exists = true;
};

struct AddForeignKey {
  TableName table;
  ForeignKey key;
  bool if_not_exists = true;
};
struct DropForeignKey {
  TableName table;
  std::string name;
  bool if_exists = true;  // neither the table nor the key need be there
};
struct DropTable {
  TableName table;
  bool if_exists = true;
  bool cascade = false;  // also where rows of other tables point here
};
struct DropEnum {
  TableName name;
  bool if_exists = true;
};

using Statement = std::variant<CreateSchema, CreateTable, CreateIndex, CreateEnum, AddForeignKey, DropForeignKey,
                               DropTable, DropEnum>;

}  // namespace dorm::sql::ddl
