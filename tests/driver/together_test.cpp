// Queries that are run together: what every driver promises of them, and how PostgreSQL sends them at once.
#include <deque>

#include "driver/postgres_fixture.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;

// Queries with a place for their rows.
class Batch {
 public:
  Batch& add(driver::Statement statement) {
    statements_.push_back(std::move(statement));
    rows_.emplace_back(statements_.back().columns);
    queries_.push_back({&statements_.back(), {}, &rows_.back().sink(), {}});
    return *this;
  }
  std::span<driver::Connection::Query> queries() { return queries_; }
  std::string text(std::size_t query) const { return rows_[query].text(); }

 private:
  std::deque<driver::Statement> statements_;
  std::deque<Rows> rows_;
  std::vector<driver::Connection::Query> queries_;
};

class Together : public DriverTest {
 protected:
  driver::Statement select(const std::string& sql) { return statement(sql, {}, {TypeKind::bigint}); }
};
INSTANTIATE_TEST_SUITE_P(Backends, Together, testing::ValuesIn(backends()), backend_name);

TEST_P(Together, EachQueryGetsItsRows) {
  Batch batch;
  batch.add(select("SELECT 1")).add(select("SELECT 2 UNION ALL SELECT 3")).add(select("SELECT 4 WHERE 1 = 0"));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(0), "1");
  EXPECT_EQ(batch.text(1), "2\n3");
  EXPECT_EQ(batch.text(2), "");
  EXPECT_EQ(batch.queries()[1].outcome.affected, 2);
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
}

TEST_P(Together, TheFailureOfOneIsTheFailureOfAllAndTheConnectionLives) {
  script("CREATE TABLE things (id integer)");
  Batch batch;
  batch.add(select("SELECT 1")).add(select("SELECT size FROM things")).add(select("SELECT 3"));
  EXPECT_THROW(connection().execute_all(batch.queries(), true, std::nullopt), Error);
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
  Batch again;
  again.add(select("SELECT 1")).add(select("SELECT 2"));
  connection().execute_all(again.queries(), true, std::nullopt);
  EXPECT_EQ(again.text(1), "2");
}

TEST_P(Together, InsideATransactionTheySeeWhatItHasWritten) {
  script("CREATE TABLE things (id integer)");
  connection().begin({}, std::nullopt);
  connection().execute(statement("INSERT INTO things VALUES (7)"), {}, nullptr, std::nullopt);
  Batch batch;
  batch.add(select("SELECT id FROM things")).add(select("SELECT count(*) FROM things"));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(0), "7");
  EXPECT_EQ(batch.text(1), "1");
  EXPECT_EQ(connection().status(), driver::TransactionStatus::open);
  connection().rollback(std::nullopt);
}

class PostgresPipeline : public PostgresTest {
 protected:
  driver::Statement select(const std::string& sql) { return statement(sql, {}, {TypeKind::bigint}); }
};
INSTANTIATE_TEST_SUITE_P(Backends, PostgresPipeline, testing::ValuesIn(only_postgres()), backend_name);

TEST_P(PostgresPipeline, QueriesSeeOneSnapshot) {
  Batch batch;
  batch.add(statement("SELECT current_setting('transaction_isolation')", {}, {TypeKind::text}))
      .add(statement("SELECT txid_current_if_assigned() IS NULL", {}, {TypeKind::boolean}))
      .add(statement("SELECT current_setting('transaction_read_only')", {}, {TypeKind::text}));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(0), "repeatable read");
  EXPECT_EQ(batch.text(2), "on");
}

TEST_P(PostgresPipeline, AStatementIsPreparedOnceEvenIfItComesTwice) {
  const driver::Statement one = select("SELECT 1");
  const std::uint64_t before = connection().statistics().prepares;
  for (int i = 0; i < 3; ++i) {
    Batch batch;
    batch.add(one).add(one);
    connection().execute_all(batch.queries(), true, std::nullopt);
    EXPECT_EQ(batch.text(1), "1");
  }
  EXPECT_LE(connection().statistics().prepares - before, 2U);
  EXPECT_EQ(number("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1'"), 1);
}

TEST_P(PostgresPipeline, AnErrorNamesTheStatementThatFailed) {
  Batch batch;
  batch.add(select("SELECT 1")).add(select("SELECT 1 / 0")).add(select("SELECT 3"));
  const Error error = thrown<Error>([&] { connection().execute_all(batch.queries(), true, std::nullopt); });
  EXPECT_THAT(error.what(), HasSubstr("SELECT 1 / 0"));
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
}

TEST_P(PostgresPipeline, AStatementThatNoLongerFitsOrWasForgottenIsPreparedAgain) {
  script("CREATE TABLE things (id integer, size integer); INSERT INTO things VALUES (1, 2)");
  const driver::Statement read = select("SELECT size FROM things");
  const driver::Statement other = select("SELECT 1");
  const auto run = [&] {
    Batch batch;
    batch.add(other).add(read);
    connection().execute_all(batch.queries(), true, std::nullopt);
    return batch.text(1);
  };
  EXPECT_EQ(run(), "2");
  script("ALTER TABLE things ALTER COLUMN size TYPE bigint");
  EXPECT_EQ(run(), "2");
  script("DEALLOCATE ALL");
  EXPECT_EQ(run(), "2");
}

TEST_P(PostgresPipeline, WhatHasNoBinaryFormIsAskedForInText) {
  Batch batch;
  batch.add(select("SELECT 1")).add(statement("SELECT '10.0.0.1'::inet", {}, {TypeKind::text}));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(0), "1");
  EXPECT_EQ(batch.text(1), "10.0.0.1");
}

TEST_P(PostgresPipeline, LargeAnswersDoNotStopTheSending) {
  Batch batch;
  for (int i = 0; i < 40; ++i)
    batch.add(statement("SELECT repeat('x', 100000) || '" + std::to_string(i) + "' FROM generate_series(1, 20)", {},
                        {TypeKind::text}));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(39).size(), 20U * 100'002U + 19U);
}

TEST_P(PostgresPipeline, WithoutPreparedStatementsTheyGoOneByOne) {
  connection_ = connect_with("&statement_cache=0");
  Batch batch;
  batch.add(select("SELECT 1")).add(select("SELECT 2"));
  connection().execute_all(batch.queries(), true, std::nullopt);
  EXPECT_EQ(batch.text(0) + batch.text(1), "12");
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
}

TEST_P(PostgresPipeline, ALostConnectionIsToldAsSuch) {
  kill_this_connection();
  Batch batch;
  batch.add(select("SELECT 1")).add(select("SELECT 2"));
  EXPECT_THROW(connection().execute_all(batch.queries(), true, std::nullopt), ConnectionLost);
  EXPECT_FALSE(connection().usable());
}

}  // namespace
}  // namespace dorm::test
