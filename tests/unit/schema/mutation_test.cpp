// Damaged schema files: whatever is in them, the loader gives a registry or says where the mistake is.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "dorm/registry.hpp"
#include "support/json_files.hpp"

namespace dorm {
namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> texts = test::json_files("schemas");
  for (std::string& text : test::json_files("tests/golden/schema/bad")) texts.push_back(std::move(text));
  return texts;
}

// Words of the format reach deeper than random bytes.
const std::vector<std::string> words = {"\"self\"",
                                        "\"id\"",
                                        "true",
                                        "null",
                                        "[]",
                                        "{}",
                                        "-1",
                                        "\"\"",
                                        "99999999999",
                                        "\"many_to_many\"",
                                        "\"foreign_key\"",
                                        "\"primary_key\": true,",
                                        "\"fields\"",
                                        "\xff",
                                        "\\u0000",
                                        "\"columns\": {\"a\": \"id\"},"};

void damage(std::string& text, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit == 0 ? 0 : limit - 1)(random);
  };
  const std::size_t at = below(text.size());
  switch (below(5)) {
    case 0:
      text[at] = static_cast<char>(below(256));
      break;
    case 1:
      text.erase(at, 1 + below(12));
      break;
    case 2:
      text.insert(at, words[below(words.size())]);
      break;
    case 3: {  // one value in the place of another
      const std::size_t from = text.find(':', at);
      const std::size_t to = text.find_first_of(",}", from == std::string::npos ? at : from);
      if (from != std::string::npos && to != std::string::npos)
        text.replace(from + 1, to - from - 1, words[below(words.size())]);
      break;
    }
    default: {
      const std::string piece = text.substr(at, 1 + below(40));
      text.insert(below(text.size()), piece);
    }
  }
}

TEST(DamagedSchemas, GiveARegistryOrAPlace) {
  std::mt19937 random(20261121);
  std::size_t refused = 0;
  for (const std::string& seed : seeds()) {
    for (int round = 0; round < 12; ++round) {
      std::string text = seed;
      for (int i = 0; i <= round % 3 && !text.empty(); ++i) damage(text, random);
      try {
        const Registry registry = Registry::parse(text);
        for (const auto& model : registry.models()) ASSERT_FALSE(model->primary_key.empty());
      } catch (const SchemaError& error) {
        ++refused;
        ASSERT_FALSE(error.diagnostics().empty());
        ASSERT_GT(error.diagnostics().front().where.line, 0U) << error.what();
      }
    }
  }
  EXPECT_GT(refused, 500U);
}

// Files made to cost time or memory end in an error that says so.
TEST(HostileSchemas, EndInAnError) {
  std::string unknown = R"({"dorm": 1, "models": {"A": {"fields": {)";
  for (int i = 0; i < 20'000; ++i) unknown += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\":1";
  EXPECT_THROW((void)Registry::parse(unknown + "}}}}"), SchemaError);

  std::string references = R"({"dorm": 1, "models": {)";
  for (int i = 0; i < 2'000; ++i) {
    references += (i == 0 ? "\"M" : ",\"M") + std::to_string(i) +
                  R"(": {"fields": {"x": {"type": "foreign_key", "to": "N)" + std::to_string(i) + "\"}}}";
  }
  EXPECT_THROW((void)Registry::parse(references + "}}"), SchemaError);

  std::string mixins = R"({"dorm": 1, "mixins": {"Wide": {"fields": {)";
  for (int i = 0; i < 1'500; ++i) mixins += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + R"(": {"type": "text"})";
  mixins += "}}}, \"models\": {";
  for (int i = 0; i < 400; ++i)
    mixins += (i == 0 ? "\"M" : ",\"M") + std::to_string(i) + R"(": {"mixins": ["Wide"], "fields": {}})";
  EXPECT_THROW((void)Registry::parse(mixins + "}}"), SchemaError);

  EXPECT_THROW((void)Registry::parse(std::string(1'000'000, '[')), SchemaError);
  EXPECT_THROW((void)Registry::parse(""), SchemaError);
}

}  // namespace
}  // namespace dorm
