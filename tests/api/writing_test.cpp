// Rows are created, changed, saved, refreshed and deleted; only what changed is sent.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class Writing : public Api {
 protected:
  std::string mark(int n) const { return is_postgres() ? "$" + std::to_string(n) : "?"; }
};
DORM_API_TESTS(Writing);

TEST_P(Writing, CreateInsertsOnceAndReadsTheKeyBack) {
  const Database db = social();
  QueryCount count(db);
  const Row huey = db["User"].create({{"username", "huey"}});
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(huey["id"].integer(), 1);
  EXPECT_TRUE(huey.is_saved());
  EXPECT_FALSE(huey.is_dirty());
  EXPECT_FALSE(huey.save());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Writing, SaveSendsOnlyWhatChanged) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  const Row tweet = db["Tweet"].get(1);
  QueryCount count(db);
  tweet.set("content", "purr");
  EXPECT_THAT(tweet.dirty_fields(), ElementsAre("content"));
  EXPECT_TRUE(tweet.save());
  EXPECT_THAT(count.statements(), ElementsAre("UPDATE \"tweet\" SET \"content\" = " + mark(1) +
                                              " WHERE (\"tweet\".\"id\" = " + mark(2) + ")"));
  EXPECT_THAT(tweet.dirty_fields(), IsEmpty());
  EXPECT_FALSE(tweet.save());
  EXPECT_EQ(db["Tweet"].get(1)["content"].text(), "purr");
}

TEST_P(Writing, MakeSendsNothingUntilSaved) {
  const Database db = social();
  QueryCount count(db);
  const Row row = db["User"].make({{"username", "huey"}});
  EXPECT_EQ(count.count(), 0U);
  EXPECT_FALSE(row.is_saved());
  EXPECT_TRUE(row.is_dirty());
  EXPECT_TRUE(row.save());
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(row["id"].integer(), 1);
}

TEST_P(Writing, AnEmptyListOfValuesInsertsDefaults) {
  const Database db =
      open(R"({"dorm": 1, "models": {"Thing": {"fields": {"n": {"type": "integer", "nullable": true}}}}})");
  const Row row = db["Thing"].create(std::initializer_list<Assignment>{});
  EXPECT_EQ(row["id"].integer(), 1);
  EXPECT_TRUE(db["Thing"].get(1)["n"].is_null());
}

TEST_P(Writing, DeleteRowDeletesItAndMakesTheHandleUnsaved) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["User"].create({{"username", "mickey"}});
  QueryCount count(db);
  huey.delete_row();
  EXPECT_THAT(count.statements(), ElementsAre("DELETE FROM \"user\" WHERE (\"user\".\"id\" = " + mark(1) + ")"));
  EXPECT_FALSE(huey.is_saved());
  EXPECT_EQ(huey["username"].text(), "huey");
  EXPECT_THAT(texts(db["User"].all(), "username"), ElementsAre("mickey"));
  EXPECT_THROW(huey.delete_row(), StateError);
}

TEST_P(Writing, WritingToARowThatIsGoneIsNotFound) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row one = db["User"].get(1);
  const Row other = db["User"].get(1);
  one.delete_row();
  EXPECT_THROW(other.delete_row(), NotFound);
  other.set("username", "ghost");
  EXPECT_THROW(other.save(), NotFound);
  EXPECT_TRUE(other.is_dirty());
  EXPECT_THROW(other.load(true), NotFound);
}

TEST_P(Writing, GetNeedsExactlyOneRow) {
  const Database db = social();
  const Model user = db["User"];
  for (const char* name : {"huey", "mickey"}) user.create({{"username", name}});
  EXPECT_EQ(user.get(user["username"] == "huey")["id"].integer(), 1);
  EXPECT_THROW(user.get(user["username"] == "zaizee"), NotFound);
  EXPECT_THROW(user.get(user["id"] > 0), MultipleFound);
  EXPECT_THROW(user.get(77), NotFound);
  EXPECT_FALSE(user.get_or_none(77).has_value());
  EXPECT_FALSE(user.get_or_none(user["username"] == "zaizee").has_value());
  EXPECT_THROW(user.get_or_none(user["id"] > 0), MultipleFound);
  EXPECT_TRUE(user.get_or_none(2).has_value());
}

TEST_P(Writing, LoadReadsTheRowAgain) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row mine = db["User"].get(1);
  const Row theirs = db["User"].get(1);
  theirs.set("username", "hugo");
  theirs.save();
  EXPECT_EQ(mine["username"].text(), "huey");
  QueryCount count(db);
  mine.load();
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(mine["username"].text(), "hugo");
  EXPECT_FALSE(mine.is_dirty());
}

TEST_P(Writing, LoadRefusesToLoseChangesUnlessTold) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row row = db["User"].get(1);
  row.set("username", "hugo");
  QueryCount count(db);
  EXPECT_THAT([&] { row.load(); }, ThrowsMessage<StateError>(HasSubstr("unsaved changes")));
  EXPECT_EQ(count.count(), 0U);
  row.load(true);
  EXPECT_EQ(row["username"].text(), "huey");
  EXPECT_FALSE(row.is_dirty());
  EXPECT_THROW(db["User"].make({{"username", "new"}}).load(), StateError);
}

TEST_P(Writing, WritesToEveryRowMustBeSaidOnPurpose) {
  const Database db = social();
  const Model user = db["User"];
  for (const char* name : {"huey", "mickey"}) user.create({{"username", name}});
  QueryCount count(db);
  EXPECT_THAT(
      [&] {
        user.select().update({{"username", "x"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("update_every()")));
  EXPECT_THAT([&] { user.select().delete_rows(); }, ThrowsMessage<QueryError>(HasSubstr("delete_every()")));
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(user.update_every({{"username", "same"}}), 2);
  EXPECT_EQ(user.select().where(user["username"] == "same").delete_rows(), 2);
  user.create({{"username", "huey"}});
  EXPECT_EQ(user.delete_every(), 1);
}

TEST_P(Writing, UpdateComputesInTheDatabase) {
  const Database db = open(
      R"({"dorm": 1, "models": {"Counter": {"fields": {"name": {"type": "text"}, "hits": {"type": "bigint"}, "limit": {"type": "bigint"}}}}})");
  const Model counter = db["Counter"];
  counter.create({{"name", "a"}, {"hits", 1}, {"limit", 10}});
  counter.create({{"name", "b"}, {"hits", 5}, {"limit", 10}});
  EXPECT_EQ(counter.select().where(counter["name"] == "a").update({{"hits", counter["hits"] + 1}}), 1);
  EXPECT_EQ(counter.select()
                .where(counter["hits"] < counter["limit"])
                .update({{"hits", counter["limit"] - counter["hits"] * 2}, {"name", counter["name"].concat("!")}}),
            2);
  EXPECT_THAT(texts(counter.select().order_by(counter["id"]), "hits"), ElementsAre("6", "0"));
  EXPECT_THAT(texts(counter.select().order_by(counter["id"]), "name"), ElementsAre("a!", "b!"));
}

TEST_P(Writing, UpdateRefusesUnknownTwiceAndNothing) {
  const Database db = social();
  const Model user = db["User"];
  const auto some = user.select().where(user["id"] == 1);
  QueryCount count(db);
  EXPECT_THAT(
      [&] {
        some.update({{"usernam", "x"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("did you mean 'username'?")));
  EXPECT_THROW(some.update({{"username", "x"}, {"username", "y"}}), QueryError);
  EXPECT_THROW(some.update({}), QueryError);
  EXPECT_THROW(some.update({{"username", 7}}), DataError);
  EXPECT_THROW(some.limit(1).delete_rows(), QueryError);
  EXPECT_THROW(user.select().join(db["Tweet"]).where(user["id"] == 1).delete_rows(), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Writing, AKeyCanBeChanged) {
  const Database db = open(
      R"({"dorm": 1, "models": {"Country": {"fields": {"code": {"type": "string", "max_length": 2, "primary_key": true}, "name": {"type": "text"}}}}})");
  const Row row = db["Country"].create({{"code", "de"}, {"name", "Germany"}});
  row.set("code", "DE");
  EXPECT_TRUE(row.save());
  EXPECT_EQ(db["Country"].count(), 1);
  EXPECT_EQ(db["Country"].get("DE")["name"].text(), "Germany");
  row.set("name", "Deutschland");
  EXPECT_TRUE(row.save());
  EXPECT_EQ(db["Country"].get("DE")["name"].text(), "Deutschland");
}

TEST_P(Writing, ImmutableFieldsAreWrittenOnce) {
  const Database db =
      open(R"({"dorm": 1, "models": {"Letter": {"fields": {"sent": {"type": "date", "immutable": true}}}}})");
  const Row row = db["Letter"].create({{"sent", Date::parse("2026-11-21")}});
  EXPECT_THROW(row.set("sent", Date::parse("2026-11-22")), QueryError);
  EXPECT_EQ(row["sent"].date(), Date::parse("2026-11-21"));
}

TEST_P(Writing, ACopyIsANewRow) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  const Row copy = huey.copy();
  EXPECT_FALSE(copy.is_saved());
  copy.save();
  EXPECT_EQ(copy["id"].integer(), 2);
  EXPECT_EQ(copy["username"].text(), "huey");
  EXPECT_FALSE(copy == huey);
}

TEST_P(Writing, ADetachedRowIsTheSameRowAlone) {
  const Database db = social();
  db["User"].create({{"username", "huey"}});
  const Row alone = db["User"].all()[0].detached();
  EXPECT_TRUE(alone == db["User"].get(1));
  alone.set("username", "hugo");
  alone.save();
  EXPECT_EQ(db["User"].get(1)["username"].text(), "hugo");
}

TEST_P(Writing, ARowWithoutItsKeyIsReadOnly) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  const Row row = user.select(user["username"]).get();
  row.set("username", "hugo");
  EXPECT_THROW(row.save(), StateError);
  EXPECT_THROW(row.delete_row(), StateError);
}

TEST_P(Writing, FlatRowsCannotBeWritten) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  const Row row = user.select().dicts().get();
  EXPECT_THROW(row.set("username", "x"), StateError);
  EXPECT_THROW(row.save(), StateError);
}

}  // namespace
}  // namespace dorm::test
