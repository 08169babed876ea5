// Queries written through the public API, and what they say on each backend.
//
// A case is run three times: against a driver that speaks SQLite's dialect and one that speaks PostgreSQL's, which only
// record and whose texts the golden files hold, and against each backend, which must accept them.
#pragma once

#include <cstdint>
#include <dorm/dorm.hpp>
#include <functional>
#include <string>
#include <vector>

namespace dorm::test {

struct QueryWorld {
  enum class Ask : std::uint8_t { sql, rows };
  QueryWorld(Database& opened, Ask what, std::vector<std::string>& answers, std::string& statements)
      : db(opened), ask(what), answered(answers), sent(statements) {}

  // The answer is the query's SQL and values, or its rows.
  void rows(const Query& query) const;
  // The answer is what a call returned and what it left in the tables it may have written to; its SQL is recorded
  // anyway.
  void value(const Value& returned) const;
  // Fails unless the two ways to write one query say the same, with the same values.
  void same(const BoundSql& as_set, const BoundSql& as_query) const;
  // The same, and the answer of rows().
  void both(const QuerySet& set, const Query& query) const;

  Database& db;
  const Ask ask;
  std::vector<std::string>& answered;
  std::string& sent;  // what was asked so far, with values, where it is only recorded
  const Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"], category = db["Category"];
  const Model relationship = db["Relationship"], activity_log = db["ActivityLog"], album = db["Album"],
              track = db["Track"];
  const Model item = db["Item"];
};

struct QueryCase {
  std::string name;
  std::function<void(const QueryWorld&)> run;
};

using QueryCases = std::vector<QueryCase>;

QueryCases join_cases();
QueryCases source_cases();
QueryCases condition_cases();
QueryCases shaping_cases();
QueryCases statement_cases();
QueryCases type_cases();
QueryCases function_cases();
QueryCases selecting_cases();
QueryCases insert_cases();
QueryCases facade_cases();
QueryCases condition_facade_cases();
QueryCases value_facade_cases();
QueryCases call_facade_cases();
QueryCases mistake_cases();

}  // namespace dorm::test
