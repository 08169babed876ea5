#include "driver/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "core/json_reader.hpp"
#include "support/golden.hpp"
#include "support/temporary_directory.hpp"

namespace dorm {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAreArray;

driver::Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
}

const driver::Environment no_variables = variables({});

Config read(std::string_view text, const driver::Environment& environment = no_variables) {
  std::vector<Diagnostic> mistakes;
  Config config = driver::read_config(text, "dorm.json", environment, mistakes);
  for (const Diagnostic& mistake : mistakes) ADD_FAILURE() << mistake.text();
  return config;
}

std::string mistakes_in(std::string_view text, const driver::Environment& environment = no_variables) {
  std::vector<Diagnostic> mistakes;
  driver::read_config(text, "dorm.json", environment, mistakes);
  std::string result;
  for (const Diagnostic& mistake : mistakes) result += mistake.text() + "\n" + mistake.json() + "\n";
  return result;
}

void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path) << text; }

TEST(Config, ReadsEveryKey) {
  const Config config = read(R"({
    "$schema": "dorm-config.schema.json",
    "schemas": ["schemas/social", "/srv/plugins.json"],
    "default": "app",
    "databases": {
      "app": { "url": "sqlite:social.db", "pragmas": { "synchronous": "full", "busy_timeout": 5000, "mmap": false } },
      "prod": { "url": "postgresql://app@db1,db2/social", "password": "${DB_PASSWORD}",
                "pool": { "size": 3, "checkout_timeout_ms": 3000, "idle_timeout_ms": 1, "max_lifetime_ms": 2,
                          "ping_after_ms": 3, "leak_warning_ms": 0 },
                "statement_timeout_ms": 10000, "statement_cache": 7, "prepared_statements": false,
                "lazy": "raise_n_plus_one", "load_required": false, "max_load_nodes": 12, "strict_tables": false, "log": "debug" }
    }})",
                             variables({{"DB_PASSWORD", "s3cret"}}));
  EXPECT_THAT(config.schemas, ElementsAre("schemas/social", "/srv/plugins.json"));
  const DatabaseConfig& app = config.database();
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.url, "sqlite:social.db");
  EXPECT_THAT(app.pragmas, ElementsAre(Pair("synchronous", "full"), Pair("busy_timeout", "5000"), Pair("mmap", "off")));
  EXPECT_EQ(app.pool.size, 8U);
  EXPECT_EQ(app.lazy, LazyPolicy::batch);

  const DatabaseConfig& prod = config.database("prod");
  EXPECT_EQ(prod.password, "s3cret");
  EXPECT_EQ(prod.pool.size, 3U);
  EXPECT_EQ(prod.pool.checkout_timeout, 3s);
  EXPECT_EQ(prod.pool.idle_timeout, 1ms);
  EXPECT_EQ(prod.pool.max_lifetime, 2ms);
  EXPECT_EQ(prod.pool.ping_after, 3ms);
  EXPECT_EQ(prod.pool.leak_warning, 0ms);
  EXPECT_EQ(prod.statement_timeout, 10s);
  EXPECT_EQ(prod.statement_cache, 7U);
  EXPECT_FALSE(prod.prepared_statements);
  EXPECT_EQ(prod.lazy, LazyPolicy::raise_n_plus_one);
  EXPECT_FALSE(prod.load_required);
  EXPECT_EQ(prod.max_load_nodes, 12U);
  EXPECT_FALSE(prod.strict_tables);
  EXPECT_EQ(prod.log, LogLevel::debug);
}

TEST(Config, TheOnlyDatabaseIsTheDefault) {
  EXPECT_EQ(read(R"({"databases": {"app": {"url": "sqlite:a.db"}}})").database().name, "app");
}

TEST(Config, UnknownDatabaseIsAConfigErrorNamingTheClosest) {
  const Config config = read(R"({"databases": {"production": {"url": "sqlite:a.db"}}})");
  EXPECT_THAT([&] { config.database("producton"); },
              ThrowsMessage<ConfigError>("no database 'producton' in the configuration; it has 'production'"
                                         "; did you mean 'production'?"));
  EXPECT_THAT([] { Config().database(); }, ThrowsMessage<ConfigError>(HasSubstr("no database is configured")));
}

TEST(Config, VariablesAreReplacedInAnyString) {
  const auto environment = variables({{"A", "x"}, {"B", "${A}"}, {"EMPTY", ""}});
  EXPECT_EQ(driver::expand("${A}${A}-${EMPTY}.", environment), "xx-.");
  EXPECT_EQ(driver::expand("${B}", environment), "${A}");  // a value is not read again
  EXPECT_EQ(driver::expand("$${A} $A $", environment), "${A} $A $");
  EXPECT_THAT([&] { driver::expand("${NOPE}", environment); },
              ThrowsMessage<ConfigError>("the environment variable 'NOPE' is not set"));
  for (const char* broken : {"${", "${A", "${}", "${A B}", "${1}"})
    EXPECT_THAT([&] { driver::expand(broken, environment); }, ThrowsMessage<ConfigError>(HasSubstr("write '$${'")))
        << broken;
}

TEST(Config, AllMistakesAtOnceWithTheirPlaces) {
  for (const std::string& path : test::golden_files("config")) {
    test::Golden golden(path);
    std::string text = "none";
    try {
      Config::parse(golden.input(), "dorm.json");
    } catch (const ConfigError& error) {
      text = error.what();
    }
    golden.expect("error", text);
  }
}

TEST(Config, NoMistakeRepeatsASecret) {
  const auto environment = variables({{"PASSWORD", "s3cret"}});
  for (const char* text : {
           R"({"databases": {"a": {"url": "s3cret"}}})",
           R"({"databases": {"a": {"url": "${PASSWORD}"}}})",
           R"({"databases": {"a": {"url": "postgresql://u:s3cret@h/d", "password": ["s3cret"]}}})",
           R"({"databases": {"a": {"url": "postgresql://u:s3cret@h/d", "pool": {"size": 0}}}})",
           R"({"databases": {"a": {"url": "postgresql://u:s3cret@h/d", "password": "s3cret" "lazy": 1}}})",
           R"({"databases": {"a": {"url": "postgresql://u:"s3cret"@h/d"}}})",
           R"({"databases": {"a": {"url": "postgresql://h/d", "password": "s3cret}}})",
           R"({"databases": {"a": {"url": "sqlite:a.db", "password": "s3cret", "lazy": "${PASSWORD}"}}})",
       }) {
    const std::string mistakes = mistakes_in(text, environment);
    EXPECT_NE(mistakes, "") << text;
    EXPECT_THAT(mistakes, Not(HasSubstr("s3cret"))) << text;
  }
}

TEST(Config, SchemasAreRelativeToTheFile) {
  const test::TemporaryDirectory directory;
  write(directory.path() / "dorm.json", R"({"schemas": "models"})");
  EXPECT_THAT(Config::load(directory.path() / "dorm.json").schemas, ElementsAre(directory.path() / "models"));
}

TEST(Config, AFileThatCannotBeReadIsNamed) {
  const test::TemporaryDirectory directory;
  EXPECT_THAT([&] { Config::load(directory.path() / "no.json"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("can't read the configuration file"), HasSubstr("no.json"))));
  EXPECT_THROW(Config::load(directory.path()), ConfigError);
}

TEST(Config, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.file("dorm.json");
  write(file, R"({"default": "app", "databases": {
    "app": {"url": "sqlite:file.db", "pragmas": {"synchronous": "off"}, "pool": {"size": 3}},
    "other": {"url": "sqlite:other.db"}}})");
  const auto all =
      variables({{"DORM_CONFIG", file}, {"DORM_DATABASE_URL", "sqlite:dorm.db"}, {"DATABASE_URL", "sqlite:url.db"}});
  const auto plain = variables({{"DORM_CONFIG", file}, {"DATABASE_URL", "sqlite:url.db"}, {"DORM_DATABASE_URL", ""}});
  const auto only_file = variables({{"DORM_CONFIG", file}});
  const auto url = [](const ConfigFlags& flags, const driver::Environment& environment) {
    return driver::find_config(flags, environment).database().url;
  };
  EXPECT_EQ(url({.url = "sqlite:flag.db", .file = {}, .database = {}}, all), "sqlite:flag.db");
  EXPECT_EQ(url({.url = {}, .file = file, .database = {}}, all), "sqlite:file.db");
  EXPECT_EQ(url({.url = {}, .file = {}, .database = "other"}, all), "sqlite:other.db");
  EXPECT_EQ(url({}, all), "sqlite:dorm.db");
  EXPECT_EQ(url({}, plain), "sqlite:url.db");
  EXPECT_EQ(url({}, only_file), "sqlite:file.db");
  EXPECT_EQ(url({.url = "sqlite:flag.db", .file = {}, .database = {}}, no_variables), "sqlite:flag.db");

  // The file's settings stay, what belonged to its URL goes.
  const DatabaseConfig database = driver::find_config({}, all).database();
  EXPECT_EQ(database.pool.size, 3U);
  EXPECT_TRUE(database.pragmas.empty());
  EXPECT_THROW(url({.url = "s3cret", .file = {}, .database = {}}, no_variables), ConfigError);
}

// ---- the JSON Schema beside the reader ----

class ConfigSchema : public testing::Test {
 protected:
  ConfigSchema() {
    std::ifstream file(std::string(DORM_SOURCE_DIR) + "/schemas/dorm-config.schema.json");
    std::vector<Diagnostic> mistakes;
    document_ = json::Document::read("schema", std::string(std::istreambuf_iterator<char>(file), {}), {}, mistakes);
    for (const Diagnostic& mistake : mistakes) ADD_FAILURE() << mistake.text();
  }

  static std::vector<std::string> keys(const json::Node& object) {
    std::vector<std::string> names;
    for (const json::Node* item : object.find("properties")->items()) names.push_back(item->name());
    return names;
  }
  const json::Node& root() const { return *document_->root(); }
  const json::Node& database() const {
    return *root().find("properties")->find("databases")->find("additionalProperties");
  }

 private:
  std::shared_ptr<const json::Document> document_;
};

TEST_F(ConfigSchema, ListsExactlyTheKeysTheReaderAccepts) {
  const driver::ConfigForm form = driver::config_form();
  EXPECT_THAT(keys(root()), UnorderedElementsAreArray(form.root));
  EXPECT_THAT(keys(database()), UnorderedElementsAreArray(form.database));
  EXPECT_THAT(keys(*database().find("properties")->find("pool")), UnorderedElementsAreArray(form.pool));
}

TEST_F(ConfigSchema, ListsExactlyTheWordsTheReaderAccepts) {
  for (const auto& [key, words] : driver::config_form().words) {
    std::vector<std::string> listed;
    for (const json::Node* word : database().find("properties")->find(key)->find("enum")->items())
      listed.push_back(word->text());
    EXPECT_THAT(listed, UnorderedElementsAreArray(words)) << key;
  }
}

}  // namespace
}  // namespace dorm
