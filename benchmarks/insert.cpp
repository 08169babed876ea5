// insert.cpp: what does it cost to insert 100,000 rows one by one in one transaction?
//
// By hand: one prepared statement, bound and stepped again and again; each row learns its key. By dorm: create().
#include <array>

#include "questions.hpp"
#include "support/new_records.hpp"

namespace dorm::bench {
namespace {

Row create(const Model& model, const Record& record) {
  return model.create({{"name", record.name},
                       {"email", record.email},
                       {"city", record.city},
                       {"note", record.note ? Value(*record.note) : Value()},
                       {"active", record.active},
                       {"age", record.age},
                       {"score", record.score},
                       {"balance", Decimal(record.cents, 2)},
                       {"created", DateTime{record.created}}});
}

// The statement that create() sends.
std::string insert_sql(Database& database, const Model& model, const Record& record) {
  const QueryCount count(database);
  create(model, record);
  return count.statements().back();
}

}  // namespace

void insert(const Settings& settings, Place& place, Report& report) {
  Database& database = place.database();
  const Model model = database["Record"];
  database.execute("DELETE FROM record");
  std::vector<Record> records = new_records(settings.scaled(100'000));
  const std::string sql = insert_sql(database, model, records.front());

  Contestant by_hand;
  by_hand.work = insert_by_hand(place, sql, records);
  Contestant dorm;
  dorm.work = [&] {
    Transaction transaction = database.transaction();
    for (const Record& record : records) create(model, record);
    transaction.commit();
  };
  by_hand.prepare = dorm.prepare = [&] { database.execute("DELETE FROM record"); };
  by_hand.digest = dorm.digest = [&] { return digest_of_table(model); };

  compete(settings, report, {"insert in a transaction", place.name(), "row", records.size(), 0, 0, 0, 1.5}, by_hand,
          dorm);
}

}  // namespace dorm::bench
