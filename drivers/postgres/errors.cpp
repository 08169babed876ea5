#include "postgres/errors.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"

namespace dorm::postgres {
namespace {

constexpr std::size_t excerpt_bytes = 60;

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

bool is_class(std::string_view sqlstate, std::string_view prefix) { return sqlstate.starts_with(prefix); }

bool is_any(std::string_view sqlstate, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), sqlstate) != codes.end();
}

// The server's own words for these quote the value.
std::string_view data_error_text(std::string_view sqlstate) {
  if (sqlstate == "22001") return "a text is too long for its column";
  if (sqlstate == "22003") return "a number is out of range";
  if (sqlstate == "22007") return "a date or time is not well formed";
  if (sqlstate == "22008") return "a date or time is out of range";
  if (sqlstate == "22012") return "division by zero";
  if (sqlstate == "22021") return "a text is not valid in the encoding of the database";
  if (sqlstate == "22P02" || sqlstate == "22P03") return "a value does not have the form of its type";
  return "a value does not fit";
}

std::string integrity_text(std::string_view sqlstate, const ErrorDetails& details) {
  const std::string on = details.table.empty() ? std::string() : " on " + quote(details.table);
  if (sqlstate == "23502") return "not null constraint failed on '" + details.table + "." + details.column + "'";
  std::string_view kind = "constraint";
  if (sqlstate == "23505") kind = "unique constraint";
  if (sqlstate == "23503" || sqlstate == "23001") kind = "foreign key constraint";
  if (sqlstate == "23514" || sqlstate == "44000") kind = "check constraint";
  if (sqlstate == "23P01") kind = "exclusion constraint";
  const std::string name = details.constraint.empty() ? std::string() : " " + quote(details.constraint);
  return std::string(kind) + name + " failed" + on;
}

ErrorDetails details_of(const PGresult* result, const Situation& situation, bool retryable) {
  ErrorDetails details;
  details.backend = "postgres";
  details.code = sqlstate_of(result);
  details.statement = situation.sql;
  details.retryable = retryable;
  details.transaction = situation.transaction;
  if (result == nullptr) return details;
  details.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  details.table = field(result, PG_DIAG_TABLE_NAME);
  details.column = field(result, PG_DIAG_COLUMN_NAME);
  return details;
}

template <class E>
[[noreturn]] void raise(const std::string& text, const Situation& situation, ErrorDetails details) {
  throw E("postgres: " + text + excerpt(situation.sql, situation.values), std::move(details));
}

[[noreturn]] void raise_integrity(std::string_view sqlstate, const Situation& situation, ErrorDetails details) {
  const std::string text = integrity_text(sqlstate, details);
  if (sqlstate == "23505") raise<UniqueViolation>(text, situation, std::move(details));
  if (sqlstate == "23503" || sqlstate == "23001") raise<ForeignKeyViolation>(text, situation, std::move(details));
  if (sqlstate == "23502") raise<NotNullViolation>(text, situation, std::move(details));
  if (sqlstate == "23514" || sqlstate == "44000") raise<CheckViolation>(text, situation, std::move(details));
  if (sqlstate == "23P01") raise<ExclusionViolation>(text, situation, std::move(details));
  raise<IntegrityError>(text, situation, std::move(details));
}

// More rows than there may be. The server's words are of its language, the name of its function is not.
[[noreturn]] void raise_cardinality(const PGresult* result, const Situation& situation, ErrorDetails details) {
  if (field(result, PG_DIAG_SOURCE_FUNCTION) == "ExecOnConflictUpdate") {
    raise<QueryError>(
        "two rows of the insert have the same values of what on_conflict names; put them together, or insert them "
        "apart",
        situation, std::move(details));
  }
  raise<DataError>("a query that stands for one value gave several rows; aggregate them, or take one with limit(1)",
                   situation, std::move(details));
}

}  // namespace

std::string_view sqlstate_of(const PGresult* result) noexcept {
  const char* code = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return code == nullptr ? std::string_view() : std::string_view(code);
}

bool is_stale(std::string_view sqlstate) noexcept { return is_any(sqlstate, {"0A000", "26000"}); }

bool ends_connection(std::string_view sqlstate) noexcept {
  // 08P01 comes from a message that the server did not like; it goes on all the same.
  return (is_class(sqlstate, "08") && sqlstate != "08P01") ||
         is_any(sqlstate, {"57P01", "57P02", "57P03", "57P04", "57P05", "25P03"});
}

bool spoils_connection(std::string_view sqlstate, bool asked_read_only) noexcept {
  // A primary that was demoted while we were connected says 25006; so does a transaction that was asked to be read
  // only.
  return (sqlstate == "25006" && !asked_read_only) || is_any(sqlstate, {"XX001", "XX002"});
}

bool is_permanent(std::string_view sqlstate) noexcept {
  return is_class(sqlstate, "28") || is_any(sqlstate, {"3D000", "42501", "42704", "0A000", "22023"});
}

std::string excerpt(std::string_view sql, std::size_t values) {
  if (sql.empty()) return {};
  std::string text;
  for (const char c : sql.substr(0, excerpt_bytes)) text += c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
  if (sql.size() > excerpt_bytes) {
    // Not in the middle of a character.
    while (!text.empty() && !is_utf8(text)) text.pop_back();
    text += "…";
  }
  const std::string hidden =
      values == 0 ? "" : ", " + std::to_string(values) + (values == 1 ? " value hidden" : " values hidden");
  return " [" + text + hidden + "]";
}

void throw_error(const PGresult* result, const Situation& situation) {
  const std::string code(sqlstate_of(result));
  const std::string_view state = code;
  const auto details = [&](bool retryable = false) { return details_of(result, situation, retryable); };
  const auto words = [&] { return field(result, PG_DIAG_MESSAGE_PRIMARY); };

  if (ends_connection(state)) throw_connection_lost(situation);
  if (is_class(state, "23") || state == "44000") raise_integrity(state, situation, details());
  if (is_class(state, "22")) raise<DataError>(std::string(data_error_text(state)), situation, details());
  if (state == "21000") raise_cardinality(result, situation, details());
  if (state == "40001")
    raise<SerializationFailure>("could not serialize the transaction; run it again", situation, details(true));
  if (state == "40P01") raise<Deadlock>("deadlock; run the transaction again", situation, details(true));
  if (state == "55P03") raise<LockTimeout>("a lock was not free in time", situation, details(true));
  // Who stops a statement the server does not say; if it was not us, it is nearly always a timeout.
  if (state == "57014") {
    if (situation.cancelled) raise<Cancelled>("the statement was cancelled", situation, details());
    raise<StatementTimeout>("the statement took longer than its timeout", situation, details());
  }
  if (state == "25006") {
    raise<ReadOnly>(situation.asked_read_only ? "the transaction is read only" : "the server accepts no writes",
                    situation, details(!situation.asked_read_only));
  }
  if (state == "25P02") raise<StateError>("the transaction has failed before; roll it back", situation, details());
  if (is_class(state, "25")) raise<StateError>(words(), situation, details());
  if (state == "53100") raise<DiskFull>("the server's disk is full", situation, details());
  if (is_class(state, "53") || is_class(state, "54")) raise<ResourceLimit>(words(), situation, details());
  if (is_any(state, {"42P01", "42703", "42704", "42883", "3F000"}))
    raise<SchemaMismatch>(words(), situation, details());
  if (state == "XX001" || state == "XX002") raise<Corrupt>(words(), situation, details());
  if (state == "26000" || state == "42P05") {
    raise<DatabaseError>(
        "a prepared statement is not where it was; behind a pooler that changes servers between transactions, "
        "turn prepared_statements off",
        situation, details());
  }
  if (state == "08P01") raise<QueryError>(words(), situation, details());
  // Without a SQLSTATE libpq itself refused; everything else is about the text of the statement.
  if (state.empty()) raise<DatabaseError>("the client library refused the statement", situation, details());
  raise<DatabaseError>(words(), situation, details());
}

void throw_connection_lost(const Situation& situation) {
  raise<ConnectionLost>("the connection to the server is lost", situation, details_of(nullptr, situation, true));
}

void throw_commit_unknown(const Situation& situation) {
  raise<CommitUnknown>("the connection was lost while committing; the transaction may or may not have happened",
                       situation, details_of(nullptr, situation, false));
}

void throw_deadline_passed(const Situation& situation) {
  raise<StatementTimeout>("the server did not answer before the deadline; the connection was closed", situation,
                          details_of(nullptr, situation, false));
}

}  // namespace dorm::postgres
