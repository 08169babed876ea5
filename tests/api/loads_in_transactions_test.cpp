// Relations that were loaded in a transaction: what a rollback makes of them.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* writers_and_posts = R"({"dorm": 1, "models": {
  "Writer": {"fields": {"name": {"type": "text"}}},
  "Post": {"fields": {"n": {"type": "integer"},
    "writer": {"type": "foreign_key", "to": "Writer", "nullable": true, "backref": "posts"}}},
  "Label": {"fields": {"word": {"type": "text"}, "posts": {"type": "many_to_many", "to": "Post",
    "backref": "labels"}}}}})";

class LoadsInTransactions : public Api {
 protected:
  Database db = open(writers_and_posts);
  Model writer = db["Writer"], post = db["Post"], label = db["Label"];
  Row ann = writer.create({{"name", "ann"}});

  void SetUp() override { post.create({{"n", 1}, {"writer", ann}}); }
  static std::vector<std::string> numbers(const Row& row) { return texts(row.related("posts"), "n"); }
};
DORM_API_TESTS(LoadsInTransactions);

TEST_P(LoadsInTransactions, ARollbackForgetsAListThatWasLoaded) {
  const Row row = writer.get(ann["id"].integer());
  {
    Transaction tx = db.transaction();
    post.create({{"n", 2}, {"writer", row}});
    EXPECT_EQ(row.related("posts").size(), 2U);
    tx.rollback();
  }
  EXPECT_FALSE(row.is_loaded("posts"));
  EXPECT_THAT(numbers(row), ElementsAre("1"));
}

TEST_P(LoadsInTransactions, ARollbackForgetsARowThatWasLoaded) {
  const Row row = post.objects().get();
  {
    Transaction tx = db.transaction();
    writer.objects().filter("name", "ann").update({{"name", "bea"}});
    EXPECT_EQ(row["writer"]["name"].text(), "bea");
    tx.rollback();
  }
  EXPECT_EQ(row["writer"]["name"].text(), "ann");
}

TEST_P(LoadsInTransactions, ARollbackForgetsWhatIsLoadedThroughLinks) {
  const Row row = label.create({{"word", "new"}});
  const Row same = label.get(row["id"].integer());
  {
    Transaction tx = db.transaction();
    row.related("posts").add(post.objects().get());
    EXPECT_EQ(same.related("posts").size(), 1U);
    tx.rollback();
  }
  EXPECT_EQ(same.related("posts").size(), 0U);
}

TEST_P(LoadsInTransactions, ASavepointForgetsWhatWasLoadedInIt) {
  const Row before = writer.get(ann["id"].integer()), within = writer.get(ann["id"].integer());
  Transaction tx = db.transaction();
  EXPECT_EQ(before.related("posts").size(), 1U);
  const Row outer = writer.get(ann["id"].integer());
  {
    Transaction savepoint = db.transaction();
    post.create({{"n", 2}, {"writer", ann}});
    EXPECT_EQ(within.related("posts").size(), 2U);
    EXPECT_EQ(outer.related("posts").size(), 2U);
    savepoint.rollback();
  }
  EXPECT_TRUE(before.is_loaded("posts"));
  EXPECT_THAT(numbers(within), ElementsAre("1"));
  EXPECT_THAT(numbers(outer), ElementsAre("1"));
  tx.commit();
  const QueryCount queries(db);
  EXPECT_THAT(numbers(before), ElementsAre("1"));
  EXPECT_THAT(numbers(within), ElementsAre("1"));
  EXPECT_EQ(queries.count(), 0U) << "what was loaded in a transaction that was committed stays";
}

TEST_P(LoadsInTransactions, ARollbackForgetsWhatWasLoadedForRowsOfSeveralResults) {
  const Row bea = writer.create({{"name", "bea"}});
  const std::vector<Row> rows{writer.get(ann["id"].integer()), writer.get(bea["id"].integer())};
  {
    Transaction tx = db.transaction();
    post.create({{"n", 2}, {"writer", bea}});
    load_related(rows, {"posts"});
    EXPECT_THAT(numbers(rows[1]), ElementsAre("2"));
    tx.rollback();
  }
  EXPECT_FALSE(rows[0].is_loaded("posts"));
  EXPECT_THAT(numbers(rows[0]), ElementsAre("1"));
  EXPECT_THAT(numbers(rows[1]), IsEmpty());
}

TEST_P(LoadsInTransactions, ARollbackLeavesRowsThatWereAssigned) {
  const Row row = post.objects().get();
  const Row late = writer.make({{"name", "late"}});
  {
    Transaction tx = db.transaction();
    EXPECT_EQ(row["writer"]["name"].text(), "ann");
    row.set("writer", late);
    tx.rollback();
  }
  EXPECT_EQ(row["writer"]["name"].text(), "late");
  EXPECT_TRUE(row.is_dirty());
}

TEST_P(LoadsInTransactions, RowsOfTheTransactionItselfStayAsTheyWereRead) {
  std::vector<Row> rows;
  {
    Transaction tx = db.transaction();
    for (const Row& row : writer.objects().prefetch_related("posts").all()) rows.push_back(row);
    tx.rollback();
  }
  const QueryCount queries(db);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_THAT(numbers(rows[0]), ElementsAre("1"));
  EXPECT_EQ(queries.count(), 0U);
}

}  // namespace
}  // namespace dorm::test
