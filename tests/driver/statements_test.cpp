// Preparing, running, counting, and where rows go.
#include <set>

#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;

class DriverStatements : public DriverTest {};

TEST_P(DriverStatements, ArePreparedOnceEach) {
  const driver::Statement text = statement("SELECT ?", {{type_of(TypeKind::bigint), 1}}, {TypeKind::bigint});
  const driver::Statistics before = connection().statistics();
  for (int i = 0; i < 5; ++i) {
    Rows rows(text.columns);
    const Cell cell = Cell::of_integer(i);
    connection().execute(text, {&cell, 1}, &rows.sink(), std::nullopt);
    EXPECT_EQ(rows.at(0, 0).integer, i);
  }
  EXPECT_EQ(connection().statistics().prepares - before.prepares, 1U);
  EXPECT_EQ(connection().statistics().executions - before.executions, 5U);
}

TEST_P(DriverStatements, ThatAreNotToBeCachedArePreparedEachTime) {
  driver::Statement text = statement("SELECT 1", {}, {TypeKind::bigint});
  text.cached = false;
  const auto before = connection().statistics().prepares;
  for (int i = 0; i < 3; ++i) connection().execute(text, {}, nullptr, std::nullopt);
  EXPECT_EQ(connection().statistics().prepares - before, 3U);
}

TEST_P(DriverStatements, TheLeastRecentlyUsedGoesWhenTheCacheIsFull) {
  driver::ConnectOptions options = GetParam().driver->parse_url(url_);
  options.statement_cache = 3;
  const auto small = GetParam().driver->connect(options, std::nullopt);
  std::vector<driver::Statement> texts;
  for (int i = 0; i < 4; ++i) texts.push_back(statement("SELECT " + std::to_string(i), {}, {TypeKind::bigint}));
  const auto prepares_of = [&](std::size_t i) {
    const auto before = small->statistics().prepares;
    Rows rows(texts[i].columns);
    small->execute(texts[i], {}, &rows.sink(), std::nullopt);
    EXPECT_EQ(rows.text(), std::to_string(i));
    return small->statistics().prepares - before;
  };
  for (const std::size_t first : {0U, 1U, 2U}) EXPECT_EQ(prepares_of(first), 1U);
  EXPECT_EQ(prepares_of(0), 0U);
  EXPECT_EQ(prepares_of(3), 1U);  // in place of 1
  EXPECT_EQ(prepares_of(0), 0U);
  EXPECT_EQ(prepares_of(2), 0U);
  EXPECT_EQ(prepares_of(1), 1U);
}

TEST_P(DriverStatements, ArePreparedAgainAfterForgetting) {
  const driver::Statement text = statement("SELECT 1", {}, {TypeKind::bigint});
  connection().execute(text, {}, nullptr, std::nullopt);
  connection().forget_prepared();
  const auto before = connection().statistics().prepares;
  connection().execute(text, {}, nullptr, std::nullopt);
  EXPECT_EQ(connection().statistics().prepares - before, 1U);
}

TEST_P(DriverStatements, SurviveAColumnAddedToTheirTable) {
  script("CREATE TABLE things (id integer PRIMARY KEY)");
  run("INSERT INTO things (id) VALUES (1)");
  const driver::Statement text = statement("SELECT id FROM things", {}, {TypeKind::bigint});
  connection().execute(text, {}, nullptr, std::nullopt);
  script("ALTER TABLE things ADD COLUMN name text");
  Rows rows(text.columns);
  connection().execute(text, {}, &rows.sink(), std::nullopt);
  EXPECT_EQ(rows.text(), "1");
}

TEST_P(DriverStatements, AreASchemaMismatchOnceTheirTableIsGone) {
  script("CREATE TABLE things (id integer PRIMARY KEY)");
  const driver::Statement text = statement("SELECT id FROM things", {}, {TypeKind::bigint});
  connection().execute(text, {}, nullptr, std::nullopt);
  script("DROP TABLE things");
  thrown<SchemaMismatch>([&] { connection().execute(text, {}, nullptr, std::nullopt); });
}

TEST_P(DriverStatements, TellHowManyRowsTheyChanged) {
  script("CREATE TABLE things (id integer PRIMARY KEY, n integer)");
  EXPECT_EQ(run("INSERT INTO things (id, n) VALUES (1, 1), (2, 1), (3, 2)").affected, 3);
  EXPECT_EQ(run("UPDATE things SET n = 5 WHERE n = 1").affected, 2);
  EXPECT_EQ(run("UPDATE things SET n = 5 WHERE n = 77").affected, 0);
  EXPECT_EQ(run("SELECT id FROM things").affected, 3);
  EXPECT_EQ(run("DELETE FROM things").affected, 3);
}

TEST_P(DriverStatements, ReturnTheRowsTheyWrote) {
  script("CREATE TABLE things (id " + std::string(spelling().auto_key) + ", name text)");
  const Rows rows =
      query("INSERT INTO things (name) VALUES (?), (?) RETURNING id, name", {TypeKind::bigint, TypeKind::text},
            {{type_of(TypeKind::text), "a"}, {type_of(TypeKind::text), "b"}});
  EXPECT_EQ(rows.text(), "1|a\n2|b");
}

TEST_P(DriverStatements, TheNumberOfValuesMustFit) {
  const driver::Statement text = statement("SELECT ?", {{type_of(TypeKind::bigint), 1}}, {TypeKind::bigint});
  EXPECT_THROW(connection().execute(text, {}, nullptr, std::nullopt), Error);
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(DriverStatements, AScriptRunsStatementAfterStatement) {
  script("CREATE TABLE a (id integer); INSERT INTO a VALUES (1);\n-- a comment\nINSERT INTO a VALUES (2);");
  EXPECT_EQ(number("SELECT count(*) FROM a"), 2);
}

TEST_P(DriverStatements, ResultsMayBeLarge) {
  const Rows rows = query(
      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 50000) "
      "SELECT i, 'a text that fills some memory ' || i FROM r ORDER BY i",
      {TypeKind::bigint, TypeKind::text});
  ASSERT_EQ(rows.size(), 50'000U);
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    ASSERT_EQ(rows.at(row, 0).integer, row + 1);
    ASSERT_EQ(rows.at(row, 1).view(), "a text that fills some memory " + std::to_string(row + 1));
  }
}

// ---- where rows go: a join of parents and children ----

graph::Node node_of(std::initializer_list<TypeKind> kinds) {
  auto shape = std::make_shared<graph::Shape>();
  for (const TypeKind kind : kinds) shape->extras.push_back({"c", type_of(kind)});
  return {nullptr, std::move(shape), 0};
}

class DriverJoins : public DriverTest {
 protected:
  DriverJoins() {
    script(
        "CREATE TABLE author (id text PRIMARY KEY, name text); CREATE TABLE book (id integer PRIMARY KEY, title text, "
        "author_id text);"
        "INSERT INTO author VALUES ('a1', 'Anna'), ('a2', 'Bert');"
        "INSERT INTO book VALUES (1, 'one', 'a1'), (2, 'two', 'a2'), (3, 'three', 'a1'), (4, 'four', NULL)");
  }
  // Books with their author in the columns 2 and 3.
  void load(graph::RowSink& sink) {
    const driver::Statement text = statement(
        "SELECT b.id, b.title, a.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id ORDER BY b.id", {},
        {TypeKind::bigint, TypeKind::text, TypeKind::text, TypeKind::text});
    connection().execute(text, {}, &sink, std::nullopt);
  }
  static graph::RowSink::Segment books(graph::Node& node) {
    graph::RowSink::Segment segment;
    segment.node = &node;
    segment.columns = {{0, 0}, {1, 1}};
    return segment;
  }
};

TEST_P(DriverJoins, AKeyedSegmentStoresEachTargetOnce) {
  graph::Node book = node_of({TypeKind::bigint, TypeKind::text});
  graph::Node author = node_of({TypeKind::text, TypeKind::text});
  graph::Relation* relation = book.add_relation(std::make_unique<graph::Relation>("author", 0, &author, false));
  graph::RowSink::Segment authors;
  authors.node = &author;
  authors.key = {{2, 0}};
  authors.key_cells = {0};
  authors.columns = {{3, 1}};
  authors.parent = 0;
  authors.relation = relation;
  authors.absent_is_null = true;
  graph::RowSink sink;
  sink.segments.push_back(books(book));
  sink.segments.push_back(std::move(authors));
  load(sink);
  EXPECT_EQ(sink.rows(), 4U);
  ASSERT_EQ(author.rows.size(), 2U);
  EXPECT_EQ(text_of(author.rows.at(0)[1]), "Anna");
  EXPECT_EQ(text_of(author.rows.at(1)[1]), "Bert");
  EXPECT_EQ(relation->span(0).begin, 0U);
  EXPECT_EQ(relation->span(1).begin, 1U);
  EXPECT_EQ(relation->span(2).begin, 0U);
  EXPECT_EQ(relation->span(3).state, graph::RelationState::null);
}

TEST_P(DriverJoins, AnOptionalSegmentIsAbsentWhenAllIsNull) {
  graph::Node book = node_of({TypeKind::bigint, TypeKind::text});
  graph::Node author = node_of({TypeKind::text, TypeKind::text});
  graph::Relation* relation = book.add_relation(std::make_unique<graph::Relation>("author", 0, &author, false));
  graph::RowSink::Segment authors;
  authors.node = &author;
  authors.columns = {{2, 0}, {3, 1}};
  authors.optional = true;
  authors.parent = 0;
  authors.relation = relation;
  graph::RowSink sink;
  sink.segments.push_back(books(book));
  sink.segments.push_back(std::move(authors));
  load(sink);
  ASSERT_EQ(author.rows.size(), 3U);
  EXPECT_EQ(text_of(author.rows.at(2)[1]), "Anna");
  EXPECT_EQ(relation->span(2).begin, 2U);
  EXPECT_EQ(relation->span(3).state, graph::RelationState::not_loaded);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverStatements, testing::ValuesIn(backends()), backend_name);
INSTANTIATE_TEST_SUITE_P(Backends, DriverJoins, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
