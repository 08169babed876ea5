#include "schema/shape.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/keys.hpp"

namespace dorm::schema {
namespace {

using json::Node;
using json::NodeKind;

// What an object is called in messages, and what may stand in it.
struct Form {
  std::string what;
  std::span<const Key> keys;
  std::span<const Contrary> contrary = {};
  std::optional<FieldKind> kind;  // fields: decides which keys apply
};

std::string article(std::string_view word) {
  return (std::string_view("aeiou").find(word.front()) == std::string_view::npos ? "a " : "an ") + std::string(word);
}

class ShapeCheck {
 public:
  ShapeCheck(const SchemaOptions& options, Report& report) : options_(options), report_(report) {}

  void file(const Node& root) {
    if (!expect(root, NodeKind::object, "a schema file")) return;
    const Node* version = root.find("dorm");
    if (version == nullptr) {
      report_.error(Stage::shape, "file.format_missing", at(root), "the file does not say its format").help =
          "add \"dorm\": 1";
      return;
    }
    if (!version->is(NodeKind::integer) || version->integer() != 1) {
      report_
          .error(Stage::shape, "file.format_unsupported", at(*version),
                 "format " + quote(version->dump()) + " is not known")
          .help = "this dorm reads \"dorm\": 1";
      return;
    }
    object(root, {"a schema file", keys::file, {}, std::nullopt});
  }

 private:
  bool expect(const Node& node, NodeKind kind, const std::string& what) {
    if (node.is(kind)) return true;
    report_.error(Stage::shape, "value.type", at(node),
                  what + " must be " + std::string(json::kind_name(kind)) + ", not " + shown(node));
    return false;
  }
  static std::string shown(const Node& node) {
    if (node.is(NodeKind::boolean)) return node.boolean() ? "true" : "false";
    return std::string(json::kind_name(node.kind()));
  }
  static std::string quoted_name(const Node& node) { return quote(node.name()); }

  // Checks the keys of an object against a form, then each value.
  void object(const Node& node, const Form& form) {
    if (!expect(node, NodeKind::object, form.what)) return;
    for (const Node* item : node.items()) {
      if (report_.full()) return;
      member(*item, form);
    }
    for (const Key& key : form.keys) {
      if (!key.required || node.find(key.name) != nullptr || !applies(key, form)) continue;
      report_.error(Stage::shape, "key.required", node.parent() == nullptr ? at(node) : at_name(node),
                    form.what + " needs the key " + quote(key.name));
    }
    for (const Contrary& pair : form.contrary) contrary(node, form, pair);
  }

  static bool applies(const Key& key, const Form& form) { return !form.kind || (key.kinds & bit(*form.kind)) != 0; }

  void member(const Node& item, const Form& form) {
    const Key* other = nullptr;
    for (const Key& key : form.keys) {
      if (key.name != item.name()) continue;
      if (applies(key, form)) return value(item, key.shape, form);
      other = &key;
    }
    if (other != nullptr) return not_applicable(item, *other, form);
    if (form.keys.data() == keys::model.data() &&
        std::find(keys::reserved_in_model.begin(), keys::reserved_in_model.end(), item.name()) !=
            keys::reserved_in_model.end()) {
      report_.error(Stage::shape, "key.reserved", at_name(item),
                    "key " + quoted_name(item) + " is reserved for a later format");
      return;
    }
    std::vector<std::string_view> legal;
    for (const Key& key : form.keys) {
      if (applies(key, form)) legal.push_back(key.name);
    }
    Diagnostic& diagnostic =
        report_.error(Stage::shape, "key.unknown", at_name(item),
                      "unknown key " + quoted_name(item) + " in " + form.what + did_you_mean(item.name(), legal));
    if (std::find(legal.begin(), legal.end(), "annotations") != legal.end()) {
      diagnostic.help = "put what is not dorm's under \"annotations\"";
    }
  }

  void not_applicable(const Node& item, const Key& key, const Form& form) {
    std::vector<std::string_view> fitting;
    for (const auto& word : field_kinds) {
      if ((key.kinds & bit(word.value)) != 0) fitting.push_back(word.text);
    }
    report_
        .error(Stage::shape, "key.not_applicable", at_name(item),
               quoted_name(item) + " does not apply to " + article(kind_word(*form.kind)))
        .help = "it applies to " + quote_list(fitting, 20);
  }

  void contrary(const Node& node, const Form& form, const Contrary& pair) {
    const Node* one = node.find(pair.one);
    const Node* other = node.find(pair.other);
    const auto off = [](const Node* key) { return key == nullptr || (key->is(NodeKind::boolean) && !key->boolean()); };
    if (off(one) || off(other)) return;
    const Node* second = one->name_where().line != other->name_where().line
                             ? (one->name_where().line > other->name_where().line ? one : other)
                             : (one->name_where().column > other->name_where().column ? one : other);
    const Node* first = second == one ? other : one;
    Diagnostic& diagnostic =
        report_.error(Stage::shape, "key.exclusive", at_name(*second),
                      form.what + " cannot have both " + quoted_name(*first) + " and " + quoted_name(*second));
    note(diagnostic, quoted_name(*first) + " is here", at_name(*first));
  }

  // ---- values ----

  void value(const Node& node, Shape shape, const Form& form) {
    switch (shape) {
      case Shape::any:
        return;
      case Shape::flag:
        expect(node, NodeKind::boolean, quoted_name(node));
        return;
      case Shape::text:
        expect(node, NodeKind::string, quoted_name(node));
        return;
      case Shape::object:
        expect(node, NodeKind::object, quoted_name(node));
        return;
      case Shape::text_or_integer:
        one_of(node, {NodeKind::string, NodeKind::integer});
        return;
      case Shape::text_or_flag:
        one_of(node, {NodeKind::string, NodeKind::boolean});
        return;
      case Shape::number_or_text:
        one_of(node, {NodeKind::integer, NodeKind::real, NodeKind::string});
        return;
      case Shape::length:
        return number(node, 0, 0xFFFFFFFFLL);
      case Shape::size:
        return number(node, 1, 0xFFFFFFFFLL);
      case Shape::precision:
        return number(node, 1, 1000);
      case Shape::field_name:
        if (expect(node, NodeKind::string, quoted_name(node))) field_name(node, node.text(), at(node));
        return;
      case Shape::database_name:
        return database_name(node);
      case Shape::names:
        names(node, quoted_name(node));
        return;
      case Shape::names_or_name:
        if (!node.is(NodeKind::string)) names(node, quoted_name(node));
        return;
      case Shape::order:
        names(node, quoted_name(node));
        return;
      case Shape::pair:
        if (names(node, quoted_name(node)) && node.items().size() != 2) {
          report_.error(Stage::shape, "value.out_of_range", at(node),
                        quoted_name(node) + " must name two fields: the key to this model, then the key to the target");
        }
        return;
      case Shape::action:
        return word(node, texts(actions));
      case Shape::lazy:
        return word(node, texts(lazy_policies));
      case Shape::naming:
        return word(node, texts(table_namings));
      case Shape::deferrable:
        return word(node, texts(deferrables));
      case Shape::enum_storage:
        return word(node, texts(enum_storages));
      case Shape::table_storage:
        return word(node, texts(table_storages));
      case Shape::method:
        return word(node, texts(index_methods));
      case Shape::field_type:
        return word(node, texts(field_kinds));
      case Shape::values:
        return strings(node);
      case Shape::text_map:
        if (!expect(node, NodeKind::object, quoted_name(node))) return;
        for (const Node* item : node.items()) expect(*item, NodeKind::string, quoted_name(*item));
        return;
      case Shape::key_map:
        return key_map(node);
      case Shape::function:
        return function(node);
      case Shape::literal:
        return literal(node);
      case Shape::db_default:
        object(node, {"'db_default'", keys::db_default, keys::contrary_in_db_default, std::nullopt});
        return db_default(node);
      case Shape::sql:
        return sql(node);
      case Shape::dialect_text:
        return dialect_text(node);
      case Shape::generated:
        return object(node, {"'generated'", keys::generated, {}, std::nullopt});
      case Shape::backref:
        return backref(node);
      case Shape::condition:
        expect(node, NodeKind::object, quoted_name(node));
        return;
      case Shape::defaults:
        return object(node, {"'defaults'", keys::defaults, {}, std::nullopt});
      case Shape::enums:
        return enums(node);
      case Shape::mixins:
        return mixins(node);
      case Shape::models:
        return models(node);
      case Shape::fields:
        return fields(node, form);
      case Shape::indexes:
        return list(node, {"an index", keys::index, keys::contrary_in_index, std::nullopt});
      case Shape::uniques:
        return list(node, {"a unique constraint", keys::unique, keys::contrary_in_unique, std::nullopt});
      case Shape::checks:
        return checks(node);
    }
  }

  void one_of(const Node& node, std::initializer_list<NodeKind> kinds) {
    std::string wanted;
    for (const NodeKind kind : kinds) {
      if (node.is(kind)) return;
      wanted += (wanted.empty() ? "" : " or ") + std::string(json::kind_name(kind));
    }
    report_.error(Stage::shape, "value.type", at(node),
                  quoted_name(node) + " must be " + wanted + ", not " + shown(node));
  }

  void number(const Node& node, std::int64_t low, std::int64_t high) {
    if (!expect(node, NodeKind::integer, quoted_name(node))) return;
    if (node.integer() >= low && node.integer() <= high) return;
    report_.error(Stage::shape, "value.out_of_range", at(node),
                  quoted_name(node) + " must lie between " + std::to_string(low) + " and " + std::to_string(high));
  }

  void word(const Node& node, const std::vector<std::string_view>& words) {
    if (!expect(node, NodeKind::string, quoted_name(node))) return;
    if (std::find(words.begin(), words.end(), node.text()) != words.end()) return;
    report_
        .error(Stage::shape, "value.not_in_set", at(node),
               quoted_name(node) + " cannot be " + quote(node.text()) + did_you_mean(node.text(), words))
        .help = "one of " + quote_list(words, 20);
  }

  // An array of different strings, at least one.
  bool names(const Node& node, const std::string& what) {
    if (!expect(node, NodeKind::array, what)) return false;
    if (node.items().empty()) {
      report_.error(Stage::shape, "value.empty", at(node), what + " is empty").help =
          "leave the key out, or name something";
      return false;
    }
    std::set<std::string_view> seen;
    for (const Node* item : node.items()) {
      if (!expect(*item, NodeKind::string, "a name in " + what)) return false;
      const std::string_view name = std::string_view(item->text()).substr(item->text().starts_with('-') ? 1 : 0);
      if (!seen.insert(name).second) {
        report_.error(Stage::shape, "value.duplicate", at(*item), quote(name) + " stands twice in " + what);
        return false;
      }
    }
    return true;
  }

  void strings(const Node& node) {
    if (!expect(node, NodeKind::array, quoted_name(node))) return;
    for (const Node* item : node.items()) expect(*item, NodeKind::string, "a value of an enum");
  }

  void function(const Node& node) {
    object(node, {quoted_name(node), keys::function, {}, std::nullopt});
    if (const Node* name = node.find("fn"); name != nullptr && name->is(NodeKind::string))
      word(*name, texts(functions));
  }

  // An object is a function or {"json": …}, so a JSON default can never be taken for a function.
  void literal(const Node& node) {
    if (!node.is(NodeKind::object)) return;
    if (node.items().size() == 1 && node.find("json") != nullptr) return;
    if (node.find("fn") == nullptr) {
      report_.error(Stage::shape, "value.type", at(node), "an object cannot be a default by itself").help =
          "write {\"json\": …} for a JSON value, {\"fn\": \"now\"} for a function";
      return;
    }
    function(node);
  }

  void db_default(const Node& node) {
    if (!node.is(NodeKind::object)) return;
    const Node* name = node.find("fn");
    if (name != nullptr && name->is(NodeKind::string)) word(*name, texts(functions));
    if (name == nullptr && node.find("sql") == nullptr) {
      report_.error(Stage::shape, "key.required", at_name(node), "'db_default' needs the key 'fn' or 'sql'");
    }
  }

  void sql(const Node& node) {
    if (!options_.allow_raw_sql) {
      report_.error(Stage::shape, "sql.not_allowed", at_name(node), "SQL text is not allowed in this schema").help =
          "say it without SQL, or let the program load the file with allow_raw_sql";
      return;
    }
    dialect_text(node);
  }

  void dialect_text(const Node& node) {
    if (node.is(NodeKind::string)) return;
    if (!node.is(NodeKind::object)) return one_of(node, {NodeKind::string, NodeKind::object});
    for (const Node* item : node.items()) {
      if (std::find(dialects.begin(), dialects.end(), item->name()) == dialects.end()) {
        report_
            .error(Stage::shape, "key.unknown", at_name(*item),
                   "unknown dialect " + quoted_name(*item) + did_you_mean(item->name(), dialects))
            .help = "one of " + quote_list(dialects);
        continue;
      }
      expect(*item, NodeKind::string, quoted_name(*item));
    }
  }

  void backref(const Node& node) {
    if (node.is(NodeKind::boolean) && !node.boolean()) return;
    if (node.is(NodeKind::object)) {
      return object(node, {"a back-reference", keys::backref, {}, std::nullopt});
    }
    if (!node.is(NodeKind::string)) {
      report_.error(Stage::shape, "value.type", at(node),
                    "'backref' must be a string, an object or false, not " + shown(node));
      return;
    }
    field_name(node, node.text(), at(node));
  }

  void key_map(const Node& node) {
    if (!expect(node, NodeKind::object, quoted_name(node))) return;
    if (node.items().empty()) {
      report_.error(Stage::shape, "value.empty", at(node), quoted_name(node) + " is empty").help =
          "write {\"own_column\": \"target_field\", …}";
    }
    for (const Node* item : node.items()) {
      expect(*item, NodeKind::string, "a field of the target");
      field_name(*item, item->name(), at_name(*item));
    }
  }

  // ---- names ----

  void field_name(const Node&, const std::string& name, Place place) {
    if (is_reserved_field(name)) {
      report_.error(Stage::shape, "name.reserved", place, quote(name) + " is a word of queries and cannot name a field")
          .help = "give it another name, and this one as \"column\"";
      return;
    }
    if (is_field_name(name)) return;
    Diagnostic& diagnostic =
        report_.error(Stage::shape, "name.invalid", place, quote(name) + " is not a name for a field");
    diagnostic.help = "lower-case words of letters and digits, joined by single underscores, at most 63 bytes";
    const std::string better = snake_case(name);
    if (is_field_name(better)) diagnostic.help += ": " + quote(better);
  }

  void model_name(const Node& node, const char* what) {
    if (is_model_name(node.name())) return;
    Diagnostic& diagnostic =
        report_.error(Stage::shape, "name.invalid", at_name(node), quoted_name(node) + " is not a name for " + what);
    diagnostic.help = "a capital letter, then letters, digits and single underscores, at most 63 bytes";
    const std::string better = camel_case(node.name());
    if (is_model_name(better)) diagnostic.help += ": " + quote(better);
  }

  void database_name(const Node& node) {
    if (!expect(node, NodeKind::string, quoted_name(node)) || is_database_name(node.text())) return;
    report_
        .error(Stage::shape, "name.invalid", at(node),
               quote(node.text()) + " cannot be the " + node.name() + " of anything")
        .help = "1 to 63 bytes without control characters";
  }

  // ---- the parts of a file ----

  void list(const Node& node, const Form& form) {
    if (!expect(node, NodeKind::array, quoted_name(node))) return;
    for (const Node* item : node.items()) object(*item, form);
  }

  void checks(const Node& node) {
    list(node, {"a check", keys::check, keys::contrary_in_check, std::nullopt});
    if (!node.is(NodeKind::array)) return;
    for (const Node* item : node.items()) {
      if (!item->is(NodeKind::object) || item->find("expr") != nullptr || item->find("sql") != nullptr) continue;
      report_.error(Stage::shape, "key.required", at(*item), "a check needs the key 'expr' or 'sql'");
    }
  }

  void enums(const Node& node) {
    if (!expect(node, NodeKind::object, "'enums'")) return;
    for (const Node* item : node.items()) {
      model_name(*item, "an enum");
      object(*item, {"enum " + quoted_name(*item), keys::enumeration, {}, std::nullopt});
    }
  }

  void mixins(const Node& node) {
    if (!expect(node, NodeKind::object, "'mixins'")) return;
    for (const Node* item : node.items()) {
      model_name(*item, "a mixin");
      object(*item, {"mixin " + quoted_name(*item), keys::mixin, {}, std::nullopt});
      if (const Node* fields = item->find("fields")) refuse_through(*fields);
    }
  }

  // Each model that used the mixin would write its links into the same table, under keys of another.
  void refuse_through(const Node& fields) {
    for (const Node* field : fields.items()) {
      const Node* through = field->find("through");
      if (through == nullptr) continue;
      report_
          .error(Stage::shape, "through.in_mixin", at_name(*through),
                 "a many_to_many of a mixin cannot name its through model")
          .help = "leave 'through' out: each model gets a through table of its own";
    }
  }

  void models(const Node& node) {
    if (!expect(node, NodeKind::object, "'models'")) return;
    for (const Node* item : node.items()) {
      model_name(*item, "a model");
      object(*item, {"model " + quoted_name(*item), keys::model, {}, std::nullopt});
    }
  }

  void fields(const Node& node, const Form& owner) {
    if (!expect(node, NodeKind::object, "'fields'")) return;
    for (const Node* item : node.items()) {
      field_name(*item, item->name(), at_name(*item));
      field(*item, owner);
    }
  }

  void field(const Node& node, const Form&) {
    Form form{"field " + quoted_name(node), keys::field, keys::contrary_in_field, std::nullopt};
    const Node* type = node.find("type");
    if (type != nullptr && type->is(NodeKind::string)) form.kind = find_word(field_kinds, type->text());
    if (form.kind) return object(node, form);
    // Without a type no key can be called missing, or out of place.
    static constexpr std::array untyped = [] {
      auto copy = keys::field;
      for (Key& key : copy) key.required = key.name == "type";
      return copy;
    }();
    form.keys = untyped;
    form.contrary = {};
    object(node, form);
  }

  const SchemaOptions& options_;
  Report& report_;
};

}  // namespace

void check_shape(const Node& file, const SchemaOptions& options, Report& report) {
  ShapeCheck(options, report).file(file);
}

}  // namespace dorm::schema
