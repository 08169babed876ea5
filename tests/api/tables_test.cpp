// Tables come and go, cycles included; the registry can change under a running program.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "api/world.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Tables : public Api {};
DORM_API_TESTS(Tables);

constexpr std::string_view cycle = R"({"dorm": 1, "models": {
  "Team": {"fields": {"name": {"type": "text"}, "captain": {"type": "foreign_key", "to": "Player", "nullable": true, "backref": "captain_of"}}},
  "Player": {"fields": {"name": {"type": "text"}, "team": {"type": "foreign_key", "to": "Team", "backref": "players"}}}
}})";

TEST_P(Tables, ForeignKeysMayFormACycle) {
  const Database db = open(cycle);
  const Row team = db["Team"].create({{"name", "cats"}});
  const Row huey = db["Player"].create({{"name", "huey"}, {"team", team}});
  team.set("captain", huey);
  team.save();
  EXPECT_EQ(db["Team"].get(1)["captain"]["team"]["name"].text(), "cats");
  EXPECT_THROW(db["Player"].create({{"name", "nobody"}, {"team", 99}}), ForeignKeyViolation);
  EXPECT_THROW(team.delete_row(), ForeignKeyViolation);
  db.drop_tables();
  db.create_tables();
  EXPECT_EQ(db["Team"].count(), 0);
}

TEST_P(Tables, CreatingThemAgainChangesNothing) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  db.create_tables();
  EXPECT_EQ(db["User"].count(), 1);
  db.drop_tables();
  db.drop_tables();
  EXPECT_THROW(db["User"].count(), SchemaMismatch);
}

TEST_P(Tables, SomeModelsCanBeCreatedAlone) {
  const Registry registry = Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social");
  const Database db = Database::open(fresh_database(GetParam()), registry);
  db.create_tables({"User", "Tweet"});
  db["User"].create({{"username", "huey"}});
  EXPECT_THROW(db["Favorite"].count(), SchemaMismatch);
  EXPECT_THROW(db.create_tables({"Usr"}), QueryError);
  db.drop_tables();
}

TEST_P(Tables, KeysOfDeletedRowsAreNotUsedAgain) {
  const Database db = social();
  db["User"].create({{"username", "a"}});
  db["User"].create({{"username", "b"}}).delete_row();
  EXPECT_EQ(db["User"].create({{"username", "c"}})["id"].integer(), 3);
}

TEST_P(Tables, AnOddNameIsAName) {
  const Database db = open(
      R"({"dorm": 1, "models": {"Odd": {"table": "select \"x\"; -- ä", "fields": {"group": {"type": "text", "column": "order by"}}}}})");
  db["Odd"].create({{"group", "it's"}});
  const Model odd = db["Odd"];
  EXPECT_EQ(odd.get(odd["group"] == "it's")["group"].text(), "it's");
}

// "C" and "BINARY" are the same on every backend; what one backend only has is named for each.
TEST_P(Tables, ACollationMeansTheSameOnEveryBackendOrIsNamedForEach) {
  const Database db = open(R"({"dorm": 1, "models": {"Word": {"fields": {
    "bytes": {"type": "text", "collation": "C"},
    "binary": {"type": "text", "collation": "BINARY"},
    "letters": {"type": "text", "unique": true, "collation": {"sqlite": "NOCASE", "postgres": "und-x-icu"}},
    "stem": {"type": "foreign_key", "to": "Word", "to_field": "letters", "nullable": true, "backref": "words"}}}}})");
  const Model word = db["Word"];
  for (const char* text : {"b", "a", "C"}) word.create({{"bytes", text}, {"binary", text}, {"letters", text}});
  EXPECT_THAT(texts(word.select().order_by(word["bytes"]), "letters"), ElementsAre("C", "a", "b"));
  EXPECT_THAT(texts(word.select().order_by(word["binary"]), "letters"), ElementsAre("C", "a", "b"));
  EXPECT_THAT(texts(word.select().order_by(word["letters"]), "letters"), ElementsAre("a", "b", "C"));
  for (const char* by_bytes : {"C", "BINARY"})
    EXPECT_THAT(texts(word.select().order_by(word["letters"].collate(by_bytes)), "letters"),
                ElementsAre("C", "a", "b"));
  const std::string stem = is_postgres() ? "C" : "c";  // NOCASE takes one for the other
  word.create({{"bytes", "d"}, {"binary", "d"}, {"letters", "d"}, {"stem_id", stem}});
  const Rows rows = word.objects().order_by("bytes").prefetch_related({"stem", "words"}).all();
  EXPECT_EQ(rows[3]["stem"]["letters"].text(), "C");
  EXPECT_THAT(texts(rows[0].related("words"), "letters"), ElementsAre("d"));
}

TEST_P(Tables, ASchemaIsMadeForTheTablesThatStandInIt) {
  SchemaOptions options;
  options.dialects = {"postgres"};
  const std::string shop_schema = "shop" + std::to_string(::getpid());  // no database of this test's own has it
  const Registry registry = Registry::parse(
      R"({"dorm": 1, "models": {
    "Pen": {"db_schema": ")" +
          shop_schema + R"(", "fields": {"maker": {"type": "foreign_key", "to": "Maker", "backref": "pens"}}},
    "Maker": {"db_schema": ")" +
          shop_schema + R"(", "fields": {"name": {"type": "text"}}},
    "View": {"managed": false, "db_schema": "elsewhere", "fields": {"id": {"type": "bigint", "primary_key": true}}}}})",
      options);
  const Database db = Database::open(fresh_database(GetParam()), registry);
  if (!is_postgres()) {
    EXPECT_THAT([&] { db.create_tables(); }, ThrowsMessage<QueryError>(HasSubstr("sqlite has no schemas")));
    return;
  }
  for (int i = 0; i < 2; ++i) db.create_tables();
  db["Pen"].create({{"maker", db["Maker"].create({{"name", "huey"}})}});
  EXPECT_EQ(db["Pen"].get(1)["maker"]["name"].text(), "huey");
  EXPECT_THROW(db["View"].count(), SchemaMismatch);
  db.drop_tables();
  // It stays, for it may hold what others made.
  db.execute("DROP SCHEMA " + shop_schema);
}

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

TEST_P(Tables, AReloadShowsNewFieldsToNewHandlesOnly) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("cat.json");
  write(file, R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "text"}}}}})");
  Database db = open(Registry::load(file));
  const Model before = db["Cat"];
  before.create({{"name", "huey"}});
  const Row row = before.get(1);
  db.execute(std::string("ALTER TABLE \"cat\" ADD COLUMN \"age\" ") + (is_postgres() ? "bigint" : "INTEGER"));
  write(
      file,
      R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "text"}, "age": {"type": "bigint", "nullable": true}}}}})");
  db.reload();
  const Model after = db["Cat"];
  EXPECT_TRUE(after.get(1)["age"].is_null());
  after.create({{"name", "mickey"}, {"age", 3}});
  EXPECT_THROW(before["age"], QueryError);
  EXPECT_THAT(texts(before.select().order_by(before["id"]), "name"), ElementsAre("huey", "mickey"));
  row.set("name", "hugo");
  row.save();
  EXPECT_EQ(after.get(1)["name"].text(), "hugo");
  EXPECT_THROW(after.select().join(before, {.on = after["id"] == before["id"]}).all(), QueryError);
}

TEST_P(Tables, AFailedReloadLeavesTheOldSnapshotServing) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("cat.json");
  write(file, R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "text"}}}}})");
  Database db = open(Registry::load(file));
  const std::uint64_t generation = db.registry().generation();
  write(file, R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "txt"}}}}})");
  EXPECT_THROW(db.reload(), SchemaError);
  EXPECT_EQ(db.registry().generation(), generation);
  db["Cat"].create({{"name", "huey"}});
  EXPECT_EQ(db["Cat"].get(1)["name"].text(), "huey");
  std::filesystem::remove(file);
  EXPECT_THROW(db.reload(), Error);
  EXPECT_EQ(db["Cat"].count(), 1);
}

TEST_P(Tables, AModelCanBeAddedWhileRunning) {
  Database db = open(R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "text"}}}}})");
  const Row cat = db["Cat"].create({{"name", "huey"}});
  db.use(db.registry().with(
      R"({"dorm": 1, "models": {"Toy": {"fields": {"cat": {"type": "foreign_key", "to": "Cat", "backref": "toys"}}}}})"));
  db.create_tables({"Toy"});
  db["Toy"].create({{"cat", cat["id"].integer()}});
  EXPECT_EQ(db["Cat"].get(1).related("toys").size(), 1U);
  EXPECT_THROW(cat.related("toys"), QueryError);
}

TEST_P(Tables, ObserversSeeStatementsAndTheirFateButNoValues) {
  struct Watcher final : Observer {
    std::vector<std::string> seen;
    void on_statement(const StatementEvent& event) noexcept override {
      if (!event.internal)
        seen.push_back(std::string(event.sql.substr(0, 6)) + (event.error == nullptr ? " ok " : " failed ") +
                       std::to_string(event.rows));
      EXPECT_EQ(event.sql.find("secret"), std::string_view::npos);
      EXPECT_GE(event.duration.count(), 0);
    }
  };
  const Database db = social();
  const auto watcher = std::make_shared<Watcher>();
  std::shared_ptr<void> registration = db.add_observer(watcher);
  const Row a = db["User"].create({{"username", "secret"}});
  const Row b = db["User"].create({{"username", "secret"}});
  db["Relationship"].create({{"from_user", a}, {"to_user", b}});
  EXPECT_THROW(db["Relationship"].create({{"from_user", a}, {"to_user", b}}), UniqueViolation);
  db["User"].all();
  registration.reset();
  db["User"].all();
  EXPECT_THAT(watcher->seen,
              ElementsAre("INSERT ok 1", "INSERT ok 1", "INSERT ok 1", "INSERT failed 0", "SELECT ok 2"));
}

}  // namespace
}  // namespace dorm::test
