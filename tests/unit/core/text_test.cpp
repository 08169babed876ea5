#include "core/text.hpp"

#include <gmock/gmock.h>

#include "core/json_text.hpp"
#include "core/sha256.hpp"
#include "core/suggest.hpp"

namespace dorm {
namespace {

TEST(Text, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(find_invalid_utf8("gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC, \xF0\x9F\x90\xB1"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8("a\xC0\xA7"), 1U);         // overlong
  EXPECT_EQ(find_invalid_utf8("ab\xED\xA0\x80"), 2U);    // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(find_invalid_utf8("\xE2\x82"), 0U);          // cut off
  EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
}

TEST(Text, CountsCodePoints) { EXPECT_EQ(code_points("gr\xC3\xBC\xC3\x9F\xF0\x9F\x90\xB1"), 5U); }

TEST(Text, NamesBecomeSnakeCaseAndPlural) {
  EXPECT_EQ(snake_case("ActivityLog"), "activity_log");
  EXPECT_EQ(snake_case("HTTPServer"), "http_server");
  EXPECT_EQ(snake_case("isAdmin"), "is_admin");
  EXPECT_EQ(snake_case("User2Item"), "user2_item");
  EXPECT_EQ(camel_case("activity_log"), "ActivityLog");
  EXPECT_EQ(plural("category"), "categories");
  EXPECT_EQ(plural("day"), "days");
  EXPECT_EQ(plural("school_class"), "school_classes");
  EXPECT_EQ(plural("branch"), "branches");
}

TEST(Text, QuotingShowsControlCharactersAndStaysShort) {
  EXPECT_EQ(quote("a\x1b[31m\n"), "'a\\u001b[31m\\u000a'");
  EXPECT_EQ(quote("\xC2\x9B"), "'\\u009b'");
  EXPECT_EQ(quote("a\xFF"), "'a\xEF\xBF\xBD'");
  EXPECT_LT(quote(std::string(1000, 'x')).size(), 100U);
  EXPECT_EQ(quote_list(std::vector<std::string>{"a", "b", "c"}), "'a', 'b' and 'c'");
  EXPECT_EQ(quote_list(std::vector<std::string>{"a", "b", "c"}, 2), "'a', 'b' and 1 more");
}

TEST(Text, IdentifiersAreWhatDatabasesTakeUnquoted) {
  EXPECT_TRUE(is_identifier("user_id"));
  EXPECT_FALSE(is_identifier("2fast"));
  EXPECT_FALSE(is_identifier("a b"));
  EXPECT_FALSE(is_identifier(std::string(64, 'a')));
}

TEST(JsonText, QuotesAnyBytes) {
  EXPECT_EQ(json::quoted("a\"\\\n\x01"), "\"a\\\"\\\\\\n\\u0001\"");
  EXPECT_EQ(json::quoted("\xFFx"), "\"\xEF\xBF\xBDx\"");
  EXPECT_TRUE(json::is_json("{\"a\": [1, null]}"));
  EXPECT_FALSE(json::is_json("{\"a\": }"));
  EXPECT_TRUE(json::is_json(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST(Suggest, KnowsWhatWasMeant) {
  const std::vector<std::string> names = {"title", "author", "tweets", "Category"};
  EXPECT_EQ(did_you_mean("titel", names), "; did you mean 'title'?");
  EXPECT_EQ(did_you_mean("auhtor", names), "; did you mean 'author'?");
  EXPECT_EQ(did_you_mean("tweet", names), "; did you mean 'tweets'?");
  EXPECT_EQ(did_you_mean("category", names), "; did you mean 'Category'?");
  EXPECT_EQ(did_you_mean("categories", names), "; did you mean 'Category'?");
  EXPECT_EQ(did_you_mean("likes", names), "");
  EXPECT_EQ(did_you_mean("x", std::vector<std::string>{"y"}), "");
}

TEST(Suggest, DistanceCountsASwapOnce) {
  EXPECT_EQ(edit_distance("ca", "ac", 3), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3U);
}

// The examples of FIPS 180-4, and one that needs a second block for its padding.
TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace dorm
