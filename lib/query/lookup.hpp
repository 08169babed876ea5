// query/lookup.hpp: conditions by name, bound to a model: {"album__name__icontains", "mal"} as a term.
//
// Pure functions, thread-safe. Throw QueryError naming the path, the step that does not fit, and what would.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/request.hpp"

namespace dorm::query {

// What names in a condition may mean beside members of the model.
struct Scope {
  std::span<const Annotation> annotations{};
  bool grouped = false;  // annotations as aggregates of a group, where they are
};

// A condition on rows of `root`, a model or path source; null: always true. Expressions in terms of the model itself
// are read as in terms of `root`.
TermPtr bound_filter(const FilterPtr& filter, const SourcePtr& root, const Scope& scope = {});

// A member, the key of a to-one relation, an annotation, or a part of one of them ("timestamp__year"): what is ordered,
// grouped, aggregated. Annotations stand under their alias.
TermPtr bind_value(std::string_view path, const SourcePtr& root, const Scope& scope = {});

// What a condition's path names, with the parts taken of it, and the operator behind that ("exact" if there is none, or
// what stands where one should): how a value beside it is to be read.
struct NamedOperand {
  TermPtr term;
  std::string op;
};
NamedOperand named_operand(std::string_view path, const SourcePtr& root, const Scope& scope = {});
// Whatever may follow some member: operators and parts.
const std::vector<std::string>& operator_names();
// Those that fit a type.
std::vector<std::string> operator_names(const Type& type);

// The term in terms of `root` where it is in terms of root's model.
TermPtr in_terms_of(const TermPtr& term, const SourcePtr& root);

// The rows that a path leads to, as a query that is correlated with the row of `root`.
struct RelatedRows {
  QuerySpec spec;  // no outputs yet
  SourcePtr rows;  // what the last step is there
};
RelatedRows related_rows(const SourcePtr& root, const SourcePtr& path);

FilterPtr always_true();
bool is_always_true(const FilterPtr& filter) noexcept;

}  // namespace dorm::query
