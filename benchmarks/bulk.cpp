// bulk.cpp: what does it cost to insert 100,000 rows at once, whose keys nobody asks for?
//
// By hand: on SQLite a prepared statement, stepped in one transaction; on PostgreSQL a binary COPY. By dorm:
// insert_many(), which is given the rows as lists of values.
#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "questions.hpp"
#include "support/new_records.hpp"

namespace dorm::bench {
namespace {

// A binary COPY (PostgreSQL manual, COPY, "Binary Format").
class CopyData {
 public:
  CopyData() { bytes_.assign("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19); }
  void add(const Record& record) {
    word(std::int16_t{9});
    text(record.name);
    text(record.email);
    text(record.city);
    if (record.note) {
      text(*record.note);
    } else {
      word(std::int32_t{-1});
    }
    word(std::int32_t{1});
    bytes_ += static_cast<char>(record.active ? 1 : 0);
    word(std::int32_t{4});
    word(static_cast<std::int32_t>(record.age));
    word(std::int32_t{8});
    word(std::bit_cast<std::int64_t>(record.score));
    std::array<char, 20> cents{};
    const int size = write_cents(record.cents, cents.data());
    word(static_cast<std::int32_t>(size));
    bytes_.append(cents.data(), static_cast<std::size_t>(size));
    word(std::int32_t{8});
    word(record.created - postgres_epoch);
  }
  void end() { word(std::int16_t{-1}); }
  std::string& bytes() noexcept { return bytes_; }

 private:
  template <class Word>
  void word(Word value) {
    std::array<char, sizeof(Word)> bytes{};
    write_word(bytes.data(), value);
    bytes_.append(bytes.data(), bytes.size());
  }
  void text(const std::string& value) {
    word(static_cast<std::int32_t>(value.size()));
    bytes_ += value;
  }
  std::string bytes_;
};

void copy_by_hand(const PostgresClient& client, const char* sql, const std::vector<Record>& records) {
  constexpr std::size_t piece = 65'536;
  client.begin_copy(sql);
  CopyData data;
  for (const Record& record : records) {
    data.add(record);
    if (data.bytes().size() < piece) continue;
    client.put_copy(data.bytes());
    data.bytes().clear();
  }
  data.end();
  client.put_copy(data.bytes());
  client.end_copy();
}

}  // namespace

void bulk(const Settings& settings, Place& place, Report& report) {
  Database& database = place.database();
  const Model model = database["Record"];
  std::vector<Record> records = new_records(settings.scaled(100'000));
  const auto insert_many = [&] {
    std::vector<Values> rows;
    rows.reserve(records.size());
    for (const Record& record : records) rows.push_back(values_of(record));
    model.insert_many(value_names(), std::move(rows)).run();
  };

  Contestant by_hand;
  SqliteClient::Statement statement;
  std::string copy;
  database.execute("DELETE FROM record");
  if (place.is_sqlite()) {
    // One row of what insert_many() sends.
    const QueryCount count(database);
    model.insert_many(value_names(), {values_of(records.front())}).run();
    statement = place.sqlite_client().prepare(count.statements().back());
    by_hand.work = [&] {
      place.sqlite_client().execute("BEGIN IMMEDIATE");
      for (Record& record : records) insert_record(place.sqlite_client(), statement.get(), record);
      place.sqlite_client().execute("COMMIT");
    };
  } else {
    const QueryCount count(database);
    insert_many();
    copy = count.statements().back();
    by_hand.work = [&] { copy_by_hand(place.postgres_client(), copy.c_str(), records); };
  }
  Contestant dorm;
  dorm.work = insert_many;
  by_hand.prepare = dorm.prepare = [&] { database.execute("DELETE FROM record"); };
  by_hand.digest = dorm.digest = [&] { return digest_of_table(model); };

  compete(settings, report, {"insert at once", place.name(), "row", records.size(), 0, 0, 0, 3.0}, by_hand, dorm);
}

}  // namespace dorm::bench
