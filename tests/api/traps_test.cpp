// What must not compile, and what must not surprise: the traps of a dynamic API.
#include <deque>
#include <filesystem>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Traps : public Api {};
DORM_API_TESTS(Traps);

static_assert(!std::is_constructible_v<Value, int*>, "a pointer is not a truth value");
static_assert(!std::is_constructible_v<Value, void*>);
static_assert(!std::is_constructible_v<Value, char>, "a character is neither a number nor a text");
static_assert(std::is_constructible_v<Value, const char*>);
static_assert(!std::is_constructible_v<Expr, int*>);
static_assert(!std::is_convertible_v<Expr, bool> && !std::is_constructible_v<bool, Expr>, "a comparison builds SQL");
static_assert(!std::is_convertible_v<Field, std::int64_t> && !std::is_convertible_v<Field, double>,
              "no silent conversion to a number");
static_assert(!std::is_constructible_v<bool, Field>);
static_assert(!std::is_assignable_v<Field, const char*>, "row[\"a\"] = … would write nothing");
static_assert(std::is_trivially_copyable_v<Field>);
static_assert(std::is_same_v<decltype(*std::declval<Rows::iterator>()), const Row&>);

TEST_P(Traps, ZeroIsAPositionNotANullPointer) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row row = db["User"].get(1);
  EXPECT_EQ(row[0].integer(), 1);
  EXPECT_EQ(row[1].text(), "huey");
  EXPECT_THROW(row[2], QueryError);
}

TEST_P(Traps, AWholeNumberIsNotATruthValue) {
  const Database db =
      open(R"({"dorm": 1, "models": {"Flag": {"fields": {"on": {"type": "boolean"}, "n": {"type": "integer"}}}}})");
  const Row flag = db["Flag"].create({{"on", true}, {"n", 1}});
  EXPECT_TRUE(flag["on"].boolean());
  EXPECT_THROW(flag["n"].boolean(), DataError);
  EXPECT_THROW(flag["on"].integer(), DataError);
  QueryCount count(db);
  EXPECT_THROW(db["Flag"].create({{"on", 2}, {"n", 1}}), DataError);
  EXPECT_THROW(db["Flag"].create({{"on", true}, {"n", true}}), DataError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Traps, ARangeForOverATemporaryKeepsItsRowsAlive) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "hiss"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  std::vector<std::string> seen;
  for (const Row& tweet : db["User"].get(1).related("tweets")) seen.emplace_back(tweet["content"].text());
  EXPECT_THAT(seen, ElementsAre("meow", "hiss"));
  seen.clear();
  for (const Row& tweet : db["Tweet"].select().order_by(db["Tweet"]["id"].desc()).all())
    seen.emplace_back(tweet["user"].row().related("tweets")[0]["content"].text());
  EXPECT_THAT(seen, ElementsAre("meow", "meow"));
}

TEST_P(Traps, ARowOutlivesItsIteration) {
  const Database db = social();
  for (const char* name : {"huey", "mickey"}) db["User"].create({{"username", name}});
  std::vector<Row> kept;
  for (const Row& row : db["User"].select().order_by(db["User"]["id"])) kept.push_back(row);
  EXPECT_EQ(kept[0]["username"].text(), "huey");
  EXPECT_EQ(kept[1]["username"].text(), "mickey");
}

TEST_P(Traps, TwoHandlesOfOneRowSeeOneState) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row one = db["User"].get(1);
  const Row other = one;
  one.set("username", "hugo");
  EXPECT_EQ(other["username"].text(), "hugo");
  EXPECT_TRUE(other.is_dirty());
  EXPECT_TRUE(one.same_row(other));
  EXPECT_TRUE(other.save());
  EXPECT_FALSE(one.is_dirty());
}

TEST_P(Traps, TwoRowsOfOneKeyAreEqualButNotTheSame) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row one = db["User"].get(1);
  const Row other = db["User"].get(1);
  EXPECT_TRUE(one == other);
  EXPECT_FALSE(one.same_row(other));
  one.set("username", "hugo");
  EXPECT_EQ(other["username"].text(), "huey");
}

TEST_P(Traps, UnsavedRowsAreEqualOnlyToThemselves) {
  const Database db = social();
  const Row one = db["User"].make({{"username", "huey"}});
  const Row other = db["User"].make({{"username", "huey"}});
  EXPECT_TRUE(one == one);
  EXPECT_FALSE(one == other);
}

TEST_P(Traps, RowsOfDifferentModelsAreNeverEqual) {
  const Database db = social();
  const Row user = db["User"].create({{"username", "huey"}});
  const Row tweet = db["Tweet"].create({{"user", user}, {"content", "meow"}});
  EXPECT_EQ(user["id"].integer(), tweet["id"].integer());
  EXPECT_FALSE(user == tweet);
}

TEST_P(Traps, AKeyOfZeroIsAKey) {
  const Database db = social();
  const Row zero = db["User"].create({{"id", 0}, {"username", "zero"}});
  EXPECT_EQ(zero["id"].integer(), 0);
  EXPECT_EQ(db["User"].get(0)["username"].text(), "zero");
  const Row tweet = db["Tweet"].create({{"user", zero}, {"content", "nil"}});
  EXPECT_EQ(db["Tweet"].get(tweet["id"].integer())["user"]["username"].text(), "zero");
  EXPECT_EQ(zero.related("tweets").size(), 1U);
  zero.set("username", "null");
  EXPECT_TRUE(zero.save());
  EXPECT_EQ(db["User"].count(), 1);
  zero.related("tweets")[0].delete_row();
  zero.delete_row();
  EXPECT_EQ(db["User"].count(), 0);
}

TEST_P(Traps, AnEmptyRowAndAnUnknownMemberSayWhatIsWrong) {
  const Database db = social();
  EXPECT_THROW(Row()["id"], StateError);
  const Row row = db["User"].create({{"username", "huey"}});
  EXPECT_THAT([&] { row["usernam"]; }, ThrowsMessage<QueryError>(HasSubstr("did you mean 'username'?")));
  EXPECT_THAT([&] { db["Usr"]; }, ThrowsMessage<QueryError>(HasSubstr("did you mean 'User'?")));
  EXPECT_THAT([&] { db["User"]["usernam"]; }, ThrowsMessage<QueryError>(HasSubstr("did you mean 'username'?")));
}

TEST_P(Traps, ARowThatOutlivesItsDatabaseStaysReadable) {
  std::optional<Database> db = social();
  const Row huey = (*db)["User"].create({{"username", "huey"}});
  (*db)["Tweet"].create({{"user", huey}, {"content", "meow"}});
  const Row tweet = (*db)["Tweet"].get(1);
  const Model model = (*db)["Tweet"];
  db.reset();
  EXPECT_EQ(tweet["content"].text(), "meow");
  EXPECT_EQ(tweet["user_id"].integer(), 1);
  EXPECT_THROW(tweet["user"]["username"], StateError);
  EXPECT_THROW(huey.related("tweets").size(), StateError);
  EXPECT_THROW(model.all(), StateError);
  tweet.set("content", "purr");
  EXPECT_THROW(tweet.save(), StateError);
  EXPECT_TRUE(tweet.is_dirty());
}

TEST_P(Traps, AQueryInsideAnIterationWorksWithOneConnection) {
  DatabaseConfig config;
  config.url = fresh_database(GetParam());
  config.pool.size = 1;
  config.pool.checkout_timeout = std::chrono::milliseconds(200);
  const Database db = Database::open(config, Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social"));
  db.create_tables();
  const Model user = db["User"], tweet = db["Tweet"];
  for (const char* name : {"huey", "mickey"})
    tweet.create({{"user", user.create({{"username", name}})}, {"content", name}});
  std::vector<std::string> seen;
  for (const Row& u : user.select().order_by(user["id"])) {
    for (const Row& t : tweet.select().where(tweet["user"] == u)) seen.push_back(t["content"].to_text());
    u.set("username", std::string(u["username"].text()) + "!");
    u.save();
  }
  EXPECT_THAT(seen, ElementsAre("huey", "mickey"));
  EXPECT_THAT(texts(user.select().order_by(user["id"]), "username"), ElementsAre("huey!", "mickey!"));
}

TEST_P(Traps, AColumnHandleReadsWithoutItsName) {
  const Database db = social();
  for (const char* name : {"huey", "mickey"}) db["User"].create({{"username", name}});
  const Rows rows = db["User"].select().order_by(db["User"]["id"]).all();
  const ColumnHandle name = rows.column("username");
  EXPECT_EQ(rows[0][name].text(), "huey");
  EXPECT_EQ(rows[1][name].text(), "mickey");
  EXPECT_THROW(rows.column("nobody"), QueryError);
}

}  // namespace
}  // namespace dorm::test
