#include "support/new_records.hpp"

#include <array>
#include <bit>
#include <memory>
#include <string>

namespace dorm::bench {

std::vector<Record> new_records(std::size_t count) {
  std::vector<Record> records(count);
  std::int64_t i = 0;
  for (Record& record : records) {
    ++i;
    const std::string number = std::to_string(i);
    record.name = "customer number " + number;
    record.email = "customer" + number + "@example.org";
    record.city = "a city called " + std::to_string(i % 1000);
    if (i % 4 != 0) record.note = "a remark of some length on row " + number;
    record.active = i % 3 == 0;
    record.age = 18 + i % 60;
    record.score = static_cast<double>(i) * 0.25;
    record.cents = i * 7;
    record.created = 1'793'000'000'000'000 + i * 1'234'567;
  }
  return records;
}

const std::vector<std::string>& value_names() {
  static const std::vector<std::string> names{"name", "email", "city",    "note",   "active",
                                              "age",  "score", "balance", "created"};
  return names;
}

Values values_of(const Record& record) {
  return {record.name,
          record.email,
          record.city,
          record.note ? Value(*record.note) : Value(),
          record.active,
          record.age,
          record.score,
          Decimal(record.cents, 2),
          DateTime{record.created}};
}

namespace {

void insert(const SqliteClient& client, sqlite3_stmt* statement, Record& record) {
  const auto text = [&](int place, const std::string& value) {
    sqlite3_bind_text(statement, place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  };
  text(1, record.name);
  text(2, record.email);
  text(3, record.city);
  if (record.note) {
    text(4, *record.note);
  } else {
    sqlite3_bind_null(statement, 4);
  }
  sqlite3_bind_int(statement, 5, record.active ? 1 : 0);
  sqlite3_bind_int64(statement, 6, record.age);
  sqlite3_bind_double(statement, 7, record.score);
  sqlite3_bind_int64(statement, 8, record.cents);
  std::array<char, 26> created{};
  format_moment(record.created, created.data());
  sqlite3_bind_text(statement, 9, created.data(), static_cast<int>(created.size()), SQLITE_STATIC);
  client.expect(sqlite3_step(statement), SQLITE_DONE);
  sqlite3_reset(statement);
  record.id = sqlite3_last_insert_rowid(client.handle());
}

void insert(const PostgresClient& client, const std::string& statement, Record& record) {
  char active = record.active ? 1 : 0;
  std::array<char, 4> age{};
  std::array<char, 8> score{};
  std::array<char, 20> cents{};
  std::array<char, 8> created{};
  write_word(age.data(), static_cast<std::int32_t>(record.age));
  write_word(score.data(), std::bit_cast<std::int64_t>(record.score));
  const int cents_size = write_cents(record.cents, cents.data());
  write_word(created.data(), record.created - postgres_epoch);
  const auto size_of = [](const std::string& text) { return static_cast<int>(text.size()); };
  const std::array<const char*, 9> values{record.name.data(),
                                          record.email.data(),
                                          record.city.data(),
                                          record.note ? record.note->data() : nullptr,
                                          &active,
                                          age.data(),
                                          score.data(),
                                          cents.data(),
                                          created.data()};
  const std::array<int, 9> sizes{size_of(record.name),
                                 size_of(record.email),
                                 size_of(record.city),
                                 record.note ? size_of(*record.note) : 0,
                                 1,
                                 4,
                                 8,
                                 cents_size,
                                 8};
  const PostgresClient::Result result = client.run(statement.c_str(), 9, values.data(), sizes.data());
  record.id = read_bigint(result.get(), 0, 0);
}

}  // namespace

std::function<void()> insert_by_hand(Place& place, const std::string& sql, std::vector<Record>& records) {
  if (place.is_sqlite()) {
    const auto statement = std::make_shared<SqliteClient::Statement>(place.sqlite_client().prepare(sql));
    return [&, statement] {
      place.sqlite_client().execute("BEGIN IMMEDIATE");
      for (Record& record : records) insert(place.sqlite_client(), statement->get(), record);
      place.sqlite_client().execute("COMMIT");
    };
  }
  // Each question has its own statement on the one connection.
  static int number = 0;
  const std::string name = "insert" + std::to_string(++number);
  place.postgres_client().prepare(name.c_str(), sql);
  return [&, name] {
    place.postgres_client().execute("BEGIN");
    for (Record& record : records) insert(place.postgres_client(), name, record);
    place.postgres_client().execute("COMMIT");
  };
}

std::uint64_t digest_of_table(const Model& record) {
  Digest digest;
  for (const Row& row : record.select().order_by(record["id"])) {
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

}  // namespace dorm::bench
