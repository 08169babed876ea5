// core/regex.hpp: regular expressions that mean the same to every backend.
//
// PostgreSQL reads advanced regular expressions (manual, 9.7.3), RE2 its own syntax. What both read alike, once ASCII
// alone is classed and folded and . takes in line ends: literals, ., [ ] with ranges, classes and escapes, ( ), (?: ),
// |, ^, $, * + ? {m,n} up to 255, their lazy forms, and \d \w \s \D \W \S \n \t \r \f \v. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dorm {

// What is wrong with a pattern, with the place of it: "a look-ahead at 3"; nothing if all read it alike.
std::optional<std::string> regex_problem(std::string_view pattern, bool fold);

// The pattern in RE2's syntax, with both cases of each ASCII letter if `fold`. Only for patterns without a problem.
std::string to_re2(std::string_view pattern, bool fold);

}  // namespace dorm
