// Nodes and entries that grow while other threads read them.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "graph/graph.hpp"

namespace dorm::graph {
namespace {

std::shared_ptr<const Shape> one_column() {
  auto shape = std::make_shared<Shape>();
  shape->extras = {{"x", {}}};
  return shape;
}

void at_once(int threads, const std::function<void(int)>& body) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(body, i);
  for (std::thread& thread : running) thread.join();
}

TEST(PagedArray, WhatIsTruncatedIsAppendedAgainAsZeros) {
  detail::PagedArray<std::uint64_t> array(1, 1);
  for (std::uint64_t i = 0; i < 500; ++i) *array.append() = i + 1;
  const std::uint64_t* kept = array.at(2);
  array.truncate(3);
  EXPECT_EQ(array.size(), 3U);
  for (std::uint64_t i = 3; i < 500; ++i) {
    std::uint64_t* element = array.append();
    ASSERT_EQ(*element, 0U);
    *element = i + 1;
  }
  EXPECT_EQ(array.at(2), kept);
  for (std::uint32_t i = 0; i < 500; ++i) ASSERT_EQ(*array.at(i), i + 1);
  array.truncate(0);
  *array.append() = 7;
  EXPECT_EQ(*array.at(0), 7U);
}

TEST(Growth, BelongsToOneLoadAndIsNotWaitedFor) {
  Graph graph(nullptr);
  Node* node = graph.add_node(one_column(), 0);
  {
    const Growth first(*node);
    EXPECT_TRUE(first.is_owned());
    at_once(1, [&](int) { EXPECT_FALSE(Growth(*node).is_owned()); });
    EXPECT_FALSE(Growth(*node).is_owned());
  }
  EXPECT_TRUE(Growth(*node).is_owned());
}

TEST(Growth, SlotsAreCompleteWhenItEnds) {
  Graph graph(nullptr);
  Node* node = graph.add_node(one_column(), 0);
  node->rows.append();
  {
    Growth growth(*node);
    node->rows.append();
    EXPECT_EQ(graph.complete_slots(*node), 1U);
    growth.keep();
  }
  EXPECT_EQ(graph.complete_slots(*node), 2U);
}

TEST(Growth, AFailureTakesBackWhatWasAppended) {
  Graph graph(nullptr);
  Node* node = graph.add_node(one_column(), 0);
  node->use_slots();
  node->rows.append();
  *node->slots->append() = 0;
  try {
    const Growth growth(*node);
    for (int i = 0; i < 100; ++i) {
      node->rows.append();
      *node->slots->append() = 0;
    }
    throw std::runtime_error("the connection is gone");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(node->rows.size(), 1U);
  EXPECT_EQ(node->slot_count(), 1U);
}

TEST(Growth, ReadersFollowWhatWasPublishedWhileMoreComes) {
  constexpr std::uint32_t parents = 5'000;
  Graph graph(nullptr);
  Node* root = graph.add_node(one_column(), 0);
  Node* children = graph.add_node(one_column(), 0);
  for (std::uint32_t i = 0; i < parents; ++i) root->rows.append();
  Relation* relation = root->add_relation(std::make_unique<Relation>("children", 0, children, true));
  std::atomic<int> wrong = 0;
  at_once(4, [&](int thread) {
    if (thread == 0) {
      for (std::uint32_t parent = 0; parent < parents; ++parent) {
        Growth growth(*children);
        const std::uint32_t begin = relation->target_count();
        for (std::uint32_t i = 0; i < parent % 3; ++i) {
          *children->rows.append() = Cell::of_integer(parent);
          relation->append_target(children->slot_count() - 1);
        }
        growth.keep();
        relation->set_many(parent, begin, parent % 3);
      }
      return;
    }
    for (std::uint32_t parent = 0; parent < parents; ++parent) {
      Span span = relation->span(parent);
      while (span.state == RelationState::not_loaded) {
        std::this_thread::yield();
        span = relation->span(parent);
      }
      if (span.count != parent % 3) ++wrong;
      for (std::uint32_t i = 0; i < span.count; ++i)
        if (children->cells(relation->target_slot(span.begin + i))->integer != parent) ++wrong;
      for (std::uint32_t slot = graph.complete_slots(*children); slot-- > 0 && slot % 64 != 0;)
        if (children->cells(slot)->tag != CellTag::integer) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Relation, SeveralThreadsSetSpansOfDifferentSlots) {
  Relation relation("back", 0, nullptr, false);
  constexpr std::uint32_t slots = 20'000;
  at_once(4, [&](int thread) {
    for (auto slot = static_cast<std::uint32_t>(thread); slot < slots; slot += 4) relation.set_one(slot, slot * 2);
  });
  for (std::uint32_t slot = 0; slot < slots; ++slot) ASSERT_EQ(relation.span(slot).begin, slot * 2);
}

TEST(Node, SeveralThreadsAddRelations) {
  Graph graph(nullptr);
  Node* node = graph.add_node(one_column(), 0);
  at_once(4, [&](int thread) {
    for (std::uint32_t i = 0; i < 100; ++i)
      node->add_relation(std::make_unique<Relation>("x", static_cast<std::uint32_t>(thread) * 100 + i, node, false));
  });
  for (std::uint32_t info = 0; info < 400; ++info) ASSERT_NE(node->find_relation(info), nullptr);
}

}  // namespace
}  // namespace dorm::graph
