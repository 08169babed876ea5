// dorm/model_info.hpp: what the registry knows of one model: columns, relations in both directions, constraints.
//
// Immutable once its Registry is built; references stay valid as long as the Registry (any copy of it) lives.
// Numbers: models, fields and relations are named by their index, so no hot path hashes a string.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/error.hpp"
#include "dorm/type.hpp"
#include "dorm/value.hpp"

namespace dorm {

inline constexpr std::uint32_t no_index = 0xFFFFFFFFU;

enum class Function : std::uint8_t { now, uuid4, uuid7 };

// What dorm writes when a field is absent on insert.
struct Default {
  std::optional<Function> function;  // else the literal
  Value literal;
};

// Text of the schema author, one for all dialects or one per dialect: SQL, a column type, the name of a collation.
struct SqlText {
  std::string all;
  std::vector<std::pair<std::string, std::string>> by_dialect;  // "sqlite", "postgres"
  // The text for a dialect, empty if there is none.
  DORM_EXPORT std::string_view get(std::string_view dialect) const noexcept;
  bool empty() const noexcept { return all.empty() && by_dialect.empty(); }
};

// What the database writes when a column is absent on insert.
struct DatabaseDefault {
  std::optional<Function> function;  // else sql
  SqlText sql;
};

struct Generated {
  SqlText sql;
  bool stored = true;
};

enum class ReferentialAction : std::uint8_t { no_action, restrict, cascade, set_null, set_default };
enum class Deferrable : std::uint8_t { no, initially_immediate, initially_deferred };
enum class LazyPolicy : std::uint8_t { unset, batch, each, raise, raise_n_plus_one };

// One column of the model's table. A foreign key has one FieldInfo per key column, named like its raw accessor
// ("user_id").
struct FieldInfo {
  std::uint32_t index = 0;  // in ModelInfo::fields
  std::string name;         // accessor: "username", "user_id"
  std::string column;       // in the database
  Type type;                // a foreign key's is the type of the referenced field
  bool nullable = false;
  bool primary_key = false;  // alone or as a part
  bool auto_increment = false;
  bool unique = false;  // by itself
  bool immutable = false;
  bool sensitive = false;
  bool deferred = false;
  bool hidden = false;
  bool exposed = false;
  bool writable = false;
  bool readonly = false;
  std::uint32_t relation = no_index;     // the foreign key it carries, in ModelInfo::relations
  std::uint32_t enumeration = no_index;  // in Registry::enums()
  std::optional<Default> default_value;
  std::optional<DatabaseDefault> database_default;
  std::optional<Generated> generated;
  std::optional<Function> on_update;
  std::uint32_t min_length = 0;
  std::optional<Value> min;  // of the field's own value kind
  std::optional<Value> max;
  std::string pattern;  // RE2 syntax, empty = none
  SqlText collation;    // a name; empty = by bytes, as are "C" and "BINARY" on every dialect
  SqlText db_type;
  std::string comment;
  std::string deprecated;  // reason, "true" if none was given, empty if it is not
  std::vector<std::string> renamed_from;
  Position where;
};

struct OrderTerm {
  std::uint32_t field = 0;
  bool descending = false;
};

enum class RelationKind : std::uint8_t {
  foreign_key,   // to-one, this table holds the key
  one_to_one,    // to-one, this table holds the key, unique
  reverse,       // to-many: the other side of a foreign key
  reverse_one,   // to-one: the other side of a one_to_one
  many_to_many,  // to-many through link rows, as declared
  reverse_many_to_many,
};

// One relation as seen from one model. Both directions are relations; each names its inverse.
struct RelationInfo {
  std::uint32_t index = 0;  // in ModelInfo::relations
  std::string name;         // accessor: "user", "tweets"; empty for the unnamed side of a "backref": false
  RelationKind kind = RelationKind::foreign_key;
  std::uint32_t model = 0;   // the model that has it
  std::uint32_t target = 0;  // the model it leads to
  // Pairwise: this model's fields and the target's fields that are equal. For many_to_many: this model's key fields and
  // the target's key fields as the through model's foreign keys reference them.
  std::vector<std::uint32_t> fields;
  std::vector<std::uint32_t> target_fields;
  std::uint32_t inverse = no_index;         // in the target's relations
  std::uint32_t through = no_index;         // many_to_many: the link model
  std::uint32_t through_source = no_index;  // in the link model's relations: the foreign key to this model
  std::uint32_t through_target = no_index;  // in the link model's relations: the foreign key to the target
  bool nullable = false;                    // foreign_key, one_to_one
  bool indexed = true;                      // some index starts with the key columns
  bool exposed = false;
  ReferentialAction on_delete = ReferentialAction::no_action;
  ReferentialAction on_update = ReferentialAction::no_action;
  Deferrable deferrable = Deferrable::no;
  bool constraint = true;       // the database enforces it
  std::string constraint_name;  // "tweet_user_id_fkey"; empty without constraint, and for what is not a foreign key
  LazyPolicy lazy = LazyPolicy::unset;
  std::vector<OrderTerm> order_by;  // to-many: in terms of the target's fields
  std::string comment;
  Position where;

  bool to_many() const noexcept {
    return kind == RelationKind::reverse || kind == RelationKind::many_to_many ||
           kind == RelationKind::reverse_many_to_many;
  }
  bool holds_key() const noexcept { return kind == RelationKind::foreign_key || kind == RelationKind::one_to_one; }
};

// A structured condition of a check or a partial index; resolved to fields.
struct Condition {
  enum class Op : std::uint8_t { all, any, negate, eq, ne, lt, le, gt, ge, in, is_null, field, value };
  Op op = Op::value;
  std::vector<Condition>
      operands;  // all, any, negate: conditions; comparisons: two; is_null: one; in: left, then values
  std::uint32_t field = no_index;
  Value value;
};

struct IndexInfo {
  std::string name;
  std::vector<OrderTerm> terms;
  std::vector<std::uint32_t> include;  // fields the index carries beside its terms
  std::optional<Condition> where;
  std::string method;  // "btree", "gin", …; empty = the default
  std::vector<std::string> renamed_from;
  Position position;
};

struct UniqueInfo {
  std::string name;
  std::vector<std::uint32_t> fields;
  std::optional<Condition> where;  // partial: made as a unique index
  bool nulls_distinct = true;
  Deferrable deferrable = Deferrable::no;
  std::vector<std::string> renamed_from;
  Position position;
};

struct CheckInfo {
  std::string name;
  std::optional<Condition> condition;  // else sql
  SqlText sql;
  Position position;
};

struct EnumInfo {
  std::uint32_t index = 0;
  std::string name;
  std::vector<std::string> values;
  bool native = false;  // a PostgreSQL enum type instead of text with a check
  std::vector<std::string> renamed_from;
  std::vector<std::pair<std::string, std::string>> renamed_values;  // old, new
  Position where;
};

struct DORM_EXPORT ModelInfo {
  std::uint32_t id = 0;        // in Registry::models()
  std::string name;            // "Tweet"
  std::string namespace_name;  // "blog", empty for none
  std::string table;
  std::string db_schema;
  std::string snake_name;  // "activity_log"
  bool managed = true;
  bool derived = false;  // the hidden link model of a many_to_many
  bool exposed = false;
  LazyPolicy lazy = LazyPolicy::unset;
  std::vector<FieldInfo> fields;           // column order: primary key first, then as declared
  std::vector<RelationInfo> relations;     // declared ones first, in order, then the other sides
  std::vector<std::uint32_t> primary_key;  // fields
  std::uint32_t version_field = no_index;  // counts the changes of a row: optimistic locking
  std::vector<OrderTerm> order_by;
  std::vector<IndexInfo> indexes;   // single-field "index": true and foreign keys included
  std::vector<UniqueInfo> uniques;  // single-field "unique": true included
  std::vector<CheckInfo> checks;
  std::string comment;
  std::string deprecated;
  std::vector<std::string> renamed_from;
  Position where;

  std::string qualified_name() const { return namespace_name.empty() ? name : namespace_name + "." + name; }

  struct Member {
    enum class Kind : std::uint8_t { none, field, relation } kind = Kind::none;
    std::uint32_t index = no_index;
    explicit operator bool() const noexcept { return kind != Kind::none; }
  };
  // What an accessor name means here. Relations win over nothing: names are unique in a model.
  Member find(std::string_view wanted) const noexcept;
  const FieldInfo* find_field(std::string_view wanted) const noexcept;   // by accessor name
  const FieldInfo* find_column(std::string_view wanted) const noexcept;  // by column name
  const RelationInfo* find_relation(std::string_view wanted) const noexcept;
  // Throws QueryError "model 'Tweet' has no field or relation 'titel'; did you mean 'title'?".
  Member get(std::string_view wanted) const;
  std::vector<std::string> member_names() const;

  // Sorted (name, member) pairs, and where each lies by the hash of its name; filled by the registry.
  std::vector<std::pair<std::string, Member>> members;
  std::vector<std::uint32_t> members_by_hash;  // open addressing: index in `members` plus one, 0 = free
  void index_members();
};

}  // namespace dorm
