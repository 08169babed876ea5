// Rows that are there afterwards, made once however many ask for them.
#include <atomic>
#include <set>
#include <thread>

#include "api/world.hpp"
#include "dorm/query_set.hpp"

namespace dorm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* members_of_teams = R"({"dorm": 1, "models": {
  "Team": {"fields": {"name": {"type": "text", "unique": true}}},
  "Member": {"fields": {"email": {"type": "text", "unique": true}, "name": {"type": "text", "nullable": true},
      "visits": {"type": "integer", "default": 0}, "revision": {"type": "integer"},
      "team": {"type": "foreign_key", "to": "Team", "nullable": true, "backref": "members"}},
    "version_field": "revision"}}})";

class GetOrCreate : public Api {
 protected:
  Database db = open(members_of_teams);
  Model team = db["Team"], member = db["Member"];
};
DORM_API_TESTS(GetOrCreate);

TEST_P(GetOrCreate, MakesARowOnce) {
  QueryCount count(db);
  const auto [made, is_new] = member.get_or_create({{"email", "huey"}}, {{"name", "Huey"}});
  EXPECT_TRUE(is_new);
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  const auto [found, is_new_again] = member.get_or_create({{"email", "huey"}}, {{"name", "other"}});
  EXPECT_FALSE(is_new_again);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(found, made);
  EXPECT_EQ(found["name"].text(), "Huey");
  EXPECT_EQ(member.count(), 1);
}

TEST_P(GetOrCreate, TakesRowsNullsAndListsOfPairs) {
  const Row red = team.create({{"name", "red"}});
  EXPECT_TRUE(member.get_or_create({{"team", red}, {"name", nullptr}}, {{"email", "a"}}).second);
  const auto [found, is_new] = member.get_or_create({{"team", red}, {"name", nullptr}}, {{"email", "b"}});
  EXPECT_FALSE(is_new);
  EXPECT_EQ(found["email"].text(), "a");
  EXPECT_TRUE(member.get_or_create({{"team", nullptr}}, {{"email", "b"}}).second);
  EXPECT_FALSE(member.get_or_create({{"team", nullptr}}, {{"email", "b"}}).second);
  using Pairs = std::vector<std::pair<std::string, Value>>;
  EXPECT_TRUE(member.get_or_create(Pairs{{"email", "c"}}, Pairs{{"visits", 3}}).second);
  EXPECT_FALSE(member.get_or_create(Pairs{{"email", "c"}}).second);
  EXPECT_EQ(member.count(), 3);
}

TEST_P(GetOrCreate, LoadsWhatItsQueryAsksFor) {
  const Row red = team.create({{"name", "red"}});
  member.create({{"email", "a"}, {"team", red}});
  const auto [found, is_new] = member.objects().select_related("team").get_or_create({{"email", "a"}});
  QueryCount count(db);
  EXPECT_EQ(found["team"]["name"].text(), "red");
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(GetOrCreate, SaysWhatIsWrongEveryTime) {
  member.create({{"email", "a"}});
  QueryCount count(db);
  EXPECT_THAT(
      [&] {
        member.get_or_create({}, {{"email", "a"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("what it is known by")));
  EXPECT_THAT([&] { member.get_or_create({{"emial", "a"}}); }, ThrowsMessage<QueryError>(HasSubstr("'email'")));
  EXPECT_THROW(member.get_or_create({{"email", "a"}}, {{"visits", "many"}}), DataError) << "though it is there";
  const Row red = team.make({{"name", "red"}});
  EXPECT_THROW(red.related("members").objects(), StateError);
  EXPECT_EQ(count.count(), 0U);
  member.create({{"email", "b"}});
  EXPECT_THROW(member.get_or_create({{"name", nullptr}}, {{"email", "c"}}), MultipleFound);
  const Row blue = team.create({{"name", "blue"}});
  EXPECT_THROW(blue.related("members").objects().get_or_create({{"email", "c"}}), QueryError);
  EXPECT_THROW(member.get_or_create({{"email", "c"}, {"team", red}}), StateError) << "a row without a key";
}

// Another program makes the row between the look and the INSERT.
TEST_P(GetOrCreate, TheRowOfWhoWasFasterIsTheAnswer) {
  int calls = 0;
  const auto handle = db.on(Signal::before_save, "Member", [&](const SignalEvent&) {
    if (++calls == 1) db.execute("INSERT INTO member (email, name, visits, revision) VALUES ('a', 'theirs', 0, 1)");
  });
  const auto [row, is_new] = member.get_or_create({{"email", "a"}}, {{"name", "ours"}});
  EXPECT_FALSE(is_new);
  EXPECT_EQ(row["name"].text(), "theirs");
  EXPECT_EQ(member.count(), 1);
  EXPECT_EQ(calls, 1);
}

TEST_P(GetOrCreate, ALostRaceDoesATransactionNoHarm) {
  if (!is_postgres()) return;  // there two transactions do not write at once
  const Database other = Database::open(url(), db.registry());
  const auto handle = db.on(Signal::before_save, "Member", [&](const SignalEvent&) {
    other.execute("INSERT INTO member (email, name, visits, revision) VALUES ('a', 'theirs', 0, 1)");
  });
  Transaction tx = db.transaction();
  team.create({{"name", "red"}});
  const auto [row, is_new] = member.get_or_create({{"email", "a"}}, {{"name", "ours"}});
  EXPECT_FALSE(is_new);
  EXPECT_EQ(row["name"].text(), "theirs");
  tx.commit();
  EXPECT_EQ(team.count(), 1);
  EXPECT_EQ(member.count(), 1);
}

TEST_P(GetOrCreate, AnotherRowInTheWayIsAViolation) {
  member.create({{"email", "a"}, {"name", "x"}});
  EXPECT_THROW(member.objects().filter("name", "y").get_or_create({{"email", "a"}}), UniqueViolation);
  Transaction tx = db.transaction();
  team.create({{"name", "red"}});
  EXPECT_THROW(member.objects().filter("name", "y").get_or_create({{"email", "a"}}), UniqueViolation);
  team.create({{"name", "blue"}});
  tx.commit();
  EXPECT_EQ(team.count(), 2);
}

TEST_P(GetOrCreate, FallsWithItsTransaction) {
  {
    const Transaction tx = db.transaction();
    EXPECT_TRUE(member.get_or_create({{"email", "a"}}).second);
    EXPECT_FALSE(member.get_or_create({{"email", "a"}}).second);
  }
  EXPECT_EQ(member.count(), 0);
}

TEST_P(GetOrCreate, ManyThreadsMakeARowOnce) {
  constexpr int threads = 4;
  constexpr int rows = 15;
  std::atomic<int> made = 0, failed = 0;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      for (int n = 0; n < rows; ++n) {
        const std::string email = std::to_string(n);
        try {
          const auto ask = [&] {
            if (member.get_or_create({{"email", email}}).second) ++made;
          };
          if (i % 2 == 0) {
            ask();
            continue;
          }
          bool is_new = false;
          db.run_transaction([&](Transaction&) { is_new = member.get_or_create({{"email", email}}).second; });
          if (is_new) ++made;
        } catch (const Error& error) {
          ADD_FAILURE() << error.what();
          ++failed;
        }
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(made, rows);
  EXPECT_EQ(member.count(), rows);
}

TEST_P(GetOrCreate, UpdateOrCreateChangesWhatIsThere) {
  const auto [made, is_new] = member.update_or_create({{"email", "a"}}, {{"name", "A"}});
  EXPECT_TRUE(is_new);
  const auto [found, is_new_again] = member.update_or_create({{"email", "a"}}, {{"name", "B"}, {"visits", 2}});
  EXPECT_FALSE(is_new_again);
  EXPECT_EQ(found, made);
  const Row row = member.get(made["id"].integer());
  EXPECT_EQ(row["name"].text(), "B");
  EXPECT_EQ(row["visits"].integer(), 2);
  EXPECT_EQ(row["revision"].integer(), 2);
  QueryCount count(db);
  member.update_or_create({{"email", "a"}}, {{"name", "B"}, {"visits", 2}});
  EXPECT_LE(count.count(), 2U);
  using Pairs = std::vector<std::pair<std::string, Value>>;
  EXPECT_FALSE(member.update_or_create(Pairs{{"email", "a"}}, Pairs{{"name", "C"}}).second);
  EXPECT_EQ(member.count(), 1);
}

TEST_P(GetOrCreate, UpdateOrCreateReadsAStaleRowAgain) {
  member.create({{"email", "a"}});
  int calls = 0;
  const auto handle = db.on(Signal::before_save, "Member", [&](const SignalEvent&) {
    if (++calls == 1) member.objects().filter("email", "a").update({{"visits", 9}});
  });
  EXPECT_FALSE(member.update_or_create({{"email", "a"}}, {{"name", "A"}}).second);
  EXPECT_EQ(calls, 2);
  const Row row = member.objects().get();
  EXPECT_EQ(row["visits"].integer(), 9);
  EXPECT_EQ(row["name"].text(), "A");
}

TEST_P(GetOrCreate, UpdateOrCreateUpdatesTheRowOfWhoWasFaster) {
  int calls = 0;
  const auto handle = db.on(Signal::before_save, "Member", [&](const SignalEvent&) {
    if (++calls == 1) db.execute("INSERT INTO member (email, name, visits, revision) VALUES ('a', 'theirs', 5, 1)");
  });
  EXPECT_FALSE(member.update_or_create({{"email", "a"}}, {{"name", "ours"}}).second);
  const Row row = member.objects().get();
  EXPECT_EQ(row["name"].text(), "ours");
  EXPECT_EQ(row["visits"].integer(), 5);
}

}  // namespace
}  // namespace dorm::test
