// What only SQLite does: rollback behind our back, storage classes, functions of dorm's own.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "dorm/sqlite.hpp"
#include "driver/fixture.hpp"
#include "sqlite/writer_queue.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

using namespace std::chrono_literals;
using driver::TransactionStatus;
using testing::HasSubstr;

std::vector<Backend> sqlite_backends() {
  std::vector<Backend> result;
  for (const Backend& backend : backends())
    if (backend.driver->name() == "sqlite") result.push_back(backend);
  return result;
}

class Sqlite : public DriverTest {
 protected:
  static Type legacy(TypeKind kind) {
    Type type = type_of(kind);
    type.storage = Storage::legacy;
    return type;
  }
  std::string read(const std::string& literal, const Type& type) {
    return query("SELECT " + literal, std::vector<Type>{type}).text();
  }
  void refuse(const std::string& literal, const Type& type) {
    EXPECT_THAT(thrown<DataError>([&] { read(literal, type); }).what(), HasSubstr("Thing.column0")) << literal;
  }
};

// ---- transactions that SQLite ends by itself ----

TEST_P(Sqlite, AFullDatabaseLosesTheTransaction) {
  connection_ = GetParam().driver->connect(GetParam().driver->parse_url(url_ + "?max_page_count=20"), std::nullopt);
  script("CREATE TABLE numbers (n integer PRIMARY KEY, filler text)");
  connection().begin({}, std::nullopt);
  const auto insert = [&](int n) {
    run("INSERT INTO numbers VALUES (?, ?)",
        {{type_of(TypeKind::integer), n}, {type_of(TypeKind::text), std::string(20'000, 'x')}});
  };
  const DiskFull error = thrown<DiskFull>([&] {
    for (int n = 0; n < 100; ++n) insert(n);
  });
  EXPECT_EQ(error.transaction(), TransactionState::gone);
  EXPECT_EQ(error.code(), "13");
  EXPECT_EQ(connection().status(), TransactionStatus::lost);
  // Were it to run, it would be half a transaction.
  EXPECT_EQ(thrown<StateError>([&] { insert(0); }).transaction(), TransactionState::gone);
  thrown<StateError>([&] { script("INSERT INTO numbers VALUES (0, '')"); });
  thrown<StateError>([&] { connection().commit(std::nullopt); });
  thrown<StateError>([&] { connection().savepoint("s", std::nullopt); });
  connection().rollback(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 0);
  insert(1);
  EXPECT_EQ(query("PRAGMA integrity_check", {TypeKind::unknown}).text(), "ok");
}

TEST_P(Sqlite, AnInterruptedWriteLosesTheTransaction) {
  script("CREATE TABLE numbers (n integer)");
  connection().begin({}, std::nullopt);
  run("INSERT INTO numbers VALUES (1)");
  const driver::Statement slow =
      statement("INSERT INTO numbers WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT i FROM r");
  const StatementTimeout error =
      thrown<StatementTimeout>([&] { connection().execute(slow, {}, nullptr, driver::Clock::now() + 30ms); });
  EXPECT_EQ(error.transaction(), TransactionState::gone);
  EXPECT_EQ(connection().status(), TransactionStatus::lost);
  connection().rollback(std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 0);
}

TEST_P(Sqlite, AScriptsOwnTransactionIsItsOwnBusiness) {
  script("CREATE TABLE numbers (n integer PRIMARY KEY); BEGIN; INSERT INTO numbers VALUES (1)");
  thrown<UniqueViolation>([&] { run("INSERT INTO numbers VALUES (1)"); });
  EXPECT_EQ(connection().status(), TransactionStatus::open);
  script("COMMIT");
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 1);
}

TEST_P(Sqlite, AResetEndsATransactionThatAScriptBegan) {
  script("CREATE TABLE numbers (n integer); BEGIN; INSERT INTO numbers VALUES (1)");
  EXPECT_EQ(connection().status(), TransactionStatus::open);
  connection().reset(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 0);
}

TEST_P(Sqlite, DeferredForeignKeysAreCheckedAtCommit) {
  script(
      "CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (a integer REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
  connection().begin({}, std::nullopt);
  run("INSERT INTO b VALUES (7)");
  thrown<ForeignKeyViolation>([&] { connection().commit(std::nullopt); });
  connection().rollback(std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM b"), 0);
}

// ---- locks ----

TEST_P(Sqlite, AWriterWaitsForTheOtherAsLongAsItsBusyTimeout) {
  if (!is_shared()) return;
  script("CREATE TABLE numbers (n integer)");
  connection().begin({}, std::nullopt);
  run("INSERT INTO numbers VALUES (1)");
  const auto other = GetParam().driver->connect(GetParam().driver->parse_url(url_ + "?busy_timeout=20"), std::nullopt);
  const LockTimeout error = thrown<LockTimeout>([&] { other->begin({}, std::nullopt); });
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.code(), "5");
  EXPECT_EQ(other->status(), TransactionStatus::idle);
  connection().commit(std::nullopt);
  other->begin({}, std::nullopt);
  other->rollback(std::nullopt);
}

TEST_P(Sqlite, AnUpgradeOfAnOldSnapshotIsASerializationFailure) {
  if (!is_shared()) return;
  script("CREATE TABLE numbers (n integer)");
  driver::TransactionOptions deferred;
  deferred.lock = driver::LockMode::deferred;
  connection().begin(deferred, std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 0);
  connect()->execute_script("INSERT INTO numbers VALUES (1)", std::nullopt);
  EXPECT_TRUE(thrown<SerializationFailure>([&] { run("INSERT INTO numbers VALUES (2)"); }).retryable());
  connection().rollback(std::nullopt);
}

TEST_P(Sqlite, ManyWritersLoseNothing) {
  if (!is_shared()) return;
  script("CREATE TABLE counter (n integer); INSERT INTO counter VALUES (0)");
  constexpr int writers = 4;
  constexpr int rounds = 50;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back([&] {
      const auto own = connect();
      const driver::Statement add = statement("UPDATE counter SET n = n + 1");
      for (int round = 0; round < rounds; ++round) {
        try {
          own->begin({}, std::nullopt);
          own->execute(add, {}, nullptr, std::nullopt);
          own->commit(std::nullopt);
        } catch (const Error&) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(number("SELECT n FROM counter"), writers * rounds);
}

// Without a line to stand in, SQLite lets whoever asks at the right moment write, and some wait for ever.
TEST_P(Sqlite, WritersTakeTurns) {
  if (!is_shared()) return;
  script("CREATE TABLE turns (n integer PRIMARY KEY, writer integer)");
  const auto line = sqlite::WriterQueue::of(url_.substr(url_.find(':') + 1).c_str());
  ASSERT_NE(line, nullptr);
  connection().begin({}, std::nullopt);
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const auto own = connect();
      const driver::Statement note = statement("INSERT INTO turns (writer) VALUES (" + std::to_string(i) + ")");
      const bool in_transaction = i % 2 == 0;
      if (in_transaction) own->begin({}, std::nullopt);
      own->execute(note, {}, nullptr, std::nullopt);
      if (in_transaction) own->commit(std::nullopt);
    });
    while (line->waiting() != threads.size()) std::this_thread::yield();
  }
  connection().rollback(std::nullopt);
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(number("SELECT writer FROM turns WHERE n = " + std::to_string(i + 1)), i);
  EXPECT_EQ(line->waiting(), 0U);
}

TEST_P(Sqlite, AForkedChildLeavesTheLineAlone) {
  if (!is_shared()) return;
  const auto line = sqlite::WriterQueue::of(url_.substr(url_.find(':') + 1).c_str());
  connection().begin({}, std::nullopt);
  std::atomic<bool> done = false;
  // Some of the children are made while this thread has the line locked.
  std::thread busy([&] {
    while (!done) static_cast<void>(line->waiting());
  });
  int stuck = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(5);
      connection_.reset();
      ::_exit(0);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    stuck += status == 0 ? 0 : 1;
  }
  done = true;
  busy.join();
  EXPECT_EQ(stuck, 0);
  connection().rollback(std::nullopt);
}

TEST_P(Sqlite, AWriterThatWaitsInLineIsTimedOutAndCancelled) {
  if (!is_shared()) return;
  script("CREATE TABLE numbers (n integer)");
  connection().begin({}, std::nullopt);
  const auto other = connect();
  const driver::Statement write = statement("INSERT INTO numbers VALUES (1)");
  thrown<StatementTimeout>([&] { other->execute(write, {}, nullptr, driver::Clock::now() + 30ms); });
  thrown<StatementTimeout>([&] { other->begin({}, driver::Clock::now() + 30ms); });
  connection().rollback(std::nullopt);
  EXPECT_EQ(other->execute(write, {}, nullptr, std::nullopt).affected, 1) << "the next one takes its turn";
}

TEST_P(Sqlite, CancelEndsAWaitForALock) {
  if (!is_shared()) return;
  script("CREATE TABLE numbers (n integer)");
  connection().begin({}, std::nullopt);
  const auto other = connect();
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done) {
      other->cancel();
      std::this_thread::sleep_for(1ms);
    }
  });
  thrown<Cancelled>([&] { other->begin({}, std::nullopt); });
  done = true;
  canceller.join();
  connection().rollback(std::nullopt);
}

TEST_P(Sqlite, ACancelThatComesLateNeverHitsTheNextStatement) {
  std::atomic<bool> done{false};
  std::atomic<int> cancelled{0};
  const driver::Statement text = statement("SELECT 1", {}, {TypeKind::bigint});
  std::thread canceller([&] {
    while (!done) connection().cancel();
  });
  for (int i = 0; i < 1000; ++i) {
    try {
      connection().execute(text, {}, nullptr, std::nullopt);
    } catch (const Cancelled&) {
      ++cancelled;
    }
  }
  done = true;
  canceller.join();
  EXPECT_EQ(number("SELECT 1"), 1);
}

// ---- storage classes ----

TEST_P(Sqlite, AnotherStorageClassIsRefusedUnlessTheTableIsLegacy) {
  refuse("'1'", type_of(TypeKind::bigint));
  refuse("1.5", type_of(TypeKind::bigint));
  refuse("2", type_of(TypeKind::boolean));
  refuse("'x'", type_of(TypeKind::double_precision));
  refuse("1", type_of(TypeKind::text));
  refuse("x'00'", type_of(TypeKind::text));
  refuse("'x'", type_of(TypeKind::binary));
  refuse("1.5", decimal_of(10, 2));
  refuse("'not a uuid'", type_of(TypeKind::uuid));
  refuse("x'00'", type_of(TypeKind::uuid));
  refuse("'2026-13-01'", type_of(TypeKind::date));
  refuse("'2026-02-29'", type_of(TypeKind::date));
  refuse("'24:00:00.000000'", type_of(TypeKind::time));
  refuse("'2026-02-30 00:00:00.000000'", type_of(TypeKind::datetime));
  refuse("'2026-02-28 00:00:60.000000'", type_of(TypeKind::datetime));
  refuse("'2026-02-28X00:00:00.000000'", type_of(TypeKind::datetime));
  refuse("'2026-02-28 00:0a:00.000000'", type_of(TypeKind::datetime));
  refuse("1", type_of(TypeKind::datetime));
  refuse("1", type_of(TypeKind::json));
}

TEST_P(Sqlite, LegacyTablesAreReadWhereNothingIsLost) {
  EXPECT_EQ(read("'12'", legacy(TypeKind::bigint)), "12");
  EXPECT_EQ(read("12.0", legacy(TypeKind::bigint)), "12");
  EXPECT_EQ(read("'t'", legacy(TypeKind::boolean)), "true");
  EXPECT_EQ(read("'FALSE'", legacy(TypeKind::boolean)), "false");
  EXPECT_EQ(read("1.0", legacy(TypeKind::boolean)), "true");
  EXPECT_EQ(read("'1.5'", legacy(TypeKind::double_precision)), "1.5");
  EXPECT_EQ(read("7", legacy(TypeKind::text)), "7");
  EXPECT_EQ(read("0.1", legacy(TypeKind::text)), "0.1");
  EXPECT_EQ(read("x'6162'", legacy(TypeKind::text)), "ab");
  EXPECT_EQ(read("x'f81d4fae7dec11d0a76500a0c91e6bf6'", legacy(TypeKind::uuid)),
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(read("'F81D4FAE7DEC11D0A76500A0C91E6BF6'", legacy(TypeKind::uuid)), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(read("'2026-11-21T12:00Z'", legacy(TypeKind::datetime)), "2026-11-21 12:00:00.000000");
  EXPECT_EQ(read("86400", legacy(TypeKind::datetime)), "1970-01-02 00:00:00.000000");
  EXPECT_EQ(read("'2026-11-21 00:00:00'", legacy(TypeKind::date)), "2026-11-21");
  EXPECT_EQ(read("5", legacy(TypeKind::json)), "5");
  EXPECT_EQ(read("null", legacy(TypeKind::bigint)), "null");
  refuse("'12x'", legacy(TypeKind::bigint));
  refuse("1.5", legacy(TypeKind::bigint));
  refuse("1e19", legacy(TypeKind::bigint));
  refuse("'maybe'", legacy(TypeKind::boolean));
  refuse("x'ff'", legacy(TypeKind::text));
  refuse("'2026-11-21 00:00:01'", legacy(TypeKind::date));
}

TEST_P(Sqlite, LegacyDecimalsAreRealNumbersOfFifteenDigits) {
  Type type = decimal_of(10, 2);
  type.storage = Storage::legacy;
  EXPECT_EQ(read("12.5", type), "12.50");
  EXPECT_EQ(read("12", type), "12.00");
  EXPECT_EQ(read("'12.125'", type), "12.125");
  EXPECT_EQ(read("0.1", type), "0.10");
  refuse("0.1 + 0.2", type);
  script("CREATE TABLE prices (price numeric)");
  run("INSERT INTO prices VALUES (?)", {{type, Cell::of_decimal(1250, 2)}});
  EXPECT_EQ(query("SELECT price, typeof(price) FROM prices", std::vector<Type>{type, type_of(TypeKind::text)}).text(),
            "12.50|real");
  EXPECT_EQ(number("SELECT count(*) FROM prices WHERE price = ?", {{type, Cell::of_decimal(125, 1)}}), 1);
  thrown<DataError>([&] {
    run("INSERT INTO prices VALUES (?)", {{type, Cell::of_decimal(123'456'789'012'345'678, 2)}});
  });
}

TEST_P(Sqlite, AnIntegerIsARealNumberWhereNothingIsLost) {
  EXPECT_EQ(read("9007199254740992", type_of(TypeKind::double_precision)),
            read("9007199254740992.0", type_of(TypeKind::double_precision)));
  refuse("9007199254740993", type_of(TypeKind::double_precision));
}

TEST_P(Sqlite, ShorterDatetimesAreRead) {
  EXPECT_EQ(read("'2026-11-21 12:34:56'", type_of(TypeKind::datetime)), "2026-11-21 12:34:56.000000");
  EXPECT_EQ(read("'12:34'", type_of(TypeKind::time)), "12:34:00.000000");
}

TEST_P(Sqlite, EveryDayIsReadAndWritten) {
  // All days of four centuries, through both parsers.
  script("CREATE TABLE days (d text, t text)");
  const driver::Statement insert =
      statement("INSERT INTO days VALUES (?, ?)", {{type_of(TypeKind::date), 0}, {type_of(TypeKind::datetime), 0}});
  connection().begin({}, std::nullopt);
  constexpr std::int64_t first = -135'140;  // 1600-01-01
  constexpr std::int64_t count = 146'097 / 7;
  for (std::int64_t i = 0; i < count; ++i) {
    const Cell values[2] = {Cell::of_count(CellTag::date, first + i * 7),
                            Cell::of_count(CellTag::datetime, (first + i * 7) * 86'400'000'000 + i)};
    connection().execute(insert, values, nullptr, std::nullopt);
  }
  connection().commit(std::nullopt);
  const Rows rows =
      query("SELECT d, t, julianday(d) = julianday('1970-01-01') + (rowid - 1) * 7 - 135140 FROM days ORDER BY rowid",
            {TypeKind::date, TypeKind::datetime, TypeKind::boolean});
  ASSERT_EQ(rows.size(), count);
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows.at(i, 0).integer, first + i * 7);
    ASSERT_EQ(rows.at(i, 1).integer, (first + i * 7) * 86'400'000'000 + i);
    ASSERT_EQ(rows.at(i, 2).integer, 1);
  }
}

TEST_P(Sqlite, AUuidMayLieInABlob) {
  Type type = type_of(TypeKind::uuid);
  type.storage = Storage::blob;
  script("CREATE TABLE ids (id blob PRIMARY KEY) STRICT");
  run("INSERT INTO ids VALUES (?)", {{type, Argument(CellTag::uuid, "0123456789abcdef")}});
  EXPECT_EQ(query("SELECT id, typeof(id), length(id) FROM ids",
                  std::vector<Type>{type, type_of(TypeKind::text), type_of(TypeKind::bigint)})
                .text(),
            "30313233-3435-3637-3839-616263646566|blob|16");
  const Parameters list{{type, Argument(std::vector<Argument>{Argument(CellTag::uuid, "0123456789abcdef")}), true}};
  EXPECT_THAT(thrown<DataError>([&] {
                number("SELECT count(*) FROM ids WHERE id IN (SELECT value FROM json_each(?))", list);
              }).what(),
              HasSubstr("placeholder"));
}

TEST_P(Sqlite, TextLiesInTheDocumentedForm) {
  const Parameters values{{type_of(TypeKind::datetime), Cell::of_count(CellTag::datetime, 1)},
                          {type_of(TypeKind::date), Cell::of_count(CellTag::date, -1)},
                          {type_of(TypeKind::time), Cell::of_count(CellTag::time, 86'399'999'999)},
                          {decimal_of(18, 3), Cell::of_decimal(15, 1)},
                          {decimal_of(20, 3), Cell::of_decimal(15, 1)},
                          {type_of(TypeKind::boolean), Cell::of_boolean(true)}};
  EXPECT_EQ(query("SELECT ?, ?, ?, ?, ?, ?", std::vector<TypeKind>(6, TypeKind::unknown), values).text(),
            "1970-01-01 00:00:00.000001|1969-12-31|23:59:59.999999|1500|1.500|1");
}

TEST_P(Sqlite, ADecimalWithoutATypeIsRefusedWhereItsScaleMatters) {
  thrown<DataError>([&] { number("SELECT ?", {{Type{}, Cell::of_decimal(15, 1)}}); });
  EXPECT_EQ(number("SELECT ?", {{Type{}, Cell::of_decimal(150, 1)}}), 15);
  thrown<DataError>([&] { number("SELECT ?", {{decimal_of(10, 2), 1.5}}); });
  thrown<DataError>([&] { number("SELECT ?", {{decimal_of(10, 2), Cell::of_decimal(1005, 3)}}); });
}

TEST_P(Sqlite, AStrictTableRefusesAnotherType) {
  script("CREATE TABLE t (n integer) STRICT");
  const DataError error = thrown<DataError>([&] {
    run("INSERT INTO t VALUES (?)", {{type_of(TypeKind::text), "secret"}});
  });
  EXPECT_EQ(error.table(), "t");
  EXPECT_EQ(error.column(), "n");
  EXPECT_THAT(error.what(), testing::Not(HasSubstr("secret")));
}

TEST_P(Sqlite, AGeneratedKeyIsReported) {
  script("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n integer)");
  EXPECT_EQ(run("INSERT INTO t (n) VALUES (1)").last_insert_id, 1);
  EXPECT_EQ(run("INSERT INTO t (n) VALUES (2), (3)").last_insert_id, 3);
}

TEST_P(Sqlite, OnlyOneStatementIsRunAtATime) {
  EXPECT_THAT(thrown<QueryError>([&] { run("SELECT 1; SELECT 2"); }).what(), HasSubstr("only one statement"));
  EXPECT_THAT(thrown<QueryError>([&] { run("-- nothing"); }).what(), HasSubstr("empty"));
  EXPECT_NO_THROW(run("SELECT 1; -- and a remark\n ;"));
}

TEST_P(Sqlite, ExtensionsAreNotLoaded) {
  thrown<DataError>([&] { number("SELECT load_extension('x')"); });
}

// ---- functions of dorm's own ----

struct LikeCase {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST_P(Sqlite, LikeIsThatOfPostgresql) {
  const std::vector<LikeCase> cases{
      {"", "", true},
      {"", "a", false},
      {"%", "", true},
      {"%", "abc", true},
      {"_", "", false},
      {"_", "\xC5\xBC", true},
      {"__", "\xC5\xBC", false},
      {"a%", "abc", true},
      {"A%", "abc", false},
      {"%c", "abc", true},
      {"a%c", "abbc", true},
      {"a%c", "abbd", false},
      {"%b%", "abc", true},
      {"%b%b%", "abc", false},
      {"%ab%ab%", "abxab", true},
      {"a\\%", "a%", true},
      {"a\\%", "ab", false},
      {"a\\_c", "abc", false},
      {"a\\_c", "a_c", true},
      {"a\\\\", "a\\", true},
      {"a\\", "a\\", false},
      {"\\a", "a", true},
      {"%_\xC5\xBC", "x\xC5\xBC", true},
      {"%%%", "", true},
      {"_%_", "a", false},
      {"%aab", "aaaaaab", true},
      {"x%", "", false},
  };
  for (const LikeCase& c : cases) {
    EXPECT_EQ(
        number("SELECT dorm_like(?, ?)", {{type_of(TypeKind::text), c.pattern}, {type_of(TypeKind::text), c.text}}),
        c.matches ? 1 : 0)
        << "'" << c.text << "' like '" << c.pattern << "'";
  }
  EXPECT_EQ(read("dorm_like(NULL, 'x')", Type{}), "null");
  EXPECT_EQ(read("dorm_like('x', NULL)", Type{}), "null");
}

TEST_P(Sqlite, ManyPercentSignsAreNoTrap) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "%a";
  EXPECT_EQ(number("SELECT dorm_like(?, ?)",
                   {{type_of(TypeKind::text), pattern + "b"}, {type_of(TypeKind::text), std::string(20'000, 'a')}}),
            0);
}

TEST_P(Sqlite, RegexpSearches) {
  EXPECT_EQ(number("SELECT 'hello world' REGEXP 'o w'"), 1);
  EXPECT_EQ(number("SELECT 'hello' REGEXP '^H'"), 0);
  EXPECT_EQ(number("SELECT dorm_iregexp(?, 'hello')", {{type_of(TypeKind::text), "^H"}}), 1);
  EXPECT_EQ(number("SELECT 'hello' NOT REGEXP 'l+'"), 0);
  EXPECT_EQ(read("NULL REGEXP 'x'", Type{}), "null");
  EXPECT_THAT(thrown<DataError>([&] { number("SELECT 'x' REGEXP '(secret'"); }).what(),
              HasSubstr("invalid regular expression"));
  script(
      "CREATE TABLE words (word text, pattern text); INSERT INTO words VALUES ('abc', '^a'), ('abc', '^b'), ('bcd', "
      "'^b')");
  EXPECT_EQ(number("SELECT count(*) FROM words WHERE word REGEXP '^a'"), 2);
  EXPECT_EQ(number("SELECT count(*) FROM words WHERE word REGEXP pattern"), 2);
}

TEST_P(Sqlite, BitXorIsThere) {
  EXPECT_EQ(number("SELECT dorm_bit_xor(6, 3)"), 5);
  EXPECT_EQ(read("dorm_bit_xor(NULL, 3)", Type{}), "null");
}

TEST_P(Sqlite, FunctionsMayStandInChecksAndIndexes) {
  script("CREATE TABLE t (word text CHECK (word REGEXP '^[a-z]*$')); CREATE INDEX i ON t (dorm_like('a%', word))");
  run("INSERT INTO t VALUES ('abc')");
  thrown<CheckViolation>([&] { run("INSERT INTO t VALUES ('ABC')"); });
}

INSTANTIATE_TEST_SUITE_P(Backends, Sqlite, testing::ValuesIn(sqlite_backends()), backend_name);

}  // namespace
}  // namespace dorm::test
