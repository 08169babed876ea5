// Two connections that want the same.
#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using namespace std::chrono_literals;

class DriverLocks : public DriverTest {};

TEST_P(DriverLocks, AWaitForALockEndsAtTheDeadline) {
  if (!is_shared()) return;
  script("CREATE TABLE numbers (n integer PRIMARY KEY, v integer); INSERT INTO numbers VALUES (1, 1)");
  connection().begin({}, std::nullopt);
  run("UPDATE numbers SET v = 2 WHERE n = 1");
  const auto other = connect();
  const driver::Statement update = statement("UPDATE numbers SET v = 3 WHERE n = 1");
  thrown<StatementTimeout>([&] { other->execute(update, {}, nullptr, driver::Clock::now() + 100ms); });
  connection().commit(std::nullopt);
  EXPECT_EQ(number("SELECT v FROM numbers"), 2);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverLocks, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
