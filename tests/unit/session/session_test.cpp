#include "session/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "graph/row_sink.hpp"
#include "session/query_counter.hpp"
#include "unit/session/world.hpp"

namespace dorm {
namespace {

using namespace std::chrono_literals;
using test::MockConnection;
using test::MockDriver;
using test::SessionWorld;
using test::text_statement;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;

driver::Statement query(std::string sql) {
  driver::Statement statement = text_statement(std::move(sql));
  statement.columns.push_back({Type{}, "x"});
  return statement;
}

TEST(Session, BorrowsAConnectionForTheLengthOfAStatement) {
  const SessionWorld world(1);
  world.run("a");
  EXPECT_EQ(world.session->pool().counts().idle, 1U);
  std::thread([&] { world.run("b"); }).join();
  EXPECT_THAT(world.calls(), ElementsAre("1 a", "1 b"));
}

TEST(Session, HandsRowsAndOutcomeThrough) {
  const SessionWorld world;
  world.driver->on_query = [](const driver::Statement&, std::span<const Cell> parameters) {
    return MockDriver::Rows{{parameters[0]}, {Cell::of_integer(8)}};
  };
  graph::RowSink rows;  // without segments: only counts
  const Cell seven = Cell::of_integer(7);
  const driver::Outcome outcome = world.session->execute(query("select"), {&seven, 1}, &rows);
  EXPECT_EQ(outcome.affected, 2);
  EXPECT_EQ(rows.rows(), 2U);
}

driver::Copy copy_of_one_column() {
  driver::Copy copy;
  copy.sql = "copy";
  copy.table = "things";
  copy.columns = {"id"};
  copy.parameters.emplace_back();
  return copy;
}

TEST(Session, RowsThatAreCopiedAreOneQueryOfTheTransaction) {
  const SessionWorld world;
  world.driver->copies_rows = true;
  const std::vector<Cell> cells(3, Cell::of_integer(1));
  EXPECT_THROW(world.session->copy_in(copy_of_one_column(), cells), StateError) << "outside a transaction";
  QueryCounter counter(*world.session);
  TransactionScope transaction = world.session->begin();
  const std::optional<driver::Outcome> outcome = world.session->copy_in(copy_of_one_column(), cells);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->affected, 3);
  EXPECT_THAT(counter.statements(), ElementsAre("copy"));
  world.driver->errors_poison = true;
  world.fail_once("copy", UniqueViolation("twice"));
  EXPECT_THROW(world.session->copy_in(copy_of_one_column(), cells), UniqueViolation);
  EXPECT_THAT(counter.statements(), ElementsAre("copy", "copy"));
  EXPECT_THROW(world.session->copy_in(copy_of_one_column(), cells), StateError) << "only rollback is left";
}

TEST(Session, RowsThatMustBeInsertedAreNoQueryYet) {
  const SessionWorld world;
  QueryCounter counter(*world.session);
  TransactionScope transaction = world.session->begin();
  const Cell cell = Cell::of_integer(1);
  EXPECT_FALSE(world.session->copy_in(copy_of_one_column(), {&cell, 1}).has_value());
  EXPECT_EQ(counter.queries(), 0U);
  world.run("insert");
  EXPECT_THAT(counter.statements(), ElementsAre("insert"));
}

TEST(Session, AThreadThatHoldsAConnectionNeverWaitsForItself) {
  const SessionWorld world(1);
  {
    const ConnectionScope outer = world.session->hold();
    const ConnectionScope inner = world.session->hold();
    world.run("a");
    TransactionScope transaction = world.session->begin();
    world.run("b");
    transaction.commit();
    EXPECT_EQ(world.session->pool().counts().lent, 1U);
    world.run("c");
    EXPECT_EQ(&outer.connection(), &inner.connection());
  }
  EXPECT_EQ(world.session->pool().counts().idle, 1U);
  EXPECT_THAT(world.calls(), ElementsAre("1 a", "1 BEGIN", "1 b", "1 COMMIT", "1 c"));
}

TEST(Session, ATransactionMayOutliveTheHeldConnectionItBeganOn) {
  const SessionWorld world(1);
  auto held = std::make_unique<ConnectionScope>(world.session->hold());
  TransactionScope transaction = world.session->begin();
  held.reset();
  world.run("a");
  transaction.commit();
  EXPECT_EQ(world.session->pool().counts().idle, 1U);
}

TEST(Session, AnInMemoryDatabaseIsOneConnectionForAllThreads) {
  const SessionWorld world(8, true);
  EXPECT_EQ(world.session->pool().options().size, 1U);
  EXPECT_EQ(world.session->pool().options().max_lifetime, 0ms);
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      TransactionScope transaction = world.session->begin();
      world.run("a");
      const ReadSnapshot snapshot(*world.session);
      transaction.commit();
      world.run("b");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.driver->connects(), 1U);
  EXPECT_FALSE(world.driver->was_shared());
}

TEST(Session, AnInMemoryDatabaseSurvivesErrors) {
  const SessionWorld world(8, true);
  world.fail_once("a", ReadOnly("attempt to write a readonly database"));
  EXPECT_THROW(world.run("a"), ReadOnly);
  world.run("b");
  EXPECT_EQ(world.driver->connects(), 1U);
}

TEST(Session, AQueryThatLostItsConnectionIsRunOnceMore) {
  const SessionWorld world;
  world.fail_once("select", ConnectionLost("server closed the connection"));
  world.session->execute(query("select"), {});
  EXPECT_THAT(world.calls(), ElementsAre("1 select", "2 select"));
}

TEST(Session, AWriteThatLostItsConnectionIsNot) {
  const SessionWorld world;
  driver::Statement write = query("insert returning");
  write.writes = true;
  driver::Statement raw = query("raw text");
  raw.cached = false;
  for (const driver::Statement& statement : {write, raw, text_statement("no columns")}) {
    world.fail_once(statement.sql, ConnectionLost("server closed the connection"));
    EXPECT_THROW(world.session->execute(statement, {}), ConnectionLost) << statement.sql;
  }
  EXPECT_EQ(world.calls().size(), 3U);
}

TEST(Session, AQueryInATransactionIsNotRunAgain) {
  const SessionWorld world;
  world.fail_once("select", ConnectionLost("server closed the connection"));
  const TransactionScope transaction = world.session->begin();
  EXPECT_THROW(world.session->execute(query("select"), {}), ConnectionLost);
  EXPECT_EQ(world.driver->count("select"), 1U);
}

TEST(Session, AQueryThatHandedOutRowsIsNotRunAgain) {
  const SessionWorld world;
  world.driver->on_query = [](const driver::Statement&, std::span<const Cell>) -> MockDriver::Rows { return {{}, {}}; };
  graph::RowSink rows;
  world.session->execute(query("select"), {}, &rows);
  world.driver->on_query = [&](const driver::Statement&, std::span<const Cell>) -> MockDriver::Rows {
    struct Reader {
      void read(std::uint32_t, Cell&, graph::Arena&) const {}
    } reader;
    rows.add(reader);
    throw ConnectionLost("cut in the middle");
  };
  EXPECT_THROW(world.session->execute(query("select"), {}, &rows), ConnectionLost);
  EXPECT_EQ(world.driver->count("select"), 2U);
}

TEST(Session, LostConnectionsRetireTheIdleOnes) {
  const SessionWorld world;
  {
    const TransactionScope a = world.session->begin_unbound();
    const TransactionScope b = world.session->begin_unbound();
  }
  ASSERT_EQ(world.session->pool().counts().idle, 2U);
  world.fail_once("a", ConnectionLost("server closed the connection"));
  EXPECT_THROW(world.run("a"), ConnectionLost);
  EXPECT_EQ(world.driver->open(), 0U);
}

TEST(Session, EveryStatementHasTheConfiguredDeadline) {
  const auto driver = std::make_shared<MockDriver>();
  std::vector<bool> has_deadline;
  driver->on_call = [&](const MockDriver::Call& call) {
    if (call.connection != nullptr) has_deadline.push_back(call.deadline.has_value());
  };
  driver::ConnectOptions options;
  options.statement_timeout = 10s;
  const auto session = Session::open(driver, options);
  session->execute(text_statement("a"), {});
  TransactionScope transaction = session->begin();
  session->execute(text_statement("b"), {});
  transaction.commit();
  EXPECT_THAT(has_deadline, ElementsAre(true, true, true, true));
}

TEST(Session, ScriptsLeaveAConnectionThatIsReset) {
  const SessionWorld world;
  world.session->execute_script("set x");
  world.run("a");
  EXPECT_THAT(world.calls(), ElementsAre("1 set x", "1 RESET", "1 a"));
}

TEST(Session, OpensByTheSchemeOfTheUrl) {
  const auto driver = std::make_shared<MockDriver>();
  DatabaseConfig config;
  config.name = "app";
  config.url = "mock:x";
  const auto session = Session::open(config, Drivers().with(driver));
  EXPECT_EQ(session->name(), "app");
  EXPECT_EQ(&session->driver(), driver.get());
  EXPECT_EQ(driver->connects(), 0U);
  config.url = "nosuch:x";
  EXPECT_THAT([&] { Session::open(config, Drivers().with(driver)); },
              ThrowsMessage<ConfigError>(HasSubstr("'nosuch'")));
}

// ---- observers ----

struct Seen {
  std::string sql;
  bool internal;
  bool failed;
  std::int64_t rows;
};

class Recorder final : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    seen.push_back({std::string(event.sql), event.internal, event.error != nullptr, event.rows});
    databases.emplace_back(event.database);
    if (again != nullptr) std::exchange(again, nullptr)->execute(text_statement("from the observer"), {});
  }
  void on_warning(std::string_view, std::string_view text) noexcept override { warnings.emplace_back(text); }

  std::vector<Seen> seen;
  std::vector<std::string> databases;
  std::vector<std::string> warnings;
  Session* again = nullptr;
};

TEST(Observer, SeesStatementsAndBookkeepingApart) {
  const SessionWorld world;
  const auto recorder = std::make_shared<Recorder>();
  auto registration = world.session->add_observer(recorder);
  world.driver->on_query = [](const driver::Statement& statement, std::span<const Cell>) {
    return statement.sql == "select" ? MockDriver::Rows{{}, {}} : MockDriver::Rows{};
  };
  world.run("select");
  TransactionScope transaction = world.session->begin();
  { const TransactionScope inner = world.session->begin(); }
  world.fail_once("bad", UniqueViolation("taken"));
  EXPECT_THROW(world.run("bad"), UniqueViolation);
  transaction.commit();
  registration.reset();
  world.run("unseen");

  std::vector<std::string> lines;
  for (const Seen& seen : recorder->seen)
    lines.push_back(seen.sql + (seen.internal ? " internal" : "") + (seen.failed ? " failed" : "") +
                    (seen.rows != 0 ? " rows " + std::to_string(seen.rows) : ""));
  EXPECT_THAT(lines, ElementsAre("select rows 2", "BEGIN internal", "SAVEPOINT dorm_1 internal",
                                 "ROLLBACK TO SAVEPOINT dorm_1 internal", "RELEASE SAVEPOINT dorm_1 internal",
                                 "bad failed", "COMMIT internal"));
  EXPECT_EQ(recorder->databases.front(), "app");
}

TEST(Observer, MayQueryItself) {
  const SessionWorld world(1);
  const auto recorder = std::make_shared<Recorder>();
  recorder->again = world.session.get();
  const auto registration = world.session->add_observer(recorder);
  world.run("a");
  EXPECT_THAT(world.calls(), ElementsAre("1 a", "1 from the observer"));
}

TEST(Observer, RegistrationMayOutliveTheSession) {
  SessionWorld world;
  auto registration = world.session->add_observer(std::make_shared<Recorder>());
  world.session.reset();
  registration.reset();
}

TEST(Observer, HearsTheServersNotices) {
  const auto driver = std::make_shared<MockDriver>();
  struct Noticing final : public Driver {
    explicit Noticing(std::shared_ptr<MockDriver> driver) : real(std::move(driver)) {}
    std::string_view name() const noexcept override { return "noticing"; }
    std::span<const std::string_view> schemes() const noexcept override { return {}; }
    const sql::Dialect& dialect() const noexcept override { return real->dialect(); }
    driver::ConnectOptions parse_url(std::string_view) const override { return {}; }
    std::unique_ptr<driver::Connection> connect(const driver::ConnectOptions& options,
                                                driver::Deadline limit) const override {
      options.notices("identifier will be truncated");
      return real->connect(options, limit);
    }
    bool single_connection(const driver::ConnectOptions&) const noexcept override { return false; }
    std::shared_ptr<MockDriver> real;
  };
  const auto session = Session::open(std::make_shared<Noticing>(driver), {});
  const auto recorder = std::make_shared<Recorder>();
  const auto registration = session->add_observer(recorder);
  session->execute(text_statement("a"), {});
  EXPECT_THAT(recorder->warnings, ElementsAre("identifier will be truncated"));
}

TEST(Observer, ComeAndGoWhileThreadsQuery) {
  const SessionWorld world;
  std::atomic<bool> stop{false};
  std::thread querying([&] {
    while (!stop) world.run("a");
  });
  for (int i = 0; i < 200; ++i) {
    const QueryCounter counter(*world.session);
    world.run("b");
    EXPECT_GE(counter.queries(), 1U);
  }
  stop = true;
  querying.join();
}

TEST(QueryCounter, CountsQueriesAndBookkeepingApart) {
  const SessionWorld world;
  world.run("before");
  QueryCounter counter(*world.session);
  world.run("a");
  {
    ReadSnapshot snapshot(*world.session);
    world.run("b");
    snapshot.end();
  }
  world.session->execute_script("c");
  EXPECT_EQ(counter.queries(), 3U);
  EXPECT_EQ(counter.bookkeeping(), 2U);
  EXPECT_THAT(counter.statements(), ElementsAre("a", "b", "c"));
  counter.reset();
  EXPECT_EQ(counter.queries(), 0U);
  EXPECT_EQ(counter.bookkeeping(), 0U);
}

}  // namespace
}  // namespace dorm
