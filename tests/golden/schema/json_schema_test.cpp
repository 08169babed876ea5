// schemas/dorm.schema.json tells editors what stage 2 of the loader tells programs.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/text.hpp"
#include "schema/keys.hpp"
#include "support/json_schema.hpp"

namespace dorm {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::IsEmpty;

json read(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

const json& json_schema() {
  static const json schema = read(fs::path(DORM_SOURCE_DIR) / "schemas" / "dorm.schema.json");
  return schema;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const bool schema_file =
        entry.path().extension() == ".json" && !entry.path().filename().string().ends_with(".schema.json");
    if (schema_file) files.push_back(entry.path());
  }
  return files;
}

std::set<std::string> names_of(const json& object) {
  std::set<std::string> names;
  for (const auto& [name, unused] : object.items()) names.insert(name);
  return names;
}

template <class Keys>
std::set<std::string> names_of(const Keys& keys, schema::Kinds kinds) {
  std::set<std::string> names;
  for (const schema::Key& key : keys) {
    if ((key.kinds & kinds) != 0) names.insert(std::string(key.name));
  }
  return names;
}

TEST(JsonSchema, AcceptsEverySample) {
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(DORM_SOURCE_DIR) / "schemas")) {
    if (!folder.is_directory()) continue;
    for (const fs::path& file : files_below(folder))
      EXPECT_THAT(test::json_schema_errors(json_schema(), read(file)), IsEmpty()) << file;
  }
}

// What a JSON Schema can say. The others pass: it must not be stricter than the loader.
TEST(JsonSchema, RefusesWhatItCanSeeAndNothingElse) {
  const std::set<std::string> visible = {"file.format_missing",
                                         "file.format_unsupported",
                                         "key.unknown",
                                         "key.reserved",
                                         "value.type",
                                         "value.not_in_set",
                                         "value.out_of_range",
                                         "value.empty",
                                         "key.required",
                                         "key.not_applicable",
                                         "key.exclusive",
                                         "name.invalid",
                                         "name.reserved",
                                         "enum.empty",
                                         "decimal.precision_missing",
                                         "enum.duplicate_value",
                                         "string.max_length_missing"};
  // Beyond a JSON Schema: what two keys mean together, what is counted in bytes, what a name refers to.
  const std::set<std::string> hidden_variants = {"key.exclusive.nullable_key", "name.reserved.id",
                                                 "name.reserved.id_alone", "enum.empty.none"};
  const std::set<std::string> unreadable = {"json.syntax", "json.encoding", "json.duplicate_key"};
  for (const fs::path& file : files_below(fs::path(DORM_SOURCE_DIR) / "tests" / "golden" / "schema" / "bad")) {
    const std::string name = file.stem().string();
    const std::string code = name.substr(0, name.find('.', name.find('.') + 1));
    if (unreadable.count(code) != 0) continue;
    const bool expected = visible.count(code) != 0 && hidden_variants.count(name) == 0;
    EXPECT_EQ(!test::json_schema_errors(json_schema(), read(file)).empty(), expected) << file;
  }
}

TEST(JsonSchema, KnowsTheKeysOfTheLoader) {
  const json& defs = json_schema().at("$defs");
  EXPECT_EQ(names_of(json_schema().at("properties")), names_of(schema::keys::file, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("model").at("properties")), names_of(schema::keys::model, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("mixin").at("properties")), names_of(schema::keys::mixin, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("enum").at("properties")), names_of(schema::keys::enumeration, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("index").at("properties")), names_of(schema::keys::index, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("unique").at("properties")), names_of(schema::keys::unique, schema::every_kind));
  EXPECT_EQ(names_of(defs.at("check").at("properties")), names_of(schema::keys::check, schema::every_kind));
  std::size_t kinds = 0;
  for (const json& alternative : defs.at("field").at("oneOf")) {
    const json& properties = defs.at(alternative.at("$ref").get<std::string>().substr(8)).at("properties");
    const json& type = properties.at("type");
    for (const json& word : type.contains("const") ? json::array({type["const"]}) : type["enum"]) {
      const auto kind = schema::find_word(schema::field_kinds, word.get<std::string>());
      ASSERT_TRUE(kind) << word;
      EXPECT_EQ(names_of(properties), names_of(schema::keys::field, schema::bit(*kind))) << word;
      ++kinds;
    }
  }
  EXPECT_EQ(kinds, schema::field_kinds.size());
}

}  // namespace
}  // namespace dorm
