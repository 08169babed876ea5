// SQLite's URLs and settings.
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "dorm/sqlite.hpp"
#include "driver/fixture.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/pragmas.hpp"
#include "sqlite/url.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string path_of(std::string_view url) { return *parse_url(url).find("path"); }

std::string config_error(std::string_view url) {
  try {
    parse_url(url);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(SqliteUrl, NamesAPath) {
  EXPECT_EQ(path_of("sqlite:rel.db"), "rel.db");
  EXPECT_EQ(path_of("sqlite:data/rel.db"), "data/rel.db");
  EXPECT_EQ(path_of("sqlite:/abs.db"), "/abs.db");
  EXPECT_EQ(path_of("sqlite:///abs.db"), "/abs.db");
  EXPECT_EQ(path_of("sqlite::memory:"), ":memory:");
  EXPECT_EQ(path_of("sqlite:a%20b%3Fc.db?mode=ro"), "a b?c.db");
}

TEST(SqliteUrl, TakesOptions) {
  const driver::ConnectOptions options =
      parse_url("sqlite:x.db?mode=ro&busy_timeout=250&synchronous=normal&statement_cache=7&statement_timeout_ms=900");
  EXPECT_EQ(*options.find("mode"), "ro");
  EXPECT_EQ(options.statement_cache, 7U);
  EXPECT_EQ(options.statement_timeout.count(), 900);
  EXPECT_THAT(options.pragmas, ElementsAre(Pair("busy_timeout", "250"), Pair("synchronous", "normal")));
  EXPECT_EQ(options.redacted(), "sqlite: path=x.db mode=ro busy_timeout=250 synchronous=normal");
}

TEST(SqliteUrl, IsInMemoryByPathOrMode) {
  EXPECT_TRUE(driver()->single_connection(parse_url("sqlite::memory:")));
  EXPECT_TRUE(driver()->single_connection(parse_url("sqlite:any?mode=memory")));
  EXPECT_FALSE(driver()->single_connection(parse_url("sqlite:any")));
}

TEST(SqliteUrl, MistakesSayHowToMendThem) {
  EXPECT_EQ(config_error("sqlite:x?busy_timeot=1"),
            "sqlite URL: unknown option 'busy_timeot'; did you mean 'busy_timeout'?");
  EXPECT_EQ(config_error("sqlite:x?zzz=1"), "sqlite URL: unknown option 'zzz'");
  EXPECT_EQ(config_error("sqlite:x?mode=rx"),
            "sqlite URL: mode must be one of 'ro', 'rw', 'rwc' and 'memory', not 'rx'; did you mean 'ro'?");
  EXPECT_EQ(config_error("sqlite:x?untrusted=yes"), "sqlite URL: option 'untrusted' must be 'on' or 'off', not 'yes'");
  EXPECT_EQ(config_error("sqlite:x?mode"), "sqlite URL: option 'mode' has no value; write 'option=value'");
  EXPECT_EQ(config_error("sqlite:x?mode=ro&mode=rw"), "sqlite URL: option 'mode' is given twice");
  EXPECT_EQ(config_error("sqlite:x?synchronous=ful"),
            "sqlite: pragma 'synchronous' must be one of 'off', 'normal', 'full', 'extra', '0', '1', '2' and '3', not "
            "'ful'; did you mean 'full'?");
  EXPECT_EQ(config_error("sqlite:x?busy_timeout=-1"),
            "sqlite: pragma 'busy_timeout' must be a whole number from 0 to 2147483647, not '-1'");
  EXPECT_EQ(config_error("sqlite:x?synchronous=full;drop"),
            "sqlite: pragma 'synchronous' must be one of 'off', 'normal', 'full', 'extra', '0', '1', '2' and '3', not "
            "'full;drop'");
  EXPECT_EQ(config_error("sqlite:x?statement_cache=many"),
            "sqlite URL: option 'statement_cache' must be a whole number, not 'many'");
  EXPECT_EQ(config_error("sqlite://host/x.db"),
            "sqlite URL: no host can be named; write 'sqlite:file.db' for a relative path or 'sqlite:///file.db' for "
            "an absolute one");
  EXPECT_EQ(config_error("sqlite:"), "sqlite URL: the path is missing; write 'sqlite:file.db' or 'sqlite::memory:'");
  EXPECT_EQ(config_error("sqlite:a%2"),
            "sqlite URL: '%' must be followed by two hexadecimal digits other than 00; write '%25' for itself");
  EXPECT_EQ(config_error("sqlite:a%00b"),
            "sqlite URL: '%' must be followed by two hexadecimal digits other than 00; write '%25' for itself");
  EXPECT_EQ(config_error(std::string("sqlite:a\0b", 10)), "sqlite URL: a zero byte in it");
  EXPECT_EQ(config_error("file:x"), "a sqlite URL begins with 'sqlite:'");
}

TEST(SqliteVersion, BeforeStrictTablesAndJsonOperatorsIsTooOld) {
  EXPECT_NO_THROW(check_version(3'038'000));
  EXPECT_THAT([] { check_version(3'037'002); },
              testing::ThrowsMessage<ConfigError>(
                  "sqlite.version_too_old: this program is linked to SQLite 3.37; use 3.38 or newer"));
}

class SqliteOpen : public testing::Test {
 protected:
  std::unique_ptr<driver::Connection> open(const std::string& options = "") const {
    return open_url("sqlite:" + file_ + options);
  }
  static std::unique_ptr<driver::Connection> open_url(const std::string& url) {
    return driver()->connect(parse_url(url), std::nullopt);
  }
  static std::string value(driver::Connection& connection, const std::string& pragma) {
    driver::Statement text;
    text.sql = "PRAGMA " + pragma;
    text.columns = {{Type{}, pragma}};
    test::Rows rows(text.columns);
    connection.execute(text, {}, &rows.sink(), std::nullopt);
    return rows.text();
  }

  test::TemporaryDirectory directory_;
  std::string file_ = directory_.file("x.db");
};

TEST_F(SqliteOpen, StartsSafe) {
  const auto connection = open();
  EXPECT_EQ(value(*connection, "foreign_keys"), "1");
  EXPECT_EQ(value(*connection, "journal_mode"), "wal");
  EXPECT_EQ(value(*connection, "synchronous"), "2");
  EXPECT_EQ(value(*connection, "trusted_schema"), "0");
  EXPECT_EQ(value(*open_url("sqlite::memory:"), "journal_mode"), "memory");
  EXPECT_EQ(value(*open_url("sqlite::memory:"), "foreign_keys"), "1");
}

TEST_F(SqliteOpen, DefensiveModeKeepsTheSchemaFromBeingWritten) {
  const auto connection = open();
  connection->execute_script("PRAGMA writable_schema = ON", std::nullopt);
  EXPECT_THROW(connection->execute_script("UPDATE sqlite_schema SET sql = ''", std::nullopt), DatabaseError);
}

TEST_F(SqliteOpen, PragmasReplaceTheDefaults) {
  const auto connection =
      open("?journal_mode=delete&synchronous=extra&foreign_keys=off&cache_size=-3000&page_size=1024");
  EXPECT_EQ(value(*connection, "journal_mode"), "delete");
  EXPECT_EQ(value(*connection, "synchronous"), "3");
  EXPECT_EQ(value(*connection, "foreign_keys"), "0");
  EXPECT_EQ(value(*connection, "cache_size"), "-3000");
  EXPECT_EQ(value(*connection, "page_size"), "1024");
}

TEST_F(SqliteOpen, UnknownPragmasAreRefused) {
  driver::ConnectOptions options = parse_url("sqlite:" + file_);
  options.pragmas = {{"writable_schema", "on"}};
  EXPECT_THAT([&] { driver()->connect(options, std::nullopt); },
              testing::ThrowsMessage<ConfigError>("sqlite: unknown pragma 'writable_schema'"));
}

TEST_F(SqliteOpen, AReadOnlyDatabaseRefusesToBeWritten) {
  open()->execute_script("CREATE TABLE t (n integer)", std::nullopt);
  const auto connection = open("?mode=ro");
  EXPECT_THROW(connection->execute_script("INSERT INTO t VALUES (1)", std::nullopt), ReadOnly);
}

TEST_F(SqliteOpen, AMissingFileIsATransientFailureUnlessItMayBeMade) {
  try {
    open("?mode=rw");
    FAIL();
  } catch (const ConnectFailed& error) {
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.code(), "14");
    EXPECT_EQ(std::string(error.what()),
              "sqlite: cannot open '" + file_ + "': unable to open database file (no such file or directory)");
  }
}

TEST_F(SqliteOpen, AFileThatIsNoDatabaseIsAPermanentFailure) {
  FILE* file = std::fopen(file_.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("this is not a database\n", file);
  std::fclose(file);
  try {
    open();
    FAIL();
  } catch (const ConnectFailed& error) {
    EXPECT_FALSE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("file is not a database"));
  }
}

TEST_F(SqliteOpen, CodeInAnUntrustedFileDoesNotRun) {
  open()->execute_script(
      "CREATE TABLE t (n integer); CREATE VIEW v AS SELECT 1 AS n; CREATE TABLE noted (n integer);"
      "CREATE TRIGGER note AFTER INSERT ON t BEGIN INSERT INTO noted VALUES (new.n); END",
      std::nullopt);
  const auto connection = open("?untrusted=on");
  connection->execute_script("INSERT INTO t VALUES (1)", std::nullopt);
  EXPECT_THROW(connection->execute_script("SELECT n FROM v", std::nullopt), SchemaMismatch);
  EXPECT_THROW(connection->execute_script("ATTACH ':memory:' AS other", std::nullopt), Error);
  EXPECT_EQ(value(*connection, "cell_size_check"), "1");
  driver::Statement count;
  count.sql = "SELECT count(*) FROM noted";
  count.columns = {{test::type_of(TypeKind::bigint), "count"}};
  test::Rows rows(count.columns);
  connection->execute(count, {}, &rows.sink(), std::nullopt);
  EXPECT_EQ(rows.text(), "0");
}

TEST_F(SqliteOpen, ManyMayOpenANewFileAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      open()->execute_script("CREATE TABLE IF NOT EXISTS t (n integer); INSERT INTO t VALUES (1)", std::nullopt);
      ++opened;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 8);
}

TEST_F(SqliteOpen, AFileNamedLikeAUriIsAFile) {
  const auto connection = open_url("sqlite:" + directory_.file("file:a%3Fmode=memory"));
  connection->execute_script("CREATE TABLE t (n integer)", std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(directory_.file("file:a?mode=memory")));
}

}  // namespace
}  // namespace dorm::sqlite
