// Every mistake a schema can have, with the text that reports it: bad/<code>[.<variant>].json, or a folder of files,
// beside a golden .txt whose input are the options of the load.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "dorm/registry.hpp"
#include "support/golden.hpp"

namespace dorm {
namespace {

namespace fs = std::filesystem;

const fs::path bad_folder = fs::path(DORM_SOURCE_DIR) / "tests" / "golden" / "schema" / "bad";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "model.duplicate", "key.unknown.model": the files and folders without their endings.
std::vector<std::string> samples() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(bad_folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory()) names.push_back(name);
    if (name.ends_with(".json")) names.push_back(name.substr(0, name.size() - 5));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string code_of(const std::string& sample) { return sample.substr(0, sample.find('.', sample.find('.') + 1)); }

std::vector<SchemaText> texts_of(const std::string& sample) {
  std::vector<SchemaText> texts;
  const fs::path path = bad_folder / sample;
  if (!fs::is_directory(path)) return {{sample + ".json", content(path.string() + ".json")}};
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    texts.push_back({entry.path().filename().string(), content(entry.path())});
  }
  std::sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return texts;
}

SchemaOptions options_of(const std::string& input) {
  SchemaOptions options;
  std::istringstream words(input);
  for (std::string key, value; words >> key >> value;) {
    if (key == "allow_raw_sql") options.allow_raw_sql = value == "on";
    if (key == "dialect") options.dialects = {value};
    if (key == "max_depth") options.max_depth = std::stoul(value);
    if (key == "max_file_bytes") options.max_file_bytes = std::stoul(value);
    if (key == "max_models") options.max_models = std::stoul(value);
    if (key == "max_fields") options.max_fields = std::stoul(value);
  }
  return options;
}

std::vector<Diagnostic> diagnostics_of(const std::string& sample, const SchemaOptions& options) {
  try {
    return Registry::parse(texts_of(sample), options).warnings();
  } catch (const SchemaError& error) {
    return error.diagnostics();
  }
}

class BadSchema : public testing::TestWithParam<std::string> {};

TEST_P(BadSchema, IsReportedAtItsPlaceWithItsCode) {
  test::Golden golden("schema/bad/" + GetParam() + ".txt");
  const std::vector<Diagnostic> diagnostics = diagnostics_of(GetParam(), options_of(golden.input()));
  std::set<std::string> codes;
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    codes.insert(diagnostic.code);
    text += diagnostic.text() + "\n";
    EXPECT_GT(diagnostic.where.line, 0U) << diagnostic.text();
    EXPECT_FALSE(diagnostic.excerpt.empty()) << diagnostic.text();
  }
  EXPECT_EQ(codes, std::set<std::string>{code_of(GetParam())}) << text;
  golden.expect("diagnostics", text);
}
INSTANTIATE_TEST_SUITE_P(Golden, BadSchema, testing::ValuesIn(samples()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

// What the sources can report is what the samples show, and nothing else.
TEST(BadSchemas, EveryCodeHasASampleAndEverySampleACode) {
  std::set<std::string> emitted;
  const std::regex code(R"re("([a-z0-9]+(?:_[a-z]+)*\.[a-z0-9_]+)")re");
  const auto read = [&](const fs::path& file) {
    const std::string text = content(file);
    for (std::sregex_iterator found(text.begin(), text.end(), code), end; found != end; ++found)
      emitted.insert((*found)[1]);
  };
  const fs::path root = fs::path(DORM_SOURCE_DIR) / "lib";
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "schema")) {
    if (entry.path().extension() == ".cpp") read(entry.path());
  }
  read(root / "core" / "json_reader.cpp");
  std::set<std::string> shown;
  for (const std::string& sample : samples()) shown.insert(code_of(sample));
  EXPECT_EQ(emitted, shown);
  EXPECT_GT(shown.size(), 80U);
}

}  // namespace
}  // namespace dorm
