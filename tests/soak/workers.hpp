// soak/workers.hpp: threads that read and write until they are told to stop.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "soak/bank.hpp"
#include "soak/ledger.hpp"

namespace dorm::soak {

// What went on, and what should not have.
class Journal {
 public:
  std::atomic<std::size_t> reads{0};
  std::atomic<std::size_t> reloads{0};
  std::atomic<std::size_t> kills{0};
  std::atomic<std::size_t> failures{0};  // those that faults explain

  void unexpected(std::string_view what);
  std::vector<std::string> take_unexpected();

 private:
  std::mutex mutex_;
  std::vector<std::string> unexpected_;  // guarded by mutex_
};

using Stop = std::atomic<bool>;

// Transfers in transactions; some fail on purpose, some have savepoints that are rolled back.
void write(const Bank& bank, Ledger& ledger, Journal& journal, const Stop& stop, unsigned seed);
// Queries of many shapes, lazy and prefetched relations, and sums that must be zero at any moment.
void read(const Bank& bank, Journal& journal, const Stop& stop, unsigned seed);
void reload(Bank& bank, Journal& journal, const Stop& stop);
// PostgreSQL: ends a server process of the bank's now and then.
void kill_connections(const Database& admin, Journal& journal, const Stop& stop);

}  // namespace dorm::soak
