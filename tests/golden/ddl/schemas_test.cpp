// The tables of whole schemas on both backends: the order in which they are made and dropped.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "golden/ddl/sqlite_file.hpp"
#include "migrate/ddl.hpp"
#include "postgres/dialect.hpp"
#include "sqlite/dialect.hpp"
#include "support/golden.hpp"

namespace dorm::test {
namespace {

std::vector<std::string> texts(const std::vector<sql::ddl::Statement>& statements, const sql::Dialect& dialect) {
  std::vector<std::string> all;
  for (const sql::ddl::Statement& statement : statements)
    for (std::string& text : dialect.lower(statement)) all.push_back(std::move(text));
  return all;
}

std::string joined(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& statement : statements) text += statement + ";\n";
  return text;
}

class Schemas : public testing::TestWithParam<std::string> {};

TEST_P(Schemas, AreMadeAndDroppedAsTheFileSays) {
  Golden golden(GetParam());
  const Registry registry = Registry::parse(golden.input());
  for (const sql::Dialect* dialect : {&sqlite::dialect(), &postgres::dialect()}) {
    const std::string name(dialect->name());
    golden.expect(name, joined(texts(migrate::create_statements(registry, *dialect), *dialect)));
    golden.expect(name + " drop", joined(texts(migrate::drop_statements(registry, *dialect), *dialect)));
  }
}

#ifdef DORM_TEST_SQLITE3

TEST_P(Schemas, AreMadeTwiceAndDroppedBySqlite) {
  const Registry registry = Registry::parse(Golden(GetParam()).input());
  const sql::Dialect& dialect = sqlite::dialect();
  SqliteFile file;
  for (int i = 0; i < 2; ++i)
    for (const std::string& text : texts(migrate::create_statements(registry, dialect), dialect))
      EXPECT_EQ(file.execute(text), "") << text;
  EXPECT_EQ(file.value("SELECT count(*) FROM pragma_foreign_key_check"), "0");
  EXPECT_EQ(file.execute("BEGIN"), "");
  for (const std::string& text : texts(migrate::drop_statements(registry, dialect), dialect))
    EXPECT_EQ(file.execute(text), "") << text;
  EXPECT_EQ(file.execute("COMMIT"), "");
  EXPECT_EQ(file.value("SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"), "0");
}

#endif

INSTANTIATE_TEST_SUITE_P(Golden, Schemas, testing::ValuesIn(golden_files("ddl/schemas")), [](const auto& file) {
  const std::size_t slash = file.param.rfind('/');
  return file.param.substr(slash + 1, file.param.rfind('.') - slash - 1);
});

#ifdef DORM_TEST_SQLITE3

TEST(Drop, TablesOfACycleGoWithTheirRows) {
  const Registry registry = Registry::parse(Golden("ddl/schemas/cycle.txt").input());
  const sql::Dialect& dialect = sqlite::dialect();
  SqliteFile file;
  for (const std::string& text : texts(migrate::create_statements(registry, dialect), dialect)) file.execute(text);
  ASSERT_EQ(file.execute("INSERT INTO department (id, name, head_id) VALUES (1, 'd', NULL);"
                         "INSERT INTO employee (id, name, department_id, boss_id) VALUES (1, 'e', 1, 1);"
                         "UPDATE department SET head_id = 1"),
            "");
  ASSERT_EQ(file.execute("BEGIN"), "");
  for (const std::string& text : texts(migrate::drop_statements(registry, dialect), dialect))
    EXPECT_EQ(file.execute(text), "") << text;
  EXPECT_EQ(file.execute("COMMIT"), "");
}

#endif

TEST(Create, AListOfModelsBringsTheLinkModelsBetweenThem) {
  const Registry registry = Registry::parse(Golden("ddl/schemas/cycle.txt").input());
  const std::vector<std::uint32_t> two{registry.get("Employee").id, registry.get("Project").id};
  const std::vector<std::uint32_t> one{registry.get("Employee").id};
  const auto tables = [&](const std::vector<std::uint32_t>& models) {
    std::vector<std::string> names;
    for (const sql::ddl::Statement& each : migrate::create_statements(registry, sqlite::dialect(), models))
      if (const auto* table = std::get_if<sql::ddl::CreateTable>(&each)) names.push_back(table->table.name);
    return names;
  };
  EXPECT_EQ(tables(two), (std::vector<std::string>{"employee", "project", "employee_projects"}));
  EXPECT_EQ(tables(one), std::vector<std::string>{"employee"});
}

TEST(Create, ASchemaComesOnceBeforeTheFirstTableInIt) {
  SchemaOptions options;
  options.dialects = {"postgres"};
  const Registry registry = Registry::parse(R"({"dorm": 1, "models": {
    "Author": {"fields": {}},
    "Book": {"db_schema": "shop", "fields": {"author": {"type": "foreign_key", "to": "Author"}}},
    "Pen": {"db_schema": "shop", "fields": {}},
    "Ink": {"db_schema": "store", "fields": {}},
    "View": {"managed": false, "db_schema": "elsewhere", "fields": {"id": {"type": "bigint", "primary_key": true}}}}})",
                                            options);
  std::vector<std::string> made;
  for (const sql::ddl::Statement& each : migrate::create_statements(registry, postgres::dialect())) {
    if (const auto* schema = std::get_if<sql::ddl::CreateSchema>(&each)) made.push_back("schema " + schema->name);
    if (const auto* table = std::get_if<sql::ddl::CreateTable>(&each)) made.push_back(table->table.name);
  }
  EXPECT_EQ(made, (std::vector<std::string>{"author", "schema shop", "book", "pen", "schema store", "ink"}));
}

}  // namespace
}  // namespace dorm::test
