// Columns that several queries fill, unions and recursive CTEs, are of a type that holds the values of all.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class UnionTypes : public Api {
 protected:
  UnionTypes() { add("Aa", Value()); }
  Database db = open(R"({"dorm": 1,
    "enums": {"Size": {"values": ["small", "large"], "storage": "native"},
              "Mood": {"values": ["small", "good"], "storage": "native"}},
    "models": {"Item": {"fields": {
    "name": {"type": "string", "max_length": 10}, "small": {"type": "smallint"}, "num": {"type": "integer"},
    "flt": {"type": "real"}, "dbl": {"type": "double"},
    "price": {"type": "decimal", "precision": 10, "scale": 2},
    "rate": {"type": "decimal", "precision": 10, "scale": 4},
    "huge": {"type": "decimal", "precision": 30, "scale": 10, "nullable": true},
    "size": {"type": "enum", "enum": "Size"}, "mood": {"type": "enum", "enum": "Mood"},
    "parent": {"type": "foreign_key", "to": "Item", "nullable": true},
    "at": {"type": "datetime"}, "wall": {"type": "datetime", "timezone": false}}}}})");
  Model item = db["Item"];

  std::int64_t add(const char* name, const Value& parent) const {
    return item
        .create({{"name", name},
                 {"small", 300},
                 {"num", 3},
                 {"flt", 1.25},
                 {"dbl", 12.5},
                 {"price", "1.25"},
                 {"rate", "0.1250"},
                 {"size", "small"},
                 {"mood", "small"},
                 {"parent", parent},
                 {"at", "2026-01-04 20:30:00"},
                 {"wall", "2026-01-04 20:30:00"}})["id"]
        .integer();
  }
  // Ordered by the column, smallest first.
  std::vector<std::string> united(const Expr& left, const Expr& right) const {
    const Query both = item.select(Expr(left).as("x")).union_all(item.select(Expr(right).as("x")));
    return texts(both.order_by(Expr(left).as("x")).dicts().all(), "x");
  }
  // What the column "n" of a recursive CTE holds, in the order of its steps.
  template <class Next>
  std::vector<std::string> steps(const Expr& first, std::int64_t most, const Next& next) const {
    const CommonTable chain =
        item.select(Expr(first).as("n"), Expr(1).as("step")).recursive_cte("chain", [&](const CommonTable& before) {
          return before.select_from({Expr(next(before.c("n"))).as("n"), (before.c("step") + 1).as("step")})
              .where(before.c("step") < most);
        });
    return texts(chain.select_from({chain.c("n")}).with_cte(chain).order_by(chain.c("step")).dicts().all(), "n");
  }
};
DORM_API_TESTS(UnionTypes);

TEST_P(UnionTypes, OfNumbers) {
  EXPECT_THAT(united(item["small"], item["num"]), ElementsAre("3", "300"));
  EXPECT_THAT(united(item["num"], item["small"] * 1'000'000'000), ElementsAre("3", "300000000000"));
  EXPECT_THAT(united(item["num"], item["dbl"]), ElementsAre("3.0", "12.5"));
  EXPECT_THAT(united(item["dbl"], item["num"]), ElementsAre("3.0", "12.5"));
  EXPECT_THAT(united(item["flt"], item["num"]), ElementsAre("1.25", "3.0"));
  EXPECT_THAT(united(item["price"], item["rate"]), ElementsAre("0.1250", "1.2500"));
  EXPECT_THAT(united(item["rate"], item["price"]), ElementsAre("0.1250", "1.2500"));
  EXPECT_THAT(united(item["num"], item["price"]), ElementsAre("1.25", "3.00"));
  EXPECT_THAT(united(item["price"], Decimal::parse("1.2")), ElementsAre("1.20", "1.25"));
}

TEST_P(UnionTypes, OfTextsAndNothing) {
  EXPECT_THAT(united(item["name"], Expr("Bb").concat("!")), ElementsAre("Aa", "Bb!"));
  EXPECT_THAT(united(item["name"], item["size"]), ElementsAre("Aa", "small"));
  EXPECT_THAT(united(item["size"], item["mood"]), ElementsAre("small", "small"));
  EXPECT_THAT(united(Expr(Value()), item["num"]), ElementsAre("null", "3"));
  const Query none = item.select(Expr(Value()).as("x"));
  EXPECT_THAT(texts(none.union_all(none).union_all(item.select(item["num"])).dicts().all(), "x"),
              UnorderedElementsAre("null", "null", "3"));
}

TEST_P(UnionTypes, OfEqualValuesMakeOneRow) {
  const auto count_of = [&](const Expr& left, const Expr& right) {
    return item.select(Expr(left).as("x")).union_with(item.select(Expr(right).as("x"))).dicts().all().size();
  };
  EXPECT_EQ(count_of(item["price"], item["rate"] * 10), 1U) << "1.25 is 1.25000";
  EXPECT_EQ(count_of(item["num"], item["dbl"] - 9.5), 1U);
  EXPECT_EQ(count_of(item["num"], item["price"]), 2U);
  const Query prices = item.select(item["price"].as("x")), rates = item.select((item["rate"] * 10).as("x"));
  EXPECT_EQ(prices.except(rates).dicts().all().size(), 0U);
  EXPECT_EQ(prices.intersect(rates).dicts().get()["x"].decimal(), Decimal::parse("1.25"));
  const Subquery both = prices.union_all(item.select(item["num"].as("x"))).alias("both");
  EXPECT_EQ(item.select(fn::sum(both.c("x")).as("s")).join(both, Join::cross).dicts().get()["s"].to_text(), "4.25");
}

TEST_P(UnionTypes, WithoutAnyInCommonAreRefused) {
  const QueryCount count(db);
  const auto refused = [&](const char* left, const char* right) {
    EXPECT_THAT([&] { united(item[left], item[right]); },
                ThrowsMessage<QueryError>(HasSubstr("on the other; cast one of them")))
        << left << " and " << right;
  };
  refused("num", "name");
  refused("price", "dbl");
  refused("price", "huge");
  refused("at", "wall");
  refused("at", "name");
  EXPECT_EQ(count.count(), 0U);
  const Query rows = item.select(item["num"]).union_all(item.select(item["dbl"]));
  EXPECT_THROW(rows.all(), QueryError) << "a field of integers holds no double";
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(rows.tuples().all().size(), 2U);
}

TEST_P(UnionTypes, OfARecursiveTableAreThoseOfItsSteps) {
  EXPECT_THAT(steps(item["small"], 3, [](const Expr& n) { return n + 1; }), ElementsAre("300", "301", "302"));
  EXPECT_THAT(steps(item["price"], 3, [](const Expr& n) { return n + Decimal::parse("1.00"); }),
              ElementsAre("1.25", "2.25", "3.25"));
  EXPECT_THAT(steps(item["price"], 3, [](const Expr& n) { return n + Decimal::parse("0.001"); }),
              ElementsAre("1.250", "1.251", "1.252"));
  EXPECT_THAT(steps(item["num"], 3, [](const Expr& n) { return n + Decimal::parse("0.5"); }),
              ElementsAre("3.0", "3.5", "4.0"));
  EXPECT_THAT(steps(item["flt"], 3, [](const Expr& n) { return n * 2.0; }), ElementsAre("1.25", "2.5", "5.0"));
  EXPECT_THAT(steps(item["num"], 3, [](const Expr& n) { return n * 1.5; }), ElementsAre("3.0", "4.5", "6.75"));
  EXPECT_THAT(steps(item["name"], 3, [](const Expr& n) { return n.concat("/"); }), ElementsAre("Aa", "Aa/", "Aa//"));
  EXPECT_THAT(steps(item["name"], 2, [](const Expr& n) { return fn::upper(n); }), ElementsAre("Aa", "AA"));
  EXPECT_THAT(steps(Expr("a"), 2, [](const Expr& n) { return n; }), ElementsAre("a", "a"));
  EXPECT_THAT(steps(item["size"], 2, [](const Expr& n) { return n; }), ElementsAre("small", "small"));
  EXPECT_THAT(steps(item["size"], 2, [](const Expr& n) { return n.concat("er"); }), ElementsAre("small", "smaller"));
  EXPECT_THAT(steps(fn::coalesce({item["name"], "x"}), 2, [](const Expr& n) { return fn::lower(n); }),
              ElementsAre("Aa", "aa"));
  const QueryCount count(db);
  EXPECT_THAT([&] { steps(item["price"], 3, [](const Expr& n) { return n * Decimal::parse("0.5"); }); },
              ThrowsMessage<QueryError>(HasSubstr("gets more digits after the point with every step")));
  EXPECT_THAT([&] { steps(item["num"], 3, [](const Expr&) { return Expr("x"); }); },
              ThrowsMessage<QueryError>(HasSubstr("column 'n' of a recursive CTE is integer on one side and text")));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(UnionTypes, OfATreeWithPathsAndWhereTheyCameFrom) {
  const std::int64_t root = item.select().get()["id"].integer();
  add("Bb", root);
  const CommonTable tree =
      item.select(item["id"], item["name"].as("path"), Expr(Value()).as("came_from"), Expr("").as("trail"))
          .where(item["parent"].is_null())
          .recursive_cte("tree", [&](const CommonTable& above) {
            const Model child = item.alias();
            return child
                .select(child["id"], above.c("path").concat("/").concat(child["name"]), child["parent"],
                        above.c("trail").concat(child["name"]))
                .join(above, {.on = child["parent"] == above.c("id")});
          });
  const Rows rows = tree.select_from({tree.c("path"), tree.c("came_from"), tree.c("trail")})
                        .with_cte(tree)
                        .order_by(tree.c("path"))
                        .dicts()
                        .all();
  EXPECT_THAT(texts(rows, "path"), ElementsAre("Aa", "Aa/Bb"));
  EXPECT_THAT(texts(rows, "came_from"), ElementsAre("null", std::to_string(root)));
  EXPECT_THAT(texts(rows, "trail"), ElementsAre("", "Bb"));
}

TEST_P(UnionTypes, OfParametersAreThoseOfTheOtherSide) {
  const Query both = item.select(param("x").as("x")).union_all(item.select(item["dbl"].as("x"))).dicts();
  EXPECT_THAT(texts(both.order_by(item["dbl"].as("x")).bind({{"x", 2}}).all(), "x"), ElementsAre("2.0", "12.5"));
  EXPECT_THROW(static_cast<void>(both.bind({{"x", "two"}})), DataError);
}

TEST_P(UnionTypes, OfAnOrderedUnionThatIsOnlyCountedOrLookedInto) {
  const Query both = item.select(item["num"]).union_all(item.select(item["price"])).order_by(item["num"]);
  EXPECT_EQ(both.count(), 2);
  EXPECT_TRUE(both.exists());
  EXPECT_TRUE(both.limit(1).exists());
  const Query names =
      item.select(item["num"].as("x")).union_all(item.select(item["small"])).order_by(item["num"].as("x"));
  EXPECT_EQ(item.select().where(item["small"].in(names.limit(1))).count(), 0);
  EXPECT_EQ(item.select().where(item["num"].in(names.limit(1))).count(), 1);
}

}  // namespace
}  // namespace dorm::test
