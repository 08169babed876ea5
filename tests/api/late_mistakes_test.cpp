// Mistakes that only the database can see, while it runs the statement: typed all the same.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class LateMistakes : public Api {
 protected:
  LateMistakes() {
    counter.create({{"name", "a"}, {"hits", 1}});
    counter.create({{"name", "b"}, {"hits", 2}});
  }
  Database db = open(R"({"dorm": 1, "models": {"Counter": {"fields": {
    "name": {"type": "text", "unique": true}, "hits": {"type": "integer"}}}}})");
  Model counter = db["Counter"];
};
DORM_API_TESTS(LateMistakes);

TEST_P(LateMistakes, TwoProposedRowsOfOneTargetThatIsComputed) {
  const Insert twice =
      counter
          .insert_many({{{"name", Expr("a").concat("")}, {"hits", 5}}, {{"name", fn::lower(Expr("A"))}, {"hits", 7}}})
          .on_conflict_update({.target = {"name"}, .preserve = {"hits"}});
  if (is_postgres()) {
    EXPECT_THAT([&] { twice.run(); },
                ThrowsMessage<QueryError>(HasSubstr("have the same values of what on_conflict names")));
    EXPECT_EQ(counter.get(1)["hits"].integer(), 1);
  } else {
    twice.run();
    EXPECT_EQ(counter.get(1)["hits"].integer(), 7) << "the last one wins";
  }
}

TEST_P(LateMistakes, TwoProposedRowsOfOneTargetFromAQuery) {
  const Insert twice = counter.insert_from(counter.select(Expr("a").as("name"), counter["hits"]), {"name", "hits"})
                           .on_conflict_update({.target = {"name"}, .set = {{"hits", counter["hits"] + 10}}});
  if (is_postgres()) {
    EXPECT_THROW(twice.run(), QueryError);
  } else {
    twice.run();
    EXPECT_EQ(counter.get(1)["hits"].integer(), 21);
  }
}

TEST_P(LateMistakes, SeveralRowsInThePlaceOfOneValue) {
  const Model other = counter.alias();
  const Query several = counter.select(Expr(other.select(other["name"]).order_by(other["name"])).as("x")).dicts();
  if (is_postgres()) {
    EXPECT_THAT([&] { several.all(); },
                ThrowsMessage<DataError>(HasSubstr("a query that stands for one value gave several rows")));
  } else {
    EXPECT_EQ(several.all()[0]["x"].text(), "a");
  }
  const Query one = counter.select(Expr(other.select(other["name"]).order_by(other["name"]).limit(1)).as("x")).dicts();
  EXPECT_EQ(one.all()[1]["x"].text(), "a");
}

TEST_P(LateMistakes, AFunctionThatIsNotThere) {
  EXPECT_THROW(counter.select(fn::call("no_such_function", {counter["hits"]}).as("x")).all(), SchemaMismatch);
}

}  // namespace
}  // namespace dorm::test
