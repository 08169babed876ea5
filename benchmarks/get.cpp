// get.cpp: what does one row by its key cost, 50,000 times in a row?
//
// By hand the statement is prepared once; dorm has to find that out by itself.
#include <array>

#include "questions.hpp"
#include "support/record.hpp"

namespace dorm::bench {

void get(const Settings& settings, Place& place, Report& report) {
  const std::size_t count = settings.scaled(50'000);
  const auto rows = static_cast<std::int64_t>(count);
  place.fill_records(count);
  const Model record = place.database()["Record"];
  const std::string sql = record.select().where(record["id"] == 1).sql().sql;
  // Scattered, each once: 7919 is prime.
  const auto key_of = [rows](std::int64_t i) { return 1 + i * 7919 % rows; };

  Digest read_by_hand;
  Contestant by_hand;
  SqliteClient::Statement statement;
  if (place.is_sqlite()) {
    statement = place.sqlite_client().prepare(sql);
    by_hand.work = [&] {
      sqlite3_stmt* row = statement.get();
      for (std::int64_t i = 0; i < rows; ++i) {
        sqlite3_bind_int64(row, 1, key_of(i));
        place.sqlite_client().expect(sqlite3_step(row), SQLITE_ROW);
        Record got;
        got.id = sqlite3_column_int64(row, 0);
        read_text(row, 1, got.name);
        read_text(row, 2, got.email);
        read_text(row, 3, got.city);
        if (sqlite3_column_type(row, 4) != SQLITE_NULL) read_text(row, 4, got.note.emplace());
        got.active = sqlite3_column_int(row, 5) != 0;
        got.age = sqlite3_column_int64(row, 6);
        got.score = sqlite3_column_double(row, 7);
        got.cents = sqlite3_column_int64(row, 8);
        got.created = parse_moment(reinterpret_cast<const char*>(sqlite3_column_text(row, 9)));
        place.sqlite_client().expect(sqlite3_step(row), SQLITE_DONE);
        sqlite3_reset(row);
        read_by_hand.add(got.id);
        read_by_hand.add(got.created);
      }
    };
  } else {
    place.postgres_client().prepare("get", sql);
    by_hand.work = [&] {
      for (std::int64_t i = 0; i < rows; ++i) {
        std::array<char, 8> key{};
        write_word(key.data(), key_of(i));
        const char* value = key.data();
        const int size = 8;
        const PostgresClient::Result result = place.postgres_client().run("get", 1, &value, &size);
        const PGresult* row = result.get();
        if (PQntuples(row) != 1) throw std::runtime_error("no such row");
        Record got;
        got.id = read_bigint(row, 0, 0);
        read_text(row, 0, 1, got.name);
        read_text(row, 0, 2, got.email);
        read_text(row, 0, 3, got.city);
        if (PQgetisnull(row, 0, 4) == 0) read_text(row, 0, 4, got.note.emplace());
        got.active = *PQgetvalue(row, 0, 5) != 0;
        got.age = read_integer(row, 0, 6);
        got.score = read_double(row, 0, 7);
        got.cents = read_cents(PQgetvalue(row, 0, 8));
        got.created = read_moment(row, 0, 9);
        read_by_hand.add(got.id);
        read_by_hand.add(got.created);
      }
    };
  }
  by_hand.prepare = [&] { read_by_hand = {}; };
  by_hand.digest = [&] { return read_by_hand.value(); };

  Digest read_by_dorm;
  Contestant dorm;
  dorm.prepare = [&] { read_by_dorm = {}; };
  dorm.work = [&] {
    for (std::int64_t i = 0; i < rows; ++i) {
      const Row got = record.get(key_of(i));
      read_by_dorm.add(got["id"].integer());
      read_by_dorm.add(got["created"].datetime().microseconds);
    }
  };
  dorm.digest = [&] { return read_by_dorm.value(); };

  compete(settings, report, {"get by key", place.name(), "row", count, 0, 0, 0, 1.5}, by_hand, dorm);
}

}  // namespace dorm::bench
