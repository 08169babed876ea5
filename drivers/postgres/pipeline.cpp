// Several queries in one round trip, statements that the server does not know yet included, and the read transaction
// around them.
#include <algorithm>
#include <utility>

#include "postgres/exchange.hpp"

namespace dorm::postgres {
namespace {

constexpr const char* begin_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

bool send_command(PGconn* connection, const char* sql) {
  return PQsendQueryParams(connection, sql, 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
}

}  // namespace

// One query of a pipeline: what is sent for it, and where its results are among all.
struct Connection::Piped {
  Query* query = nullptr;
  Prepared own;  // unless the connection knows the statement
  bool is_new = false;
  std::string name;
  bool text_results = false;
  Binding binding;
  std::size_t first_result = 0;

  std::size_t results() const noexcept { return is_new ? 3 : 1; }
};

void Connection::execute_all(std::span<Query> queries, bool snapshot, driver::Deadline deadline) {
  const bool open = status() != driver::TransactionStatus::idle;
  // Behind a pooler nothing is prepared, and a connection without a cache would prepare everything each time.
  if (!prepares_ || cache_.capacity() < queries.size())
    return driver::Connection::execute_all(queries, snapshot, deadline);
  deadline = start(queries.front().statement->sql, 0, deadline);
  const bool own_transaction = snapshot && !open;
  statistics_.executions += queries.size();
  // A stale statement is prepared anew, and one whose results cannot be read in binary form is asked again in text.
  for (int tries = 0; tries < 3; ++tries)
    if (send_together(queries, own_transaction, deadline)) return;
  driver::Connection::execute_all(queries, snapshot, deadline);
}

bool Connection::send_together(std::span<Query> queries, bool own_transaction, driver::Deadline deadline) {
  std::vector<Piped> pipeline(queries.size());
  std::size_t results = own_transaction ? 1 : 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    Piped& piped = pipeline[i];
    piped.query = &queries[i];
    piped.first_result = results;
    prepare_to_send(piped);
    results += piped.results();
  }
  const auto send = [&] {
    PGconn* connection = connection_.get();
    if (PQenterPipelineMode(connection) != 1) return false;
    if (own_transaction && !send_command(connection, begin_snapshot)) return false;
    return std::all_of(pipeline.begin(), pipeline.end(), [&](const Piped& piped) { return send_one(piped); }) &&
           (!own_transaction || send_command(connection, "COMMIT")) && PQpipelineSync(connection) == 1;
  };
  const End end = exchange(send, deadline);
  leave_pipeline();
  const std::vector<Result> answers(std::make_move_iterator(results_.begin()), std::make_move_iterator(results_.end()));
  results_.clear();
  const auto failed = std::find_if(answers.begin(), answers.end(), [](const Result& result) {
    const ExecStatusType status = PQresultStatus(result.get());
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
  });
  if (end != End::complete || failed != answers.end()) {
    give_up_new(pipeline, answers);
    return fail_together(pipeline, end, failed == answers.end() ? nullptr : failed->get(),
                         static_cast<std::size_t>(failed - answers.begin()), own_transaction, deadline);
  }
  if (!take_new(pipeline, answers, deadline)) return false;
  for (const Piped& piped : pipeline) {
    const PGresult* result = answers[piped.first_result + piped.results() - 1].get();
    const Prepared* prepared = cache_.find(piped.query->statement->id);
    piped.query->outcome.affected = deliver(result, *prepared, *piped.query->rows);
  }
  return true;
}

// Throws DataError for a value that does not fit.
void Connection::prepare_to_send(Piped& piped) {
  const driver::Statement& statement = *piped.query->statement;
  const Prepared* known = cache_.find(statement.id);
  sql_ = statement.sql;
  values_ = piped.query->parameters.size();
  if (known == nullptr) {
    check_text(statement.sql);
    ++statistics_.prepares;
    piped.is_new = true;
    piped.own.name = "dorm_" + std::to_string(++names_);
    // The text casts nothing: the server takes each parameter for what we say it is.
    for (const driver::Parameter& parameter : statement.parameters)
      piped.own.parameters.push_back(format_of(parameter, parameter_type(parameter)));
    known = &piped.own;
  }
  piped.name = known->name;
  piped.text_results = known->text_results;
  try {
    piped.binding.bind(statement, known->parameters, piped.query->parameters);
  } catch (const DataError& error) {
    throw DataError(error.what(), local_details());
  }
}

bool Connection::send_one(const Piped& piped) {
  PGconn* connection = connection_.get();
  const driver::Statement& statement = *piped.query->statement;
  const char* name = piped.name.c_str();
  if (piped.is_new) {
    std::vector<Oid> types;
    for (const driver::Parameter& parameter : statement.parameters) types.push_back(parameter_type(parameter));
    if (PQsendPrepare(connection, name, statement.sql.c_str(), static_cast<int>(types.size()), types.data()) != 1 ||
        PQsendDescribePrepared(connection, name) != 1)
      return false;
  }
  return PQsendQueryPrepared(connection, name, piped.binding.count(), piped.binding.values(), piped.binding.lengths(),
                             piped.binding.formats(), piped.text_results ? 0 : 1) == 1;
}

// Chooses decoders for the statements that were new, and keeps them; false if one must be asked again in text.
bool Connection::take_new(std::vector<Piped>& pipeline, const std::vector<Result>& answers, driver::Deadline deadline) {
  bool readable = true;
  for (Piped& piped : pipeline) {
    if (!piped.is_new) continue;
    // The same statement twice in one pipeline.
    if (cache_.find(piped.query->statement->id) != nullptr) {
      cache_.discarded().push_back(piped.name);
      continue;
    }
    const PGresult* description = answers[piped.first_result + 1].get();
    std::vector<Wire> arriving;
    for (int i = 0; i < PQnfields(description); ++i) {
      const Oid type = PQftype(description, i);
      const Wire wire = wire_of(type);
      arriving.push_back(wire != Wire::unknown || type < oid::first_of_users ? wire : look_up(type, deadline));
    }
    sql_ = piped.query->statement->sql;
    piped.own.text_results = std::find(arriving.begin(), arriving.end(), Wire::unknown) != arriving.end();
    readable = readable && !piped.own.text_results;
    choose_decoders(*piped.query->statement, arriving, description, piped.own);
    cache_.insert(piped.query->statement->id, std::move(piped.own));
  }
  return readable;
}

// What the server has prepared and we shall not use.
void Connection::give_up_new(const std::vector<Piped>& pipeline, const std::vector<Result>& answers) {
  for (const Piped& piped : pipeline)
    if (piped.is_new && piped.first_result < answers.size() &&
        PQresultStatus(answers[piped.first_result].get()) == PGRES_COMMAND_OK)
      cache_.discarded().push_back(piped.name);
}

// False if the pipeline is worth another try; else throws.
bool Connection::fail_together(const std::vector<Piped>& pipeline, End end, const PGresult* error, std::size_t at,
                               bool own_transaction, driver::Deadline deadline) {
  const auto roll_back = [&] {
    if (own_transaction && connection_ != nullptr && status() != driver::TransactionStatus::idle) rollback(deadline);
  };
  if (end == End::complete && is_stale(sqlstate_of(error)) && !was_in_transaction_) {
    roll_back();
    for (const Piped& piped : pipeline) cache_.forget(piped.query->statement->id);
    return false;
  }
  for (const Piped& piped : pipeline) {
    if (piped.first_result > at) break;
    sql_ = piped.query->statement->sql;
    values_ = piped.query->parameters.size();
  }
  try {
    require_answer(end, error);
  } catch (...) {
    roll_back();
    throw;
  }
  return true;
}

}  // namespace dorm::postgres
