#include "soak/bank.hpp"

#include <barrier>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "model/database_impl.hpp"

namespace dorm::soak {
namespace {

using namespace std::chrono_literals;

DatabaseConfig config_of(const std::string& url) {
  DatabaseConfig config;
  config.url = url;
  config.pool.size = pool_size;
  config.pool.checkout_timeout = 30s;  // a busy machine is no fault
  config.pool.max_lifetime = 700ms;    // connections come and go all the time
  config.pool.idle_timeout = 300ms;
  config.pool.ping_after = 50ms;
  config.statement_cache = statement_cache;
  // Otherwise the pages that SQLite keeps grow for longer than the test warms up.
  if (url.starts_with("sqlite:")) config.pragmas = {{"cache_size", "-128"}};
  return config;
}

}  // namespace

Bank::Bank(const std::string& url, std::filesystem::path folder)
    : folder_(std::move(folder)),
      db_((write_schema(0, false), Database::open(config_of(url), Registry::load(folder_)))) {
  db_.create_tables();
  if (db_.backend() == "postgres") db_.execute("CREATE VIEW prepared AS SELECT name FROM pg_prepared_statements");
  for (std::int64_t i = 1; i <= accounts; ++i) db_["Account"].create({{"id", i}, {"name", std::to_string(i)}});
}

void Bank::write_schema(int edition, bool broken) const {
  std::ofstream(folder_ / "bank.json") << R"({"dorm": 1, "models": {
    "Account": {"comment": "edition )" << edition
                                       << R"(", "fields": {
      "id": {"type": "bigint", "primary_key": true},
      "name": {"type": "text"},
      "balance": {"type": "bigint", "default": 0}}},
    "Entry": {"fields": {
      "account": {"type": "foreign_key", "to": "Account", "backref": "entries"},
      "transfer": {"type": "bigint"},
      "amount": {"type": "bigint"},
      "note": {"type": "text", "nullable": true}}},
    "Prepared": {"managed": false, "fields": {
      "name": {"type": "text", "primary_key": true}}}
  })" << (broken ? "" : "}");
}

void Bank::reload() {
  const bool broken = ++edition_ % 5 == 0;
  write_schema(edition_, broken);
  try {
    db_.reload();
    if (broken) throw std::logic_error("a broken schema file was taken");
  } catch (const SchemaError&) {
    if (!broken) throw;
  }
}

void Bank::transfer(std::int64_t number, std::int64_t from, std::int64_t to, std::int64_t amount) const {
  const Model account = db_["Account"];
  for (const auto& [key, change] : {std::pair{from, -amount}, std::pair{to, amount}}) {
    db_["Entry"].create({{"account", key}, {"transfer", number}, {"amount", change}});
    account.select().where(account["id"] == key).update({{"balance", account["balance"] + change}});
  }
}

std::vector<std::int64_t> Bank::transfers() const {
  const Model entry = db_["Entry"];
  std::vector<std::int64_t> found;
  for (const Row& row : entry.select()) found.push_back(row["transfer"].integer());
  return found;
}

std::vector<std::string> Bank::wrong_balances() const {
  const Model account = db_["Account"], entry = db_["Entry"];
  const Query query =
      account.select(account["id"], account["balance"], fn::coalesce({fn::sum(entry["amount"]), Expr(0)}).as("entered"))
          .join(entry, Join::left_outer)
          .group_by(account["id"], account["balance"]);
  std::vector<std::string> wrong;
  for (const Row& row : query) {
    if (row["balance"].to_text() != row["entered"].to_text())
      wrong.push_back("account " + row["id"].to_text() + " has " + row["balance"].to_text() + ", its entries make " +
                      row["entered"].to_text());
  }
  return wrong;
}

void Bank::clear() {
  db_.run_transaction([this](Transaction&) {
    db_["Entry"].delete_every();
    db_["Account"].update_every({{"balance", 0}});
  });
  db_.execute("VACUUM");
}

std::vector<std::int64_t> Bank::prepared_statements() {
  std::vector<std::int64_t> counts(pool_size);
  std::barrier all_have_one(static_cast<std::ptrdiff_t>(pool_size));
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < pool_size; ++i) {
    threads.emplace_back([&, i] {
      const Transaction transaction = db_.transaction();
      all_have_one.arrive_and_wait();
      counts[i] = db_["Prepared"].count();
    });
  }
  threads.clear();
  return counts;
}

std::size_t Bank::forget_plans() {
  const std::size_t count = db_.impl()->plans.size();
  db_.impl()->plans.clear();
  return count;
}

}  // namespace dorm::soak
