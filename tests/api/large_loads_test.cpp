// Loads of very many rows, and walks through graphs that have circles: both end, and with the right answer.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class LargeLoads : public Api {};
DORM_API_TESTS(LargeLoads);

TEST_P(LargeLoads, ManyParentsArePrefetchedInOneStatement) {
  constexpr std::int64_t total = 200'000;
  const Database db = open(R"({"dorm": 1, "models": {
    "Parent": {"fields": {"n": {"type": "bigint"}}},
    "Child": {"fields": {"parent": {"type": "foreign_key", "to": "Parent", "backref": "children"}}}}})");
  const Model parent = db["Parent"], child = db["Child"];
  parent.create({{"n", 1}});
  const CommonTable numbers =
      parent.select(parent["n"].as("n")).recursive_cte("numbers", [&](const CommonTable& before) {
        return before.select_from({(before.c("n") + 1).as("n")}).where(before.c("n") < total);
      });
  const Query others = numbers.select_from({numbers.c("n")}).where(numbers.c("n") > 1).with_cte(numbers);
  ASSERT_EQ(parent.insert_from(others, {"n"}).run(), total - 1);
  ASSERT_EQ(child.insert_from(parent.select(parent["id"]), {"parent"}).run(), total);

  const QueryCount queries(db);
  const Rows rows = parent.objects().prefetch_related("children").all();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(total));
  for (const Row& row : rows) {
    const Related children = row.related("children");
    ASSERT_EQ(children.size(), 1U);
    ASSERT_EQ(children[0]["parent_id"].integer(), row["id"].integer());
  }
  EXPECT_EQ(queries.count(), 2U);
}

class CircularGraphs : public Api {
 protected:
  Database db = open(R"({"dorm": 1, "models": {
    "Place": {"fields": {"name": {"type": "text"}}},
    "Road": {"fields": {"start": {"type": "foreign_key", "to": "Place", "backref": "roads_from"},
      "goal": {"type": "foreign_key", "to": "Place", "backref": "roads_to"}}}}})");
  Model place = db["Place"], road = db["Road"];

  // a -> b -> c -> a is a circle, and so is b -> c -> d -> b. Nothing leads to e.
  void SetUp() override {
    std::vector<Row> places;
    for (const char* name : {"a", "b", "c", "d", "e"}) places.push_back(place.create({{"name", name}}));
    for (const auto& [start, goal] :
         std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 1}, {4, 0}})
      road.create({{"start", places[start]}, {"goal", places[goal]}});
  }
};
DORM_API_TESTS(CircularGraphs);

TEST_P(CircularGraphs, AWalkOfDistinctRowsEnds) {
  const CommonTable reached =
      place.select(place["id"])
          .where(place["name"] == "a")
          .recursive_cte(
              "reached",
              [&](const CommonTable& before) {
                return road.select(road["goal"]).join(before, {.on = road["start"] == before.c("id")});
              },
              true);
  const Query found = place.select(place["name"]).join(reached, {.on = place["id"] == reached.c("id")});
  EXPECT_THAT(texts(found.with_cte(reached), "name"), UnorderedElementsAre("a", "b", "c", "d"));
}

TEST_P(CircularGraphs, AWalkThatKnowsItsWayMeetsNoPlaceTwice) {
  const Model next = place.alias();
  const CommonTable walk = place.select(place["id"], place["name"].as("way"))
                               .where(place["name"] == "a")
                               .recursive_cte("walk", [&](const CommonTable& before) {
                                 return road.select(next["id"], before.c("way").concat(next["name"]).as("way"))
                                     .join(before, {.on = road["start"] == before.c("id")})
                                     .join(next, {.on = road["goal"] == next["id"]})
                                     .where(!before.c("way").contains(next["name"]));
                               });
  const Query ways = walk.select_from({walk.c("way")}).with_cte(walk).order_by(walk.c("way"));
  EXPECT_THAT(texts(ways, "way"), ElementsAre("a", "ab", "abc", "abcd"));
}

}  // namespace
}  // namespace dorm::test
