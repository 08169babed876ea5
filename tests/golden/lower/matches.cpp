// Every way to match a text, and its negation.
#include "golden/lower/world.hpp"
#include "sql/operators.hpp"

namespace dorm::test {

LowerCases match_cases() {
  LowerCases cases;
  for (int i = 0; !sql::word(static_cast<sql::MatchOp>(i)).empty(); ++i) {
    const auto op = static_cast<sql::MatchOp>(i);
    for (const bool negated : {false, true})
      cases.push_back({(negated ? "not " : "") + std::string(sql::word(op)), [op, negated](World& w) {
                         return w.where([&](const sql::Source* t) {
                           return w.expr(sql::Match{op, w.column(t, "content"), w.param(), negated});
                         });
                       }});
  }
  return cases;
}

}  // namespace dorm::test
