// query/spec.hpp: one query as plain data: what every facade fills and every plan is made from.
//
// Immutable once shared. Sources have identity: an alias is equal only to itself, the unaliased source of a model to
// every other unaliased source of that model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/registry.hpp"
#include "query/term.hpp"
#include "sql/ast.hpp"

namespace dorm::query {

// The name of the database whose handle a source came from. Two databases may have one name: identity tells them apart.
using HomePtr = std::shared_ptr<const std::string>;

// Which rows of each model a query sees, wherever a path leads to them: by model id a condition of the model's
// unaliased source, null where all are seen.
struct RowRules {
  std::vector<TermPtr> by_model;
};
using RowRulesPtr = std::shared_ptr<const RowRules>;

enum class SourceKind : std::uint8_t { model, subquery, cte, values };

// A column that a subquery or CTE offers.
struct OutputColumn {
  std::string name;
  Type type;
  bool nullable = true;
  bool sensitive = false;
};

struct Source {
  SourceKind kind = SourceKind::model;
  Registry registry;                 // keeps `model` alive
  HomePtr home;                      // null: dorm's own, of whichever database runs the query
  const ModelInfo* model = nullptr;  // of a model source
  bool is_default = false;           // the unaliased source of a model
  std::string alias;                 // as the user named it
  SpecPtr query;                     // of a subquery or CTE; null for the seed of a recursive CTE
  std::vector<OutputColumn> outputs;
  std::vector<std::vector<TermPtr>> rows;  // of a list of values
  bool recursive = false;
  sql::CommonTable::Materialized materialized = sql::CommonTable::Materialized::automatic;
  std::shared_ptr<const Source> seed;  // recursive CTE: the source that its recursive member refers to
  SourcePtr unbound;  // what it was before its parameters got values: columns of that one are columns of this one
  RowRulesPtr rules;  // of the paths that start here; null: none
  // A path: the rows that relation `via` of `from` leads to, or the link rows on the way there. Equal paths are equal.
  SourcePtr from;
  std::uint32_t via = no_index;
  bool links = false;

  std::string label() const;  // "User", "User as owner", "latest_query"
};

// Throws QueryError: `label` is of another database than the rest of its query.
[[noreturn]] void refuse_two_homes(const std::string& label, const std::string& home, const std::string& other);

const Source* identity(const Source& source) noexcept;
bool same_source(const Source& left, const Source& right) noexcept;

SourcePtr model_source(const Registry& registry, const ModelInfo& model, HomePtr home = nullptr);
// The unaliased source of a model for the same query as `like`: of its database and by its rules.
SourcePtr model_source_beside(const Source& like, const ModelInfo& model);
SourcePtr model_alias(const Source& source, std::string_view alias);

struct JoinSpec {
  sql::JoinKind kind = sql::JoinKind::inner;
  SourcePtr from;
  SourcePtr target;
  TermPtr on;  // null for a cross join
  // Where a joined row is found on the row of `from`: the relation the join follows forward, else no_index and a name.
  std::uint32_t relation = no_index;
  std::string accessor;
  bool shared = false;                  // parents: one row per key for all that lead to it, instead of one for each
  LazyPolicy lazy = LazyPolicy::unset;  // of the joined rows
  bool partial = false;                 // a condition keeps some of the related rows out
  bool lateral = false;                 // the target is a subquery that names sources joined before it
};

struct OutputSpec {
  TermPtr term;      // an expression
  SourcePtr source;  // or all columns of a source; or both: the expression says where the rows of a list stand in it,
                     // for rows of the statement that do not come in that order
  bool is_place() const noexcept { return term && source; }
};

enum class RowMode : std::uint8_t { models, objects, dicts, tuples };

struct QuerySpec {
  SourcePtr root;     // null for a set operation
  SourcePtr context;  // where the next join starts
  bool default_projection = true;
  bool distinct = false;
  std::vector<TermPtr> distinct_on;  // the first row of each, by the order
  std::vector<OutputSpec> outputs;
  std::vector<JoinSpec> joins;
  std::vector<SourcePtr> ctes;
  TermPtr where;
  std::vector<TermPtr> group_by;
  bool rollup = false;
  TermPtr having;
  std::vector<OrderSpec> order_by;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> offset;
  sql::Lock lock{sql::Lock::Strength::none, false, false};
  sql::SetOp set_op = sql::SetOp::none;
  SpecPtr left;
  SpecPtr right;
  RowMode mode = RowMode::models;
  bool returning = false;  // of a write: the outputs are read from the rows written
  bool parents = false;    // each row of the root once, joined rows in its relations; limits count rows of the root
  LazyPolicy lazy = LazyPolicy::unset;

  // The query whose rows give this one its shape: the leftmost of a set operation.
  const QuerySpec& leftmost() const noexcept { return left ? left->leftmost() : *this; }
};

// Whether the query selects from the source, or joins it.
bool has_source(const QuerySpec& spec, const Source& source);
// Whether the select list has an expression of this alias.
bool selects_alias(const QuerySpec& spec, std::string_view alias);
// Whether two terms are one column of one source, also by handles from before and after a reload.
bool is_same_column(const Term& left, const Term& right);
// The select list with whole sources expanded to their columns. Throws QueryError if a source has none.
std::vector<TermPtr> expanded_outputs(const QuerySpec& spec);
// What the query offers as a subquery.
std::vector<OutputColumn> output_columns(const QuerySpec& spec);
// The term that a column of a subquery or CTE gives, or a subquery its only value; null where that is not known.
TermPtr selected_by(const Term& term);
// The enum that a term gives values of: of a field, seen through aliases, subqueries and CTEs; null if there is none.
const EnumInfo* enum_of(const Term& term);
// Whether the value comes from a sensitive field.
bool is_sensitive(const Term& term);
// Fields that are read when nothing is named: all but deferred and sensitive ones.
std::vector<std::uint32_t> default_fields(const ModelInfo& model);

}  // namespace dorm::query
