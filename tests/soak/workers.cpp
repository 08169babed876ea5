#include "soak/workers.hpp"

#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

namespace dorm::soak {
namespace {

using namespace std::chrono_literals;

std::atomic<std::int64_t> next_transfer{1};

struct OnPurpose : std::runtime_error {
  OnPurpose() : std::runtime_error("on purpose") {}
};

// A connection that was ended, or two transactions in each other's way.
bool is_explained(const Error& error) {
  return error.retryable() || dynamic_cast<const ConnectionLost*>(&error) != nullptr ||
         dynamic_cast<const ConnectFailed*>(&error) != nullptr;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int64_t from(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
  }
  bool once_in(std::int64_t times) { return from(1, times) == 1; }

 private:
  std::mt19937 engine_;
};

// Entries that must never be seen: their number belongs to no transfer.
void write_and_take_back(const Bank& bank) {
  Transaction savepoint = bank.db().transaction();
  bank.db()["Entry"].create({{"account", 1}, {"transfer", -1}, {"amount", 1'000'000}});
  savepoint.rollback();
}

Fate transfer(const Bank& bank, Journal& journal, Random& random, std::int64_t number) {
  const std::int64_t from = random.from(1, accounts);
  const std::int64_t to = from % accounts + 1;
  const std::int64_t amount = random.from(1, 100);
  const bool fails = random.once_in(10);
  const bool nested = random.once_in(4);
  try {
    bank.db().run_transaction([&](Transaction&) {
      if (nested) write_and_take_back(bank);
      bank.transfer(number, from, to, amount);
      if (fails) throw OnPurpose();
    });
    if (fails) journal.unexpected("run_transaction() swallowed an exception");
    return Fate::committed;
  } catch (const OnPurpose&) {
    return Fate::absent;
  } catch (const CommitUnknown&) {
    ++journal.failures;
    return Fate::unknown;
  } catch (const Error& error) {
    if (!is_explained(error)) throw;
    ++journal.failures;
    return Fate::absent;
  }
}

Values some_keys(Random& random) {
  Values keys;
  for (std::int64_t i = random.from(1, 40); i > 0; --i) keys.emplace_back(random.from(1, accounts));
  return keys;
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

// One of some hundred shapes.
void query_somehow(const Bank& bank, Random& random) {
  const Model account = bank.db()["Account"], entry = bank.db()["Entry"];
  Query query = random.once_in(2) ? entry.select(entry["id"], entry["amount"], account["name"]).join(account)
                                  : entry.select().join(account);
  if (random.once_in(2)) query = query.where(account["id"].in(some_keys(random)));
  if (random.once_in(3)) query = query.where(entry["amount"] > random.from(-100, 100));
  if (random.once_in(3)) query = query.where(entry["note"].is_null());
  if (random.once_in(3)) query = query.where(entry["note"].is_null() | (entry["note"] != "x"));
  if (random.once_in(2)) query = query.order_by(entry["amount"].desc(), entry["id"]);
  if (random.once_in(2)) query = query.limit(random.from(1, 50));
  for (const Row& row : query) require(row["amount"].integer() != 0, "an entry without an amount");
}

void follow_relations(const Bank& bank, Random& random) {
  const Model account = bank.db()["Account"], entry = bank.db()["Entry"];
  for (const Row& row : entry.select().order_by(entry["id"].desc()).limit(30))
    require(row["account"]["name"].text() == row["account_id"].to_text(), "an entry with another's account");
  const Query some = account.select().where(account["id"].in(some_keys(random)));
  for (const Row& row : prefetch(some, entry.select().where(entry["amount"] > 50)))
    for (const Row& child : row.related("entries"))
      require(child["amount"].integer() > 50, "an entry nobody asked for");
}

// A transaction is seen as a whole or not at all.
void sum_up(const Bank& bank) {
  const Model account = bank.db()["Account"], entry = bank.db()["Entry"];
  const Transaction snapshot = bank.db().transaction({.isolation = Isolation::repeatable_read, .read_only = true});
  const Value balances = account.select(fn::sum(account["balance"])).scalar();
  const Value entries = entry.select(fn::sum(entry["amount"])).scalar();
  require(balances.to_text() == "0", "the balances do not sum up to zero");
  require(entries.is_null() || entries.to_text() == "0", "the entries do not sum up to zero");
}

// Errors that faults explain are counted; everything else is noted.
void guarded(Journal& journal, const std::function<void()>& step) {
  try {
    step();
  } catch (const Error& error) {
    if (is_explained(error)) {
      ++journal.failures;
    } else {
      journal.unexpected(error.what());
    }
  } catch (const std::exception& error) {
    journal.unexpected(error.what());
  }
}

}  // namespace

void Journal::unexpected(std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (unexpected_.size() < 10) unexpected_.emplace_back(what);
}

std::vector<std::string> Journal::take_unexpected() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unexpected_, {});
}

void write(const Bank& bank, Ledger& ledger, Journal& journal, const Stop& stop, unsigned seed) {
  Random random(seed);
  while (!stop) {
    const std::int64_t number = next_transfer++;
    ledger.note(number, Fate::absent);  // until it is known better
    guarded(journal, [&] { ledger.note(number, transfer(bank, journal, random, number)); });
  }
}

void read(const Bank& bank, Journal& journal, const Stop& stop, unsigned seed) {
  Random random(seed);
  while (!stop) {
    guarded(journal, [&] {
      query_somehow(bank, random);
      follow_relations(bank, random);
      sum_up(bank);
      ++journal.reads;
    });
  }
}

void reload(Bank& bank, Journal& journal, const Stop& stop) {
  while (!stop) {
    guarded(journal, [&] {
      bank.reload();
      ++journal.reloads;
    });
    std::this_thread::sleep_for(20ms);
  }
}

void kill_connections(const Database& admin, Journal& journal, const Stop& stop) {
  while (!stop) {
    guarded(journal, [&] {
      admin.execute(
          "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
          " WHERE application_name = 'soak' ORDER BY random() LIMIT 1) AS one; END $$");
      ++journal.kills;
    });
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace dorm::soak
