// bulk.cpp: what does it cost to insert 100,000 rows at once, whose keys nobody asks for?
//
// By hand: the loop of insert.cpp, a prepared statement for each row in one transaction. By dorm: insert_many(), which
// is given the rows as lists of values; PostgreSQL gets them by COPY.
#include <string>
#include <utility>

#include "questions.hpp"
#include "support/new_records.hpp"

namespace dorm::bench {

void bulk(const Settings& settings, Place& place, Report& report) {
  Database& database = place.database();
  const Model model = database["Record"];
  database.execute("DELETE FROM record");
  std::vector<Record> records = new_records(settings.scaled(100'000));
  std::string sql;  // of one row
  {
    const QueryCount count(database);
    model.insert_many(value_names(), {values_of(records.front())}).run();
    sql = count.statements().back() + (place.is_sqlite() ? "" : " RETURNING id");
  }

  Contestant by_hand;
  by_hand.work = insert_by_hand(place, sql, records);
  Contestant dorm;
  dorm.work = [&] {
    std::vector<Values> rows;
    rows.reserve(records.size());
    for (const Record& record : records) rows.push_back(values_of(record));
    model.insert_many(value_names(), std::move(rows)).run();
  };
  by_hand.prepare = dorm.prepare = [&] { database.execute("DELETE FROM record"); };
  by_hand.digest = dorm.digest = [&] { return digest_of_table(model); };

  const double bound = place.is_sqlite() ? 4.0 : 0.8;
  compete(settings, report, {"insert at once", place.name(), "row", records.size(), 0, 0, 0, bound}, by_hand, dorm);
}

}  // namespace dorm::bench
