// What things cost, counted: allocations, prepared statements, plans. Nothing here looks at a clock.
#include "api/allocations.hpp"
#include "api/world.hpp"
#include "load/context.hpp"
#include "model/database_impl.hpp"
#include "session/session.hpp"

namespace dorm::test {
namespace {

// Calls of operator new on this thread while `work` runs.
std::size_t allocations_of(const auto& work) {
  const std::size_t before = allocations();
  work();
  return allocations() - before;
}

class Counters : public Api {
 protected:
  void fill(const Database& db, int users) {
    Transaction transaction = db.transaction();
    for (int i = 0; i < users; ++i)
      db["User"].create({{"username", "a user with a long name, number " + std::to_string(i)}});
    transaction.commit();
  }
};

TEST_P(Counters, RepeatedGetsPrepareTheirStatementOnce) {
  const Database db = social();
  fill(db, 10);
  // One connection, so that all of them go there.
  const ConnectionScope held = db.impl()->session->hold();
  const Model user = db["User"];
  user.get(1);
  const driver::Statistics before = held.connection().statistics();
  for (int i = 1; i <= 10; ++i) user.get(i);
  const driver::Statistics after = held.connection().statistics();
  EXPECT_EQ(after.prepares - before.prepares, 0U);
  EXPECT_EQ(after.executions - before.executions, 10U);
}

TEST_P(Counters, QueriesThatDifferInValuesShareOnePlan) {
  const Database db = social();
  fill(db, 10);
  const Model user = db["User"];
  user.select().where(user["id"] == 1).all();
  const std::size_t plans = db.impl()->plans.size();
  for (int i = 1; i <= 10; ++i) user.select().where(user["id"] == i).all();
  EXPECT_EQ(db.impl()->plans.size(), plans);
}

TEST_P(Counters, AScannedRowCostsNoAllocation) {
  const Database db = social();
  fill(db, 2'000);
  const Query query = db["User"].select();
  Rows rows = query.all();
  const std::size_t count = allocations_of([&] { rows = query.all(); });
  EXPECT_EQ(rows.size(), 2'000U);
  EXPECT_LE(static_cast<double>(count) / 2'000, 0.05);
}

TEST_P(Counters, AGetByKeyCostsAFewAllocations) {
  const Database db = social();
  fill(db, 10);
  const Model user = db["User"];
  user.get(1);
  // The graph, the sink's segment with its columns; what else there is belongs to the driver.
  EXPECT_LE(allocations_of([&] { user.get(2); }), 6U);
}

TEST_P(Counters, ACreatedRowCostsAFewAllocations) {
  const Database db = social();
  fill(db, 10);
  const Model user = db["User"];
  Transaction transaction = db.transaction();
  // The value's string, the graph, what remembers the row until the transaction ends; on a server the row that comes
  // back.
  EXPECT_LE(allocations_of([&] { user.create({{"username", "another user with a long name"}}); }), 10U);
  transaction.commit();
}

DORM_API_TESTS(Counters);

}  // namespace
}  // namespace dorm::test
