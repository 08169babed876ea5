// What is committed stays, what is rolled back never was, and a transaction that is over takes no further statement.
#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using driver::TransactionOptions;
using driver::TransactionStatus;

class DriverTransactions : public DriverTest {
 protected:
  DriverTransactions() { script("CREATE TABLE numbers (n bigint PRIMARY KEY)"); }
  void insert(int n) { run("INSERT INTO numbers (n) VALUES (?)", {{type_of(TypeKind::bigint), n}}); }
  void begin(const TransactionOptions& options = {}) { connection().begin(options, std::nullopt); }
  std::string numbers() { return query("SELECT n FROM numbers ORDER BY n", {TypeKind::bigint}).text(); }
};

TEST_P(DriverTransactions, CommitKeepsTheirRows) {
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  begin();
  EXPECT_EQ(connection().status(), TransactionStatus::open);
  insert(1);
  connection().commit(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(numbers(), "1");
}

TEST_P(DriverTransactions, RollbackForgetsTheirRows) {
  begin();
  insert(1);
  connection().rollback(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(numbers(), "");
}

TEST_P(DriverTransactions, CanBeRolledBackInPart) {
  begin();
  insert(1);
  connection().savepoint("first", std::nullopt);
  insert(2);
  connection().savepoint("a \"quoted\" one", std::nullopt);
  insert(3);
  connection().rollback_to("a \"quoted\" one", std::nullopt);
  insert(4);
  connection().release("a \"quoted\" one", std::nullopt);
  EXPECT_EQ(numbers(), "1\n2\n4");
  connection().rollback_to("first", std::nullopt);
  connection().release("first", std::nullopt);
  insert(5);
  connection().commit(std::nullopt);
  EXPECT_EQ(numbers(), "1\n5");
}

TEST_P(DriverTransactions, ASavepointRescuesThemFromAnError) {
  begin();
  insert(1);
  connection().savepoint("s", std::nullopt);
  thrown<UniqueViolation>([&] { insert(1); });
  connection().rollback_to("s", std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::open);
  insert(2);
  connection().commit(std::nullopt);
  EXPECT_EQ(numbers(), "1\n2");
}

TEST_P(DriverTransactions, AnErrorTellsWhereTheTransactionStands) {
  begin();
  insert(1);
  const UniqueViolation error = thrown<UniqueViolation>([&] { insert(1); });
  EXPECT_EQ(error.transaction(), TransactionState::poisoned);
  EXPECT_EQ(connection().status(), TransactionStatus::failed);
  connection().rollback(std::nullopt);
  EXPECT_EQ(numbers(), "");
}

TEST_P(DriverTransactions, AreRefusedAllButRollbackAfterAnError) {
  begin();
  insert(1);
  thrown<SchemaMismatch>([&] { script("SELECT * FROM nothing"); });
  EXPECT_EQ(thrown<StateError>([&] { insert(2); }).transaction(), TransactionState::poisoned);
  thrown<StateError>([&] { script("INSERT INTO numbers (n) VALUES (2)"); });
  thrown<StateError>([&] { connection().savepoint("s", std::nullopt); });
  EXPECT_EQ(connection().status(), TransactionStatus::failed);
  // The commit of what has failed is its rollback.
  EXPECT_EQ(thrown<StateError>([&] { connection().commit(std::nullopt); }).transaction(), TransactionState::gone);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(numbers(), "");
}

TEST_P(DriverTransactions, ASecondBeginIsRefused) {
  begin();
  thrown<StateError>([&] { begin(); });
  connection().rollback(std::nullopt);
}

TEST_P(DriverTransactions, ThatMayOnlyReadRefuseToWrite) {
  insert(1);
  TransactionOptions options;
  options.read_only = true;
  begin(options);
  EXPECT_EQ(numbers(), "1");
  const ReadOnly error = thrown<ReadOnly>([&] { insert(2); });
  EXPECT_FALSE(error.retryable());
  connection().rollback(std::nullopt);
  insert(3);
  EXPECT_EQ(numbers(), "1\n3");
}

TEST_P(DriverTransactions, ThatMayOnlyReadSeeOneSnapshot) {
  if (!is_shared()) return;
  insert(1);
  TransactionOptions options;
  options.read_only = true;
  options.isolation = driver::Isolation::repeatable_read;
  begin(options);
  EXPECT_EQ(numbers(), "1");
  connect()->execute_script("INSERT INTO numbers (n) VALUES (2)", std::nullopt);
  EXPECT_EQ(numbers(), "1");
  connection().commit(std::nullopt);
  EXPECT_EQ(numbers(), "1\n2");
}

TEST_P(DriverTransactions, ResetEndsThem) {
  begin();
  insert(1);
  connection().reset(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
  EXPECT_EQ(numbers(), "");
  connection().reset(std::nullopt);
  EXPECT_TRUE(connection().usable());
  EXPECT_TRUE(connection().passive_check());
  EXPECT_TRUE(connection().ping(std::nullopt));
}

TEST_P(DriverTransactions, RollbackWithoutTransactionDoesNothing) {
  connection().rollback(std::nullopt);
  EXPECT_EQ(connection().status(), TransactionStatus::idle);
}

TEST_P(DriverTransactions, AreUnseenByOthersUntilCommit) {
  if (!is_shared()) return;
  const auto other = connect();
  const auto seen = [&] {
    const driver::Statement text = statement("SELECT count(*) FROM numbers", {}, {TypeKind::bigint});
    Rows rows(text.columns);
    other->execute(text, {}, &rows.sink(), std::nullopt);
    return rows.at(0, 0).integer;
  };
  begin();
  insert(1);
  EXPECT_EQ(seen(), 0);
  connection().commit(std::nullopt);
  EXPECT_EQ(seen(), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverTransactions, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
