// Prepared statements, parameters and results as only PostgreSQL has them.
#include "driver/postgres_fixture.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class PostgresStatement : public PostgresTest {
 protected:
  std::int64_t on_the_server() { return number("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'dorm%'"); }
};

TEST_P(PostgresStatement, ThatLeftTheCacheLeavesTheServer) {
  connection_ = connect_with("&statement_cache=3");
  for (int i = 0; i < 20; ++i) number("SELECT " + std::to_string(i));
  // The question itself is one, and what it replaces goes with the next.
  EXPECT_LE(on_the_server(), 4);
}

TEST_P(PostgresStatement, WithoutACacheNothingStaysOnTheServer) {
  connection_ = connect_with("&statement_cache=0");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(number("SELECT " + std::to_string(i)), i);
  EXPECT_EQ(on_the_server(), 0);
}

TEST_P(PostgresStatement, ThatTheServerHasForgottenIsPreparedAgain) {
  connection_ = connect_with("&statement_cache=1");
  const driver::Statement again = statement("SELECT 1", {}, {TypeKind::bigint});
  connection().execute(again, {}, nullptr, std::nullopt);
  script("DEALLOCATE ALL");
  EXPECT_EQ(connection().execute(again, {}, nullptr, std::nullopt).affected, 1);
  // Nor does it matter for one that is about to be given back.
  script("DEALLOCATE ALL");
  EXPECT_EQ(number("SELECT 2"), 2);
}

TEST_P(PostgresStatement, ThatNoLongerFitsItsTableIsPreparedAgain) {
  script("CREATE TABLE things (id integer, size integer); INSERT INTO things VALUES (1, 2)");
  const driver::Statement read = statement("SELECT size FROM things", {}, {TypeKind::bigint});
  connection().execute(read, {}, nullptr, std::nullopt);
  script("ALTER TABLE things ALTER COLUMN size TYPE bigint");
  Rows rows(read.columns);
  connection().execute(read, {}, &rows.sink(), std::nullopt);
  EXPECT_EQ(rows.text(), "2");
}

TEST_P(PostgresStatement, ThatNoLongerFitsInsideATransactionFailsOnce) {
  script("CREATE TABLE things (id integer, size integer)");
  const driver::Statement read = statement("SELECT size FROM things", {}, {TypeKind::bigint});
  connection().execute(read, {}, nullptr, std::nullopt);
  script("ALTER TABLE things ALTER COLUMN size TYPE bigint");
  connection().begin({}, std::nullopt);
  const SchemaMismatch error = thrown<SchemaMismatch>([&] { connection().execute(read, {}, nullptr, std::nullopt); });
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.transaction(), TransactionState::poisoned);
  connection().rollback(std::nullopt);
  connection().begin({}, std::nullopt);
  connection().execute(read, {}, nullptr, std::nullopt);
  connection().commit(std::nullopt);
}

struct Reading {
  const char* sql;
  TypeKind wanted;
  const char* text;
};

constexpr Reading readings[] = {
    {"SELECT 7::int2", TypeKind::bigint, "7"},
    {"SELECT 7::int8", TypeKind::smallint, "7"},
    {"SELECT sum(n) FROM (VALUES (9223372036854775806), (1)) AS t(n)", TypeKind::bigint, "9223372036854775807"},
    {"SELECT 7.00::numeric", TypeKind::integer, "7"},
    {"SELECT 7::int4", TypeKind::double_precision, "7.0"},
    {"SELECT 0.5::float4", TypeKind::double_precision, "0.5"},
    {"SELECT 7::int8", TypeKind::decimal, "7"},
    {"SELECT 12345678901234567890.5", TypeKind::decimal, "12345678901234567890.5"},
    {"SELECT -0.001", TypeKind::decimal, "-0.001"},
    {"SELECT 'x'::char(3)", TypeKind::string, "x  "},
    {"SELECT 'x'::name", TypeKind::text, "x"},
    {"SELECT '{\"a\": 1}'::jsonb", TypeKind::json, "{\"a\": 1}"},
    {"SELECT '{\"a\":1}'::json", TypeKind::json, "{\"a\":1}"},
    {"SELECT '2026-11-21 12:00+02'::timestamptz", TypeKind::datetime, "2026-11-21 10:00:00.000000"},
    {"SELECT '2026-11-21 12:00'::timestamp", TypeKind::datetime, "2026-11-21 12:00:00.000000"},
    {"SELECT '0001-01-01'::date", TypeKind::date, "0001-01-01"},
    {"SELECT '23:59:59.999999'::time", TypeKind::time, "23:59:59.999999"},
    {"SELECT 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", TypeKind::uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"SELECT 4294967295::oid", TypeKind::unknown, "4294967295"},
    {"SELECT true", TypeKind::unknown, "true"},
    {"SELECT '\\x00ff'::bytea", TypeKind::binary, "00ff"},
    // No binary decoder: the whole result comes as text.
    {"SELECT '192.168.0.1'::inet", TypeKind::text, "192.168.0.1"},
    {"SELECT '1 day'::interval", TypeKind::unknown, "1 day"},
    {"SELECT ARRAY[1, 2]", TypeKind::unknown, "{1,2}"},
};

TEST_P(PostgresStatement, ResultsAreConvertedWhereNothingIsLost) {
  for (const Reading& c : readings) EXPECT_EQ(query(c.sql, {c.wanted}).text(), c.text) << c.sql;
}

TEST_P(PostgresStatement, WithoutPreparingResultsAreTheSame) {
  connection_ = connect_with("&prepared_statements=false");
  for (const Reading& c : readings) {
    // The type of a result is known too late to ask for it as text.
    if (std::string_view(c.sql).find("inet") != std::string_view::npos) continue;
    EXPECT_EQ(query(c.sql, {c.wanted}).text(), c.text) << c.sql;
  }
}

TEST_P(PostgresStatement, AColumnWithoutABinaryFormatBringsTheOthersAsText) {
  const char* const all =
      "SELECT '1 day'::interval, true, 2::int2, 4::int4, 8::int8, 0.1::float4::float8, 0.1::float4, 0.1::float8, "
      "1.50::numeric, 'text', '\\x00ff'::bytea, "
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '2026-11-21'::date, '12:00'::time, '2026-11-21 12:00'::timestamp, "
      "'2026-11-21 12:00+02'::timestamptz, '[1]'::jsonb, NULL::int4";
  const Rows rows =
      query(all, {TypeKind::unknown, TypeKind::boolean, TypeKind::smallint, TypeKind::integer, TypeKind::bigint,
                  TypeKind::real, TypeKind::real, TypeKind::double_precision, TypeKind::decimal, TypeKind::text,
                  TypeKind::binary, TypeKind::uuid, TypeKind::date, TypeKind::time, TypeKind::datetime,
                  TypeKind::datetime, TypeKind::json, TypeKind::integer});
  EXPECT_EQ(rows.text(),
            "1 "
            "day|true|2|4|8|0.10000000149011612|0.10000000149011612|0.1|1.50|text|00ff|a0eebc99-9c0b-4ef8-bb6d-"
            "6bb9bd380a11|2026-11-21|12:00:00.000000|"
            "2026-11-21 12:00:00.000000|2026-11-21 10:00:00.000000|[1]|null");
}

TEST_P(PostgresStatement, WhatCannotBeReadNamesTheColumnAndNotTheValue) {
  const std::pair<const char*, TypeKind> cases[] = {
      {"SELECT 'secret'::text", TypeKind::integer},
      {"SELECT 1::int4", TypeKind::boolean},
      {"SELECT 0.1::float8", TypeKind::decimal},
      {"SELECT 1.5::numeric", TypeKind::bigint},
      {"SELECT 1e30::numeric", TypeKind::bigint},
      {"SELECT 'NaN'::numeric", TypeKind::decimal},
      {"SELECT 'infinity'::timestamptz", TypeKind::datetime},
      {"SELECT '-infinity'::date", TypeKind::date},
      {"SELECT now(), '1 day'::interval", TypeKind::datetime},
  };
  for (const auto& [sql, wanted] : cases) {
    const DataError error = thrown<DataError>([&, sql = sql, wanted = wanted] { query(sql, {wanted}); });
    EXPECT_THAT(error.what(), testing::AnyOf(HasSubstr("Thing.column0"), HasSubstr("2 columns, 1 were expected")));
    EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
    EXPECT_EQ(number("SELECT 1"), 1);
  }
}

TEST_P(PostgresStatement, EnumsOfTheServerAreText) {
  script("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE people (name text, mood mood)");
  const Type mood = type_of(TypeKind::enumeration);
  for (const char* options : {"", "&prepared_statements=false"}) {
    connection_ = connect_with(options);
    run("INSERT INTO people VALUES (?, ?)", {{type_of(TypeKind::text), "huey"}, {mood, "ok"}});
    EXPECT_EQ(query("SELECT mood FROM people WHERE mood = ? LIMIT 1", {TypeKind::enumeration}, {{mood, "ok"}}).text(),
              "ok");
    const Parameters moods{{mood, Argument(std::vector<Argument>{"ok", "sad"}), true}};
    EXPECT_GE(number("SELECT count(*) FROM people WHERE mood = ANY(?)", moods), 1);
  }
}

TEST_P(PostgresStatement, ListsOfEveryTypeAreOneParameter) {
  const auto list = [](std::vector<Argument> elements) { return Argument(std::move(elements)); };
  const std::string bytes16 = "0123456789abcdef";
  const std::pair<TypeKind, Argument> cases[] = {
      {TypeKind::boolean, list({Cell::of_boolean(true), nullptr})},
      {TypeKind::smallint, list({1, 2, 3})},
      {TypeKind::integer, list({1, nullptr, 3})},
      {TypeKind::bigint, list({INT64_MIN, INT64_MAX})},
      {TypeKind::real, list({0.5})},
      {TypeKind::double_precision, list({0.1, -0.1})},
      {TypeKind::decimal, list({Cell::of_decimal(150, 2), Cell::of_decimal(0, 0)})},
      {TypeKind::text, list({"a", "", "käse", "\"quoted\""})},
      {TypeKind::binary, list({Argument(CellTag::blob, std::string("\0\xFF", 2))})},
      {TypeKind::uuid, list({Argument(CellTag::uuid, bytes16)})},
      {TypeKind::date, list({Cell::of_count(CellTag::date, 20'000)})},
      {TypeKind::time, list({Cell::of_count(CellTag::time, 1)})},
      {TypeKind::datetime, list({Cell::of_count(CellTag::datetime, 1)})},
      {TypeKind::json, list({Argument(CellTag::json, "[1]")})},
      {TypeKind::bigint, list({})},
  };
  for (const auto& [kind, argument] : cases) {
    const Parameters parameters{{type_of(kind), argument, true}};
    EXPECT_EQ(number("SELECT coalesce(cardinality(?), 0)", parameters), argument.cell().size) << type_name(kind);
  }
}

TEST_P(PostgresStatement, AParameterOfUnknownTypeTakesWhatTheServerCanRead) {
  const Type unknown;
  EXPECT_EQ(text("SELECT ?::date", {{unknown, "2026-11-21"}}), "2026-11-21");
  EXPECT_EQ(text("SELECT ?::text", {{unknown, 7}}), "7");
  EXPECT_EQ(text("SELECT ?::int", {{unknown, 7}}), "7");
  EXPECT_EQ(text("SELECT ?::int", {{unknown, "7"}}), "7");
  EXPECT_EQ(text("SELECT ?::text", {{unknown, Cell::of_boolean(true)}}), "true");
  EXPECT_EQ(text("SELECT ?::text[]", {{unknown, Argument(std::vector<Argument>{"a\"b", nullptr}), true}}),
            "{\"a\\\"b\",NULL}");
  EXPECT_THAT(thrown<DataError>([&] {
                text("SELECT ?::int", {{unknown, "secret"}});
              }).what(),
              Not(HasSubstr("secret")));
}

TEST_P(PostgresStatement, HasAsManyValuesAsPlaceholders) {
  thrown<QueryError>([&] { run("SELECT ? || 'x'"); });
  connection_ = connect_with("&prepared_statements=false");
  thrown<QueryError>([&] { run("SELECT ? || 'x'"); });
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(PostgresStatement, HasAtMost65535Values) {
  driver::Statement many = statement("SELECT 1");
  const std::vector<Cell> values(65'536, Cell::of_integer(1));
  thrown<LimitError>([&] { connection().execute(many, values, nullptr, std::nullopt); });
}

TEST_P(PostgresStatement, ErrorsOfTheServerCarryNoValues) {
  script("CREATE TABLE people (email text UNIQUE, age integer NOT NULL CHECK (age > 0), name varchar(3))");
  const auto insert = [&](const char* email, Argument age, const char* name) {
    run("INSERT INTO people VALUES (?, ?, ?)", {{type_of(TypeKind::text), email},
                                                {type_of(TypeKind::integer), std::move(age)},
                                                {type_of(TypeKind::text), name}});
  };
  insert("secret@example.com", 1, "a");
  const UniqueViolation unique = thrown<UniqueViolation>([&] { insert("secret@example.com", 1, "a"); });
  EXPECT_STREQ(unique.what(),
               "postgres: unique constraint 'people_email_key' failed on 'people' [INSERT INTO people VALUES ($1, $2, "
               "$3), 3 values hidden]");
  EXPECT_EQ(unique.constraint(), "people_email_key");
  EXPECT_EQ(unique.table(), "people");
  EXPECT_EQ(unique.code(), "23505");
  const NotNullViolation null = thrown<NotNullViolation>([&] { insert("secret", nullptr, "a"); });
  EXPECT_THAT(null.what(), HasSubstr("not null constraint failed on 'people.age'"));
  EXPECT_EQ(null.column(), "age");
  EXPECT_THAT(thrown<CheckViolation>([&] { insert("secret", -1, "a"); }).what(), Not(HasSubstr("secret")));
  EXPECT_THAT(thrown<DataError>([&] { insert("b", 1, "secret"); }).what(),
              HasSubstr("a text is too long for its column"));
  EXPECT_THAT(thrown<DataError>([&] {
                text("SELECT ?::text::integer", {{type_of(TypeKind::text), "secret"}});
              }).what(),
              Not(HasSubstr("secret")));
}

TEST_P(PostgresStatement, AWriteThatIsNotAllowedAnyMoreRetiresTheConnection) {
  script("CREATE TABLE things (id integer); SET default_transaction_read_only TO on");
  EXPECT_TRUE(thrown<ReadOnly>([&] { run("INSERT INTO things VALUES (1)"); }).retryable());
  EXPECT_FALSE(connection().usable());
}

TEST_P(PostgresStatement, AWriteInAReadOnlyTransactionIsTheProgramsFault) {
  script("CREATE TABLE things (id integer)");
  driver::TransactionOptions options;
  options.read_only = true;
  connection().begin(options, std::nullopt);
  EXPECT_FALSE(thrown<ReadOnly>([&] { run("INSERT INTO things VALUES (1)"); }).retryable());
  connection().rollback(std::nullopt);
  EXPECT_TRUE(connection().usable());
}

INSTANTIATE_TEST_SUITE_P(Backends, PostgresStatement, testing::ValuesIn(only_postgres()), backend_name);

}  // namespace
}  // namespace dorm::test
