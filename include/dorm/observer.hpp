// dorm/observer.hpp: what a program may see of the statements dorm runs: their text, time and fate, never bound values.
//
// An observer is called by the thread that ran the statement, after it is over and, outside a transaction, after its
// connection went back to the pool. Several threads may call at once. What an event points to is valid during the call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dorm/detail/export.hpp"

namespace dorm {

class Error;

struct StatementEvent {
  std::string_view sql;                  // with placeholders
  std::string_view database;             // its name in the configuration
  std::chrono::nanoseconds duration{0};  // the wait for a connection included
  std::int64_t rows = 0;                 // changed, or read; 0 after an error
  const Error* error = nullptr;          // null if it succeeded
  bool internal = false;                 // BEGIN, COMMIT, SAVEPOINT and their kin: bookkeeping, not queries
};

class DORM_EXPORT Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer();

  virtual void on_statement(const StatementEvent& event) noexcept = 0;
  // A notice of the server, a connection kept for suspiciously long: something a person should read.
  virtual void on_warning(std::string_view database, std::string_view text) noexcept;
};

enum class LogLevel : std::uint8_t { off, trace, debug, info, warning, error };

// Writes to the spdlog logger of that name: statements at `level`, bookkeeping at trace, failures and warnings at
// warning. Makes the logger (standard error) if the program has not registered one.
DORM_EXPORT std::shared_ptr<Observer> make_spdlog_observer(LogLevel level, std::string_view logger = "dorm");

}  // namespace dorm
