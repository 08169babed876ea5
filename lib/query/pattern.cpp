#include "query/pattern.hpp"

#include <array>
#include <optional>
#include <string>

#include "core/regex.hpp"
#include "dorm/error.hpp"

namespace dorm::query {

std::string_view spelling(sql::MatchOp op) noexcept {
  // In the order of MatchOp.
  static constexpr std::array<std::string_view, 11> names{"like",     "ilike",     "contains",    "startswith",
                                                          "endswith", "icontains", "istartswith", "iendswith",
                                                          "iexact",   "regex",     "iregex"};
  return names.at(static_cast<std::size_t>(op));
}

void require_pattern(sql::MatchOp op, const Term& operand, std::string_view pattern) {
  const std::string place = "the pattern of '" + std::string(spelling(op)) + "' on " + describe(operand);
  const bool has_wildcards = op == sql::MatchOp::like || op == sql::MatchOp::ilike;
  // PostgreSQL refuses what SQLite would match with nothing: a backslash that escapes no character.
  if (has_wildcards && (pattern.size() - (pattern.find_last_not_of('\\') + 1)) % 2 == 1)
    throw QueryError(place + " ends in a lone backslash; double it");
  const bool folds = op == sql::MatchOp::iregex;
  if (!folds && op != sql::MatchOp::regex) return;
  if (const std::optional<std::string> problem = regex_problem(pattern, folds))
    throw QueryError(place + " has " + *problem + ", which not every backend reads alike");
}

}  // namespace dorm::query
