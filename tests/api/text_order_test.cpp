// Texts are ordered by their bytes on every backend, wherever they come from: the server of the tests has a locale in
// which "a" comes before "B".
#include "api/world.hpp"
#include "dorm/window.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;

class TextOrder : public Api {
 protected:
  Database db = with_words();
  Model word = db["Word"];
  // "B", "a", "B", "c" in the order of ids.
  Expr letter = case_of(word["n"], {{1, "B"}, {2, "a"}, {3, "B"}}, "c");

  std::vector<std::string> column(const Query& query) const { return texts(query.dicts().all(), "x"); }

 private:
  Database with_words() {
    Database made = open(R"({"dorm": 1,
      "enums": {"Mood": {"values": ["sad", "Glad", "calm"], "storage": "native"}},
      "models": {"Word": {"fields": {"n": {"type": "integer"}, "text": {"type": "text"},
        "mood": {"type": "enum", "enum": "Mood"}}}}})");
    int number = 0;
    for (const auto& [text, mood] : {std::pair("b", "sad"), {"A", "Glad"}, {"a", "calm"}, {"C", "Glad"}})
      made["Word"].create({{"n", ++number}, {"text", text}, {"mood", mood}});
    return made;
  }
};
DORM_API_TESTS(TextOrder);

TEST_P(TextOrder, OfColumns) {
  EXPECT_THAT(texts(word.select().order_by(word["text"]).all(), "text"), ElementsAre("A", "C", "a", "b"));
  EXPECT_THAT(texts(word.select().order_by(word["mood"], word["n"]).all(), "n"), ElementsAre("2", "4", "3", "1"));
  EXPECT_EQ(word.select().where(word["mood"] < "calm").count(), 2);
  EXPECT_EQ(word.select().where(word["mood"].between("Glad", "calm")).count(), 3);
}

TEST_P(TextOrder, OfComputedTexts) {
  EXPECT_THAT(column(word.select(letter.as("x")).order_by(letter, word["n"])), ElementsAre("B", "B", "a", "c"));
  const Expr named = letter.as("x");
  EXPECT_THAT(column(word.select(named).order_by(named, word["n"])), ElementsAre("B", "B", "a", "c"));
  EXPECT_THAT(column(word.select(named).distinct().order_by(named.desc())), ElementsAre("c", "a", "B"));
  EXPECT_THAT(column(word.select(named).distinct().order_by(letter)), ElementsAre("B", "a", "c"));
  EXPECT_THAT(column(word.select(named, fn::count().as("k")).group_by(letter).order_by(letter)),
              ElementsAre("B", "a", "c"));
  EXPECT_THAT(column(word.select(fn::min(letter).as("x"))), ElementsAre("B"));
  EXPECT_THAT(column(word.select(fn::max(letter.concat("!")).as("x"))), ElementsAre("c!"));
  EXPECT_EQ(word.select().where(letter < "a").count(), 2);
  EXPECT_EQ(word.select().where(letter.between("C", "b")).count(), 1);
  EXPECT_THAT(column(word.select(fn::rank().over(Window().order_by(letter)).as("x")).order_by(word["n"])),
              ElementsAre("1", "3", "1", "4"));
}

TEST_P(TextOrder, OfEnumsFromSubqueries) {
  const Subquery inner = word.select(word["id"], word["mood"]).alias("inner_rows");
  const Query joined = word.select(inner.c("mood").as("x")).join(inner, {.on = inner.c("id") == word["id"]});
  EXPECT_THAT(column(joined.order_by(inner.c("mood"))), ElementsAre("Glad", "Glad", "calm", "sad"));
  EXPECT_EQ(joined.where(inner.c("mood") < "b").count(), 2);
  EXPECT_EQ(joined.where(inner.c("mood") == word["mood"]).count(), 4);
  EXPECT_THAT(column(word.select(fn::min(inner.c("mood")).as("x")).join(inner, {.on = inner.c("id") == word["id"]})),
              ElementsAre("Glad"));
}

TEST_P(TextOrder, OfUnions) {
  const Expr named = letter.as("x");
  const Query twice = word.select(named).union_all(word.select(named));
  EXPECT_THAT(column(twice.order_by(named)), ElementsAre("B", "B", "B", "B", "a", "a", "c", "c"));
  EXPECT_THAT(column(twice.order_by(named).limit(5)), ElementsAre("B", "B", "B", "B", "a"));
  EXPECT_EQ(twice.order_by(named).count(), 8);
  const Query moods = word.select(word["mood"]).union_with(word.select(word["mood"])).order_by(word["mood"]);
  EXPECT_THAT(texts(moods.dicts().all(), "mood"), ElementsAre("Glad", "calm", "sad"));
}

TEST_P(TextOrder, OfTuples) {
  EXPECT_EQ(word.select().where(tuple({letter, word["n"]}) < tuple({"a", 0})).count(), 2);
  EXPECT_EQ(word.select().where(tuple({word["mood"], word["n"]}) < tuple({"calm", 0})).count(), 2);
}

TEST_P(TextOrder, OfListsOfValuesAndSubqueries) {
  const Subquery letters = values_as("letters", {"n", "x"}, {{1, "b"}, {2, "A"}, {3, "a"}, {4, "C"}});
  const Query joined = word.select(letters.c("x")).join(letters, {.on = letters.c("n") == word["n"]});
  EXPECT_THAT(column(joined.order_by(letters.c("x"))), ElementsAre("A", "C", "a", "b"));
  EXPECT_THAT(column(joined.where(letters.c("x") < "a").order_by(letters.c("n"))), ElementsAre("A", "C"));
  const Subquery inner = word.select(word["id"], letter.as("x")).alias("inner_rows");
  EXPECT_THAT(column(word.select(inner.c("x")).join(inner, {.on = inner.c("id") == word["id"]}).order_by(inner.c("x"))),
              ElementsAre("B", "B", "a", "c"));
}

}  // namespace
}  // namespace dorm::test
