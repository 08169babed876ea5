// Rows whose primary key is made of foreign keys, in conditions: each is known by its own key.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class QuerySetKeys : public Api {
 protected:
  void SetUp() override {
    db.emplace(open(R"({"dorm": 1, "models": {
      "Country": {"fields": {"code": {"type": "string", "max_length": 3, "primary_key": true}}},
      "City": {"fields": {"country": {"type": "foreign_key", "to": "Country", "backref": "cities"},
                          "number": {"type": "integer"}, "name": {"type": "text"},
                          "twins": {"type": "many_to_many", "to": "self", "backref": "twin_of"}},
               "primary_key": ["country", "number"]},
      "Mayor": {"fields": {"name": {"type": "text"}}},
      "Portrait": {"fields": {"mayor": {"type": "one_to_one", "to": "Mayor", "backref": "portrait"},
                              "style": {"type": "text"}}, "primary_key": ["mayor"]}}})"));
    const Row germany = (*db)["Country"].create({{"code", "DE"}});
    const Row france = (*db)["Country"].create({{"code", "FR"}});
    const Model city = (*db)["City"];
    berlin = city.create({{"country", germany}, {"number", 1}, {"name", "Berlin"}});
    bonn = city.create({{"country", germany}, {"number", 2}, {"name", "Bonn"}});
    paris = city.create({{"country", france}, {"number", 1}, {"name", "Paris"}});
    berlin.related("twins").add({paris, bonn});
    bonn.related("twins").add({paris});
    anna = (*db)["Mayor"].create({{"name", "Anna"}});
    (*db)["Mayor"].create({{"name", "Ben"}});
    portrait = (*db)["Portrait"].create({{"mayor", anna}, {"style", "oil"}});
  }
  QuerySet objects(const char* model) const { return (*db)[model].objects(); }

  std::optional<Database> db;
  Row berlin, bonn, paris, anna, portrait;
};
DORM_API_TESTS(QuerySetKeys);

TEST_P(QuerySetKeys, RelatedRowsAreComparedByTheirOwnKey) {
  const auto cities = [&](const Filter& filter) { return texts(objects("City").filter(filter).all(), "name"); };
  EXPECT_THAT(cities({"twins", paris}), UnorderedElementsAre("Berlin", "Bonn"));
  EXPECT_THAT(cities({"twins", berlin}), IsEmpty());
  EXPECT_THAT(cities({"twin_of", bonn}), ElementsAre("Paris"));
  EXPECT_THAT(cities({"twins__in", std::vector<Row>{bonn, berlin}}), ElementsAre("Berlin"));
  EXPECT_THAT(cities({"twins__not_in", std::vector<Row>{paris}}), ElementsAre("Berlin"));
  EXPECT_THAT(cities({"twins__ne", paris}), ElementsAre("Berlin"));
}

TEST_P(QuerySetKeys, AKeyThatIsAForeignKeyIsStillTheRowsOwn) {
  const auto mayors = [&](const Filter& filter) { return texts(objects("Mayor").filter(filter).all(), "name"); };
  EXPECT_THAT(mayors({"portrait", portrait}), ElementsAre("Anna"));
  EXPECT_THAT(mayors({"portrait__in", std::vector<Row>{portrait}}), ElementsAre("Anna"));
  EXPECT_THAT(mayors({"portrait__ne", portrait}), IsEmpty());
  EXPECT_THAT(mayors({"portrait__not_in", std::vector<Row>{portrait}}), IsEmpty());
  EXPECT_THAT(texts(objects("Portrait").filter("pk", portrait).all(), "style"), ElementsAre("oil"));
  EXPECT_THAT(texts(objects("Portrait").filter("pk__in", std::vector<Row>{portrait}).all(), "style"),
              ElementsAre("oil"));
  EXPECT_THAT(texts(objects("Portrait").filter("pk", anna).all(), "style"), ElementsAre("oil"));
  EXPECT_THAT(texts(objects("Portrait").filter("mayor", anna).all(), "style"), ElementsAre("oil"));
}

TEST_P(QuerySetKeys, RowsOfAnotherModelAreRefused) {
  EXPECT_THAT([&] { static_cast<void>(objects("Mayor").filter("portrait", anna)); },
              ThrowsMessage<QueryError>(HasSubstr("rows of 'Portrait', but is compared with a row of 'Mayor'")));
  EXPECT_THAT([&] { static_cast<void>(objects("City").filter("twins", anna)); },
              ThrowsMessage<QueryError>(HasSubstr("rows of 'City'")));
}

}  // namespace
}  // namespace dorm::test
