// query/request.hpp: what a QuerySet asks for, before it is known which statements that takes; and those statements.
//
// Request: plain data that every verb of the QuerySet adds to; the order of the verbs leaves no trace. resolve() makes
// Units of it: one QuerySpec a statement, joins spelled out, and what is fetched for its rows afterwards. All immutable
// once shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dorm/query_set.hpp"
#include "query/path.hpp"
#include "query/spec.hpp"

namespace dorm::query {

// A condition that is not bound to a model yet.
struct FilterNode {
  enum class Kind : std::uint8_t { all, any, negate, lookup, expression, some, none, every } kind = Kind::all;
  std::vector<std::shared_ptr<const FilterNode>> children;
  std::string path;  // lookup; some, none, every
  TermPtr value;     // lookup: its value; expression
};
using FilterPtr = std::shared_ptr<const FilterNode>;

// One name given to fields() or exclude_fields().
struct FieldChoice {
  std::vector<std::uint32_t> path;  // relations from the root
  std::uint32_t field = no_index;   // no_index: the whole node
  bool links = false;               // a field of the link rows that the path's last relation goes through
  bool excluded = false;
};

enum class Method : std::uint8_t {
  join,   // in the statement of the row it hangs on
  fetch,  // in a statement of its own
  best,   // as the planner chooses
};

struct Request;

// One path to load.
struct LoadRequest {
  std::vector<std::uint32_t> path;  // relations from the root
  Method method = Method::join;
  std::shared_ptr<const Request> rows;  // conditions, order, fields, limits of the last step; null: none
  std::string name;                     // of the entry; empty: the relation's
  Strategy strategy = Strategy::automatic;
  LazyPolicy lazy = LazyPolicy::unset;  // of the rows it leads to
};

struct Annotation {
  std::string name;
  TermPtr term;     // with path sources; an aggregate of related rows is a scalar subquery already
  TermPtr grouped;  // an aggregate as one of groups; then `term` may be null, and is this one once there is group_by
  std::shared_ptr<const Aggregate> given;  // what it was made of, if not of an expression
};

// A condition as it was given, call by call, beside the term that it came to: terms tell no more how they were said.
struct GivenConditions {
  std::vector<FilterPtr> filters;
  TermPtr term;  // all of them; another one than the request's if that has conditions nobody gave as a filter

  void add(const FilterPtr& filter, const TermPtr& before, const TermPtr& after) {
    if (term != before || after == before) return;
    filters.push_back(filter);
    term = after;
  }
};

enum class SelectAll : std::uint8_t { no, direct, follow };

struct Request {
  SourcePtr root;                     // a model
  const RelationInfo* via = nullptr;  // the relation whose rows these are, if an accessor asks
  TermPtr where;
  GivenConditions given_where;
  std::vector<OrderSpec> order_by;  // empty: the model's own
  bool reversed = false;
  std::optional<std::int64_t> limit;  // of rows of the model, per parent in the request of a load
  std::optional<std::int64_t> offset;
  bool from_end = false;   // limit and offset count from the last row on; not known to resolve(), see rows_of()
  bool unordered = false;  // the order of the rows does not matter, if nothing else needs one
  bool raw_limit = false;
  bool distinct = false;
  std::vector<LoadRequest> loads;
  SelectAll select_all = SelectAll::no;
  Method select_all_by = Method::join;  // or best
  std::vector<FieldChoice> fields;
  std::vector<Annotation> annotations;
  std::vector<TermPtr> group_by;
  TermPtr having;
  GivenConditions given_having;
  std::optional<bool> load_required;
  LazyPolicy lazy = LazyPolicy::unset;
  std::vector<std::pair<std::vector<std::uint32_t>, LazyPolicy>> lazy_paths;
  std::vector<std::pair<std::vector<std::uint32_t>, Strategy>> strategies;
};
using RequestPtr = std::shared_ptr<const Request>;

struct Unit;

// A relation loaded by statements of its own, for the rows of one node of the statement before.
struct Fetch {
  std::vector<std::uint32_t> at;      // relations from the unit's root, through joined nodes, to the node it is for
  std::uint32_t relation = 0;         // of that node's model
  std::string name;                   // of the entry; empty: the relation's
  std::shared_ptr<const Unit> unit;   // the related rows, without the condition that they belong to these parents
  bool partial = false;               // filtered or limited
  std::optional<std::int64_t> limit;  // per parent
  std::optional<std::int64_t> offset;
  bool best = false;  // any strategy with the same result will do
  Strategy strategy = Strategy::automatic;
  LazyPolicy lazy = LazyPolicy::unset;
};

// One statement and what is fetched for its rows.
struct Unit {
  SpecPtr spec;  // parents = true; every needed join and column is spelled out
  std::vector<Fetch> fetches;
};

inline bool is_limited(const Request& request) noexcept { return request.limit || request.offset; }

// The order of the request's own rows: without the terms along lists that are fetched, which are the order of those.
std::vector<OrderSpec> own_order(const Request& request);

struct ResolveOptions {
  bool load_required = true;
  std::size_t max_nodes = 48;
};

// Throws QueryError for what does not fit together, LimitError naming the paths for more than max_nodes.
std::shared_ptr<const Unit> resolve(const Request& request, const ResolveOptions& options);
// The rows of values(): flat, one per joined row; `paths` as the user names them, empty: all that is loaded.
QuerySpec resolve_values(const Request& request, const std::vector<std::string>& paths, RowMode mode,
                         const ResolveOptions& options);
// One column of the root's primary key per row of the model, its limits included: for count, exists, update, delete,
// aggregates, and IN. No loads, no order unless limits need it.
QuerySpec resolve_keys(const Request& request);
// A key of the model is one of those that the query selects.
TermPtr key_in(const SourcePtr& source, QuerySpec keys);

}  // namespace dorm::query
