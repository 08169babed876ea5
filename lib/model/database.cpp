#include "dorm/database.hpp"

#include <utility>

#include "dorm/error.hpp"
#include "migrate/ddl.hpp"
#include "model/database_impl.hpp"
#include "session/transaction.hpp"

namespace dorm {
namespace {

std::vector<std::string> lowered(const DatabaseImpl& database, std::vector<sql::ddl::Statement> statements) {
  const sql::Dialect& dialect = database.session->dialect();
  std::vector<std::string> texts;
  for (sql::ddl::Statement& statement : statements) {
    if (auto* table = std::get_if<sql::ddl::CreateTable>(&statement)) table->strict = database.config.strict_tables;
    for (std::string& text : dialect.lower(statement)) texts.push_back(std::move(text));
  }
  return texts;
}

void run_all(const DatabaseImpl& database, const std::vector<std::string>& texts) {
  // One transaction: either all tables are there or none.
  TransactionScope scope = database.session->begin();
  for (const std::string& text : texts) database.session->execute_script(text);
  scope.commit();
}

}  // namespace

Database Database::open(const DatabaseConfig& config, Registry registry, const Drivers& drivers) {
  auto impl = std::make_shared<DatabaseImpl>(config, Session::open(config, drivers));
  impl->use(std::move(registry));
  // A wrong address or file is known now, not at the first query.
  impl->session->hold();
  if (config.log != LogLevel::off) impl->log = impl->session->add_observer(make_spdlog_observer(config.log));
  return Database(std::move(impl));
}

Database Database::open(std::string_view url, Registry registry, const Drivers& drivers) {
  DatabaseConfig config;
  config.url = url;
  return open(config, std::move(registry), drivers);
}

Database Database::open(const Config& config, std::string_view name, const Drivers& drivers) {
  Registry registry = Registry::load(std::span<const std::filesystem::path>(config.schemas));
  return open(config.database(name), std::move(registry), drivers);
}

Database::Database(Database&&) noexcept = default;

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    if (impl_) impl_->closed = true;
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Database::~Database() {
  if (impl_) impl_->closed = true;
}

Model Database::operator[](std::string_view model) const {
  impl_->require_open();
  return {impl_, impl_->source(model)};
}

Registry Database::registry() const { return impl_->context()->registry; }

void Database::reload() { impl_->use(impl_->context()->registry.reloaded()); }

void Database::use(Registry registry) { impl_->use(std::move(registry)); }

std::vector<std::string> Database::create_sql() const {
  return lowered(*impl_, migrate::create_statements(registry(), impl_->session->dialect()));
}

void Database::create_tables() const { run_all(*impl_, create_sql()); }

void Database::create_tables(const std::vector<std::string>& models) const {
  const Registry snapshot = registry();
  std::vector<std::uint32_t> ids;
  for (const std::string& model : models) ids.push_back(snapshot.get(model).id);
  if (ids.empty()) return;
  run_all(*impl_, lowered(*impl_, migrate::create_statements(snapshot, impl_->session->dialect(), ids)));
}

void Database::drop_tables() const {
  run_all(*impl_, lowered(*impl_, migrate::drop_statements(registry(), impl_->session->dialect())));
}

Transaction Database::transaction(const TransactionOptions& options) const {
  impl_->require_open();
  return {impl_, std::make_unique<TransactionScope>(impl_->session->begin(options))};
}

Transaction Database::unbound_transaction(const TransactionOptions& options) const {
  impl_->require_open();
  return {impl_, std::make_unique<TransactionScope>(impl_->session->begin_unbound(options)), false};
}

void Database::run_transaction(const std::function<void(Transaction&)>& body, const TransactionOptions& options) const {
  impl_->require_open();
  impl_->session->retry(options, [&] {
    Transaction attempt = transaction(options);
    body(attempt);
    if (attempt.is_open()) attempt.commit();
  });
}

void Database::execute(std::string_view sql) const {
  impl_->require_open();
  impl_->session->execute_script(sql);
}

std::shared_ptr<void> Database::add_observer(std::shared_ptr<Observer> observer) const {
  return impl_->session->add_observer(std::move(observer));
}

std::shared_ptr<void> Database::on(Signal signal, std::string_view model, SignalHandler handler) const {
  impl_->require_open();
  if (!handler) throw StateError("a signal needs a handler; the one given is empty");
  return impl_->signals->add(signal, registry().get(model).qualified_name(), std::move(handler));
}

std::string_view Database::backend() const noexcept { return impl_->session->dialect().name(); }

}  // namespace dorm
