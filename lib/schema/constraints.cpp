// Unique constraints, indexes, checks and the default order of each model.
#include <algorithm>
#include <set>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/conditions.hpp"
#include "schema/draft.hpp"
#include "schema/names.hpp"

namespace dorm::schema {
namespace {

using json::Node;
using Fields = std::vector<std::uint32_t>;

bool same_set(const Fields& left, const Fields& right) {
  return left.size() == right.size() && std::is_permutation(left.begin(), left.end(), right.begin());
}
// Whether an index over `columns` finds rows by `fields`.
bool starts_with(const Fields& columns, const Fields& fields) {
  return columns.size() >= fields.size() && std::is_permutation(fields.begin(), fields.end(), columns.begin());
}
Fields fields_of(const IndexInfo& index) {
  Fields result;
  for (const OrderTerm& term : index.terms) result.push_back(term.field);
  return result;
}
bool is_plain(const IndexInfo& index) { return !index.where && (index.method.empty() || index.method == "btree"); }

class Constraints {
 public:
  Constraints(Draft& draft, ModelDraft& model) : draft_(draft), model_(model), info_(*model.info) {}

  void run() {
    if (model_.made_for == nullptr) {
      for (const FieldDraft& field : model_.fields) add_field_unique(field);
      for (const Part& part : model_.uniques) add_unique(part);
      for (const Part& part : model_.indexes) {
        if (flag_of(*part.node, "unique", false)) {
          add_unique(part);
        } else {
          add_index(part);
        }
      }
      for (const FieldDraft& field : model_.fields) add_field_index(field);
      for (const Part& part : model_.checks) add_check(part);
      if (const Node* order = model_.node->find("order_by")) info_.order_by = resolve_order(draft_, model_, *order);
      if (const Node* version = model_.node->find("version_field")) set_version(*version);
    }
    add_key_indexes();
    warn_redundant();
  }

 private:
  // ---- uniques ----

  void add_field_unique(const FieldDraft& field) {
    const Node* flag = field.node->find("unique");
    const bool wanted = field.kind == FieldKind::one_to_one || (flag != nullptr && flag->boolean());
    if (!wanted || same_set(field.keys, info_.primary_key)) return;
    UniqueInfo unique;
    unique.fields = field.keys;
    unique.name = constraint_name(info_, unique.fields, "key");
    keep(std::move(unique), flag == nullptr ? at_name(*field.node) : at_name(*flag), field);
  }

  void add_unique(const Part& part) {
    const Node& node = *part.node;
    UniqueInfo unique;
    bool known = true;
    for (const Node* item : node.find("fields")->items()) {
      if (item->text().starts_with('-')) {
        draft_.report.error(Stage::meaning, "unique.descending", at(*item), "a unique constraint has no order").help =
            "leave the minus out, or make it an index without \"unique\"";
      }
      const std::string name = item->text().substr(item->text().starts_with('-') ? 1 : 0);
      const auto columns = named(name, *item, part, "unique.field_unknown");
      known = known && columns;
      if (columns) unique.fields.insert(unique.fields.end(), columns->begin(), columns->end());
    }
    if (!known) return;
    unique.name = text_of(node, "name");
    if (unique.name.empty()) unique.name = constraint_name(info_, unique.fields, "key");
    unique.nulls_distinct = flag_of(node, "nulls_distinct", true);
    unique.deferrable = word_of(node, "deferrable", deferrables, Deferrable::no);
    unique.renamed_from = texts_of(node, "renamed_from");
    if (const Node* where = node.find("where")) unique.where = make_condition(draft_, model_, *where);
    keep(std::move(unique), at(node), part);
  }

  void keep(UniqueInfo unique, Place place, const Part& part) {
    for (std::size_t i = 0; i < info_.uniques.size(); ++i) {
      if (unique.where || info_.uniques[i].where || !same_set(info_.uniques[i].fields, unique.fields)) continue;
      twice("unique constraint", place, model_.unique_places[i], part);
      return;
    }
    if (!unique.where && unique.fields.size() == 1) info_.fields[unique.fields.front()].unique = true;
    for (const std::uint32_t field : unique.fields) {
      if (!info_.fields[field].sensitive) continue;
      draft_.report.info("sensitive.unique", place,
                         "field " + quote(info_.fields[field].name) +
                             " is sensitive; a unique constraint tells whether a value exists");
    }
    unique.position = place.position();
    info_.uniques.push_back(std::move(unique));
    model_.unique_places.push_back(place);
  }

  // ---- indexes ----

  void add_index(const Part& part) {
    const Node& node = *part.node;
    IndexInfo index;
    bool known = true;
    for (const Node* item : node.find("fields")->items()) {
      const bool descending = item->text().starts_with('-');
      const auto columns = named(item->text().substr(descending ? 1 : 0), *item, part, "index.field_unknown");
      known = known && columns;
      if (!columns) continue;
      for (const std::uint32_t column : *columns) index.terms.push_back({column, descending});
    }
    if (const Node* include = node.find("include")) {
      for (const Node* item : include->items()) {
        const auto columns = named(item->text(), *item, part, "index.field_unknown");
        known = known && columns;
        if (columns) index.include.insert(index.include.end(), columns->begin(), columns->end());
      }
    }
    if (!known) return;
    index.name = text_of(node, "name");
    if (index.name.empty()) index.name = constraint_name(info_, fields_of(index), "idx");
    index.method = text_of(node, "method");
    index.renamed_from = texts_of(node, "renamed_from");
    const Node* where = node.find("where");
    if (where != nullptr) index.where = make_condition(draft_, model_, *where);
    keep(std::move(index), at(node), where == nullptr ? std::string() : where->dump(), part);
  }

  void add_field_index(const FieldDraft& field) {
    const Node* flag = field.node->find("index");
    if (is_relation(field.kind) || flag == nullptr || !flag->boolean()) return;
    IndexInfo index;
    index.terms = {{field.keys.front(), false}};
    index.name = constraint_name(info_, field.keys, "idx");
    keep(std::move(index), at_name(*flag), "", field);
  }

  void keep(IndexInfo index, Place place, const std::string& where, const Part& part) {
    std::string signature = index.method == "btree" ? std::string() : index.method;
    signature += "|" + where;
    for (const OrderTerm& term : index.terms) signature += (term.descending ? "-" : "+") + std::to_string(term.field);
    const auto [known, added] = signatures_.try_emplace(signature, place);
    if (!added) return twice("index", place, known->second, part);
    for (const OrderTerm& term : index.terms) {
      if (!info_.fields[term.field].sensitive) continue;
      draft_.report.info(
          "sensitive.indexed", place,
          "field " + quote(info_.fields[term.field].name) + " is sensitive; its index holds the values a second time");
    }
    index.position = place.position();
    info_.indexes.push_back(std::move(index));
    model_.index_places.push_back(place);
  }

  void twice(const std::string& what, Place place, Place first, const Part& part) {
    Diagnostic& diagnostic = draft_.report.error(Stage::meaning, "index.duplicate", place,
                                                 "model " + quote(info_.name) + " has this " + what + " twice");
    note(diagnostic, "the other one is here", first);
    diagnostic.help = "leave one of them out";
    note_use(diagnostic, part);
  }

  std::optional<Fields> named(const std::string& name, const Node& item, const Part& part, const char* code) {
    auto columns = columns_named(model_, name);
    if (columns) return columns;
    Diagnostic& diagnostic = draft_.report.error(
        Stage::resolution, code, at(item),
        "model " + quote(info_.name) + " has no column for " + quote(name) + did_you_mean(name, column_names(model_)));
    if (model_.members.count(name) != 0) diagnostic.help = quote(name) + " is kept in another table";
    note_use(diagnostic, part);
    return std::nullopt;
  }

  // ---- foreign keys ----

  bool is_indexed(const Fields& fields) const {
    if (starts_with(info_.primary_key, fields)) return true;
    for (const UniqueInfo& unique : info_.uniques) {
      if (!unique.where && starts_with(unique.fields, fields)) return true;
    }
    return std::any_of(info_.indexes.begin(), info_.indexes.end(), [&](const IndexInfo& index) {
      return is_plain(index) && starts_with(fields_of(index), fields);
    });
  }

  void add_key_indexes() {
    for (RelationInfo& relation : info_.relations) {
      if (!relation.holds_key() || relation.fields.empty()) continue;
      const FieldDraft* field = nullptr;
      for (const FieldDraft& candidate : model_.fields) {
        if (is_to_one(candidate.kind) && candidate.relation == relation.index) field = &candidate;
      }
      const Node* flag = field == nullptr ? nullptr : field->node->find("index");
      if (!is_indexed(relation.fields)) {
        if (flag == nullptr || flag->boolean()) {
          make_key_index(relation, field == nullptr ? model_.place() : at_name(*field->node));
        } else {
          relation.indexed = false;
          draft_.report
              .warning(
                  "relation.unindexed", at_name(*flag),
                  "foreign key " + quote(relation.name) + " has no index: loading its other side reads the whole table")
              .help = "leave \"index\": false out";
        }
      }
      if (relation.inverse != no_index)
        draft_.info(relation.target).relations[relation.inverse].indexed = relation.indexed;
    }
  }

  void make_key_index(const RelationInfo& relation, Place place) {
    IndexInfo index;
    for (const std::uint32_t field : relation.fields) index.terms.push_back({field, false});
    index.name = constraint_name(info_, relation.fields, "idx");
    index.position = place.position();
    info_.indexes.push_back(std::move(index));
    model_.index_places.push_back(place);
  }

  // An index whose terms another one starts with serves nobody.
  void warn_redundant() {
    for (std::size_t i = 0; i < info_.indexes.size(); ++i) {
      const IndexInfo& index = info_.indexes[i];
      if (!is_plain(index) || !index.include.empty()) continue;
      const std::string other = covering(index);
      if (other.empty()) continue;
      draft_.report
          .warning("index.redundant", model_.index_places[i], "every query this index serves is served by " + other)
          .help = "leave it out";
    }
  }

  std::string covering(const IndexInfo& index) const {
    const Fields fields = fields_of(index);
    const auto begins = [&](const Fields& columns) {
      return columns.size() >= fields.size() && std::equal(fields.begin(), fields.end(), columns.begin());
    };
    const bool ascending =
        std::none_of(index.terms.begin(), index.terms.end(), [](const OrderTerm& t) { return t.descending; });
    if (ascending && begins(info_.primary_key)) return "the primary key";
    for (const UniqueInfo& unique : info_.uniques) {
      if (ascending && !unique.where && begins(unique.fields)) return "unique constraint " + quote(unique.name);
    }
    for (const IndexInfo& other : info_.indexes) {
      if (&other == &index || !is_plain(other) || other.terms.size() <= index.terms.size()) continue;
      const auto same = [](const OrderTerm& a, const OrderTerm& b) {
        return a.field == b.field && a.descending == b.descending;
      };
      if (std::equal(index.terms.begin(), index.terms.end(), other.terms.begin(), same))
        return "index " + quote(other.name);
    }
    return {};
  }

  // ---- checks ----

  void add_check(const Part& part) {
    const Node& node = *part.node;
    CheckInfo check;
    check.name = text_of(node, "name");
    check.position = node.where();
    const auto [known, added] = check_names_.try_emplace(check.name, at(*node.find("name")));
    if (!added) {
      Diagnostic& diagnostic =
          draft_.report.error(Stage::meaning, "check.name_duplicate", at(*node.find("name")),
                              "two checks of " + quote(info_.name) + " are named " + quote(check.name));
      note(diagnostic, "the other one is here", known->second);
      note_use(diagnostic, part);
    }
    if (const Node* sql = node.find("sql")) check.sql = sql_of(*sql);
    if (const Node* expression = node.find("expr")) {
      check.condition = make_condition(draft_, model_, *expression);
      if (!check.condition) return;
    }
    info_.checks.push_back(std::move(check));
    model_.check_places.push_back(at(node));
  }

  // ---- the version ----

  // It is compared with =, so it must never be null, and dorm writes it, so nobody else may.
  void set_version(const Node& node) {
    const std::string& name = node.text();
    const auto found = model_.members.find(name);
    if (found == model_.members.end()) {
      draft_.report.error(Stage::resolution, "version_field.field_unknown", at(node),
                          "model " + quote(info_.name) + " has no field " + quote(name) + " to count its changes" +
                              did_you_mean(name, column_names(model_)));
      return;
    }
    const ModelInfo::Member& member = found->second.member;
    const bool is_key =
        member.kind != ModelInfo::Member::Kind::field || info_.fields[member.index].relation != no_index;
    if (is_key) {
      draft_.report
          .error(Stage::meaning, "version_field.type", at(node),
                 quote(name) + " belongs to a relation; it cannot count changes")
          .help = "name a field of the type 'integer' or 'bigint'";
      return;
    }
    const FieldInfo& field = info_.fields[member.index];
    const auto refuse = [&](const char* code, const std::string& why, const char* help) {
      Diagnostic& diagnostic =
          draft_.report.error(Stage::meaning, code, at(node), "field " + quote(name) + " cannot count changes: " + why);
      diagnostic.notes.push_back({"it is declared here", field.where});
      diagnostic.help = help;
    };
    if (field.type.kind != TypeKind::integer && field.type.kind != TypeKind::bigint) {
      return refuse("version_field.type", "it is of the type " + quote(type_name(field.type.kind)),
                    "use a field of the type 'integer' or 'bigint'");
    }
    if (field.primary_key) {
      return refuse("version_field.primary_key", "it is part of the primary key",
                    "use a field of its own, as \"revision\"");
    }
    if (field.nullable)
      return refuse("version_field.nullable", "it is nullable", "leave \"nullable\" out: every row has a version");
    // What generates it is read later.
    const bool is_generated = std::any_of(model_.fields.begin(), model_.fields.end(), [&](const FieldDraft& draft) {
      return draft.name == name && draft.node->find("generated") != nullptr;
    });
    if (is_generated || field.auto_increment) {
      return refuse("version_field.generated", "the database makes its values",
                    "use a field that dorm can write, as \"revision\"");
    }
    info_.version_field = field.index;
  }

  Draft& draft_;
  ModelDraft& model_;
  ModelInfo& info_;
  std::unordered_map<std::string, Place> signatures_;
  std::unordered_map<std::string, Place> check_names_;
};

}  // namespace

void make_constraints(Draft& draft) {
  for (auto& model : draft.models) Constraints(draft, *model).run();
}

}  // namespace dorm::schema
