// Rows assigned to a foreign key before they have a key: what counts as a change, and who writes it.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* assigned_items = R"({"dorm": 1, "models": {
  "Owner": {"fields": {"name": {"type": "text"}}},
  "Item": {"fields": {"num": {"type": "integer", "default": 0},
    "owner": {"type": "foreign_key", "to": "Owner", "nullable": true, "backref": "items"}}}}})";

class AssignedRows : public Api {
 protected:
  Database db = open(assigned_items);
  Model owner = db["Owner"], item = db["Item"];

  std::string owner_of(const Row& row) const {
    const Row found = item.objects().select_related("owner").filter("id", row["id"].integer()).get();
    return found["owner"].is_null() ? "nobody" : found["owner"]["name"].to_text();
  }
};
DORM_API_TESTS(AssignedRows);

TEST_P(AssignedRows, AKeyThatIsStillToComeIsAChange) {
  const Row thing = item.create({});
  const Row late = owner.make({{"name", "late"}});
  EXPECT_FALSE(thing.is_dirty());
  thing.set("owner", late);
  EXPECT_TRUE(thing.is_dirty());
  EXPECT_THAT(thing.dirty_fields(), ElementsAre("owner_id"));
  EXPECT_THROW(thing.save(), StateError);
  late.save();
  EXPECT_TRUE(thing.is_dirty());
  EXPECT_TRUE(thing.save());
  EXPECT_FALSE(thing.is_dirty());
  EXPECT_THAT(thing.dirty_fields(), IsEmpty());
  EXPECT_FALSE(thing.save());
  EXPECT_EQ(owner_of(thing), "late");
}

TEST_P(AssignedRows, ABulkUpdateTakesKeysThatCameLater) {
  const Row both = item.create({}), alone = item.create({}), other = item.create({});
  const Row late = owner.make({{"name", "late"}});
  both.set("owner", late);
  both.set("num", 9);
  alone.set("owner", late);
  EXPECT_THROW(item.bulk_update({both, alone}), StateError);
  late.save();
  EXPECT_EQ(item.bulk_update({both, alone, other}), 2);
  EXPECT_EQ(owner_of(both), "late");
  EXPECT_EQ(owner_of(alone), "late");
  EXPECT_EQ(owner_of(other), "nobody");
  EXPECT_EQ(both["owner"]["name"].text(), "late");
  EXPECT_EQ(item.get(both["id"].integer())["num"].integer(), 9);
  EXPECT_FALSE(both.is_dirty());
  EXPECT_FALSE(alone.is_dirty());
  EXPECT_EQ(item.bulk_update({both, alone}), 0);
}

TEST_P(AssignedRows, ARollbackTakesTheKeyBackAndLeavesTheChange) {
  const Row thing = item.create({});
  const Row late = owner.make({{"name", "late"}});
  thing.set("owner", late);
  {
    Transaction tx = db.transaction();
    late.save();
    EXPECT_EQ(item.bulk_update({thing}), 1);
    tx.rollback();
  }
  EXPECT_TRUE(thing.is_dirty());
  EXPECT_EQ(owner_of(thing), "nobody");
  owner.create({{"name", "another"}});
  late.save();
  EXPECT_EQ(item.bulk_update({thing}), 1);
  EXPECT_EQ(owner_of(thing), "late");
}

TEST_P(AssignedRows, ASavedGraphTakesKeysThatCameLater) {
  const Row thing = item.create({});
  const Row late = owner.make({{"name", "late"}});
  thing.set("owner", late);
  late.save();
  EXPECT_EQ(save_related(thing), 1);
  EXPECT_EQ(owner_of(thing), "late");
  EXPECT_FALSE(thing.is_dirty());
}

TEST_P(AssignedRows, LoadingAgainDiscardsARowThatWasAssigned) {
  const Row thing = item.create({});
  const Row late = owner.make({{"name", "late"}});
  thing.set("owner", late);
  EXPECT_THROW(thing.load(), StateError);
  thing.load(true);
  EXPECT_FALSE(thing.is_dirty());
  late.save();
  EXPECT_FALSE(thing.save());
  EXPECT_TRUE(thing["owner"].is_null());
  EXPECT_EQ(owner_of(thing), "nobody");
}

TEST_P(AssignedRows, AKeyThatWasNotSelectedIsNoChange) {
  const Row someone = owner.create({{"name", "someone"}});
  item.create({{"owner", someone}});
  const Row thing = item.select(item["id"], item["num"], owner["id"], owner["name"]).join(owner).get();
  EXPECT_EQ(thing["owner"]["name"].text(), "someone");
  EXPECT_FALSE(thing.is_dirty());
  EXPECT_FALSE(thing.save());
}

}  // namespace
}  // namespace dorm::test
