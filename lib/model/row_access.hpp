// model/row_access.hpp: what a member name means on a loaded row, and the rows behind its relations.
//
// Reading is thread-safe as the graph is; writing needs the graph to itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "dorm/row.hpp"
#include "graph/graph.hpp"
#include "load/context.hpp"

namespace dorm::access {

inline graph::Node& node_of(const detail::NodeStorage* storage) noexcept {
  return *const_cast<graph::Node*>(static_cast<const graph::Node*>(storage));
}
// Throws StateError on an empty handle.
graph::Node& node_of(const Row& row);
std::shared_ptr<const load::Context> context_of(const graph::Node& node);

struct Member {
  std::uint32_t cell = no_index;           // a column
  std::uint32_t relation = no_index;       // or a relation of the model
  const graph::Relation* named = nullptr;  // or one that only the query named
};
// Throws QueryError naming the candidates.
Member find_member(const graph::Node& node, std::string_view name);

// "Tweet.user".
std::string member_label(const graph::Node& node, const Member& member);

// The row that a to-one relation leads to, loaded by the lazy policy; nothing if it is null.
struct Target {
  graph::Node* node = nullptr;
  std::uint32_t slot = 0;
  std::shared_ptr<graph::Node> owner;  // set if it lies in another graph
};
std::optional<Target> follow(graph::Node& node, std::uint32_t slot, const Member& member);

// The KeyRef of a saved row; StateError otherwise.
KeyRef key_of(const graph::Node& node, std::uint32_t slot);

// After a foreign key column was written: what was loaded along it is not known any more.
void forget_relation(graph::Node& node, std::uint32_t slot, std::uint32_t relation);

}  // namespace dorm::access
