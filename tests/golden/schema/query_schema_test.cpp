// The JSON Schema of query documents, made from each registry that is shipped.
#include <gmock/gmock.h>

#include <filesystem>

#include "dorm/query_document.hpp"
#include "support/json_schema.hpp"

namespace dorm {
namespace {

using testing::IsEmpty;
using testing::Not;

nlohmann::json query_schema_of(std::string_view folder) {
  const Registry registry = Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/" + std::string(folder));
  return nlohmann::json::parse(query_schema(registry));
}

TEST(QuerySchema, KnowsTheModelsAndMembersOfEachRegistry) {
  for (const auto& folder : std::filesystem::directory_iterator(std::filesystem::path(DORM_SOURCE_DIR) / "schemas")) {
    if (!folder.is_directory()) continue;
    SCOPED_TRACE(folder.path().string());
    const Registry registry = Registry::load(folder.path().string());
    const nlohmann::json schema = nlohmann::json::parse(query_schema(registry));
    EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
    for (const auto& model : registry.models()) {
      SCOPED_TRACE(model->name);
      const auto errors = [&](const std::string& key, const nlohmann::json& value) {
        nlohmann::json document{{"model", model->name}};
        if (!key.empty()) document[key] = value;
        return test::json_schema_errors(schema, document);
      };
      EXPECT_THAT(errors("", {}), IsEmpty());
      EXPECT_THAT(errors("filtr", nlohmann::json::object()), Not(IsEmpty()));
      EXPECT_THAT(errors("filter", {{"no_such_member", nullptr}}), Not(IsEmpty()));
      EXPECT_THAT(errors("order_by", "no_such_member"), Not(IsEmpty()));
      for (const FieldInfo& field : model->fields) {
        const bool is_compared = field.type.kind != TypeKind::json;
        EXPECT_EQ(errors("filter", {{field.name, nullptr}}).empty(), is_compared) << field.name;
        EXPECT_THAT(errors("filter", {{field.name, {{"isnull", true}}}}), IsEmpty()) << field.name;
        EXPECT_THAT(errors("filter", {{field.name, {{"no_such_operator", 1}}}}), Not(IsEmpty())) << field.name;
        EXPECT_THAT(errors("filter", {{field.name + "__isnull", true}}), IsEmpty()) << field.name;
        EXPECT_THAT(errors("order_by", {field.name, "-" + field.name}), IsEmpty()) << field.name;
      }
      for (const RelationInfo& relation : model->relations) {
        if (relation.name.empty()) continue;
        EXPECT_THAT(errors("prefetch_related", {relation.name}), IsEmpty()) << relation.name;
        EXPECT_THAT(errors("any", {{"path", relation.name}}), IsEmpty()) << relation.name;
        EXPECT_THAT(errors("filter", {{relation.name + "__pk", 1}}), IsEmpty()) << relation.name;
      }
    }
  }
}

TEST(QuerySchema, ValuesHaveTheFormOfTheirField) {
  const nlohmann::json schema = query_schema_of("music");
  const auto errors = [&](const nlohmann::json& filter) {
    return test::json_schema_errors(schema, {{"model", "Track"}, {"filter", filter}});
  };
  EXPECT_THAT(errors({{"position", 1}}), IsEmpty());
  EXPECT_THAT(errors({{"position", "1"}}), IsEmpty());
  EXPECT_THAT(errors({{"position", "one"}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"position", 1.5}}), IsEmpty()) << "a fraction is compared, not stored";
  EXPECT_THAT(errors({{"position__gt", "1.5"}}), IsEmpty());
  EXPECT_THAT(errors({{"position__gt", "3e0"}}), IsEmpty());
  EXPECT_THAT(errors({{"position__gt", "1.5.5"}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"title", 1}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"position", {{"in", {1, "2"}}}}}), IsEmpty());
  EXPECT_THAT(errors({{"position", {{"in", 1}}}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"position", {{"contains", "1"}}}}), Not(IsEmpty())) << "no operator of numbers";
  EXPECT_THAT(errors({{"or", {{{"position", 1}}, {{"title", nullptr}}}}}), IsEmpty());
  EXPECT_THAT(errors({{"not", {{"titel", "x"}}}}), Not(IsEmpty()));
}

TEST(QuerySchema, OperatorsTakeWhatFitsTheirField) {
  const Registry registry = Registry::parse(R"({"dorm": 1, "enums": {"Color": {"values": ["red", "green"]}}, "models": {
    "Owner": {"fields": {"name": {"type": "text"}, "range": {"type": "integer"}}},
    "Pair": {"primary_key": ["a", "b"], "fields": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    "Item": {"fields": {"color": {"type": "enum", "enum": "Color"}, "day": {"type": "date"},
      "moment": {"type": "datetime"}, "settings": {"type": "json"}, "flag": {"type": "boolean"},
      "any": {"type": "text"}, "owner": {"type": "foreign_key", "to": "Owner", "backref": "items"},
      "pair": {"type": "foreign_key", "to": "Pair", "columns": {"pair_a": "a", "pair_b": "b"}, "nullable": true}}}}})");
  const nlohmann::json schema = nlohmann::json::parse(query_schema(registry));
  const auto fits = [&](const char* text) {
    const nlohmann::json filter = nlohmann::json::parse(text);
    return test::json_schema_errors(schema, {{"model", "Item"}, {"filter", filter}}).empty();
  };
  for (const char* filter : {R"({"color": "red"})",
                             R"({"color": null})",
                             R"({"color__in": ["red", "green"]})",
                             R"({"color__contains": "r"})",
                             R"({"day": "2024-02-29"})",
                             R"({"day": {"range": ["2024-01-01", "2024-12-31"]}})",
                             R"({"day__year": 2024})",
                             R"({"day__year__gte": "2024"})",
                             R"({"day": {"year": {"in": [2024]}}})",
                             R"({"moment": "2024-02-29T10:00:00"})",
                             R"({"moment__date": "2024-02-29"})",
                             R"({"moment__date__year__gt": 2023})",
                             R"({"moment.time.hour": 3})",
                             R"({"settings__isnull": true})",
                             R"({"flag__ne": true})",
                             R"({"any__exact": "x"})",
                             R"({"any.ne": null})",
                             R"({"owner": 1})",
                             R"({"owner__in": [1, 2]})",
                             R"({"owner__range": 3})",
                             R"({"owner__name__contains": "x"})",
                             R"({"pair": null})",
                             R"({"pair__isnull": false})",
                             R"({"pk__gt": 4})"}) {
    EXPECT_TRUE(fits(filter)) << filter;
  }
  for (const char* filter :
       {R"({"color": "pink"})", R"({"color__in": ["red", "pink"]})", R"({"color": {"ne": "pink"}})",
        R"({"day": "2024-02-30"})", R"({"day__gt": "today"})", R"({"day__hour": 1})", R"({"day__year": "then"})",
        R"({"day__year__contains": "1"})", R"({"day": {"year": {"in": 2024}}})", R"({"day.lt": null})",
        R"({"moment__date": "2024-02-30"})", R"({"settings": null})", R"({"settings": {"exact": 1}})",
        R"({"flag__regex": "t"})", R"({"flag": 1})", R"({"any": "x"})", R"({"pair": 1})",
        R"({"day__range": ["2024-01-01"]})"}) {
    EXPECT_FALSE(fits(filter)) << filter;
  }
}

}  // namespace
}  // namespace dorm
