// What a transaction does to rows: committed, rolled back, nested, retried, seen by other threads.
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;

class Transactions : public Api {};
DORM_API_TESTS(Transactions);

TEST_P(Transactions, CommittedRowsStay) {
  const Database db = social();
  {
    Transaction tx = db.transaction();
    db["User"].create({{"username", "huey"}});
    tx.commit();
    EXPECT_FALSE(tx.is_open());
    EXPECT_THROW(tx.commit(), StateError);
  }
  EXPECT_EQ(db["User"].count(), 1);
}

TEST_P(Transactions, AnUncommittedOneIsRolledBackAtTheEndOfItsScope) {
  const Database db = social();
  {
    const Transaction tx = db.transaction();
    db["User"].create({{"username", "huey"}});
    EXPECT_EQ(db["User"].count(), 1);
  }
  EXPECT_EQ(db["User"].count(), 0);
}

TEST_P(Transactions, RollbackMakesACreatedRowNewAgain) {
  const Database db = social();
  Transaction tx = db.transaction();
  const Row huey = db["User"].create({{"username", "huey"}});
  EXPECT_EQ(huey["id"].integer(), 1);
  tx.rollback();
  EXPECT_FALSE(huey.is_saved());
  EXPECT_TRUE(huey.is_dirty());
  EXPECT_FALSE(huey.is_loaded("id"));
  EXPECT_EQ(huey["username"].text(), "huey");
  EXPECT_TRUE(huey.save());
  EXPECT_EQ(db["User"].count(), 1);
  EXPECT_EQ(db["User"].get(huey["id"].integer())["username"].text(), "huey");
}

TEST_P(Transactions, RollbackMakesASavedChangeDirtyAgain) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  Transaction tx = db.transaction();
  huey.set("username", "hugo");
  huey.save();
  EXPECT_FALSE(huey.is_dirty());
  tx.rollback();
  EXPECT_THAT(huey.dirty_fields(), ElementsAre("username"));
  EXPECT_EQ(huey["username"].text(), "hugo");
  EXPECT_EQ(db["User"].get(1)["username"].text(), "huey");
  huey.save();
  EXPECT_EQ(db["User"].get(1)["username"].text(), "hugo");
}

TEST_P(Transactions, RollbackBringsADeletedRowBack) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  Transaction tx = db.transaction();
  huey.delete_row();
  EXPECT_FALSE(huey.is_saved());
  tx.rollback();
  EXPECT_TRUE(huey.is_saved());
  EXPECT_FALSE(huey.is_dirty());
  huey.set("username", "hugo");
  EXPECT_TRUE(huey.save());
  EXPECT_EQ(db["User"].get(1)["username"].text(), "hugo");
}

TEST_P(Transactions, SeveralSavesOfOneRowAreUndoneTogether) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "a"}});
  Transaction tx = db.transaction();
  for (const char* name : {"b", "c", "d"}) {
    huey.set("username", name);
    huey.save();
  }
  const Row fresh = db["User"].create({{"username", "x"}});
  fresh.set("username", "y");
  fresh.save();
  tx.rollback();
  EXPECT_THAT(huey.dirty_fields(), ElementsAre("username"));
  EXPECT_FALSE(fresh.is_saved());
  huey.save();
  fresh.save();
  EXPECT_THAT(texts(db["User"].select().order_by(db["User"]["id"]), "username"), ElementsAre("d", "y"));
}

TEST_P(Transactions, ANestedOneIsASavepoint) {
  const Database db = social();
  Transaction outer = db.transaction();
  const Row huey = db["User"].create({{"username", "huey"}});
  Row mickey;
  {
    Transaction inner = db.transaction();
    mickey = db["User"].create({{"username", "mickey"}});
    huey.set("username", "hugo");
    huey.save();
    inner.rollback();
  }
  EXPECT_TRUE(huey.is_saved());
  EXPECT_THAT(huey.dirty_fields(), ElementsAre("username"));
  EXPECT_FALSE(mickey.is_saved());
  EXPECT_FALSE(mickey.is_loaded("id"));
  {
    Transaction inner = db.transaction();
    mickey.save();
    inner.commit();
  }
  outer.commit();
  EXPECT_THAT(texts(db["User"].select().order_by(db["User"]["username"]), "username"), ElementsAre("huey", "mickey"));
  huey.save();
  EXPECT_THAT(texts(db["User"].select().order_by(db["User"]["username"]), "username"), ElementsAre("hugo", "mickey"));
}

TEST_P(Transactions, ACommittedSavepointFallsWithItsTransaction) {
  const Database db = social();
  Row huey;
  {
    Transaction outer = db.transaction();
    {
      Transaction inner = db.transaction();
      huey = db["User"].create({{"username", "huey"}});
      inner.commit();
    }
    EXPECT_TRUE(huey.is_saved());
  }
  EXPECT_FALSE(huey.is_saved());
  EXPECT_EQ(db["User"].count(), 0);
}

TEST_P(Transactions, ARetriedTransactionLosesNoWrite) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  huey.set("username", "hugo");
  const Row mickey = db["User"].make({{"username", "mickey"}});
  int tries = 0;
  TransactionOptions options;
  options.retry.first_delay = options.retry.max_delay = std::chrono::milliseconds(1);
  db.run_transaction(
      [&](Transaction&) {
        huey.save();
        mickey.save();
        if (++tries < 3) {
          ErrorDetails details;
          details.retryable = true;
          throw SerializationFailure("somebody was faster", details);
        }
      },
      options);
  EXPECT_EQ(tries, 3);
  EXPECT_THAT(texts(db["User"].select().order_by(db["User"]["username"]), "username"), ElementsAre("hugo", "mickey"));
  EXPECT_FALSE(huey.is_dirty());
  EXPECT_TRUE(mickey.is_saved());
}

TEST_P(Transactions, AnErrorThatIsNotRetryableEndsIt) {
  const Database db = social();
  int tries = 0;
  EXPECT_THROW(db.run_transaction([&](Transaction&) {
    ++tries;
    db["User"].create({{"username", "huey"}});
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(db["User"].count(), 0);
}

TEST_P(Transactions, HooksRunAtTheEnd) {
  const Database db = social();
  std::vector<std::string> seen;
  {
    Transaction tx = db.transaction();
    tx.on_commit([&] { seen.emplace_back("committed"); });
    tx.on_rollback([&] { seen.emplace_back("rolled back"); });
    tx.commit();
  }
  {
    Transaction tx = db.transaction();
    tx.on_commit([&] { seen.emplace_back("committed"); });
    tx.on_rollback([&] { seen.emplace_back("rolled back"); });
  }
  EXPECT_THAT(seen, ElementsAre("committed", "rolled back"));
}

TEST_P(Transactions, AnotherThreadDoesNotSeeWhatIsNotCommitted) {
  if (in_memory()) return;  // it has one connection, so the other thread would wait for the transaction's end
  DatabaseConfig config;
  config.url = fresh_database(GetParam());
  const Database db = Database::open(config, Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social"));
  db.create_tables();
  Transaction tx = db.transaction();
  db["User"].create({{"username", "huey"}});
  std::int64_t seen = -1;
  std::thread([&] { seen = db["User"].count(); }).join();
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(db["User"].count(), 1);
  tx.commit();
  std::thread([&] { seen = db["User"].count(); }).join();
  EXPECT_EQ(seen, 1);
}

TEST_P(Transactions, AFailedStatementLeavesASavepointToGoBackTo) {
  const Database db = social();
  Transaction tx = db.transaction();
  const Row huey = db["User"].create({{"username", "huey"}});
  const Row mickey = db["User"].create({{"username", "mickey"}});
  db["Relationship"].create({{"from_user", huey}, {"to_user", mickey}});
  {
    const Transaction inner = db.transaction();
    EXPECT_THROW(db["Relationship"].create({{"from_user", huey}, {"to_user", mickey}}), UniqueViolation);
  }
  db["Relationship"].create({{"from_user", mickey}, {"to_user", huey}});
  tx.commit();
  EXPECT_EQ(db["Relationship"].count(), 2);
}

TEST_P(Transactions, AFailedStatementEndsItForAllButRollback) {
  const Database db = social();
  const Model user = db["User"], relationship = db["Relationship"];
  const auto fails = [&] { relationship.create({{"from_user", 1}, {"to_user", 2}}); };
  {
    Transaction tx = db.transaction();
    user.create({{"username", "huey"}});
    EXPECT_THROW(fails(), ForeignKeyViolation);
    EXPECT_THROW(user.count(), StateError);
    EXPECT_THROW(user.create({{"username", "mickey"}}), StateError);
    EXPECT_THROW(db.execute("SELECT 1"), StateError);
    EXPECT_THROW(db.transaction(), StateError) << "a savepoint";
    EXPECT_THROW(tx.commit(), StateError);
    EXPECT_THROW(user.count(), StateError) << "it is still to be rolled back";
    tx.rollback();
    EXPECT_EQ(user.count(), 0);
  }
  try {
    const Transaction tx = db.transaction();
    db.execute("SELECT * FROM nothing");
    FAIL() << "there is no such table";
  } catch (const SchemaMismatch& error) {
    EXPECT_EQ(error.transaction(), TransactionState::poisoned);
  }
  const Transaction tx = db.transaction();
  try {
    db.execute("SELECT * FROM nothing");
  } catch (const SchemaMismatch&) {
  }
  try {
    user.count();
    FAIL() << "the transaction has failed";
  } catch (const StateError& error) {
    EXPECT_EQ(error.transaction(), TransactionState::poisoned);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("nothing")) << "the cause is named";
  }
}

TEST_P(Transactions, RollingBackToASavepointHealsIt) {
  const Database db = social();
  const Model user = db["User"];
  Transaction tx = db.transaction();
  user.create({{"username", "huey"}});
  {
    Transaction outer = db.transaction();
    user.create({{"username", "mickey"}});
    {
      const Transaction inner = db.transaction();
      EXPECT_THROW(user.create({{"id", 1}, {"username", "zaizee"}}), UniqueViolation);
      EXPECT_THROW(user.count(), StateError);
    }
    EXPECT_EQ(user.count(), 2);
    EXPECT_THROW(user.create({{"id", 1}, {"username", "zaizee"}}), UniqueViolation);
    EXPECT_THROW(outer.commit(), StateError);
    outer.rollback();
  }
  EXPECT_EQ(user.count(), 1);
  user.create({{"username", "charlie"}});
  tx.commit();
  EXPECT_EQ(user.count(), 2);
}

TEST_P(Transactions, WhatIsRefusedBeforeItIsSentDoesNotEndIt) {
  const Database db = social();
  const Model user = db["User"];
  Transaction tx = db.transaction();
  EXPECT_THROW(user.create({{"username", nullptr}}), DataError);
  EXPECT_THROW(user.create({{"username", std::string("a\0b", 3)}}), DataError);
  EXPECT_THROW(user.select(user["id"]).where(user["nothing"] == 1), QueryError);
  EXPECT_THROW(user.select(user["id"]).where(fn::count() > 1).all(), QueryError);
  EXPECT_THROW(user.get(7), NotFound);
  user.create({{"username", "huey"}});
  tx.commit();
  EXPECT_EQ(user.count(), 1);
}

TEST_P(Transactions, AReadOnlyOneRefusesWrites) {
  const Database db = social();
  TransactionOptions options;
  options.read_only = true;
  {
    const Transaction tx = db.transaction(options);
    EXPECT_THROW(db["User"].create({{"username", "huey"}}), ReadOnly);
    EXPECT_THROW(db["User"].count(), StateError);
  }
  db["User"].create({{"username", "huey"}});
  EXPECT_EQ(db["User"].count(), 1);
}

TEST_P(Transactions, AModelOfTheTransactionIsTheExplicitForm) {
  const Database db = social();
  Transaction tx = db.transaction();
  const Model user = tx["User"];
  user.create({{"username", "huey"}});
  EXPECT_EQ(user.count(), 1);
  EXPECT_THROW(tx["Usr"], QueryError);
  tx.rollback();
  EXPECT_EQ(user.count(), 0);
}

TEST_P(Transactions, AnUnboundOneGoesFromThreadToThread) {
  const Database db = social();
  Transaction tx = db.unbound_transaction();
  EXPECT_THROW(tx["User"], StateError) << "nobody has entered it";
  std::vector<Row> rows;
  const auto on_a_thread = [](auto work) { std::thread(work).join(); };
  on_a_thread([&] {
    const Transaction::Entry here = tx.enter();
    rows.push_back(tx["User"].create({{"username", "huey"}}));
    Transaction inner = db.transaction();
    db["User"].create({{"username", "nobody"}});
    inner.rollback();
    EXPECT_THROW(static_cast<void>(tx.enter()), StateError) << "once is enough";
  });
  on_a_thread([&] {
    const Transaction::Entry here = tx.enter();
    db["Tweet"].create({{"user", rows[0]}, {"content", "meow"}});
    EXPECT_EQ(rows[0].related("tweets").size(), 1U) << "rows go along";
    bool refused = false;
    std::thread([&] {
      try {
        static_cast<void>(tx.enter());
      } catch (const StateError&) {
        refused = true;
      }
    }).join();
    EXPECT_TRUE(refused) << "one thread at a time";
  });
  if (!in_memory()) {
    EXPECT_EQ(db["User"].count(), 0) << "this thread is outside";
  }
  tx.commit();
  EXPECT_TRUE(rows[0].is_saved());
  EXPECT_EQ(db["User"].count(), 1);
  EXPECT_EQ(db["Tweet"].count(), 1);
  EXPECT_THROW(static_cast<void>(tx.enter()), StateError);
  Transaction bound = db.transaction();
  EXPECT_THROW(static_cast<void>(bound.enter()), StateError);
}

TEST_P(Transactions, AnUnboundOneThatIsForgottenIsRolledBack) {
  const Database db = social();
  Row row;
  {
    const Transaction tx = db.unbound_transaction();
    const Transaction::Entry here = tx.enter();
    row = db["User"].create({{"username", "huey"}});
  }
  EXPECT_FALSE(row.is_saved());
  EXPECT_EQ(db["User"].count(), 0);
}

TEST_P(Transactions, ALazyLoadUsesTheTransactionOfItsThread) {
  const Database db = social();
  Transaction tx = db.transaction();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  EXPECT_THAT(texts(huey.related("tweets"), "content"), ElementsAre("meow"));
  EXPECT_EQ(db["Tweet"].get(1)["user"]["username"].text(), "huey");
  tx.rollback();
  EXPECT_EQ(db["Tweet"].count(), 0);
}

}  // namespace
}  // namespace dorm::test
