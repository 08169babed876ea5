// First seed, "Model definitions" and "Creating test data": S-01 to S-07.

#include <algorithm>
#include <memory>
#include <mutex>

#include "seeds/social_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SeedModels : public SocialWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedModels, testing::ValuesIn(backends()), backend_name);

// S-01: "Every foreign-key field has an implied back-reference, which is exposed as a pre-filtered Select query using
// the provided backref attribute."
TEST_P(SeedModels, EveryForeignKeyHasABackReferenceThatIsAPreFilteredSelect) {
  const Row huey = get_user("huey");
  expect_sql(
      huey.related("tweets").sql(),
      R"(SELECT "t1"."id", "t1"."content", "t1"."timestamp", "t1"."user_id" FROM "tweet" AS "t1" WHERE ("t1"."user_id" = ?))",
      {1});
  expect_sql(huey.related("favorites").sql(),
             R"(SELECT "t1"."id", "t1"."user_id", "t1"."tweet_id" FROM "favorite" AS "t1" WHERE ("t1"."user_id" = ?))",
             {1});
  const Row purr = tweet.get(tweet["content"] == "purr");
  expect_sql(purr.related("favorites").sql(),
             R"(SELECT "t1"."id", "t1"."user_id", "t1"."tweet_id" FROM "favorite" AS "t1" WHERE ("t1"."tweet_id" = ?))",
             {3});
}

// S-02: a model that declares no key has an integer `id`.
TEST_P(SeedModels, AModelWithoutAKeyHasAnImplicitId) {
  for (const Model& model : {user, tweet, favorite}) {
    ASSERT_EQ(model.info().primary_key.size(), 1U);
    const FieldInfo& key = model.info().fields[model.info().primary_key.front()];
    EXPECT_EQ(key.name, "id");
    EXPECT_TRUE(key.auto_increment);
    EXPECT_EQ(key.index, 0U) << "the key comes first";
  }
  EXPECT_THAT(column(user.select().order_by(user["id"]), "id"), ElementsAre("1", "2", "3"));
}

// S-03: timestamp = DateTimeField(default=datetime.datetime.now)
TEST_P(SeedModels, ADefaultOfNowIsEvaluatedForEachRow) {
  const Row huey = get_user("huey");
  const DateTime before = DateTime::now();
  const Row first = tweet.create({{"user", huey}, {"content", "first"}});
  while (DateTime::now() == first["timestamp"].datetime()) {
  }
  const Row second = tweet.create({{"user", huey}, {"content", "second"}});
  EXPECT_LE(before, first["timestamp"].datetime());
  EXPECT_LT(first["timestamp"].datetime(), second["timestamp"].datetime());
  EXPECT_LE(second["timestamp"].datetime(), DateTime::now());
  EXPECT_EQ(tweet.get(first["id"].integer())["timestamp"].datetime(), first["timestamp"].datetime())
      << "as it was stored";
}

// S-04: "db.create_tables([User, Tweet, Favorite])", "User.create(username=username)", "User.get(User.username ==
// username)", "Tweet.create(user=user, content=tweet)".
TEST_P(SeedModels, TablesRowsAndKeysAreMadeAsTheSeedMakesThem) {
  db.drop_tables();
  db.create_tables({"User", "Tweet", "Favorite"});
  const Row made = user.create({{"username", "huey"}});
  EXPECT_TRUE(made.is_saved());
  const Row found = user.get(user["username"] == "huey");
  EXPECT_EQ(found, made);
  const Row meow = tweet.create({{"user", found}, {"content", "meow"}});
  EXPECT_EQ(meow["user_id"].integer(), found["id"].integer());
  QueryCount count(db);
  EXPECT_EQ(meow["user"]["username"].text(), "huey");
  EXPECT_EQ(count.count(), 0U) << "the row that was given is there already";
  EXPECT_EQ(tweet.count(), 1);
  EXPECT_THROW(user.get(user["username"] == "charlie"), NotFound);
  EXPECT_THROW(db["Category"].count(), SchemaMismatch) << "only the tables asked for were made";
}

// S-05, the table of the seed:
//   huey    meow   zaizee
//   huey    hiss
//   huey    purr   mickey, zaizee
//   mickey  woof
//   mickey  whine  huey
TEST_P(SeedModels, TheTestDataIsTheSeedsTable) {
  const auto print = [](const Row& row) {
    std::string line = row["user"]["username"].to_text() + " " + row["content"].to_text() + ":";
    Lines likers;
    for (const Row& like : row.related("favorites")) likers.push_back(like["user"]["username"].to_text());
    std::sort(likers.begin(), likers.end());
    for (const std::string& liker : likers) line += " " + liker;
    return line;
  };
  EXPECT_THAT(
      lines(tweet.select().order_by(tweet["id"]), print),
      ElementsAre("huey meow: zaizee", "huey hiss:", "huey purr: mickey zaizee", "mickey woof:", "mickey whine: huey"));
  EXPECT_EQ(get_user("zaizee").related("tweets").size(), 0U);
  EXPECT_EQ(user.count(), 3);
  EXPECT_EQ(tweet.count(), 5);
  EXPECT_EQ(favorite.count(), 4);
}

class Log final : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    const std::lock_guard lock(mutex_);
    if (!event.internal) statements_.emplace_back(event.sql);
  }
  Lines statements() const {
    const std::lock_guard lock(mutex_);
    return statements_;
  }

 private:
  mutable std::mutex mutex_;
  Lines statements_;  // guarded by mutex_
};

// S-06: "you can add the following code, which will log all queries to the console"
TEST_P(SeedModels, AnObserverSeesEveryQueryAndNoValue) {
  const auto log = std::make_shared<Log>();
  {
    const std::shared_ptr<void> logging = db.add_observer(log);
    const Row charlie = user.create({{"username", "charlie"}});
    EXPECT_EQ(get_user("charlie"), charlie);
  }
  EXPECT_EQ(user.count(), 4) << "no longer logged";
  const std::string insert = R"(INSERT INTO "user" ("username") VALUES (?))";
  EXPECT_THAT(
      log->statements(),
      ElementsAre(spelled(insert) + (on_postgres() ? R"( RETURNING "id")" : ""),
                  testing::StartsWith(spelled(
                      R"(SELECT "t1"."id", "t1"."username" FROM "user" AS "t1" WHERE ("t1"."username" = ?))"))));
  for (const std::string& statement : log->statements()) EXPECT_THAT(statement, testing::Not(HasSubstr("charlie")));
}

// S-07: "In SQLite, foreign keys are not enabled by default … ON DELETE behaviour will be ignored". dorm enables them.
TEST_P(SeedModels, ForeignKeysAreEnforced) {
  EXPECT_THROW(tweet.create({{"user_id", 4711}, {"content", "whose?"}}), ForeignKeyViolation);
  EXPECT_THROW(get_user("huey").delete_row(), ForeignKeyViolation);
  EXPECT_EQ(tweet.count(), 5);
  EXPECT_EQ(user.count(), 3);
}

// S-07: "deleted record IDs can be reused, this can lead to subtle bugs". They are not (rule 17).
TEST_P(SeedModels, IdsOfDeletedRowsAreNeverReused) {
  const Row charlie = user.create({{"username", "charlie"}});
  const std::int64_t id = charlie["id"].integer();
  charlie.delete_row();
  EXPECT_GT(user.create({{"username", "charlie"}})["id"].integer(), id);
}

class SeedOnDelete : public SeedWorld {
 protected:
  SeedOnDelete()
      : SeedWorld(Registry::parse(R"({"dorm": 1, "models": {
          "User": {"fields": {"username": {"type": "text"}}},
          "Tweet": {"fields": {
            "content": {"type": "text"},
            "user": {"type": "foreign_key", "to": "User", "backref": "tweets", "on_delete": "cascade"},
            "editor": {"type": "foreign_key", "to": "User", "backref": false, "nullable": true, "on_delete": "set_null"}}}}})")) {
    db.create_tables();
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedOnDelete, testing::ValuesIn(backends()), backend_name);

// S-07: "Ensure foreign-key constraints are enforced."
TEST_P(SeedOnDelete, OnDeleteIsDoneByTheDatabase) {
  const Model user = db["User"];
  const Model tweet = db["Tweet"];
  const Row huey = user.create({{"username", "huey"}});
  const Row mickey = user.create({{"username", "mickey"}});
  tweet.create({{"user", huey}, {"content", "meow"}});
  tweet.create({{"user", mickey}, {"editor", huey}, {"content", "woof"}});
  huey.delete_row();
  const Rows left = tweet.all();
  EXPECT_THAT(column(left, "content"), ElementsAre("woof"));
  EXPECT_TRUE(left[0]["editor_id"].is_null());
  EXPECT_TRUE(left[0]["editor"].is_null());
}

}  // namespace
}  // namespace dorm::test
