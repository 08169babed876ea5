// Foreign keys of several columns as expressions: what they say is what their columns say, NULLs included.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::string_view theatre = R"({"dorm": 1, "models": {
  "Store": {"fields": {"country": {"type": "string", "max_length": 2}, "number": {"type": "integer"}, "name": {"type": "text"}},
            "primary_key": ["country", "number"]},
  "Sale": {"fields": {
    "store": {"type": "foreign_key", "to": "Store", "columns": {"store_country": "country", "store_number": "number"},
              "nullable": true, "backref": "sales"},
    "origin": {"type": "foreign_key", "to": "Store", "columns": {"origin_number": "number", "origin_country": "country"},
               "nullable": true, "backref": "sent"},
    "amount": {"type": "integer"}}}
}})";

class CompositeKeys : public Api {
 protected:
  // 1: de 1 from de 1; 2: de 2 from de 1; 3: fr 1 from nowhere; 4: nowhere; 5: de without a number, which is nowhere.
  Database sales() {
    Database db = open(theatre);
    const Model store = db["Store"], sale = db["Sale"];
    berlin = store.create({{"country", "de"}, {"number", 1}, {"name", "Berlin"}});
    bonn = store.create({{"country", "de"}, {"number", 2}, {"name", "Bonn"}});
    paris = store.create({{"country", "fr"}, {"number", 1}, {"name", "Paris"}});
    sale.create({{"store", berlin}, {"origin", berlin}, {"amount", 10}});
    sale.create({{"store", bonn}, {"origin", berlin}, {"amount", 20}});
    sale.create({{"store", paris}, {"amount", 30}});
    sale.create({{"amount", 40}});
    sale.create({{"store_country", "de"}, {"amount", 50}});
    return db;
  }
  // The ids of the sales that match.
  static std::vector<std::string> ids(const Model& sale, const Expr& condition) {
    return texts(sale.select(sale["id"]).where(condition).order_by(sale["id"]), "id");
  }

  Row berlin, bonn, paris;
};
DORM_API_TESTS(CompositeKeys);

TEST_P(CompositeKeys, AreNullAsSoonAsOneColumnIs) {
  const Database db = sales();
  const Model sale = db["Sale"];
  EXPECT_THAT(ids(sale, sale["store"].is_null()), ElementsAre("4", "5"));
  EXPECT_THAT(ids(sale, sale["store"] == nullptr), ElementsAre("4", "5"));
  EXPECT_THAT(ids(sale, sale["store"].is_not_null()), ElementsAre("1", "2", "3"));
  EXPECT_THAT(ids(sale, sale["store"] != nullptr), ElementsAre("1", "2", "3"));
  EXPECT_THAT(ids(sale, !sale["store"].is_null()), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(sale.get(5)["store"].is_null()) << "as the row reads it";
}

TEST_P(CompositeKeys, AreInAListOfRows) {
  const Database db = sales();
  const Model sale = db["Sale"];
  EXPECT_THAT(ids(sale, sale["store"].in({berlin, paris})), ElementsAre("1", "3"));
  EXPECT_THAT(ids(sale, sale["store"].in(std::vector<Row>{berlin, bonn, paris})), ElementsAre("1", "2", "3"));
  EXPECT_THAT(ids(sale, sale["store"].in(db["Store"].select().all())), ElementsAre("1", "2", "3"));
  EXPECT_THAT(ids(sale, sale["store"].in({Values{"de", 2}, Values{"fr", 1}})), ElementsAre("2", "3"));
  EXPECT_THAT(ids(sale, sale["store"].in(std::vector<Row>{})), IsEmpty());
  EXPECT_THAT(ids(sale, sale["store"].in(Values{})), IsEmpty());
  EXPECT_THAT(ids(sale, sale["store"].not_in(Values{})), ElementsAre("1", "2", "3", "4", "5"));
  // Without a number, de may be de 1 but never fr 1: so says SQL.
  EXPECT_THAT(ids(sale, sale["store"].not_in({berlin})), ElementsAre("2", "3"));
  EXPECT_THAT(ids(sale, sale["store"].not_in({paris})), ElementsAre("1", "2", "5"));
}

TEST_P(CompositeKeys, ListsOfManyLengthsShareAStatement) {
  const Database db = sales();
  const Model sale = db["Sale"];
  const std::string four = sale.select().where(sale["store"].in({berlin, bonn, paris, berlin})).sql().sql;
  EXPECT_EQ(sale.select().where(sale["store"].in({berlin, bonn, paris})).sql().sql, four);
}

TEST_P(CompositeKeys, AreInAQuery) {
  const Database db = sales();
  const Model sale = db["Sale"], store = db["Store"];
  EXPECT_THAT(ids(sale, sale["store"].in(store.select().where(store["name"] != "Bonn"))), ElementsAre("1", "3"));
  EXPECT_THAT(ids(sale, sale["origin"].in(store.select().where(store["name"] == "Berlin"))), ElementsAre("1", "2"));
  EXPECT_THAT(ids(sale, sale["store"].not_in(store.select().where(store["name"] == "Berlin"))), ElementsAre("2", "3"));
  const Model other = db["Sale"].alias();
  EXPECT_THAT(ids(sale, sale["store"].in(other.select(other["store"]).where(other["amount"] < 25))),
              ElementsAre("1", "2"));
  EXPECT_THAT(ids(sale, sale["store"].not_in(other.select(other["store"]))), IsEmpty()) << "the query has NULLs";
  QueryCount count(db);
  EXPECT_THAT([&] { static_cast<void>(sale["store"].in(other.select(other["amount"]))); },
              ThrowsMessage<QueryError>(HasSubstr("selects 1 columns where 2 are needed")));
  EXPECT_THROW(static_cast<void>(sale["store"].in(other.select(other["amount"], other["id"]))), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(CompositeKeys, AreComparedColumnByColumn) {
  const Database db = sales();
  const Model sale = db["Sale"];
  EXPECT_THAT(ids(sale, sale["store"] == sale["origin"]), ElementsAre("1"));
  EXPECT_THAT(ids(sale, sale["store"] != sale["origin"]), ElementsAre("2"));
  EXPECT_THAT(ids(sale, sale["store"].is_not_distinct_from(sale["origin"])), ElementsAre("1", "4"));
  EXPECT_THAT(ids(sale, sale["store"].is_distinct_from(sale["origin"])), ElementsAre("2", "3", "5"));
  EXPECT_THAT(ids(sale, sale["store"].is_distinct_from(berlin)), ElementsAre("2", "3", "4", "5"));
  EXPECT_THAT(ids(sale, sale["store"] == tuple({"de", 2})), ElementsAre("2"));
  EXPECT_THAT(ids(sale, tuple({sale["store_country"], sale["amount"]}) == tuple({"de", 20})), ElementsAre("2"));
  EXPECT_THAT(ids(sale, tuple({sale["store_country"], sale["store_number"]}) > tuple({"de", 1})),
              ElementsAre("2", "3"));
  const Model other = db["Sale"].alias();
  EXPECT_EQ(sale.select().join(other, {.on = (sale["store"] == other["store"]) & (sale["id"] != other["id"])}).count(),
            0);
}

TEST_P(CompositeKeys, AreSelectedOrderedAndGroupedByTheirColumns) {
  const Database db = sales();
  const Model sale = db["Sale"];
  const Rows rows = sale.select(sale["id"], sale["store"]).order_by(sale["store"].desc(), sale["id"]).all();
  EXPECT_THAT(texts(rows, "id"), ElementsAre("3", "2", "1", "5", "4"));
  EXPECT_EQ(rows[0]["store"]["name"].text(), "Paris");
  EXPECT_TRUE(rows[0].is_loaded("store_number"));
  EXPECT_FALSE(rows[0].is_loaded("amount"));
  const Query sums =
      sale.select(sale["store"], fn::sum(sale["amount"]).as("total")).group_by(sale["store"]).order_by(sale["store"]);
  EXPECT_THAT(texts(sums, "total"), ElementsAre("40", "50", "10", "20", "30"));
  EXPECT_EQ(sale.select(sale["store"]).distinct().order_by(sale["store"]).all().size(), 5U);
  const Query both = sale.select(sale["store"]).union_with(sale.select(sale["origin"])).order_by(sale["store"]);
  EXPECT_EQ(sale.select(sale["store"]).distinct().count(), 5);
  EXPECT_EQ(both.all().size(), 5U);
}

TEST_P(CompositeKeys, WhatTheyCannotBeIsAMistakeBeforeAnySql) {
  const Database db = sales();
  const Model sale = db["Sale"], store = db["Store"];
  QueryCount count(db);
  const char* columns = "a key of the columns 'store_country' and 'store_number'";
  EXPECT_THAT([&] { static_cast<void>(sale["store"] < sale["origin"]); },
              ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { static_cast<void>(sale["store"] == 1); }, ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { sale["store"].as("s"); }, ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { sale["store"] + 1; }, ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { sale["store"].between(1, 2); }, ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { sale.select(fn::count(sale["store"])).all(); }, ThrowsMessage<QueryError>(HasSubstr(columns)));
  EXPECT_THAT([&] { sale["store"].in({1, 2}); }, ThrowsMessage<QueryError>(HasSubstr("rows, or lists of 2 values")));
  EXPECT_THAT(
      [&] {
        sale["store"].in({Values{"de", nullptr}});
      },
      ThrowsMessage<QueryError>(HasSubstr("never matches")));
  EXPECT_THROW(sale["store"].in({Values{1, "de"}}), Error);
  EXPECT_THROW(sale["store"].in({sale.get(1)}), QueryError);
  EXPECT_THROW(tuple({sale["id"], sale["amount"]}).is_null(), QueryError);
  EXPECT_THROW(static_cast<void>(tuple({sale["id"], sale["amount"]}) == tuple({1, 2, 3})), QueryError);
  EXPECT_THROW(sale.select(tuple({sale["id"], sale["amount"]})).all(), QueryError);
  EXPECT_THROW(store.select(store["sales"]).all(), QueryError);
  EXPECT_EQ(count.count(), 1U) << "sale.get";
}

TEST_P(CompositeKeys, AForeignKeyToAnotherFieldIsInAQueryByThatField) {
  const Database db = open(R"({"dorm": 1, "models": {
    "User": {"fields": {"name": {"type": "string", "max_length": 20, "unique": true}}},
    "Note": {"fields": {"by": {"type": "foreign_key", "to": "User", "to_field": "name"}}}}})");
  const Row ada = db["User"].create({{"name", "ada"}});
  db["User"].create({{"name", "bob"}});
  db["Note"].create({{"by", ada}});
  const Model user = db["User"], note = db["Note"];
  EXPECT_EQ(note.select().where(note["by"].in(user.select().where(user["name"] == "ada"))).count(), 1);
  EXPECT_EQ(note.select().where(note["by"].in(user.select().all())).count(), 1);
  EXPECT_EQ(user.select().where(user["id"].in({ada})).count(), 1);
}

}  // namespace
}  // namespace dorm::test
