// The columns of each model and its primary key. Types of foreign keys come later: they are those of their targets.
#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

using json::Node;

class Columns {
 public:
  Columns(Draft& draft, ModelDraft& model) : draft_(draft), model_(model), info_(*model.info) {}

  void run() {
    for (FieldDraft& field : model_.fields) add(field);
    for (FieldDraft& field : model_.fields) add_columns(field);
    find_primary_key();
    sort_columns();
    make_members();
  }

 private:
  FieldInfo& append(std::string name, std::string column, const FieldDraft& field) {
    FieldInfo& made = info_.fields.emplace_back();
    const Node& node = *field.node;
    made.index = static_cast<std::uint32_t>(info_.fields.size() - 1);
    made.name = std::move(name);
    made.column = std::move(column);
    made.nullable = flag_of(node, "nullable", false);
    made.immutable = flag_of(node, "immutable", false);
    made.hidden = flag_of(node, "hidden", false);
    made.exposed = flag_of(node, "exposed", false);
    made.writable = flag_of(node, "writable", false);
    made.readonly = flag_of(node, "readonly", false);
    made.comment = text_of(node, "comment");
    made.deprecated = reason_of(node, "deprecated");
    made.renamed_from = texts_of(node, "renamed_from");
    made.where = node.name_where();
    return made;
  }

  void add(FieldDraft& field) {
    if (is_to_one(field.kind)) {
      if (field.node->find("columns") == nullptr) add_key(field);
      return;
    }
    if (field.kind == FieldKind::many_to_many) return;
    const Node& node = *field.node;
    std::string column = text_of(node, "column");
    if (column.empty()) column = field.name;
    FieldInfo& made = append(field.name, std::move(column), field);
    field.keys = {made.index};
    made.type.kind = type_kind(field.kind);
    made.enumeration = field.enumeration;
    made.auto_increment = flag_of(node, "auto_increment", false);
    made.sensitive = flag_of(node, "sensitive", false);
    made.deferred = flag_of(node, "deferred", false);
    if (const Node* collation = node.find("collation")) made.collation = sql_of(*collation);
    if (const Node* type = node.find("db_type")) made.db_type = sql_of(*type);
    set_type(node, made.type, made.db_type);
    if (text_of(*model_.node, "storage") == "legacy") made.type.storage = Storage::legacy;
  }

  static void set_type(const Node& node, Type& type, const SqlText& db_type) {
    const auto number = [&](std::string_view key) {
      const Node* value = node.find(key);
      return value == nullptr ? std::int64_t{0} : value->integer();
    };
    type.timezone = flag_of(node, "timezone", true);
    type.max_length = static_cast<std::uint32_t>(number("max_length"));
    type.precision = static_cast<std::uint16_t>(number("precision"));
    type.scale = static_cast<std::uint16_t>(std::min<std::int64_t>(number("scale"), 0xFFFF));
    if (type.kind == TypeKind::uuid && equal_ignoring_case(db_type.get("sqlite"), "blob")) type.storage = Storage::blob;
  }

  // A foreign key 'user' is held by 'user_id'. A name that ends in _id keeps its column, but needs another accessor for
  // it.
  void add_key(FieldDraft& field) {
    const bool named_like_key = field.name.ends_with("_id");
    std::string column = text_of(*field.node, "column");
    if (column.empty()) column = named_like_key ? field.name : field.name + "_id";
    field.keys = {append(field.name + "_id", std::move(column), field).index};
    if (!named_like_key) return;
    const std::string stem = field.name.substr(0, field.name.size() - 3);
    draft_.report
        .warning("relation.name_ends_in_id", at_name(*field.node),
                 "relation " + quote(field.name) + " is named like a key; its raw key is " + quote(field.name + "_id"))
        .help = "name it " + quote(stem) + ": its raw key and its column are then " + quote(field.name);
  }

  // "columns" may name fields the model has anyway, so that two keys can share a part (a tenant, say).
  void add_columns(FieldDraft& field) {
    const Node* columns = is_to_one(field.kind) ? field.node->find("columns") : nullptr;
    if (columns == nullptr) return;
    for (const Node* item : columns->items()) {
      const auto known = std::find_if(info_.fields.begin(), info_.fields.end(),
                                      [&](const FieldInfo& other) { return other.name == item->name(); });
      field.keys.push_back(known != info_.fields.end() ? known->index
                                                       : append(item->name(), item->name(), field).index);
    }
  }

  // ---- primary key ----

  void find_primary_key() {
    const Node* list = model_.node->find("primary_key");
    const FieldDraft* flagged = nullptr;
    for (const FieldDraft& field : model_.fields) {
      if (!flag_of(*field.node, "primary_key", false)) continue;
      if (flagged != nullptr || list != nullptr) {
        const bool second_flag = flagged != nullptr;
        Diagnostic& diagnostic =
            draft_.report.error(Stage::meaning, "primary_key.multiple", at_name(*field.node->find("primary_key")),
                                "model " + quote(info_.name) + " has more than one primary key");
        note(diagnostic, "another is here",
             second_flag ? at_name(*flagged->node->find("primary_key")) : at_name(*list));
        diagnostic.help = "list all its fields in the model's \"primary_key\" for a key of several";
        continue;
      }
      flagged = &field;
      info_.primary_key = field.keys;
    }
    if (list != nullptr) resolve_list(*list);
    if (!info_.primary_key.empty() || list != nullptr) return;
    make_implicit_key();
  }

  void resolve_list(const Node& list) {
    for (const Node* item : list.items()) {
      const auto keys = keys_named(item->text());
      if (keys.empty()) {
        std::vector<std::string_view> names;
        for (const FieldDraft& field : model_.fields) {
          if (field.kind != FieldKind::many_to_many) names.push_back(field.name);
        }
        model_.key_missing = true;
        draft_.report.error(Stage::resolution, "primary_key.field_unknown", at(*item),
                            "model " + quote(info_.name) + " has no field " + quote(item->text()) +
                                " for its primary key" + did_you_mean(item->text(), names));
        continue;
      }
      for (const std::uint32_t key : keys) {
        const FieldInfo& field = info_.fields[key];
        if (field.nullable) {
          Diagnostic& diagnostic =
              draft_.report.error(Stage::meaning, "primary_key.nullable", at(*item),
                                  "field " + quote(field.name) + " of the primary key is nullable");
          diagnostic.notes.push_back({"it is declared here", field.where});
          diagnostic.help = "a primary key is never null: leave \"nullable\" out";
        }
        if (std::find(info_.primary_key.begin(), info_.primary_key.end(), key) == info_.primary_key.end()) {
          info_.primary_key.push_back(key);
        }
      }
    }
  }

  std::vector<std::uint32_t> keys_named(const std::string& name) const {
    for (const FieldDraft& field : model_.fields) {
      if (field.name == name) return field.keys;
    }
    for (const FieldInfo& field : info_.fields) {
      if (field.name == name) return {field.index};
    }
    return {};
  }

  void make_implicit_key() {
    if (!info_.managed) {
      model_.key_missing = true;
      draft_.report
          .error(Stage::meaning, "primary_key.missing", model_.place(),
                 "model " + quote(info_.name) + " is not managed and has no primary key")
          .help = "say which fields identify a row: \"primary_key\": [\"…\"]";
      return;
    }
    const auto named_id =
        std::find_if(model_.fields.begin(), model_.fields.end(), [](const auto& f) { return f.name == "id"; });
    if (named_id != model_.fields.end()) {
      model_.key_missing = true;
      return;  // make_members says so
    }
    FieldInfo& id = info_.fields.emplace_back();
    id.index = static_cast<std::uint32_t>(info_.fields.size() - 1);
    id.name = id.column = "id";
    id.type.kind = TypeKind::bigint;
    id.auto_increment = true;
    id.where = info_.where;
    info_.primary_key = {id.index};
  }

  // Primary key first, then as declared.
  void sort_columns() {
    std::vector<std::uint32_t> moved(info_.fields.size(), no_index);
    std::vector<FieldInfo> sorted;
    sorted.reserve(info_.fields.size());
    const auto take = [&](std::uint32_t old) {
      if (moved[old] != no_index) return;
      moved[old] = static_cast<std::uint32_t>(sorted.size());
      sorted.push_back(std::move(info_.fields[old]));
      sorted.back().index = moved[old];
    };
    for (const std::uint32_t key : info_.primary_key) take(key);
    for (std::uint32_t i = 0; i < info_.fields.size(); ++i) take(i);
    info_.fields = std::move(sorted);
    for (std::uint32_t& key : info_.primary_key) {
      key = moved[key];
      info_.fields[key].primary_key = true;
    }
    for (FieldDraft& field : model_.fields) {
      for (std::uint32_t& key : field.keys) key = moved[key];
    }
  }

  void make_members() {
    using Kind = ModelInfo::Member::Kind;
    std::uint32_t relations = 0;
    for (FieldDraft& field : model_.fields) {
      const bool relation = is_relation(field.kind);
      if (relation) field.relation = relations++;
      const ModelInfo::Member member = relation ? ModelInfo::Member{Kind::relation, field.relation}
                                                : ModelInfo::Member{Kind::field, field.keys.front()};
      model_.members.emplace(field.name, MemberDraft{member, at_name(*field.node)});
      if (field.name == "id" && (relation || !info_.fields[field.keys.front()].primary_key)) {
        draft_.report
            .error(Stage::meaning, "name.reserved", at_name(*field.node),
                   "'id' is not the primary key of " + quote(info_.name))
            .help = "add \"primary_key\": true, or choose another name";
      }
    }
    for (const FieldDraft& field : model_.fields) {
      if (is_to_one(field.kind)) add_raw_keys(field);
    }
    for (const std::uint32_t key : info_.primary_key) {
      model_.members.try_emplace(info_.fields[key].name, MemberDraft{{Kind::field, key}, model_.place()});
    }
  }

  void add_raw_keys(const FieldDraft& field) {
    for (const std::uint32_t key : field.keys) {
      const std::string& name = info_.fields[key].name;
      const ModelInfo::Member member{ModelInfo::Member::Kind::field, key};
      const auto [known, added] = model_.members.emplace(name, MemberDraft{member, at_name(*field.node)});
      const ModelInfo::Member& other = known->second.member;
      if (added || (other.kind == member.kind && other.index == key)) continue;
      Diagnostic& diagnostic = draft_.report.error(Stage::meaning, "raw_key.clashes_field", at_name(*field.node),
                                                   "relation " + quote(field.name) + " makes the raw key " +
                                                       quote(name) + ", which " + quote(info_.name) + " has already");
      note(diagnostic, quote(name) + " is here", known->second.place);
      diagnostic.help = "leave the other field out, or rename one of them";
      note_use(diagnostic, field);
    }
  }

  Draft& draft_;
  ModelDraft& model_;
  ModelInfo& info_;
};

}  // namespace

void make_columns(Draft& draft) {
  for (auto& model : draft.models) Columns(draft, *model).run();
}

}  // namespace dorm::schema
