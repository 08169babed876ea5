#include "session/transaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "unit/session/world.hpp"

namespace dorm {
namespace {

using test::MockDriver;
using test::SessionWorld;
using test::text_statement;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(Transaction, CommitsOnTheConnectionItBeganOn) {
  const SessionWorld world;
  TransactionScope transaction = world.session->begin();
  world.run("a");
  transaction.commit();
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 a", "1 COMMIT"));
  EXPECT_FALSE(transaction.is_open());
  EXPECT_EQ(world.session->pool().counts().lent, 0U);
}

TEST(Transaction, RollsBackWhenItsScopeEnds) {
  const SessionWorld world;
  { const TransactionScope transaction = world.session->begin(); }
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 ROLLBACK"));
}

TEST(Transaction, RollsBackDuringUnwindingAndNeverThrowsThen) {
  const SessionWorld world;
  world.driver->on_call = [](const MockDriver::Call& call) {
    if (call.text == "ROLLBACK") throw ConnectionLost("gone");
  };
  const auto body = [&] {
    const TransactionScope transaction = world.session->begin();
    throw std::logic_error("in the middle");
  };
  EXPECT_THROW(body(), std::logic_error);
  EXPECT_EQ(world.driver->open(), 0U);  // what could not be rolled back is closed
}

TEST(Transaction, EndingItTwiceIsAStateError) {
  const SessionWorld world;
  TransactionScope transaction = world.session->begin();
  transaction.commit();
  EXPECT_THAT([&] { transaction.commit(); }, ThrowsMessage<StateError>("can't commit a transaction that has ended"));
  EXPECT_THAT([&] { transaction.rollback(); },
              ThrowsMessage<StateError>("can't roll back a transaction that has ended"));
  EXPECT_THROW(transaction->execute(text_statement("a"), {}), StateError);
  EXPECT_THROW(transaction->on_commit([] {}), StateError);
  world.run("a");
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 COMMIT", "1 a"));
}

TEST(Transaction, MovedFromScopesDoNothing) {
  const SessionWorld world;
  TransactionScope transaction = world.session->begin();
  TransactionScope moved = std::move(transaction);
  EXPECT_FALSE(transaction.is_open());
  moved.commit();
  EXPECT_EQ(world.driver->count("COMMIT"), 1U);
  EXPECT_EQ(world.driver->count("ROLLBACK"), 0U);
}

TEST(Transaction, OtherThreadsNeverUseItsConnection) {
  const SessionWorld world;
  TransactionScope transaction = world.session->begin();
  std::thread other([&] {
    EXPECT_EQ(world.session->current_transaction(), nullptr);
    world.run("other");
  });
  other.join();
  world.run("mine");
  transaction.commit();
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "2 other", "1 mine", "1 COMMIT"));
}

TEST(Transaction, EachSessionHasItsOwn) {
  const SessionWorld one;
  const SessionWorld two;
  TransactionScope in_one = one.session->begin();
  two.run("a");
  TransactionScope in_two = two.session->begin();
  one.run("b");
  EXPECT_EQ(&one.session->current_transaction()->session(), one.session.get());
  in_one.commit();
  EXPECT_EQ(one.session->current_transaction(), nullptr);
  EXPECT_NE(two.session->current_transaction(), nullptr);
  in_two.commit();
  EXPECT_THAT(one.calls(), ElementsAre("1 BEGIN", "1 b", "1 COMMIT"));
  EXPECT_THAT(two.calls(), ElementsAre("1 a", "1 BEGIN", "1 COMMIT"));
}

TEST(Transaction, KeepsItsSessionAlive) {
  SessionWorld world;
  TransactionScope transaction = world.session->begin();
  world.session.reset();
  transaction->execute(text_statement("a"), {});
  transaction.commit();
  EXPECT_EQ(world.driver->count("a"), 1U);
}

TEST(Transaction, NestedIsASavepoint) {
  const SessionWorld world;
  TransactionScope outer = world.session->begin();
  {
    TransactionScope inner = world.session->begin();
    EXPECT_EQ(inner->depth(), 1U);
    EXPECT_EQ(inner->parent(), &outer.level());
    world.run("a");
    inner.commit();
  }
  {
    const TransactionScope inner = world.session->begin();
    world.run("b");
  }
  outer.commit();
  EXPECT_THAT(world.calls(),
              ElementsAre("1 BEGIN", "1 SAVEPOINT dorm_1", "1 a", "1 RELEASE dorm_1", "1 SAVEPOINT dorm_2", "1 b",
                          "1 ROLLBACK TO dorm_2", "1 RELEASE dorm_2", "1 COMMIT"));
}

TEST(Transaction, NestedCannotHaveAnIsolationOfItsOwn) {
  const SessionWorld world;
  TransactionOptions serializable;
  serializable.isolation = Isolation::serializable;
  TransactionOptions read_only;
  read_only.read_only = true;
  const TransactionScope outer = world.session->begin(serializable);
  EXPECT_NO_THROW(world.session->begin());
  EXPECT_NO_THROW(world.session->begin(serializable));
  EXPECT_THAT([&] { world.session->begin(read_only); }, ThrowsMessage<StateError>(HasSubstr("is a savepoint")));
}

TEST(Transaction, OuterCannotCommitWhileAnInnerOneIsOpen) {
  const SessionWorld world;
  TransactionScope outer = world.session->begin();
  TransactionScope inner = world.session->begin();
  EXPECT_THAT([&] { outer.commit(); }, ThrowsMessage<StateError>(HasSubstr("is still open")));
  inner.commit();
  outer.commit();
}

TEST(Transaction, RollbackOfTheOuterEndsTheInner) {
  const SessionWorld world;
  TransactionScope outer = world.session->begin();
  TransactionScope inner = world.session->begin();
  outer.rollback();
  EXPECT_FALSE(inner.is_open());
  EXPECT_THROW(inner.commit(), StateError);
  EXPECT_EQ(world.session->pool().counts().lent, 0U);
}

TEST(Transaction, UnboundHopsThreads) {
  const SessionWorld world;
  TransactionScope transaction = world.session->begin_unbound();
  EXPECT_EQ(world.session->current_transaction(), nullptr);
  world.run("beside it");
  std::thread other([&] {
    transaction->execute(text_statement("in it"), {});
    TransactionScope inner = transaction->savepoint();
    inner.commit();
    transaction.commit();
  });
  other.join();
  EXPECT_THAT(world.calls(),
              ElementsAre("1 BEGIN", "2 beside it", "1 in it", "1 SAVEPOINT dorm_1", "1 RELEASE dorm_1", "1 COMMIT"));
}

TEST(Transaction, BoundOneMayDieOnAnotherThread) {
  const SessionWorld world;
  auto transaction = std::make_unique<TransactionScope>(world.session->begin());
  std::thread([&] { transaction.reset(); }).join();
  EXPECT_EQ(world.session->current_transaction(), nullptr);
  world.run("a");
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 ROLLBACK", "1 a"));
}

TEST(Transaction, ItsThreadMayEndBeforeIt) {
  const SessionWorld world;
  std::unique_ptr<TransactionScope> transaction;
  std::thread([&] { transaction = std::make_unique<TransactionScope>(world.session->begin()); }).join();
  transaction->commit();
  EXPECT_EQ(world.driver->count("COMMIT"), 1U);
}

// ---- what a failure leaves ----

TEST(Transaction, PoisonedRefusesFurtherStatementsNamingTheCause) {
  const SessionWorld world;
  world.driver->errors_poison = true;
  world.fail_once("a", UniqueViolation("unique constraint failed on author.email"));
  TransactionScope transaction = world.session->begin();
  EXPECT_THROW(world.run("a"), UniqueViolation);
  const auto refusal =
      AllOf(HasSubstr("can only be rolled back"), HasSubstr("unique constraint failed on author.email"));
  EXPECT_THAT([&] { world.run("b"); }, ThrowsMessage<StateError>(refusal));
  EXPECT_THAT([&] { world.session->begin(); }, ThrowsMessage<StateError>(refusal));
  EXPECT_THAT([&] { transaction.commit(); }, ThrowsMessage<StateError>(refusal));
  try {
    world.run("b");
  } catch (const StateError& error) {
    EXPECT_EQ(error.transaction(), TransactionState::poisoned);
  }
  transaction.rollback();
  world.run("c");
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 a", "1 ROLLBACK", "1 c"));
}

TEST(Transaction, RollbackToASavepointHealsAPoisonedTransaction) {
  const SessionWorld world;
  world.driver->errors_poison = true;
  world.fail_once("a", CheckViolation("check failed"));
  TransactionScope outer = world.session->begin();
  {
    const TransactionScope inner = world.session->begin();
    EXPECT_THROW(world.run("a"), CheckViolation);
  }
  world.run("b");
  outer.commit();
  EXPECT_EQ(world.driver->count("COMMIT"), 1U);
}

TEST(Transaction, AnErrorThatLeavesItOpenLeavesItUsable) {
  const SessionWorld world;
  world.fail_once("a", UniqueViolation("taken"));
  TransactionScope transaction = world.session->begin();
  EXPECT_THROW(world.run("a"), UniqueViolation);
  world.run("b");
  transaction.commit();
}

TEST(Transaction, RolledBackBehindOurBackIsNeverContinuedInAutocommit) {
  // SQLITE_FULL does this: the next statement would make half a transaction.
  for (const auto status : {driver::TransactionStatus::lost, driver::TransactionStatus::idle}) {
    const SessionWorld world;
    world.driver->on_call = [&](const MockDriver::Call& call) {
      if (call.text != "a") return;
      call.connection->transaction = status;
      throw DiskFull("database or disk is full");
    };
    TransactionScope outer = world.session->begin();
    {
      TransactionScope inner = world.session->begin();
      EXPECT_THROW(world.run("a"), DiskFull);
      EXPECT_THAT([&] { world.run("b"); },
                  ThrowsMessage<StateError>(HasSubstr("the database has ended this transaction")));
    }
    // Not healed by leaving the savepoint.
    EXPECT_THAT([&] { world.run("b"); }, ThrowsMessage<StateError>(HasSubstr("database or disk is full")));
    EXPECT_THROW(outer.commit(), StateError);
    outer.rollback();
    world.run("c");
    EXPECT_EQ(world.driver->count("b"), 0U);
  }
}

TEST(Transaction, LostConnectionIsClosedAndItsContemporariesRetired) {
  const SessionWorld world;
  world.driver->on_call = [&](const MockDriver::Call& call) {
    if (call.text != "a") return;
    call.connection->is_usable = false;
    throw ConnectionLost("server closed the connection");
  };
  {
    const TransactionScope first = world.session->begin_unbound();  // leaves an idle connection behind
    const TransactionScope second = world.session->begin();
  }
  ASSERT_EQ(world.driver->open(), 2U);
  {
    const TransactionScope transaction = world.session->begin();
    EXPECT_THROW(world.run("a"), ConnectionLost);
    EXPECT_THAT([&] { world.run("b"); }, ThrowsMessage<StateError>(HasSubstr("server closed the connection")));
  }
  EXPECT_EQ(world.driver->open(), 0U);
}

TEST(Transaction, CommitThatFailsHasRolledBack) {
  const SessionWorld world;
  world.driver->on_call = [&](const MockDriver::Call& call) {
    if (call.text != "COMMIT") return;
    throw ForeignKeyViolation("deferred constraint failed");
  };
  bool hook_ran = false;
  TransactionScope transaction = world.session->begin();
  transaction->on_rollback([&] { hook_ran = true; });
  EXPECT_THROW(transaction.commit(), ForeignKeyViolation);
  EXPECT_FALSE(transaction.is_open());
  EXPECT_TRUE(hook_ran);
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 COMMIT", "1 ROLLBACK"));
}

TEST(Transaction, BeginOnADeadConnectionTakesANewOne) {
  const SessionWorld world;
  world.run("a");
  world.fail_once("BEGIN", ConnectionLost("server closed the connection"));
  TransactionScope transaction = world.session->begin();
  transaction.commit();
  EXPECT_THAT(world.calls(), ElementsAre("1 a", "1 BEGIN", "2 BEGIN", "2 COMMIT"));
}

TEST(Transaction, BeginThatFailsHalfWayLeavesNoTransaction) {
  const SessionWorld world;
  world.driver->on_call = [&](const MockDriver::Call& call) {
    if (call.text != "BEGIN") return;
    call.connection->transaction = driver::TransactionStatus::open;
    throw StatementTimeout("took too long");
  };
  EXPECT_THROW(world.session->begin(), StatementTimeout);
  EXPECT_EQ(world.session->current_transaction(), nullptr);
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 ROLLBACK"));
  EXPECT_EQ(world.session->pool().counts().idle, 1U);
}

TEST(Transaction, ForkedChildTouchesNothing) {
  const SessionWorld world;
  auto transaction = std::make_unique<TransactionScope>(world.session->begin());
  const pid_t child = ::fork();
  if (child == 0) {
    bool refused = false;
    try {
      world.run("a");
    } catch (const StateError&) {
      refused = true;
    }
    transaction.reset();
    ::_exit(refused && world.calls().size() == 1 ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  transaction->commit();
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 COMMIT"));
}

// ---- hooks ----

TEST(Transaction, CommitHooksRunAfterTheOutermostCommitOutsideOfIt) {
  const SessionWorld world(1);
  TransactionScope outer = world.session->begin();
  {
    TransactionScope inner = world.session->begin();
    inner->on_commit([&] { world.run("inner hook"); });
    inner.commit();
  }
  outer->on_commit([&] { world.run("outer hook"); });
  EXPECT_EQ(world.driver->count("inner hook"), 0U);
  outer.commit();
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 SAVEPOINT dorm_1", "1 RELEASE dorm_1", "1 COMMIT",
                                         "1 inner hook", "1 outer hook"));
}

TEST(Transaction, HooksOfARolledBackSavepoint) {
  const SessionWorld world;
  std::vector<std::string> ran;
  TransactionScope outer = world.session->begin();
  {
    TransactionScope inner = world.session->begin();
    inner->on_commit([&] { ran.push_back("inner commit"); });
    inner->on_rollback([&] { ran.push_back("inner rollback"); });
    inner.rollback();
    EXPECT_THAT(ran, ElementsAre("inner rollback"));
  }
  {
    TransactionScope inner = world.session->begin();
    inner->on_rollback([&] { ran.push_back("released, then rolled back"); });
    inner.commit();
  }
  outer->on_rollback([&] { ran.push_back("outer rollback"); });
  outer.rollback();
  EXPECT_THAT(ran, ElementsAre("inner rollback", "released, then rolled back", "outer rollback"));
}

TEST(Transaction, AnExceptionOfACommitHookComesOutAfterAllHaveRun) {
  const SessionWorld world;
  bool second = false;
  TransactionScope transaction = world.session->begin();
  transaction->on_commit([] { throw std::runtime_error("mail server is down"); });
  transaction->on_commit([&] { second = true; });
  EXPECT_THAT([&] { transaction.commit(); }, ThrowsMessage<std::runtime_error>("mail server is down"));
  EXPECT_TRUE(second);
  EXPECT_EQ(world.driver->count("COMMIT"), 1U);
  EXPECT_EQ(world.driver->count("ROLLBACK"), 0U);
}

TEST(Transaction, ExceptionsOfRollbackHooksAreSwallowedInADestructor) {
  const SessionWorld world;
  const TransactionScope transaction = world.session->begin();
  transaction->on_rollback([] { throw std::runtime_error("late"); });
}

// ---- read snapshots ----

TEST(ReadSnapshot, IsAReadTransactionOnThisThread) {
  const SessionWorld world;
  {
    ReadSnapshot snapshot(*world.session);
    EXPECT_EQ(world.session->current_transaction(), nullptr);
    world.run("a");
    world.run("b");
    snapshot.end();
    snapshot.end();
  }
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN READ ONLY", "1 a", "1 b", "1 COMMIT"));
}

TEST(ReadSnapshot, InATransactionOrASnapshotItIsNothing) {
  const SessionWorld world;
  {
    TransactionScope transaction = world.session->begin();
    ReadSnapshot snapshot(*world.session);
    world.run("a");
    snapshot.end();
    transaction.commit();
  }
  world.driver->forget_calls();
  ReadSnapshot outer(*world.session);
  ReadSnapshot inner(*world.session);
  inner.end();
  world.run("b");
  outer.end();
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN READ ONLY", "1 b", "1 COMMIT"));
}

TEST(ReadSnapshot, NoTransactionBeginsInside) {
  const SessionWorld world;
  const ReadSnapshot snapshot(*world.session);
  EXPECT_THAT([&] { world.session->begin(); }, ThrowsMessage<StateError>(HasSubstr("inside a read snapshot")));
}

// ---- many threads ----

TEST(Transaction, SixtyFourThreadsOnFourConnections) {
  const SessionWorld world(4);
  std::vector<std::thread> threads;
  std::atomic<int> committed{0};
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        TransactionScope transaction = world.session->begin();
        world.run("a");
        if (round % 3 == 0) {
          TransactionScope inner = world.session->begin();
          world.run("b");
          if (i % 2 == 0) inner.commit();
        }
        if (round % 5 == 0) continue;
        transaction.commit();
        ++committed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(committed, 64 * 16);
  EXPECT_EQ(world.driver->count("COMMIT"), 64U * 16U);
  EXPECT_EQ(world.driver->count("ROLLBACK"), 64U * 4U);
  EXPECT_LE(world.driver->peak(), 4U);
  EXPECT_FALSE(world.driver->was_shared());
  EXPECT_EQ(world.session->pool().counts().lent, 0U);
}

}  // namespace
}  // namespace dorm
