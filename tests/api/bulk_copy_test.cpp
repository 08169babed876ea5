// Many rows at once, which PostgreSQL takes by COPY: the same rows, errors and transactions as INSERT makes of them.
#include <limits>

#include "api/sample_fields.hpp"
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using testing::ThrowsMessage;

using ExprRow = std::vector<std::pair<std::string, Expr>>;
using ValueRow = std::vector<std::pair<std::string, Value>>;

const std::string copied_models = R"({"dorm": 1,
  "enums": {"Color": {"values": ["red", "green"]}, "Mood": {"values": ["good", "bad"], "storage": "native"}},
  "models": {
  "Sample": {"fields": {
    "id": {"type": "bigint", "primary_key": true},
    )" + sample_fields + R"(,
    "color": {"type": "enum", "enum": "Color", "nullable": true},
    "mood": {"type": "enum", "enum": "Mood", "nullable": true}}},
  "Page": {"fields": {
    "url": {"type": "string", "max_length": 20, "unique": true},
    "hits": {"type": "integer", "default": 7},
    "token": {"type": "uuid", "default": {"fn": "uuid4"}},
    "seen": {"type": "datetime", "default": {"fn": "now"}, "on_update": {"fn": "now"}},
    "rank": {"type": "integer", "db_default": {"sql": "5"}}}},
  "Visit": {"primary_key": ["day", "place"], "fields": {
    "day": {"type": "date"}, "place": {"type": "integer"}, "note": {"type": "text", "nullable": true}}},
  "Step": {"fields": {
    "id": {"type": "bigint", "primary_key": true}, "label": {"type": "text", "default": "none"},
    "before": {"type": "foreign_key", "to": "Step", "nullable": true}}},
  "Item": {"managed": false, "fields": {
    "id": {"type": "bigint", "primary_key": true}, "name": {"type": "text", "nullable": true},
    "age": {"type": "bigint", "nullable": true}, "parent": {"type": "bigint", "nullable": true}}}}})";

constexpr const char* item_table =
    "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(5) NOT NULL, age bigint CONSTRAINT age_range CHECK (age < "
    "150), parent bigint REFERENCES item (id))";

// A value of each type for a row, another for each of four rows; every third of them is null.
ValueRow sample_of(int i) {
  const auto pick = [&](int field, std::vector<Value> values) -> Value {
    return (i + field) % 3 == 2 ? Value() : values[static_cast<std::size_t>(i + field) % values.size()];
  };
  const auto decimals = [](std::vector<const char*> texts) {
    std::vector<Value> values;
    for (const char* text : texts) values.emplace_back(Decimal::parse(text));
    return values;
  };
  const std::string odd = "'; \t\\N \\. \n\r\xc3\xa4\xf0\x9f\x90\x88 ?$1";
  return {
      {"id", i},
      {"flag", pick(0, {true, false})},
      {"small", pick(1, {-32768, 0, 32767, 1})},
      {"whole", pick(2, {-2147483648LL, 2147483647, -1, 0})},
      {"big", pick(3, {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), 0, -1})},
      {"single", pick(4, {0.5, -1.25, 0.0, 3.0e38})},
      {"twice", pick(5, {0.1, -5e-324, 1.7976931348623157e308, 0.0})},
      {"price", pick(6, decimals({"12345678.9012", "-0.0001", "0", "99999999.9999"}))},
      {"huge", pick(7, decimals({"12345678901234567890.0123456789", "-99999999999999999999.9999999999", "0", "1"}))},
      {"short", pick(8, {"", "äöü€", " x ", "\\N"})},
      {"long", pick(9, {odd, "", std::string(70'000, 'x'), "\\."})},
      {"bytes", pick(10, {Blob{std::string("\0\xff\x01", 3)}, Blob{}, Blob{std::string(300, '\n')}, Blob{"PGCOPY"}})},
      {"token", pick(11, {Uuid::parse("0190f3a2-7b1c-7def-8123-456789abcdef"), Uuid{}})},
      {"day", pick(12, {Date::parse("0001-01-01"), Date::parse("9999-12-31"), Date::parse("2000-01-01"),
                        Date::parse("1999-12-31")})},
      {"clock", pick(13, {Time::parse("23:59:59.999999"), Time{0}})},
      {"instant", pick(14, {DateTime::parse("2026-11-21T12:30:00.000001Z"), DateTime::parse("1969-12-31 23:59:59.5"),
                            DateTime::parse("2000-01-01 00:00:00"), DateTime::parse("0001-01-01 00:00:00")})},
      {"wall", pick(15, {DateTime::parse("9999-12-31 23:59:59.999999"), DateTime::parse("1970-01-01 00:00:00")})},
      {"doc", pick(16, {Json{R"({"a": [1, "x", null]})"}, Json{"[]"}, Json{R"("text")"}, Json{"0"}})},
      {"color", pick(17, {"red", "green"})},
      {"mood", pick(18, {"good", "bad"})},
  };
}

class BulkCopy : public Api {
 protected:
  Database db = open(copied_models);
  Model sample = db["Sample"], page = db["Page"], visit = db["Visit"], step = db["Step"], item = db["Item"];

  // How the only statement of many rows begins.
  std::string many() const { return is_postgres() ? "COPY " : "INSERT INTO "; }

  static ExprRow exprs(const ValueRow& row) {
    ExprRow made;
    for (const auto& [name, value] : row) made.emplace_back(name, value);
    return made;
  }
  std::vector<std::string> stored() const {
    std::vector<std::string> lines;
    for (const Row& row : sample.select().order_by(sample["id"])) {
      std::string line;
      for (const FieldInfo& field : sample.info().fields)
        line += field.name + "=" + (row[field.name].is_null() ? "null" : row[field.name].to_text()) + "|";
      lines.push_back(std::move(line));
    }
    return lines;
  }
  static std::vector<ExprRow> pages(int count) {
    std::vector<ExprRow> rows;
    for (int i = 0; i < count; ++i) rows.push_back({{"url", "/" + std::to_string(i)}});
    return rows;
  }
  static std::vector<ExprRow> items(int count) {
    std::vector<ExprRow> rows;
    for (int i = 0; i < count; ++i) rows.push_back({{"id", i}, {"name", "n"}, {"age", i % 100}, {"parent", Value()}});
    return rows;
  }
};
DORM_API_TESTS(BulkCopy);

TEST_P(BulkCopy, ValuesOfEveryTypeArriveAsSingleInsertsWriteThem) {
  std::vector<ExprRow> rows;
  for (int i = 0; i < 240; ++i) rows.push_back(exprs(sample_of(i)));
  for (const ExprRow& row : rows) EXPECT_EQ(sample.insert(row).run(), 1);
  const std::vector<std::string> one_by_one = stored();
  ASSERT_THAT(one_by_one, SizeIs(240));
  sample.delete_every();
  const QueryCount count(db);
  EXPECT_EQ(sample.insert_many(rows).run(), 240);
  ASSERT_THAT(count.statements(), testing::Each(StartsWith(many())));
  ASSERT_THAT(count.statements(), SizeIs(is_postgres() ? 1 : 5)) << "twenty values a row, a thousand a statement";
  EXPECT_EQ(stored(), one_by_one);
}

TEST_P(BulkCopy, RowsWithKeysOfTheirOwnAreCopiedAndSaved) {
  std::vector<ValueRow> rows;
  for (int i = 0; i < 240; ++i) rows.push_back(sample_of(i));
  for (const ValueRow& row : rows) sample.create(row);
  const std::vector<std::string> one_by_one = stored();
  sample.delete_every();
  const QueryCount count(db);
  const Rows made = sample.bulk_create(rows);
  ASSERT_THAT(count.statements(), ElementsAre(StartsWith(many())));
  EXPECT_EQ(stored(), one_by_one);
  ASSERT_EQ(made.size(), 240U);
  EXPECT_TRUE(made[239].is_saved());
  EXPECT_FALSE(made[239].is_dirty());
  made[239].set("whole", 1);
  EXPECT_TRUE(made[239].save());
  EXPECT_EQ(sample.get(239)["whole"].integer(), 1);
}

TEST_P(BulkCopy, FieldsThatNoRowHasAreNull) {
  std::vector<ValueRow> rows;
  for (int i = 0; i < 150; ++i) rows.push_back({{"day", "2026-11-01"}, {"place", i}});
  Transaction tx = db.transaction();
  const Rows made = visit.bulk_create(rows);
  EXPECT_TRUE(made[149]["note"].is_null());
  EXPECT_EQ(visit.select().where(visit["note"].is_null()).count(), 150);
  tx.rollback();
  EXPECT_FALSE(made[0].is_saved());
  EXPECT_EQ(visit.count(), 0);
}

TEST_P(BulkCopy, TenThousandRowsAreOneStatementWhoseTextHasNoValues) {
  std::vector<ExprRow> rows = pages(10'000);
  const QueryCount count(db);
  EXPECT_EQ(page.insert_many(rows).run(), 10'000);
  if (is_postgres()) {
    EXPECT_THAT(count.statements(),
                ElementsAre(R"(COPY "page" ("url", "hits", "token", "seen") FROM STDIN (FORMAT binary))"));
  } else {
    EXPECT_THAT(count.statements().front(), StartsWith("INSERT INTO "));
  }
  EXPECT_EQ(page.count(), 10'000);
  EXPECT_EQ(page.select(page["token"]).distinct().count(), 10'000) << "a default of each row's own";
  EXPECT_EQ(page.select(fn::sum(page["hits"])).scalar().integer(), 70'000) << "a default of the schema";
  EXPECT_EQ(page.select(fn::sum(page["rank"])).scalar().integer(), 50'000) << "a default of the database";
  EXPECT_EQ(page.select(fn::max(page["id"]) - fn::min(page["id"])).scalar().integer(), 9'999) << "keys it counts";
}

TEST_P(BulkCopy, ObserversSeeTheRowsAndTheError) {
  struct Watcher final : Observer {
    void on_statement(const StatementEvent& event) noexcept override {
      if (event.internal) return;
      rows.push_back(event.error == nullptr ? event.rows : -1);
    }
    std::vector<std::int64_t> rows;
  };
  const auto watcher = std::make_shared<Watcher>();
  const std::shared_ptr<void> registration = db.add_observer(watcher);
  page.insert_many(pages(200)).run();
  EXPECT_THROW(page.insert_many(pages(200)).run(), UniqueViolation);
  EXPECT_THAT(watcher->rows, ElementsAre(200, -1));
}

TEST_P(BulkCopy, NoRowsAndFewRowsAreNotCopied) {
  const QueryCount count(db);
  EXPECT_EQ(page.insert_many({}).run(), 0);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(page.insert_many(pages(99)).run(), 99);
  EXPECT_THAT(count.statements(), ElementsAre(StartsWith("INSERT INTO ")));
}

TEST_P(BulkCopy, WhatIsComputedConflictsOrComesBackIsInserted) {
  std::vector<ExprRow> rows = pages(150);
  rows.back().front().second = fn::lower("/A");
  const QueryCount count(db);
  EXPECT_EQ(page.insert_many(rows).run(), 150);
  EXPECT_EQ(page.insert_many(pages(150)).on_conflict_ignore({"url"}).run(), 1) << "all but the computed one are there";
  std::vector<ExprRow> hit = pages(150);
  for (ExprRow& row : hit) row.push_back({"hits", 1});
  EXPECT_EQ(page.insert_many(hit).replace({"url"}).run(), 150);
  page.delete_every();
  EXPECT_EQ(page.insert_many(pages(150)).rows().size(), 150U);
  for (const std::string& text : count.statements()) EXPECT_THAT(text, testing::Not(StartsWith("COPY")));
  EXPECT_THAT(page.insert_many(pages(150)).sql().sql, StartsWith("INSERT INTO "));
}

TEST_P(BulkCopy, ErrorsAreThoseOfAnInsertAndNothingStays) {
  db.execute(item_table);
  const auto with = [&](const char* field, const Expr& value) {
    std::vector<ExprRow> rows = items(300);
    for (auto& [name, given] : rows[150])
      if (name == field) given = value;
    return rows;
  };
  const QueryCount count(db);
  EXPECT_THROW(item.insert_many(with("id", 7)).run(), UniqueViolation);
  EXPECT_THROW(item.insert_many(with("name", Value())).run(), NotNullViolation);
  EXPECT_THROW(item.insert_many(with("age", 150)).run(), CheckViolation);
  EXPECT_THROW(item.insert_many(with("parent", 1'000)).run(), ForeignKeyViolation);
  if (is_postgres()) {
    EXPECT_THROW(item.insert_many(with("name", "longer than five")).run(), DataError);
    try {
      item.insert_many(with("age", 150)).run();
      FAIL() << "an age is checked";
    } catch (const CheckViolation& error) {
      EXPECT_EQ(error.constraint(), "age_range");
      EXPECT_EQ(error.table(), "item");
      EXPECT_EQ(error.code(), "23514");
      EXPECT_THAT(error.what(), AllOf(HasSubstr("[COPY \"item\" ("), HasSubstr("1200 values hidden")));
    }
  }
  for (const std::string& text : count.statements()) EXPECT_THAT(text, StartsWith(many()));
  EXPECT_EQ(item.count(), 0);
  EXPECT_EQ(item.insert_many(items(300)).run(), 300);
}

TEST_P(BulkCopy, AFailureFailsTheTransactionAndASavepointSavesIt) {
  Transaction tx = db.transaction();
  page.insert_many(pages(150)).run();
  {
    Transaction inner = db.transaction();
    EXPECT_THROW(page.insert_many(pages(150)).run(), UniqueViolation);
    EXPECT_THROW(page.count(), StateError);
    inner.rollback();
  }
  EXPECT_EQ(page.count(), 150);
  EXPECT_THROW(page.insert_many(pages(150)).run(), UniqueViolation);
  EXPECT_THROW(page.count(), StateError);
  tx.rollback();
  EXPECT_EQ(page.count(), 0);
}

TEST_P(BulkCopy, RowsFollowTheTransaction) {
  const QueryCount count(db);
  {
    Transaction tx = db.transaction();
    EXPECT_EQ(page.insert_many(pages(150)).run(), 150);
    tx.rollback();
  }
  {
    Transaction tx = db.transaction();
    EXPECT_EQ(page.insert_many(pages(200)).run(), 200);
    tx.commit();
  }
  EXPECT_THAT(count.statements(), ElementsAre(StartsWith(many()), StartsWith(many())));
  EXPECT_EQ(page.count(), 200);
}

TEST_P(BulkCopy, AReadOnlyTransactionTakesNoRows) {
  TransactionOptions options;
  options.read_only = true;
  Transaction tx = db.transaction(options);
  EXPECT_THROW(page.insert_many(pages(150)).run(), ReadOnly);
  tx.rollback();
  EXPECT_EQ(page.count(), 0);
}

TEST_P(BulkCopy, RowsMayReferToThoseOfABatchBefore) {
  std::vector<ExprRow> rows;
  for (int i = 0; i < 3; ++i) rows.push_back({{"id", i}, {"label", "first"}});
  for (int i = 3; i < 203; ++i) rows.push_back({{"id", i}, {"before", i % 3}});
  for (int i = 203; i < 206; ++i) rows.push_back({{"id", i}, {"label", "last"}, {"before", i - 100}});
  const QueryCount count(db);
  EXPECT_EQ(step.insert_many(rows).run(), 206);
  EXPECT_THAT(count.statements(),
              ElementsAre(StartsWith("INSERT INTO "), StartsWith(many()), StartsWith("INSERT INTO ")));
  EXPECT_EQ(step.get(205)["before"]["before"]["label"].text(), "first");
}

TEST_P(BulkCopy, ATableWithOtherTypesOrRulesOfItsOwnIsInsertedInto) {
  db.execute("CREATE TABLE item (id integer PRIMARY KEY, name text, age double precision, parent bigint)");
  const QueryCount count(db);
  EXPECT_EQ(item.insert_many(items(300)).run(), 300);
  EXPECT_EQ(db["Item"].select(item["id"]).where(item["id"] == 299).scalar().integer(), 299);
  db.execute("DROP TABLE item");
  db.execute("CREATE TABLE item (id bigint, name text, age bigint, parent bigint)");
  db.execute(
      is_postgres()
          ? "CREATE RULE nothing_old AS ON INSERT TO item WHERE new.age > 50 DO INSTEAD NOTHING"
          : "CREATE TRIGGER nothing_old BEFORE INSERT ON item WHEN new.age > 50 BEGIN SELECT RAISE(IGNORE); END");
  EXPECT_EQ(item.insert_many(items(300)).run(), 153);
  db.execute("DROP TABLE item");
  db.execute("CREATE TABLE other (id bigint, name text, age bigint, parent bigint)");
  db.execute("CREATE VIEW item AS SELECT * FROM other");
  if (!is_postgres()) {
    db.execute(
        "CREATE TRIGGER through INSTEAD OF INSERT ON item BEGIN INSERT INTO other VALUES (new.id, new.name, new.age, "
        "new.parent); END");
  }
  // SQLite does not count what goes through a trigger (sqlite.org/c3ref/changes.html).
  EXPECT_EQ(item.insert_many(items(300)).run(), is_postgres() ? 300 : 0);
  EXPECT_EQ(item.count(), 300);
  for (const std::string& statement : count.statements()) EXPECT_THAT(statement, Not(StartsWith("COPY")));
}

TEST_P(BulkCopy, TriggersRun) {
  db.execute(item_table);
  if (is_postgres()) {
    db.execute(
        "CREATE FUNCTION name_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.name := 't'; RETURN new; END $$;"
        "CREATE TRIGGER named BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION name_it()");
  } else {
    db.execute("CREATE TRIGGER named AFTER INSERT ON item BEGIN UPDATE item SET name = 't' WHERE id = new.id; END");
  }
  const QueryCount count(db);
  EXPECT_EQ(item.insert_many(items(150)).run(), 150);
  EXPECT_THAT(count.statements(), ElementsAre(StartsWith(many())));
  EXPECT_EQ(item.objects().filter("name", "t").count(), 150);
}

TEST_P(BulkCopy, AMissingTableIsASchemaMismatch) {
  EXPECT_THROW(item.insert_many(items(150)).run(), SchemaMismatch);
  EXPECT_EQ(page.count(), 0);
}

TEST_P(BulkCopy, EachRunMakesDefaultsOfItsOwn) {
  const auto newest = [&] { return page.select(fn::max(page["seen"])).scalar().datetime().microseconds; };
  for (const int rows : {1, 150}) {
    const Insert same = page.insert_many(pages(rows));
    same.run();
    const std::vector<std::string> tokens = texts(page.select(page["token"]), "token");
    const std::int64_t then = newest();
    page.delete_every();
    while (DateTime::now().microseconds <= then) continue;
    same.run();
    EXPECT_EQ(page.objects().filter("token__in", Values(tokens.begin(), tokens.end())).count(), 0);
    EXPECT_GT(newest(), then);
    page.delete_every();
  }
  const Insert shown = page.insert_many(pages(1));
  EXPECT_NE(shown.sql().parameters[2], shown.sql().parameters[2]);
}

TEST_P(BulkCopy, EachRunOfAQueryAndOfAnUpsertHasItsOwnTime) {
  const Insert upsert = page.insert({{"url", "/"}}).on_conflict_update({.target = {"url"}, .preserve = {"url"}});
  const auto seen = [&] { return page.get(page["url"] == "/")["seen"].datetime(); };
  upsert.run();
  const DateTime first = seen();
  while (DateTime::now().microseconds <= first.microseconds) continue;
  upsert.run();
  EXPECT_GT(seen().microseconds, first.microseconds);

  const auto copies =
      page.insert_from(page.select(page["url"].concat("x"), Expr(Uuid::random()).as("token")).where(page["url"] == "/"),
                       {"url", "token"});
  copies.run();
  const auto copied = [&] { return page.get(page["url"] == "/x")["seen"].datetime(); };
  const DateTime then = copied();
  page.select().where(page["url"] == "/x").delete_rows();
  while (DateTime::now().microseconds <= then.microseconds) continue;
  copies.run();
  EXPECT_GT(copied().microseconds, then.microseconds);
}

TEST_P(BulkCopy, AnUpsertTellsEqualRowsAsTheDatabaseDoes) {
  const Database lands = Database::open(fresh_database(GetParam()), Registry::parse(R"({"dorm": 1, "models": {
    "Land": {"fields": {"code": {"type": "string", "max_length": 8, "primary_key": true, "collation": "NOCASE"},
      "size": {"type": "integer"}}}}})"));
  const Model land = lands["Land"];
  const Upsert what{.target = {"code"}, .preserve = {"size"}};
  EXPECT_THAT(
      [&] {
        land.insert_many({{{"code", "de"}, {"size", 1}}, {{"code", "DE"}, {"size", 2}}}).on_conflict_update(what);
      },
      ThrowsMessage<QueryError>(HasSubstr("have the same 'code'")));
  EXPECT_THAT(
      [&] {
        land.insert_many(
                {{{"code", fn::lower("X")}, {"size", 1}}, {{"code", "de"}, {"size", 1}}, {{"code", "de"}, {"size", 2}}})
            .on_conflict_update(what);
      },
      ThrowsMessage<QueryError>(HasSubstr("have the same 'code'")))
      << "one that is computed hides no others";
}

}  // namespace
}  // namespace dorm::test
