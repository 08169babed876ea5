// Graphs of rows made in memory, and graphs that were loaded and changed, are saved in the order of their keys, new
// rows of one model in one statement.
#include <algorithm>
#include <map>

#include "api/world.hpp"
#include "dorm/query_set.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class SaveRelated : public Api {
 protected:
  Database school() { return open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m")); }
  std::size_t max_parameters() const { return is_postgres() ? 65'535 : 32'766; }
};
DORM_API_TESTS(SaveRelated);

// ---- rows in memory ----

TEST_P(SaveRelated, JsonMakesOneGraphThatIsReadBeforeItIsSaved) {
  const Database db = social();
  QueryCount count(db);
  const Row huey = db["User"].from_json(
      R"({"username": "huey", "tweets": [{"content": "meow", "favorites": []}, {"content": "purr"}]})");
  EXPECT_FALSE(huey.is_saved());
  EXPECT_THAT(texts(huey.related("tweets"), "content"), ElementsAre("meow", "purr"));
  const Row meow = huey.related("tweets")[0];
  EXPECT_FALSE(meow.is_saved());
  EXPECT_TRUE(meow["user"].row().same_row(huey));
  EXPECT_TRUE(meow.related("favorites").empty());
  EXPECT_EQ(count.count(), 0U);
  EXPECT_THROW(huey.related("tweets")[1].related("favorites").size(), StateError);
  EXPECT_THAT([&] { meow.save(); }, ThrowsMessage<StateError>(HasSubstr("save_related()")));
  huey.save();
  EXPECT_TRUE(meow.save()) << "one by one it goes, too";
  EXPECT_EQ(meow["user_id"].integer(), 1);
}

TEST_P(SaveRelated, AnObjectOfAKeyAloneIsTheRowThatIsThere) {
  const Database db = social();
  for (const char* name : {"huey", "mickey"}) db["User"].create({{"username", name}});
  QueryCount count(db);
  for (const char* text : {R"({"content": "hiss", "user": {"id": 2}})", R"({"content": "hiss", "user": 2})"}) {
    const Row tweet = db["Tweet"].from_json(text);
    EXPECT_EQ(tweet["user_id"].integer(), 2);
    EXPECT_EQ(count.count(), 0U);
    EXPECT_EQ(tweet["user"]["username"].text(), "mickey");
    count.reset();
    EXPECT_EQ(save_related(tweet), 1);
    EXPECT_EQ(count.count(), 1U);
    count.reset();
  }
}

TEST_P(SaveRelated, AnObjectWithAGeneratedKeyAndMoreIsThatRowChanged) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  const Row tweet = db["Tweet"].from_json(
      R"({"content": "hiss", "user": {"id": 1, "username": "hugo", "tweets": [{"id": 1, "content": "purr"}, {"content": "new"}]}})");
  EXPECT_EQ(tweet["user_id"].integer(), 1);
  const Row user = tweet["user"].row();
  EXPECT_TRUE(user.is_saved());
  EXPECT_THAT(user.dirty_fields(), ElementsAre("username"));
  EXPECT_TRUE(user.related("tweets").is_partial()) << "what is listed is not all that it has";
  EXPECT_EQ(save_related(tweet, true), 4);
  EXPECT_EQ(db["User"].get(1)["username"].text(), "hugo");
  EXPECT_THAT(texts(db["User"].get(1).related("tweets"), "content"), UnorderedElementsAre("hiss", "purr", "new"));
  EXPECT_EQ(db["Tweet"].get(1)["content"].text(), "purr");
  const Row gone = db["User"].from_json(R"({"username": "x", "tweets": [{"id": 77, "content": "y"}]})");
  EXPECT_THROW(save_related(gone), NotFound);
  EXPECT_EQ(db["User"].count(), 1) << "nothing of it is left";
}

constexpr std::string_view travellers = R"({"dorm": 1, "models": {
  "Person": {"fields": {
    "id": {"type": "uuid", "primary_key": true, "default": {"fn": "uuid7"}},
    "name": {"type": "text"},
    "created": {"type": "datetime", "db_default": {"fn": "now"}},
    "mentor": {"type": "foreign_key", "to": "Person", "nullable": true, "backref": "pupils"}}},
  "Passport": {"fields": {"number": {"type": "text"}, "owner": {"type": "one_to_one", "to": "Person", "backref": "passport"}}},
  "Visit": {"fields": {"land": {"type": "foreign_key", "to": "Land", "backref": "visits",
                                "columns": {"land_continent": "continent", "land_number": "number"}},
                       "person": {"type": "foreign_key", "to": "Person", "backref": "visits"}}},
  "Land": {"fields": {"continent": {"type": "string", "max_length": 2}, "number": {"type": "integer"}, "name": {"type": "text"}},
           "primary_key": ["continent", "number"]}
}})";

TEST_P(SaveRelated, AKeyThatProgramsGiveMakesANewRow) {
  const Database db = open(travellers);
  const Row ada = db["Person"].from_json(R"({"name": "Ada", "passport": {"number": "A1"}, "pupils": [
    {"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "name": "Bob"}, {"name": "Eve"}, {"name": "Zoe"}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(ada), 5);
  EXPECT_THAT(count.statements(),
              ElementsAre(StartsWith("INSERT INTO \"person\""), StartsWith("INSERT INTO \"person\""),
                          StartsWith("INSERT INTO \"passport\"")));
  const Row bob = db["Person"].get(Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
  EXPECT_EQ(bob["name"].text(), "Bob");
  EXPECT_EQ(bob["mentor_id"].uuid(), ada["id"].uuid());
  for (const Row& pupil : ada.related("pupils")) {
    const Row stored = db["Person"].get(pupil["id"].uuid());
    EXPECT_EQ(stored["name"].text(), pupil["name"].text());
    EXPECT_EQ(stored["created"].datetime(), pupil["created"].datetime());
  }
  EXPECT_EQ(db["Passport"].get(1)["owner"]["name"].text(), "Ada");
  EXPECT_EQ(ada["passport"]["id"].integer(), 1);
}

TEST_P(SaveRelated, CompositeKeysAreMembersOrLists) {
  const Database db = open(travellers);
  const Row ada = db["Person"].from_json(R"({"name": "Ada", "visits": [
    {"land": {"continent": "eu", "number": 1, "name": "France"}}, {"land": {"continent": "eu", "number": 2, "name": "Spain"}}]})");
  EXPECT_EQ(save_related(ada, true), 5);
  const Row bob = db["Person"].from_json(
      R"({"name": "Bob", "visits": [{"land": {"number": 2, "continent": "eu"}}, {"land": ["eu", 1]}]})");
  EXPECT_EQ(save_related(bob, true), 3);
  std::vector<std::string> seen;
  for (const Row& visit : db["Visit"].select().order_by(db["Visit"]["id"]))
    seen.push_back(visit["person"]["name"].to_text() + " in " + visit["land"]["name"].to_text());
  EXPECT_THAT(seen, ElementsAre("Ada in France", "Ada in Spain", "Bob in Spain", "Bob in France"));
}

TEST_P(SaveRelated, ARowThatIsThereIsMovedByAList) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "purr"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  const Row mickey = db["User"].from_json(R"({"username": "mickey", "tweets": [{"id": 2}, 2]})");
  EXPECT_THAT(mickey.related("tweets"), SizeIs(1)) << "named twice, there once";
  EXPECT_EQ(mickey.related("tweets")[0]["content"].text(), "purr") << "what is not given is read";
  EXPECT_EQ(save_related(mickey), 2);
  EXPECT_EQ(db["Tweet"].get(2)["user"]["username"].text(), "mickey");
  EXPECT_EQ(db["Tweet"].get(2)["content"].text(), "purr");
  EXPECT_EQ(db["Tweet"].get(1)["user"]["username"].text(), "huey");
}

TEST_P(SaveRelated, MistakesInJsonNameTheirPath) {
  const Database db = social();
  const Model user = db["User"];
  QueryCount count(db);
  const auto mistake = [&](const char* text, const auto& what) {
    try {
      user.from_json(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), what) << text;
    }
  };
  mistake(R"({"username": "h", "tweets": [{"content": "a"}, {"content": 5}]})",
          AllOf(HasSubstr("/tweets/1/content"), HasSubstr("Tweet.content")));
  mistake(R"({"username": "h", "tweets": [{"contents": "a"}]})",
          AllOf(HasSubstr("/tweets/0/contents"), HasSubstr("did you mean 'content'?")));
  mistake(R"({"username": "h", "tweets": {"content": "a"}})", AllOf(HasSubstr("/tweets"), HasSubstr("takes a list")));
  mistake(R"({"username": "h", "tweets": [null]})", AllOf(HasSubstr("/tweets/0"), HasSubstr("is an object")));
  mistake(R"({"username": "h", "tweets": [{"id": "x"}]})", HasSubstr("/tweets/0/id"));
  mistake(R"({"username": null})", HasSubstr("/username"));
  mistake(R"({"tweets": [{"user": {"username": "x"}}]})",
          AllOf(HasSubstr("/tweets/0/user"), HasSubstr("leave it out")));
  EXPECT_THROW(user.from_json(R"({"tweets": [{"contents": "a"}]})"), QueryError);
  EXPECT_THROW(user.from_json(R"({"tweets": [{"content": null}]})"), DataError);
  EXPECT_EQ(count.count(), 0U);
}

// ---- order and number of statements ----

TEST_P(SaveRelated, ATreeOfNewRowsTakesOneStatementForEachModel) {
  const Database db = social();
  db["User"].create({{"username", "zaizee"}});
  const Row huey = db["User"].from_json(R"({"username": "huey", "tweets": [
    {"content": "meow", "favorites": [{"user": {"id": 1}}, {"user": {"username": "mickey"}}]},
    {"content": "purr", "favorites": [{"user": {"id": 1}}]}, {"content": "hiss"}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(huey, true), 8);
  EXPECT_THAT(count.statements(), ElementsAre(StartsWith("INSERT INTO \"user\""), StartsWith("INSERT INTO \"tweet\""),
                                              StartsWith("INSERT INTO \"favorite\"")));
  count.reset();
  EXPECT_EQ(save_related(huey, true), 0) << "all is saved";
  EXPECT_EQ(count.count(), 0U);
  std::vector<std::string> seen;
  for (const Row& favorite : db["Favorite"].select().order_by(db["Favorite"]["id"]))
    seen.push_back(favorite["user"]["username"].to_text() + " likes " + favorite["tweet"]["content"].to_text() +
                   " of " + favorite["tweet"]["user"]["username"].to_text());
  EXPECT_THAT(seen, ElementsAre("zaizee likes meow of huey", "mickey likes meow of huey", "zaizee likes purr of huey"));
  for (const Row& tweet : huey.related("tweets")) {
    EXPECT_FALSE(tweet.is_dirty());
    EXPECT_EQ(db["Tweet"].get(tweet["id"].integer())["content"].text(), tweet["content"].text());
  }
}

TEST_P(SaveRelated, KeysThatTheDatabaseCountsAreDrawnInTheOrderOfTheRows) {
  const Database db = school();
  const Row math = db["Course"].from_json(R"({"name": "math", "students": [{"name": "huey"}, {"name": "mickey"}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(math), 5);
  const std::vector<std::string> sqlite{
      R"(INSERT INTO "course" ("name") VALUES (?))",
      R"(INSERT INTO "student" ("name") SELECT "t1"."name" FROM (SELECT ? AS "name", 0 AS "row" UNION ALL VALUES (?, 1)) )"
      R"(AS "t1" ORDER BY "t1"."row" RETURNING "id")",
      R"(INSERT INTO "course_students" ("course_id", "student_id") VALUES (?, ?), (?, ?))"};
  const std::vector<std::string> postgres{
      R"(INSERT INTO "course" ("name") VALUES ($1) RETURNING "id")",
      R"(INSERT INTO "student" ("name") SELECT "t1"."name" FROM (VALUES ($1, 0), ($2, 1)) AS "t1" ("name", "row") )"
      R"(ORDER BY "t1"."row" RETURNING "id")",
      R"(INSERT INTO "course_students" ("course_id", "student_id") VALUES ($1, $2), ($3, $4))"};
  EXPECT_EQ(count.statements(), is_postgres() ? postgres : sqlite);
}

TEST_P(SaveRelated, EachOfManyRowsGetsTheKeyThatIsItsOwn) {
  const Database db = social();
  constexpr int rows = 12'000;
  std::string text = R"({"username": "huey", "tweets": [)";
  for (int i = 0; i < rows; ++i)
    text += (i == 0 ? "" : ",") + std::string(R"({"content": ")") + std::to_string((i * 7919) % rows) + "\"}";
  const Row huey = db["User"].from_json(text + "]}");
  QueryCount count(db);
  EXPECT_EQ(save_related(huey), rows + 1);
  const std::size_t rows_per_statement = max_parameters() / 3;  // content, timestamp, user
  EXPECT_EQ(count.count(), 1 + (rows + rows_per_statement - 1) / rows_per_statement);
  std::map<std::int64_t, std::string> stored;
  for (const Row& tweet : db["Tweet"].select()) stored[tweet["id"].integer()] = tweet["content"].to_text();
  ASSERT_THAT(stored, SizeIs(rows));
  for (const Row& tweet : huey.related("tweets")) {
    ASSERT_EQ(stored[tweet["id"].integer()], tweet["content"].to_text());
    ASSERT_EQ(tweet["user_id"].integer(), huey["id"].integer());
  }
}

TEST_P(SaveRelated, RowsThatSetOtherColumnsShareAStatementWhereTheyCan) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Album": {"fields": {"name": {"type": "text"}}},
    "Track": {"fields": {"album": {"type": "foreign_key", "to": "Album", "backref": "tracks"}, "title": {"type": "text"},
                         "position": {"type": "integer", "nullable": true},
                         "plays": {"type": "integer", "db_default": {"sql": "7"}}}}}})");
  const Row album =
      db["Album"].from_json(R"({"name": "Malibu", "tracks": [{"title": "a"}, {"title": "b", "position": 2},
    {"title": "c", "plays": 1}, {"title": "d", "position": null}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(album), 5);
  EXPECT_EQ(count.count(), 3U) << "plays comes from the database for three of them";
  std::vector<std::string> seen;
  for (const Row& track : album.related("tracks")) {
    const Row stored = db["Track"].get(track["id"].integer());
    EXPECT_EQ(stored.to_json(), track.detached().to_json());
    seen.push_back(stored["title"].to_text() + stored["plays"].to_text());
  }
  EXPECT_THAT(seen, ElementsAre("a7", "b7", "c1", "d7"));
}

TEST_P(SaveRelated, RowsThatReferToThemselvesAreSavedLevelByLevel) {
  const Database db = social();
  const Row root = db["Category"].from_json(R"({"name": "root", "children": [
    {"name": "a", "children": [{"name": "aa"}, {"name": "ab"}]}, {"name": "b", "children": [{"name": "ba"}]}, {"name": "c"}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(root, true), 7);
  EXPECT_EQ(count.count(), 3U);
  std::vector<std::string> seen;
  for (const Row& category : db["Category"].select().order_by(db["Category"]["name"]))
    seen.push_back(category["name"].to_text() + " of " +
                   (category["parent"].is_null() ? "nobody" : category["parent"]["name"].to_text()));
  EXPECT_THAT(seen,
              ElementsAre("a of root", "aa of a", "ab of a", "b of root", "ba of b", "c of root", "root of nobody"));
}

TEST_P(SaveRelated, AnAssignedRowIsSavedBeforeTheRowThatRefersToIt) {
  const Database db = social();
  const Row huey = db["User"].make({{"username", "huey"}});
  const Row tweet = db["Tweet"].make({{"user", huey}, {"content", "meow"}});
  QueryCount count(db);
  EXPECT_EQ(save_related(tweet), 2);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(tweet["user_id"].integer(), huey["id"].integer());
  EXPECT_TRUE(huey.is_saved());
  const Row mickey = db["User"].make({{"username", "mickey"}});
  tweet.set("user", mickey);
  EXPECT_EQ(save_related(tweet), 2) << "inserted, then referred to";
  EXPECT_EQ(db["Tweet"].get(1)["user"]["username"].text(), "mickey");
}

TEST_P(SaveRelated, WithoutFollowOnlyDirectRelationsAreSaved) {
  const Database db = social();
  const Row huey = db["User"].make({{"username", "huey"}});
  const Row tweet = db["Tweet"].make({{"user", huey}, {"content", "meow"}});
  const Row favorite = db["Favorite"].make({{"user", huey}, {"tweet", tweet}});
  EXPECT_EQ(save_related(favorite), 3) << "all of them hang on the row itself";
  const Row far = db["Favorite"].make(
      {{"user", huey},
       {"tweet", db["Tweet"].make({{"user", db["User"].make({{"username", "x"}})}, {"content", "y"}})}});
  QueryCount count(db);
  EXPECT_THAT([&] { save_related(far); },
              ThrowsMessage<StateError>(AllOf(HasSubstr("Tweet.user"), HasSubstr("follow relations"))));
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(save_related(far, true), 3);
  const Row root =
      db["Category"].from_json(R"({"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]})");
  EXPECT_EQ(save_related(root), 2);
  EXPECT_FALSE(root.related("children")[0].related("children")[0].is_saved());
  EXPECT_EQ(save_related(root, true), 1);
}

constexpr std::string_view circle = R"({"dorm": 1, "models": {
  "Team": {"fields": {"name": {"type": "text"},
                      "captain": {"type": "foreign_key", "to": "Player", "nullable": true, "backref": "captain_of"}}},
  "Player": {"fields": {"name": {"type": "text"}, "team": {"type": "foreign_key", "to": "Team", "backref": "players"}}},
  "Hen": {"fields": {"egg": {"type": "foreign_key", "to": "Egg", "deferrable": "initially_deferred"}}},
  "Egg": {"fields": {"hen": {"type": "foreign_key", "to": "Hen"}}}
}})";

TEST_P(SaveRelated, ACircleOfNewRowsIsClosedByANullableKey) {
  const Database db = open(circle);
  const Row team = db["Team"].make({{"name", "cats"}});
  const Row player = db["Player"].make({{"name", "huey"}, {"team", team}});
  team.set("captain", player);
  QueryCount count(db);
  EXPECT_EQ(save_related(team), 2);
  EXPECT_THAT(count.statements(), ElementsAre(StartsWith("INSERT INTO \"team\""), StartsWith("INSERT INTO \"player\""),
                                              StartsWith("UPDATE \"team\" SET \"captain_id\"")));
  EXPECT_FALSE(team.is_dirty());
  EXPECT_EQ(db["Team"].get(1)["captain"]["name"].text(), "huey");
  EXPECT_EQ(db["Player"].get(1)["team"]["name"].text(), "cats");
}

TEST_P(SaveRelated, ManyCirclesShareTheirStatements) {
  const Database db = open(circle);
  const Row team = db["Team"].from_json(R"({"name": "cats", "captain": {"name": "huey", "team": {"name": "dogs"}},
    "players": [{"name": "mickey", "captain_of": [{"name": "birds"}]}]})");
  EXPECT_EQ(save_related(team, true), 5);
  const Row birds = db["Team"].get(db["Team"]["name"] == "birds");
  EXPECT_EQ(birds["captain"]["name"].text(), "mickey");
  EXPECT_EQ(birds["captain"]["team"]["name"].text(), "cats");
  EXPECT_EQ(birds["captain"]["team"]["captain"]["team"]["name"].text(), "dogs");
  const Row hub = db["Player"].make({{"name", "hub"}});
  const Row first = db["Team"].make({{"name", "first"}, {"captain", hub}});
  hub.set("team", first);
  const Row second = db["Player"].make({{"name", "second"}, {"team", first}});
  QueryCount count(db);
  EXPECT_EQ(save_related(second, true), 3);
  EXPECT_EQ(count.count(), 3U) << "teams, players, captains";
}

TEST_P(SaveRelated, ACircleThatNoNullOpensIsNamed) {
  const Database db = open(circle);
  const Row hen = db["Hen"].make();
  const Row egg = db["Egg"].make({{"hen", hen}});
  hen.set("egg", egg);
  QueryCount count(db);
  EXPECT_THAT([&] { save_related(hen); },
              ThrowsMessage<StateError>(AllOf(HasSubstr("Hen.egg -> Egg.hen -> Hen"), HasSubstr("nullable"))));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(SaveRelated, ARowThatRefersToItself) {
  const Database db = open(travellers);
  const Row ada = db["Person"].make({{"name", "Ada"}});
  ada.set("mentor", ada);
  QueryCount count(db);
  EXPECT_EQ(save_related(ada), 1);
  EXPECT_EQ(count.count(), 1U) << "its key is known";
  EXPECT_EQ(db["Person"].get(ada["id"].uuid())["mentor"]["name"].text(), "Ada");
  const Database other = social();
  const Row root = other["Category"].make({{"name", "root"}});
  root.set("parent", root);
  EXPECT_EQ(save_related(root), 1);
  EXPECT_EQ(other["Category"].get(1)["parent_id"].integer(), 1);
}

// ---- links ----

TEST_P(SaveRelated, LinkRowsAreInsertedLastAndOnce) {
  const Database db = school();
  db["Student"].create({{"name", "huey"}});
  const Row math =
      db["Course"].from_json(R"({"name": "math", "students": [{"id": 1}, {"name": "mickey"}, {"name": "zaizee"}, 1]})");
  EXPECT_THAT(math.related("students").links(), SizeIs(3));
  QueryCount count(db);
  EXPECT_EQ(save_related(math), 6) << "a course, two students, three links";
  EXPECT_EQ(count.count(), 3U);
  EXPECT_THAT(count.statements().back(),
              StartsWith("INSERT INTO \"" + math.related("students").through().info().table));
  count.reset();
  EXPECT_EQ(save_related(math, true), 0);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_THAT(texts(db["Course"].get(1).related("students"), "name"), UnorderedElementsAre("huey", "mickey", "zaizee"));
}

TEST_P(SaveRelated, LinksThatExistAreLeftAsTheyAre) {
  const Database db = school();
  for (const char* name : {"huey", "mickey", "zaizee"}) db["Student"].create({{"name", name}});
  const Row math = db["Course"].create({{"name", "math"}});
  math.related("students").add(db["Student"].get(1));
  math.related("students").add(db["Student"].get(3));
  const Row art =
      db["Course"].from_json(R"({"name": "x", "students": [{"id": 1, "name": "hugo", "courses": [{"id": 1}, 1]},
    {"id": 2, "name": "mickey", "courses": [{"id": 1}]}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(art, true), 6) << "a course and its two links, two students, one more link of math";
  EXPECT_THAT(texts(db["Course"].get(1).related("students"), "name"), UnorderedElementsAre("hugo", "mickey", "zaizee"));
  EXPECT_THAT(texts(db["Course"].get(2).related("students"), "name"), UnorderedElementsAre("hugo", "mickey"));
  count.reset();
  EXPECT_EQ(save_related(art, true), 0);
  EXPECT_EQ(count.count(), 0U);
}

// ---- rows that were loaded ----

TEST_P(SaveRelated, ChangedRowsOfLoadedRelationsAreSavedOthersNot) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "purr", "hiss"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  const Row user = db["User"].get(1);
  user.related("tweets")[1].set("content", "PURR");
  user.related("tweets")[2].delete_row();
  QueryCount count(db);
  EXPECT_EQ(save_related(user), 1);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(texts(db["Tweet"].select().order_by(db["Tweet"]["id"]), "content"), ElementsAre("meow", "PURR"))
      << "what was deleted stays so";
  user.set("username", "hugo");
  user.related("tweets")[0].set("content", "MEOW");
  count.reset();
  EXPECT_EQ(save_related(user.related("tweets")[0]), 2) << "the way back is a relation, too";
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(save_related(user), 0);
}

TEST_P(SaveRelated, RowsThatShareAStoredRowAreSavedByThemselves) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "purr"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  const Model tweet = db["Tweet"], user = db["User"];
  const Rows joined = tweet.select(tweet, user).join(user).order_by(tweet["id"]).all();
  joined[0]["user"].row().set("username", "hugo");
  EXPECT_EQ(save_related(joined[1]), 0);
  EXPECT_EQ(save_related(joined[0]), 1);
  EXPECT_EQ(user.get(1)["username"].text(), "hugo");
}

// ---- states ----

TEST_P(SaveRelated, RollbackMakesTheGraphNewAgain) {
  const Database db = social();
  db["User"].create({{"username", "zaizee"}});
  const Row huey =
      db["User"].from_json(R"({"username": "huey", "tweets": [{"content": "meow"}, {"content": "purr"}]})");
  {
    Transaction transaction = db.transaction();
    EXPECT_EQ(save_related(huey), 3);
    EXPECT_TRUE(huey.related("tweets")[0].is_saved());
    transaction.rollback();
  }
  EXPECT_EQ(db["User"].count(), 1);
  EXPECT_FALSE(huey.is_saved());
  EXPECT_FALSE(huey["id"].is_loaded());
  for (const Row& tweet : huey.related("tweets")) {
    EXPECT_FALSE(tweet.is_saved());
    EXPECT_FALSE(tweet["id"].is_loaded());
    EXPECT_FALSE(tweet["user_id"].is_loaded());
  }
  db["User"].create({{"username", "mickey"}});
  EXPECT_EQ(save_related(huey), 3);
  EXPECT_THAT(texts(db["User"].get(db["User"]["username"] == "huey").related("tweets"), "content"),
              UnorderedElementsAre("meow", "purr"));
}

TEST_P(SaveRelated, AFailureLeavesNothingAndRestoresTheRows) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Album": {"fields": {"name": {"type": "text"}}},
    "Track": {"fields": {"album": {"type": "foreign_key", "to": "Album", "nullable": true, "backref": "tracks"},
                         "title": {"type": "text", "unique": true}}}}})");
  db["Track"].create({{"title", "taken"}});
  const Row album = db["Album"].from_json(R"({"name": "Malibu", "tracks": [{"title": "free"}, {"title": "taken"}]})");
  EXPECT_THROW(save_related(album), UniqueViolation);
  EXPECT_EQ(db["Album"].count(), 0);
  EXPECT_FALSE(album.is_saved());
  const Row taken = album.related("tracks")[1];
  EXPECT_FALSE(taken["album_id"].is_loaded());
  taken.set("title", "other");
  EXPECT_EQ(save_related(album), 3);
  EXPECT_THAT(texts(db["Album"].select().get().related("tracks"), "title"), UnorderedElementsAre("free", "other"));

  const Row moved = db["Track"].get(1);
  const Row fresh = db["Album"].make({{"name", "fresh"}});
  moved.set("album", fresh);
  {
    const Transaction transaction = db.transaction();
    EXPECT_EQ(save_related(moved), 2);
    EXPECT_FALSE(moved.is_dirty());
  }
  EXPECT_TRUE(moved.is_dirty()) << "as it was: its key is to come from a row that is not saved";
  EXPECT_TRUE(moved["album_id"].is_null());
  EXPECT_EQ(save_related(moved), 2);
  EXPECT_EQ(db["Track"].get(1)["album"]["name"].text(), "fresh");
}

TEST_P(SaveRelated, ACircleIsOpenedAgainByRollback) {
  const Database db = open(circle);
  const Row team = db["Team"].make({{"name", "cats"}});
  const Row player = db["Player"].make({{"name", "huey"}, {"team", team}});
  team.set("captain", player);
  {
    const Transaction transaction = db.transaction();
    save_related(team);
  }
  EXPECT_FALSE(team.is_saved());
  EXPECT_FALSE(player["team_id"].is_loaded());
  db["Team"].create({{"name", "first"}});
  EXPECT_EQ(save_related(player), 2);
  EXPECT_EQ(db["Team"].get(db["Team"]["name"] == "cats")["captain"]["name"].text(), "huey");
}

TEST_P(SaveRelated, DefaultsAndRequiredValuesAreThoseOfSave) {
  const Database db = social();
  const Row huey = db["User"].from_json(R"({"username": "huey", "tweets": [{"content": "meow"}, {}]})");
  QueryCount count(db);
  EXPECT_THAT([&] { save_related(huey); }, ThrowsMessage<DataError>(HasSubstr("Tweet.content is required")));
  EXPECT_EQ(count.count(), 0U);
  huey.related("tweets")[1].set("content", "purr");
  EXPECT_EQ(save_related(huey), 3);
  for (const Row& tweet : huey.related("tweets")) EXPECT_FALSE(tweet["timestamp"].is_null());
}

TEST_P(SaveRelated, RowsOfAnotherDatabaseAreRefused) {
  const Database db = social();
  const Database other =
      Database::open(fresh_database(GetParam()), Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social"));
  const Row tweet = db["Tweet"].make({{"user", other["User"].make({{"username", "huey"}})}, {"content", "meow"}});
  EXPECT_THAT([&] { save_related(tweet); }, ThrowsMessage<StateError>(HasSubstr("another database")));
}

TEST_P(SaveRelated, EnumTypesOfTheDatabaseAreWritten) {
  const Database db =
      open(R"({"dorm": 1, "enums": {"Color": {"values": ["red", "green"], "storage": "native"}}, "models": {
    "Box": {"fields": {"name": {"type": "text"}}},
    "Ball": {"fields": {"box": {"type": "foreign_key", "to": "Box", "backref": "balls"}, "color": {"type": "enum", "enum": "Color"}}}}})");
  const Row box = db["Box"].from_json(R"({"name": "a", "balls": [{"color": "green"}, {"color": "red"}]})");
  EXPECT_EQ(save_related(box), 3);
  EXPECT_THAT(texts(db["Ball"].select().order_by(db["Ball"]["id"]), "color"), ElementsAre("green", "red"));
  EXPECT_EQ(db["Ball"].get(box.related("balls")[1]["id"].integer())["color"].text(), "red");
}

TEST_P(SaveRelated, EveryTypeGoesThroughAStatementOfSeveralRows) {
  const Database db =
      open(R"({"dorm": 1, "models": {"Owner": {"fields": {"name": {"type": "text"}}}, "Thing": {"fields": {
    "owner": {"type": "foreign_key", "to": "Owner", "backref": "things"},
    "flag": {"type": "boolean", "nullable": true}, "small": {"type": "smallint", "nullable": true},
    "big": {"type": "bigint", "nullable": true}, "narrow": {"type": "real", "nullable": true},
    "wide": {"type": "double", "nullable": true},
    "price": {"type": "decimal", "precision": 12, "scale": 4, "nullable": true},
    "name": {"type": "string", "max_length": 20, "nullable": true}, "bytes": {"type": "binary", "nullable": true},
    "token": {"type": "uuid", "nullable": true}, "day": {"type": "date", "nullable": true},
    "hour": {"type": "time", "nullable": true}, "moment": {"type": "datetime", "nullable": true},
    "clock": {"type": "datetime", "timezone": false, "nullable": true}, "extra": {"type": "json", "nullable": true},
    "color": {"type": "enum", "values": ["red", "green"], "nullable": true}}}}})");
  const Row owner =
      db["Owner"].from_json(R"({"name": "x", "things": [{"flag": true, "small": -3, "big": 9007199254740993,
    "narrow": 0.5, "wide": 1e300, "price": "12.5000", "name": "007", "bytes": "AAECAw==",
    "token": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "day": "2026-11-21", "hour": "13:45:07.5",
    "moment": "2024-02-29T13:45:07Z", "clock": "2024-02-29 13:45:07.123456", "extra": [1], "color": "red"},
    {"wide": 2, "name": "", "color": "green", "extra": 5}, {}]})");
  QueryCount count(db);
  EXPECT_EQ(save_related(owner), 4);
  EXPECT_EQ(count.count(), 2U);
  for (const Row& thing : owner.related("things")) {
    const Row stored = db["Thing"].get(thing["id"].integer());
    EXPECT_EQ(stored.to_json(), thing.detached().to_json());
  }
}

}  // namespace
}  // namespace dorm::test
