// Promises that were once broken: each test is named for the rule it protects.
#include <atomic>
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

class Promises : public Api {};
DORM_API_TESTS(Promises);

constexpr std::string_view shop = R"({"dorm": 1, "models": {
  "Item": {"fields": {
    "name": {"type": "text"},
    "price": {"type": "decimal", "precision": 10, "scale": 2},
    "rate": {"type": "decimal", "precision": 10, "scale": 4, "nullable": true},
    "qty": {"type": "integer", "default": 1},
    "flag": {"type": "boolean", "default": false},
    "secret": {"type": "text", "nullable": true, "sensitive": true},
    "notes": {"type": "text", "nullable": true, "deferred": true},
    "more": {"type": "text", "nullable": true, "deferred": true},
    "touched": {"type": "datetime", "default": {"fn": "now"}, "on_update": {"fn": "now"}},
    "parent": {"type": "foreign_key", "to": "self", "nullable": true, "backref": "children"},
    "tags": {"type": "many_to_many", "to": "Tag", "backref": "items"}}},
  "Tag": {"fields": {"label": {"type": "text"}}}}})";

Value decimal(std::string_view text) { return Value(Decimal::parse(text)); }

TEST_P(Promises, TwoThreadsMayLoadTwoDeferredColumnsOfOneResult) {
  const Database db = open(shop);
  const Model item = db["Item"];
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(i);
    item.create({{"name", number}, {"price", 1}, {"notes", "note " + number}, {"more", "more " + number}});
  }
  for (int round = 0; round < 5; ++round) {
    const Rows rows = item.select().order_by(item["id"]).all();
    std::atomic<int> wrong = 0;
    const auto read = [&](const char* column, const std::string& prefix) {
      int i = 0;
      for (const Row& row : rows)
        if (row[column].text() != prefix + std::to_string(i++)) ++wrong;
    };
    std::thread one(read, "notes", "note ");
    std::thread two(read, "more", "more ");
    one.join();
    two.join();
    ASSERT_EQ(wrong, 0);
  }
}

TEST_P(Promises, DecimalsOfTwoScalesCompareExactly) {
  const Database db = open(shop);
  const Model item = db["Item"];
  item.create({{"name", "a"}, {"price", decimal("10.50")}, {"rate", decimal("10.5000")}});
  item.create({{"name", "b"}, {"price", decimal("0.20")}, {"rate", decimal("0.1999")}});
  EXPECT_EQ(texts(item.select().where(item["price"] == item["rate"]), "name"), std::vector<std::string>{"a"});
  EXPECT_EQ(texts(item.select().where(item["price"] > decimal("0.1999")).order_by(item["id"]), "name"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(texts(item.select().where(item["price"].in({decimal("10.5"), decimal("0.1999")})), "name"),
            std::vector<std::string>{"a"});
  EXPECT_EQ(texts(item.select().where(item["qty"].in({1, decimal("1.5")})).order_by(item["id"]), "name"),
            (std::vector<std::string>{"a", "b"}));
  const Expr either = fn::coalesce({item["rate"], item["price"]});
  EXPECT_EQ(item.select(either.as("x")).where(item["name"] == "b").scalar().decimal(), Decimal::parse("0.1999"));
}

TEST_P(Promises, AnUpdateThatWouldLoseDigitsIsRefused) {
  const Database db = open(shop);
  const Model item = db["Item"];
  item.create({{"name", "a"}, {"price", decimal("10.50")}, {"rate", decimal("0.1234")}});
  QueryCount count(db);
  const Query all = item.select().where(item["id"] > 0);
  EXPECT_THROW(all.update({{"price", item["price"] * decimal("1.5")}}), QueryError);
  EXPECT_THROW(all.update({{"price", item["rate"]}}), QueryError);
  EXPECT_THROW(all.update({{"qty", item["flag"]}}), QueryError);
  EXPECT_THROW(all.update({{"name", item["qty"]}}), QueryError);
  EXPECT_THROW(all.select(item["price"]).union_all(all.select(item["name"])), QueryError);
  EXPECT_EQ(count.count(), 0U);
  all.update({{"rate", item["price"]}});
  EXPECT_EQ(item.get(1)["rate"].decimal(), Decimal::parse("10.5"));
  all.update({{"price", item["qty"]}});
  EXPECT_EQ(item.get(1)["price"].decimal(), Decimal::parse("1"));
}

TEST_P(Promises, AChangeAfterADeleteSurvivesItsRollback) {
  const Database db = open(shop);
  const Row row = db["Item"].create({{"name", "old"}, {"price", 1}});
  {
    Transaction tx = db.transaction();
    row.delete_row();
    row.set("name", "new");
    tx.rollback();
  }
  EXPECT_TRUE(row.is_saved());
  EXPECT_TRUE(row.is_dirty());
  row.save();
  EXPECT_EQ(db["Item"].get(1)["name"].text(), "new");
}

TEST_P(Promises, WhatDormWritesByItselfIsNeverDirty) {
  const Database db = open(shop);
  const Row row = db["Item"].create({{"name", "a"}, {"price", 1}});
  const DateTime before = row["touched"].datetime();
  {
    Transaction tx = db.transaction();
    row.set("name", "b");
    row.save();
    EXPECT_NE(row["touched"].datetime(), before);
    tx.rollback();
  }
  EXPECT_EQ(row["touched"].datetime(), before);
  EXPECT_EQ(row.dirty_fields(), std::vector<std::string>{"name"});
  row.save();
  EXPECT_NE(db["Item"].get(1)["touched"].datetime(), before);
}

TEST_P(Promises, ADetachedRowKeepsItsChanges) {
  const Database db = open(shop);
  const Model item = db["Item"];
  item.create({{"name", "a"}, {"price", 1}});
  const Row row = item.get(1);
  row.set("name", "b");
  const Row alone = row.detached();
  EXPECT_EQ(alone.dirty_fields(), std::vector<std::string>{"name"});
  alone.save();
  EXPECT_EQ(item.get(1)["name"].text(), "b");
}

TEST_P(Promises, AMovedTransactionSaysSo) {
  const Database db = open(shop);
  Transaction first = db.transaction();
  Transaction second = std::move(first);
  EXPECT_THROW(first.commit(), StateError);  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_THROW(first.on_commit([] {}), StateError);
  second.rollback();
}

TEST_P(Promises, ALongChainOfAssignedRowsCostsNothingSpecial) {
  const Database db = open(shop);
  const Model item = db["Item"];
  Transaction tx = db.transaction();
  Row last = item.create({{"name", "0"}, {"price", 0}});
  for (int i = 1; i < 3'000; ++i) last = item.create({{"name", std::to_string(i)}, {"price", 0}, {"parent", last}});
  tx.commit();
  EXPECT_EQ(last["parent"]["parent"]["name"].text(), "2997");
  EXPECT_FALSE(last.to_json().empty());
}

TEST_P(Promises, OneNameOnARowIsOneThing) {
  const Database db = open(shop);
  const Model item = db["Item"];
  const Model parent = item.alias("a"), other = item.alias("b");
  const Query two = item.select(item, parent, other)
                        .join(parent, Join::left_outer, {.on = item["parent"] == parent["id"], .attr = "p"})
                        .join_from(item, other, Join::left_outer, {.on = item["parent"] == other["id"], .attr = "p"});
  EXPECT_THROW(two.sql(), QueryError);
}

TEST_P(Promises, NothingComputedFromASecretIsPrinted) {
  const Database db = open(shop);
  const Model item = db["Item"];
  item.create({{"name", "a"}, {"price", 1}, {"secret", "hunter2"}});
  const auto inner = item.select(item["id"], item["secret"].as("s")).alias("q");
  for (const Query& query :
       {item.select(item["name"], item["secret"]).dicts(), item.select(item["name"], item["secret"].as("x")),
        item.select(item["name"], fn::upper(item["secret"]).as("x")).objects(),
        item.select(item["name"], inner.c("s").as("x")).join(inner, {.on = item["id"] == inner.c("id"), .attr = {}})}) {
    const std::string text = query.all().to_json();
    EXPECT_EQ(text.find("unter2"), std::string::npos) << text;
    EXPECT_EQ(text.find("UNTER2"), std::string::npos) << text;
  }
}

TEST_P(Promises, AKeyThatAFieldCannotHoldIsNotThere) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Small": {"fields": {"id": {"type": "smallint", "primary_key": true}}},
    "Named": {"fields": {"id": {"type": "string", "max_length": 3, "primary_key": true}}}}})");
  EXPECT_FALSE(db["Small"].get_or_none(1'000'000).has_value());
  EXPECT_FALSE(db["Named"].get_or_none("much too long").has_value());
  EXPECT_THROW(db["Small"].get_or_none("a"), DataError);
}

TEST_P(Promises, LinkRowsAreReadBesideTheirTargets) {
  const Database db = open(shop);
  const Model item = db["Item"], tag = db["Tag"];
  const Row a = item.create({{"name", "a"}, {"price", 1}});
  a.related("tags").add({tag.create({{"label", "x"}}), tag.create({{"label", "y"}})});
  const Row row = item.get(1);
  const Rows links = row.related("tags").links();
  ASSERT_EQ(links.size(), 2U);
  for (std::size_t i = 0; i < links.size(); ++i)
    EXPECT_EQ(links[i]["tag_id"].integer(), row.related("tags")[i]["id"].integer());
}

TEST_P(Promises, ADatabaseThatCannotBeReachedIsKnownWhenItIsOpened) {
  DatabaseConfig config;
  config.pool.checkout_timeout = std::chrono::milliseconds(200);  // so long it tries, for what may be there soon
  config.url = is_postgres() ? "postgresql:///x?host=/nonexistent/folder" : "sqlite:///nonexistent/folder/x.db";
  EXPECT_THROW(Database::open(config, Registry::parse(shop)), ConnectFailed);
}

}  // namespace
}  // namespace dorm::test
