// Queries written through the public API, and what they say on each backend.
//
// A case is run three times: against a driver that speaks SQLite's dialect and one that speaks PostgreSQL's, which only
// record and whose texts the golden files hold, and against each backend, which must accept them.
#pragma once

#include <dorm/dorm.hpp>
#include <functional>
#include <string>
#include <vector>

namespace dorm::test {

struct QueryWorld {
  QueryWorld(Database& opened, std::string* text) : db(opened), written(text) {}

  // The rows of a query: its SQL and values are written, and it is run.
  void rows(const Query& query) const;

  Database& db;
  std::string* written;  // nullptr where only the database's opinion is asked for
  const Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"], category = db["Category"];
  const Model relationship = db["Relationship"], activity_log = db["ActivityLog"], album = db["Album"],
              track = db["Track"];
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
QueryCases mistake_cases();

}  // namespace dorm::test
