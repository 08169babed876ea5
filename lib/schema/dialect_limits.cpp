// Stage 5: what the databases of the configuration cannot do.
#include <algorithm>
#include <array>
#include <map>

#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

constexpr std::size_t longest_identifier = 63;
// Every table of PostgreSQL has these.
constexpr std::array<std::string_view, 6> postgres_columns = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

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
      if (postgres_) check_length(*model);
      if (sqlite_ && declared) check_sqlite(*model);
      if (declared) check_parts(*model);
    }
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
