// query/make_term.hpp: the words that everything which builds expressions is written in. Pure functions.
#pragma once

#include <algorithm>
#include <memory>
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

inline Expr wrap(Term term) { return Expr(std::make_shared<const Term>(std::move(term))); }

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
