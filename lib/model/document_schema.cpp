// A JSON Schema of query documents, from a registry: what a model's fields and relations are called, and what their
// values look like.
#include <algorithm>
#include <set>
#include <utility>

#include "core/json_text.hpp"
#include "dorm/query_document.hpp"
#include "model/document_words.hpp"
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

// The words from a place on.
template <class Words>
std::string one_of(const Words& words, std::size_t first) {
  std::vector<std::string> quoted;
  for (std::size_t i = first; i < words.size(); ++i) quoted.push_back(json::quoted(words[i]));
  return SchemaObject().add("enum", schema_list(quoted)).text();
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
    definitions_.add(
        "slice",
        R"({"type":"array","prefixItems":[{"type":"integer"},{"type":["integer","null"]}],"minItems":1,"maxItems":2})");
    definitions_.add("strategy", one_of(document::strategy_names, 0));
    definitions_.add("lazy", one_of(document::lazy_names, 1));
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

  // What a value is compared with: a type, one enum, or the rows of a key of several columns.
  struct Operand {
    Type type;
    std::uint32_t enumeration = no_index;
    bool is_row = false;

    std::string name() const {
      if (is_row) return "row";
      if (enumeration != no_index) return "enum" + std::to_string(enumeration);
      return std::string(type_name(type.kind));
    }
    std::vector<std::string> operators() const {
      return is_row ? std::vector<std::string>{"exact", "ne", "isnull"} : query::operator_names(type);
    }
  };

  static Operand operand_of(const FieldInfo& field) { return {field.type, field.enumeration, false}; }

  // The value of an operand and, as an object, the operators that fit it: one definition for each.
  std::string condition_on(const Operand& operand) {
    const std::string name = "condition." + operand.name();
    if (!conditions_.insert(name).second) return reference_to(name);
    definitions_.add("known." + operand.name(), known_value(operand));
    definitions_.add("value." + operand.name(),
                     operand.is_row
                         ? R"({"type":"null"})"
                         : SchemaObject().add("anyOf", schema_list({R"({"type":"null"})", known(operand)})).text());
    const std::vector<std::string> possible = operand.operators();
    SchemaObject operators;
    for (const std::string& op : possible)
      operators.add(op, is_part(op) ? condition_on(part_of(op)) : beside(operand, op));
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("minProperties", "1")
                                   .add("properties", operators.text())
                                   .add("additionalProperties", "false")
                                   .text();
    std::vector<std::string> forms{object};
    if (std::find(possible.begin(), possible.end(), "exact") != possible.end()) forms.push_back(value(operand));
    definitions_.add(name, SchemaObject().add("anyOf", schema_list(forms)).text());
    return reference_to(name);
  }

  static std::string known(const Operand& operand) { return reference_to("known." + operand.name()); }
  static std::string value(const Operand& operand) { return reference_to("value." + operand.name()); }

  // What stands beside an operator that is no part.
  static std::string beside(const Operand& operand, std::string_view op) {
    static const std::set<std::string_view> ordered{"gt", "gte", "lt", "lte"};
    if (op == "isnull") return R"({"type":"boolean"})";
    if (op == "exact" || op == "ne") return value(operand);
    if (ordered.contains(op)) return known(operand);
    if (op != "in" && op != "not_in" && op != "range") return R"({"type":"string"})";
    SchemaObject list;
    list.add("type", "\"array\"").add("items", known(operand));
    if (op == "range") list.add("minItems", "2").add("maxItems", "2");
    return list.text();
  }

  static bool is_part(std::string_view op) {
    static const std::set<std::string_view> parts{"date", "time",     "year", "quarter", "month", "week",
                                                  "day",  "week_day", "hour", "minute",  "second"};
    return parts.contains(op);
  }

  static Operand part_of(std::string_view part) {
    Operand operand;
    operand.type.kind = part == "date" ? TypeKind::date : part == "time" ? TypeKind::time : TypeKind::integer;
    return operand;
  }

  // The parts of an operand, those of one type together.
  static std::vector<std::vector<std::string>> parts_of(const Operand& operand) {
    std::vector<std::vector<std::string>> parts;
    std::vector<std::string> numbers;
    for (const std::string& op : operand.operators()) {
      if (!is_part(op)) continue;
      if (part_of(op).type.kind == TypeKind::integer) {
        numbers.push_back(op);
      } else {
        parts.push_back({op});
      }
    }
    if (!numbers.empty()) parts.push_back(std::move(numbers));
    return parts;
  }

  // The parts that may follow a name, as a pattern; empty if there are none.
  static std::string parts_behind(const Operand& operand) {
    std::string text;
    for (const std::vector<std::string>& parts : parts_of(operand)) {
      const std::string deeper = parts_behind(part_of(parts.front()));
      if (!text.empty()) text += '|';
      text += alternatives(parts) + (deeper.empty() ? deeper : "(" + deeper + ")?");
    }
    return text.empty() ? text : "(__|\\.)(" + text + ")";
  }

  // Conditions whose operators stand in the name: "released__year__gte".
  void add_named_conditions(SchemaObject& patterns, const std::string& names, const Operand& operand) {
    std::vector<std::pair<std::string, std::vector<std::string>>> by_value;
    for (const std::string& op : operand.operators()) {
      if (is_part(op)) continue;
      const std::string schema = beside(operand, op);
      const auto same = std::find_if(by_value.begin(), by_value.end(),
                                     [&](const auto& operators) { return operators.first == schema; });
      if (same == by_value.end()) {
        by_value.push_back({schema, {op}});
      } else {
        same->second.push_back(op);
      }
    }
    for (const auto& [schema, operators] : by_value)
      patterns.add("^" + names + "(__|\\.)" + alternatives(operators) + "$", schema);
    for (const std::vector<std::string>& parts : parts_of(operand)) {
      const std::string behind = names + "(__|\\.)" + alternatives(parts);
      patterns.add("^" + behind + "$", condition_on(part_of(parts.front())));
      add_named_conditions(patterns, behind, part_of(parts.front()));
    }
  }

  // What is known of a value that is not null.
  std::string known_value(const Operand& operand) const {
    if (operand.is_row) return "false";
    if (operand.enumeration != no_index) {
      std::vector<std::string> values;
      for (const std::string& text : registry_.enums()[operand.enumeration].values)
        values.push_back(json::quoted(text));
      return SchemaObject().add("enum", schema_list(values)).text();
    }
    switch (operand.type.kind) {
      case TypeKind::boolean:
        return R"({"type":"boolean"})";
      case TypeKind::smallint:
      case TypeKind::integer:
      case TypeKind::bigint:
      case TypeKind::decimal:
        // Also beside an integer a number may have a fraction.
        return R"({"anyOf":[{"type":"number"},{"type":"string","pattern":"^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"}]})";
      case TypeKind::real:
      case TypeKind::double_precision:
        return R"({"type":"number"})";
      case TypeKind::unknown:
        return R"({"type":["string","number","boolean"]})";
      case TypeKind::date:
        return R"({"type":"string","format":"date"})";
      case TypeKind::binary:
        return R"({"type":"string","contentEncoding":"base64"})";
      default:
        return R"({"type":"string"})";
    }
  }

  // The key of what a relation leads to; several columns are compared with null alone.
  Operand key_of(const RelationInfo& relation) const {
    const ModelInfo& target = registry_.model(relation.target);
    return key_of(target, relation.holds_key() ? relation.target_fields : target.primary_key);
  }
  static Operand key_of(const ModelInfo& model, const std::vector<std::uint32_t>& key) {
    if (key.size() == 1) return operand_of(model.fields[key.front()]);
    Operand rows;
    rows.is_row = true;
    return rows;
  }

  // Names that are compared with the same.
  struct Members {
    Operand operand;
    std::vector<std::string> names;
    std::vector<std::string> before_operators;  // those of them behind which an operator is always one
  };

  // Members of what a relation leads to come before operators of their name.
  bool hides_operators(const RelationInfo& relation) const {
    const ModelInfo& target = registry_.model(relation.target);
    const std::vector<std::string>& operators = query::operator_names();
    return std::any_of(operators.begin(), operators.end(), [&](const std::string& op) { return !!target.find(op); });
  }

  // The first of a name counts: a path knows fields before relations.
  std::vector<Members> members_of(const ModelInfo& model) const {
    std::vector<Members> all;
    std::set<std::string, std::less<>> taken;
    const auto add = [&](const std::string& name, const Operand& operand, bool takes_operators) {
      if (name.empty() || !taken.insert(name).second) return;
      auto same = std::find_if(all.begin(), all.end(),
                               [&](const Members& members) { return members.operand.name() == operand.name(); });
      if (same == all.end()) same = all.insert(all.end(), Members{operand, {}, {}});
      same->names.push_back(name);
      if (takes_operators) same->before_operators.push_back(name);
    };
    add("pk", key_of(model, model.primary_key), true);
    for (const FieldInfo& field : model.fields) add(field.name, operand_of(field), true);
    for (const RelationInfo& relation : model.relations)
      add(relation.name, key_of(relation), !hides_operators(relation));
    return all;
  }

  static std::vector<std::string> all_literally(const std::vector<std::string>& names) {
    std::vector<std::string> made;
    for (const std::string& name : names) made.push_back(literally(name));
    return made;
  }

  void add_model(const ModelInfo& model, const std::string& name) {
    const std::vector<Members> members = members_of(model);
    std::vector<std::string> relations;
    for (const RelationInfo& relation : model.relations)
      if (!relation.name.empty()) relations.push_back(literally(relation.name));
    // Whatever lies beyond a relation.
    const std::string beyond = relations.empty() ? std::string() : alternatives(relations) + "(__|\\.)[A-Za-z0-9_.]+";
    std::vector<std::string> fields;
    std::vector<std::string> paths;
    for (const Members& same : members) {
      fields.push_back(alternatives(all_literally(same.names)));
      const std::string parts = parts_behind(same.operand);
      paths.push_back(fields.back() + (parts.empty() ? parts : "(" + parts + ")?"));
    }
    if (!beyond.empty()) {
      fields.push_back(beyond);
      paths.push_back(beyond);
    }
    const std::string path = alternatives(paths);
    const std::string related =
        relations.empty() ? std::string("^$") : "^" + alternatives(relations) + "((__|\\.)[A-Za-z0-9_.]+)?$";
    add_filter(name, members, beyond);
    definitions_.add("path." + name, pattern_of("^" + path + "$"));
    definitions_.add("relations." + name, pattern_of(related));
    definitions_.add("order." + name, order_term(pattern_of("^-?" + path + "$"), reference_to("path." + name)));
    definitions_.add("fields." + name,
                     one_or_list(SchemaObject()
                                     .add("anyOf", schema_list({pattern_of("^" + alternatives(fields) + "$"),
                                                                R"({"type":"object"})"}))
                                     .text()));
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

  void add_filter(const std::string& name, const std::vector<Members>& members, const std::string& beyond) {
    const std::string itself = reference_to("filter." + name);
    const std::string list = SchemaObject().add("type", "\"array\"").add("items", itself).text();
    SchemaObject properties;
    SchemaObject patterns;
    properties.add("and", list).add("or", list).add("not", itself);
    const std::string predicate = one_or_list(reference_to("predicate." + name));
    properties.add("any", predicate).add("none", predicate);
    properties.add("every", one_or_list(reference_to("every." + name)));
    static const std::set<std::string_view> words{"and", "or", "not", "any", "none", "every"};
    for (const Members& same : members) {
      for (const std::string& member : same.names)
        if (!words.contains(member)) properties.add(member, condition_on(same.operand));
      if (!same.before_operators.empty())
        add_named_conditions(patterns, alternatives(all_literally(same.before_operators)), same.operand);
    }
    if (!beyond.empty()) patterns.add("^" + beyond + "$", "true");
    definitions_.add("filter." + name, SchemaObject()
                                           .add("type", "\"object\"")
                                           .add("properties", properties.text())
                                           .add("patternProperties", patterns.text())
                                           .add("additionalProperties", "false")
                                           .text());
    const std::string path = reference_to("relations." + name);
    const auto object = [&](const char* required) {
      return SchemaObject()
          .add("type", "\"object\"")
          .add("required", required)
          .add("properties", SchemaObject().add("path", path).add("filter", R"({"type":"object"})").text())
          .add("additionalProperties", "false")
          .text();
    };
    definitions_.add("predicate." + name,
                     SchemaObject().add("anyOf", schema_list({path, object("[\"path\"]")})).text());
    definitions_.add("every." + name, object("[\"path\",\"filter\"]"));
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
    const std::string condition = annotated ? R"({"type":"object"})" : reference_to("filter." + name);
    const std::string names = annotated ? reference_to("names") : one_or_list(reference_to("path." + name));
    SchemaObject members;
    // With its namespace and without.
    const std::size_t dot = name.rfind('.');
    std::vector<std::string> names_of_model{json::quoted(name)};
    if (dot != std::string::npos) names_of_model.push_back(json::quoted(name.substr(dot + 1)));
    members.add("model", SchemaObject().add("enum", schema_list(names_of_model)).text());
    members.add("filter", one_or_list(condition));
    // An empty condition is true of all rows.
    const std::string some = SchemaObject().add("allOf", schema_list({condition, R"({"minProperties":1})"})).text();
    members.add("exclude", one_or_list(some));
    for (const char* key : {"any", "none"}) members.add(key, one_or_list(reference_to("predicate." + name)));
    members.add("every", one_or_list(reference_to("every." + name)));
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
    const std::string relations = reference_to("relations." + name);
    members.add("strategy", SchemaObject()
                                .add("type", "\"object\"")
                                .add("propertyNames", relations)
                                .add("additionalProperties", reference_to("strategy"))
                                .text());
    const std::string policies =
        SchemaObject()
            .add("type", "\"object\"")
            .add("propertyNames", SchemaObject().add("anyOf", schema_list({R"({"const":""})", relations})).text())
            .add("additionalProperties", reference_to("lazy"))
            .text();
    members.add("lazy", SchemaObject().add("anyOf", schema_list({reference_to("lazy"), policies})).text());
    const std::string value = annotated ? R"({"type":"string"})" : reference_to("path." + name);
    const std::string values = SchemaObject().add("type", "\"array\"").add("items", value).add("minItems", "1").text();
    members.add("values", SchemaObject().add("anyOf", schema_list({R"({"const":true})", value, values})).text());
    return SchemaObject()
        .add("type", "\"object\"")
        .add("required", annotated ? "[\"model\",\"annotate\"]" : "[\"model\"]")
        .add("properties", members.text())
        .add("additionalProperties", "false")
        .add("not", R"({"anyOf":[{"required":["slice","limit"]},{"required":["slice","offset"]}]})")
        .text();
  }

  static std::string annotations(const std::string& name) {
    const std::string path = reference_to("path." + name);
    SchemaObject members;
    std::vector<std::string> one_of;
    for (const char* function : {"count", "sum", "avg", "min", "max"}) {
      members.add(function, path);
      one_of.push_back(SchemaObject().add("required", schema_list({json::quoted(function)})).text());
    }
    members.add("filter", R"({"type":"object"})").add("distinct", R"({"type":"boolean"})");
    const std::string object = SchemaObject()
                                   .add("type", "\"object\"")
                                   .add("properties", members.text())
                                   .add("additionalProperties", "false")
                                   .add("oneOf", schema_list(one_of))
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
