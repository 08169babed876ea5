#include "sqlite/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "graph/row_sink.hpp"
#include "sqlite/dialect.hpp"
#include "sqlite/functions.hpp"
#include "sqlite/pragmas.hpp"
#include "sqlite/url.hpp"

namespace dorm::sqlite {
namespace {

constexpr int oldest_version = 3'038'000;

std::string place_of(const driver::ConnectOptions& options) {
  const std::string* path = options.find("path");
  return path == nullptr ? ":memory:" : *path;
}

DatabaseHandle open(const driver::ConnectOptions& options) {
  check_version(sqlite3_libversion_number());
  std::string path = is_memory(options) ? ":memory:" : place_of(options);
  // A build of SQLite may take "file:" for a URI whatever we ask for.
  if (path.starts_with("file:")) path.insert(0, "./");
  const std::string* mode = options.find("mode");
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode != nullptr && *mode == "ro") {
    flags |= SQLITE_OPEN_READONLY;
  } else {
    flags |= SQLITE_OPEN_READWRITE | (mode != nullptr && *mode == "rw" ? 0 : SQLITE_OPEN_CREATE);
  }
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  DatabaseHandle database(opened);
  if (code != SQLITE_OK) raise_connect_failed(opened, code, quote(place_of(options)));
  return database;
}

// Resets on every way out, so nothing stays locked. What is bound stays: all of it is bound anew before it is read
// again.
class Running {
 public:
  explicit Running(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { sqlite3_reset(statement_); }

 private:
  sqlite3_stmt* statement_;
};

std::string quoted_name(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

void set(sqlite3* database, int option, int value, const std::string& place) {
  int result = -1;
  sqlite3_db_config(database, option, value, &result);
  if (result == value) return;
  throw ConfigError("sqlite: cannot open " + place + ": this build of SQLite lacks database option " +
                    std::to_string(option));
}

// A file that somebody else made may bring code along, or values that are too much for us.
void distrust(sqlite3* database, const std::string& place) {
  struct Limit {
    int which;
    int most;
  };
  static constexpr Limit limits[] = {
      {SQLITE_LIMIT_LENGTH, 64 << 20},    {SQLITE_LIMIT_SQL_LENGTH, 1'000'000},      {SQLITE_LIMIT_EXPR_DEPTH, 500},
      {SQLITE_LIMIT_COMPOUND_SELECT, 50}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1'000}, {SQLITE_LIMIT_ATTACHED, 0}};
  set(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, place);
  set(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, place);
  for (const Limit& limit : limits) sqlite3_limit(database, limit.which, limit.most);
}

}  // namespace

void check_version(int version) {
  if (version >= oldest_version) return;
  const auto text = [](int number) {
    return std::to_string(number / 1'000'000) + "." + std::to_string(number / 1000 % 1000);
  };
  ErrorDetails details;
  details.backend = "sqlite";
  details.code = "sqlite.version_too_old";
  throw ConfigError("sqlite.version_too_old: this program is linked to SQLite " + text(version) + "; use " +
                        text(oldest_version) + " or newer",
                    std::move(details));
}

const sql::Dialect& linked_dialect() {
  static const std::unique_ptr<const sql::Dialect> dialect = [] {
    sql::Capabilities facts = capabilities(sqlite3_libversion_number());
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    const DatabaseHandle database(opened);
    if (code == SQLITE_OK) {
      const auto most = static_cast<std::uint32_t>(sqlite3_limit(opened, SQLITE_LIMIT_VARIABLE_NUMBER, -1));
      facts.max_parameters = std::min(facts.max_parameters, most);
      facts.insert_parameters = std::min(facts.insert_parameters, most);
    }
    return make_dialect(facts);
  }();
  return *dialect;
}

Connection::Connection(const driver::ConnectOptions& options, driver::Deadline deadline)
    : database_(open(options)),
      cache_(database_.get(), options.prepared_statements ? options.statement_cache : 0),
      statement_timeout_(options.statement_timeout),
      process_(::getpid()) {
  interrupt_.attach(database_.get(), busy_timeout(options));
  const Interrupt::Operation operation(interrupt_, deadline);
  configure(options, quote(place_of(options)));
  writers_ = WriterQueue::of(sqlite3_db_filename(database_.get(), "main"));
}

Connection::~Connection() {
  interrupt_.detach();
  if (process_ == ::getpid()) return;
  // A forked child has the file but not the locks that the parent's handle believes to hold: closing would let go of
  // both. And the line of writers may be locked, by a thread that the child does not have.
  cache_.leak();
  for (StatementHandle& statement : controls_) static_cast<void>(statement.release());
  static_cast<void>(database_.release());
  turn_.leak();
  WriterQueue::leak(std::move(writers_));
}

void Connection::configure(const driver::ConnectOptions& options, const std::string& place) {
  sqlite3* database = database_.get();
  // Text in double quotes that names no column is a mistake, not a string.
  set(database, SQLITE_DBCONFIG_DQS_DML, 0, place);
  set(database, SQLITE_DBCONFIG_DQS_DDL, 0, place);
  set(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, place);
  set(database, SQLITE_DBCONFIG_DEFENSIVE, 1, place);
  if (is_untrusted(options)) distrust(database, place);
  if (const int code = register_functions(database); code != SQLITE_OK) raise_connect_failed(database, code, place);
  for (const Pragma& pragma : pragmas_for(options)) {
    apply(pragma.text(), place);
    if (pragma.name != "foreign_keys") continue;
    const bool wanted = pragma.value == "on" || pragma.value == "true" || pragma.value == "yes" || pragma.value == "1";
    int enforced = -1;
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &enforced);
    if (wanted && enforced != 1)
      throw ConfigError("sqlite: cannot open " + place + ": this build of SQLite cannot enforce foreign keys");
  }
}

void Connection::apply(const std::string& pragma, const std::string& place) {
  // Two connections that switch a new file to WAL meet; SQLite does not call the busy handler for that.
  for (int attempt = 0;; ++attempt) {
    const int code = sqlite3_exec(database_.get(), pragma.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xFF) != SQLITE_BUSY || !interrupt_.wait_for_lock(attempt)) {
      if (interrupt_.stop() == Stop::timed_out) fail(code, Stage::connect, pragma);
      raise_connect_failed(database_.get(), code, place);
    }
  }
}

driver::Deadline Connection::limited(driver::Deadline deadline) const {
  if (statement_timeout_.count() == 0) return deadline;
  const auto end = driver::Clock::now() + statement_timeout_;
  return deadline ? std::min(*deadline, end) : end;
}

TransactionState Connection::transaction_state() const noexcept {
  if (!is_autocommit()) return failed_ ? TransactionState::poisoned : TransactionState::open;
  return in_transaction_ ? TransactionState::gone : TransactionState::none;
}

driver::TransactionStatus Connection::status() const noexcept {
  // SQLite rolls back by itself when the disk is full, memory runs out or a write is interrupted, and is in autocommit
  // then.
  switch (transaction_state()) {
    case TransactionState::open:
      return driver::TransactionStatus::open;
    case TransactionState::poisoned:
      return driver::TransactionStatus::failed;
    case TransactionState::gone:
      return driver::TransactionStatus::lost;
    default:
      return driver::TransactionStatus::idle;
  }
}

void Connection::fail(int code, Stage stage, std::string_view sql, std::size_t values) {
  broken_ = broken_ || ends_connection(code);
  if (stage != Stage::control) note_failed();
  if (is_autocommit()) turn_.end();
  const std::string message = sqlite3_errmsg(database_.get());
  // A statement whose tables were changed is compiled again when it runs; this tells that failure from one of its
  // values.
  std::string_view rest;
  if (stage == Stage::run && code == SQLITE_ERROR) prepare(database_.get(), sql, 0, rest);
  Failure failure;
  failure.code = code;
  failure.stage = stage;
  failure.sql = sql;
  failure.values = values;
  failure.stop = interrupt_.stop();
  failure.transaction = transaction_state();
  raise(message, failure);
}

void Connection::check_start(std::string_view sql) {
  check_not_lost(sql);
  check_not_failed(sql);
  if (interrupt_.expired()) fail(SQLITE_INTERRUPT, Stage::run, sql);
}

// SQLite would go on after a statement that failed; PostgreSQL does not, and a program must not learn that only there.
void Connection::note_failed() noexcept { failed_ = in_transaction_ && !is_autocommit(); }

void Connection::check_not_failed(std::string_view sql) const {
  if (!failed_) return;
  ErrorDetails details;
  details.backend = "sqlite";
  details.statement = sql;
  details.transaction = TransactionState::poisoned;
  throw StateError("sqlite: the transaction has failed before; roll it back" + statement_note(sql, 0),
                   std::move(details));
}

void Connection::check_not_lost(std::string_view sql) const {
  if (status() != driver::TransactionStatus::lost) return;
  ErrorDetails details;
  details.backend = "sqlite";
  details.statement = sql;
  details.transaction = TransactionState::gone;
  // The next statement would be one of its own: half a transaction.
  throw StateError(
      "sqlite: the database has rolled this transaction back after an error; roll it back and start again" +
          statement_note(sql, 0),
      std::move(details));
}

void Connection::check_writable(bool read_only, std::string_view sql) {
  if (read_only || !read_only_) return;
  note_failed();
  ErrorDetails details;
  details.backend = "sqlite";
  details.code = std::to_string(SQLITE_READONLY);
  details.statement = sql;
  details.transaction = transaction_state();
  throw ReadOnly("sqlite: the transaction may only read" + statement_note(sql, 0), std::move(details));
}

WriterQueue::Turn Connection::turn_for(bool read_only) {
  return read_only || !is_autocommit() ? WriterQueue::Turn() : WriterQueue::wait(writers_, interrupt_);
}

// What SQLite cannot compile has failed as well; what is refused before it is asked has not, and has no code.
template <class Compile>
decltype(auto) Connection::compiled(Compile compile) {
  try {
    return compile();
  } catch (const Error& error) {
    if (!error.code().empty()) note_failed();
    throw;
  }
}

driver::Outcome Connection::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                    graph::RowSink* rows, driver::Deadline deadline) {
  const Interrupt::Operation operation(interrupt_, limited(deadline));
  check_start(statement.sql);
  Prepared& prepared = compiled([&]() -> Prepared& { return cache_.acquire(statement); });
  check_writable(prepared.read_only, statement.sql);
  if (parameters.size() != statement.parameters.size())
    throw QueryError("sqlite: " + std::to_string(parameters.size()) + " values for " +
                     std::to_string(statement.parameters.size()) + " parameters" + statement_note(statement.sql, 0));
  sqlite3_stmt* handle = prepared.handle.get();
  const WriterQueue::Turn turn = turn_for(prepared.read_only);
  const Running running(handle);
  binder_.bind(database_.get(), handle, statement, parameters);
  ++executions_;
  const std::int64_t changes_before = sqlite3_total_changes64(database_.get());
  driver::Outcome outcome;
  int code = sqlite3_step(handle);
  if (code == SQLITE_ROW && rows != nullptr) {
    if (static_cast<std::size_t>(sqlite3_data_count(handle)) != prepared.decoders.size())
      fail(SQLITE_SCHEMA, Stage::run, statement.sql, parameters.size());
    Reader reader(handle, prepared.decoders.data(), statement);
    do {
      rows->add(reader);
      ++outcome.affected;
      code = sqlite3_step(handle);
    } while (code == SQLITE_ROW);
  }
  while (code == SQLITE_ROW) {
    ++outcome.affected;
    code = sqlite3_step(handle);
  }
  if (code != SQLITE_DONE) fail(code, Stage::run, statement.sql, parameters.size());
  if (prepared.read_only) return outcome;
  // Statements that are no INSERT, UPDATE or DELETE leave the count of the one before.
  outcome.affected = 0;
  if (sqlite3_total_changes64(database_.get()) == changes_before) return outcome;
  outcome.affected = sqlite3_changes64(database_.get());
  outcome.last_insert_id = sqlite3_last_insert_rowid(database_.get());
  return outcome;
}

void Connection::execute_script(std::string_view sql, driver::Deadline deadline) {
  const Interrupt::Operation operation(interrupt_, limited(deadline));
  while (!sql.empty()) {
    check_start(sql);
    std::string_view rest;
    const StatementHandle statement = compiled([&] { return prepare(database_.get(), sql, 0, rest); });
    const std::string_view text = sql.substr(0, sql.size() - rest.size());
    sql = rest;
    if (statement == nullptr) continue;
    const bool read_only = sqlite3_stmt_readonly(statement.get()) != 0;
    check_writable(read_only, text);
    const WriterQueue::Turn turn = turn_for(read_only);
    int code = sqlite3_step(statement.get());
    while (code == SQLITE_ROW) code = sqlite3_step(statement.get());
    if (code != SQLITE_DONE) fail(code, Stage::run, text);
    if (interrupt_.stop() == Stop::cancelled) fail(SQLITE_INTERRUPT, Stage::run, text);
  }
}

void Connection::control(std::string_view sql, driver::Deadline deadline) {
  const Interrupt::Operation operation(interrupt_, deadline);
  if (interrupt_.expired()) fail(SQLITE_INTERRUPT, Stage::control, sql);
  std::string_view rest;
  const StatementHandle statement = prepare(database_.get(), sql, 0, rest);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_DONE) fail(code, Stage::control, sql);
}

void Connection::control(Control which, driver::Deadline deadline) {
  static constexpr std::array<std::string_view, control_count> texts{"BEGIN DEFERRED", "BEGIN IMMEDIATE",
                                                                     "BEGIN EXCLUSIVE", "COMMIT", "ROLLBACK"};
  const std::string_view sql = texts[static_cast<std::size_t>(which)];
  const Interrupt::Operation operation(interrupt_, deadline);
  if (interrupt_.expired()) fail(SQLITE_INTERRUPT, Stage::control, sql);
  // Compiling one of these takes twice as long as running it.
  StatementHandle& statement = controls_[static_cast<std::size_t>(which)];
  std::string_view rest;
  if (statement == nullptr) statement = prepare(database_.get(), sql, SQLITE_PREPARE_PERSISTENT, rest);
  if (which == Control::begin_immediate || which == Control::begin_exclusive)
    turn_ = WriterQueue::wait(writers_, interrupt_);
  const Running running(statement.get());
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_DONE) fail(code, Stage::control, sql);
}

void Connection::begin(const driver::TransactionOptions& options, driver::Deadline deadline) {
  if (in_transaction_) throw StateError("sqlite: a transaction is open already; use a savepoint");
  Control which = Control::begin_immediate;
  if (options.lock == driver::LockMode::exclusive) which = Control::begin_exclusive;
  if (options.read_only || options.lock == driver::LockMode::deferred) which = Control::begin_deferred;
  control(which, limited(deadline));
  in_transaction_ = true;
  read_only_ = options.read_only;
}

void Connection::commit(driver::Deadline deadline) {
  check_not_lost("COMMIT");
  if (failed_) {
    rollback(deadline);
    ErrorDetails details;
    details.backend = "sqlite";
    details.transaction = TransactionState::gone;
    throw StateError("sqlite: the transaction had failed before, and was rolled back instead of committed", details);
  }
  control(Control::commit, limited(deadline));
  turn_.end();
  in_transaction_ = false;
  read_only_ = false;
}

void Connection::rollback(driver::Deadline) {
  // Never waits for anybody, so it needs no deadline; and it must work after one has passed.
  if (!is_autocommit()) control(Control::rollback, std::nullopt);
  turn_.end();
  in_transaction_ = false;
  failed_ = false;
  read_only_ = false;
}

void Connection::savepoint(std::string_view name, driver::Deadline deadline) {
  // Outside a transaction SQLite would begin one.
  if (!in_transaction_) throw StateError("sqlite: a savepoint needs a transaction");
  check_not_lost("SAVEPOINT");
  check_not_failed("SAVEPOINT");
  control("SAVEPOINT " + quoted_name(name), limited(deadline));
}

void Connection::release(std::string_view name, driver::Deadline deadline) {
  check_not_lost("RELEASE");
  check_not_failed("RELEASE");
  control("RELEASE " + quoted_name(name), limited(deadline));
}

void Connection::rollback_to(std::string_view name, driver::Deadline) {
  check_not_lost("ROLLBACK TO");
  control("ROLLBACK TO " + quoted_name(name), std::nullopt);
  failed_ = false;
}

bool Connection::passive_check() noexcept { return !broken_ && process_ == ::getpid(); }

bool Connection::ping(driver::Deadline) noexcept { return passive_check(); }

void Connection::reset(driver::Deadline deadline) { rollback(deadline); }

}  // namespace dorm::sqlite
