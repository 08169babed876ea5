#include "support/mock_driver.hpp"

#include <algorithm>
#include <array>

#include "dorm/error.hpp"
#include "graph/row_sink.hpp"
#include "sql/dialect.hpp"

namespace dorm::test {
namespace {

using driver::TransactionStatus;

// For tests that never lower a tree.
class NoDialect final : public sql::Dialect {
 public:
  std::string_view name() const noexcept override { return "mock"; }
  const sql::Capabilities& capabilities() const noexcept override { return capabilities_; }
  sql::Text lower(const sql::Statement&) const override { throw QueryError("the mock driver has no dialect"); }
  std::vector<std::string> lower(const sql::ddl::Statement&) const override {
    throw QueryError("the mock driver has no dialect");
  }

 private:
  sql::Capabilities capabilities_;
};

const NoDialect& no_dialect() {
  static const NoDialect dialect;
  return dialect;
}

struct RowReader {
  const std::vector<Cell>& row;

  void read(std::uint32_t column, Cell& cell, graph::Arena& arena) const {
    cell = row.at(column);
    if (cell.tag >= CellTag::decimal_text && cell.tag <= CellTag::uuid) cell.data = arena.copy(cell.view()).data();
    if (cell.tag == CellTag::json) cell.data = arena.copy(cell.view()).data();
  }
};

}  // namespace

// ---- MockConnection ----

MockConnection::~MockConnection() { --driver_.open_; }

const sql::Dialect& MockConnection::dialect() const noexcept { return driver_.dialect(); }

void MockConnection::call(std::string_view text, driver::Deadline deadline) {
  if (busy_.exchange(true)) driver_.shared_ = true;
  struct Idle {
    std::atomic<bool>& busy;
    ~Idle() { busy = false; }
  } idle{busy_};
  driver_.record(number_, text);
  if (!driver_.on_call) return;
  try {
    driver_.on_call({text, this, deadline});
  } catch (const Error&) {
    if (driver_.errors_poison && transaction == TransactionStatus::open) transaction = TransactionStatus::failed;
    throw;
  }
}

driver::Outcome MockConnection::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                        graph::RowSink* rows, driver::Deadline deadline) {
  call(statement.sql, deadline);
  driver::Outcome outcome;
  if (!driver_.on_query) return outcome;
  for (const std::vector<Cell>& row : driver_.on_query(statement, parameters)) {
    ++outcome.affected;
    RowReader reader{row};
    if (rows != nullptr) rows->add(reader);
  }
  return outcome;
}

std::optional<driver::Outcome> MockConnection::copy_in(const driver::Copy& copy, std::span<const Cell> cells,
                                                       driver::Deadline deadline) {
  if (!driver_.copies_rows) return std::nullopt;
  call(copy.sql, deadline);
  driver::Outcome outcome;
  outcome.affected = static_cast<std::int64_t>(cells.size() / copy.parameters.size());
  return outcome;
}

void MockConnection::execute_script(std::string_view sql, driver::Deadline deadline) { call(sql, deadline); }

void MockConnection::begin(const driver::TransactionOptions& options, driver::Deadline deadline) {
  call(options.read_only ? "BEGIN READ ONLY" : "BEGIN", deadline);
  transaction = TransactionStatus::open;
}

void MockConnection::commit(driver::Deadline deadline) {
  call("COMMIT", deadline);
  transaction = TransactionStatus::idle;
}

void MockConnection::rollback(driver::Deadline deadline) {
  call("ROLLBACK", deadline);
  transaction = TransactionStatus::idle;
}

void MockConnection::savepoint(std::string_view name, driver::Deadline deadline) {
  call("SAVEPOINT " + std::string(name), deadline);
}

void MockConnection::release(std::string_view name, driver::Deadline deadline) {
  call("RELEASE " + std::string(name), deadline);
}

void MockConnection::rollback_to(std::string_view name, driver::Deadline deadline) {
  call("ROLLBACK TO " + std::string(name), deadline);
  if (transaction == TransactionStatus::failed) transaction = TransactionStatus::open;
}

bool MockConnection::ping(driver::Deadline) noexcept {
  ++driver_.pings_;
  return answers_ping;
}

void MockConnection::reset(driver::Deadline deadline) {
  call("RESET", deadline);
  transaction = TransactionStatus::idle;
}

// ---- MockDriver ----

MockDriver::MockDriver(const sql::Dialect* dialect) : dialect_(dialect == nullptr ? &no_dialect() : dialect) {}
MockDriver::~MockDriver() = default;

std::span<const std::string_view> MockDriver::schemes() const noexcept {
  static constexpr std::array<std::string_view, 1> names{"mock"};
  return names;
}

driver::ConnectOptions MockDriver::parse_url(std::string_view url) const {
  driver::ConnectOptions options;
  options.scheme = "mock";
  options.keywords.emplace_back("url", std::string(url));
  return options;
}

std::unique_ptr<driver::Connection> MockDriver::connect(const driver::ConnectOptions&,
                                                        driver::Deadline deadline) const {
  ++connects_;
  if (on_call) on_call({"connect", nullptr, deadline});
  auto connection = std::make_unique<MockConnection>(*this, ++made_);
  const std::size_t now_open = ++open_;
  std::size_t peak = peak_;
  while (peak < now_open && !peak_.compare_exchange_weak(peak, now_open)) {
  }
  return connection;
}

void MockDriver::record(std::size_t connection, std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  calls_.push_back(std::to_string(connection) + " " + std::string(text));
}

std::vector<std::string> MockDriver::calls() const {
  const std::scoped_lock lock(mutex_);
  return calls_;
}

std::size_t MockDriver::count(std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), [&](const std::string& call) {
    return std::string_view(call).substr(call.find(' ') + 1) == text;
  }));
}

void MockDriver::forget_calls() {
  const std::scoped_lock lock(mutex_);
  calls_.clear();
}

driver::Statement text_statement(std::string sql) {
  driver::Statement statement;
  statement.id = driver::next_statement_id();
  statement.sql = std::move(sql);
  return statement;
}

// ---- Gate ----

void Gate::open() {
  const std::scoped_lock lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_; });
}

bool Gate::wait_until(driver::Deadline deadline) const {
  std::unique_lock lock(mutex_);
  if (deadline) return changed_.wait_until(lock, *deadline, [&] { return open_; });
  changed_.wait(lock, [&] { return open_; });
  return true;
}

}  // namespace dorm::test
