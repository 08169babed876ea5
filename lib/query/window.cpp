// Aggregates over some of their rows, and over windows.
#include "dorm/window.hpp"

#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/grouping.hpp"
#include "query/make_term.hpp"
#include "query/spec.hpp"
#include "query/typing.hpp"

namespace dorm {
namespace {

using query::is_window_function;
using query::OrderSpec;
using query::require;
using query::Term;
using query::TermKind;
using query::TermPtr;
using sql::Frame;

// A copy of the aggregate to be told more.
Term aggregate_of(const Expr& expr, const char* what) {
  const TermPtr& term = require(expr);
  const bool is_call = term->kind == TermKind::call || term->kind == TermKind::count_all;
  if (is_call && !is_window_function(*term) && !query::is_scalar_function(*term)) return *term;
  throw QueryError(std::string(what) + "() is for aggregates, as fn::count(); " + describe(*term) + " is none");
}

std::vector<OrderSpec> order_of(const std::vector<OrderExpr>& terms, const char* what) {
  std::vector<OrderSpec> order;
  for (const OrderExpr& term : terms) {
    if (!term.expr.has_value()) throw QueryError(std::string(what) + " got an empty expression");
    query::refuse_json(*term.expr.term(), what);
    order.push_back({term.expr.term(), term.descending, static_cast<sql::NullsOrder>(term.nulls)});
  }
  return order;
}

bool has_distance(Frame::Edge edge) { return edge == Frame::Edge::preceding || edge == Frame::Edge::following; }

std::shared_ptr<const Frame> frame_of(Frame::Unit unit, FrameEdge start, FrameEdge end) {
  auto frame = std::make_shared<Frame>();
  frame->unit = unit;
  frame->start = static_cast<Frame::Edge>(start.kind());
  frame->end = static_cast<Frame::Edge>(end.kind());
  frame->start_distance = start.distance();
  frame->end_distance = end.distance();
  if (start.distance() < 0 || end.distance() < 0) throw QueryError("the distance of a frame cannot be negative");
  if (frame->start == Frame::Edge::unbounded_following || frame->end == Frame::Edge::unbounded_preceding ||
      frame->start > frame->end)
    throw QueryError("the frame of a window ends before it starts");
  return frame;
}

// A distance of values is counted in the type of what is ordered.
void require_range(const Frame& frame, const std::vector<OrderSpec>& order) {
  if (frame.unit == Frame::Unit::groups && order.empty()) throw QueryError("a frame of groups needs an order");
  if (frame.unit != Frame::Unit::range || (!has_distance(frame.start) && !has_distance(frame.end))) return;
  const auto is_number = [](const Term& term) {
    return query::family(term.type.kind) == query::Family::number && term.type.kind != TypeKind::decimal;
  };
  if (order.size() == 1 && is_number(*order.front().term)) return;
  throw QueryError(
      "a range of distances needs one term of order, an integer or a double; count rows or groups instead");
}

// A window is made of rows that have their columns already.
void refuse_nested(const Term& over) {
  const Term& call = *over.children.front();
  const auto refuse = [&](const Term& term, const char* place) {
    if (!query::has_window(term)) return;
    throw QueryError("a window function stands in the " + std::string(place) + " of " + describe(call) +
                     ", itself over a window; select the inner one in a subquery, and use its column");
  };
  for (const TermPtr& argument : call.children) refuse(*argument, "arguments");
  if (call.filter) refuse(*call.filter, "filter");
  for (std::size_t i = 1; i < over.children.size(); ++i) refuse(*over.children[i], "partition");
  for (const OrderSpec& by : over.order) refuse(*by.term, "order");
}

// To find which values differ a database may sort them, and then has them in no other order.
void require_order_of_values(const Term& aggregate) {
  if (!aggregate.distinct) return;
  for (const OrderSpec& by : aggregate.order) {
    const bool is_of_values = std::any_of(aggregate.children.begin(), aggregate.children.end(), [&](const TermPtr& of) {
      return of == by.term || query::is_same_column(*of, *by.term);
    });
    if (!is_of_values)
      throw QueryError("an aggregate of distinct values is ordered by these values, not by " +
                       query::describe(*by.term) + "; leave one of ordered_by() and distinct() out");
  }
}

}  // namespace

Window::Window(std::string_view name) : name_(name) {
  if (!is_identifier(name))
    throw QueryError("window " + quote(name) + " is not an identifier; use letters, digits and '_', at most 63");
}

Window Window::partition_by_list(std::vector<Expr> items) const {
  for (const Expr& item : items) query::refuse_json(*require(item), "partition_by");
  Window made = *this;
  made.partition_ = std::move(items);
  return made;
}

Window Window::order_by_list(std::vector<OrderExpr> terms) const {
  Window made = *this;
  made.order_ = std::move(terms);
  return made;
}

Window Window::rows(FrameEdge start, FrameEdge end) const {
  Window made = *this;
  made.frame_ = frame_of(Frame::Unit::rows, start, end);
  return made;
}

Window Window::range(FrameEdge start, FrameEdge end) const {
  Window made = *this;
  made.frame_ = frame_of(Frame::Unit::range, start, end);
  return made;
}

Window Window::groups(FrameEdge start, FrameEdge end) const {
  Window made = *this;
  made.frame_ = frame_of(Frame::Unit::groups, start, end);
  return made;
}

Window Window::exclude(Exclude what) const {
  if (frame_ == nullptr) throw QueryError("exclude() is of a frame; say rows(), range() or groups() first");
  auto frame = std::make_shared<Frame>(*frame_);
  frame->exclude = static_cast<Frame::Exclude>(what);
  Window made = *this;
  made.frame_ = std::move(frame);
  return made;
}

Expr Expr::filter(const Expr& condition) const {
  query::require_family(*require(condition), query::Family::boolean, "filter");
  query::refuse_aggregates(*condition.term(), "filter");
  Term term = aggregate_of(*this, "filter");
  term.filter = query::all_of(term.filter, condition.term());
  return query::wrap(std::move(term));
}

Expr Expr::distinct() const {
  Term term = aggregate_of(*this, "distinct");
  if (term.children.empty()) throw QueryError("distinct() is of values; COUNT(*) counts rows");
  query::refuse_json(*term.children.front(), "distinct");
  term.distinct = true;
  require_order_of_values(term);
  return query::wrap(std::move(term));
}

Expr Expr::ordered_by(const std::vector<OrderExpr>& terms) const {
  Term term = aggregate_of(*this, "ordered_by");
  term.order = order_of(terms, "ordered_by");
  require_order_of_values(term);
  return query::wrap(std::move(term));
}

Expr Expr::over(const Window& window) const {
  const TermPtr& call = require(*this);
  if (!is_window_function(*call) && aggregate_of(*this, "over").distinct)
    throw QueryError("an aggregate over a window cannot be distinct");
  if (!call->order.empty())
    throw QueryError("an aggregate over a window takes its order from the window; say it there");
  Term term;
  term.kind = TermKind::over;
  term.type = call->type;
  term.nullable = call->nullable;
  term.name = window.name();
  term.children.push_back(call);
  for (const Expr& item : window.partition()) term.children.push_back(item.term());
  term.order = order_of(window.order(), "order_by");
  term.frame = window.frame();
  if (term.frame) require_range(*term.frame, term.order);
  refuse_nested(term);
  return query::wrap(std::move(term));
}

Expr Expr::over() const { return over(Window()); }

}  // namespace dorm
