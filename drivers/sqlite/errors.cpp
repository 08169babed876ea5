#include "sqlite/errors.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>

#include "core/text.hpp"

namespace dorm::sqlite {
namespace {

using Raise = void (*)(const std::string& message, ErrorDetails details);

template <class E>
[[noreturn]] void raise_as(const std::string& message, ErrorDetails details) {
  throw E(message, std::move(details));
}

struct Rule {
  int code;
  Raise raise;
  bool retryable;
  std::string_view what;
};

// Extended codes before the primary codes they belong to; what is not listed is a DatabaseError.
constexpr std::array rules{
    Rule{SQLITE_CONSTRAINT_UNIQUE, raise_as<UniqueViolation>, false, "unique constraint failed"},
    Rule{SQLITE_CONSTRAINT_PRIMARYKEY, raise_as<UniqueViolation>, false, "unique constraint failed"},
    Rule{SQLITE_CONSTRAINT_ROWID, raise_as<UniqueViolation>, false, "unique constraint failed"},
    Rule{SQLITE_CONSTRAINT_FOREIGNKEY, raise_as<ForeignKeyViolation>, false, "foreign key constraint failed"},
    Rule{SQLITE_CONSTRAINT_NOTNULL, raise_as<NotNullViolation>, false, "not null constraint failed"},
    Rule{SQLITE_CONSTRAINT_CHECK, raise_as<CheckViolation>, false, "check constraint failed"},
    Rule{SQLITE_CONSTRAINT_DATATYPE, raise_as<DataError>, false, "a value has the wrong type for its column"},
    Rule{SQLITE_CONSTRAINT_TRIGGER, raise_as<IntegrityError>, false, "refused by a trigger"},
    Rule{SQLITE_CONSTRAINT, raise_as<IntegrityError>, false, "constraint failed"},
    Rule{SQLITE_BUSY_SNAPSHOT, raise_as<SerializationFailure>, true,
         "the rows read were changed by another connection"},
    Rule{SQLITE_BUSY, raise_as<LockTimeout>, true, "the database is locked by another connection"},
    Rule{SQLITE_PROTOCOL, raise_as<LockTimeout>, true, "the lock of the database could not be had"},
    Rule{SQLITE_LOCKED, raise_as<Deadlock>, true, "a table is locked by the same process"},
    Rule{SQLITE_INTERRUPT, raise_as<Cancelled>, false, "the statement was cancelled"},
    Rule{SQLITE_READONLY, raise_as<ReadOnly>, false, "the database may only be read"},
    Rule{SQLITE_FULL, raise_as<DiskFull>, false, "the database or disk is full"},
    Rule{SQLITE_IOERR_NOMEM, raise_as<ResourceLimit>, false, "out of memory"},
    Rule{SQLITE_NOMEM, raise_as<ResourceLimit>, false, "out of memory"},
    Rule{SQLITE_IOERR, raise_as<ConnectionLost>, true, "the database file could not be read or written"},
    Rule{SQLITE_CANTOPEN, raise_as<ConnectFailed>, true, "a database file cannot be opened"},
    Rule{SQLITE_NOTADB, raise_as<ConnectFailed>, false, "the file is not a database"},
    Rule{SQLITE_AUTH, raise_as<ConnectFailed>, false, "not authorized"},
    Rule{SQLITE_MISMATCH, raise_as<DataError>, false, "a value has the wrong type for its column"},
    Rule{SQLITE_TOOBIG, raise_as<DataError>, false, "a value is too large"},
    Rule{SQLITE_SCHEMA, raise_as<SchemaMismatch>, false, "the tables were changed"},
    Rule{SQLITE_CORRUPT, raise_as<Corrupt>, false, "the database file is damaged"},
};

constexpr Rule mismatch{SQLITE_ERROR, raise_as<SchemaMismatch>, false, "the statement does not fit the tables"};
constexpr Rule refused{SQLITE_ERROR, raise_as<DataError>, false, "a value was refused"};
constexpr Rule misplaced{SQLITE_ERROR, raise_as<StateError>, false,
                         "the call does not fit the state of the transaction"};
constexpr Rule other{0, raise_as<DatabaseError>, false, ""};
constexpr Rule timed_out{SQLITE_INTERRUPT, raise_as<StatementTimeout>, false, "the statement took longer than allowed"};
constexpr Rule cancelled{SQLITE_INTERRUPT, raise_as<Cancelled>, false, "the statement was cancelled"};
constexpr Rule restricted{SQLITE_CONSTRAINT_TRIGGER, raise_as<ForeignKeyViolation>, false,
                          "foreign key constraint failed"};

// What functions report while a statement runs, if it cannot contain a value.
constexpr std::array<std::string_view, 15> harmless{"integer overflow",
                                                    "malformed JSON",
                                                    "string or blob too big",
                                                    "LIKE or GLOB pattern too complex",
                                                    "invalid regular expression",
                                                    "decimal overflow",
                                                    "division by zero",
                                                    "number out of range",
                                                    "modulo needs integers",
                                                    "text too long",
                                                    "not a number",
                                                    "not a date",
                                                    "not a boolean",
                                                    "not a text",
                                                    "not a date or uuid"};

int primary(int code) { return code & 0xFF; }

const Rule& generic(Stage stage) {
  if (stage == Stage::prepare) return mismatch;
  return stage == Stage::control ? misplaced : refused;
}

const Rule& rule_for(const Failure& failure, std::string_view message) {
  const bool interrupted = failure.code == SQLITE_INTERRUPT || primary(failure.code) == SQLITE_BUSY;
  if (interrupted && failure.stop == Stop::timed_out) return timed_out;
  if (interrupted && failure.stop == Stop::cancelled) return cancelled;
  // ON DELETE RESTRICT works as a trigger inside SQLite and has no code of its own; the text is a constant of SQLite.
  if (failure.code == SQLITE_CONSTRAINT_TRIGGER && message == "FOREIGN KEY constraint failed") return restricted;
  for (const int code : {failure.code, primary(failure.code)}) {
    const auto* it = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.code == code; });
    if (it != rules.end()) return *it;
  }
  return primary(failure.code) == SQLITE_ERROR ? generic(failure.stage) : other;
}

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

// "author.email, author.name" → table author, column "email, name".
void name_columns(std::string_view list, ErrorDetails& details) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(", "), list.size());
    const std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(list.size(), end + 2));
    const std::size_t point = name.rfind('.');
    if (point == std::string_view::npos) continue;
    details.table = name.substr(0, point);
    if (!details.column.empty()) details.column += ", ";
    details.column += name.substr(point + 1);
  }
}

// The names in SQLite's message, as data.
void name_constraint(int code, std::string_view message, ErrorDetails& details) {
  if (primary(code) != SQLITE_CONSTRAINT) return;
  if (code == SQLITE_CONSTRAINT_DATATYPE) return name_columns(after(message, " column "), details);
  const std::string_view names = after(message, " constraint failed: ");
  if (code == SQLITE_CONSTRAINT_CHECK) {
    details.constraint = names;
    return;
  }
  const std::string_view index = after(names, "index '");
  if (index.empty()) return name_columns(names, details);
  details.constraint = index.substr(0, index.rfind('\''));
}

std::string describe(const Rule& rule, const Failure& failure, std::string_view message, const ErrorDetails& details) {
  const bool speaks_of_text = failure.stage == Stage::prepare || failure.stage == Stage::control;
  const bool is_harmless = std::find(harmless.begin(), harmless.end(), message) != harmless.end();
  if (primary(failure.code) == SQLITE_ERROR && (speaks_of_text || is_harmless)) return std::string(message);
  std::string text(rule.what);
  if (text.empty()) text = sqlite3_errstr(failure.code);
  if (!details.column.empty()) return text + " on " + details.table + "." + details.column;
  if (!details.constraint.empty()) return text + ": " + quote(details.constraint);
  return text;
}

}  // namespace

std::string statement_note(std::string_view sql, std::size_t values) {
  constexpr std::size_t most = 60;
  if (sql.empty()) return {};
  std::string note = " [";
  if (sql.size() <= most) {
    note += sql;
  } else {
    // Cut between words, so never within a character.
    const std::size_t space = sql.rfind(' ', most);
    const std::size_t end = space == std::string_view::npos ? sql.find(' ') : space;
    note += sql.substr(0, end);
    if (end != std::string_view::npos) note += " …";
  }
  if (values != 0) note += ", " + std::to_string(values) + (values == 1 ? " value hidden" : " values hidden");
  return note + "]";
}

void raise(std::string_view message, const Failure& failure) {
  const Rule& rule = rule_for(failure, message);
  ErrorDetails details;
  details.backend = "sqlite";
  details.code = std::to_string(failure.code);
  details.statement = failure.sql;
  details.retryable = rule.retryable;
  details.transaction = failure.transaction;
  name_constraint(failure.code, message, details);
  const std::string text =
      "sqlite: " + describe(rule, failure, message, details) + statement_note(failure.sql, failure.values);
  rule.raise(text, std::move(details));
  throw DatabaseError(text);  // rule.raise does not come back; the compiler cannot see it
}

void raise_connect_failed(sqlite3* database, int code, const std::string& place) {
  ErrorDetails details;
  details.backend = "sqlite";
  details.code = std::to_string(code);
  const int kind = primary(code);
  details.retryable = kind == SQLITE_CANTOPEN || kind == SQLITE_BUSY || kind == SQLITE_IOERR || kind == SQLITE_PROTOCOL;
  std::string text = "sqlite: cannot open " + place + ": " + lower_case(sqlite3_errstr(code));
  if (const int system = database == nullptr ? 0 : sqlite3_system_errno(database);
      kind == SQLITE_CANTOPEN && system != 0)
    text += " (" + lower_case(std::generic_category().message(system)) + ")";
  if (kind == SQLITE_READONLY) text += "; give the URL '?mode=ro' to read it";
  throw ConnectFailed(text, std::move(details));
}

bool ends_connection(int code) noexcept {
  const int kind = primary(code);
  return (kind == SQLITE_IOERR && code != SQLITE_IOERR_NOMEM) || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

}  // namespace dorm::sqlite
