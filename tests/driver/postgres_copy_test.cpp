// Rows by COPY: what arrives, what is left to INSERT, and what becomes of the connection after a failure.
#include <atomic>
#include <chrono>
#include <thread>

#include "driver/postgres_fixture.hpp"

namespace dorm::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PostgresCopy : public PostgresTest {
 protected:
  driver::Copy copy_of(const std::string& table, const std::vector<std::pair<std::string, Type>>& columns) {
    driver::Copy copy;
    copy.table = table;
    std::vector<std::string_view> names;
    for (const auto& [name, type] : columns) {
      copy.columns.push_back(name);
      copy.parameters.push_back({type, false, "Thing." + name});
      names.emplace_back(name);
    }
    copy.sql = connection().dialect().copy_in({{}, table}, names);
    return copy;
  }
  driver::Copy of_people() {
    return copy_of(
        "people",
        {{"id", type_of(TypeKind::bigint)}, {"email", type_of(TypeKind::text)}, {"age", type_of(TypeKind::integer)}});
  }
  // The number of rows, -1 if they must be inserted.
  std::int64_t copy(const driver::Copy& what, const std::vector<Argument>& values,
                    driver::Deadline deadline = std::nullopt) {
    std::vector<Cell> cells;
    for (const Argument& value : values) cells.push_back(value.cell());
    const std::optional<driver::Outcome> outcome = connection().copy_in(what, cells, deadline);
    return outcome ? outcome->affected : -1;
  }
  void make_people() {
    script(
        "CREATE TABLE people (id bigint PRIMARY KEY, email text UNIQUE, age integer NOT NULL CONSTRAINT age_range "
        "CHECK "
        "(age < 150), born integer GENERATED ALWAYS AS (2000 - age) STORED, city text DEFAULT 'Rome')");
  }
};

TEST_P(PostgresCopy, IsSpelledWithQuotedNames) {
  const sql::Dialect& dialect = connection().dialect();
  EXPECT_TRUE(dialect.capabilities().copies_rows);
  const std::vector<std::string_view> columns{"id", "a \"b\""};
  EXPECT_EQ(dialect.copy_in({"my schema", "people"}, columns),
            R"(COPY "my schema"."people" ("id", "a ""b""") FROM STDIN (FORMAT binary))");
}

TEST_P(PostgresCopy, WritesRowsNullsAndEmptyTexts) {
  make_people();
  EXPECT_EQ(copy(of_people(), {1, "a@example.com", 30, 2, nullptr, 0, 3, "", -7}), 3);
  EXPECT_EQ(query("SELECT id, email, age, born, city FROM people ORDER BY id",
                  {TypeKind::bigint, TypeKind::text, TypeKind::integer, TypeKind::integer, TypeKind::text})
                .text(),
            "1|a@example.com|30|1970|Rome\n2|null|0|2000|Rome\n3||-7|2007|Rome");
  EXPECT_EQ(copy(of_people(), {}), 0) << "no rows are no error";
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
}

TEST_P(PostgresCopy, SendsMoreThanOnePiece) {
  make_people();
  std::vector<Argument> values;
  for (int i = 0; i < 20'000; ++i) {
    values.emplace_back(i);
    values.emplace_back("someone" + std::to_string(i) + "@example.com");
    values.emplace_back(i % 100);
  }
  values[1] = Argument(std::string(1'000'000, 'x'));
  // A million letters are too long for an index of them.
  script("ALTER TABLE people DROP CONSTRAINT people_email_key");
  EXPECT_EQ(copy(of_people(), values), 20'000);
  EXPECT_EQ(number("SELECT count(*) FROM people WHERE email = 'someone' || id || '@example.com'"), 19'999);
  EXPECT_EQ(number("SELECT length(email) FROM people WHERE id = 0"), 1'000'000);
}

TEST_P(PostgresCopy, HasTheErrorsOfAnInsert) {
  make_people();
  script("CREATE TABLE pets (id bigint, owner bigint REFERENCES people (id))");
  const UniqueViolation unique = thrown<UniqueViolation>([&] {
    copy(of_people(), {1, "secret", 30, 2, "secret", 30});
  });
  EXPECT_STREQ(unique.what(),
               "postgres: unique constraint 'people_email_key' failed on 'people' [COPY \"people\" (\"id\", \"email\", "
               "\"age\") FROM STDIN (FORMAT bina…, 6 values hidden]");
  EXPECT_EQ(unique.statement(), R"(COPY "people" ("id", "email", "age") FROM STDIN (FORMAT binary))");
  EXPECT_EQ(unique.code(), "23505");
  EXPECT_EQ(unique.transaction(), TransactionState::none);
  EXPECT_EQ(thrown<NotNullViolation>([&] { copy(of_people(), {1, "secret", nullptr}); }).column(), "age");
  EXPECT_EQ(thrown<CheckViolation>([&] { copy(of_people(), {1, "secret", 150}); }).constraint(), "age_range");
  thrown<ForeignKeyViolation>([&] {
    copy(copy_of("pets", {{"id", type_of(TypeKind::bigint)}, {"owner", type_of(TypeKind::bigint)}}), {1, 77});
  });
  thrown<SchemaMismatch>([&] { copy(copy_of("nobody", {{"id", type_of(TypeKind::bigint)}}), {1}); });
  EXPECT_THAT(thrown<SchemaMismatch>([&] {
                copy(copy_of("people", {{"nose", type_of(TypeKind::bigint)}}), {1});
              }).what(),
              HasSubstr("nose"));
  EXPECT_TRUE(connection().usable());
  EXPECT_EQ(number("SELECT count(*) FROM people"), 0);
  EXPECT_EQ(copy(of_people(), {1, "secret", 30}), 1);
}

TEST_P(PostgresCopy, FailsTheTransactionItIsIn) {
  make_people();
  connection().begin({}, std::nullopt);
  EXPECT_EQ(copy(of_people(), {1, "a", 30}), 1);
  connection().savepoint("s", std::nullopt);
  EXPECT_EQ(thrown<UniqueViolation>([&] {
              copy(of_people(), {1, "b", 30});
            }).transaction(),
            TransactionState::poisoned);
  EXPECT_EQ(connection().status(), driver::TransactionStatus::failed);
  connection().rollback_to("s", std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM people"), 1);
  connection().commit(std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM people"), 1);
}

TEST_P(PostgresCopy, AValueThatDoesNotFitIsToldBeforeAnythingIsSent) {
  make_people();
  connection().begin({}, std::nullopt);
  const DataError error = thrown<DataError>([&] {
    copy(of_people(), {1, "a", 30, 2, std::string("se\0cret", 7), 30});
  });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("'Thing.email'"), Not(HasSubstr("cret"))));
  EXPECT_EQ(error.transaction(), TransactionState::open);
  thrown<DataError>([&] { copy(of_people(), {1, "a", std::int64_t{5'000'000'000}}); });
  thrown<QueryError>([&] { copy(of_people(), {1, "a"}); });
  EXPECT_EQ(number("SELECT count(*) FROM people"), 0);
  EXPECT_EQ(copy(of_people(), {1, "a", 30}), 1);
  connection().commit(std::nullopt);
}

TEST_P(PostgresCopy, TypesOfTheUsersOwnArriveAndOthersAreLeftToInsert) {
  script(
      "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN named AS text CHECK (value <> 'nobody');"
      "CREATE TABLE things (mood mood, name named, fixed char(3), short varchar(3), doc jsonb, net inet, raw json, "
      "whole integer, real double precision)");
  const Type textual = type_of(TypeKind::enumeration);
  EXPECT_EQ(copy(copy_of("things", {{"mood", textual},
                                    {"name", textual},
                                    {"fixed", type_of(TypeKind::text)},
                                    {"short", type_of(TypeKind::text)},
                                    {"doc", type_of(TypeKind::json)}}),
                 {"good", "huey", "x", "abc", Argument(CellTag::json, "[1]")}),
            1);
  EXPECT_EQ(query("SELECT mood, name, fixed::text || '.', short, doc FROM things",
                  {TypeKind::text, TypeKind::text, TypeKind::text, TypeKind::text, TypeKind::json})
                .text(),
            "good|huey|x.|abc|[1]");
  thrown<DataError>([&] { copy(copy_of("things", {{"mood", textual}}), {"angry"}); });
  thrown<CheckViolation>([&] { copy(copy_of("things", {{"name", textual}}), {"nobody"}); });
  thrown<DataError>([&] { copy(copy_of("things", {{"short", type_of(TypeKind::text)}}), {"abcd"}); });
  const Type unknown = type_of(TypeKind::unknown);
  EXPECT_EQ(copy(copy_of("things", {{"whole", unknown}}), {5}), 1);
  // What INSERT converts.
  EXPECT_EQ(copy(copy_of("things", {{"whole", unknown}}), {"5"}), -1);
  EXPECT_EQ(copy(copy_of("things", {{"whole", type_of(TypeKind::bigint)}}), {5}), -1);
  EXPECT_EQ(copy(copy_of("things", {{"real", type_of(TypeKind::bigint)}}), {5}), -1);
  EXPECT_EQ(copy(copy_of("things", {{"raw", type_of(TypeKind::json)}}), {Argument(CellTag::json, "[1]")}), -1);
  EXPECT_EQ(copy(copy_of("things", {{"net", unknown}}), {"10.0.0.1"}), -1);
  EXPECT_EQ(number("SELECT count(*) FROM things"), 2);
}

TEST_P(PostgresCopy, RulesAndViewsAreLeftToInsert) {
  make_people();
  script("CREATE VIEW persons AS SELECT * FROM people");
  const auto columns = [](const char* first) {
    return std::vector<std::pair<std::string, Type>>{{first, type_of(TypeKind::bigint)},
                                                     {"age", type_of(TypeKind::integer)}};
  };
  EXPECT_EQ(copy(copy_of("persons", columns("id")), {1, 30}), -1);
  script("CREATE RULE nobody_old AS ON INSERT TO people WHERE new.age > 100 DO INSTEAD NOTHING");
  EXPECT_EQ(copy(copy_of("people", columns("id")), {1, 30}), -1);
  script("DROP RULE nobody_old ON people; CREATE TABLE parts (id bigint, age integer) PARTITION BY RANGE (id)");
  script("CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10)");
  EXPECT_EQ(copy(copy_of("parts", columns("id")), {1, 30}), 1);
  EXPECT_EQ(number("SELECT count(*) FROM people"), 0);
}

TEST_P(PostgresCopy, NeedsTheRightToInsertAndNoOther) {
  script(
      "CREATE TABLE notes (id bigint); CREATE TABLE secrets (id bigint);"
      "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; CREATE POLICY small ON secrets WITH CHECK (id < 10);"
      "SET ROLE pg_write_all_data");
  const std::vector<std::pair<std::string, Type>> id{{"id", type_of(TypeKind::bigint)}};
  EXPECT_EQ(copy(copy_of("notes", id), {1}), 1) << "nothing may be read";
  EXPECT_EQ(copy(copy_of("secrets", id), {1}), -1) << "a policy is for INSERT to check";
  script("RESET ROLE");
  EXPECT_EQ(number("SELECT count(*) FROM notes"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM secrets"), 0);
}

TEST_P(PostgresCopy, TakesTheNoticesOfTriggers) {
  make_people();
  script(
      "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', repeat('x', 500); RETURN "
      "new; END $$; CREATE TRIGGER shouting BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION shout()");
  std::vector<Argument> values;
  for (int i = 0; i < 5'000; ++i) {
    values.emplace_back(i);
    values.emplace_back(std::to_string(i) + std::string(500, 'y'));
    values.emplace_back(1);
  }
  EXPECT_EQ(copy(of_people(), values), 5'000);
}

TEST_P(PostgresCopy, WithoutPreparingIsTheSame) {
  connection_ = connect_with("&prepared_statements=false");
  make_people();
  EXPECT_EQ(copy(of_people(), {1, "a", 30}), 1);
}

TEST_P(PostgresCopy, PastTheDeadlineIsStopped) {
  make_people();
  thrown<StatementTimeout>([&] { copy(of_people(), {1, "a", 30}, driver::Clock::now() - 1ms); });
  script(
      "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN new; END $$;"
      "CREATE TRIGGER dozing BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION doze()");
  thrown<StatementTimeout>([&] { copy(of_people(), {1, "a", 30}, after(100ms)); });
  EXPECT_FALSE(connection().usable());
  connection_ = connect();
  EXPECT_EQ(number("SELECT count(*) FROM people"), 0);
}

TEST_P(PostgresCopy, CanBeCancelled) {
  make_people();
  script(
      "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN new; END $$;"
      "CREATE TRIGGER dozing BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION doze()");
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done) {
      connection().cancel();
      std::this_thread::sleep_for(5ms);
    }
  });
  thrown<Cancelled>([&] { copy(of_people(), {1, "a", 30}); });
  done = true;
  canceller.join();
  EXPECT_TRUE(connection().usable());
  EXPECT_EQ(number("SELECT count(*) FROM people"), 0);
}

TEST_P(PostgresCopy, OnAConnectionThatIsKilledIsLost) {
  make_people();
  kill_this_connection();
  thrown<ConnectionLost>([&] { copy(of_people(), {1, "a", 30}); });
  EXPECT_FALSE(connection().usable());
}

INSTANTIATE_TEST_SUITE_P(Backends, PostgresCopy, testing::ValuesIn(only_postgres()), backend_name);

// A driver has such a way, or says that it has none and writes nothing.
class DriverCopy : public DriverTest {};

TEST_P(DriverCopy, IsThereOrRefused) {
  const sql::Dialect& dialect = connection().dialect();
  script("CREATE TABLE people (id integer)");
  const std::vector<std::string_view> columns{"id"};
  driver::Copy copy;
  copy.table = "people";
  copy.columns = {"id"};
  copy.parameters.push_back({type_of(TypeKind::integer), false, ""});
  const bool is_there = dialect.capabilities().copies_rows;
  const auto text = [&] { return dialect.copy_in({{}, "people"}, columns); };
  if (is_there) {
    copy.sql = text();
  } else {
    EXPECT_THAT(text, testing::ThrowsMessage<QueryError>(HasSubstr("has no way to copy rows")));
  }
  const Cell one = Cell::of_integer(1);
  EXPECT_EQ(connection().copy_in(copy, {&one, 1}, std::nullopt).has_value(), is_there);
  EXPECT_EQ(number("SELECT count(*) FROM people"), is_there ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverCopy, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
