// dorm/error.hpp: everything dorm throws, one tree, the same classes on every backend.
//
// Choose by what you would do: retryable() says whether the transaction may be run again as a whole. Errors carry names
// and codes, never bound values. Immutable and cheap to copy.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/detail/export.hpp"

namespace dorm {

// Where the transaction stands after an error.
enum class TransactionState : std::uint8_t {
  none,      // there was no transaction
  open,      // still usable
  poisoned,  // only rollback is left
  gone,      // the database has ended it
};

// What a database said, as far as it is known; empty strings otherwise.
struct ErrorDetails {
  std::string backend;    // "sqlite", "postgres"
  std::string code;       // SQLSTATE, or SQLite's extended code as digits
  std::string statement;  // SQL text without values
  std::string constraint;
  std::string table;
  std::string column;
  bool retryable = false;
  TransactionState transaction = TransactionState::none;
};

class DORM_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  Error(const std::string& message, ErrorDetails details);
  Error(const Error&) noexcept;
  Error& operator=(const Error&) noexcept;
  ~Error() override;

  bool retryable() const noexcept { return details().retryable; }
  const std::string& backend() const noexcept { return details().backend; }
  const std::string& code() const noexcept { return details().code; }
  const std::string& statement() const noexcept { return details().statement; }
  const std::string& constraint() const noexcept { return details().constraint; }
  const std::string& table() const noexcept { return details().table; }
  const std::string& column() const noexcept { return details().column; }
  TransactionState transaction() const noexcept { return details().transaction; }
  const ErrorDetails& details() const noexcept;

 private:
  std::shared_ptr<const ErrorDetails> details_;
};

// ---- mistakes of the program or its input: nothing was sent to a database ----

// A name, operator or type that does not fit the registry. Only one is sent, as dorm cannot see it by itself: an upsert
// whose rows, computed by the database, meet one row twice.
class DORM_EXPORT QueryError : public Error {
 public:
  using Error::Error;
};
// A value that does not fit its field: range, encoding, length, pattern, enum, required.
class DORM_EXPORT DataError : public Error {
 public:
  using Error::Error;
};
// A limit of dorm's own was reached; the message names it.
class DORM_EXPORT LimitError : public Error {
 public:
  using Error::Error;
};
// A configuration file, URL or option that cannot be used.
class DORM_EXPORT ConfigError : public Error {
 public:
  using Error::Error;
};
// A relation that is null was followed; the message names the path.
class DORM_EXPORT NullRelation : public Error {
 public:
  using Error::Error;
};
// get() met no row / more than one row.
class DORM_EXPORT NotFound : public Error {
 public:
  using Error::Error;
};
class DORM_EXPORT MultipleFound : public Error {
 public:
  using Error::Error;
};
// The call does not fit the state of the transaction, row or database it was made on.
class DORM_EXPORT StateError : public Error {
 public:
  using Error::Error;
};
// The row has another version in the database than when it was loaded, or is gone: nothing was written, and the row in
// memory is as dirty as before. load(true) it again and make the change anew.
class DORM_EXPORT StaleRow : public StateError {
 public:
  using StateError::StateError;
};
// No connection became free within the checkout timeout.
class DORM_EXPORT PoolTimeout : public Error {
 public:
  using Error::Error;
};

// ---- what a database reports ----

class DORM_EXPORT DatabaseError : public Error {
 public:
  using Error::Error;
};
class DORM_EXPORT ConnectFailed : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT ConnectionLost : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
// The connection was lost while COMMIT was on its way: it may or may not have happened. Never retried by dorm.
class DORM_EXPORT CommitUnknown : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT SerializationFailure : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT Deadlock : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT LockTimeout : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT StatementTimeout : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT Cancelled : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT ReadOnly : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT ResourceLimit : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT DiskFull : public ResourceLimit {
 public:
  using ResourceLimit::ResourceLimit;
};
// The tables are not what the registry says.
class DORM_EXPORT SchemaMismatch : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT Corrupt : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT IntegrityError : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
class DORM_EXPORT UniqueViolation : public IntegrityError {
 public:
  using IntegrityError::IntegrityError;
};
class DORM_EXPORT ForeignKeyViolation : public IntegrityError {
 public:
  using IntegrityError::IntegrityError;
};
class DORM_EXPORT NotNullViolation : public IntegrityError {
 public:
  using IntegrityError::IntegrityError;
};
class DORM_EXPORT CheckViolation : public IntegrityError {
 public:
  using IntegrityError::IntegrityError;
};
class DORM_EXPORT ExclusionViolation : public IntegrityError {
 public:
  using IntegrityError::IntegrityError;
};

// ---- schema files ----

enum class Severity : std::uint8_t { error, warning, info };

struct Position {
  std::string file;          // as it was given; "<text>" for a string
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1, in code points
  std::string pointer;       // RFC 6901 JSON pointer
  friend bool operator==(const Position&, const Position&) = default;
};

// One finding in a schema or configuration file.
struct DORM_EXPORT Diagnostic {
  Severity severity = Severity::error;
  std::string code;     // stable and dotted: "relation.target_unknown"
  std::string message;  // what is wrong
  Position where;
  std::string excerpt;  // the source line, cut to a window if it is long, and a line with the caret
  struct Note {
    std::string message;
    Position where;
  };
  std::vector<Note> notes;  // the other places involved
  std::string help;         // how to mend it

  // "file:line:column: error[code]: message", the line with a caret, notes and help; several lines.
  std::string text() const;
  std::string json() const;
};

class DORM_EXPORT SchemaError : public Error {
 public:
  explicit SchemaError(const std::string& message) : Error(message) {}
  explicit SchemaError(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const noexcept;

 private:
  std::shared_ptr<const std::vector<Diagnostic>> diagnostics_;
};

}  // namespace dorm
