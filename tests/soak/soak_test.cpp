// Rounds of load with faults. After each round nobody works, and everything is counted: what was committed is there
// once, and memory, files, threads, connections and prepared statements are no more than after the rounds that warmed
// the program up. DORM_SOAK_SECONDS says how long (60).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include "soak/bank.hpp"
#include "soak/ledger.hpp"
#include "soak/usage.hpp"
#include "soak/workers.hpp"
#include "support/backends.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::soak {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Le;

using Clock = std::chrono::steady_clock;

constexpr auto round_length = 2s;
constexpr int warm_up_rounds = 4;
constexpr std::size_t heap_slack = 512U * 1024U;
constexpr std::size_t resident_slack = 8U * 1024U * 1024U;
constexpr std::size_t files_per_connection = 3;  // SQLite: the database, its log, the log's index

// The newest one is there before the oldest one goes.
constexpr auto prepared_at_most = static_cast<std::int64_t>(statement_cache) + 1;
constexpr std::size_t plans_at_most = 1024;

// Those with connections to lose; a database in memory has one, and is gone with it.
std::vector<test::Backend> backends() {
  std::vector<test::Backend> all = test::backends();
  std::erase_if(all, [](const test::Backend& backend) { return backend.name == "sqlite_memory"; });
  return all;
}

std::chrono::seconds time_for_each_backend() {
  const char* told = std::getenv("DORM_SOAK_SECONDS");
  const long seconds = told == nullptr ? 60 : std::strtol(told, nullptr, 10);
  return std::chrono::seconds(seconds / static_cast<long>(std::max<std::size_t>(backends().size(), 1)));
}

// Looks at the server from outside.
class Admin {
 public:
  explicit Admin(const std::string& url)
      : db_(Database::open(url + "&application_name=admin", Registry::parse(R"({"dorm": 1, "models": {
          "Activity": {"managed": false, "fields": {
            "pid": {"type": "integer", "primary_key": true},
            "application_name": {"type": "text"},
            "state": {"type": "text", "nullable": true}}}}})"))) {
    db_.execute("CREATE VIEW activity AS SELECT pid, application_name, state FROM pg_stat_activity");
  }

  const Database& db() const noexcept { return db_; }
  std::int64_t connections() const {
    const Model activity = db_["Activity"];
    return activity.select().where(activity["application_name"] == "soak").count();
  }
  std::int64_t open_transactions() const {
    const Model activity = db_["Activity"];
    return activity.select().where((activity["application_name"] == "soak") & (activity["state"] != "idle")).count();
  }

 private:
  Database db_;
};

class Soak : public testing::TestWithParam<test::Backend> {
 protected:
  void SetUp() override {
    url_ = test::fresh_database(GetParam());
    if (GetParam().name == "postgres") {
      admin_.emplace(url_);
      url_ += "&application_name=soak";
    }
    at_start_ = usage_now();
    bank_.emplace(url_, folder_.path());
  }

  void work_for(std::chrono::milliseconds time, unsigned round) {
    Stop stop = false;
    Stop stop_killing = false;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 3; ++i) {
      threads.emplace_back([&, seed = round * 10 + i] { write(*bank_, ledger_, journal_, stop, seed); });
      threads.emplace_back([&, seed = round * 10 + i + 5] { read(*bank_, journal_, stop, seed); });
    }
    threads.emplace_back([&] { reload(*bank_, journal_, stop); });
    if (admin_) threads.emplace_back([&] { kill_connections(admin_->db(), journal_, stop_killing); });
    // The last ones killed are met by those who go on, not by those who count.
    std::this_thread::sleep_for(time);
    stop_killing = true;
    std::this_thread::sleep_for(200ms);
    stop = true;
  }

  void expect_nothing_lost_or_doubled() {
    EXPECT_THAT(journal_.take_unexpected(), IsEmpty());
    EXPECT_THAT(ledger_.settle(bank_->transfers()), IsEmpty());
    EXPECT_THAT(bank_->wrong_balances(), IsEmpty());
  }

  void expect_bounded_connections() {
    if (!admin_) return;
    // A server process outlives its connection by a moment.
    const auto deadline = Clock::now() + 10s;
    while (admin_->connections() > static_cast<std::int64_t>(pool_size) && Clock::now() < deadline)
      std::this_thread::sleep_for(10ms);
    EXPECT_LE(admin_->connections(), static_cast<std::int64_t>(pool_size));
    EXPECT_EQ(admin_->open_transactions(), 0);
    EXPECT_THAT(bank_->prepared_statements(), Each(Le(prepared_at_most)));
  }

  void expect_bounded_usage(int round) {
    EXPECT_LE(bank_->forget_plans(), plans_at_most);
    const Usage now = usage_now();
    std::printf(
        "%s %3d: %zu committed, %zu unknown, %zu failed, %zu reads, %zu reloads, %zu kills; heap %zu KiB, "
        "resident %zu KiB, %zu files, %zu threads\n",
        GetParam().name.c_str(), round, ledger_.committed(), ledger_.unknown(), journal_.failures.load(),
        journal_.reads.load(), journal_.reloads.load(), journal_.kills.load(), now.heap / 1024, now.resident / 1024,
        now.files, now.threads);
    std::fflush(stdout);
    EXPECT_LE(now.files, at_start_.files + pool_size * files_per_connection);
    EXPECT_LE(now.threads, at_start_.threads + 1);
    if (round < warm_up_rounds) {
      warm_.heap = std::max(warm_.heap, now.heap);
      warm_.resident = std::max(warm_.resident, now.resident);
      return;
    }
    EXPECT_LE(now.heap, warm_.heap + heap_slack);
    EXPECT_LE(now.resident, warm_.resident + resident_slack);
  }

  test::TemporaryDirectory folder_;
  std::string url_;
  std::optional<Admin> admin_;
  Usage at_start_;
  Usage warm_;
  std::optional<Bank> bank_;
  Ledger ledger_;
  Journal journal_;
};

INSTANTIATE_TEST_SUITE_P(Backends, Soak, testing::ValuesIn(backends()), test::backend_name);

TEST_P(Soak, LosesNothingAndKeepsNothing) {
  const auto end = Clock::now() + time_for_each_backend();
  for (int round = 0; (Clock::now() < end || round <= warm_up_rounds) && !HasFailure(); ++round) {
    work_for(round_length, static_cast<unsigned>(round));
    expect_nothing_lost_or_doubled();
    bank_->clear();
    expect_bounded_connections();
    expect_bounded_usage(round);
  }
  EXPECT_GT(ledger_.committed(), 10U);
  EXPECT_GT(journal_.reads, 10U);
  EXPECT_GT(journal_.reloads, 10U);
  if (admin_) {
    EXPECT_GT(journal_.kills, 10U);
  }
}

}  // namespace
}  // namespace dorm::soak
