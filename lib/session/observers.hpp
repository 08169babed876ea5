// session/observers.hpp: who watches the statements of one Session.
//
// Thread-safe. Costs one relaxed load per statement while nobody watches.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/observer.hpp"
#include "driver/driver.hpp"

namespace dorm {

class Observers : public std::enable_shared_from_this<Observers> {
 public:
  explicit Observers(std::string database) : database_(std::move(database)) {}

  bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
  std::shared_ptr<void> add(std::shared_ptr<Observer> observer);
  void notify(StatementEvent event) const noexcept;  // fills in the database
  void warn(std::string_view text) const noexcept;

  // Runs `work`, which returns the Outcome, and tells about it if anybody watches; nobody is told of an
  // optional<Outcome> without a value, because then the work is done another way.
  template <class Work>
  auto watch(std::string_view sql, bool internal, Work&& work) const {
    if (!any()) return work();
    const auto start = driver::Clock::now();
    StatementEvent event;
    event.sql = sql;
    event.internal = internal;
    try {
      auto outcome = work();
      const driver::Outcome* const done = done_of(outcome);
      if (done == nullptr) return outcome;
      event.duration = driver::Clock::now() - start;
      event.rows = done->affected;
      notify(event);
      return outcome;
    } catch (const Error& error) {
      event.duration = driver::Clock::now() - start;
      event.error = &error;
      notify(event);
      throw;
    }
  }

  // The same for queries that are run together: each is told of, with the time they took as a whole.
  template <class Work>
  void watch_all(std::span<const driver::Connection::Query> queries, Work&& work) const {
    if (!any()) return work();
    const auto start = driver::Clock::now();
    const auto tell = [&](const Error* error) {
      for (const driver::Connection::Query& query : queries) {
        StatementEvent event;
        event.sql = query.statement->sql;
        event.duration = driver::Clock::now() - start;
        event.rows = query.outcome.affected;
        event.error = error;
        notify(event);
      }
    };
    try {
      work();
    } catch (const Error& error) {
      tell(&error);
      throw;
    }
    tell(nullptr);
  }

 private:
  static const driver::Outcome* done_of(const driver::Outcome& outcome) noexcept { return &outcome; }
  static const driver::Outcome* done_of(const std::optional<driver::Outcome>& outcome) noexcept {
    return outcome ? &*outcome : nullptr;
  }

  using List = std::vector<std::shared_ptr<Observer>>;
  std::shared_ptr<const List> list() const;
  void remove(const Observer* observer) noexcept;

  const std::string database_;
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;  // guards list_
  std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

}  // namespace dorm
