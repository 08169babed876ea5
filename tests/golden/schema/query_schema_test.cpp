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
        EXPECT_THAT(errors("filter", {{field.name, nullptr}}), IsEmpty()) << field.name;
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
  EXPECT_THAT(errors({{"title", 1}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"position", {{"in", {1, "2"}}}}}), IsEmpty());
  EXPECT_THAT(errors({{"position", {{"in", 1}}}}), Not(IsEmpty()));
  EXPECT_THAT(errors({{"position", {{"contains", "1"}}}}), Not(IsEmpty())) << "no operator of numbers";
  EXPECT_THAT(errors({{"or", {{{"position", 1}}, {{"title", nullptr}}}}}), IsEmpty());
  EXPECT_THAT(errors({{"not", {{"titel", "x"}}}}), Not(IsEmpty()));
}

}  // namespace
}  // namespace dorm
