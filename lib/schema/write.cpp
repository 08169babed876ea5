#include "schema/write.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "schema/format.hpp"

namespace dorm::schema {
namespace {

using Json = nlohmann::ordered_json;

template <class E, std::size_t N>
std::string word(const std::array<Word<E>, N>& words, E value) {
  for (const auto& candidate : words) {
    if (candidate.value == value) return std::string(candidate.text);
  }
  return {};
}

Json sql_json(const SqlText& sql) {
  if (sql.by_dialect.empty()) return sql.all;
  Json result = Json::object();
  for (const auto& [dialect, text] : sql.by_dialect) result[dialect] = text;
  return result;
}

Json function_json(Function function) { return {{"fn", word(functions, function)}}; }

Json value_json(const Value& value) {
  switch (value.kind()) {
    case ValueKind::null:
      return nullptr;
    case ValueKind::boolean:
      return value.boolean();
    case ValueKind::integer:
      return value.integer();
    case ValueKind::real:
      return value.real();
    case ValueKind::json:
      return {{"json", Json::parse(value.json().text)}};
    default:
      return value.to_text();
  }
}

template <class Text>
void put(Json& object, const char* key, const Text& text) {
  if (!text.empty()) object[key] = text;
}
void put_flag(Json& object, const char* key, bool value, bool usual = false) {
  if (value != usual) object[key] = value;
}

class FileWriter {
 public:
  FileWriter(std::span<const std::unique_ptr<const ModelInfo>> models, std::span<const EnumInfo> enums)
      : models_(models), enums_(enums) {}

  std::vector<SchemaText> run() {
    for (const auto& model : models_) {
      if (!model->derived) place_enums(*model);
    }
    for (const auto& model : models_) {
      if (!model->derived) file(model->namespace_name)["models"][model->name] = model_json(*model);
    }
    std::vector<SchemaText> texts;
    for (const std::string& space : order_) {
      texts.push_back({(space.empty() ? "models" : space) + ".json", files_[space].dump(2) + "\n"});
    }
    return texts;
  }

 private:
  Json& file(const std::string& space) {
    const auto [found, added] = files_.try_emplace(space);
    if (added) {
      order_.push_back(space);
      found->second["dorm"] = 1;
      put(found->second, "namespace", space);
    }
    return found->second;
  }

  // An enum belongs to the namespace of its first user; names that several enums have are written where they are used.
  void place_enums(const ModelInfo& model) {
    for (const FieldInfo& field : model.fields) {
      if (field.enumeration == no_index || homes_.count(field.enumeration) != 0) continue;
      const EnumInfo& enumeration = enums_[field.enumeration];
      const bool shared = std::count_if(enums_.begin(), enums_.end(),
                                        [&](const EnumInfo& e) { return e.name == enumeration.name; }) > 1;
      if (shared && !enumeration.native) continue;
      homes_[field.enumeration] = model.namespace_name;
      Json& made = file(model.namespace_name)["enums"][enumeration.name];
      made["values"] = enumeration.values;
      if (enumeration.native) made["storage"] = "native";
      put(made, "renamed_from", enumeration.renamed_from);
      for (const auto& [old_value, value] : enumeration.renamed_values) made["renamed_values"][old_value] = value;
    }
  }

  static std::string reference(const std::string& from, const std::string& space, const std::string& name) {
    return space == from || space.empty() ? name : space + "." + name;
  }
  std::string model_reference(const ModelInfo& from, std::uint32_t to) const {
    const ModelInfo& target = *models_[to];
    // "self" also where another namespace has a model of the same name.
    return &target == &from ? "self" : reference(from.namespace_name, target.namespace_name, target.name);
  }

  static Json order_json(const ModelInfo& model, const std::vector<OrderTerm>& terms) {
    Json result = Json::array();
    for (const OrderTerm& term : terms) result.push_back((term.descending ? "-" : "") + model.fields[term.field].name);
    return result;
  }
  static Json names_json(const ModelInfo& model, const std::vector<std::uint32_t>& fields) {
    Json result = Json::array();
    for (const std::uint32_t field : fields) result.push_back(model.fields[field].name);
    return result;
  }

  Json model_json(const ModelInfo& model) {
    Json result;
    result["table"] = model.table;
    put(result, "db_schema", model.db_schema);
    put_flag(result, "managed", model.managed, true);
    const bool legacy = std::any_of(model.fields.begin(), model.fields.end(),
                                    [](const FieldInfo& field) { return field.type.storage == Storage::legacy; });
    if (legacy) result["storage"] = "legacy";
    put_flag(result, "exposed", model.exposed);
    if (model.lazy != LazyPolicy::unset) result["lazy"] = word(lazy_policies, model.lazy);
    put(result, "comment", model.comment);
    if (!model.deprecated.empty())
      result["deprecated"] = model.deprecated == "true" ? Json(true) : Json(model.deprecated);
    put(result, "renamed_from", model.renamed_from);
    result["fields"] = fields_json(model);
    result["primary_key"] = names_json(model, model.primary_key);
    put(result, "order_by", order_json(model, model.order_by));
    if (model.version_field != no_index) result["version_field"] = model.fields[model.version_field].name;
    put(result, "uniques", uniques_json(model));
    put(result, "indexes", indexes_json(model));
    put(result, "checks", checks_json(model));
    return result;
  }

  // ---- fields, in an order that gives columns and relations the one they have ----

  // A foreign key of one column that is named after it; others are written with "columns", beside their fields.
  static bool is_simple(const ModelInfo& model, const RelationInfo& relation) {
    return relation.holds_key() && relation.fields.size() == 1 &&
           model.fields[relation.fields[0]].name == relation.name + "_id" &&
           model.fields[relation.fields[0]].relation == relation.index;
  }

  Json fields_json(const ModelInfo& model) {
    std::vector<bool> by_relation(model.fields.size(), false);
    for (const RelationInfo& relation : model.relations) {
      if (is_simple(model, relation)) by_relation[relation.fields[0]] = true;
    }
    Json result = Json::object();
    std::uint32_t next = 0;
    const auto scalars_before = [&](std::uint32_t end) {
      for (; next < end; ++next) {
        if (!by_relation[next]) result[model.fields[next].name] = field_json(model, model.fields[next]);
      }
    };
    scalars_before(static_cast<std::uint32_t>(model.primary_key.size()));
    for (const RelationInfo& relation : model.relations) {
      if (!relation.holds_key() && relation.kind != RelationKind::many_to_many) continue;
      if (is_simple(model, relation)) scalars_before(std::max(next, relation.fields[0]));
      result[relation.name] = relation_json(model, relation);
    }
    scalars_before(static_cast<std::uint32_t>(model.fields.size()));
    return result;
  }

  static void put_flags(Json& result, const FieldInfo& field) {
    put_flag(result, "nullable", field.nullable);
    put_flag(result, "immutable", field.immutable);
    put_flag(result, "hidden", field.hidden);
    put_flag(result, "exposed", field.exposed);
    put_flag(result, "writable", field.writable);
    put_flag(result, "readonly", field.readonly);
    if (!field.deprecated.empty())
      result["deprecated"] = field.deprecated == "true" ? Json(true) : Json(field.deprecated);
    put(result, "renamed_from", field.renamed_from);
    if (!field.default_value) return;
    result["default"] = field.default_value->function ? function_json(*field.default_value->function)
                                                      : value_json(field.default_value->literal);
  }

  Json field_json(const ModelInfo& model, const FieldInfo& field) const {
    Json result;
    result["type"] = std::string(type_name(field.type.kind));
    if (field.column != field.name) result["column"] = field.column;
    if (field.type.kind == TypeKind::decimal) {
      result["precision"] = field.type.precision;
      result["scale"] = field.type.scale;
    }
    if (field.type.max_length != 0) result["max_length"] = field.type.max_length;
    if (field.min_length != 0) result["min_length"] = field.min_length;
    put_flag(result, "timezone", field.type.timezone, true);
    if (field.min) result["min"] = value_json(*field.min);
    if (field.max) result["max"] = value_json(*field.max);
    put(result, "pattern", field.pattern);
    if (!field.collation.empty()) result["collation"] = sql_json(field.collation);
    if (!field.db_type.empty()) result["db_type"] = sql_json(field.db_type);
    if (field.enumeration != no_index) put_enum(result, model, field.enumeration);
    put_flag(result, "auto_increment", field.auto_increment);
    put_flag(result, "sensitive", field.sensitive);
    put_flag(result, "deferred", field.deferred);
    put_flags(result, field);
    put(result, "comment", field.comment);
    if (field.database_default) {
      const DatabaseDefault& made = *field.database_default;
      result["db_default"] = made.function ? function_json(*made.function) : Json{{"sql", sql_json(made.sql)}};
    }
    if (field.on_update) result["on_update"] = function_json(*field.on_update);
    if (field.generated) {
      result["generated"]["sql"] = sql_json(field.generated->sql);
      put_flag(result["generated"], "stored", field.generated->stored, true);
    }
    return result;
  }

  void put_enum(Json& result, const ModelInfo& model, std::uint32_t index) const {
    const auto home = homes_.find(index);
    if (home == homes_.end()) {
      result["values"] = enums_[index].values;
    } else {
      result["enum"] = reference(model.namespace_name, home->second, enums_[index].name);
    }
  }

  Json relation_json(const ModelInfo& model, const RelationInfo& relation) const {
    Json result;
    result["type"] = relation.kind == RelationKind::many_to_many ? "many_to_many"
                     : relation.kind == RelationKind::one_to_one ? "one_to_one"
                                                                 : "foreign_key";
    result["to"] = model_reference(model, relation.target);
    if (relation.kind == RelationKind::many_to_many) {
      put_link(result, model, relation);
    } else {
      put_key(result, model, relation);
    }
    if (relation.lazy != LazyPolicy::unset) result["lazy"] = word(lazy_policies, relation.lazy);
    put_flag(result, "exposed", relation.exposed);
    put(result, "comment", relation.comment);
    result["backref"] = backref_json(model, relation);
    return result;
  }

  void put_key(Json& result, const ModelInfo& model, const RelationInfo& relation) const {
    const ModelInfo& target = *models_[relation.target];
    if (is_simple(model, relation)) {
      const FieldInfo& key = model.fields[relation.fields[0]];
      result["column"] = key.column;
      if (relation.target_fields != target.primary_key)
        result["to_field"] = target.fields[relation.target_fields[0]].name;
      put_flags(result, key);
    } else {
      for (std::size_t i = 0; i < relation.fields.size(); ++i) {
        result["columns"][model.fields[relation.fields[i]].name] = target.fields[relation.target_fields[i]].name;
      }
    }
    if (relation.on_delete != ReferentialAction::no_action) result["on_delete"] = word(actions, relation.on_delete);
    if (relation.on_update != ReferentialAction::no_action) result["on_update"] = word(actions, relation.on_update);
    if (relation.deferrable != Deferrable::no) result["deferrable"] = word(deferrables, relation.deferrable);
    put_flag(result, "db_constraint", relation.constraint, true);
    put_flag(result, "index", relation.indexed, true);
  }

  void put_link(Json& result, const ModelInfo& model, const RelationInfo& relation) const {
    const ModelInfo& link = *models_[relation.through];
    if (link.derived) {
      result["table"] = link.table;
      const ReferentialAction action = link.relations[relation.through_source].on_delete;
      if (action != ReferentialAction::cascade) result["on_delete"] = word(actions, action);
    } else {
      result["through"] = model_reference(model, relation.through);
      result["through_fields"] = {link.relations[relation.through_source].name,
                                  link.relations[relation.through_target].name};
    }
    put(result, "order_by", order_json(*models_[relation.target], relation.order_by));
  }

  Json backref_json(const ModelInfo& model, const RelationInfo& relation) const {
    const RelationInfo& other = models_[relation.target]->relations[relation.inverse];
    if (other.name.empty()) return false;
    if (other.order_by.empty() && !other.exposed && other.comment.empty()) return other.name;
    Json result;
    result["name"] = other.name;
    put(result, "order_by", order_json(model, other.order_by));
    put_flag(result, "exposed", other.exposed);
    put(result, "comment", other.comment);
    return result;
  }

  // ---- constraints ----

  static Json uniques_json(const ModelInfo& model) {
    Json result = Json::array();
    for (const UniqueInfo& unique : model.uniques) {
      // That of a one_to_one comes with it.
      const bool implied =
          std::any_of(model.relations.begin(), model.relations.end(), [&](const RelationInfo& relation) {
            return relation.kind == RelationKind::one_to_one && relation.fields == unique.fields && !unique.where;
          });
      if (implied) continue;
      Json made = {{"name", unique.name}, {"fields", names_json(model, unique.fields)}};
      if (unique.where) made["where"] = condition_json(model, *unique.where);
      put_flag(made, "nulls_distinct", unique.nulls_distinct, true);
      if (unique.deferrable != Deferrable::no) made["deferrable"] = word(deferrables, unique.deferrable);
      put(made, "renamed_from", unique.renamed_from);
      result.push_back(std::move(made));
    }
    return result;
  }

  static Json indexes_json(const ModelInfo& model) {
    Json result = Json::array();
    for (const IndexInfo& index : model.indexes) {
      Json made = {{"name", index.name}, {"fields", order_json(model, index.terms)}};
      put(made, "include", names_json(model, index.include));
      if (index.where) made["where"] = condition_json(model, *index.where);
      put(made, "method", index.method);
      put(made, "renamed_from", index.renamed_from);
      result.push_back(std::move(made));
    }
    return result;
  }

  static Json checks_json(const ModelInfo& model) {
    Json result = Json::array();
    for (const CheckInfo& check : model.checks) {
      Json made = {{"name", check.name}};
      if (check.condition) {
        made["expr"] = condition_json(model, *check.condition);
      } else {
        made["sql"] = sql_json(check.sql);
      }
      result.push_back(std::move(made));
    }
    return result;
  }

  static Json condition_json(const ModelInfo& model, const Condition& condition) {
    using Op = Condition::Op;
    static const std::map<Op, std::string> names = {{Op::all, "and"}, {Op::any, "or"}, {Op::eq, "eq"}, {Op::ne, "ne"},
                                                    {Op::lt, "lt"},   {Op::le, "le"},  {Op::gt, "gt"}, {Op::ge, "ge"}};
    const auto& operands = condition.operands;
    switch (condition.op) {
      case Op::field:
        return {{"field", model.fields[condition.field].name}};
      case Op::value:
        return {{"value", value_json(condition.value)}};
      case Op::negate:
        return {{"not", condition_json(model, operands[0])}};
      case Op::is_null:
        return {{"is_null", condition_json(model, operands[0])}};
      case Op::in: {
        Json values = Json::array();
        for (std::size_t i = 1; i < operands.size(); ++i) values.push_back(value_json(operands[i].value));
        return {{"in", Json::array({condition_json(model, operands[0]), std::move(values)})}};
      }
      default: {
        Json parts = Json::array();
        for (const Condition& operand : operands) parts.push_back(condition_json(model, operand));
        return {{names.at(condition.op), std::move(parts)}};
      }
    }
  }

  std::span<const std::unique_ptr<const ModelInfo>> models_;
  std::span<const EnumInfo> enums_;
  std::map<std::string, Json> files_;
  std::vector<std::string> order_;
  std::map<std::uint32_t, std::string> homes_;  // enum → namespace
};

}  // namespace

std::vector<SchemaText> write_files(std::span<const std::unique_ptr<const ModelInfo>> models,
                                    std::span<const EnumInfo> enums) {
  return FileWriter(models, enums).run();
}

}  // namespace dorm::schema
