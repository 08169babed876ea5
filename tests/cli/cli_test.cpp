// The dorm program's conventions: help on every level, exit codes, what goes to which stream, no secrets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.hpp"
#include "dorm/version.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int code;
  std::string out;
  std::string err;
};

Result dorm_with(const Arguments& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = run(arguments, {out, err, false});
  return {code, out.str(), err.str()};
}

std::string schema(std::string_view name) { return std::string(DORM_SOURCE_DIR) + "/schemas/" + std::string(name); }

TEST(Program, HelpIsThereOnEveryLevel) {
  const Result top = dorm_with({"--help"});
  EXPECT_EQ(top.code, success);
  EXPECT_THAT(top.err, IsEmpty());
  for (const Command* command : commands()) {
    EXPECT_THAT(top.out, HasSubstr(std::string(command->name)));
    const Result help = dorm_with({std::string(command->name), "--help"});
    EXPECT_EQ(help.code, success);
    EXPECT_THAT(help.out, AllOf(StartsWith("usage: dorm " + std::string(command->name)), HasSubstr("exit codes:")));
    EXPECT_EQ(dorm_with({"help", std::string(command->name)}).out, help.out);
  }
}

TEST(Program, TheVersionListsTheBackends) {
  const Result result = dorm_with({"--version"});
  EXPECT_EQ(result.code, success);
  EXPECT_THAT(result.out, StartsWith("dorm " DORM_VERSION "\nbackends: "));
}

TEST(Program, WrongUsageEndsWith64AndSaysWhere) {
  for (const Arguments& arguments : std::vector<Arguments>{{},
                                                           {"nothing"},
                                                           {"--nothing"},
                                                           {"tour", "--nothing"},
                                                           {"tour", "here"},
                                                           {"tour", "--database-url"},
                                                           {"tour", "--no-color=1"},
                                                           {"validate"},
                                                           {"validate", "--format", "xml", "x"}}) {
    const Result result = dorm_with(arguments);
    EXPECT_EQ(result.code, wrong_usage);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, StartsWith("dorm: "));
  }
}

TEST(Program, NoMessageRepeatsAPassword) {
  for (const Arguments& arguments :
       std::vector<Arguments>{{"tour", "postgresql://me:hunter2@localhost:1/x"},
                              {"tour", "--database-ulr=postgresql://me:hunter2@localhost:1/x"},
                              {"tour", "--database-url", "postgresql://me:hunter2@localhost:1/x?connect_timeout=1"},
                              {"tour", "--database-url", "postgresql://me:hunter2@localhost:x/x"},
                              {"tour", "--database-url", "mysql://me:hunter2@localhost/x"},
                              {"tour", "--database-url=hunter2"}}) {
    const Result result = dorm_with(arguments);
    EXPECT_NE(result.code, success);
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("hunter2")));
  }
}

TEST(Validate, GoodFilesAreCounted) {
  const Result result = dorm_with({"validate", schema("social"), schema("blog/blog.json")});
  EXPECT_EQ(result.code, success) << result.out;
  EXPECT_THAT(result.err, HasSubstr("models, 0 errors"));
}

TEST(Validate, EveryMistakeHasItsPlaceAndHelp) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.file("book.json");
  std::ofstream(file) << "{\n  \"dorm\": 1,\n  \"models\": {\n    \"Book\": {\"fields\": {\"title\": {\"type\": "
                         "\"txt\"}, \"pages\": {\"type\": \"intger\"}}}\n  }\n}\n";
  const Result text = dorm_with({"validate", file});
  EXPECT_EQ(text.code, failure);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr(file + ":4:43: error[value.not_in_set]"), HasSubstr("'text'"), HasSubstr("'integer'")));
  EXPECT_THAT(text.err, HasSubstr("2 errors"));

  const Result json = dorm_with({"validate", "--format=json", file});
  EXPECT_EQ(json.code, failure);
  const auto report = nlohmann::json::parse(json.out);
  EXPECT_EQ(report["errors"], 2);
  EXPECT_EQ(report["diagnostics"].size(), 2U);
  EXPECT_EQ(report["diagnostics"][0]["code"], "value.not_in_set");
}

TEST(Validate, AMissingFileIsAnErrorNotAUsage) {
  const Result result = dorm_with({"validate", "/nowhere/at/all.json"});
  EXPECT_EQ(result.code, failure);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/at/all.json"));
}

}  // namespace
}  // namespace dorm::cli
