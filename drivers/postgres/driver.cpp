#include <array>

#include "dorm/postgres.hpp"
#include "driver/driver.hpp"
#include "postgres/connection.hpp"
#include "postgres/dialect.hpp"
#include "postgres/url.hpp"

namespace dorm::postgres {
namespace {

constexpr std::array<std::string_view, 2> known_schemes = {"postgresql", "postgres"};

class PostgresDriver final : public Driver {
 public:
  std::string_view name() const noexcept override { return "postgres"; }
  std::span<const std::string_view> schemes() const noexcept override { return known_schemes; }
  const sql::Dialect& dialect() const noexcept override { return postgres::dialect(); }
  driver::ConnectOptions parse_url(std::string_view url) const override { return postgres::parse_url(url); }
  std::unique_ptr<driver::Connection> connect(const driver::ConnectOptions& options,
                                              driver::Deadline deadline) const override {
    return std::make_unique<Connection>(options, deadline);
  }
  bool can_pipeline() const noexcept override { return true; }
  bool single_connection(const driver::ConnectOptions&) const noexcept override { return false; }
};

}  // namespace

std::shared_ptr<const Driver> driver() {
  static const std::shared_ptr<const Driver> instance = std::make_shared<PostgresDriver>();
  return instance;
}

}  // namespace dorm::postgres
