// A JSON Schema of query documents, from a registry: what a model's fields and relations are called, and what their
// values look like.
#include <set>
#include <utility>

#include "core/json_text.hpp"
#include "dorm/query_document.hpp"
#include "query/lookup.hpp"

namespace dorm {
namespace {

// Text of a JSON object whose members are JSON texts.
class SchemaObject {
 public:
  SchemaObject& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    json::append_quoted(text_, name);
    text_ += ':';
    text_ += value;
    return *this;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string reference_to(std::string_view definition) {
  return SchemaObject().add("$ref", json::quoted("#/$defs/" + std::string(definition))).text();
}

std::string schema_list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ',';
    text += item;
  }
  return text + "]";
}

std::string one_or_list(const std::string& item) {
  const std::string list = SchemaObject().add("type", "\"array\"").add("items", item).text();
  return SchemaObject().add("anyOf", schema_list({item, list})).text();
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string text = "(";
  for (const std::string& name : names) {
    if (text.size() > 1) text += '|';
    text += name;
  }
  return text + ")";
}

std::string pattern_of(const std::string& pattern) {
  return SchemaObject().add("type", "\"string\"").add("pattern", json::quoted(pattern)).text();
}

bool is_made_of_letters(std::string_view name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string_view::npos;
}

// A name for a pattern: what is no identifier is quoted character by character.
std::string literally(std::string_view name) {
  if (is_made_of_letters(name)) return std::string(name);
  std::string text;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x80 && !is_made_of_letters(std::string_view(&c, 1))) text += '\\';
    text += c;
  }
  return text;
}

class SchemaWriter {
 public:
  explicit SchemaWriter(const Registry& registry) : registry_(registry) {}

  std::string text() {
    std::vector<std::string> documents;
    for (const auto& model : registry_.models()) {
      const std::string name = name_of(*model);
      add_model(*model, name);
      documents.push_back(reference_to("query." + name));
    }
    definitions_.add("any_filter", one_or_list(R"({"type":"object"})"));
    definitions_.add("names", one_or_list(R"({"type":"string"})"));
    definitions_.add("flag", R"({"type":"boolean"})");
    definitions_.add("count", R"({"type":"integer","minimum":0})");
    definitions_.add("follow", R"({"anyOf":[{"type":"boolean"},{"const":"follow"}]})");
    definitions_.add("slice", R"({"type":"array","items":{"type":["integer","null"]},"minItems":1,"maxItems":2})");
    definitions_.add("strategy", R"({"enum":["automatic","join","key_set","subquery","pipelined"]})");
    definitions_.add("lazy", R"({"enum":["batch","each","raise","raise_n_plus_one"]})");
    SchemaObject schema;
    schema.add("$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
    schema.add("title", "\"dorm query document\"");
    if (documents.empty()) {
      schema.add("not", "{}");
    } else {
      schema.add("anyOf", schema_list(documents));
    }
    schema.add("$defs", definitions_.text());
    return schema.text();
  }

 private:
  static std::string name_of(const ModelInfo& model) {
    return model.namespace_name.empty() ? model.name : model.namespace_name + "." + model.name;
  }

  // The value of a field and, as an object, the operators that fit it: one definition for each type.
  std::string condition_on(const Type& type) {
    const std::string name = "condition." + std::string(type_name(type.kind));
    if (!conditions_.insert(name).second) return reference_to(name);
    const std::string value = value_of(type.kind);
    const std::string values = SchemaObject().add("type", "\"array\"").add("items", value).text();
    SchemaObject operators;
    for (const std::string& op : query::operator_names(type)) {
      if (op == "in" || op == "not_in") {
        operators.add(op, values);
      } else if (op == "range") {
        operators.add(op, SchemaObject()
                              .add("type", "\"array\"")
                              .add("items", value)
                              .add("minItems", "2")
                              .add("maxItems", "2")
                              .text());
      } else if (op == "isnull") {
        operators.add(op, R"({"type":"boolean"})");
      } else {
        // A part may be compared in its turn.
        operators.add(op, is_part(op) ? R"({"type":["string","integer","object","null"]})" : value);
      }
    }
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("minProperties", "1")
                                   .add("properties", operators.text())
                                   .add("additionalProperties", "false")
                                   .text();
    definitions_.add(name, SchemaObject().add("anyOf", schema_list({value, object})).text());
    return reference_to(name);
  }

  static bool is_part(std::string_view op) {
    static const std::set<std::string_view> parts{"date", "time",     "year", "quarter", "month", "week",
                                                  "day",  "week_day", "hour", "minute",  "second"};
    return parts.contains(op);
  }

  static std::string value_of(TypeKind kind) {
    switch (kind) {
      case TypeKind::boolean:
        return R"({"type":["boolean","null"]})";
      case TypeKind::smallint:
      case TypeKind::integer:
      case TypeKind::bigint:
        return R"({"anyOf":[{"type":["number","null"]},{"type":"string","pattern":"^-?[0-9]+$"}]})";
      case TypeKind::real:
      case TypeKind::double_precision:
        return R"({"type":["number","null"]})";
      case TypeKind::decimal:
        return R"({"anyOf":[{"type":["number","null"]},{"type":"string","pattern":"^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$"}]})";
      case TypeKind::unknown:
        return R"({"type":["string","number","boolean","null"]})";
      default:
        return R"({"type":["string","null"]})";
    }
  }

  // The key of what a relation leads to; several columns are compared with null alone.
  Type key_type(const RelationInfo& relation) const {
    const ModelInfo& target = registry_.model(relation.target);
    const std::vector<std::uint32_t>& key = relation.holds_key() ? relation.target_fields : target.primary_key;
    return key.size() == 1 ? target.fields[key.front()].type : Type();
  }

  void add_model(const ModelInfo& model, const std::string& name) {
    std::vector<std::string> fields{"pk"};
    std::vector<std::string> relations;
    for (const FieldInfo& field : model.fields) fields.push_back(literally(field.name));
    for (const RelationInfo& relation : model.relations)
      if (!relation.name.empty()) relations.push_back(literally(relation.name));
    std::vector<std::string> members = fields;
    members.insert(members.end(), relations.begin(), relations.end());
    // A member, operators or parts behind it, or whatever lies beyond a relation.
    const std::string operators = alternatives(query::operator_names());
    const std::string behind = "(__|\\.)" + operators;
    const std::string beyond =
        relations.empty() ? std::string() : "|" + alternatives(relations) + "(__|\\.)[A-Za-z0-9_.]+";
    const std::string path = "(" + alternatives(members) + "(" + behind + ")*" + beyond + ")";
    const std::string related =
        relations.empty() ? std::string("^$") : "^" + alternatives(relations) + "((__|\\.)[A-Za-z0-9_.]+)?$";
    add_filter(model, name, "^(" + alternatives(members) + "(" + behind + ")+" + beyond + ")$");
    definitions_.add("path." + name, pattern_of("^" + path + "$"));
    definitions_.add("relations." + name, pattern_of(related));
    definitions_.add("order." + name, order_term(pattern_of("^-?" + path + "$"), reference_to("path." + name)));
    definitions_.add(
        "fields." + name,
        one_or_list(
            SchemaObject().add("anyOf", schema_list({reference_to("path." + name), R"({"type":"object"})"})).text()));
    definitions_.add("load." + name, load(name));
    const std::string plain = document(name, false);
    const std::string annotated = document(name, true);
    definitions_.add("query." + name, SchemaObject().add("anyOf", schema_list({plain, annotated})).text());
  }

  static std::string order_term(const std::string& text, const std::string& path) {
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("required", "[\"by\"]")
                                   .add("properties", SchemaObject()
                                                          .add("by", path)
                                                          .add("descending", R"({"type":"boolean"})")
                                                          .add("nulls", R"({"enum":["first","last"]})")
                                                          .text())
                                   .add("additionalProperties", "false")
                                   .text();
    return SchemaObject().add("anyOf", schema_list({text, object})).text();
  }

  void add_filter(const ModelInfo& model, const std::string& name, const std::string& other_paths) {
    const std::string itself = reference_to("filter." + name);
    const std::string list = SchemaObject().add("type", "\"array\"").add("items", itself).text();
    SchemaObject members;
    std::set<std::string, std::less<>> taken{"and", "or", "not", "any", "none", "every", "pk"};
    members.add("and", list).add("or", list).add("not", itself);
    const std::string predicate = reference_to("predicate." + name);
    members.add("any", one_or_list(predicate)).add("none", one_or_list(predicate));
    members.add("every", one_or_list(predicate));
    members.add("pk",
                condition_on(model.primary_key.size() == 1 ? model.fields[model.primary_key.front()].type : Type()));
    for (const FieldInfo& field : model.fields)
      if (taken.insert(field.name).second) members.add(field.name, condition_on(field.type));
    for (const RelationInfo& relation : model.relations)
      if (!relation.name.empty() && taken.insert(relation.name).second)
        members.add(relation.name, condition_on(key_type(relation)));
    definitions_.add("filter." + name, SchemaObject()
                                           .add("type", "\"object\"")
                                           .add("properties", members.text())
                                           .add("patternProperties", SchemaObject().add(other_paths, "true").text())
                                           .add("additionalProperties", "false")
                                           .text());
    const std::string path = reference_to("relations." + name);
    const std::string object =
        SchemaObject()
            .add("type", "\"object\"")
            .add("required", "[\"path\"]")
            .add("properties", SchemaObject().add("path", path).add("filter", R"({"type":"object"})").text())
            .add("additionalProperties", "false")
            .text();
    definitions_.add("predicate." + name, SchemaObject().add("anyOf", schema_list({path, object})).text());
  }

  static std::string load(const std::string& name) {
    SchemaObject members;
    members.add("path", reference_to("relations." + name));
    for (const char* key : {"filter", "exclude"}) members.add(key, reference_to("any_filter"));
    members.add("order_by", one_or_list(R"({"type":["string","object"]})"));
    for (const char* key : {"limit", "offset"}) members.add(key, reference_to("count"));
    for (const char* key : {"fields", "exclude_fields", "prefetch_related"})
      members.add(key, one_or_list(R"({"type":["string","object"]})"));
    members.add("select_related", reference_to("names")).add("as", R"({"type":"string"})");
    members.add("strategy", reference_to("strategy")).add("lazy", reference_to("lazy"));
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("required", "[\"path\"]")
                                   .add("properties", members.text())
                                   .add("additionalProperties", "false")
                                   .text();
    return SchemaObject().add("anyOf", schema_list({reference_to("relations." + name), object})).text();
  }

  // Annotations may be named wherever a path may: then names are not told apart from mistakes.
  static std::string document(const std::string& name, bool annotated) {
    const std::string filter = annotated ? reference_to("any_filter") : one_or_list(reference_to("filter." + name));
    const std::string names = annotated ? reference_to("names") : one_or_list(reference_to("path." + name));
    SchemaObject members;
    // With its namespace and without.
    const std::size_t dot = name.rfind('.');
    std::vector<std::string> names_of_model{json::quoted(name)};
    if (dot != std::string::npos) names_of_model.push_back(json::quoted(name.substr(dot + 1)));
    members.add("model", SchemaObject().add("enum", schema_list(names_of_model)).text());
    members.add("filter", filter).add("exclude", filter);
    for (const char* key : {"any", "none", "every"}) members.add(key, one_or_list(reference_to("predicate." + name)));
    if (annotated) members.add("annotate", annotations(name));
    members.add("group_by", names).add("having", reference_to("any_filter"));
    members.add("order_by", one_or_list(annotated ? R"({"type":["string","object"]})" : reference_to("order." + name)));
    for (const char* key : {"reverse", "raw_limit", "distinct", "load_required"})
      members.add(key, reference_to("flag"));
    for (const char* key : {"limit", "offset"}) members.add(key, reference_to("count"));
    members.add("slice", reference_to("slice"));
    members.add("select_related", one_or_list(reference_to("relations." + name)));
    for (const char* key : {"prefetch_related", "load_related"})
      members.add(key, one_or_list(reference_to("load." + name)));
    for (const char* key : {"select_all", "load_all"}) members.add(key, reference_to("follow"));
    for (const char* key : {"fields", "exclude_fields"}) members.add(key, reference_to("fields." + name));
    members.add("strategy",
                SchemaObject().add("type", "\"object\"").add("additionalProperties", reference_to("strategy")).text());
    const std::string policies =
        SchemaObject().add("type", "\"object\"").add("additionalProperties", reference_to("lazy")).text();
    members.add("lazy", SchemaObject().add("anyOf", schema_list({reference_to("lazy"), policies})).text());
    const std::string list = SchemaObject().add("type", "\"array\"").add("items", R"({"type":"string"})").text();
    members.add("values", SchemaObject().add("anyOf", schema_list({R"({"const":true})", list})).text());
    return SchemaObject()
        .add("type", "\"object\"")
        .add("required", annotated ? "[\"model\",\"annotate\"]" : "[\"model\"]")
        .add("properties", members.text())
        .add("additionalProperties", "false")
        .text();
  }

  static std::string annotations(const std::string& name) {
    const std::string path = reference_to("path." + name);
    SchemaObject members;
    for (const char* function : {"count", "sum", "avg", "min", "max"}) members.add(function, path);
    members.add("filter", R"({"type":"object"})").add("distinct", R"({"type":"boolean"})");
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("properties", members.text())
                                   .add("additionalProperties", "false")
                                   .text();
    return SchemaObject()
        .add("type", "\"object\"")
        .add("propertyNames", pattern_of("^[A-Za-z_][A-Za-z0-9_]*$"))
        .add("additionalProperties", SchemaObject().add("anyOf", schema_list({path, object})).text())
        .text();
  }

  const Registry& registry_;
  SchemaObject definitions_;
  std::set<std::string> conditions_;
};

}  // namespace

std::string query_schema(const Registry& registry) { return SchemaWriter(registry).text(); }

}  // namespace dorm
