#include <array>

#include "dorm/sqlite.hpp"
#include "driver/driver.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/url.hpp"

namespace dorm::sqlite {
namespace {

constexpr std::array<std::string_view, 1> known_schemes{"sqlite"};

class SqliteDriver final : public Driver {
 public:
  std::string_view name() const noexcept override { return "sqlite"; }
  std::span<const std::string_view> schemes() const noexcept override { return known_schemes; }
  const sql::Dialect& dialect() const noexcept override { return linked_dialect(); }
  driver::ConnectOptions parse_url(std::string_view url) const override { return sqlite::parse_url(url); }
  std::unique_ptr<driver::Connection> connect(const driver::ConnectOptions& options,
                                              driver::Deadline deadline) const override {
    return std::make_unique<Connection>(options, deadline);
  }
  bool single_connection(const driver::ConnectOptions& options) const noexcept override { return is_memory(options); }
};

}  // namespace

std::shared_ptr<const Driver> driver() {
  static const std::shared_ptr<const Driver> instance = std::make_shared<SqliteDriver>();
  return instance;
}

}  // namespace dorm::sqlite
