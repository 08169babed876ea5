// Regular expressions: the same rows on every backend, or a refusal before anything is sent.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Patterns : public Api {
 protected:
  Database db = open(R"({"dorm": 1, "models": {"Word": {"fields": {"text": {"type": "text"},
    "pattern": {"type": "text", "default": "^a"}}}}})");
  Model word = db["Word"];

  std::string matching(const Expr& condition) const {
    std::string found;
    for (const Row& row : word.select().where(condition).order_by(word["id"])) found += row["id"].to_text() + " ";
    return found;
  }
};
DORM_API_TESTS(Patterns);

TEST_P(Patterns, MeanTheSameEverywhere) {
  //                        1      2      3         4            5              6          7
  for (const char* text : {"abc", "ABC", "a\nb",
                           "\xC3\xA4"
                           "bc",
                           "\xC3\x84"
                           "BC",
                           "x_1 2-3", "\v"})
    word.create({{"text", text}});
  const auto regex = [&](const char* pattern) { return matching(word["text"].regex(pattern)); };
  const auto iregex = [&](const char* pattern) { return matching(word["text"].iregex(pattern)); };
  EXPECT_EQ(regex("^a"), "1 3 ");
  EXPECT_EQ(iregex("^A"), "1 2 3 ");
  EXPECT_EQ(regex("a.b"), "3 ") << ". takes a line end";
  EXPECT_EQ(regex("a$"), "");
  EXPECT_EQ(regex("^.bc$"), "1 4 ") << "a character may have several bytes";
  EXPECT_EQ(iregex("^.bc$"), "1 2 4 5 ");
  EXPECT_EQ(iregex("\xC3\xA4"), "4 ") << "only ASCII is folded";
  EXPECT_EQ(regex("^\\w+$"), "1 2 ") << "and only ASCII is a letter";
  EXPECT_EQ(regex("\\s"), "3 6 7 ");
  EXPECT_EQ(regex("[[:digit:]][[:space:]]\\d-[0-3]"), "6 ");
  EXPECT_EQ(iregex("[X-Z]_"), "6 ");
  EXPECT_EQ(iregex("[^a-c]"), "3 4 5 6 7 ");
  EXPECT_EQ(regex("^(?:a|b)(b|c)+?c{1,2}$"), "1 ");
  EXPECT_EQ(word.objects().filter("text__iregex", "^AB").count(), 2);
}

TEST_P(Patterns, OfOneDatabaseOnlyAreRefused) {
  const QueryCount count(db);
  EXPECT_THAT(
      [&] { static_cast<void>(word["text"].regex("\\bword")); },
      ThrowsMessage<QueryError>(HasSubstr("the pattern of 'regex' on Word.text has the escape \\b at 1, which not "
                                          "every backend reads alike")));
  EXPECT_THROW(static_cast<void>(word.objects().filter("text__iregex", "(?=x)")), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Patterns, MayStandInAColumn) {
  word.create({{"text", "abc"}});
  word.create({{"text", "xyz"}});
  word.create({{"text", "XYZ"}, {"pattern", "y"}});
  EXPECT_EQ(matching(word["text"].regex(word["pattern"])), "1 ");
  EXPECT_EQ(matching(word["text"].iregex(word["pattern"])), "1 3 ");
}

}  // namespace
}  // namespace dorm::test
