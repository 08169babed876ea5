// SELECT: its clauses, unions of it, and the order and limits of both.
#include "query/compiler.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "dorm/error.hpp"
#include "query/collation.hpp"
#include "query/grouping.hpp"
#include "query/names.hpp"

namespace dorm::query {
namespace {

std::string output_columns_name(const QuerySpec& spec, std::size_t index) { return output_columns(spec)[index].name; }

bool names_order(const QuerySpec& spec, const std::string& alias) {
  return std::any_of(spec.order_by.begin(), spec.order_by.end(),
                     [&](const OrderSpec& by) { return by.term->kind == TermKind::alias && by.term->name == alias; });
}

// Under the cast that a union may need.
const Term& uncast(const Term& term) {
  const Term& inner = unaliased(term);
  return inner.kind == TermKind::cast && inner.settled ? *inner.children.front() : inner;
}

std::size_t union_place(const QuerySpec& spec, const std::vector<OutputColumn>& columns, const Term& term) {
  const std::vector<TermPtr> terms = expanded_outputs(spec.leftmost());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (term.kind == TermKind::alias ? columns[i].name == term.name : is_same_column(uncast(*terms[i]), term)) return i;
  }
  throw QueryError("a union is ordered by its output columns; " + describe(term) + " is none");
}

}  // namespace

const sql::Select* Compiler::select(const QuerySpec& spec, Role role) {
  require_different_names(spec.ctes);
  const std::size_t own = levels_.size();
  levels_.push_back({&spec.ctes, frames_.size(), {}, {}});
  for (const SourcePtr& cte : spec.ctes) declare(own, cte);
  sql::Select made{};
  if (spec.set_op != sql::SetOp::none) {
    made.set_op = spec.set_op;
    // An order is by name.
    const bool has_names = role == Role::source || role == Role::result || !spec.order_by.empty();
    const Role members = has_names ? Role::source : Role::value;
    mark_ordered(spec);
    made.left = select(*spec.left, members);
    made.right = select(*spec.right, members);
    push_frame();
    tail(spec, made, true);
    frames_.pop_back();
  } else {
    push_frame();
    plain(spec, role, made);
    if (!made.distinct_on.empty() && !dialect_.capabilities().distinct_on) made = first_of_each(made);
    frames_.pop_back();
  }
  made.with = arena_.list(levels_[own].tables);
  levels_.pop_back();
  return arena_.make(made);
}

void Compiler::plain(const QuerySpec& spec, Role role, sql::Select& made) {
  check_grouping(spec);
  windows_.emplace_back();
  // All sources first: outputs may name any of them.
  if (spec.root) made.from = add_source(spec.root, false);
  std::vector<sql::Join> joins;
  for (const JoinSpec& join : spec.joins) {
    const bool misses = join.kind == sql::JoinKind::left || join.kind == sql::JoinKind::full;
    if (join.kind == sql::JoinKind::right || join.kind == sql::JoinKind::full)
      for (Entry& before : frames_.back()) before.outer = true;
    const sql::Source* target = add_source(join.target, misses, join.lateral);
    joins.push_back({join.kind, target, nullptr, join.lateral});
  }
  for (std::size_t i = 0; i < joins.size(); ++i)
    if (spec.joins[i].on) joins[i].on = expr(*spec.joins[i].on);
  made.joins = arena_.list(joins);
  require_few_tables(spec);
  made.distinct = spec.distinct;
  std::vector<const sql::Expr*> firsts;
  for (const TermPtr& first : spec.distinct_on)
    for (const TermPtr& column : each_column(first)) firsts.push_back(expr(*column));
  made.distinct_on = arena_.list(firsts);
  // In the rows of totals what is grouped by is null.
  made.rollup = spec.rollup;
  if (spec.rollup)
    for (Entry& source : frames_.back()) source.outer = true;
  if (role != Role::rows_only && role != Role::counted) made.lock = spec.lock;
  if (made.lock.strength != sql::Lock::Strength::none && !joins.empty()) made.lock.of = made.from;
  const bool decides =
      spec.distinct || !spec.distinct_on.empty() || !spec.group_by.empty() || spec.having || is_aggregated(spec);
  if (role == Role::counted && !decides) {
    made.outputs = list<sql::Output>({{integer(1), {}}});
  } else if (role != Role::rows_only) {
    made.outputs = outputs(spec, role);
  }
  if (spec.where) made.where = expr(*spec.where);
  std::vector<const sql::Expr*> groups;
  for (const TermPtr& group : spec.group_by)
    for (const TermPtr& column : each_column(group)) groups.push_back(expr(unaliased(*column)));
  made.group_by = arena_.list(groups);
  if (spec.having) made.having = expr(*spec.having);
  tail(spec, made, false);
  // The order decides nothing where rows are only counted.
  if ((role == Role::rows_only || role == Role::counted) && !spec.limit && !spec.offset) made.order_by = {};
  std::vector<const sql::Window*> windows;
  for (const NamedWindow& named : windows_.back()) windows.push_back(named.window);
  made.windows = arena_.list(windows);
  windows_.pop_back();
}

sql::List<sql::Output> Compiler::outputs(const QuerySpec& spec, Role role) {
  std::vector<sql::Output> made;
  for (const TermPtr& term : expanded_outputs(spec)) {
    // What the rows are ordered by is selected as it is ordered.
    const auto ordered = ordered_.find(&spec);
    const bool of_union = ordered != ordered_.end() &&
                          std::count(ordered->second.begin(), ordered->second.end(), made.size()) != 0 &&
                          (is_uncollated_text(*term) || native_enum(*term) != nullptr);
    const bool orders = (spec.distinct || (term->kind == TermKind::alias && names_order(spec, term->name))) &&
                        is_uncollated_text(*term);
    sql::Output output{of_union || orders ? by_bytes(unaliased(*term)) : expr(unaliased(*term)), {}};
    if (term->kind == TermKind::alias) {
      output.alias = arena_.text(term->name);
    } else if (of_union || (role == Role::source && term->kind != TermKind::column &&
                            term->kind != TermKind::relation && term->kind != TermKind::output)) {
      output.alias = arena_.text(output_columns_name(spec, made.size()));
    }
    made.push_back(output);
  }
  if (made.size() > dialect_.capabilities().max_columns) {
    throw LimitError("the query selects " + std::to_string(made.size()) + " columns; " + std::string(dialect_.name()) +
                     " allows " + std::to_string(dialect_.capabilities().max_columns));
  }
  return arena_.list(made);
}

// After a union there are no sources left, only output columns.
const sql::Expr* Compiler::union_column(const QuerySpec& spec, const Term& term, bool& nullable) {
  const std::vector<OutputColumn> columns = output_columns(spec);
  const std::size_t i = union_place(spec, columns, term);
  nullable = columns[i].nullable;
  if (term.kind == TermKind::alias) require_one_output(spec, term.name);
  // Two columns of one name are told apart by their place.
  const bool is_unique = std::count_if(columns.begin(), columns.end(), [&](const OutputColumn& column) {
                           return may_clash(column.name, columns[i].name);
                         }) == 1;
  if (!is_unique) return integer(static_cast<std::int64_t>(i + 1));
  return arena_.expr(sql::OutputRef{arena_.text(columns[i].name)});
}

// An order can name a column, but not say how to order it: its members give it as it is ordered.
void Compiler::mark_ordered(const QuerySpec& spec) {
  std::vector<std::size_t> places;
  if (const auto outer = ordered_.find(&spec); outer != ordered_.end()) places = outer->second;
  const std::vector<OutputColumn> columns = output_columns(spec);
  for (const OrderSpec& by : spec.order_by)
    for (const TermPtr& column : each_column(by.term)) places.push_back(union_place(spec, columns, *column));
  if (places.empty()) return;
  ordered_[spec.left.get()] = places;
  ordered_[spec.right.get()] = places;
}

void Compiler::tail(const QuerySpec& spec, sql::Select& made, bool by_name) {
  std::vector<sql::Order> order;
  for (const OrderSpec& item : spec.order_by) {
    for (const TermPtr& column : each_column(item.term)) {
      const Term& term = *column;
      refuse_kept_as_text(term, "order by");
      const sql::Expr* by = nullptr;
      bool nullable = false;
      if (by_name) {
        by = union_column(spec, term, nullable);
      } else {
        nullable = may_be_null(term);
        const bool is_output = term.kind == TermKind::alias && selects_alias(spec, term.name);
        if (is_output) require_one_output(spec, term.name);
        by = is_output ? arena_.expr(sql::OutputRef{arena_.text(term.name)}) : by_bytes(term);
      }
      order.push_back({by, item.descending, item.nulls, nullable});
    }
  }
  made.order_by = arena_.list(order);
  if (spec.limit) made.limit = param(slot_of(&spec.limit));
  if (spec.offset) made.offset = param(slot_of(&spec.offset));
}

}  // namespace dorm::query
