// What may be shared between threads: databases, queries, and rows that are only read.
#include <atomic>
#include <functional>
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

class Threads : public Api {};
DORM_API_TESTS(Threads);

void at_once(int threads, const std::function<void(int)>& body) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(body, i);
  for (std::thread& thread : running) thread.join();
}

TEST_P(Threads, ManyReadersLoadARelationOnce) {
  const Database db = social();
  const Model user = db["User"], tweet = db["Tweet"];
  for (const char* name : {"huey", "mickey", "zaizee"})
    tweet.create({{"user", user.create({{"username", name}})}, {"content", name}});
  const Rows rows = tweet.select().order_by(tweet["id"]).all();
  QueryCount count(db);
  std::atomic<int> right = 0;
  at_once(4, [&](int) {
    for (const Row& row : rows)
      if (row["user"]["username"].text() == row["content"].text()) ++right;
  });
  EXPECT_EQ(right, 12);
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Threads, ManyWritersShareADatabase) {
  const Database db = social();
  at_once(4, [&](int thread) {
    for (int i = 0; i < 5; ++i) {
      db.run_transaction([&](Transaction&) {
        const Row user = db["User"].create({{"username", std::to_string(thread)}});
        db["Tweet"].create({{"user", user}, {"content", std::to_string(i)}});
      });
    }
  });
  EXPECT_EQ(db["User"].count(), 20);
  const Model user = db["User"], tweet = db["Tweet"];
  EXPECT_EQ(tweet.select().join(user).where(user["username"] == "2").count(), 5);
}

TEST_P(Threads, OneQueryRunsInManyThreads) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  const Query query = user.select().where(user["username"] == "huey");
  std::atomic<int> found = 0;
  at_once(4, [&](int) {
    for (int i = 0; i < 10; ++i) found += static_cast<int>(query.all().size());
  });
  EXPECT_EQ(found, 40);
}

}  // namespace
}  // namespace dorm::test
