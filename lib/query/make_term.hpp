// query/make_term.hpp: the words that everything which builds expressions is written in. Pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "query/term.hpp"

namespace dorm::query {

inline Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

inline const TermPtr& require(const Expr& expr) {
  if (!expr.has_value()) throw QueryError("an empty expression is used where a value is needed");
  return expr.term();
}

// Databases read, and programs take apart, only so deep an expression: LimitError for a deeper one.
inline Expr wrap(Term term) {
  constexpr std::uint32_t most = 900;  // SQLite takes 1000 (sqlite.org/limits.html)
  for (const TermPtr& child : term.children) term.depth = std::max(term.depth, child->depth + 1);
  if (term.depth > most) {
    throw LimitError("the expression is nested more than " + std::to_string(most) +
                     " levels deep; a chain of conditions stays flat, other chains are computed in parts");
  }
  return Expr(std::make_shared<const Term>(std::move(term)));
}

// AND (TermKind::all) or OR (any) of conditions, at least one. One of them that is the same already gives its parts, so
// that a & b & c is one AND of three, and a long chain is shallow.
Expr logical(TermKind kind, std::span<const Expr> conditions);

// It is null if one of its children may be.
inline Term node(TermKind kind, const Type& type, std::vector<TermPtr> children) {
  Term term;
  term.kind = kind;
  term.type = type;
  term.nullable = std::any_of(children.begin(), children.end(), [](const TermPtr& child) { return child->nullable; });
  term.children = std::move(children);
  return term;
}
inline Term node(TermKind kind, TypeKind type, std::vector<TermPtr> children) {
  return node(kind, type_of(type), std::move(children));
}

}  // namespace dorm::query
