// run_transaction(): what is run again, what never is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/session/world.hpp"

namespace dorm {
namespace {

using test::MockDriver;
using test::retryable;
using test::SessionWorld;
using ::testing::ElementsAre;

TransactionOptions quick(unsigned tries = 10) {
  TransactionOptions options;
  options.retry.tries = tries;
  options.retry.first_delay = options.retry.max_delay = std::chrono::milliseconds(1);
  return options;
}

template <class E>
unsigned tries_after(const char* where, const E& error, TransactionOptions options = quick(), unsigned failures = 2) {
  const SessionWorld world;
  unsigned left = failures;
  world.driver->on_call = [&](const MockDriver::Call& call) {
    if (call.text == where && left > 0) {
      --left;
      throw error;
    }
  };
  unsigned tries = 0;
  try {
    world.session->run_transaction(
        [&](TransactionScope&) {
          ++tries;
          world.run("body");
        },
        options);
    EXPECT_EQ(world.driver->count("COMMIT"), 1U + (std::string_view(where) == "COMMIT" ? failures : 0U));
  } catch (const E&) {
  }
  EXPECT_EQ(world.session->pool().counts().lent, 0U);
  EXPECT_EQ(world.session->current_transaction(), nullptr);
  return tries;
}

TEST(Retry, RunsTheBodyAgainAfterWhatMayPass) {
  EXPECT_EQ(tries_after("body", retryable<SerializationFailure>("x")), 3U);
  EXPECT_EQ(tries_after("body", retryable<Deadlock>("x")), 3U);
  EXPECT_EQ(tries_after("body", retryable<LockTimeout>("x")), 3U);
  EXPECT_EQ(tries_after("body", retryable<ReadOnly>("x")), 3U);
  EXPECT_EQ(tries_after("body", retryable<ConnectionLost>("x")), 3U);
  EXPECT_EQ(tries_after("COMMIT", retryable<SerializationFailure>("x")), 3U);
}

TEST(Retry, NeverAfterCommitUnknown) {
  EXPECT_EQ(tries_after("COMMIT", CommitUnknown("x")), 1U);
  EXPECT_EQ(tries_after("COMMIT", retryable<CommitUnknown>("x")), 1U);
}

TEST(Retry, NotAfterAMistake) {
  EXPECT_EQ(tries_after("body", UniqueViolation("x")), 1U);
  EXPECT_EQ(tries_after("body", StatementTimeout("x")), 1U);
}

TEST(Retry, NotWhereReadOnlyWasAskedFor) {
  TransactionOptions options = quick();
  options.read_only = true;
  EXPECT_EQ(tries_after("body", retryable<ReadOnly>("x"), options), 1U);
}

TEST(Retry, GivesUpAfterTheLastTryWithTheLastError) {
  EXPECT_EQ(tries_after("body", retryable<Deadlock>("x"), quick(4), 100), 4U);
  EXPECT_EQ(tries_after("body", retryable<Deadlock>("x"), quick(1), 100), 1U);
}

TEST(Retry, GivesUpAtTheDeadline) {
  TransactionOptions options;
  options.retry.give_up_after = std::chrono::milliseconds(0);
  EXPECT_EQ(tries_after("body", retryable<Deadlock>("x"), options, 100), 1U);
}

TEST(Retry, ReadOnlyServerMeansNewConnections) {
  const SessionWorld world;
  world.fail_once("body", retryable<ReadOnly>("cannot execute in a read-only transaction"));
  world.session->run_transaction([&](TransactionScope&) { world.run("body"); }, quick());
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 body", "1 ROLLBACK", "2 BEGIN", "2 body", "2 COMMIT"));
}

TEST(Retry, InsideATransactionOnlyTheWholeIsRunAgain) {
  const SessionWorld world;
  world.driver->errors_poison = true;
  world.fail_once("body", retryable<SerializationFailure>("x"));
  unsigned outer = 0;
  unsigned inner = 0;
  world.session->run_transaction(
      [&](TransactionScope&) {
        ++outer;
        world.session->run_transaction(
            [&](TransactionScope&) {
              ++inner;
              world.run("body");
            },
            quick());
      },
      quick());
  EXPECT_EQ(outer, 2U);
  EXPECT_EQ(inner, 2U);
}

TEST(Retry, ABodyMayEndTheTransactionItself) {
  const SessionWorld world;
  world.session->run_transaction([](TransactionScope& transaction) { transaction.rollback(); });
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 ROLLBACK"));
}

TEST(Retry, OtherExceptionsRollBackAndPassThrough) {
  const SessionWorld world;
  EXPECT_THROW(world.session->run_transaction([](TransactionScope&) { throw std::out_of_range("x"); }),
               std::out_of_range);
  EXPECT_THAT(world.calls(), ElementsAre("1 BEGIN", "1 ROLLBACK"));
}

}  // namespace
}  // namespace dorm
