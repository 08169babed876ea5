// In which order rows are written: groups whole where they can be, circles reported.
#include "write/save_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dorm::write {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Bond = SaveOrder::Bond;
using Batches = std::vector<std::vector<std::uint32_t>>;

Batches all(SaveOrder& order) {
  Batches batches;
  for (auto rows = order.next(); !rows.empty(); rows = order.next()) batches.push_back(std::move(rows));
  return batches;
}

TEST(SaveOrder, AGroupIsWrittenWholeOnceAllItsRowsCanBe) {
  SaveOrder order({0, 1, 0, 1, 1});  // 0: tweets, 1: users
  order.add({0, 1});
  order.add({2, 4});
  EXPECT_THAT(all(order), ElementsAre(ElementsAre(1, 3, 4), ElementsAre(0, 2)));
  EXPECT_TRUE(order.is_done());
}

TEST(SaveOrder, RowsThatWaitForTheirOwnGroupGoLevelByLevelBeforeThoseThatWaitForThem) {
  SaveOrder order({0, 1, 1, 1, 0});  // 1: a chain 1, 2, 3; 0: one on the last, one on nothing
  order.add({0, 3});
  order.add({2, 1});
  order.add({3, 2});
  EXPECT_THAT(all(order), ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3), ElementsAre(0, 4)));
}

TEST(SaveOrder, ACircleIsReportedAndOpenedForAllRowsAlike) {
  SaveOrder order({0, 0, 1, 1, 2});
  order.add({0, 2, Bond::nullable, 7});
  order.add({2, 0, Bond::firm, 8});
  order.add({1, 3, Bond::nullable, 7});
  order.add({3, 1, Bond::firm, 8});
  order.add({4, 0, Bond::firm, 9});
  EXPECT_THAT(all(order), IsEmpty());
  EXPECT_FALSE(order.is_done());
  const std::vector<SaveOrder::Edge> circle = order.circle();
  ASSERT_THAT(circle, SizeIs(2));
  EXPECT_EQ(circle[0].first, circle[1].row);
  EXPECT_EQ(circle[1].first, circle[0].row);
  EXPECT_THAT(order.drop(circle[0].bond == Bond::nullable ? circle[0] : circle[1]), SizeIs(2));
  EXPECT_THAT(all(order), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4)));
}

TEST(SaveOrder, ALineThatLeadsIntoACircleIsNoPartOfIt) {
  SaveOrder order({0, 0, 0});
  order.add({0, 1});
  order.add({1, 2, Bond::soft, 1});
  order.add({2, 1, Bond::firm, 2});
  EXPECT_THAT(order.circle(), SizeIs(2));
  EXPECT_THAT(order.drop({1, 2, Bond::soft, 1}), SizeIs(1));
  EXPECT_THAT(all(order), ElementsAre(ElementsAre(1), ElementsAre(0, 2)));
}

}  // namespace
}  // namespace dorm::write
