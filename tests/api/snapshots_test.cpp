// Rows and handles from before a reload beside those from after it: models and fields are known by name, not by number.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::string_view cats_before = R"({"dorm": 1, "models": {
  "User": {"fields": {"code": {"type": "integer", "primary_key": true}, "name": {"type": "text"}}},
  "Tag": {"fields": {"code": {"type": "integer", "primary_key": true}, "name": {"type": "text"}}},
  "Note": {"fields": {"user": {"type": "foreign_key", "to": "User", "backref": "notes"}, "text": {"type": "text"},
                      "tags": {"type": "many_to_many", "to": "Tag", "backref": "notes"}}}
}})";
// The same tables, every model and every field with another number.
constexpr std::string_view cats_after = R"({"dorm": 1, "models": {
  "Tag": {"fields": {"name": {"type": "text"}, "code": {"type": "integer", "primary_key": true}}},
  "Note": {"fields": {"tags": {"type": "many_to_many", "to": "Tag", "backref": "notes"}, "text": {"type": "text"},
                      "user": {"type": "foreign_key", "to": "User", "backref": "notes"}}},
  "User": {"fields": {"name": {"type": "text"}, "code": {"type": "integer", "primary_key": true}}}
}})";

class Snapshots : public Api {
 protected:
  void SetUp() override {
    db.emplace(open(cats_before));
    (*db)["User"].create({{"code", 1}, {"name", "huey"}});
    (*db)["User"].create({{"code", 2}, {"name", "mickey"}});
    (*db)["Tag"].create({{"code", 1}, {"name", "loud"}});
    (*db)["Note"].create({{"user", 1}, {"text", "meow"}});
    (*db)["Note"].create({{"user", 2}, {"text", "woof"}});
    old_user.emplace((*db)["User"]);
    old_note.emplace((*db)["Note"]);
    huey = old_user->get(1);
    loud = (*db)["Tag"].get(1);
    meow = old_note->get(1);
    const Registry old = db->registry();
    db->use(Registry::parse(cats_after));
    ASSERT_EQ(old.storage_hash(), db->registry().storage_hash());
    ASSERT_NE(old.get("User").id, db->registry().get("User").id);
    user.emplace((*db)["User"]);
    note.emplace((*db)["Note"]);
  }

  std::optional<Database> db;
  std::optional<Model> old_user, old_note, user, note;
  Row huey, loud, meow;
};
DORM_API_TESTS(Snapshots);

TEST_P(Snapshots, AnOldRowIsAConditionOfANewQuery) {
  EXPECT_THAT(texts(note->select().where((*note)["user"] == huey), "text"), ElementsAre("meow"));
  EXPECT_THAT(texts(note->select().where((*note)["user"] != huey), "text"), ElementsAre("woof"));
  EXPECT_THAT(texts(note->select().where((*note)["user"].in({huey})), "text"), ElementsAre("meow"));
  EXPECT_THAT(texts(user->select().where((*user)["code"] == huey), "name"), ElementsAre("huey"));
  EXPECT_THAT(texts(old_note->select().where((*old_note)["user"] == user->get(2)), "text"), ElementsAre("woof"));
  EXPECT_THAT([&] { static_cast<void>((*note)["user"] == loud); },
              ThrowsMessage<QueryError>(HasSubstr("refers to model 'User', but is compared with a row of 'Tag'")));
}

TEST_P(Snapshots, AnOldRowIsAssignedToANewOne) {
  const Row made = note->create({{"user", huey}, {"text", "purr"}});
  EXPECT_EQ(made["user_id"].integer(), 1);
  EXPECT_EQ(made["user"]["name"].text(), "huey");
  EXPECT_THROW(made.set("user", loud), QueryError);
  const Row late = old_user->make({{"code", 3}, {"name", "zaizee"}});
  const Row pending = note->make({{"user", late}, {"text", "hiss"}});
  late.save();
  pending.save();
  EXPECT_EQ(pending["user_id"].integer(), 3);
  EXPECT_EQ(note->select().where((*note)["text"] == "woof").update({{"user", huey}}), 1);
  EXPECT_EQ(note->get(2)["user_id"].integer(), 1);
  EXPECT_THROW(note->select().where((*note)["text"] == "woof").update({{"user", loud}}), QueryError);
}

TEST_P(Snapshots, AnOldRowIsEqualToTheNewOneOfItsKey) {
  EXPECT_TRUE(huey == user->get(1));
  EXPECT_TRUE(user->get(1) == huey);
  EXPECT_FALSE(huey == user->get(2));
  EXPECT_FALSE(huey == (*db)["Tag"].get(1));
}

TEST_P(Snapshots, AnOldRowIsLinkedToANewOne) {
  const Row fresh = note->get(1);
  EXPECT_EQ(fresh.related("tags").add(loud), 1);
  EXPECT_EQ(meow.related("tags").add((*db)["Tag"].get(1)), 0) << "linked already";
  EXPECT_THAT(texts(meow.related("tags"), "name"), ElementsAre("loud"));
  EXPECT_THROW(fresh.related("tags").add(huey), QueryError);
  EXPECT_EQ(fresh.related("tags").remove(loud), 1);
}

TEST_P(Snapshots, OldHandlesJoinNewOnes) {
  for (const auto& [from, to] : {std::pair(*note, *old_user), std::pair(*old_note, *user)}) {
    const Query query = from.select(from, to).join(to).order_by(from["text"]);
    QueryCount count(*db);
    std::vector<std::string> seen;
    for (const Row& row : query) seen.push_back(row["user"]["name"].to_text() + " " + row["text"].to_text());
    EXPECT_THAT(seen, ElementsAre("huey meow", "mickey woof"));
    EXPECT_EQ(count.count(), 1U);
    EXPECT_EQ(to.select().join(from).where(from["text"] == "woof").get()["name"].text(), "mickey");
    EXPECT_EQ(to.select().join(from, {.on = from["user"]}).count(), 2);
    EXPECT_EQ(to.select().join(from, {.on = to["notes"]}).count(), 2);
  }
}

TEST_P(Snapshots, ColumnsOfOldAndNewHandlesAreNotMixedUp) {
  // One text of shape for both would give one of them the other's column.
  EXPECT_THAT(texts(user->select((*user)["name"].as("v")).order_by((*user)["code"]).dicts(), "v"),
              ElementsAre("huey", "mickey"));
  EXPECT_THAT(texts(user->select((*old_user)["name"].as("v")).order_by((*user)["code"]).dicts(), "v"),
              ElementsAre("huey", "mickey"));
  EXPECT_THAT(texts(user->select((*old_user)["code"].as("v")).order_by((*user)["code"]).dicts(), "v"),
              ElementsAre("1", "2"));
}

}  // namespace
}  // namespace dorm::test
