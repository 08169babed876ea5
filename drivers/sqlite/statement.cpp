#include "sqlite/statement.hpp"

#include <string>

#include "dorm/error.hpp"
#include "sqlite/errors.hpp"

namespace dorm::sqlite {
namespace {

[[noreturn]] void refuse(const driver::Statement& statement, const std::string& why) {
  ErrorDetails details;
  details.backend = "sqlite";
  details.statement = statement.sql;
  throw QueryError("sqlite: " + why + statement_note(statement.sql, 0), std::move(details));
}

std::string count(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

StatementHandle prepare(sqlite3* database, std::string_view sql, unsigned flags, std::string_view& rest) {
  sqlite3_stmt* statement = nullptr;
  const char* end = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), flags, &statement, &end);
  if (code != SQLITE_OK) {
    Failure failure;
    failure.code = code;
    failure.stage = Stage::prepare;
    failure.sql = sql;
    failure.transaction = sqlite3_get_autocommit(database) != 0 ? TransactionState::none : TransactionState::poisoned;
    raise(sqlite3_errmsg(database), failure);
  }
  rest = sql.substr(static_cast<std::size_t>(end - sql.data()));
  return StatementHandle(statement);
}

Prepared& StatementCache::acquire(const driver::Statement& statement) {
  if (!statement.cached || statement.id == 0 || capacity_ == 0) {
    passing_.reset();
    return passing_.emplace(make(statement, 0));
  }
  if (const auto found = by_id_.find(statement.id); found != by_id_.end()) {
    if (found->second != entries_.begin()) entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->prepared;
  }
  Prepared prepared = make(statement, SQLITE_PREPARE_PERSISTENT);
  if (entries_.size() >= capacity_) {
    by_id_.erase(entries_.back().id);
    entries_.pop_back();
  }
  entries_.push_front({statement.id, std::move(prepared)});
  by_id_.emplace(statement.id, entries_.begin());
  return entries_.front().prepared;
}

void StatementCache::clear() {
  passing_.reset();
  by_id_.clear();
  entries_.clear();
}

void StatementCache::leak() noexcept {
  if (passing_) static_cast<void>(passing_->handle.release());
  for (Entry& entry : entries_) static_cast<void>(entry.prepared.handle.release());
}

Prepared StatementCache::make(const driver::Statement& statement, unsigned flags) {
  std::string_view rest;
  ++prepares_;
  Prepared prepared;
  prepared.handle = prepare(database_, statement.sql, flags, rest);
  if (prepared.handle == nullptr) refuse(statement, "the statement is empty");
  sqlite3_stmt* handle = prepared.handle.get();
  while (!rest.empty())
    if (prepare(database_, rest, 0, rest) != nullptr)
      refuse(statement, "only one statement can be run at a time; use a script");
  const auto placeholders = static_cast<std::size_t>(sqlite3_bind_parameter_count(handle));
  if (placeholders != statement.parameters.size())
    refuse(statement, "the text has " + count(placeholders, "placeholder") + " for " +
                          count(statement.parameters.size(), "parameter"));
  const auto columns = static_cast<std::size_t>(sqlite3_column_count(handle));
  if (!statement.columns.empty() && columns != statement.columns.size())
    refuse(statement, "the text returns " + count(columns, "column") + " where " +
                          std::to_string(statement.columns.size()) + " are expected");
  prepared.decoders.reserve(statement.columns.size());
  for (const driver::ResultColumn& column : statement.columns) prepared.decoders.push_back(decoder_for(column.type));
  prepared.read_only = sqlite3_stmt_readonly(handle) != 0;
  return prepared;
}

}  // namespace dorm::sqlite
