#include "soak/ledger.hpp"

namespace dorm::soak {
namespace {

std::string mistake(std::int64_t transfer, std::size_t entries, const char* expected) {
  return "transfer " + std::to_string(transfer) + " has " + std::to_string(entries) + " entries, expected " + expected;
}

}  // namespace

void Ledger::note(std::int64_t transfer, Fate fate) {
  const std::lock_guard lock(mutex_);
  fates_[transfer] = fate;
  if (fate == Fate::committed) ++committed_;
  if (fate == Fate::unknown) ++unknown_;
}

std::vector<std::string> Ledger::settle(const std::vector<std::int64_t>& found) {
  std::map<std::int64_t, std::size_t> entries;
  for (const std::int64_t transfer : found) ++entries[transfer];
  const std::lock_guard lock(mutex_);
  std::vector<std::string> mistakes;
  for (const auto& [transfer, fate] : fates_) {
    const auto place = entries.find(transfer);
    const std::size_t count = place == entries.end() ? 0 : place->second;
    if (fate == Fate::committed && count != 2) mistakes.push_back(mistake(transfer, count, "2"));
    if (fate == Fate::absent && count != 0) mistakes.push_back(mistake(transfer, count, "none"));
    if (fate == Fate::unknown && count != 0 && count != 2) mistakes.push_back(mistake(transfer, count, "none or 2"));
  }
  for (const auto& [transfer, count] : entries) {
    if (!fates_.contains(transfer)) mistakes.push_back(mistake(transfer, count, "none: nobody made it"));
  }
  fates_.clear();
  return mistakes;
}

std::size_t Ledger::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

std::size_t Ledger::unknown() const {
  const std::lock_guard lock(mutex_);
  return unknown_;
}

}  // namespace dorm::soak
