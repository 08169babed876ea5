// Windows, those with a name once for all who use them.
#include "query/compiler.hpp"

#include <algorithm>
#include <vector>

#include "dorm/error.hpp"
#include "query/names.hpp"

namespace dorm::query {
namespace {

bool is_same_window(const Term& left, const Term& right) {
  return left.frame == right.frame &&
         std::equal(left.children.begin() + 1, left.children.end(), right.children.begin() + 1, right.children.end()) &&
         std::equal(left.order.begin(), left.order.end(), right.order.begin(), right.order.end(),
                    [](const OrderSpec& a, const OrderSpec& b) {
                      return a.term == b.term && a.descending == b.descending && a.nulls == b.nulls;
                    });
}

}  // namespace

const sql::Window* Compiler::window(const Term& term) {
  if (!term.name.empty() && windows_.empty()) throw QueryError("a window function stands outside of a select");
  for (const NamedWindow& known : term.name.empty() ? std::vector<NamedWindow>() : windows_.back()) {
    if (!may_clash(known.term->name, term.name)) continue;
    if (known.term->name == term.name && is_same_window(*known.term, term)) return known.window;
    throw QueryError("two windows of the query are called '" + term.name + "'; use one Window for both, or two names");
  }
  sql::Window made{};
  made.name = arena_.text(term.name);
  made.partition = exprs(std::vector<TermPtr>(term.children.begin() + 1, term.children.end()));
  made.order = order_of(term.order);
  if (term.frame) made.frame = *term.frame;
  const sql::Window* window = arena_.make(made);
  if (!term.name.empty()) windows_.back().push_back({&term, window});
  return window;
}

}  // namespace dorm::query
