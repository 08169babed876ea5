// Nothing runs past its deadline, and cancel() stops what runs and nothing else.
#include <atomic>
#include <chrono>
#include <thread>

#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endless =
    "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r";

class DriverInterrupt : public DriverTest {
 protected:
  void run_endless(driver::Deadline deadline) {
    connection().execute(statement(endless, {}, {TypeKind::bigint}), {}, nullptr, deadline);
  }
};

TEST_P(DriverInterrupt, ADeadlineStopsAStatement) {
  const StatementTimeout error = thrown<StatementTimeout>([&] { run_endless(driver::Clock::now() + 50ms); });
  EXPECT_FALSE(error.retryable());
}

TEST_P(DriverInterrupt, ADeadlineThatHasPassedLetsNothingStart) {
  script("CREATE TABLE numbers (n integer)");
  const driver::Statement insert = statement("INSERT INTO numbers (n) VALUES (1)");
  thrown<StatementTimeout>([&] { connection().execute(insert, {}, nullptr, driver::Clock::now() - 1ms); });
  connection_ = connect();
  if (!is_shared()) return;
  EXPECT_EQ(number("SELECT count(*) FROM numbers"), 0);
}

TEST_P(DriverInterrupt, AStatementTimeoutIsADeadlineOfTheConnection) {
  driver::ConnectOptions options = GetParam().driver->parse_url(url_);
  options.statement_timeout = 50ms;
  connection_ = GetParam().driver->connect(options, std::nullopt);
  thrown<StatementTimeout>([&] { run_endless(std::nullopt); });
  EXPECT_TRUE(connection().usable());
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(DriverInterrupt, CancelStopsTheStatementThatRuns) {
  // Cancelling before it runs does nothing, so it is repeated.
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done) {
      connection().cancel();
      std::this_thread::sleep_for(5ms);
    }
  });
  const Cancelled error = thrown<Cancelled>([&] { run_endless(std::nullopt); });
  done = true;
  canceller.join();
  EXPECT_FALSE(error.retryable());
  EXPECT_TRUE(connection().usable());
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(DriverInterrupt, CancelWithNothingRunningHitsNothing) {
  for (int i = 0; i < 20; ++i) {
    connection().cancel();
    EXPECT_EQ(number("SELECT 1"), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverInterrupt, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
