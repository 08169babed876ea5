// Foreign keys, one to one, composite keys, keys to other fields, many to many: assigned, followed, counted in queries.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class Relations : public Api {};
DORM_API_TESTS(Relations);

TEST_P(Relations, AForeignKeyIsSetByRowByKeyAndToNull) {
  const Database db = social();
  const Model category = db["Category"];
  const Row root = category.create({{"name", "Electronics"}});
  const Row by_row = category.create({{"name", "Phones"}, {"parent", root}});
  const Row by_key = category.create({{"name", "Cameras"}, {"parent", 1}});
  const Row by_column = category.create({{"name", "Radios"}, {"parent_id", 1}});
  const Row none = category.create({{"name", "Books"}, {"parent", nullptr}});
  for (const Row& child : {by_row, by_key, by_column}) {
    EXPECT_EQ(child["parent_id"].integer(), 1);
    EXPECT_EQ(child["parent"]["name"].text(), "Electronics");
  }
  EXPECT_TRUE(none["parent"].is_null());
  EXPECT_TRUE(none["parent_id"].is_null());
  by_row.set("parent", Value());
  EXPECT_THAT(by_row.dirty_fields(), ElementsAre("parent_id"));
  by_row.save();
  EXPECT_TRUE(category.get(2)["parent"].is_null());
  none.set("parent", root);
  none.save();
  EXPECT_EQ(category.get(none["id"].integer())["parent"]["name"].text(), "Electronics");
}

TEST_P(Relations, AnAssignedRowIsReadWithoutAQuery) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  const Row tweet = db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  QueryCount count(db);
  EXPECT_TRUE(tweet["user"].row().same_row(huey));
  EXPECT_EQ(tweet["user"]["username"].text(), "huey");
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Relations, WritingTheKeyForgetsTheRowThatWasThere) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["User"].create({{"username", "mickey"}});
  const Row tweet = db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  tweet.set("user_id", 2);
  EXPECT_EQ(tweet["user"]["username"].text(), "mickey");
  EXPECT_EQ(tweet["user_id"].integer(), 2);
}

TEST_P(Relations, AnUnsavedRowGivesItsKeyOnceItIsSaved) {
  const Database db = social();
  const Row huey = db["User"].make({{"username", "huey"}});
  const Row tweet = db["Tweet"].make({{"user", huey}, {"content", "meow"}});
  EXPECT_THAT([&] { tweet.save(); }, ThrowsMessage<StateError>(HasSubstr("save it first")));
  huey.save();
  EXPECT_TRUE(tweet.save());
  EXPECT_EQ(tweet["user_id"].integer(), 1);
  EXPECT_EQ(db["Tweet"].get(1)["user"]["username"].text(), "huey");
}

TEST_P(Relations, ARowOfAnotherModelIsRefused) {
  const Database db = social();
  const Row category = db["Category"].create({{"name", "Books"}});
  EXPECT_THROW(db["Tweet"].make({{"user", category}, {"content", "meow"}}), QueryError);
  EXPECT_THROW(db["Tweet"].select().where(db["Tweet"]["user"] == category), QueryError);
}

TEST_P(Relations, ANullRelationNamesItsPath) {
  const Database db = social();
  const Row root = db["Category"].create({{"name", "Books"}});
  EXPECT_THAT([&] { root["parent"]["name"]; }, ThrowsMessage<NullRelation>(HasSubstr("Category.parent")));
  EXPECT_THROW(root["parent"].row(), NullRelation);
  EXPECT_FALSE(root["parent"].row_or_none().has_value());
}

TEST_P(Relations, TheRawKeyIsReadWithoutAQuery) {
  const Database db = social();
  db["Tweet"].create({{"user", db["User"].create({{"username", "huey"}})}, {"content", "meow"}});
  const Row tweet = db["Tweet"].get(1);
  QueryCount count(db);
  EXPECT_EQ(tweet["user_id"].integer(), 1);
  EXPECT_FALSE(tweet.is_loaded("user"));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Relations, ATouchedRelationIsLoadedForAllSiblings) {
  const Database db = social();
  for (const char* name : {"huey", "mickey", "zaizee"}) {
    const Row user = db["User"].create({{"username", name}});
    for (int i = 0; i < 2; ++i)
      db["Tweet"].create({{"user", user}, {"content", std::string(name) + std::to_string(i)}});
  }
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& tweet : db["Tweet"].select().order_by(db["Tweet"]["id"]))
    seen.push_back(tweet["user"]["username"].to_text());
  EXPECT_THAT(seen, ElementsAre("huey", "huey", "mickey", "mickey", "zaizee", "zaizee"));
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  std::size_t tweets = 0;
  for (const Row& user : db["User"].select()) tweets += user.related("tweets").size();
  EXPECT_EQ(tweets, 6U);
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Relations, LazyPoliciesSayWhatATouchDoes) {
  const Database db = social();
  for (const char* name : {"huey", "mickey"})
    db["Tweet"].create({{"user", db["User"].create({{"username", name}})}, {"content", name}});
  const Model tweet = db["Tweet"];
  QueryCount count(db);
  for (const Row& row : tweet.select().lazy(LazyPolicy::each)) row["user"]["username"].text();
  EXPECT_EQ(count.count(), 3U);
  count.reset();
  for (const Row& row : tweet.select().lazy(LazyPolicy::raise)) EXPECT_THROW(row["user"]["username"], Error);
  EXPECT_EQ(count.count(), 1U);
  const Row single = tweet.select().where(tweet["id"] == 1).lazy(LazyPolicy::raise_n_plus_one).get();
  EXPECT_EQ(single["user"]["username"].text(), "huey");
  const Rows several = tweet.select().lazy(LazyPolicy::raise_n_plus_one).all();
  EXPECT_THROW(several[0]["user"]["username"], Error);
}

TEST_P(Relations, AnAccessorsQueryNeverChangesWhatIsLoaded) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "hiss"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  const Model tweet = db["Tweet"];
  EXPECT_EQ(huey.related("tweets").size(), 2U);
  QueryCount count(db);
  EXPECT_THAT(texts(huey.related("tweets").where(tweet["content"] == "hiss"), "content"), ElementsAre("hiss"));
  EXPECT_EQ(huey.related("tweets").count(), 2);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(texts(huey.related("tweets"), "content"), UnorderedElementsAre("meow", "hiss"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Relations, ToManyOfAnUnsavedRowIsAnError) {
  const Database db = social();
  const Row row = db["User"].make({{"username", "huey"}});
  QueryCount count(db);
  EXPECT_THROW(row.related("tweets").size(), StateError);
  EXPECT_THROW(row.related("tweets").query(), StateError);
  EXPECT_THROW(row.related("tweets").create({{"content", "x"}}), StateError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Relations, CreatingThroughABackReferencePointsHere) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  EXPECT_TRUE(huey.related("tweets").empty());
  const Row tweet = huey.related("tweets").create({{"content", "meow"}});
  EXPECT_EQ(tweet["user_id"].integer(), 1);
  EXPECT_THAT(texts(huey.related("tweets"), "content"), ElementsAre("meow"));
}

TEST_P(Relations, AJoinedRowBelongsToItsParentALazyOneIsShared) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  for (const char* content : {"meow", "hiss"}) db["Tweet"].create({{"user", huey}, {"content", content}});
  const Model user = db["User"], tweet = db["Tweet"];
  const Rows joined = tweet.select(tweet, user).join(user).order_by(tweet["id"]).all();
  const Row first = joined[0]["user"].row();
  const Row second = joined[1]["user"].row();
  EXPECT_TRUE(first == second);
  EXPECT_FALSE(first.same_row(second));
  first.set("username", "hugo");
  EXPECT_EQ(second["username"].text(), "huey");
  EXPECT_EQ(joined[0]["user"]["username"].text(), "hugo");
  EXPECT_FALSE(second.is_dirty());
  first.save();
  const Rows lazily = tweet.select().order_by(tweet["id"]).all();
  EXPECT_TRUE(lazily[0]["user"].row().same_row(lazily[1]["user"].row()));
  lazily[0]["user"].row().set("username", "hugin");
  EXPECT_EQ(lazily[1]["user"]["username"].text(), "hugin");
}

constexpr std::string_view people = R"({"dorm": 1, "models": {
  "Person": {"fields": {"name": {"type": "text"}}},
  "Passport": {"fields": {"number": {"type": "text"}, "owner": {"type": "one_to_one", "to": "Person", "backref": "passport"}}}
}})";

TEST_P(Relations, OneToOneLeadsBothWays) {
  const Database db = open(people);
  const Row ada = db["Person"].create({{"name", "Ada"}});
  db["Person"].create({{"name", "Bob"}});
  db["Passport"].create({{"number", "A1"}, {"owner", ada}});
  QueryCount count(db);
  const Row passport = db["Passport"].get(1);
  EXPECT_EQ(passport["owner"]["name"].text(), "Ada");
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(passport["owner"]["passport"]["number"].text(), "A1");
  EXPECT_EQ(count.count(), 2U) << "the way back needs no query";
  count.reset();
  std::vector<std::string> seen;
  for (const Row& person : db["Person"].select().order_by(db["Person"]["id"])) {
    seen.push_back(person["passport"].is_null() ? "none" : person["passport"]["number"].to_text());
  }
  EXPECT_THAT(seen, ElementsAre("A1", "none"));
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THROW(db["Passport"].create({{"number", "A2"}, {"owner", ada}}), UniqueViolation);
  EXPECT_THROW(ada.related("passport"), QueryError);
}

constexpr std::string_view shop = R"({"dorm": 1, "models": {
  "Store": {"fields": {"country": {"type": "string", "max_length": 2}, "number": {"type": "integer"}, "name": {"type": "text"}},
            "primary_key": ["country", "number"]},
  "Sale": {"fields": {"store": {"type": "foreign_key", "to": "Store", "columns": {"store_country": "country", "store_number": "number"},
                                "nullable": true, "backref": "sales"},
                      "amount": {"type": "integer"}}}
}})";

TEST_P(Relations, CompositeKeysAreListsOfValues) {
  const Database db = open(shop);
  const Model store = db["Store"];
  store.create({{"country", "de"}, {"number", 1}, {"name", "Berlin"}});
  store.create({{"country", "de"}, {"number", 2}, {"name", "Bonn"}});
  store.create({{"country", "fr"}, {"number", 1}, {"name", "Paris"}});
  EXPECT_EQ(store.get(Values{"de", 2})["name"].text(), "Bonn");
  EXPECT_THROW(store.get(Values{"de", 3}), NotFound);
  EXPECT_THROW(store.get(Values{"de"}), QueryError);
  EXPECT_THROW(store.get("de"), QueryError);
  const Row paris = store.get(Values{"fr", 1});
  paris.set("name", "Lyon");
  EXPECT_TRUE(paris.save());
  EXPECT_EQ(store.get(Values{"fr", 1})["name"].text(), "Lyon");
  EXPECT_EQ(store.get(Values{"de", 1})["name"].text(), "Berlin");
  paris.delete_row();
  EXPECT_EQ(store.count(), 2);
}

TEST_P(Relations, CompositeForeignKeysLeadBothWays) {
  const Database db = open(shop);
  const Model store = db["Store"], sale = db["Sale"];
  const Row berlin = store.create({{"country", "de"}, {"number", 1}, {"name", "Berlin"}});
  store.create({{"country", "fr"}, {"number", 1}, {"name", "Paris"}});
  sale.create({{"store", berlin}, {"amount", 10}});
  sale.create({{"store", Values{"fr", 1}}, {"amount", 20}});
  sale.create({{"store_country", "fr"}, {"store_number", 1}, {"amount", 30}});
  sale.create({{"store", nullptr}, {"amount", 40}});
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& row : sale.select().order_by(sale["id"]))
    seen.push_back(row["store"].is_null() ? "none" : row["store"]["name"].to_text());
  EXPECT_THAT(seen, ElementsAre("Berlin", "Paris", "Paris", "none"));
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  seen.clear();
  for (const Row& row : store.select().order_by(store["name"]))
    seen.push_back(std::to_string(row.related("sales").size()));
  EXPECT_THAT(seen, ElementsAre("1", "2"));
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(
      texts(sale.select(sale, store).join(store).where(store["name"] == "Paris").order_by(sale["id"]), "amount"),
      ElementsAre("20", "30"));
  EXPECT_THAT(texts(sale.select().where(sale["store"] == berlin), "amount"), ElementsAre("10"));
  EXPECT_THAT(texts(berlin.related("sales"), "amount"), ElementsAre("10"));
  EXPECT_THROW(sale.create({{"store", Values{"it", 1}}, {"amount", 1}}), ForeignKeyViolation);
}

constexpr std::string_view airports = R"({"dorm": 1, "models": {
  "Airport": {"fields": {"code": {"type": "string", "max_length": 3, "unique": true}, "city": {"type": "text"}}},
  "Flight": {"fields": {"number": {"type": "text"},
                        "origin": {"type": "foreign_key", "to": "Airport", "to_field": "code", "backref": "departures"}}}
}})";

TEST_P(Relations, AForeignKeyMayReferToAnotherUniqueField) {
  const Database db = open(airports);
  const Model airport = db["Airport"], flight = db["Flight"];
  const Row tegel = airport.create({{"code", "TXL"}, {"city", "Berlin"}});
  airport.create({{"code", "CDG"}, {"city", "Paris"}});
  flight.create({{"number", "LH1"}, {"origin", tegel}});
  flight.create({{"number", "AF2"}, {"origin", "CDG"}});
  const std::string key = flight.info().relations[0].fields.size() == 1
                              ? flight.info().fields[flight.info().relations[0].fields[0]].name
                              : "";
  EXPECT_EQ(flight.get(1)[key].text(), "TXL");
  EXPECT_EQ(flight.get(2)["origin"]["city"].text(), "Paris");
  EXPECT_THAT(texts(tegel.related("departures"), "number"), ElementsAre("LH1"));
  EXPECT_THAT(texts(flight.select().where(flight["origin"] == tegel), "number"), ElementsAre("LH1"));
  EXPECT_THAT(texts(flight.select().join(airport).where(airport["city"] == "Paris"), "number"), ElementsAre("AF2"));
  QueryCount count(db);
  std::size_t flights = 0;
  for (const Row& row : airport.select()) flights += row.related("departures").size();
  EXPECT_EQ(flights, 2U);
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Relations, ManyToManyAddsARowAListAndAQueryOnceEach) {
  const Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  const Model student = db["Student"], course = db["Course"];
  std::vector<Row> students;
  for (const char* name : {"huey", "mickey", "zaizee"}) students.push_back(student.create({{"name", name}}));
  const Row math = course.create({{"name", "math"}});
  QueryCount count(db);
  EXPECT_EQ(math.related("students").add(students[0]), 1);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(math.related("students").add(students), 2) << "the first is linked already";
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(math.related("students").add(student.select()), 0);
  EXPECT_EQ(count.count(), 3U);
  EXPECT_THAT(texts(math.related("students"), "name"), UnorderedElementsAre("huey", "mickey", "zaizee"));
  EXPECT_EQ(math.related("students").remove(student.select().where(student["name"].startswith("mi"))), 1);
  EXPECT_EQ(math.related("students").remove(students[2]), 1);
  EXPECT_THAT(texts(math.related("students"), "name"), ElementsAre("huey"));
  EXPECT_THAT(texts(students[0].related("courses"), "name"), ElementsAre("math"));
  EXPECT_EQ(math.related("students").clear(), 1);
  EXPECT_THAT(texts(math.related("students"), "name"), IsEmpty());
  const Row english = math.related("students").through().database()
                          ? students[1].related("courses").create({{"name", "english"}})
                          : Row();
  EXPECT_THAT(texts(english.related("students"), "name"), ElementsAre("mickey"));
}

TEST_P(Relations, ManyToManyIsLoadedForAllRowsInOneQueryEach) {
  const Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  const Model student = db["Student"], course = db["Course"];
  for (const char* name : {"huey", "mickey"}) student.create({{"name", name}});
  for (const char* name : {"math", "art", "gym"}) course.create({{"name", name}});
  course.get(1).related("students").add(student.select());
  course.get(2).related("students").add(student.get(2));
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& row : course.select().order_by(course["id"])) {
    std::string line = row["name"].to_text();
    std::vector<std::string> names = texts(row.related("students"), "name");
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) line += " " + name;
    seen.push_back(line);
  }
  EXPECT_THAT(seen, ElementsAre("math huey mickey", "art mickey", "gym"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Relations, LinksOfUnsavedRowsAreAnError) {
  const Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  const Row math = db["Course"].create({{"name", "math"}});
  const Row nobody = db["Student"].make({{"name", "nobody"}});
  QueryCount count(db);
  EXPECT_THROW(math.related("students").add(nobody), StateError);
  EXPECT_THROW(nobody.related("courses").add(math), StateError);
  EXPECT_THROW(nobody.related("courses").clear(), StateError);
  EXPECT_THROW(math.related("students").add(math), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Relations, CascadesAndNullsAreDoneByTheDatabase) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Author": {"fields": {"name": {"type": "text"}}},
    "Book": {"fields": {"title": {"type": "text"}, "author": {"type": "foreign_key", "to": "Author", "on_delete": "cascade"}}},
    "Note": {"fields": {"author": {"type": "foreign_key", "to": "Author", "nullable": true, "on_delete": "set_null"}}},
    "Prize": {"fields": {"author": {"type": "foreign_key", "to": "Author"}}}}})");
  const Row ada = db["Author"].create({{"name", "Ada"}});
  const Row bob = db["Author"].create({{"name", "Bob"}});
  db["Book"].create({{"title", "Notes"}, {"author", ada}});
  db["Note"].create({{"author", ada}});
  db["Prize"].create({{"author", bob}});
  ada.delete_row();
  EXPECT_EQ(db["Book"].count(), 0);
  EXPECT_TRUE(db["Note"].get(1)["author_id"].is_null());
  EXPECT_THROW(bob.delete_row(), ForeignKeyViolation);
  EXPECT_TRUE(bob.is_saved());
}

TEST_P(Relations, ADefaultBackReferenceIsNamedForItsModel) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Author": {"fields": {"name": {"type": "text"}}},
    "BlogPost": {"fields": {"author": {"type": "foreign_key", "to": "Author"}}}}})");
  const Row ada = db["Author"].create({{"name", "Ada"}});
  db["BlogPost"].create({{"author", ada}});
  EXPECT_EQ(ada.related("blog_post_set").size(), 1U);
}

}  // namespace
}  // namespace dorm::test
