#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "graph/graph.hpp"
#include "graph/key_index.hpp"
#include "graph/row_sink.hpp"

namespace dorm::graph {
namespace {

std::shared_ptr<const Shape> flat(std::initializer_list<const char*> names) {
  auto shape = std::make_shared<Shape>();
  for (const char* name : names) shape->extras.push_back({name, {}});
  return shape;
}

// A reader of rows that a test has written down.
struct Rows {
  std::vector<std::vector<Cell>> rows;
  std::size_t current = 0;
  void read(std::uint32_t column, Cell& cell, Arena& arena) {
    cell = rows[current][column];
    if (cell.tag == CellTag::text) cell.data = arena.copy(cell.view()).data();
  }
};

Cell text(const char* value) { return Cell::of_bytes(CellTag::text, value); }

TEST(PagedArray, NothingMovesWhileItGrows) {
  detail::PagedArray<std::uint64_t> array(2, 1);
  std::vector<std::uint64_t*> places;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    places.push_back(array.append());
    *places.back() = i;
  }
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    ASSERT_EQ(array.at(i), places[i]);
    ASSERT_EQ(*array.at(i), i);
  }
}

TEST(PagedArray, FreshElementsAreZero) {
  detail::PagedArray<Cell> array(3, 0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(array.append()[2].tag, CellTag::unloaded);
}

TEST(RowSink, AKeyThatWasSeenIsOneStoredRowWithASlotPerParent) {
  Graph graph(nullptr);
  Node* tweets = graph.add_node(flat({"content"}), 0);
  Node* users = graph.add_node(flat({"id", "name"}), 0);
  users->use_slots();
  RowSink sink;
  sink.segments.resize(2);
  sink.segments[0].node = tweets;
  sink.segments[0].columns = {{0, 0}};
  sink.segments[1].node = users;
  sink.segments[1].key = {{1, 0}};
  sink.segments[1].key_cells = {0};
  sink.segments[1].columns = {{2, 1}};
  sink.segments[1].parent = 0;
  sink.segments[1].relation = tweets->add_relation(std::make_unique<Relation>("user", 0, users, false));
  Rows reader{{{text("meow"), Cell::of_integer(1), text("huey")},
               {text("hiss"), Cell::of_integer(1), text("huey")},
               {text("woof"), Cell::of_integer(2), text("mickey")},
               {text("purr"), Cell::of_integer(1), text("huey")}}};
  for (; reader.current < reader.rows.size(); ++reader.current) sink.add(reader);

  EXPECT_EQ(users->rows.size(), 2U);
  EXPECT_EQ(users->slot_count(), 4U);
  const Relation& user = *tweets->find_relation("user");
  EXPECT_EQ(users->cells(user.span(3).begin)[1].view(), "huey");
  EXPECT_NE(user.span(0).begin, user.span(3).begin) << "each parent has its own";
  EXPECT_EQ(users->stored_row(user.span(0).begin), users->stored_row(user.span(3).begin)) << "over the same values";
}

TEST(RowSink, AMissedOptionalRowIsNullAndLeavesNoTrace) {
  Graph graph(nullptr);
  Node* tweets = graph.add_node(flat({"content"}), 0);
  Node* users = graph.add_node(flat({"name"}), 0);
  RowSink sink;
  sink.segments.resize(2);
  sink.segments[0].node = tweets;
  sink.segments[0].columns = {{0, 0}};
  sink.segments[1].node = users;
  sink.segments[1].columns = {{1, 0}};
  sink.segments[1].optional = true;
  sink.segments[1].absent_is_null = true;
  sink.segments[1].parent = 0;
  sink.segments[1].relation = tweets->add_relation(std::make_unique<Relation>("user", 0, users, false));
  Rows reader{{{text("orphan"), Cell::of_null()}, {text("meow"), text("huey")}}};
  for (; reader.current < reader.rows.size(); ++reader.current) sink.add(reader);
  EXPECT_EQ(users->rows.size(), 1U);
  EXPECT_EQ(tweets->find_relation("user")->span(0).state, RelationState::null);
  EXPECT_EQ(users->cells(tweets->find_relation("user")->span(1).begin)[0].view(), "huey");
}

TEST(Relation, SlotsThatWereNeverSetAreNotLoaded) {
  Relation relation("tweets", 0, nullptr, true);
  relation.cover(2);
  EXPECT_EQ(relation.span(0).state, RelationState::not_loaded);
  EXPECT_EQ(relation.span(99).state, RelationState::not_loaded);
  relation.set_many(1, 0, 0);
  EXPECT_EQ(relation.span(1).state, RelationState::loaded);
  EXPECT_EQ(relation.span(1).count, 0U);
}

TEST(Graph, AReferenceThatWouldCloseACycleIsKeptWeak) {
  std::weak_ptr<Graph> watched;
  {
    auto a = std::make_shared<Graph>(nullptr);
    auto b = std::make_shared<Graph>(nullptr);
    watched = a;
    for (Graph* graph : {a.get(), b.get()}) graph->add_node(flat({"x"}), 0)->rows.append();
    Relation* to_b = a->root()->add_relation(std::make_unique<Relation>("b", 0, nullptr, false));
    Relation* to_a = b->root()->add_relation(std::make_unique<Relation>("a", 0, nullptr, false));
    a->set_external(to_b, 0, {b->share(b->root()), 0});
    b->set_external(to_a, 0, {a->share(a->root()), 0});
    EXPECT_EQ(b->external(to_a, 0).node.get(), a->root());
  }
  EXPECT_TRUE(watched.expired()) << "nothing leaks";
}

TEST(KeyIndex, FindsEqualKeysAmongMany) {
  Node node(nullptr, flat({"key"}), 4);
  KeyIndex index;
  const std::vector<std::uint16_t> key{0};
  for (int i = 0; i < 5'000; ++i) {
    *node.rows.append() = Cell::of_integer(i % 1'000);
    const std::uint32_t row = index.find_or_insert(node, key, node.rows.size() - 1);
    ASSERT_EQ(row, static_cast<std::uint32_t>(i % 1'000));
    if (row != node.rows.size() - 1) node.rows.pop();
  }
  EXPECT_EQ(node.rows.size(), 1'000U);
}

TEST(Graph, AClaimIsHeldByOneThread) {
  Graph graph(nullptr);
  Node* node = graph.add_node(flat({"x"}), 0);
  ASSERT_EQ(graph.claim(node, 1, true), Graph::Claim::owned);
  EXPECT_EQ(graph.claim(node, 1, true), Graph::Claim::beside) << "never waits for itself";
  Graph::Claim other = Graph::Claim::owned;
  std::thread beside([&] { other = graph.claim(node, 1, false); });
  beside.join();
  EXPECT_EQ(other, Graph::Claim::beside);
  std::thread waiting([&] { other = graph.claim(node, 1, true); });
  graph.release_claim(node, 1);
  waiting.join();
  EXPECT_NE(other, Graph::Claim::beside);
}

}  // namespace
}  // namespace dorm::graph
