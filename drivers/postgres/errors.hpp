// postgres/errors.hpp: what the server or the connection reports, as the classes of dorm/error.hpp.
//
// Pure functions, thread-safe. Chosen by the state of the connection and the SQLSTATE, never by the text of a message:
// a lost connection has no SQLSTATE, and texts are translated.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "dorm/error.hpp"

namespace dorm::postgres {

// What is known beside the result.
struct Situation {
  std::string_view sql;
  std::size_t values = 0;
  TransactionState transaction = TransactionState::none;
  bool asked_read_only = false;  // the program began the transaction read only
  bool cancelled = false;        // cancel() was called
};

std::string_view sqlstate_of(const PGresult* result) noexcept;
// A cached plan that no longer fits, or a statement that the server has lost: preparing it again helps.
bool is_stale(std::string_view sqlstate) noexcept;
// The server ends the connection after this error.
bool ends_connection(std::string_view sqlstate) noexcept;
// The connection works, and must not be used again all the same.
bool spoils_connection(std::string_view sqlstate, bool asked_read_only) noexcept;

[[noreturn]] void throw_error(const PGresult* result, const Situation& situation);
[[noreturn]] void throw_connection_lost(const Situation& situation);
[[noreturn]] void throw_commit_unknown(const Situation& situation);
[[noreturn]] void throw_deadline_passed(const Situation& situation);

// Where a connection attempt ended.
struct ConnectFailure {
  std::string text;      // for people, without secrets
  std::string sqlstate;  // empty if the server did not answer
  bool permanent = false;
};
bool is_permanent(std::string_view sqlstate) noexcept;

// " [INSERT INTO …, 3 values hidden]", or nothing without a statement.
std::string excerpt(std::string_view sql, std::size_t values);

}  // namespace dorm::postgres
