// query/builder.hpp: the verbs of the query builder, from one QuerySpec to the next.
//
// Pure functions; all throw QueryError for what does not fit the registry, naming the candidates.
#pragma once

#include <string>
#include <string_view>

#include "query/spec.hpp"

namespace dorm::query {

// A member of a source: field, relation, or column of a subquery.
TermPtr member(const SourcePtr& source, std::string_view name);

struct JoinRequest {
  sql::JoinKind kind = sql::JoinKind::inner;
  SourcePtr target;
  TermPtr on;        // null: inferred; a foreign key of either side; or a predicate
  std::string attr;  // empty: by the relation
  bool lateral = false;
};

// Joins from the context, which moves to a target that is a model or a query of models.
QuerySpec join(QuerySpec spec, const JoinRequest& request);
QuerySpec switch_to(QuerySpec spec, const SourcePtr& source);

SourcePtr as_subquery(const SpecPtr& spec, std::string_view alias);
SourcePtr as_cte(const SpecPtr& spec, std::string_view name, const std::vector<std::string>& columns);
// Rows of values as a source. All rows have a value per column, of one type.
SourcePtr as_values(std::string_view alias, const std::vector<std::string>& columns,
                    std::vector<std::vector<TermPtr>> rows);
// `fields` of a relation on one side equal to those on the other.
TermPtr relation_condition(const RelationInfo& relation, const SourcePtr& holder, const SourcePtr& target);

}  // namespace dorm::query
