// What the two databases do differently by themselves, and must not here.
#include <fstream>

#include "api/world.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class OneBehaviour : public Api {};
DORM_API_TESTS(OneBehaviour);

TEST_P(OneBehaviour, SinglePrecisionIsRoundedBeforeItIsSent) {
  const Database db = open(R"({"dorm": 1, "models": {"Reading": {"fields": {
    "value": {"type": "real", "default": 0.1}}}}})");
  const Model reading = db["Reading"];
  constexpr double nearest = 0.1F;
  const Row made = reading.create({{"value", 0.1}});
  EXPECT_EQ(made["value"].real(), nearest);
  EXPECT_EQ(reading.get(made["id"].integer())["value"].real(), nearest);
  EXPECT_EQ(reading.create({})["value"].real(), nearest);
  EXPECT_EQ(reading.objects().filter("value", 0.1).count(), 2);
  EXPECT_EQ(reading.objects().filter("value__in", Values{0.1, 7}).count(), 2);
  EXPECT_EQ(reading.select().where(reading["value"] == 0.1).count(), 2);
  EXPECT_EQ(reading.objects().filter("value__lt", 1e300).count(), 2) << "a limit may lie beyond what can be stored";
  EXPECT_THAT(
      [&] {
        reading.create({{"value", 1e300}});
      },
      ThrowsMessage<DataError>(HasSubstr("Reading.value is real; the value is out of its range")));
}

TEST_P(OneBehaviour, JsonIsNotCompared) {
  const Database db = open(R"({"dorm": 1, "models": {"Note": {"fields": {
    "doc": {"type": "json", "nullable": true}, "kind": {"type": "text", "default": "x"}}}}})");
  const Model note = db["Note"];
  note.create({{"doc", Json{R"({"a": 1.0, "b": 1})"}}});
  const auto refused = [](const auto& run) {
    EXPECT_THAT(run, ThrowsMessage<QueryError>(HasSubstr("does not apply to Note.doc, which is json")));
  };
  const Value doc(Json{R"({"b": 1, "a": 1})"});
  refused([&] { static_cast<void>(note["doc"] == doc); });
  refused([&] { static_cast<void>(note["doc"].in(Values{doc})); });
  EXPECT_THAT(
      [&] { note.objects().filter("doc", doc); },
      ThrowsMessage<QueryError>(HasSubstr("'exact' does not fit Note.doc, which is json; possible are 'isnull'")));
  refused([&] { note.select(note["doc"]).distinct().all(); });
  refused([&] { note.select(note["doc"], fn::count()).group_by(note["doc"]).all(); });
  refused([&] { note.select().order_by(note["doc"]).all(); });
  EXPECT_EQ(note.objects().filter("doc__isnull", false).count(), 1);
  EXPECT_EQ(note.select(fn::coalesce({note["doc"], doc}).as("d")).dicts().all().size(), 1U);
}

TEST_P(OneBehaviour, ANativeEnumIsATextToEveryFunction) {
  const Database db = open(R"({"dorm": 1,
    "enums": {"Size": {"values": ["small", "large"], "storage": "native"}, "Word": {"values": ["large", "other"]}},
    "models": {"Shirt": {"fields": {"label": {"type": "text"},
      "size": {"type": "enum", "enum": "Size", "nullable": true}, "before": {"type": "enum", "enum": "Size", "nullable": true},
      "word": {"type": "enum", "enum": "Word", "default": "large"}}}}})");
  const Model shirt = db["Shirt"];
  shirt.create({{"label", "a"}, {"size", "small"}, {"before", "small"}});
  shirt.create({{"label", "b"}, {"size", "large"}, {"before", "small"}});
  const auto labels = [&](const Expr& condition) {
    return texts(shirt.select().where(condition).order_by(shirt["id"]), "label");
  };
  EXPECT_THAT(labels(shirt["size"] == "small"), ElementsAre("a"));
  EXPECT_THAT(labels(shirt["size"] == shirt["before"]), ElementsAre("a"));
  EXPECT_THAT(labels(shirt["size"] == shirt["word"]), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].in(Values{"large"})), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].in(shirt.select(shirt["before"]))), ElementsAre("a"));
  EXPECT_THAT(labels(shirt["size"].in(shirt.select(shirt["word"]))), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].startswith("sm")), ElementsAre("a"));
  EXPECT_THAT(labels(shirt["size"].icontains("ARG")), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].like("l%")), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].iexact("SMALL")), ElementsAre("a"));
  EXPECT_THAT(labels(fn::lower(shirt["size"]) == "small"), ElementsAre("a"));
  EXPECT_THAT(labels(shirt["size"] < shirt["word"]), testing::IsEmpty());
  EXPECT_THAT(labels(shirt["size"].between(shirt["word"], "large")), ElementsAre("b"));
  EXPECT_THAT(labels(shirt["size"].concat("!") == "small!"), ElementsAre("a"));
  EXPECT_THAT(labels(fn::coalesce({shirt["size"], shirt["word"]}) == "small"), ElementsAre("a"));
  // By the text, not by the declaration.
  EXPECT_THAT(texts(shirt.select().order_by(shirt["size"]), "label"), ElementsAre("b", "a"));
  EXPECT_EQ(shirt.select(fn::max(shirt["size"]).as("m")).dicts().get()["m"].text(), "small");
  EXPECT_EQ(shirt.objects().filter("label", "a").update({{"before", shirt["size"]}}), 1);
  EXPECT_THAT(
      [&] {
        shirt.objects().filter("label", "a").update({{"size", shirt["word"]}});
      },
      ThrowsMessage<QueryError>(HasSubstr("Shirt.size is of the native enum 'Size'; set it to a value")));
}

TEST_P(OneBehaviour, SmallIntegersAreAddedAsWideOnes) {
  const Database db = open(R"({"dorm": 1, "models": {"Pair": {"fields": {
    "a": {"type": "smallint"}, "b": {"type": "integer"}, "c": {"type": "integer"}}}}})");
  const Model pair = db["Pair"];
  pair.create({{"a", 30000}, {"b", 2147483647}, {"c", 2147483647}});
  const Row sums =
      pair.select((pair["a"] + pair["a"]).as("aa"), (pair["a"] * pair["a"]).as("product"),
                  (pair["b"] + pair["c"]).as("bc"), (pair["b"] * pair["c"]).as("big"), (pair["b"] - -1).as("more"))
          .dicts()
          .get();
  EXPECT_EQ(sums["aa"].integer(), 60000);
  EXPECT_EQ(sums["product"].integer(), 900000000);
  EXPECT_EQ(sums["bc"].integer(), 4294967294);
  EXPECT_EQ(sums["big"].integer(), 4611686014132420609);
  EXPECT_EQ(sums["more"].integer(), 2147483648);
  EXPECT_EQ(pair.select().where(pair["b"] + pair["c"] > 4000000000).count(), 1);
}

TEST_P(OneBehaviour, WhatAnUpdateComputesIsHeldToItsColumn) {
  const Database db = open(R"({"dorm": 1, "models": {"Count": {"fields": {
    "small": {"type": "smallint", "default": 32767}, "number": {"type": "integer", "default": 2147483647},
    "big": {"type": "bigint", "default": 9223372036854775807},
    "price": {"type": "decimal", "precision": 4, "scale": 2, "default": "99.99"},
    "name": {"type": "string", "max_length": 4, "default": "\u00c4bcd"}}}}})");
  const Model count = db["Count"];
  const Row row = count.create({});
  const std::string before = count.get(row["id"].integer()).to_json();
  const auto refused = [&](const char* field, const Expr& value) {
    EXPECT_THROW(count.objects().filter("pk", row).update({{field, value}}), DataError) << field;
    EXPECT_EQ(count.get(row["id"].integer()).to_json(), before) << field;
  };
  refused("small", count["small"] + 1);
  refused("small", count["number"] - 1);
  refused("number", count["number"] + count["small"]);
  refused("big", count["big"] + 1);
  refused("price", count["price"] + Decimal::parse("0.01"));
  refused("name", count["name"].concat("e"));
  // So is what a subquery computes.
  const Model other = count.alias();
  refused("small", Expr(other.select(fn::max(other["number"])).where(other["id"] == count["id"])));
  EXPECT_EQ(count.objects().filter("pk", row).update({{"small", -count["small"] - 1},
                                                      {"number", count["number"] - count["small"]},
                                                      {"big", -count["big"] - 1},
                                                      {"price", -count["price"]},
                                                      {"name", count["name"].concat("")}}),
            1);
  const Row after = count.get(row["id"].integer());
  EXPECT_EQ(after["small"].integer(), -32768);
  EXPECT_EQ(after["number"].integer(), 2147450880);
  EXPECT_EQ(after["big"].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(after["price"].decimal(), Decimal::parse("-99.99"));
  EXPECT_EQ(after["name"].text(),
            "\xC3\x84"
            "bcd");
}

TEST_P(OneBehaviour, ADatabaseOpensByAConfigurationFile) {
  const TemporaryDirectory files;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(files.file(name)) << text;
    return files.file(name);
  };
  write("models.json", R"({"dorm": 1, "models": {
    "Author": {"fields": {"name": {"type": "text"}}},
    "Book": {"fields": {"author": {"type": "foreign_key", "to": "Author", "backref": "books"}}}}})");
  const std::string config = write("config.json", R"({"schemas": "models.json", "default": "app", "databases": {
    "app": {"url": ")" + fresh_database(GetParam()) + R"(", "lazy": "raise"}}})");
  const Database db = Database::open(Config::load(config));
  db.create_tables();
  db["Book"].create({{"author", db["Author"].create({{"name", "Ann"}})}});
  EXPECT_EQ(db["Book"].count(), 1);
  const Row author = db["Author"].all()[0];
  EXPECT_THAT([&] { author.related("books").size(); },
              ThrowsMessage<QueryError>(HasSubstr("its lazy policy is 'raise'")))
      << "the database's own policy";

  const std::string bare =
      write("bare.json", R"({"databases": {"app": {"url": ")" + fresh_database(GetParam()) + R"("}}})");
  const Database empty = Database::open(Config::load(bare), "app");
  EXPECT_THROW(empty["Book"], QueryError);
  EXPECT_NO_THROW(empty.create_tables());
}

}  // namespace
}  // namespace dorm::test
