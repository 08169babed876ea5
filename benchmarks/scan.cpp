// scan.cpp: what does it cost to load 100,000 rows of ten mixed columns and keep them?
//
// Freeing them is part of it. By hand: a vector of structs with std::string; by dorm: the rows of a query.
#include "api/allocations.hpp"
#include "questions.hpp"
#include "support/record.hpp"

namespace dorm::bench {
namespace {

void read(sqlite3_stmt* row, Record& record) {
  record.id = sqlite3_column_int64(row, 0);
  read_text(row, 1, record.name);
  read_text(row, 2, record.email);
  read_text(row, 3, record.city);
  if (sqlite3_column_type(row, 4) != SQLITE_NULL) read_text(row, 4, record.note.emplace());
  record.active = sqlite3_column_int(row, 5) != 0;
  record.age = sqlite3_column_int64(row, 6);
  record.score = sqlite3_column_double(row, 7);
  record.cents = sqlite3_column_int64(row, 8);
  record.created = parse_moment(reinterpret_cast<const char*>(sqlite3_column_text(row, 9)));
}

void read(const PGresult* result, int row, Record& record) {
  record.id = read_bigint(result, row, 0);
  read_text(result, row, 1, record.name);
  read_text(result, row, 2, record.email);
  read_text(result, row, 3, record.city);
  if (PQgetisnull(result, row, 4) == 0) read_text(result, row, 4, record.note.emplace());
  record.active = *PQgetvalue(result, row, 5) != 0;
  record.age = read_integer(result, row, 6);
  record.score = read_double(result, row, 7);
  record.cents = read_cents(PQgetvalue(result, row, 8));
  record.created = read_moment(result, row, 9);
}

std::uint64_t digest(const std::vector<Record>& records) {
  Digest digest;
  for (const Record& record : records) add(digest, record);
  return digest.value();
}

std::uint64_t digest(const Rows& rows) {
  Digest digest;
  for (const Row& row : rows) {
    digest.add(row["id"].integer());
    digest.add(row["name"].text());
    digest.add(row["email"].text());
    digest.add(row["city"].text());
    digest.add(row["note"].is_null() ? "null" : row["note"].text());
    digest.add(std::int64_t{row["active"].boolean()});
    digest.add(row["age"].integer());
    digest.add(row["score"].real());
    digest.add(row["balance"].decimal().unscaled());
    digest.add(row["created"].datetime().microseconds);
  }
  return digest.value();
}

}  // namespace

void scan(const Settings& settings, Place& place, Report& report) {
  const std::size_t count = settings.scaled(100'000);
  place.fill_records(count);
  const Query query = place.database()["Record"].select();
  const std::string sql = query.sql().sql;

  std::vector<Record> records;
  Contestant by_hand;
  SqliteClient::Statement statement;
  if (place.is_sqlite()) {
    statement = place.sqlite_client().prepare(sql);
    by_hand.work = [&] {
      int code = sqlite3_step(statement.get());
      for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) read(statement.get(), records.emplace_back());
      place.sqlite_client().expect(code, SQLITE_DONE);
      sqlite3_reset(statement.get());
    };
  } else {
    place.postgres_client().prepare("scan", sql);
    by_hand.work = [&] {
      const PostgresClient::Result result = place.postgres_client().run("scan");
      const int rows = PQntuples(result.get());
      records.reserve(static_cast<std::size_t>(rows));
      for (int row = 0; row < rows; ++row) read(result.get(), row, records.emplace_back());
    };
  }
  by_hand.digest = [&] { return digest(records); };
  by_hand.drop = [&] { records = {}; };

  Rows rows;
  std::uint64_t allocated = 0;
  Contestant dorm;
  dorm.work = [&] {
    const std::size_t before = test::allocations();
    rows = query.all();
    allocated = test::allocations() - before;
  };
  dorm.digest = [&] { return digest(rows); };
  dorm.drop = [&] { rows = {}; };

  compete(settings, report, {"scan", place.name(), "row", count, 0, 0, 0, place.is_sqlite() ? 0.85 : 1.0}, by_hand,
          dorm);
  if (settings.contestant.empty()) {
    const double each = static_cast<double>(allocated) / static_cast<double>(count);
    report.add({"allocations of a scanned row", place.name(), "", count, 0, each, 0, 0.05});
  }
}

}  // namespace dorm::bench
