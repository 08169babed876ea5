#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text.hpp"
#include "postgres/exchange.hpp"

namespace dorm::postgres {
namespace {

constexpr std::size_t max_parameters = 65'535;
// libpq takes a description of parameters that is longer than 30,000 bytes for a loss of synchronization.
constexpr std::size_t max_described = 7'498;

std::vector<Oid> parameter_types(const driver::Statement& statement) {
  std::vector<Oid> types;
  types.reserve(statement.parameters.size());
  for (const driver::Parameter& parameter : statement.parameters) types.push_back(parameter_type(parameter));
  return types;
}

// A statement that names no parameters leaves all their types to the server.
driver::Parameter parameter_of(const driver::Statement& statement, std::size_t i) {
  return i < statement.parameters.size() ? statement.parameters[i] : driver::Parameter{};
}

bool is_textual(TypeKind kind) {
  return kind == TypeKind::string || kind == TypeKind::text || kind == TypeKind::enumeration;
}

[[noreturn]] void wrong_count(const driver::Statement& statement, std::size_t placeholders, std::size_t values) {
  throw QueryError("postgres: the statement has " + std::to_string(placeholders) + " placeholders, " +
                   std::to_string(values) + " values were given" + excerpt(statement.sql, 0));
}

}  // namespace

driver::Outcome Connection::execute(const driver::Statement& statement, std::span<const Cell> parameters,
                                    graph::RowSink* rows, driver::Deadline deadline) {
  if (parameters.size() > max_parameters) {
    throw LimitError("postgres: a statement takes at most " + std::to_string(max_parameters) + " values, " +
                     std::to_string(parameters.size()) + " were given");
  }
  if (!statement.parameters.empty() && statement.parameters.size() != parameters.size()) {
    wrong_count(statement, statement.parameters.size(), parameters.size());
  }
  deadline = start(statement.sql, parameters.size(), deadline);
  ++statistics_.executions;
  if (!prepares_ || parameters.size() > max_described) return execute_at_once(statement, parameters, rows, deadline);

  const bool cached = statement.cached && statement.id != 0 && cache_.capacity() != 0;
  for (;;) {
    Prepared* prepared = cached ? cache_.find(statement.id) : nullptr;
    const bool known = prepared != nullptr;
    Prepared once;
    if (!known) {
      once = prepare(statement, parameters.size(), cached, deadline);
      prepared = cached ? &cache_.insert(statement.id, std::move(once)) : &once;
    }
    if (prepared->parameters.size() != parameters.size())
      wrong_count(statement, prepared->parameters.size(), parameters.size());
    bind(statement, *prepared, parameters);
    const End end = exchange(
        [&] {
          return PQsendQueryPrepared(connection_.get(), prepared->name.c_str(), binding_.count(), binding_.values(),
                                     binding_.lengths(), binding_.formats(), prepared->text_results ? 0 : 1) == 1;
        },
        deadline);
    if (known && end == End::complete && is_stale(sqlstate_of(first_error()))) {
      // Prepared anew it will do; inside a transaction it is too late for that.
      cache_.forget(statement.id);
      if (!was_in_transaction_) continue;
      ErrorDetails details = local_details();
      details.code = sqlstate_of(first_error());
      details.retryable = true;
      throw SchemaMismatch(
          "postgres: the tables have changed since the statement was prepared; run the transaction again" +
              excerpt(statement.sql, parameters.size()),
          std::move(details));
    }
    require_complete(end);
    return finish(*prepared, rows);
  }
}

void Connection::bind(const driver::Statement& statement, const Prepared& prepared, std::span<const Cell> parameters) {
  try {
    binding_.bind(statement, prepared.parameters, parameters);
  } catch (const DataError& error) {
    throw DataError(error.what(), local_details());
  }
}

// One round trip: what nobody uses any more is given back, the statement is parsed, and described.
Prepared Connection::prepare(const driver::Statement& statement, std::size_t values, bool named,
                             driver::Deadline deadline) {
  check_text(statement.sql);
  ++statistics_.prepares;
  Prepared prepared;
  if (named) prepared.name = "dorm_" + std::to_string(++names_);
  const std::vector<Oid> types = parameter_types(statement);
  std::vector<std::string>& discarded = cache_.discarded();
  const auto send = [&] {
    PGconn* connection = connection_.get();
    if (PQenterPipelineMode(connection) != 1) return false;
    for (const std::string& name : discarded) {
      const std::string sql = "DEALLOCATE " + name;
      if (PQsendQueryParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) return false;
    }
    return PQsendPrepare(connection, prepared.name.c_str(), statement.sql.c_str(), static_cast<int>(types.size()),
                         types.data()) == 1 &&
           PQsendDescribePrepared(connection, prepared.name.c_str()) == 1 && PQpipelineSync(connection) == 1;
  };
  End end = exchange(send, deadline);
  leave_pipeline();
  if (end == End::complete && sqlstate_of(first_error()) == "26000" && !discarded.empty() && !was_in_transaction_) {
    // Somebody has deallocated what we were about to.
    discarded.clear();
    end = exchange(send, deadline);
    leave_pipeline();
  }
  if (end == End::complete) forget_deallocated();
  require_complete(end);

  const Result description = std::move(results_.back());
  if (static_cast<std::size_t>(PQnparams(description.get())) != values) {
    if (named) discarded.push_back(prepared.name);
    wrong_count(statement, static_cast<std::size_t>(PQnparams(description.get())), values);
  }
  for (std::size_t i = 0; i < values; ++i) {
    prepared.parameters.push_back(
        format_of(parameter_of(statement, i), PQparamtype(description.get(), static_cast<int>(i))));
  }
  std::vector<Wire> arriving;
  for (int i = 0; i < PQnfields(description.get()); ++i) {
    const Oid type = PQftype(description.get(), i);
    const Wire wire = wire_of(type);
    arriving.push_back(wire != Wire::unknown || type < oid::first_of_users ? wire : look_up(type, deadline));
  }
  prepared.text_results = std::find(arriving.begin(), arriving.end(), Wire::unknown) != arriving.end();
  try {
    choose_decoders(statement, arriving, description.get(), prepared);
  } catch (const DataError&) {
    if (named) discarded.push_back(prepared.name);
    throw;
  }
  return prepared;
}

void Connection::leave_pipeline() noexcept {
  if (connection_ != nullptr && PQexitPipelineMode(connection_.get()) != 1) close();
}

// DEALLOCATE is done for good, even if what came behind it in the pipeline failed.
void Connection::forget_deallocated() {
  std::vector<std::string>& discarded = cache_.discarded();
  std::size_t done = 0;
  while (done < discarded.size() && done < results_.size() && PQresultStatus(results_[done].get()) == PGRES_COMMAND_OK)
    ++done;
  discarded.erase(discarded.begin(), discarded.begin() + static_cast<std::ptrdiff_t>(done));
  if (sqlstate_of(first_error()) == "26000") discarded.clear();
}

// Without preparing: everything goes in one message, so the formats must be known before the server has seen the text.
driver::Outcome Connection::execute_at_once(const driver::Statement& statement, std::span<const Cell> parameters,
                                            graph::RowSink* rows, driver::Deadline deadline) {
  check_text(statement.sql);
  ++statistics_.prepares;
  std::vector<Oid> types = parameter_types(statement);
  types.resize(parameters.size(), oid::unspecified);
  Prepared prepared;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    prepared.parameters.push_back(format_of(parameter_of(statement, i), types[i]));
  prepared.text_results =
      std::any_of(statement.columns.begin(), statement.columns.end(),
                  [](const driver::ResultColumn& column) { return column.type.kind == TypeKind::unknown; });
  bind(statement, prepared, parameters);
  const End end = exchange(
      [&] {
        return PQsendQueryParams(connection_.get(), statement.sql.c_str(), binding_.count(), types.data(),
                                 binding_.values(), binding_.lengths(), binding_.formats(),
                                 prepared.text_results ? 0 : 1) == 1;
      },
      deadline);
  require_complete(end);
  const PGresult* result = results_.back().get();
  std::vector<Wire> arriving;
  for (int i = 0; i < PQnfields(result); ++i) {
    const Oid type = PQftype(result, i);
    // An enum of the user's own is text in either format.
    const bool textual = type >= oid::first_of_users && static_cast<std::size_t>(i) < statement.columns.size() &&
                         is_textual(statement.columns[static_cast<std::size_t>(i)].type.kind);
    arriving.push_back(textual ? Wire::text : wire_of(type));
  }
  choose_decoders(statement, arriving, result, prepared);
  return finish(prepared, rows);
}

void Connection::choose_decoders(const driver::Statement& statement, const std::vector<Wire>& arriving,
                                 const PGresult* description, Prepared& prepared) const {
  if (statement.columns.empty()) return;
  if (statement.columns.size() != arriving.size()) {
    throw DataError("postgres: the statement returns " + std::to_string(arriving.size()) + " columns, " +
                        std::to_string(statement.columns.size()) + " were expected" + excerpt(statement.sql, 0),
                    local_details());
  }
  prepared.columns = statement.columns;
  for (std::size_t i = 0; i < arriving.size(); ++i) {
    const driver::ResultColumn& wanted = prepared.columns[i];
    const std::optional<Decoder> decoder = choose_decoder(arriving[i], prepared.text_results, wanted);
    if (!decoder) {
      throw DataError("postgres: " + quote(wanted.label) + " is " + name_of(PQftype(description, static_cast<int>(i))) +
                          " in the database, which cannot be read as " + to_string(wanted.type),
                      local_details());
    }
    prepared.decoders.push_back(*decoder);
  }
}

// Of a type somebody has created: enums and their like are text on the wire, everything else is read in text format.
Wire Connection::look_up(Oid type, driver::Deadline deadline) {
  if (const auto found = user_types_.find(type); found != user_types_.end()) return found->second;
  const std::string number = std::to_string(type);
  const char* value = number.c_str();
  const End end = exchange(
      [&] {
        return PQsendQueryParams(
                   connection_.get(),
                   "SELECT p.proname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typsend "
                   "WHERE t.oid = $1",
                   1, nullptr, &value, nullptr, nullptr, 0) == 1;
      },
      deadline);
  require_complete(end);
  const PGresult* result = results_.back().get();
  const std::string_view sender = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
  const bool textual =
      sender == "enum_send" || sender == "textsend" || sender == "citextsend" || sender == "varcharsend";
  return user_types_[type] = textual ? Wire::text : Wire::unknown;
}

driver::Outcome Connection::finish(const Prepared& prepared, graph::RowSink* rows) {
  const Result result = std::move(results_.back());
  results_.clear();
  driver::Outcome outcome;
  if (rows != nullptr && !prepared.decoders.empty()) {
    outcome.affected = deliver(result.get(), prepared, *rows);
    return outcome;
  }
  const std::string_view count = PQcmdTuples(result.get());
  std::from_chars(count.data(), count.data() + count.size(), outcome.affected);
  return outcome;
}

}  // namespace dorm::postgres
