// The worked example of the schema format, end to end: uuid keys, mixins, self-references, payload links, ordered
// back-references.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Blog : public Api {
 protected:
  Database blog() { return open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/blog")); }
  static Row user(const Database& db, const char* name) {
    return db["User"].create({{"username", name}, {"password_hash", "x"}});
  }
  static Row tweet(const Database& db, const Row& author, const char* body, const char* when) {
    return db["Tweet"].create({{"author", author}, {"body", body}, {"created_at", DateTime::parse(when)}});
  }
};
DORM_API_TESTS(Blog);

TEST_P(Blog, AModelMayLinkToItself) {
  const Database db = blog();
  const Row ada = user(db, "ada"), bob = user(db, "bob"), eve = user(db, "eve");
  EXPECT_EQ(ada.related("following").add({bob, eve}), 2);
  EXPECT_EQ(bob.related("following").add(eve), 1);
  EXPECT_THAT(texts(ada.related("following"), "username"), UnorderedElementsAre("bob", "eve"));
  EXPECT_THAT(texts(eve.related("followers"), "username"), UnorderedElementsAre("ada", "bob"));
  EXPECT_THAT(texts(ada.related("followers"), "username"), IsEmpty());
  EXPECT_EQ(db["Follow"].count(), 3);
  const Row follow = db["Follow"].get(Values{bob["id"].uuid(), eve["id"].uuid()});
  EXPECT_EQ(follow["follower"]["username"].text(), "bob");
  EXPECT_EQ(follow["followee"]["username"].text(), "eve");
  EXPECT_THROW(ada.related("following").add(ada), CheckViolation);
}

TEST_P(Blog, ABackReferenceKeepsItsOwnOrder) {
  const Database db = blog();
  const Row ada = user(db, "ada"), bob = user(db, "bob");
  tweet(db, ada, "old", "2026-01-01 00:00");
  tweet(db, ada, "new", "2026-03-01 00:00");
  tweet(db, bob, "other", "2026-02-01 00:00");
  EXPECT_THAT(texts(ada.related("tweets"), "body"), ElementsAre("new", "old"));
  EXPECT_THAT(texts(ada.related("tweets").query(), "body"), ElementsAre("new", "old"));
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& each : db["User"].select().order_by(db["User"]["username"]))
    for (const Row& t : each.related("tweets")) seen.push_back(t["body"].to_text());
  EXPECT_THAT(seen, ElementsAre("new", "old", "other"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Blog, RepliesFormATreeThatLosesItsRoot) {
  const Database db = blog();
  const Row ada = user(db, "ada");
  const Row root = tweet(db, ada, "root", "2026-01-01 00:00");
  const Row reply = db["Tweet"].create({{"author", ada}, {"body", "reply"}, {"reply_to", root}});
  EXPECT_THAT(texts(root.related("replies"), "body"), ElementsAre("reply"));
  EXPECT_EQ(reply["reply_to"]["author"]["username"].text(), "ada");
  root.delete_row();
  reply.load();
  EXPECT_TRUE(reply["reply_to"].is_null());
  ada.delete_row();
  EXPECT_EQ(db["Tweet"].count(), 0);
}

TEST_P(Blog, LinksWithPayloadAreRowsOfTheirModel) {
  const Database db = blog();
  const Row ada = user(db, "ada"), bob = user(db, "bob");
  const Row meow = tweet(db, ada, "meow", "2026-01-01 00:00");
  EXPECT_EQ(meow.related("favorited_by").add(bob), 1);
  EXPECT_EQ(meow.related("favorited_by").add(bob), 0);
  const Row favorite = db["Favorite"].select().get();
  EXPECT_FALSE(favorite["created_at"].is_null());
  EXPECT_TRUE(favorite["user"].row() == bob);
  EXPECT_THAT(texts(bob.related("favorite_tweets"), "body"), ElementsAre("meow"));
  EXPECT_THROW(db["Favorite"].create({{"user", bob}, {"tweet", meow}}), UniqueViolation);
}

TEST_P(Blog, AUnionOfQueriesAndAForeignKeyByRowInUpdates) {
  const Database db = blog();
  const Row ada = user(db, "ada"), bob = user(db, "bob");
  tweet(db, ada, "a", "2026-01-01 00:00");
  tweet(db, bob, "b", "2026-02-01 00:00");
  const Model t = db["Tweet"];
  EXPECT_EQ(t.select().where(t["author"] == ada).update({{"author", bob}, {"reply_to", nullptr}}), 1);
  EXPECT_EQ(bob.related("tweets").count(), 2);
  EXPECT_EQ(t.select()
                .where(t["author"].in(db["User"].select(db["User"]["id"]).where(db["User"]["username"] == "bob")))
                .count(),
            2);
  EXPECT_EQ(t.select().where(t["author"] != bob).count(), 0);
}

TEST_P(Blog, LazyPoliciesOfTheModelHold) {
  const Database db = blog();
  const Row ada = user(db, "ada");
  tweet(db, ada, "a", "2026-01-01 00:00");
  tweet(db, ada, "b", "2026-02-01 00:00");
  const Model t = db["Tweet"];
  const Rows several = t.select().all();
  EXPECT_THROW(several[0]["author"]["username"], Error);
  EXPECT_EQ(t.select().lazy(LazyPolicy::batch).all()[0]["author"]["username"].text(), "ada");
  EXPECT_EQ(t.select().where(t["body"] == "a").get()["author"]["username"].text(), "ada");
}

TEST_P(Blog, ARowThatWasDeletedCanBeInsertedAgain) {
  const Database db = blog();
  const Row ada = user(db, "ada");
  const Uuid key = ada["id"].uuid();
  ada.delete_row();
  EXPECT_TRUE(ada.save());
  EXPECT_EQ(db["User"].get(key)["username"].text(), "ada");
}

}  // namespace
}  // namespace dorm::test
