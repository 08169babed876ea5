// graph/graph.hpp: the unit of ownership: everything one request loaded, plus what lazy loads add to it.
//
// Held by shared_ptr; rows hold the graph through its nodes. Inside it things name each other by pointer and number, so
// cycles cost nothing. Many threads may read; writing needs the graph to itself. The mutex guards claims and
// publication of lazy loads and is never held while waiting for a connection or a server.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/node.hpp"

namespace dorm::graph {

// A slot of a node that keeps its graph alive.
struct Reference {
  std::shared_ptr<Node> node;
  std::uint32_t slot = 0;
};

// The transaction that a graph was loaded in, as long as that is open.
struct TransactionMark {
  std::atomic<bool> ended{false};
  const std::thread::id owner = std::this_thread::get_id();
};

class Graph : public std::enable_shared_from_this<Graph> {
 public:
  // `owner_context` is whatever the layer above needs to load more (registry, database): kept, never looked into.
  explicit Graph(std::shared_ptr<const void> owner_context) : context(std::move(owner_context)) {}

  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const std::shared_ptr<const void> context;
  std::shared_ptr<const TransactionMark> transaction;  // null if it was loaded outside of one
  std::uint8_t lazy = 0;                               // policy of the request, LazyPolicy of the layer above

  // The first page of the node has room for 2^shift rows.
  Node* add_node(std::shared_ptr<const Shape> shape, unsigned shift);
  Node* root() noexcept { return root_ ? &*root_ : nullptr; }
  std::shared_ptr<Node> share(Node* node) { return {shared_from_this(), node}; }

  // A relation that was assigned a row of another graph. A reference that would close a cycle of graphs is kept weak.
  void set_external(Relation* relation, std::uint32_t slot, const Reference& target);
  // Empty if the target is gone (only a weak one can be).
  Reference external(const Relation* relation, std::uint32_t slot) const;
  void clear_external(const Relation* relation, std::uint32_t slot);

  // One load of (node, what) at a time. While another thread has the claim, claim() waits and says so: then look again
  // before loading. A thread for which waiting could dead-lock (it holds a connection) passes may_wait = false and
  // loads beside the other, into nodes of its own.
  enum class Claim : std::uint8_t { owned, waited, beside };
  Claim claim(const Node* node, std::uint32_t what, bool may_wait);
  void release_claim(const Node* node, std::uint32_t what) noexcept;

  // The slots of a node, without those that a load is still appending.
  std::uint32_t complete_slots(const Node& node);

  // How many rows a relation of a slot leads to, where that was counted and no rows were loaded.
  std::optional<std::int64_t> known_count(const Node& node, std::uint32_t slot, std::uint32_t relation);
  void keep_counts(const Node& node, std::uint32_t relation, const std::vector<std::uint32_t>& slots,
                   const std::vector<std::int64_t>& counts);
  void forget_count(const Node& node, std::uint32_t slot, std::uint32_t relation);

  std::mutex mutex;

 private:
  friend class Growth;
  struct External {
    std::shared_ptr<Node> strong;
    std::weak_ptr<Node> weak;
    std::uint32_t slot = 0;
  };
  bool reaches(const Graph* other) const;
  static void release(External& external) noexcept;

  std::optional<Node> root_;  // the first node, in the graph's own memory: one allocation less for one row
  std::vector<std::unique_ptr<Node>> nodes_;  // the others
  std::map<std::pair<const Relation*, std::uint32_t>, External> externals_;
  std::map<std::pair<const Node*, std::uint32_t>, std::thread::id> claims_;
  std::map<std::pair<const Node*, std::uint32_t>, std::unordered_map<std::uint32_t, std::int64_t>> counts_;
  std::map<const Node*, std::uint32_t> growing_;  // and how many slots were complete before
  std::condition_variable released_;
  std::atomic<std::uint32_t> referrers_{0};  // strong references from other graphs
};

// Appending to a node that other threads may be reading: by one load at a time, and nobody waits for it. What was
// appended is taken back unless it is kept.
class Growth {
 public:
  explicit Growth(Node& node);
  ~Growth();
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;

  // False while another load appends to the node: then this one must not.
  bool is_owned() const noexcept { return owned_; }
  void keep() noexcept { kept_ = true; }

 private:
  Node& node_;
  std::uint32_t rows_ = 0;
  std::uint32_t slots_ = 0;
  bool owned_ = false;
  bool kept_ = false;
};

// Gives a slot a stored row of its own, if it shares one, so that it can be written. Text stays shared.
void make_own_row(Node& node, std::uint32_t slot);

}  // namespace dorm::graph
