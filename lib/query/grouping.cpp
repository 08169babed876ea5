#include "query/grouping.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/typing.hpp"

namespace dorm::query {
namespace {

enum class CallKind : std::uint8_t { aggregate, scalar, unknown };

constexpr std::array<std::string_view, 33> aggregates{"any_value",
                                                      "array_agg",
                                                      "avg",
                                                      "bit_and",
                                                      "bit_or",
                                                      "bit_xor",
                                                      "bool_and",
                                                      "bool_or",
                                                      "corr",
                                                      "count",
                                                      "covar_pop",
                                                      "covar_samp",
                                                      "every",
                                                      "group_concat",
                                                      "json_agg",
                                                      "jsonb_agg",
                                                      "max",
                                                      "min",
                                                      "json_group_array",
                                                      "json_group_object",
                                                      "json_object_agg",
                                                      "jsonb_object_agg",
                                                      "median",
                                                      "range_agg",
                                                      "regr_count",
                                                      "stddev",
                                                      "stddev_pop",
                                                      "stddev_samp",
                                                      "string_agg",
                                                      "sum",
                                                      "total",
                                                      "var_pop",
                                                      "variance"};
constexpr std::array<std::string_view, 22> scalars{
    "abs",   "ceil",  "coalesce", "concat", "floor",  "ifnull",    "length", "lower", "ltrim", "nullif", "replace",
    "round", "rtrim", "sign",     "sqrt",   "substr", "substring", "trim",   "trunc", "upper", "date",   "instr"};

constexpr std::array<std::string_view, 11> window_functions{"cume_dist",    "dense_rank", "first_value", "lag",
                                                            "last_value",   "lead",       "nth_value",   "ntile",
                                                            "percent_rank", "rank",       "row_number"};

CallKind kind_of(const Term& term) {
  if (term.kind == TermKind::count_all) return CallKind::aggregate;
  const std::string name = lower_case(term.name);
  const auto is_in = [&](const auto& names) { return std::find(names.begin(), names.end(), name) != names.end(); };
  // With several arguments they are the largest and smallest of these on SQLite.
  const bool has_many = (name == "min" || name == "max") && term.children.size() > 1;
  if (is_in(aggregates) && !has_many) return CallKind::aggregate;
  return is_in(scalars) ? CallKind::scalar : CallKind::unknown;
}

bool is_aggregate(const Term& term) {
  return (term.kind == TermKind::call || term.kind == TermKind::count_all) && kind_of(term) == CallKind::aggregate;
}

// What a term is computed from. A call over a window leaves its rows as many as they are: its arguments count, not it.
std::vector<const Term*> operands_of(const Term& term) {
  std::vector<const Term*> operands;
  for (const TermPtr& child : term.children) operands.push_back(child.get());
  for (const OrderSpec& order : term.order) operands.push_back(order.term.get());
  if (term.filter) operands.push_back(term.filter.get());
  if (term.kind != TermKind::over) return operands;
  operands.erase(operands.begin());
  const Term& call = *term.children.front();
  for (const TermPtr& argument : call.children) operands.push_back(argument.get());
  if (call.filter) operands.push_back(call.filter.get());
  return operands;
}

// The first call over a window of this select.
const Term* find_window(const Term& term) {
  if (term.kind == TermKind::over) return &term;
  for (const Term* operand : operands_of(term))
    if (const Term* found = find_window(*operand)) return found;
  return nullptr;
}

// The first aggregate of this select in the term; those of subqueries are their own.
const Term* find_aggregate(const Term& term) {
  if (is_aggregate(term)) return &term;
  for (const Term* operand : operands_of(term))
    if (const Term* found = find_aggregate(*operand)) return found;
  return nullptr;
}

bool is_column(const Term& term) {
  return term.kind == TermKind::column || term.kind == TermKind::relation || term.kind == TermKind::output;
}

bool is_same_type(const Type& left, const Type& right) {
  return left.kind == right.kind && left.scale == right.scale && left.precision == right.precision &&
         left.max_length == right.max_length && left.storage == right.storage;
}

// Whether two terms are one expression to a database. Values are parameters, so they are the same only where the same
// Expr is used twice; unless `values_count` is false.
bool is_same(const Term& left, const Term& right, bool values_count) {
  const Term& a = unaliased(left);
  const Term& b = unaliased(right);
  if (&a == &b) return true;
  if (is_column(a) && is_column(b)) return is_same_column(a, b);
  if (a.kind == TermKind::value && b.kind == TermKind::value) return !values_count && a.value == b.value;
  if (a.kind != b.kind || a.op != b.op || a.negated != b.negated || a.distinct != b.distinct || a.name != b.name ||
      a.query != b.query || a.children.size() != b.children.size() || !a.order.empty() || !b.order.empty() ||
      a.filter || b.filter)
    return false;
  if ((a.kind == TermKind::json_path || a.kind == TermKind::raw) && a.value != b.value) return false;
  if (a.kind == TermKind::cast && !is_same_type(a.type, b.type)) return false;
  for (std::size_t i = 0; i < a.children.size(); ++i)
    if (!is_same(*a.children[i], *b.children[i], values_count)) return false;
  return true;
}

class Check {
 public:
  explicit Check(const QuerySpec& spec) : spec_(spec), outputs_(expanded_outputs(spec)) {
    for (const TermPtr& group : spec.group_by)
      for (TermPtr& column : each_column(group)) groups_.push_back(std::move(column));
  }

  void run() {
    for (const JoinSpec& join : spec_.joins)
      if (join.on) refuse_aggregates(*join.on, "on");
    if (spec_.where) refuse_aggregates(*spec_.where, "where");
    for (const JoinSpec& join : spec_.joins)
      if (join.on) refuse_windows(*join.on, "on");
    if (spec_.where) refuse_windows(*spec_.where, "where");
    if (spec_.having) refuse_windows(*spec_.having, "having");
    for (const TermPtr& term : spec_.distinct_on) refuse_json(*term, "distinct_on");
    if (spec_.lock.strength != sql::Lock::Strength::none) require_lockable();
    for (const TermPtr& group : groups_) {
      refuse_windows(*group, "group_by");
      refuse_aggregates(*group, "group_by");
      refuse_json(*group, "group_by");
    }
    for (const OrderSpec& order : spec_.order_by) refuse_json(*order.term, "order_by");
    if (spec_.distinct)
      for (const TermPtr& output : outputs_) refuse_json(*output, "distinct");
    each_late_term([&](const Term& term, std::string_view) { check_aggregates(term); });
    if (!groups_.empty() || spec_.having || is_aggregated(spec_))
      each_late_term([&](const Term& term, std::string_view clause) { require_grouped(term, {term, clause}); });
    if (spec_.distinct) require_selected_order();
    if (!spec_.distinct_on.empty()) require_leading_order();
  }

 private:
  // What a column is part of.
  struct Place {
    const Term& whole;
    std::string_view clause;
  };

  // What is computed after rows were grouped.
  template <class F>
  void each_late_term(F f) const {
    for (const TermPtr& output : outputs_) f(*output, "selected");
    for (const TermPtr& term : spec_.distinct_on)
      for (const TermPtr& column : each_column(term)) f(*column, "used in distinct_on");
    if (spec_.having) f(*spec_.having, "used in having");
    for (const OrderSpec& order : spec_.order_by)
      for (const TermPtr& term : each_column(order.term))
        if (term->kind != TermKind::alias || !selects_alias(spec_, term->name)) f(*term, "used in order_by");
  }

  // FOR UPDATE locks rows of tables, and these are none any more (PostgreSQL's manual, SELECT).
  void require_lockable() const {
    const bool has_window = std::any_of(outputs_.begin(), outputs_.end(),
                                        [](const TermPtr& output) { return find_window(*output) != nullptr; });
    if (!spec_.distinct && spec_.distinct_on.empty() && groups_.empty() && !spec_.having && !has_window &&
        !is_aggregated(spec_))
      return;
    throw QueryError("for_update() locks rows of a table; distinct rows, groups, aggregates and windows are none");
  }

  void check_aggregates(const Term& term) const {
    if (is_window_function(term))
      throw QueryError("the window function " + describe(term) + " has no window; say which with over()");
    if (!is_aggregate(term)) {
      for (const Term* operand : operands_of(term)) check_aggregates(*operand);
      return;
    }
    bool own = false;
    const Term* outer = nullptr;
    for (const Term* argument : operands_of(term)) {
      if (const Term* inner = find_aggregate(*argument)) {
        throw QueryError("the aggregate " + describe(*inner) + " stands inside the aggregate " + describe(term) +
                         "; compute the inner one in a subquery and aggregate its column");
      }
      if (has_window(*argument)) {
        throw QueryError("a window function stands inside the aggregate " + describe(term) +
                         "; select it in a subquery and aggregate its column");
      }
      find_columns(*argument, own, outer);
    }
    if (own || outer == nullptr) return;
    throw QueryError("the aggregate " + describe(term) + " is over " + describe(*outer) +
                     ", a column of the query outside; aggregate there, or join '" + outer->source->label() +
                     "' in the subquery");
  }

  void find_columns(const Term& term, bool& own, const Term*& outer) const {
    if (is_column(term)) {
      if (has_source(spec_, *term.source)) {
        own = true;
      } else {
        outer = &term;
      }
    }
    if (term.query) own = true;  // what a subquery reads is not followed
    for (const Term* operand : operands_of(term)) find_columns(*operand, own, outer);
  }

  bool is_grouped(const Term& term) const {
    return std::any_of(groups_.begin(), groups_.end(),
                       [&](const TermPtr& group) { return is_same(*group, term, true); });
  }

  // The other columns of a model depend on its primary key.
  bool has_grouped_key(const Source& source) const {
    // The key is null in the rows of the totals.
    if (spec_.rollup || source.kind != SourceKind::model || source.model->primary_key.empty()) return false;
    return std::all_of(source.model->primary_key.begin(), source.model->primary_key.end(), [&](std::uint32_t field) {
      return std::any_of(groups_.begin(), groups_.end(), [&](const TermPtr& group) {
        const Term& term = unaliased(*group);
        const FieldInfo* grouped = field_of(term);
        return grouped != nullptr && same_source(*term.source, source) &&
               grouped->column == source.model->fields[field].column;
      });
    });
  }

  void require_grouped(const Term& term, const Place& place) const {
    if (is_aggregate(term) || is_grouped(term)) return;
    if (is_column(term)) {
      if (has_source(spec_, *term.source) && !has_grouped_key(*term.source)) refuse_column(term, place);
      return;
    }
    if (term.kind == TermKind::raw || (term.kind == TermKind::call && kind_of(term) == CallKind::unknown)) return;
    for (const Term* operand : operands_of(term)) require_grouped(*operand, place);
    if (term.query) require_grouped(*term.query, place, {});
  }

  // What a subquery reads of ours. `inner` are the selects between it and us.
  void require_grouped(const QuerySpec& query, const Place& place, std::vector<const QuerySpec*> inner) const {
    inner.push_back(&query);
    const auto visit = [&](const Term& term) { require_grouped_inside(term, place, inner); };
    const auto source = [&](const SourcePtr& from) {
      if (from && from->query) require_grouped(*from->query, place, inner);
    };
    if (query.left) require_grouped(*query.left, place, inner);
    if (query.right) require_grouped(*query.right, place, inner);
    source(query.root);
    for (const SourcePtr& cte : query.ctes) source(cte);
    for (const JoinSpec& join : query.joins) {
      source(join.target);
      if (join.on) visit(*join.on);
    }
    for (const OutputSpec& output : query.outputs)
      if (output.term) visit(*output.term);
    if (query.where) visit(*query.where);
    for (const TermPtr& group : query.group_by) visit(*group);
    if (query.having) visit(*query.having);
    for (const OrderSpec& order : query.order_by) visit(*order.term);
  }

  void require_grouped_inside(const Term& term, const Place& place, const std::vector<const QuerySpec*>& inner) const {
    if (is_grouped(term)) return;
    if (is_column(term)) {
      const bool is_theirs = std::any_of(inner.begin(), inner.end(),
                                         [&](const QuerySpec* query) { return has_source(*query, *term.source); });
      if (!is_theirs && has_source(spec_, *term.source) && !has_grouped_key(*term.source)) refuse_column(term, place);
    }
    for (const Term* operand : operands_of(term)) require_grouped_inside(*operand, place, inner);
    if (term.query) require_grouped(*term.query, place, inner);
  }

  // Whether a part of the term differs from what is grouped in nothing but in whose values it holds.
  bool has_near_group(const Term& term) const {
    return std::any_of(groups_.begin(), groups_.end(),
                       [&](const TermPtr& group) { return is_same(*group, term, false); }) ||
           std::any_of(term.children.begin(), term.children.end(),
                       [&](const TermPtr& child) { return has_near_group(*child); });
  }

  [[noreturn]] void refuse_column(const Term& column, const Place& place) const {
    const std::string name = describe(column);
    std::string text = name + " is " + std::string(place.clause);
    if (has_near_group(place.whole)) {
      throw QueryError(text +
                       " in an expression that group_by repeats with values of its own; keep the expression in "
                       "a variable and use that in both places");
    }
    if (groups_.empty()) {
      throw QueryError(text + " beside an aggregate, but belongs to single rows; add group_by(" + name +
                       "), or aggregate it as well, with fn::max for example");
    }
    text += ", but is neither grouped nor aggregated; add it to group_by, or aggregate it, with fn::max for example";
    const Source& source = *column.source;
    if (source.kind == SourceKind::model && !source.model->primary_key.empty()) {
      std::vector<std::string> key;
      for (const std::uint32_t field : source.model->primary_key) key.push_back(source.model->fields[field].name);
      text += ", or group by the primary key of '" + source.label() + "' (" + quote_list(key) + ")";
    }
    throw QueryError(text);
  }

  // SELECT DISTINCT ON expressions must match the leftmost ORDER BY expressions (PostgreSQL's manual, SELECT).
  void require_leading_order() const {
    const std::size_t leading = std::min(spec_.order_by.size(), spec_.distinct_on.size());
    for (std::size_t i = 0; i < leading; ++i) {
      const Term& by = *spec_.order_by[i].term;
      const bool is_named = std::any_of(spec_.distinct_on.begin(), spec_.distinct_on.end(),
                                        [&](const TermPtr& term) { return is_same(*term, by, true); });
      if (is_named) continue;
      throw QueryError("order_by must begin with what distinct_on names; " + describe(by) +
                       " comes before all of that");
    }
    if (spec_.distinct) throw QueryError("a query is either distinct or distinct_on");
  }

  void require_selected_order() const {
    for (const OrderSpec& order : spec_.order_by) {
      for (const TermPtr& term : each_column(order.term)) {
        if (term->kind == TermKind::alias && selects_alias(spec_, term->name)) continue;
        const bool is_selected = std::any_of(outputs_.begin(), outputs_.end(),
                                             [&](const TermPtr& output) { return is_same(*output, *term, true); });
        if (is_selected) continue;
        throw QueryError("distinct rows are ordered by " + describe(*term) +
                         ", which is not selected, so it may differ between rows that are one; select it too, or "
                         "order by what is selected");
      }
    }
  }

  const QuerySpec& spec_;
  const std::vector<TermPtr> outputs_;
  std::vector<TermPtr> groups_;
};

}  // namespace

void check_grouping(const QuerySpec& spec) { Check(spec).run(); }

bool is_aggregated(const QuerySpec& spec) {
  if (!spec.group_by.empty() || spec.set_op != sql::SetOp::none) return false;
  const auto has = [](const TermPtr& term) { return term && find_aggregate(*term) != nullptr; };
  return has(spec.having) ||
         std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const OutputSpec& o) { return has(o.term); }) ||
         std::any_of(spec.order_by.begin(), spec.order_by.end(), [&](const OrderSpec& o) { return has(o.term); });
}

std::vector<const Term*> aggregates_in(const Term& term) {
  if (is_aggregate(term)) return {&term};
  std::vector<const Term*> found;
  for (const Term* operand : operands_of(term)) {
    const std::vector<const Term*> below = aggregates_in(*operand);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

bool has_aggregate(const Term& term) { return find_aggregate(term) != nullptr; }

bool is_window_function(const Term& term) {
  if (term.kind != TermKind::call) return false;
  const std::string name = lower_case(term.name);
  return std::find(window_functions.begin(), window_functions.end(), name) != window_functions.end();
}

bool is_scalar_function(const Term& term) { return term.kind == TermKind::call && kind_of(term) == CallKind::scalar; }

bool has_window(const Term& term) { return find_window(term) != nullptr; }

void refuse_windows(const Term& term, std::string_view clause) {
  if (!has_window(term)) return;
  throw QueryError("a window function stands in " + std::string(clause) +
                   ", which comes before windows are made; select it in a subquery, and use its column");
}

void refuse_aggregates(const Term& term, std::string_view clause) {
  const Term* found = find_aggregate(term);
  if (found == nullptr) return;
  throw QueryError("the aggregate " + describe(*found) + " stands in " + std::string(clause) +
                   (clause == "where" ? ", which chooses rows before they are grouped; put the condition into having"
                                      : ", which knows single rows only; compute it in a subquery"));
}

}  // namespace dorm::query
