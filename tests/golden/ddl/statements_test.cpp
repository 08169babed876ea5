// DDL as both dialects write it, and SQLite's word on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dorm/error.hpp"
#include "golden/ddl/sqlite_file.hpp"
#include "golden/ddl/statement_cases.hpp"
#include "postgres/dialect.hpp"
#include "sqlite/dialect.hpp"
#include "support/golden.hpp"

namespace dorm::test {
namespace {

void expect(Golden& golden, const DdlCase& each, const sql::Dialect& dialect) {
  const std::string section = each.name + ": " + std::string(dialect.name());
  try {
    std::string text;
    for (const std::string& statement : dialect.lower(each.statement)) text += statement + ";\n";
    golden.expect(section, text);
  } catch (const Error& error) {
    golden.expect(section + " error", error.what());
  }
}

TEST(Ddl, WritesWhatTheFileSays) {
  Golden golden("ddl/statements.txt");
  for (const DdlCase& each : ddl_cases()) {
    expect(golden, each, sqlite::dialect());
    expect(golden, each, postgres::dialect());
  }
}

TEST(Ddl, EveryKindOfStatementHasACase) {
  std::set<std::size_t> kinds;
  for (const DdlCase& each : ddl_cases()) kinds.insert(each.statement.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<sql::ddl::Statement>);
}

#ifdef DORM_TEST_SQLITE3

void make(SqliteFile& file, std::string_view name) {
  for (const DdlCase& each : ddl_cases()) {
    if (each.name != name) continue;
    for (const std::string& text : sqlite::dialect().lower(each.statement)) EXPECT_EQ(file.execute(text), "");
  }
}

TEST(Ddl, IsExecutedBySqlite) {
  SqliteFile file;
  for (const DdlCase& each : ddl_cases()) {
    std::vector<std::string> texts;
    try {
      texts = sqlite::dialect().lower(each.statement);
    } catch (const Error&) {
      continue;
    }
    for (const std::string& text : texts) EXPECT_EQ(file.execute(text), "") << each.name << ": " << text;
  }
}

// The defaults are there when a row is, and mean what was said.
TEST(Ddl, DefaultsMeanOnSqliteWhatTheySay) {
  SqliteFile file;
  make(file, "table of every default");
  ASSERT_EQ(file.execute("INSERT INTO every_default (given) VALUES ('x')"), "");
  EXPECT_EQ(file.value("SELECT yes || ',' || no || ',' || negative || ',' || smallest || ',' || price || ',' || big "
                       "FROM every_default"),
            "1,0,-5,-9223372036854775808,-15000,12345678901234567890.50");
  EXPECT_EQ(file.value("SELECT typeof(smallest) || ',' || typeof(whole) || ',' || typeof(bytes) FROM every_default"),
            "integer,real,blob");
  EXPECT_EQ(file.value("SELECT word || path || hex(bytes) FROM every_default"), "it's \"quoted\"C:\\temp00FF5C");
  EXPECT_EQ(file.value("SELECT instant || ',' || wall_clock FROM every_default"),
            "2026-11-21 12:45:00.000000,2026-11-21 13:45:00.000000");
  EXPECT_THAT(file.value("SELECT now_instant FROM every_default"), testing::MatchesRegex("....-..-.. ..:..:......000"));
  EXPECT_THAT(file.value("SELECT random_uuid FROM every_default"),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(Ddl, ChecksOfTypesHoldOnSqlite) {
  SqliteFile file;
  make(file, "table of every type");
  const std::string columns =
      "INSERT INTO every_type (a_boolean, a_smallint, a_real, a_double, money, huge, short_string, a_text, bytes, "
      "a_uuid, "
      "a_blob_uuid, a_date, a_time, instant, wall_clock, document, choice) VALUES ";
  const auto row = [&](const std::string& boolean, const std::string& string, const std::string& json,
                       const std::string& choice) {
    return columns + "(" + boolean + ", 1, 1.5, 1.5, 1, '1', " + string + ", '', X'', '', X'', '', '', '', '', " +
           json + ", " + choice + ")";
  };
  EXPECT_EQ(file.execute(row("1", "'x'", "'{}'", "NULL")), "");
  EXPECT_EQ(file.execute(row("1", "'x'", "'{}'", "'don''t know'")), "");
  EXPECT_THAT(file.execute(row("2", "'x'", "'{}'", "NULL")), testing::HasSubstr("CHECK"));
  EXPECT_THAT(file.execute(row("1", "'" + std::string(31, 'x') + "'", "'{}'", "NULL")), testing::HasSubstr("CHECK"));
  EXPECT_THAT(file.execute(row("1", "'x'", "'{'", "NULL")), testing::HasSubstr("CHECK"));
  EXPECT_THAT(file.execute(row("1", "'x'", "'{}'", "'maybe'")), testing::HasSubstr("every_type_choice_check"));
  EXPECT_THAT(file.execute(row("'1x'", "'x'", "'{}'", "NULL")), testing::HasSubstr("INTEGER"));
}

#endif

}  // namespace
}  // namespace dorm::test
