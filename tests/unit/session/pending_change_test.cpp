#include "session/pending_change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <thread>

#include "unit/session/world.hpp"

namespace dorm {
namespace {

using test::SessionWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Change final : public PendingChange {
 public:
  Change(std::string name, std::vector<std::string>& heard) : name_(std::move(name)), heard_(heard) {}
  ~Change() override { withdraw(); }

  void committed() noexcept override { heard_.push_back(name_ + " committed"); }
  void rolled_back() noexcept override { heard_.push_back(name_ + " rolled back"); }
  void in_doubt() noexcept override { heard_.push_back(name_ + " in doubt"); }

 private:
  std::string name_;
  std::vector<std::string>& heard_;
};

struct Changes {
  SessionWorld world;
  std::vector<std::string> heard;
  Change a{"a", heard};
  Change b{"b", heard};
  Change c{"c", heard};
};

TEST(PendingChange, HearsOfTheCommitInTheOrderOfChanges) {
  Changes t;
  TransactionScope transaction = t.world.session->begin();
  transaction->enlist(t.a);
  transaction->enlist(t.b);
  EXPECT_TRUE(t.a.is_pending());
  transaction.commit();
  EXPECT_FALSE(t.a.is_pending());
  EXPECT_THAT(t.heard, ElementsAre("a committed", "b committed"));
}

TEST(PendingChange, HearsOfTheRollbackNewestFirst) {
  Changes t;
  {
    const TransactionScope transaction = t.world.session->begin();
    transaction->enlist(t.a);
    transaction->enlist(t.b);
  }
  EXPECT_THAT(t.heard, ElementsAre("b rolled back", "a rolled back"));
}

TEST(PendingChange, SavepointRollbackTellsOnlyItsOwn) {
  Changes t;
  TransactionScope outer = t.world.session->begin();
  outer->enlist(t.a);
  {
    const TransactionScope inner = t.world.session->begin();
    inner->enlist(t.b);
  }
  EXPECT_THAT(t.heard, ElementsAre("b rolled back"));
  outer.commit();
  EXPECT_THAT(t.heard, ElementsAre("b rolled back", "a committed"));
}

TEST(PendingChange, ReleasedSavepointHandsItsChangesOn) {
  Changes t;
  TransactionScope outer = t.world.session->begin();
  outer->enlist(t.a);
  {
    TransactionScope inner = t.world.session->begin();
    inner->enlist(t.b);
    inner.commit();
  }
  outer->enlist(t.c);
  EXPECT_THAT(t.heard, IsEmpty());
  outer.rollback();
  EXPECT_THAT(t.heard, ElementsAre("c rolled back", "b rolled back", "a rolled back"));
}

TEST(PendingChange, ThroughTheOuterHandleItGoesToTheInnermostLevel) {
  Changes t;
  TransactionScope outer = t.world.session->begin();
  TransactionScope inner = t.world.session->begin();
  outer->enlist(t.a);
  inner.rollback();
  EXPECT_THAT(t.heard, ElementsAre("a rolled back"));
  outer.commit();
}

TEST(PendingChange, RollbackOfTheOuterTellsAllLevelsNewestFirst) {
  Changes t;
  TransactionScope outer = t.world.session->begin();
  outer->enlist(t.a);
  TransactionScope inner = t.world.session->begin();
  inner->enlist(t.b);
  outer.rollback();
  EXPECT_THAT(t.heard, ElementsAre("b rolled back", "a rolled back"));
}

TEST(PendingChange, CommitUnknownLeavesItInDoubt) {
  Changes t;
  t.world.fail_once("COMMIT", CommitUnknown("connection lost during COMMIT"));
  bool hook = false;
  TransactionScope transaction = t.world.session->begin();
  transaction->enlist(t.a);
  transaction->on_commit([&] { hook = true; });
  transaction->on_rollback([&] { hook = true; });
  EXPECT_THROW(transaction.commit(), CommitUnknown);
  EXPECT_THAT(t.heard, ElementsAre("a in doubt"));
  EXPECT_FALSE(hook);
}

TEST(PendingChange, FailedCommitIsARollback) {
  Changes t;
  t.world.fail_once("COMMIT", SerializationFailure("could not serialize access"));
  TransactionScope transaction = t.world.session->begin();
  transaction->enlist(t.a);
  EXPECT_THROW(transaction.commit(), SerializationFailure);
  EXPECT_THAT(t.heard, ElementsAre("a rolled back"));
}

TEST(PendingChange, LeavesWhenItDies) {
  SessionWorld world;
  std::vector<std::string> heard;
  TransactionScope transaction = world.session->begin();
  Change a("a", heard);
  transaction->enlist(a);
  {
    Change b("b", heard);
    transaction->enlist(b);
  }
  transaction.commit();
  EXPECT_THAT(heard, ElementsAre("a committed"));
}

TEST(PendingChange, MayOutliveItsTransactionAndJoinAnother) {
  Changes t;
  {
    TransactionScope transaction = t.world.session->begin();
    transaction->enlist(t.a);
    transaction.commit();
  }
  const SessionWorld other;
  TransactionScope transaction = other.session->begin();
  transaction->enlist(t.a);
  transaction->enlist(t.a);  // once more is the same
  transaction.rollback();
  EXPECT_THAT(t.heard, ElementsAre("a committed", "a rolled back"));
}

TEST(PendingChange, MayDestroyItselfAndOthersOfItsTransactionWhenTold) {
  class SelfOwned final : public PendingChange {
   public:
    explicit SelfOwned(int& told) : told_(told) {}
    ~SelfOwned() override { withdraw(); }
    void committed() noexcept override { rolled_back(); }
    void rolled_back() noexcept override {
      ++told_;
      delete std::exchange(victim, nullptr);
      delete this;
    }
    SelfOwned* victim = nullptr;

   private:
    int& told_;
  };
  int told = 0;
  const SessionWorld world;
  TransactionScope transaction = world.session->begin();
  auto* first = new SelfOwned(told);
  auto* second = new SelfOwned(told);
  auto* third = new SelfOwned(told);
  second->victim = first;
  transaction->enlist(*first);
  transaction->enlist(*second);
  transaction->enlist(*third);
  transaction.rollback();
  EXPECT_EQ(told, 2);
}

TEST(PendingChange, MayDieOnAnyThreadWhileTheTransactionEnds) {
  std::vector<std::string> heard;  // written under the lock of the transaction only
  heard.reserve(100'000);
  for (int round = 0; round < 50; ++round) {
    const SessionWorld world;
    std::deque<std::optional<Change>> changes(200);
    TransactionScope transaction = world.session->begin();
    for (auto& change : changes) transaction->enlist(change.emplace("x", heard));
    std::thread reaper([&] {
      for (auto& change : changes) change.reset();
    });
    round % 2 == 0 ? transaction.commit() : transaction.rollback();
    reaper.join();
  }
}

}  // namespace
}  // namespace dorm
