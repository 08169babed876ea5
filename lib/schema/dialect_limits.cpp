// Stage 5: what the databases of the configuration cannot do.
#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "core/collation.hpp"
#include "core/scaled.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"
#include "schema/names.hpp"

namespace dorm::schema {
namespace {

using json::Node;

constexpr std::size_t longest_identifier = 63;
constexpr std::uint32_t longest_varchar = 10'485'760;  // characters
constexpr std::size_t most_columns_of_postgres = 1'600;
constexpr std::size_t most_columns_of_sqlite = 2'000;
// Every table of PostgreSQL has these.
constexpr std::array<std::string_view, 6> postgres_columns = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
// Types of its own, which its search path finds before those of a schema.
constexpr std::array<std::string_view, 49> postgres_types = {
    "aclitem",   "any",    "bit",      "bool",      "box",         "bpchar",  "bytea",    "char",    "cid",
    "cidr",      "circle", "cstring",  "date",      "daterange",   "float4",  "float8",   "inet",    "int2",
    "int4",      "int8",   "internal", "interval",  "json",        "jsonb",   "jsonpath", "line",    "lseg",
    "macaddr",   "money",  "name",     "numeric",   "oid",         "path",    "point",    "polygon", "record",
    "refcursor", "text",   "time",     "timestamp", "timestamptz", "trigger", "unknown",  "uuid",    "varbit",
    "varchar",   "void",   "xid",      "xml"};

// What PostgreSQL calls a primary key that nobody named.
std::string key_name(const std::string& table) {
  constexpr std::string_view end = "_pkey";
  std::size_t kept = std::min(table.size(), longest_identifier - end.size());
  while (kept < table.size() && (static_cast<unsigned char>(table[kept]) & 0xC0U) == 0x80U) --kept;
  return table.substr(0, kept).append(end);
}

// Whether PostgreSQL alone, without an extension, knows how such an index holds such values. It can do so for all in
// "btree" and "hash".
bool has_operators(std::string_view method, TypeKind kind, bool native_enum) {
  if (method == "gin") return kind == TypeKind::json;
  if (method == "gist") return false;
  if (method == "brin") return kind != TypeKind::json && kind != TypeKind::boolean && !native_enum;
  return true;
}

constexpr const char* each_its_own =
    "name one for each dialect: \"collation\": {\"sqlite\": \"NOCASE\", \"postgres\": \"und-x-icu\"}";

bool sqlites_own(std::string_view collation) {
  return equal_ignoring_case(collation, "NOCASE") || equal_ignoring_case(collation, "RTRIM");
}

// A key of the object that stands at the place, or the object.
Place at_key(Place object, std::string_view key) {
  const Node* node = object.node->find(key);
  return node == nullptr ? object : at(*node);
}

class DialectCheck {
 public:
  explicit DialectCheck(Draft& draft) : draft_(draft) {
    const auto& names = draft.options.dialects;
    sqlite_ = std::find(names.begin(), names.end(), "sqlite") != names.end();
    postgres_ = std::find(names.begin(), names.end(), "postgres") != names.end();
  }

  void run() {
    for (const auto& model : draft_.models) {
      const bool declared = model->made_for == nullptr;
      check_width(*model);
      if (postgres_) check_length(*model);
      if (sqlite_ && declared) check_sqlite(*model);
      if (declared) check_parts(*model);
      // The rest is of what dorm makes.
      if (!model->info->managed) continue;
      if (postgres_) check_constraint_names(*model);
      if (postgres_ && declared) check_postgres(*model);
      if (sqlite_ && declared) check_kept_by_sqlite(*model);
    }
    if (postgres_) check_key_names();
    if (postgres_) check_enum_types();
    if (sqlite_) check_case();
  }

 private:
  Diagnostic& error(const char* code, Place place, std::string message) {
    return draft_.report.error(Stage::dialect, code, place, std::move(message));
  }

  Place place_of(const ModelDraft& model, std::uint32_t field) const {
    for (const FieldDraft& candidate : model.fields) {
      if (std::find(candidate.keys.begin(), candidate.keys.end(), field) != candidate.keys.end())
        return at_name(*candidate.node);
    }
    return model.place();
  }
  // The relation's, where several have the field.
  Place place_of(const ModelDraft& model, std::uint32_t field, std::uint32_t relation) const {
    for (const FieldDraft& candidate : model.fields)
      if (is_to_one(candidate.kind) && candidate.relation == relation) return at_name(*candidate.node);
    return place_of(model, field);
  }

  void check_length(const ModelDraft& model) {
    const auto too_long = [&](const std::string& name, const char* what, Place place) {
      if (name.size() <= longest_identifier) return;
      error("identifier.too_long", place, what + (" name " + quote(name)) + " is longer than the 63 bytes of postgres")
          .help = std::string("give it a shorter one: \"") + what + "\": \"…\"";
    };
    too_long(model.info->table, "table", model.place());
    for (const FieldInfo& field : model.info->fields) {
      too_long(field.column, "column", place_of(model, field.index));
      if (std::find(postgres_columns.begin(), postgres_columns.end(), field.column) == postgres_columns.end()) continue;
      error("identifier.reserved", place_of(model, field.index),
            "column " + quote(field.column) + " exists in every table of postgres already")
          .help = "give it another one: \"column\": \"…\"";
    }
  }

  void check_width(const ModelDraft& model) {
    const std::size_t columns = model.info->fields.size();
    const auto too_many = [&](bool configured, std::size_t most, const char* dialect) {
      if (!configured || columns <= most) return;
      error("limit.fields", model.place(),
            std::to_string(columns) + " columns are more than the " + std::to_string(most) + " of " + dialect)
          .help = "keep some of them in another model, with a one_to_one to this one";
    };
    too_many(postgres_, most_columns_of_postgres, "postgres");
    too_many(sqlite_, most_columns_of_sqlite, "sqlite");
  }

  // ---- names of postgres ----

  // Constraints of a table have one space of names, whatever they are. SQLite does not mind.
  void check_constraint_names(const ModelDraft& model) {
    enum class Kind : std::uint8_t { unique, foreign_key, check, type_check };
    const ModelInfo& info = *model.info;
    std::map<std::string, std::pair<Kind, Place>> seen;
    const auto claim = [&](const std::string& name, Kind kind, Place place) {
      const auto [known, added] = seen.try_emplace(name, kind, place);
      const Kind other = known->second.first;
      // Two uniques, two checks: stage 4.
      if (added || (kind == other && kind != Kind::foreign_key)) return;
      Diagnostic& diagnostic = error("constraint.name_duplicate", place,
                                     "two constraints of " + quote(info.name) + " are named " + quote(name));
      note(diagnostic, "the other one is here", known->second.second);
      diagnostic.help = kind == Kind::foreign_key && other == kind
                            ? "say for one of the foreign keys that it is no constraint: \"db_constraint\": false"
                            : "name one of them otherwise: \"name\": \"…\"";
    };
    for (const FieldInfo& field : info.fields) {
      const bool checked = field.enumeration != no_index && !draft_.enums[field.enumeration].native;
      if (checked && field.db_type.get("postgres").empty())
        claim(constraint_name(info.table, std::span(&field.column, 1), "check"), Kind::type_check,
              place_of(model, field.index));
    }
    for (const RelationInfo& relation : info.relations) {
      if (relation.constraint_name.empty()) continue;
      claim(relation.constraint_name, Kind::foreign_key, place_of(model, relation.fields.front(), relation.index));
    }
    for (std::size_t i = 0; i < info.uniques.size(); ++i)
      if (!info.uniques[i].where) claim(info.uniques[i].name, Kind::unique, model.unique_places[i]);
    for (std::size_t i = 0; i < info.checks.size(); ++i) claim(info.checks[i].name, Kind::check, model.check_places[i]);
  }

  // A primary key is an index, and so has its name in the space of tables and indexes.
  void check_key_names() {
    std::map<std::pair<std::string, std::string>, const ModelDraft*> keys;
    for (const auto& model : draft_.models)
      if (model->info->managed) keys.try_emplace({model->info->db_schema, key_name(model->info->table)}, model.get());
    const auto claim = [&](const ModelDraft& model, const std::string& name, Place place, const char* what = "name") {
      const auto key = keys.find({model.info->db_schema, name});
      if (key == keys.end()) return;
      Diagnostic& diagnostic =
          error("index.name_duplicate", place,
                "the name " + quote(name) + " is that of the primary key of " + quote(key->second->info->name));
      note(diagnostic, quote(key->second->info->name) + " is here", key->second->place());
      diagnostic.help = std::string("name it otherwise: \"") + what + "\": \"…\"";
    };
    for (const auto& model : draft_.models) {
      const ModelInfo& info = *model->info;
      if (!info.managed) continue;
      claim(*model, info.table, model->place(), "table");
      for (std::size_t i = 0; i < info.uniques.size(); ++i)
        claim(*model, info.uniques[i].name, model->unique_places[i]);
      for (std::size_t i = 0; i < info.indexes.size(); ++i) claim(*model, info.indexes[i].name, model->index_places[i]);
    }
  }

  // Each table makes a type of its name. Types of enums stand in no schema of their own.
  void check_enum_types() {
    std::map<std::string, const ModelDraft*> tables;
    for (const auto& model : draft_.models)
      if (model->info->managed && model->info->db_schema.empty()) tables.try_emplace(model->info->table, model.get());
    for (std::size_t i = 0; i < draft_.enums.size(); ++i) {
      if (!draft_.enums[i].native) continue;
      const Place place = at_name(*draft_.enum_nodes[i]);
      const std::string type = snake_case(draft_.enums[i].name);
      if (type.size() > longest_identifier) {
        error("identifier.too_long", place, "type name " + quote(type) + " is longer than the 63 bytes of postgres")
            .help = "give the enum a shorter name, or leave \"storage\": \"native\" out";
      }
      if (std::find(postgres_types.begin(), postgres_types.end(), type) != postgres_types.end()) {
        error("identifier.reserved", place, "postgres has a type " + quote(type) + " of its own").help =
            "give the enum another name, or leave \"storage\": \"native\" out";
      }
      const auto table = tables.find(type);
      if (table == tables.end()) continue;
      Diagnostic& diagnostic = error("enum.name_duplicate", place,
                                     "native enum " + quote(draft_.enums[i].name) + " and the table of " +
                                         quote(table->second->info->name) + " are both the type " + quote(type));
      note(diagnostic, "the model is here", table->second->place());
      diagnostic.help = "name the table otherwise, \"table\": \"…\", or leave \"storage\": \"native\" out";
    }
  }

  // ---- what postgres makes ----

  void check_postgres(const ModelDraft& model) {
    for (const FieldDraft& field : model.fields) {
      if (is_relation(field.kind)) continue;
      const FieldInfo& info = model.info->fields[field.keys.front()];
      if (!info.db_type.get("postgres").empty()) continue;
      warn_of_collation(info.collation.all, field.node->find("collation"));
      if (info.type.max_length <= longest_varchar) continue;
      error("type.unsupported", at(*field.node->find("max_length")),
            "a string of postgres has at most " + std::to_string(longest_varchar) + " characters")
          .help = "make it a text";
    }
    for (std::size_t i = 0; i < model.info->indexes.size(); ++i)
      check_method(model, model.info->indexes[i], at_key(model.index_places[i], "method"));
  }

  // Somebody may have made one there of the same name, but it is SQLite that comes with it.
  void warn_of_collation(const std::string& name, const Node* node) {
    if (!sqlites_own(name)) return;
    draft_.report
        .warning("collation.not_built_in", at(*node),
                 "postgres has a collation " + quote(name) + " only where somebody has made it")
        .help = each_its_own;
  }

  void check_method(const ModelDraft& model, const IndexInfo& index, Place place) {
    if (index.method == "hash" && index.terms.size() > 1)
      error("type.unsupported", place, "hash indexes of postgres are over one column").help = "leave \"method\" out";
    const bool carries = index.method.empty() || index.method == "btree" || index.method == "gist";
    if (!carries && !index.include.empty())
      error("type.unsupported", place, index.method + " indexes of postgres carry no further columns").help =
          "leave \"include\" or \"method\" out";
    for (const OrderTerm& term : index.terms) {
      const FieldInfo& field = model.info->fields[term.field];
      const bool native_enum = field.enumeration != no_index && draft_.enums[field.enumeration].native;
      if (!field.db_type.get("postgres").empty() || has_operators(index.method, field.type.kind, native_enum)) continue;
      error("type.unsupported", place,
            "postgres has no " + index.method + " indexes over " + to_string(field.type) + ", as " + quote(field.name) +
                " is")
          .help =
          "leave \"method\" out; where an extension brings them, say the type of the column yourself: "
          "\"db_type\": {\"postgres\": \"…\"}";
    }
  }

  // ---- sqlite ----

  // SQLite compares what it keeps: the integers and texts that dorm makes of decimals, by collations of its own.
  void check_kept_by_sqlite(const ModelDraft& model) {
    const ModelInfo& info = *model.info;
    for (std::size_t i = 0; i < info.checks.size(); ++i)
      if (info.checks[i].condition)
        check_comparisons(info, *info.checks[i].condition, at_key(model.check_places[i], "expr"));
    for (std::size_t i = 0; i < info.uniques.size(); ++i)
      if (info.uniques[i].where)
        check_comparisons(info, *info.uniques[i].where, at_key(model.unique_places[i], "where"));
    for (std::size_t i = 0; i < info.indexes.size(); ++i)
      if (info.indexes[i].where)
        check_comparisons(info, *info.indexes[i].where, at_key(model.index_places[i], "where"));
    for (const FieldDraft& field : model.fields) {
      if (is_relation(field.kind)) continue;
      const FieldInfo& column = info.fields[field.keys.front()];
      check_collation(field, column);
      const Node* made = field.node->find("db_default");
      if (function_of(made) != Function::uuid4 || column.type.storage == Storage::native) continue;
      error("type.unsupported", at(*made), "sqlite makes a uuid4 by itself as text only").help =
          "write \"default\" instead of \"db_default\": then dorm makes it";
    }
  }

  void check_comparisons(const ModelInfo& model, const Condition& condition, Place place) {
    using Op = Condition::Op;
    for (const Condition& operand : condition.operands) check_comparisons(model, operand, place);
    const bool by_order =
        condition.op == Op::lt || condition.op == Op::le || condition.op == Op::gt || condition.op == Op::ge;
    if (!by_order && condition.op != Op::eq && condition.op != Op::ne) return;
    // A value has the type of the field it is compared with.
    std::vector<const FieldInfo*> fields;
    for (const Condition& operand : condition.operands)
      if (operand.op == Op::field) fields.push_back(&model.fields[operand.field]);
    for (const FieldInfo* field : fields) {
      if (!by_order || !is_decimal_text(field->type)) continue;
      error("type.unsupported", place,
            "sqlite keeps no order of " + to_string(field->type) + ", as " + quote(field->name) + " is")
          .help = "use at most 18 digits, or write the check as \"sql\"";
      return;
    }
    if (fields.size() < 2) return;
    const Type& left = fields[0]->type;
    const Type& right = fields[1]->type;
    const bool decimals = left.kind == TypeKind::decimal || right.kind == TypeKind::decimal;
    if (!decimals || (left.scale == right.scale && is_decimal_text(left) == is_decimal_text(right))) return;
    error("type.unsupported", place,
          "sqlite keeps " + quote(fields[0]->name) + " and " + quote(fields[1]->name) +
              " in forms that do not compare: " + to_string(left) + " and " + to_string(right))
        .help = "make them decimals of one scale and at most 18 digits, or write the check as \"sql\"";
  }

  void check_collation(const FieldDraft& field, const FieldInfo& column) {
    const std::string name(column.collation.get("sqlite"));
    // A column type of the author's own says its collation itself.
    if (name.empty() || compares_bytes(name) || sqlites_own(name) || !column.db_type.get("sqlite").empty()) return;
    const Place place = at_key(at(*field.node->find("collation")), "sqlite");
    error("type.unsupported", place, "sqlite has no collation " + quote(name) + " beside BINARY, NOCASE and RTRIM")
        .help = each_its_own;
  }

  void check_sqlite(const ModelDraft& model) {
    const Node& node = *model.node;
    if (const Node* schema = node.find("db_schema")) {
      error("type.unsupported", at(*schema), "sqlite has no schemas inside a database").help =
          "leave \"db_schema\" out";
    }
    for (const Part& part : model.indexes) {
      const std::string method = text_of(*part.node, "method");
      if (!method.empty() && method != "btree") {
        error("type.unsupported", at(*part.node->find("method")), "sqlite has no " + method + " indexes");
      }
      if (const Node* include = part.node->find("include")) {
        error("type.unsupported", at_name(*include), "sqlite has no indexes that carry further columns").help =
            "add them to \"fields\"";
      }
    }
    for (const Part& part : model.uniques) {
      for (const char* key : {"deferrable", "nulls_distinct"}) {
        const Node* value = part.node->find(key);
        if (value == nullptr || (value->is(json::NodeKind::boolean) && value->boolean())) continue;
        error("type.unsupported", at_name(*value), "unique constraints of sqlite know no " + quote(key));
      }
    }
    for (const FieldInfo& field : model.info->fields) {
      if (!field.auto_increment || (field.primary_key && model.info->primary_key.size() == 1)) continue;
      error("type.unsupported", place_of(model, field.index),
            "sqlite counts only a field that is the whole primary key");
    }
  }

  void check_parts(const ModelDraft& model) {
    for (const FieldDraft& field : model.fields) {
      if (const Node* generated = field.node->find("generated")) {
        check_sql(*generated->find("sql"));
        if (postgres_ && !flag_of(*generated, "stored", true)) {
          error("generated.unsupported", at_name(*generated->find("stored")),
                "postgres below 18 keeps generated columns stored")
              .help = "leave \"stored\": false out";
        }
      }
      const Node* database_default = field.node->find("db_default");
      if (database_default == nullptr) continue;
      if (const Node* sql = database_default->find("sql")) check_sql(*sql);
      if (function_of(database_default) == Function::uuid7) {
        error("type.unsupported", at(*database_default), "no database makes a uuid7 by itself").help =
            "write \"default\" instead of \"db_default\": then dorm makes it";
      }
    }
    for (const Part& part : model.checks) {
      if (const Node* sql = part.node->find("sql")) check_sql(*sql);
    }
  }

  void check_sql(const Node& node) {
    if (!node.is(json::NodeKind::object)) return;
    for (const std::string& dialect : draft_.options.dialects) {
      if (node.find(dialect) == nullptr) {
        error("sql.dialect_missing", at_name(node), "there is no SQL text for " + dialect).help =
            "add \"" + dialect + "\": \"…\"";
      }
    }
  }

  // SQLite folds the case of every name.
  void check_case() {
    std::map<std::string, std::pair<std::string, Place>> seen;
    const auto claim = [&](const std::string& name, Place place) {
      const auto [known, added] = seen.try_emplace(lower_case(name), name, place);
      if (added || known->second.first == name) return;
      Diagnostic& diagnostic =
          error("identifier.case_collision", place,
                "names " + quote(known->second.first) + " and " + quote(name) + " are the same to sqlite");
      note(diagnostic, "the other one is here", known->second.second);
    };
    for (const auto& model : draft_.models) claim(model->info->table, model->place());
    for (const auto& model : draft_.models) {
      for (std::size_t i = 0; i < model->info->uniques.size(); ++i)
        claim(model->info->uniques[i].name, model->unique_places[i]);
      for (std::size_t i = 0; i < model->info->indexes.size(); ++i)
        claim(model->info->indexes[i].name, model->index_places[i]);
    }
  }

  Draft& draft_;
  bool sqlite_ = false;
  bool postgres_ = false;
};

}  // namespace

void check_dialects(Draft& draft) { DialectCheck(draft).run(); }

}  // namespace dorm::schema
