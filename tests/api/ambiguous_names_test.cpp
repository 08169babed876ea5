// A name that would mean two things is refused before a database chooses one of them.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class AmbiguousNames : public Api {
 protected:
  AmbiguousNames() {
    owner.create({{"name", "ann"}});
    owner.create({{"name", "bob"}, {"boss", 1}});
    item.create({{"name", "pen"}, {"num", 3}, {"owner", 1}});
    item.create({{"name", "cup"}, {"num", 1}, {"owner", 2}});
  }
  Database db = open(R"({"dorm": 1, "models": {
    "Owner": {"fields": {"name": {"type": "text"}, "boss": {"type": "foreign_key", "to": "Owner", "nullable": true}}},
    "Item": {"fields": {"name": {"type": "text"}, "num": {"type": "integer"},
      "owner": {"type": "foreign_key", "to": "Owner"}}}}})");
  Model owner = db["Owner"], item = db["Item"];

  // Items whose owner is gone, by a subquery that names columns of the table that is written.
  void delete_without(const Model& some) const {
    item.select().where(not_exists(some.select(some["id"]).where(some["id"] == item["owner"]))).delete_rows();
  }
  template <class Run>
  void expect_refused(const Run& run, const char* why) const {
    const QueryCount count(db);
    EXPECT_THAT(run, ThrowsMessage<QueryError>(HasSubstr(why)));
    EXPECT_EQ(count.count(), 0U);
  }
};
DORM_API_TESTS(AmbiguousNames);

TEST_P(AmbiguousNames, OfOutputsThatAreNamed) {
  const Query both = item.select(item["name"].as("x"), item["num"].as("x")).tuples();
  EXPECT_EQ(both.order_by(item["num"]).all()[0][0].text(), "cup") << "by their places they are told apart";
  expect_refused([&] { both.order_by(item["name"].as("x")).all(); },
                 "order_by names 'x', but two of the selected columns are called 'x'");
  expect_refused(
      [&] { item.select(item["name"].as("num"), item["num"]).tuples().order_by(item["name"].as("num")).all(); },
      "two of the selected columns are called 'num'");
  expect_refused([&] { both.union_all(both).order_by(item["name"].as("x")).all(); },
                 "two of the selected columns are called 'x'");
  const Query cases = item.select(item["name"].as("X"), item["num"].as("x")).tuples();
  expect_refused([&] { cases.order_by(item["num"].as("x")).all(); },
                 "called 'X' and 'x', which are one name to a database that ignores case");
  expect_refused([&] { both.alias("s").c("x"); }, "'s' has more than one column 'x'; give them aliases");
  expect_refused([&] { cases.alias("s").c("x"); }, "'s' has more than one column 'X' and 'x'");
  const Subquery whole = cases.alias("s");
  expect_refused([&] { owner.select(whole).join(whole, Join::cross).tuples().all(); }, "'s' has more than one column");
  expect_refused([&] { values_as("v", {"a", "A"}, {{1, 2}}); }, "'v' has more than one column 'a' and 'A'");
  const CommonTable named = item.select(item["id"], item["num"]).cte("c", {"x", "x"});
  expect_refused([&] { owner.select(fn::count().as("n")).join(named, Join::cross).with_cte(named).all(); },
                 "'c' has more than one column 'x'");
}

TEST_P(AmbiguousNames, OfSources) {
  const Model k = owner.alias("k"), other = owner.alias("k"), great = owner.alias("K");
  const Subquery sub = owner.select(owner["id"]).alias("k");
  const auto joined = [&](const Source& target, const Expr& on) { k.select(k["name"]).join(target, {.on = on}).all(); };
  expect_refused([&] { joined(other, k["boss"] == other["id"]); }, "have one name in one query");
  expect_refused([&] { joined(great, k["boss"] == great["id"]); }, "have one name in one query");
  expect_refused([&] { joined(sub, k["boss"] == sub.c("id")); }, "have one name in one query");
  // Inside a subquery it hides the one outside; that is no mistake unless the one outside is meant.
  EXPECT_THAT(texts(k.select(k["name"]).where(k["id"].in(other.select(other["boss"]))).all(), "name"),
              ElementsAre("ann"));
  expect_refused(
      [&] { k.select(k["name"]).where(exists(other.select(other["id"]).where(other["boss"] == k["id"]))).all(); },
      "a subquery names a column of 'Owner as k', a source of the query around it");
  expect_refused(
      [&] {
        const Model named = owner.alias("item");
        item.select().join(named, {.on = item["owner"] == named["id"]}).where(item["id"] == 1).update({{"num", 7}});
      },
      "have one name in one query");
  expect_refused([&] { delete_without(owner.alias("ITEM")); }, "a subquery names a column of 'Item'");
}

TEST_P(AmbiguousNames, LeaveTheGeneratedOnesFree) {
  const Model first = owner.alias("T1"), second = owner.alias("t2");
  EXPECT_THAT(texts(item.select(item["name"], first["name"].as("of"), second["name"].as("boss"))
                        .join(first, {.on = item["owner"] == first["id"]})
                        .join(second, {.on = first["boss"] == second["id"]})
                        .dicts()
                        .all(),
                    "boss"),
              ElementsAre("ann"));
}

TEST_P(AmbiguousNames, OfCommonTables) {
  const CommonTable a = owner.select(owner["id"]).cte("c"), b = owner.select(owner["name"]).cte("C");
  expect_refused(
      [&] {
        a.select_from({a.c("id")}).join(b, Join::cross).with_cte({a, b}).all();
      },
      "two CTEs of the query are called 'c' and 'C'");
  EXPECT_EQ(a.select_from({a.c("id")}).with_cte({a, a}).all().size(), 2U) << "one that is given twice is one";
  const CommonTable shadow = item.select(item["id"]).where(item["num"] == 1).cte("item");
  expect_refused([&] { shadow.select_from({shadow.c("id")}).all(); },
                 "the CTE 'item' has the name of the table of 'Item', which is read in the same query");
  const CommonTable people = owner.select(owner["id"], owner["name"]).cte("ITEM");
  expect_refused(
      [&] { item.select(item["name"]).with_cte(people).join(people, {.on = item["owner"] == people.c("id")}).all(); },
      "the CTE 'ITEM' has the name of the table of 'Item'");
  EXPECT_EQ(people.select_from({people.c("name")}).all().size(), 2U) << "where the table is not read it is free";
  const CommonTable inner = item.select(item["owner"]).cte("c");
  expect_refused(
      [&] {
        a.select_from({a.c("id")})
            .where(a.c("id").in(
                inner.select_from({inner.c("owner_id")}).join(a, {.on = inner.c("owner_id") == a.c("id")})))
            .all();
      },
      "'c'");
}

TEST_P(AmbiguousNames, OfWindows) {
  const Expr one = fn::rank().over(Window("w").order_by(item["id"]));
  const Expr other = fn::rank().over(Window("W").order_by(item["num"]));
  expect_refused([&] { item.select(one.as("a"), other.as("b")).all(); }, "two windows of the query are called 'W'");
}

}  // namespace
}  // namespace dorm::test
