#include "session/session.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "driver/url.hpp"
#include "graph/row_sink.hpp"
#include "session/channel.hpp"
#include "session/random.hpp"

namespace dorm {
namespace {

using Clock = driver::Clock;

PoolOptions pool_of_one(PoolOptions options) {
  options.size = 1;
  options.idle_timeout = options.max_lifetime = std::chrono::milliseconds(0);  // the database would go with it
  return options;
}

driver::ConnectOptions with_notices(driver::ConnectOptions options, std::shared_ptr<Observers> observers) {
  if (!options.notices)
    options.notices = [observers = std::move(observers)](std::string_view text) { observers->warn(text); };
  return options;
}

std::chrono::milliseconds pause_before(unsigned next_try, const RetryOptions& retry) {
  thread_local std::uint64_t random = random_seed();
  const unsigned doublings = std::min(next_try - 2, 20U);
  return random_delay(random, std::min(retry.max_delay, retry.first_delay * (1U << doublings)));
}

void check_nested(const TransactionOptions& inner, const TransactionOptions& outer) {
  const bool same_isolation = inner.isolation == Isolation::standard || inner.isolation == outer.isolation;
  if (same_isolation && (!inner.read_only || outer.read_only) && (!inner.deferrable || outer.deferrable)) return;
  throw StateError("a transaction inside another is a savepoint and can't have an isolation or access mode of its own");
}

}  // namespace

// ---- ConnectionScope ----

ConnectionScope::ConnectionScope(std::shared_ptr<Channel> channel) noexcept : channel_(std::move(channel)) {}
ConnectionScope::~ConnectionScope() = default;
driver::Connection& ConnectionScope::connection() const noexcept { return channel_->connection(); }

// ---- Session ----

Session::Session(std::shared_ptr<const Driver> driver, driver::ConnectOptions options, const PoolOptions& pool,
                 std::string name)
    : name_(std::move(name)),
      driver_(std::move(driver)),
      observers_(std::make_shared<Observers>(name_)),
      options_(with_notices(std::move(options), observers_)),
      is_single_(driver_->single_connection(options_)),
      pool_(
          name_, is_single_ ? pool_of_one(pool) : pool,
          [this](driver::Deadline deadline) { return driver_->connect(options_, deadline); },
          [this](std::string_view text) { observers_->warn(text); }) {}

Session::~Session() = default;

std::shared_ptr<Session> Session::open(std::shared_ptr<const Driver> driver, driver::ConnectOptions options,
                                       const PoolOptions& pool, std::string name) {
  return std::shared_ptr<Session>(new Session(std::move(driver), std::move(options), pool, std::move(name)));
}

std::shared_ptr<Session> Session::open(const DatabaseConfig& config, const Drivers& drivers) {
  std::shared_ptr<const Driver> driver = drivers.get(driver::scheme_of(config.url));
  driver::ConnectOptions options = driver->parse_url(config.url);
  if (!config.password.empty()) {
    std::erase_if(options.keywords, [](const auto& pair) { return pair.first == "password"; });
    options.keywords.emplace_back("password", config.password);
  }
  options.pragmas.insert(options.pragmas.end(), config.pragmas.begin(), config.pragmas.end());
  options.statement_cache = config.statement_cache;
  options.prepared_statements = options.prepared_statements && config.prepared_statements;
  if (config.statement_timeout.count() != 0) options.statement_timeout = config.statement_timeout;
  return open(std::move(driver), std::move(options), config.pool, config.name);
}

Channel* Session::bound_channel() const noexcept { return ThreadBinding::find(this); }

driver::Deadline Session::deadline() const {
  if (options_.statement_timeout.count() == 0) return std::nullopt;
  return Clock::now() + options_.statement_timeout;
}

driver::Outcome Session::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                 graph::RowSink* rows) {
  if (Channel* channel = bound_channel()) return channel->execute(statement, parameters, rows);
  return observers_->watch(statement.sql, false, [&] {
    const std::uint32_t before = rows == nullptr ? 0 : rows->rows();
    try {
      return execute_once(statement, parameters, rows);
    } catch (const ConnectionLost&) {
      // One-off text may be anybody's and do anything; a plan's query can be asked again unless rows were handed out.
      const bool is_query = statement.cached && !statement.writes && !statement.columns.empty();
      if (!is_query || (rows != nullptr && rows->rows() != before)) throw;
    }
    return execute_once(statement, parameters, rows);
  });
}

driver::Outcome Session::execute_once(const driver::Statement& statement, std::span<const Cell> parameters,
                                      graph::RowSink* rows) {
  Lease lease = pool_.checkout();
  try {
    return lease->execute(statement, parameters, rows, deadline());
  } catch (const Error& error) {
    note_failure(lease, error);
    throw;
  }
}

void Session::execute_all(std::span<driver::Connection::Query> queries, bool snapshot) {
  if (Channel* channel = bound_channel()) return channel->execute_all(queries, snapshot);
  const auto once = [&] {
    Lease lease = pool_.checkout();
    try {
      lease->execute_all(queries, snapshot, deadline());
    } catch (const Error& error) {
      note_failure(lease, error);
      throw;
    }
  };
  observers_->watch_all(queries, [&] {
    const auto has_rows = [](const driver::Connection::Query& query) { return query.rows->rows() != 0; };
    try {
      return once();
    } catch (const ConnectionLost&) {
      if (std::any_of(queries.begin(), queries.end(), has_rows)) throw;
    }
    once();
  });
}

std::optional<driver::Outcome> Session::copy_in(const driver::Copy& copy, std::span<const Cell> cells) {
  if (current_transaction() == nullptr) throw StateError("rows are copied into a table inside a transaction only");
  return bound_channel()->copy_in(copy, cells);
}

void Session::execute_script(std::string_view sql) {
  if (Channel* channel = bound_channel()) return channel->execute_script(sql);
  observers_->watch(sql, false, [&] {
    Lease lease = pool_.checkout();
    lease.mark_doubtful();
    try {
      lease->execute_script(sql, deadline());
    } catch (const Error& error) {
      note_failure(lease, error);
      throw;
    }
    return driver::Outcome{};
  });
}

void Session::note_failure(const Lease& lease, const Error& error) noexcept {
  if (is_single_) return;
  // A server that became read-only was demoted: all connections lead to the wrong one.
  const bool retire = dynamic_cast<const ConnectionLost*>(&error) != nullptr ||
                      dynamic_cast<const CommitUnknown*>(&error) != nullptr ||
                      dynamic_cast<const ReadOnly*>(&error) != nullptr;
  if (retire) pool_.connection_lost(lease);
}

std::shared_ptr<Channel> Session::open_channel(bool bound) {
  auto channel = std::make_shared<Channel>(shared_from_this(), pool_.checkout());
  if (bound) channel->bind();
  return channel;
}

ConnectionScope Session::hold() {
  if (Channel* channel = bound_channel()) return ConnectionScope(channel->shared_from_this());
  return ConnectionScope(open_channel(true));
}

TransactionScope Session::begin(const TransactionOptions& options) { return begin_on(true, options, false); }
TransactionScope Session::begin_unbound(const TransactionOptions& options) { return begin_on(false, options, false); }

TransactionScope Session::begin_on(bool bound, const TransactionOptions& options, bool snapshot) {
  const auto begin = [&](const std::shared_ptr<Channel>& channel) {
    auto level = std::make_unique<TransactionLevel>(channel, nullptr);
    channel->pending_lock = PendingChanges::next_lock();
    channel->is_snapshot = snapshot;
    channel->begin(options);
    channel->innermost = level.get();
    return TransactionScope(std::move(level));
  };
  if (Channel* channel = bound ? bound_channel() : nullptr) {
    channel->check_usable();
    if (channel->innermost == nullptr) return begin(channel->shared_from_this());
    if (channel->is_snapshot) throw StateError("can't begin a transaction inside a read snapshot");
    check_nested(options, channel->options);
    return channel->innermost->savepoint();
  }
  try {
    return begin(open_channel(bound));
  } catch (const ConnectionLost&) {  // nothing was done yet, so a new connection is as good
  }
  return begin(open_channel(bound));
}

TransactionLevel* Session::current_transaction() const noexcept {
  const Channel* channel = bound_channel();
  return channel == nullptr || channel->is_snapshot ? nullptr : channel->innermost;
}

void Session::retry(const TransactionOptions& options, const std::function<void()>& attempt) {
  if (current_transaction() != nullptr) return attempt();
  const RetryOptions& retry = options.retry;
  const Clock::time_point end = Clock::now() + retry.give_up_after;
  for (unsigned next_try = 2;; ++next_try) {
    std::chrono::milliseconds pause{0};
    try {
      return attempt();
    } catch (const CommitUnknown&) {
      throw;
    } catch (const Error& error) {
      const bool hopeless = options.read_only && dynamic_cast<const ReadOnly*>(&error) != nullptr;
      if (!error.retryable() || hopeless || next_try > retry.tries) throw;
      pause = pause_before(next_try, retry);
      if (Clock::now() + pause >= end) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

void Session::run_transaction(const std::function<void(TransactionScope&)>& body, const TransactionOptions& options) {
  retry(options, [&] {
    TransactionScope transaction = begin(options);
    body(transaction);
    if (transaction.is_open()) transaction.commit();
  });
}

bool Session::can_see_one_state() const noexcept {
  const Channel* channel = bound_channel();
  if (channel == nullptr || channel->innermost == nullptr) return true;
  const Isolation isolation = channel->options.isolation;
  return dialect().capabilities().transactions_are_snapshots || isolation == Isolation::repeatable_read ||
         isolation == Isolation::serializable;
}

void Session::note_round_trip(std::chrono::nanoseconds time) noexcept {
  const std::int64_t before = round_trip_.load(std::memory_order_relaxed);
  const std::int64_t now = std::max<std::int64_t>(1, time.count());
  // A slow answer may have waited for anything; a fast one tells what is possible.
  const std::int64_t change = now < before ? (now - before) / 2 : (now - before) / 8;
  round_trip_.store(before == 0 ? now : before + change, std::memory_order_relaxed);
}

bool Session::is_observed() const noexcept { return observers_->any(); }
void Session::warn(std::string_view text) const noexcept { observers_->warn(text); }

std::shared_ptr<void> Session::add_observer(std::shared_ptr<Observer> observer) {
  return observers_->add(std::move(observer));
}

}  // namespace dorm
