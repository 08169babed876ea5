// soak/ledger.hpp: which transfers were committed as far as their writers know, to be held against the database.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace dorm::soak {

enum class Fate : std::uint8_t { committed, absent, unknown };  // unknown: the connection broke in COMMIT

class Ledger {
 public:
  void note(std::int64_t transfer, Fate fate);

  // `found` are the transfers of the entries in the database; each transfer has two entries. What is lost, doubled,
  // half or from nowhere is a line each. Starts anew.
  std::vector<std::string> settle(const std::vector<std::int64_t>& found);

  std::size_t committed() const;  // so far, in all
  std::size_t unknown() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, Fate> fates_;  // guarded by mutex_, as all that follows
  std::size_t committed_ = 0;
  std::size_t unknown_ = 0;
};

}  // namespace dorm::soak
