#include "core/json_reader.hpp"

#include <gmock/gmock.h>

namespace dorm::json {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  std::shared_ptr<const Document> document;
  std::vector<Diagnostic> mistakes;
  const Node& root() const { return *document->root(); }
};

Read read(std::string text, const ReadOptions& options = {}) {
  Read result;
  result.document = Document::read("a.json", std::move(text), options, result.mistakes);
  return result;
}

ReadOptions depth_limit(std::size_t depth) {
  ReadOptions options;
  options.max_depth = depth;
  return options;
}
ReadOptions size_limit(std::size_t bytes) {
  ReadOptions options;
  options.max_bytes = bytes;
  return options;
}
ReadOptions with_comments() {
  ReadOptions options;
  options.comments = true;
  return options;
}

std::string first(const Read& result) { return result.mistakes.empty() ? "none" : result.mistakes.front().text(); }

TEST(JsonReader, KeepsValuesOrderAndPlaces) {
  const Read result = read("{\n  \"b\": [1, -2.5e1, \"x\\u00e9\\ud83d\\udc31\"],\n  \"a/~\": {\"t\": true}\n}");
  ASSERT_THAT(result.mistakes, IsEmpty());
  const Node& b = *result.root().find("b");
  EXPECT_EQ(b.items()[0]->integer(), 1);
  EXPECT_DOUBLE_EQ(b.items()[1]->real(), -25.0);
  EXPECT_EQ(b.items()[2]->text(), "x\xC3\xA9\xF0\x9F\x90\xB1");
  EXPECT_EQ(b.items()[2]->pointer(), "/b/2");
  EXPECT_EQ(result.root().items()[1]->find("t")->pointer(), "/a~1~0/t");
  EXPECT_EQ(b.where(), (Position{"a.json", 2, 8, "/b"}));
  EXPECT_EQ(b.name_where(), (Position{"a.json", 2, 3, "/b"}));
  EXPECT_EQ(result.root().dump(), "{\"b\":[1,-2.5e1,\"x\xC3\xA9\xF0\x9F\x90\xB1\"],\"a/~\":{\"t\":true}}");
}

TEST(JsonReader, ColumnsCountCodePoints) {
  const Read result = read("{\"gr\xC3\xBC\xC3\x9F\": 1}");
  EXPECT_EQ(result.root().items()[0]->where().column, 10U);
}

TEST(JsonReader, ColumnsInAFileOfOneLongLine) {
  std::string text = "[";
  for (int i = 0; i < 5000; ++i) text += "\"\xC3\xBC\",";
  const Read result = read(text + "1]");
  EXPECT_EQ(result.root().items().back()->where().column, 4U * 5000U + 2U);
}

TEST(JsonReader, DuplicateKeysNameBothPlaces) {
  EXPECT_EQ(first(read("{\"a\": 1,\n \"a\": 2}")),
            "a.json:2:2: error[json.duplicate_key]: key 'a' stands twice in one object\n"
            "  at /a\n"
            "    \"a\": 2}\n"
            "    ^\n"
            "  note: a.json:1:2: the first is here\n"
            "  help: leave one of them out");
}

struct BadCase {
  const char* text;
  const char* message;
};
class BadJson : public testing::TestWithParam<BadCase> {};

TEST_P(BadJson, IsRefusedAtItsPlace) {
  const Read result = read(GetParam().text);
  EXPECT_EQ(result.document->root(), nullptr);
  EXPECT_THAT(first(result), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    JsonReader, BadJson,
    testing::Values(BadCase{"", "a.json:1:1: error[json.syntax]: the text ends where a value is due"},
                    BadCase{"{\"a\": 1,}", "a.json:1:8: error[json.syntax]: comma before '}'"},
                    BadCase{"[1,]", "a.json:1:3: error[json.syntax]: comma before ']'"},
                    BadCase{"{\"a\" 1}", "unexpected '1' where a colon is due"},
                    BadCase{"{a: 1}", "unexpected 'a' where a key is due"},
                    BadCase{"[1 2]", "unexpected '2' where ',' or ']' is due"},
                    BadCase{"[1", "the text ends where ']' or ',' is due"},
                    BadCase{"{} x", "unexpected 'x' after the end of the document"},
                    BadCase{"NaN", "JSON has no such number"}, BadCase{"-Infinity", "is not a number of JSON"},
                    BadCase{"True", "help: write true"}, BadCase{"'a'", "strings stand in double quotes"},
                    BadCase{"01", "starts with a zero"}, BadCase{"1.", "is not a number of JSON"},
                    BadCase{"9223372036854775808", "does not fit into 64 bits"},
                    BadCase{"1e400", "does not fit into 64 bits"}, BadCase{"\"a", "the string has no end"},
                    BadCase{"\"a\nb\"", "does not end in its line"}, BadCase{"\"\\q\"", "unknown escape '\\q'"},
                    BadCase{"\"\\u12g4\"", "four hexadecimal digits"},
                    BadCase{"\"\\u0000\"", "error[json.encoding]: NUL character"},
                    BadCase{"\"\\ud800x\"", "error[json.encoding]: half of a surrogate pair"},
                    BadCase{"\"\\udc00\"", "error[json.encoding]: half of a surrogate pair"},
                    BadCase{"\"\xC0\xA7\"", "a.json:1:2: error[json.encoding]: the text is not valid UTF-8"},
                    BadCase{"\xEF\xBB\xBF{}", "byte order mark"},
                    BadCase{"// a\n{}", "comments are not allowed here"}));

TEST(JsonReader, LimitsDepthAndSize) {
  EXPECT_THAT(first(read(std::string(65, '[') + std::string(65, ']'))), HasSubstr("1:65: error[json.depth]"));
  EXPECT_THAT(read(std::string(64, '[') + std::string(64, ']')).mistakes, IsEmpty());
  EXPECT_THAT(first(read(std::string(1'000'000, '['), depth_limit(1'000'000))),
              HasSubstr("nested deeper than 500 levels"));
  EXPECT_THAT(first(read("[1, 2]", size_limit(5))), HasSubstr("error[json.size]: the file is larger than 5 bytes"));
}

TEST(JsonReader, CommentsAreReadWhereTheyAreAsked) {
  const Read result = read("/* a */ { // b\n \"a\": [1, 2,], }", with_comments());
  ASSERT_THAT(result.mistakes, IsEmpty());
  EXPECT_EQ(result.root().dump(), "{\"a\":[1,2]}");
}

TEST(JsonReader, ALongLineIsCutAroundTheCaret) {
  const Read result = read("[" + std::string(3000, ' ') + "\"" + std::string(500, 'y') + "\", x]");
  const std::string text = first(result);
  EXPECT_LT(text.size(), 500U);
  EXPECT_THAT(text, HasSubstr("…"));
}

TEST(Diagnostic, TheMachineFormHasTheSameFields) {
  EXPECT_EQ(read("[1 2]").mistakes.front().json(),
            "{\"severity\":\"error\",\"code\":\"json.syntax\",\"message\":\"unexpected '2' where ',' or ']' is due\","
            "\"file\":\"a.json\",\"line\":1,\"column\":4,\"pointer\":\"\",\"excerpt\":\"[1 2]\\n   ^\",\"notes\":[],"
            "\"help\":\"a comma may be missing before it\"}");
}

}  // namespace
}  // namespace dorm::json
