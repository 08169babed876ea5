// graph/node.hpp: one path of a load: its stored rows, its slots, the relations that start there.
//
// Appending and writing: one thread at a time. Reading what is published: any number.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/detail/storage.hpp"
#include "dorm/type.hpp"
#include "graph/arena.hpp"
#include "graph/relation.hpp"

namespace dorm {
struct ModelInfo;  // carried, never looked into
}

namespace dorm::graph {

class Graph;

// What the cells of a node's rows mean. Immutable, shared by every result of a plan.
struct Shape {
  const ModelInfo* model = nullptr;  // null: a flat row that belongs to no model
  std::uint32_t fields = 0;          // the first cells are the model's fields, by FieldInfo::index; 0 for flat rows
  struct Extra {
    std::string name;
    Type type;
    bool sensitive = false;  // never printed
  };
  std::vector<Extra> extras;  // then these: aliased expressions, or all columns of a flat row
  std::uint32_t width() const noexcept { return fields + static_cast<std::uint32_t>(extras.size()); }
  // The cell of an extra by name, no_cell if there is none.
  std::uint32_t find_extra(std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < extras.size(); ++i)
      if (extras[i].name == name) return fields + i;
    return no_cell;
  }
  static constexpr std::uint32_t no_cell = 0xFFFFFFFFU;
};

// What is known of a slot beyond its cells. A slot without one is saved and clean.
struct SlotState {
  struct Text {
    std::uint32_t cell;
    std::shared_ptr<const char[]> bytes;
  };
  struct Original {
    std::uint32_t cell;
    Cell value;
    std::shared_ptr<const char[]> bytes;  // what value points to, if that is not the arena
  };
  bool saved = true;                // there is a row in the database
  bool deleted = false;             // there was one: not saved any more, yet no new row either
  bool own_row = false;             // its stored row belongs to no other slot
  std::vector<Original> originals;  // cells written since it was loaded or saved, with what was there
  std::vector<Text> texts;          // what written cells point to
};

// The states of those slots of a node that have one. Entries keep their addresses. The first lies here: a row that is
// made or changed alone, the usual case, costs no map.
class SlotStates {
 public:
  using Entry = std::pair<const std::uint32_t, SlotState>;

  // nullptr, which is end(), if the slot has none.
  Entry* find(std::uint32_t slot) noexcept { return const_cast<Entry*>(std::as_const(*this).find(slot)); }
  const Entry* find(std::uint32_t slot) const noexcept {
    if (!first_) return nullptr;
    if (first_->first == slot) return &*first_;
    const auto found = others_.find(slot);
    return found == others_.end() ? nullptr : &*found;
  }
  std::nullptr_t end() const noexcept { return nullptr; }
  SlotState& operator[](std::uint32_t slot) {
    if (!first_) first_.emplace(slot, SlotState());
    return first_->first == slot ? first_->second : others_[slot];
  }

 private:
  std::optional<Entry> first_;
  std::map<std::uint32_t, SlotState> others_;
};

// Something that dies with a node.
struct Attachment {
  Attachment() = default;
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  virtual ~Attachment() = default;

 private:
  friend class Node;
  Attachment* before_ = nullptr;
};

class Node : public detail::NodeStorage {
 public:
  // The first page has room for 2^shift rows.
  Node(Graph* owner, std::shared_ptr<const Shape> row_shape, unsigned shift)
      : NodeStorage(row_shape->width(), shift), graph(owner), shape(std::move(row_shape)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() {
    while (attachments_ != nullptr) delete std::exchange(attachments_, attachments_->before_);
    delete slots;
    for (Relation* relation = relations_.load(std::memory_order_relaxed); relation != nullptr;) {
      Relation* next = relation->next;
      delete relation;
      relation = next;
    }
  }

  Graph* const graph;
  const std::shared_ptr<const Shape> shape;
  std::uint8_t lazy = 0;  // policy of this path of the request, as Graph::lazy
  Arena arena;
  SlotStates states;  // touched by writers only

  // Ties something of an upper layer to the life of these rows; the newest dies first.
  void attach(std::unique_ptr<Attachment> attachment) noexcept {
    attachment->before_ = attachments_;
    attachments_ = attachment.release();
  }

  void use_slots() {
    if (slots == nullptr) slots = new detail::PagedArray<std::uint32_t>(1, 0);
  }

  Relation* relations() const noexcept { return relations_.load(std::memory_order_acquire); }
  Relation* find_relation(std::string_view name) const noexcept {
    for (Relation* relation = relations(); relation != nullptr; relation = relation->next)
      if (relation->name == name) return relation;
    return nullptr;
  }
  // The newest unfiltered entry of a declared relation, nullptr if nothing was loaded along it.
  Relation* find_relation(std::uint32_t info) const noexcept {
    for (Relation* relation = relations(); relation != nullptr; relation = relation->next)
      if (relation->info == info && !relation->named && !relation->partial) return relation;
    return nullptr;
  }
  // The newest entry that says something of this slot; the last one looked at if none does, nullptr if there is none.
  struct Found {
    Relation* relation = nullptr;
    Span span;
  };
  template <std::predicate<const Relation&> Matches>
  Found find_span(std::uint32_t slot, Matches matches) const noexcept {
    Found found;
    for (Relation* relation = relations(); relation != nullptr; relation = relation->next) {
      if (!matches(*relation)) continue;
      found = {relation, relation->span(slot)};
      if (found.span.state != RelationState::not_loaded) break;
    }
    return found;
  }
  Found find_span(std::uint32_t slot, std::uint32_t info) const noexcept {
    return find_span(slot, [info](const Relation& relation) { return relation.info == info && !relation.named; });
  }
  Found find_span(std::uint32_t slot, std::string_view name) const noexcept {
    return find_span(slot, [name](const Relation& relation) { return relation.name == name; });
  }
  // Publishes: what the relation holds must be complete, or its node not yet shared. Thread-safe.
  Relation* add_relation(std::unique_ptr<Relation> relation) {
    Relation* added = relation.release();
    added->next = relations_.load(std::memory_order_relaxed);
    while (
        !relations_.compare_exchange_weak(added->next, added, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return added;
  }

 private:
  std::atomic<Relation*> relations_{nullptr};
  Attachment* attachments_ = nullptr;
};

}  // namespace dorm::graph
