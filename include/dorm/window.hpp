// dorm/window.hpp: the rows around each row that a window function sees.
//
//   fn::sum(sale["amount"]).over(Window().partition_by(sale["store"]).order_by(sale["day"]))
//
// A Window is an immutable value. One with a name is declared once in the query that uses it, however often it does.
// Wrong frames throw QueryError where they are written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/export.hpp"
#include "dorm/expr.hpp"

namespace dorm {

namespace sql {
struct Frame;
}  // namespace sql

// Where a frame begins or ends.
class FrameEdge {
 public:
  enum class Kind : std::uint8_t { unbounded_preceding, preceding, current_row, following, unbounded_following };
  static FrameEdge unbounded_preceding() noexcept { return {Kind::unbounded_preceding, 0}; }
  static FrameEdge preceding(std::int64_t distance) noexcept { return {Kind::preceding, distance}; }
  static FrameEdge current_row() noexcept { return {Kind::current_row, 0}; }
  static FrameEdge following(std::int64_t distance) noexcept { return {Kind::following, distance}; }
  static FrameEdge unbounded_following() noexcept { return {Kind::unbounded_following, 0}; }
  Kind kind() const noexcept { return kind_; }
  std::int64_t distance() const noexcept { return distance_; }

 private:
  FrameEdge(Kind kind, std::int64_t distance) noexcept : kind_(kind), distance_(distance) {}
  Kind kind_;
  std::int64_t distance_;
};

class DORM_EXPORT Window {
 public:
  Window() = default;
  explicit Window(std::string_view name);
  template <class... Items>
  Window partition_by(Items&&... items) const {
    return partition_by_list({Expr(std::forward<Items>(items))...});
  }
  Window partition_by_list(std::vector<Expr> items) const;
  template <class... Terms>
  Window order_by(Terms&&... terms) const {
    return order_by_list({OrderExpr(std::forward<Terms>(terms))...});
  }
  Window order_by_list(std::vector<OrderExpr> terms) const;

  // Without a frame, aggregates see the rows from the first to the last that equals this one in order; all, if there is
  // no order. rows counts rows, groups counts groups of rows of equal order, range is a distance of values: that needs
  // one term of order, a number.
  Window rows(FrameEdge start, FrameEdge end = FrameEdge::current_row()) const;
  Window range(FrameEdge start, FrameEdge end = FrameEdge::current_row()) const;
  Window groups(FrameEdge start, FrameEdge end = FrameEdge::current_row()) const;
  enum class Exclude : std::uint8_t { no_others, current_row, group, ties };
  Window exclude(Exclude what) const;  // of the frame given before

  const std::string& name() const noexcept { return name_; }
  const std::vector<Expr>& partition() const noexcept { return partition_; }
  const std::vector<OrderExpr>& order() const noexcept { return order_; }
  const std::shared_ptr<const sql::Frame>& frame() const noexcept { return frame_; }

 private:
  std::string name_;
  std::vector<Expr> partition_;
  std::vector<OrderExpr> order_;
  std::shared_ptr<const sql::Frame> frame_;
};

}  // namespace dorm
