// sql/check.hpp: what is looked at before a tree becomes text.
//
// Filters come from strangers as JSON, so a tree may be deeper than any recursion, ours or a database's, should follow.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_set>

#include "sql/ast.hpp"

namespace dorm::sql {

// SQLite refuses expressions deeper than 1,000; one level of the tree may become up to four levels of text.
inline constexpr std::size_t max_depth = 200;

struct Inventory {
  std::unordered_set<std::string_view> names;  // aliases and common tables given by name: not free for t1, t2, …
  std::unordered_set<const Source*> sources;   // all that stand in a FROM, or are written to
};

// Throws LimitError if the tree has more than max_depth levels. AND and OR of n operands count log2(n) levels, because
// that is how they are lowered.
Inventory check(const Statement& statement);

}  // namespace dorm::sql
