// The races SQLAlchemy's pool was hardened against, and what dorm promises on top: a hard bound, turns, no leak.
#include "session/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <thread>

#include "dorm/error.hpp"
#include "support/mock_driver.hpp"

namespace dorm {
namespace {

using namespace std::chrono_literals;
using test::Gate;
using test::MockConnection;
using test::MockDriver;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;
using Clock = driver::Clock;

PoolOptions options_of(std::size_t size, std::chrono::milliseconds timeout = 20s) {
  PoolOptions options;
  options.size = size;
  options.checkout_timeout = timeout;
  return options;
}

// A pool of mock connections, and the warnings it gave.
struct World {
  explicit World(const PoolOptions& options)
      : pool(
            "app", options, [this](driver::Deadline deadline) { return driver.connect({}, deadline); },
            [this](std::string_view text) {
              const std::scoped_lock lock(mutex);
              warnings.emplace_back(text);
            }) {}

  MockDriver driver;
  std::mutex mutex;
  std::vector<std::string> warnings;
  Pool pool;
};

std::size_t number_of(const Lease& lease) { return static_cast<MockConnection&>(*lease).number(); }
MockConnection& mock(const Lease& lease) { return static_cast<MockConnection&>(*lease); }

ConnectFailed refused() {
  ErrorDetails details;
  details.retryable = true;
  return ConnectFailed("connection refused", details);
}

template <class Condition>
void wait_for(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

template <class Body>
void on_threads(unsigned count, Body body) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Pool, ConnectsWhenFirstNeededAndReusesTheWarmestConnection) {
  World world(options_of(4));
  EXPECT_EQ(world.driver.connects(), 0U);
  {
    const Lease first = world.pool.checkout();
    const Lease second = world.pool.checkout();
    EXPECT_EQ(number_of(second), 2U);
  }
  // Given back in the order 2, 1.
  EXPECT_EQ(number_of(world.pool.checkout()), 1U);
  EXPECT_EQ(number_of(world.pool.checkout()), 1U);
  EXPECT_EQ(world.driver.connects(), 2U);
}

TEST(Pool, SizeZeroIsAConfigError) {
  EXPECT_THAT([] { World world(options_of(0)); },
              ThrowsMessage<ConfigError>(HasSubstr("the pool of 'app' has size 0")));
}

TEST(Pool, TimesOutSayingWhoHoldsTheConnections) {
  World world(options_of(1, 30ms));
  Lease lease = world.pool.checkout();
  lease.describe("SELECT \"id\" FROM \"user\"");
  EXPECT_THAT([&] { world.pool.checkout(); },
              ThrowsMessage<PoolTimeout>(AllOf(HasSubstr("no connection to 'app' became free within 30 ms"),
                                               HasSubstr("all 1 are in use"),
                                               HasSubstr("taken for 'SELECT \"id\" FROM \"user\"'"))));
  EXPECT_EQ(world.pool.counts().waiting, 0U);
}

TEST(Pool, TimeoutRace) {
  // SQLAlchemy test_timeout_race: many waiters in few connections, and nobody times out before his time.
  World world(options_of(3, 300ms));
  std::atomic<int> early{0};
  std::atomic<int> timeouts{0};
  on_threads(10, [&](unsigned) {
    for (int round = 0; round < 3; ++round) {
      const auto start = Clock::now();
      try {
        const Lease lease = world.pool.checkout();
        std::this_thread::sleep_for(120ms);
      } catch (const PoolTimeout&) {
        ++timeouts;
        if (Clock::now() - start < 300ms) ++early;
      }
    }
  });
  EXPECT_EQ(early, 0);
  EXPECT_LE(world.driver.peak(), 3U);
  EXPECT_EQ(world.pool.counts().lent, 0U);
}

TEST(Pool, OverflowResetOnFailedConnect) {
  // A failed connect gives its place back: the pool does not shrink.
  World world(options_of(2));
  bool fails = true;
  world.driver.on_call = [&](const MockDriver::Call& call) {
    if (call.connection == nullptr && fails) throw ConnectFailed("password authentication failed");
  };
  for (int i = 0; i < 5; ++i) EXPECT_THROW(world.pool.checkout(), ConnectFailed);
  EXPECT_EQ(world.pool.counts().connecting, 0U);
  fails = false;
  const Lease first = world.pool.checkout();
  const Lease second = world.pool.checkout();
  EXPECT_EQ(world.driver.open(), 2U);
}

TEST(Pool, FailedConnectHandsItsPlaceToTheNextWaiter) {
  World world(options_of(1));
  Gate first_is_connecting;
  Gate may_fail;
  std::atomic<int> attempts{0};
  world.driver.on_call = [&](const MockDriver::Call&) {
    if (++attempts > 1) return;
    first_is_connecting.open();
    may_fail.wait();
    throw ConnectFailed("no such database");
  };
  std::thread first([&] { EXPECT_THROW(world.pool.checkout(), ConnectFailed); });
  first_is_connecting.wait();
  std::thread second([&] { EXPECT_EQ(number_of(world.pool.checkout()), 1U); });
  wait_for([&] { return world.pool.counts().waiting == 1; });
  may_fail.open();
  first.join();
  second.join();
}

TEST(Pool, HangingConnectBlocksNoOtherWaiter) {
  World world(options_of(2));
  Gate hangs;
  Gate release;
  std::atomic<int> connects{0};
  world.driver.on_call = [&](const MockDriver::Call&) {
    if (++connects != 2) return;
    hangs.open();
    release.wait();
  };
  Lease lent = world.pool.checkout();
  std::thread hanging([&] { EXPECT_EQ(number_of(world.pool.checkout()), 2U); });
  hangs.wait();
  // While one thread connects, all others are served by the other connection.
  std::thread waiting([&] { EXPECT_EQ(number_of(world.pool.checkout()), 1U); });
  wait_for([&] { return world.pool.counts().waiting == 1; });
  lent.give_back();
  waiting.join();
  EXPECT_EQ(number_of(world.pool.checkout()), 1U);
  release.open();
  hanging.join();
}

TEST(Pool, HangingConnectEndsAtTheCheckoutTimeout) {
  World world(options_of(1, 100ms));
  world.driver.on_call = [&](const MockDriver::Call& call) {
    std::this_thread::sleep_until(*call.deadline);
    throw StatementTimeout("connecting took too long");
  };
  const auto start = Clock::now();
  EXPECT_THROW(world.pool.checkout(), ConnectFailed);
  EXPECT_LT(Clock::now() - start, 5s);
  EXPECT_EQ(world.pool.counts().connecting, 0U);
}

TEST(Pool, WaitersHandled) {
  // Every waiter is served, whether connections come back whole, broken, or not at all.
  World world(options_of(2));
  std::atomic<int> served{0};
  on_threads(30, [&](unsigned thread) {
    for (int round = 0; round < 10; ++round) {
      Lease lease = world.pool.checkout();
      ++served;
      if (thread % 3 == 0) mock(lease).is_usable = false;
      if (thread % 7 == 0) lease.discard();
    }
  });
  EXPECT_EQ(served, 300);
  EXPECT_LE(world.driver.peak(), 2U);
  EXPECT_EQ(world.pool.counts().waiting, 0U);
  EXPECT_LE(world.pool.counts().idle, 2U);
}

TEST(Pool, ClosedConnectionWakesAWaiter) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  std::thread waiter([&] { EXPECT_EQ(number_of(world.pool.checkout()), 2U); });
  wait_for([&] { return world.pool.counts().waiting == 1; });
  lease.discard();
  waiter.join();
}

TEST(Pool, Fifo) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  std::vector<unsigned> order;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Lease mine = world.pool.checkout();
      order.push_back(i);  // whoever holds the only connection is alone
    });
    wait_for([&] { return world.pool.counts().waiting == i + 1; });
  }
  lease.give_back();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<unsigned>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Pool, NobodyOvertakesAWaiter) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  std::atomic<bool> waiter_served{false};
  std::thread waiter([&] {
    const Lease mine = world.pool.checkout();
    waiter_served = true;
    std::this_thread::sleep_for(5ms);
  });
  wait_for([&] { return world.pool.counts().waiting == 1; });
  lease.give_back();
  // The connection belongs to the waiter from here on, even if this thread is faster.
  const Lease again = world.pool.checkout();
  EXPECT_TRUE(waiter_served);
  waiter.join();
}

TEST(Pool, SixtyFourThreadsOnFourConnections) {
  World world(options_of(4));
  world.driver.on_call = [](const MockDriver::Call& call) {
    if (call.connection != nullptr) std::this_thread::yield();
  };
  const driver::Statement statement = test::text_statement("select 1");
  std::atomic<int> done{0};
  on_threads(64, [&](unsigned thread) {
    std::minstd_rand random(thread + 1);
    for (int round = 0; round < 300; ++round) {
      Lease lease = world.pool.checkout();
      lease->execute(statement, {}, nullptr, std::nullopt);
      if (random() % 64 == 0) mock(lease).is_usable = false;
      if (random() % 64 == 0) world.pool.connection_lost(lease);
      ++done;
    }
  });
  EXPECT_EQ(done, 64 * 300);
  EXPECT_LE(world.driver.peak(), 4U);
  EXPECT_FALSE(world.driver.was_shared());
  const Pool::Counts counts = world.pool.counts();
  EXPECT_EQ(counts.lent + counts.connecting + counts.waiting, 0U);
  EXPECT_EQ(counts.idle, world.driver.open());
}

TEST(Pool, NoDoubleCheckin) {
  World world(options_of(2));
  Lease lease = world.pool.checkout();
  Lease moved = std::move(lease);
  EXPECT_FALSE(lease);
  lease.give_back();
  moved.give_back();
  moved.give_back();
  EXPECT_EQ(world.pool.counts().idle, 1U);
  const Lease first = world.pool.checkout();
  const Lease second = world.pool.checkout();
  EXPECT_NE(number_of(first), number_of(second));
}

TEST(Pool, AssigningALeaseGivesTheOldOneBack) {
  World world(options_of(2));
  Lease lease = world.pool.checkout();
  lease = world.pool.checkout();
  EXPECT_EQ(world.pool.counts().lent, 1U);
  EXPECT_EQ(world.pool.counts().idle, 1U);
}

TEST(Pool, RecycleRace) {
  // Connections that are always too old: each checkout opens its own, never more than the size at once.
  PoolOptions options = options_of(3);
  options.max_lifetime = 1ms;
  World world(options);
  on_threads(12, [&](unsigned) {
    for (int round = 0; round < 20; ++round) {
      const Lease lease = world.pool.checkout();
      std::this_thread::sleep_for(2ms);
    }
  });
  EXPECT_EQ(world.driver.connects(), 12U * 20U);
  EXPECT_LE(world.driver.peak(), 3U);
}

TEST(Pool, IdleConnectionsAreClosedWhenTheyAreOld) {
  PoolOptions options = options_of(2);
  options.idle_timeout = 1ms;
  World world(options);
  world.pool.checkout().give_back();
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(number_of(world.pool.checkout()), 2U);
}

TEST(Pool, TheColdestIdleConnectionIsSweptWhenAnotherComesBack) {
  PoolOptions options = options_of(2);
  options.idle_timeout = 20ms;
  World world(options);
  {
    Lease first = world.pool.checkout();
    const Lease second = world.pool.checkout();
    first.give_back();
    std::this_thread::sleep_for(60ms);
  }
  EXPECT_EQ(world.driver.open(), 1U);
}

TEST(Pool, ConnectionLostRetiresEveryIdleConnectionOpenedBefore) {
  World world(options_of(4));
  Lease lost = world.pool.checkout();
  Lease other = world.pool.checkout();
  world.pool.checkout().give_back();
  ASSERT_EQ(world.pool.counts().idle, 1U);

  mock(lost).is_usable = false;
  world.pool.connection_lost(lost);
  EXPECT_EQ(world.pool.counts().idle, 0U);
  lost.give_back();
  const Lease fresh = world.pool.checkout();
  EXPECT_EQ(number_of(fresh), 4U);

  // A second victim of the same fault does not retire what was opened since.
  world.pool.connection_lost(other);
  other.give_back();
  EXPECT_EQ(world.driver.open(), 1U);
  world.pool.connection_lost(fresh);
  EXPECT_EQ(world.pool.counts().idle, 0U);
}

TEST(Pool, InvalidatedWithinCheckoutIsNotPooledAgain) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  mock(lease).is_usable = false;
  lease.give_back();
  EXPECT_EQ(world.driver.open(), 0U);
  EXPECT_EQ(number_of(world.pool.checkout()), 2U);
}

TEST(Pool, PassiveCheckReplacesAConnectionThePeerHasClosed) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  MockConnection& connection = mock(lease);
  lease.give_back();
  connection.passes_check = false;
  EXPECT_EQ(number_of(world.pool.checkout()), 2U);
  EXPECT_EQ(world.driver.pings(), 0U);
}

TEST(Pool, PingOnlyAfterALongPauseAndNotOnTheFirstConnect) {
  PoolOptions options = options_of(1);
  options.ping_after = 10ms;
  World world(options);
  world.pool.checkout().give_back();
  world.pool.checkout().give_back();
  EXPECT_EQ(world.driver.pings(), 0U);
  std::this_thread::sleep_for(30ms);
  world.pool.checkout().give_back();
  EXPECT_EQ(world.driver.pings(), 1U);
}

TEST(Pool, AFailedPingRetiresTheOthersUnasked) {
  PoolOptions options = options_of(3);
  options.ping_after = 1ms;
  World world(options);
  {
    const Lease a = world.pool.checkout();
    const Lease b = world.pool.checkout();
    const Lease c = world.pool.checkout();
    for (const Lease* lease : {&a, &b, &c}) mock(*lease).answers_ping = false;
  }
  std::this_thread::sleep_for(10ms);
  EXPECT_EQ(number_of(world.pool.checkout()), 4U);
  EXPECT_EQ(world.driver.pings(), 1U);
  EXPECT_EQ(world.driver.open(), 1U);
}

TEST(Pool, OpenTransactionIsRolledBackOnReturn) {
  World world(options_of(1));
  Lease lease = world.pool.checkout();
  lease->begin({}, std::nullopt);
  lease.give_back();
  EXPECT_EQ(world.driver.calls(), (std::vector<std::string>{"1 BEGIN", "1 RESET"}));
  EXPECT_EQ(world.driver.open(), 1U);
}

TEST(Pool, ResetThatFailsClosesTheConnection) {
  World world(options_of(1));
  world.driver.on_call = [](const MockDriver::Call& call) {
    if (call.text == "RESET") throw ConnectionLost("server closed the connection");
  };
  Lease lease = world.pool.checkout();
  lease.mark_doubtful();
  lease.give_back();
  EXPECT_EQ(world.driver.open(), 0U);
}

TEST(Pool, TransientConnectFailuresAreTriedAgainWithinTheTimeout) {
  World world(options_of(1));
  std::atomic<int> attempts{0};
  world.driver.on_call = [&](const MockDriver::Call&) {
    if (++attempts < 4) throw refused();
  };
  EXPECT_EQ(number_of(world.pool.checkout()), 1U);
  EXPECT_EQ(attempts, 4);
}

TEST(Pool, DatabaseStaysShutDown) {
  // Callers fail within the timeout with the server's reason; together they make few attempts.
  World world(options_of(4, 400ms));
  world.driver.on_call = [](const MockDriver::Call&) { throw refused(); };
  std::atomic<int> failed{0};
  const auto start = Clock::now();
  on_threads(16, [&](unsigned) {
    try {
      world.pool.checkout();
    } catch (const ConnectFailed& error) {
      EXPECT_STREQ(error.what(), "connection refused");
      EXPECT_TRUE(error.retryable());
      ++failed;
    } catch (const PoolTimeout&) {
      ++failed;
    }
  });
  EXPECT_EQ(failed, 16);
  EXPECT_LT(Clock::now() - start, 1800ms);  // less than one long pause between two attempts
  EXPECT_LT(world.driver.connects(), 40U);
  EXPECT_EQ(world.pool.counts().connecting, 0U);
  EXPECT_EQ(world.pool.counts().waiting, 0U);
}

TEST(Pool, RecoversWhenTheServerDoes) {
  World world(options_of(4));
  std::atomic<bool> down{true};
  world.driver.on_call = [&](const MockDriver::Call& call) {
    if (call.connection == nullptr && down) throw refused();
  };
  std::thread starter([&] {
    wait_for([&] { return world.driver.connects() >= 3; });
    down = false;
  });
  std::atomic<int> served{0};
  on_threads(16, [&](unsigned) {
    const Lease lease = world.pool.checkout();
    ++served;
  });
  starter.join();
  EXPECT_EQ(served, 16);
  EXPECT_LE(world.driver.peak(), 4U);
}

TEST(Pool, AConnectionThatComesBackServesWhoWaitsToConnectAgain) {
  World world(options_of(2));
  Lease lent = world.pool.checkout();
  std::atomic<int> attempts{0};
  world.driver.on_call = [&](const MockDriver::Call& call) {
    if (call.connection != nullptr) return;
    ++attempts;
    throw refused();
  };
  std::thread other([&] { EXPECT_EQ(number_of(world.pool.checkout()), 1U); });
  wait_for([&] { return attempts >= 1; });
  lent.give_back();
  other.join();
  EXPECT_EQ(world.pool.counts().connecting, 0U);
  EXPECT_EQ(world.pool.counts().idle, 1U);
}

TEST(Pool, AConnectionThatComesBackDuringAnAttemptServesWhoeverMadeIt) {
  World world(options_of(2));
  Lease lent = world.pool.checkout();
  world.driver.on_call = [&](const MockDriver::Call& call) {
    if (call.connection != nullptr) return;
    lent.give_back();
    throw refused();
  };
  const Lease lease = world.pool.checkout();
  EXPECT_EQ(number_of(lease), 1U);
  EXPECT_EQ(world.driver.connects(), 2U) << "no further attempt";
  EXPECT_EQ(world.pool.counts().connecting, 0U);
}

TEST(Pool, LeakIsReportedOnceWithWhatItWasTakenFor) {
  PoolOptions options = options_of(1, 50ms);
  options.leak_warning = 10ms;
  World world(options);
  Lease lease = world.pool.checkout();
  lease.describe("SELECT 'first'");
  lease.describe("SELECT 'second'");
  std::this_thread::sleep_for(20ms);
  EXPECT_THROW(world.pool.checkout(), PoolTimeout);
  EXPECT_THROW(world.pool.checkout(), PoolTimeout);
  lease.give_back();
  ASSERT_THAT(world.warnings, SizeIs(1));
  EXPECT_THAT(world.warnings[0], AllOf(HasSubstr("a connection has been held for"), HasSubstr("SELECT 'first'")));
}

TEST(Pool, LateReturnIsReportedEvenIfNobodyWaited) {
  PoolOptions options = options_of(2);
  options.leak_warning = 5ms;
  World world(options);
  Lease lease = world.pool.checkout();
  std::this_thread::sleep_for(15ms);
  lease.give_back();
  EXPECT_THAT(world.warnings, SizeIs(1));
  world.pool.checkout().give_back();
  EXPECT_THAT(world.warnings, SizeIs(1));
}

TEST(Pool, LeaseComesBackWhenItsThreadDiesByAnException) {
  World world(options_of(1));
  std::thread thread([&] {
    try {
      const Lease lease = world.pool.checkout();
      lease->begin({}, std::nullopt);
      throw std::runtime_error("in the middle");
    } catch (const std::runtime_error&) {
    }
  });
  thread.join();
  EXPECT_EQ(world.pool.counts().idle, 1U);
  EXPECT_EQ(world.driver.count("RESET"), 1U);
}

TEST(Pool, ForkedChildGetsAnErrorAndLeavesTheParentsConnectionsAlone) {
  World world(options_of(2));
  Lease lent = world.pool.checkout();
  world.pool.checkout().give_back();
  const pid_t child = ::fork();
  if (child == 0) {
    bool refused_to = false;
    try {
      world.pool.checkout();
    } catch (const StateError&) {
      refused_to = true;
    }
    lent.give_back();
    ::_exit(refused_to && world.driver.open() == 2 ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NO_THROW(world.pool.checkout());
}

}  // namespace
}  // namespace dorm
