// Stage 4 for names in the database, and for the values of enums.
#include <array>
#include <map>
#include <set>

#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

// 63 bytes is what a native enum of PostgreSQL takes; the other storage keeps to it so that one can become the other.
constexpr std::size_t longest_enum_value = 63;

void check_columns(Draft& draft, const ModelDraft& model) {
  std::map<std::string, const FieldInfo*> seen;
  for (const FieldInfo& field : model.info->fields) {
    const auto [known, added] = seen.try_emplace(lower_case(field.column), &field);
    // Two of one name are a clash of accessors, reported as such.
    if (added || known->second->name == field.name) continue;
    Place place = model.place();
    for (const FieldDraft& candidate : model.fields) {
      for (const std::uint32_t key : candidate.keys) {
        if (key == field.index) place = at_name(*candidate.node);
      }
    }
    Diagnostic& diagnostic = draft.report.error(Stage::meaning, "column.duplicate", place,
                                                "fields " + quote(known->second->name) + " and " + quote(field.name) +
                                                    " share the column " + quote(field.column));
    diagnostic.notes.push_back({quote(known->second->name) + " is here", known->second->where});
    diagnostic.help = "name one of the columns otherwise: \"column\": \"…\"";
  }
}

Place table_place(const ModelDraft& model) {
  const Node* table = model.node->find("table");
  return table == nullptr ? model.place() : at(*table);
}

bool is_system_name(const std::string& name) {
  const std::string folded = lower_case(name);
  return folded.starts_with("sqlite_") || folded.starts_with("pg_") || folded == "information_schema";
}

void check_tables(Draft& draft) {
  std::map<std::pair<std::string, std::string>, const ModelDraft*> seen;
  for (const auto& model : draft.models) {
    const ModelInfo& info = *model->info;
    if (is_system_name(info.table) || is_system_name(info.db_schema)) {
      draft.report
          .error(Stage::meaning, "table.reserved", table_place(*model),
                 "table " + quote(info.db_schema.empty() ? info.table : info.db_schema + "." + info.table) +
                     " belongs to the database")
          .help = "sqlite_…, pg_… and information_schema are the database's own";
    }
    // What dorm does not create may be looked at by several models.
    if (!info.managed) continue;
    const auto [known, added] = seen.try_emplace({info.db_schema, info.table}, model.get());
    if (added) continue;
    Diagnostic& diagnostic =
        draft.report.error(Stage::meaning, "table.duplicate", table_place(*model),
                           "models " + quote(known->second->info->qualified_name()) + " and " +
                               quote(info.qualified_name()) + " share the table " + quote(info.table));
    note(diagnostic, quote(known->second->info->name) + " is here", known->second->place());
    diagnostic.help = "name one of the tables otherwise: \"table\": \"…\"";
  }
}

// A derived link model is named by nobody, so only its maker can make room.
void check_link_names(Draft& draft) {
  std::map<std::string, const ModelDraft*> seen;
  for (const auto& model : draft.models) {
    const auto [known, added] = seen.try_emplace(model->info->qualified_name(), model.get());
    if (added) continue;
    Diagnostic& diagnostic = draft.report.error(Stage::meaning, "through.name_taken", model->place(),
                                                "the link model of " + quote(model->node->name()) + " would be named " +
                                                    quote(model->info->name) + ", as another model is");
    note(diagnostic, "the other model is here", known->second->place());
    diagnostic.help = "rename the field, or name the model with \"through\"";
  }
}

// Indexes and unique constraints share one space of names with the tables.
void check_index_names(Draft& draft) {
  std::map<std::pair<std::string, std::string>, Place> seen;
  for (const auto& model : draft.models) seen.try_emplace({model->info->db_schema, model->info->table}, model->place());
  for (const auto& model : draft.models) {
    const auto claim = [&](const std::string& name, Place place) {
      const auto [known, added] = seen.try_emplace({model->info->db_schema, name}, place);
      if (added) return;
      Diagnostic& diagnostic = draft.report.error(Stage::meaning, "index.name_duplicate", place,
                                                  "the name " + quote(name) + " is given to two indexes or tables");
      note(diagnostic, "the other one is here", known->second);
      diagnostic.help = "name one of them otherwise: \"name\": \"…\"";
    };
    for (std::size_t i = 0; i < model->info->uniques.size(); ++i)
      claim(model->info->uniques[i].name, model->unique_places[i]);
    for (std::size_t i = 0; i < model->info->indexes.size(); ++i)
      claim(model->info->indexes[i].name, model->index_places[i]);
  }
}

void check_enums(Draft& draft) {
  std::map<std::string, std::size_t> native;
  for (std::size_t i = 0; i < draft.enums.size(); ++i) {
    const Node& node = *draft.enum_nodes[i];
    const Node& values = *node.find("values");
    if (draft.enums[i].native) {
      const std::string& name = draft.enums[i].name;
      const std::string type = snake_case(name);
      const auto [known, added] = native.try_emplace(type, i);
      if (!added) {
        const std::string& other = draft.enums[known->second].name;
        Diagnostic& diagnostic = draft.report.error(
            Stage::meaning, "enum.name_duplicate", at_name(node),
            other == name
                ? "two native enums are named " + quote(name)
                : "native enums " + quote(other) + " and " + quote(name) + " are both the type " + quote(type));
        note(diagnostic, "the other one is here", at_name(*draft.enum_nodes[known->second]));
        diagnostic.help = "give one of them another name, or leave \"storage\": \"native\" out";
      }
    }
    if (values.items().empty()) {
      draft.report.error(Stage::meaning, "enum.empty", at(values),
                         "enum " + quote(draft.enums[i].name) + " has no values");
    }
    std::map<std::string_view, const Node*> seen;
    for (const Node* value : values.items()) {
      const auto [known, added] = seen.try_emplace(value->text(), value);
      if (!added) {
        Diagnostic& diagnostic =
            draft.report.error(Stage::meaning, "enum.duplicate_value", at(*value),
                               "value " + quote(value->text()) + " stands twice in enum " + quote(draft.enums[i].name));
        note(diagnostic, "the first is here", at(*known->second));
      }
      if (value->text().size() > longest_enum_value) {
        draft.report.error(Stage::meaning, "enum.value_too_long", at(*value),
                           "value " + quote(value->text()) + " is longer than 63 bytes");
      }
    }
  }
}

}  // namespace

void check_names(Draft& draft) {
  for (const auto& model : draft.models) check_columns(draft, *model);
  check_tables(draft);
  check_link_names(draft);
  check_index_names(draft);
  check_enums(draft);
}

}  // namespace dorm::schema
