#include "core/regex.hpp"

#include <gtest/gtest.h>

namespace dorm {
namespace {

TEST(Regex, WhatAllReadAlikeIsTaken) {
  for (const char* pattern : {"", "abc", "^a.*z$", "a|b|", "(?:ab)+c?", "[a-z0-9_.-]{2,5}", "[^]x]", "[]x]",
                              "\\d\\w\\s\\D\\W\\S", "\\.\\*\\\\", "[[:alpha:][:digit:]]", "[\\d\\s\\]\\-]",
                              "x{3}y{2,}?", "\\n\\t", "\xC3\xA4+", "a}b]", "[\xC3\xA4-\xC3\xBC]"})
    EXPECT_EQ(regex_problem(pattern, false), std::nullopt) << pattern;
}

TEST(Regex, WhatIsReadInTwoWaysIsRefusedWithItsPlace) {
  const std::pair<const char*, const char*> odd[] = {{"a\\b", "the escape \\b at 2"},
                                                     {"(a)\\1", "the escape \\1 at 4"},
                                                     {"(?=a)", "a look-around, a flag or a name at 1"},
                                                     {"(?i)a", "a look-around, a flag or a name at 1"},
                                                     {"***a", "a repetition of nothing at 1"},
                                                     {"a**", "a repetition of a repetition at 3"},
                                                     {"^*", "a repetition of a ^ or a $ at 2"},
                                                     {"a{256}", "up to 255"},
                                                     {"a{2,1}", "up to 255"},
                                                     {"{a", "a { that repeats nothing"},
                                                     {"(a", "a ( that is not closed at 3"},
                                                     {"a)", "a ) that closes nothing at 2"},
                                                     {"[a", "a [ that is not closed"},
                                                     {"[z-a]", "a range that goes backwards"},
                                                     {"[[.a.]]", "a class that is none of those of POSIX"},
                                                     {"[[:word:]]", "a class that is none of those of POSIX"},
                                                     {"[a-\\d]", "a range to a class"},
                                                     {"[\\d-z]", "a range from a class"},
                                                     {"[\\D]", "the escape \\D in a [ ]"},
                                                     {"[a-c-e]", "a - in the middle"},
                                                     {"a\\", "a lone backslash at the end at 2"}};
  for (const auto& [pattern, problem] : odd) {
    const std::optional<std::string> found = regex_problem(pattern, false);
    ASSERT_TRUE(found.has_value()) << pattern;
    EXPECT_NE(found->find(problem), std::string::npos) << pattern << ": " << *found;
  }
  EXPECT_TRUE(regex_problem(std::string_view("a\0b", 3), false).has_value());
  EXPECT_TRUE(regex_problem(std::string(200, '('), false).has_value());
}

TEST(Regex, OnlyAsciiIsFolded) {
  EXPECT_EQ(to_re2("aK1\xC3\xA4", true), "[aA][Kk]1\xC3\xA4");
  EXPECT_EQ(to_re2("[a-f]", true), "[a-fA-F]");
  EXPECT_EQ(to_re2("[^X]", true), "[^Xx-x]");
  EXPECT_EQ(to_re2("[0-Z]", true), "[0-Za-z]");
  EXPECT_EQ(to_re2("[[:upper:]]", true), "[[:alpha:]]");
  EXPECT_EQ(to_re2("\\d", true), "\\d");
  EXPECT_EQ(to_re2("aK", false), "aK");
  EXPECT_EQ(to_re2("\\s", false), "[\\t\\n\\v\\f\\r ]");
}

}  // namespace
}  // namespace dorm
