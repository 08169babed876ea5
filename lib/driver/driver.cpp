#include "driver/driver.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::driver {
namespace {

bool is_secret(std::string_view keyword) {
  static constexpr std::array<std::string_view, 3> names{"password", "sslpassword", "passfile"};
  return std::find(names.begin(), names.end(), keyword) != names.end();
}

}  // namespace

std::uint64_t next_statement_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

const std::string* ConnectOptions::find(std::string_view keyword) const noexcept {
  const auto it =
      std::find_if(keywords.begin(), keywords.end(), [&](const auto& pair) { return pair.first == keyword; });
  return it == keywords.end() ? nullptr : &it->second;
}

std::string ConnectOptions::redacted() const {
  std::string text = scheme + ":";
  for (const auto& [keyword, value] : keywords)
    text.append(" ").append(keyword).append("=").append(is_secret(keyword) ? "…" : value);
  for (const auto& [name, value] : pragmas) text.append(" ").append(name).append("=").append(value);
  return text;
}

std::optional<Outcome> Connection::copy_in(const Copy&, std::span<const Cell>, Deadline) { return std::nullopt; }

void Connection::execute_all(std::span<Query> queries, bool snapshot, Deadline deadline) {
  const bool own = snapshot && status() == TransactionStatus::idle;
  if (own) {
    TransactionOptions options;
    options.isolation = Isolation::repeatable_read;
    options.read_only = true;
    options.lock = LockMode::deferred;
    begin(options, deadline);
  }
  try {
    for (Query& query : queries) query.outcome = execute(*query.statement, query.parameters, query.rows, deadline);
  } catch (...) {
    if (own) rollback(deadline);
    throw;
  }
  if (own) commit(deadline);
}

}  // namespace dorm::driver

namespace dorm {

Drivers Drivers::with(std::shared_ptr<const Driver> driver) const {
  Drivers result(*this);
  result.drivers_.push_back(std::move(driver));
  return result;
}

const std::shared_ptr<const Driver>& Drivers::get(std::string_view scheme) const {
  for (auto it = drivers_.rbegin(); it != drivers_.rend(); ++it) {
    const auto schemes = (*it)->schemes();
    if (std::find(schemes.begin(), schemes.end(), scheme) != schemes.end()) return *it;
  }
  const std::vector<std::string> known = schemes();
  throw ConfigError("no driver for the URL scheme " + quote(scheme) + "; this program knows " +
                    (known.empty() ? "none" : quote_list(known)) + did_you_mean(scheme, known));
}

std::vector<std::string> Drivers::schemes() const {
  std::vector<std::string> result;
  for (const auto& driver : drivers_) {
    for (const std::string_view scheme : driver->schemes())
      if (std::find(result.begin(), result.end(), scheme) == result.end()) result.emplace_back(scheme);
  }
  return result;
}

}  // namespace dorm
