// What only one backend can do is refused on both, before it is sent.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class JoinConditions : public Api {
 protected:
  JoinConditions() {
    owner.create({{"name", "ann"}, {"age", 30}});
    owner.create({{"name", "bob"}, {"age", 40}});
    item.create({{"label", "pen"}, {"owner", 1}, {"size", 30}});
    item.create({{"label", "cup"}, {"size", 1}});
  }
  Database db = open(R"({"dorm": 1, "models": {
    "Owner": {"fields": {"name": {"type": "text"}, "age": {"type": "integer"}}},
    "Item": {"fields": {"label": {"type": "text"}, "size": {"type": "integer"},
      "owner": {"type": "foreign_key", "to": "Owner", "nullable": true}}}}})");
  Model owner = db["Owner"], item = db["Item"];

  std::vector<std::string> pairs(const Expr& on) const {
    std::vector<std::string> found;
    const Query query = item.select(item["label"], owner["name"]).join(owner, Join::full_outer, {.on = on}).tuples();
    for (const Row& row : query) found.push_back(row[0].to_text() + "-" + row[1].to_text());
    return found;
  }
};
DORM_API_TESTS(JoinConditions);

TEST_P(JoinConditions, AFullJoinHasAnEquality) {
  EXPECT_THAT(pairs(item["owner"] == owner["id"]), UnorderedElementsAre("pen-ann", "cup-null", "null-bob"));
  EXPECT_THAT(pairs(owner["age"] + 0 == item["size"]), UnorderedElementsAre("pen-ann", "cup-null", "null-bob"));
  EXPECT_THAT(pairs((item["owner"] == owner["id"]) & (item["size"] > owner["age"])),
              UnorderedElementsAre("pen-null", "cup-null", "null-ann", "null-bob"));
  const QueryCount count(db);
  EXPECT_THAT([&] { pairs(owner["id"] > item["id"]); },
              ThrowsMessage<QueryError>(HasSubstr("a full join with 'Owner' needs a condition in which something of it "
                                                  "is equal to something of what was joined before")));
  EXPECT_THROW(pairs(owner["age"] == 30), QueryError);
  EXPECT_THROW(pairs((owner["id"] == item["id"]) | (owner["age"] == item["size"])), QueryError);
  EXPECT_THROW(pairs(owner["id"].is_not_distinct_from(item["owner"])), QueryError);
  EXPECT_THROW(pairs(owner["age"] - item["size"] == 0), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(JoinConditions, ACollationIsOneOfTheBackend) {
  const auto ordered = [&](const char* collation) {
    return texts(item.select().order_by(item["label"].collate(collation)).all(), "label");
  };
  EXPECT_EQ(ordered("C"), (std::vector<std::string>{"cup", "pen"}));
  EXPECT_EQ(ordered("BINARY"), (std::vector<std::string>{"cup", "pen"}));
  const QueryCount count(db);
  if (is_postgres()) {
    EXPECT_THAT([&] { ordered("NOCASE"); }, ThrowsMessage<QueryError>(HasSubstr("postgres has no collation 'NOCASE'")));
    EXPECT_EQ(count.count(), 0U);
  } else {
    EXPECT_THAT([&] { ordered("und-x-icu"); },
                ThrowsMessage<QueryError>(HasSubstr("sqlite has no collation 'und-x-icu'; it has BINARY, NOCASE")));
    EXPECT_EQ(count.count(), 0U);
    EXPECT_EQ(ordered("NOCASE"), (std::vector<std::string>{"cup", "pen"}));
  }
}

}  // namespace
}  // namespace dorm::test
