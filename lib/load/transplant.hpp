// load/transplant.hpp: copies loaded rows, with all that hangs on them, from one graph into another.
//
// What is one row there becomes one row here. The graph that is copied must be one that nobody else sees; of the other,
// published rows may be read meanwhile. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace dorm::load {

class Transplant {
 public:
  explicit Transplant(graph::Graph& to) : to_(to) {}

  // This row is there already; what hangs on it is copied only by graft().
  void place(const graph::Node& from, std::uint32_t slot, graph::Node& to, std::uint32_t to_slot);
  // The rows of this node are left behind, and so are the links that lead to them.
  void leave(const graph::Node& from) { left_.push_back(&from); }

  graph::Node& node_of(const graph::Node& from) { return *branch(from).to; }
  // The slot of the copy.
  std::uint32_t take(const graph::Node& from, std::uint32_t slot);
  // All that hangs on a placed row, in entries of its own, which hide those that are there.
  void graft(const graph::Node& from, std::uint32_t slot);
  // After the last take(): copies what hangs on the rows taken.
  void finish();

 private:
  struct Branch {
    graph::Node* to = nullptr;
    bool placed = false;
    std::vector<std::uint32_t> rows;   // stored row of the original → of the copy, plus one
    std::vector<std::uint32_t> slots;  // slot → slot, plus one
    std::vector<std::pair<const graph::Relation*, graph::Relation*>> entries;
  };
  struct Taken {
    const graph::Node* from;
    std::uint32_t slot;
  };

  Branch& branch(const graph::Node& from);
  void add_entries(const graph::Node& from, Branch& branch);
  void copy_span(const graph::Relation& from, std::uint32_t slot, graph::Relation& to, std::uint32_t to_slot);

  graph::Graph& to_;
  std::map<const graph::Node*, Branch> branches_;
  std::vector<const graph::Node*> left_;
  std::vector<Taken> taken_;
};

}  // namespace dorm::load
