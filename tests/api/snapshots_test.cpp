// Rows and handles from before a reload beside those from after it: models and fields are known by name, not by number.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
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

TEST_P(Snapshots, AnOldHandleNamesTheOrderOfANewUnion) {
  const Query names = user->select((*user)["name"]).union_all(user->select((*user)["name"]));
  EXPECT_THAT(texts(names.order_by((*old_user)["name"].desc()).dicts().all(), "name"),
              ElementsAre("mickey", "mickey", "huey", "huey"));
}

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

// ---- handles of two databases ----

class TwoDatabases : public Api {
 protected:
  Database named(const char* name) {
    DatabaseConfig config;
    config.name = name;
    config.url = fresh_database(GetParam());
    Database made = Database::open(config, registry_);
    made.create_tables();
    made["User"].create({{"code", 1}, {"name", name}});
    made["Note"].create({{"user", 1}, {"text", "meow"}});
    return made;
  }

 private:
  const Registry registry_ = Registry::parse(cats_before);
};
DORM_API_TESTS(TwoDatabases);

TEST_P(TwoDatabases, AQueryTakesItsHandlesFromOneOfThem) {
  const Database app = named("app"), archive = named("archive");
  const Model user = app["User"], note = app["Note"], other = archive["User"], others = archive["Note"];
  const QueryCount here(app), there(archive);
  const auto expect_refused = [](const auto& action, const char* what) {
    SCOPED_TRACE(what);
    EXPECT_THAT(action, ThrowsMessage<QueryError>(AllOf(HasSubstr("database 'app'"), HasSubstr("database 'archive'"),
                                                        HasSubstr("take all handles of a query from one"),
                                                        Not(HasSubstr(":")))));
  };
  expect_refused([&] { note.select().join(other).all(); }, "a join");
  expect_refused([&] { note.select().join(other.alias("u")).all(); }, "a join of an alias");
  expect_refused([&] { user.select().join(others.select().alias("n"), {.on = Expr(true)}).all(); }, "a subquery");
  expect_refused([&] { user.select().where(other["code"] == 1).all(); }, "a condition");
  expect_refused([&] { user.select(user["name"], other["code"]).dicts().count(); }, "a column");
  expect_refused([&] { user.select().where(user["code"].in(others.select(others["user"]))).exists(); },
                 "a query in in");
  expect_refused([&] { user.select().where(user["code"] == Expr(others.select(fn::max(others["id"])))).sql(); },
                 "a query as a value");
  expect_refused([&] { user.select().union_all(other.select()).all(); }, "a union");
  expect_refused([&] { prefetch(user.select(), others.select()); }, "a prefetch");
  const CommonTable table = others.select(others["user"].as("who")).cte("notes");
  expect_refused([&] { user.select().join(table, {.on = table.c("who") == user["code"]}).with_cte(table).all(); },
                 "a common table");
  expect_refused([&] { user.select().where(user["code"] == 1).update({{"name", other["name"]}}); }, "an update");
  expect_refused([&] { user.select().where(user["code"].in(other.select(other["code"]))).delete_rows(); }, "a delete");
  expect_refused(
      [&] {
        user.insert_from(other.select(other["code"], other["name"]), {"code", "name"}).run();
      },
      "an insert");
  expect_refused([&] { user.objects().filter(other["code"] == 1).all(); }, "a filter");
  expect_refused([&] { user.objects().filter("code__in", others.objects()).all(); }, "a set in a filter");
  expect_refused([&] { user.objects().filter(any("notes", Filter("text", others["text"]))).all(); }, "any");
  expect_refused([&] { user.objects().filter(user["code"].in(other.objects())).count(); }, "a set in in");
  expect_refused([&] { user.objects().order_by(other["name"].asc()).all(); }, "an order");
  expect_refused([&] { user.objects().annotate("x", other["name"]).all(); }, "an annotation");
  expect_refused([&] { user.objects().prefetch_related(Prefetch("notes").where("text", others["text"])).all(); },
                 "a Prefetch");
  EXPECT_EQ(here.count() + there.count(), 0U) << "nothing was sent";
}

TEST_P(TwoDatabases, WhatBelongsToOneOfThemIsUsedThereAsBefore) {
  const Database app = named("app"), archive = named("archive");
  for (const Database* db : {&app, &archive}) {
    const Model user = (*db)["User"], note = (*db)["Note"];
    const Rows rows = note.select(note, user).join(user).where(user["code"].in(user.select(user["code"]))).all();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["user"]["name"].text(), db == &app ? "app" : "archive");
    EXPECT_EQ(user.objects().filter(any("notes", Filter("text", "meow"))).prefetch_related("notes").count(), 1);
    EXPECT_EQ(user.get(1).related("notes").filter(note["text"] == "meow").count(), 1);
    EXPECT_EQ(note["tags"].through().select().count(), 0);
  }
  // Two of one name are two all the same.
  const Database twin = named("app");
  const Model twins = twin["User"];
  EXPECT_THAT([&] { app["User"].select().where(twins["code"] == 1).all(); },
              ThrowsMessage<QueryError>(HasSubstr("another one of that name")));
  // Rows are values of their keys.
  const Row huey = archive["User"].get(1);
  EXPECT_EQ(app["Note"].select().where(app["Note"]["user"] == huey).count(), 1);
}

}  // namespace
}  // namespace dorm::test
