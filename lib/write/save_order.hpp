// write/save_order.hpp: in which order rows of several models are written, when some must be there before others.
//
// Rows are numbers here. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

namespace dorm::write {

class SaveOrder {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  enum class Bond : std::uint8_t {
    firm,      // `row` cannot be written before `first`
    nullable,  // it can, if need be, and is completed later
    soft,      // it had better not
  };
  struct Edge {
    std::uint32_t row;
    std::uint32_t first;
    Bond bond = Bond::firm;
    std::uint32_t kind = 0;  // the caller's own; of a row's edges each has another
  };

  // The group of each row: rows of a group can be written together.
  explicit SaveOrder(const std::vector<std::uint32_t>& groups);
  void add(const Edge& edge);

  // The next rows, all of one group, in ascending order; empty after the last, or if a circle is in the way.
  std::vector<std::uint32_t> next();
  bool is_done() const noexcept { return left_ == 0; }
  // The edges of a circle that is in the way: the `first` of each is the `row` of the next, that of the last the `row`
  // of the first.
  std::vector<Edge> circle() const;
  // No row of that group waits any longer by an edge of that kind and bond: a circle is seldom alone, and rows that are
  // written together take one statement. Returns the edges that did hold something back.
  std::vector<Edge> drop(const Edge& edge);

 private:
  struct Row {
    std::uint32_t group;
    std::uint32_t waits = 0;  // edges that hold it back
    bool done = false;
    std::vector<std::uint32_t> holds;  // edges by which it holds others back
    std::vector<std::uint32_t> edges;  // that hold it back, those dropped included
  };
  struct Group {
    std::uint32_t left = 0;           // rows
    std::uint32_t foreign_waits = 0;  // edges to rows of other groups
    std::vector<std::uint32_t> ready;
  };
  void start();
  void release(std::uint32_t edge);
  std::uint32_t best_group() const;

  std::vector<Row> rows_;
  std::vector<Group> groups_;
  std::vector<Edge> edges_;
  std::vector<bool> open_;  // by edge
  std::uint32_t left_;
  bool started_ = false;
};

}  // namespace dorm::write
