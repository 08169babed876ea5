// dorm/transaction_options.hpp: how a transaction begins, and how often run_transaction() tries.
//
// Plain values: copy and share freely.
#pragma once

#include <chrono>
#include <cstdint>

namespace dorm {

enum class Isolation : std::uint8_t { standard, read_committed, repeatable_read, serializable };
enum class BeginMode : std::uint8_t { immediate, deferred, exclusive };  // SQLite's BEGIN; others ignore it

// For run_transaction(): between tries it waits a random time that may grow from first_delay to max_delay.
struct RetryOptions {
  unsigned tries = 10;
  std::chrono::milliseconds first_delay{10};
  std::chrono::milliseconds max_delay{1'000};
  std::chrono::milliseconds give_up_after{30'000};  // no new try after this time
};

struct TransactionOptions {
  Isolation isolation = Isolation::standard;
  bool read_only = false;   // SQLite: BEGIN DEFERRED, and what writes is refused
  bool deferrable = false;  // PostgreSQL, serializable read only
  BeginMode lock = BeginMode::immediate;
  RetryOptions retry{};
};

}  // namespace dorm
