// Results that fold: what joined rows become in the relations of their parents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.hpp"
#include "graph/row_sink.hpp"

namespace dorm::graph {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Fold = RowSink::Fold;
using Keys = std::vector<std::optional<int>>;  // of one result row: a key for each segment

// A result with two columns for each segment: its key and a text that says which row it is.
struct Reader {
  const Keys* row = nullptr;
  int reads = 0;
  void read(std::uint32_t column, Cell& cell, Arena& arena) {
    ++reads;
    const std::optional<int> key = (*row)[column / 2];
    if (!key) {
      cell = Cell::of_null();
    } else if (column % 2 == 0) {
      cell = Cell::of_integer(*key);
    } else {
      const std::string text = std::to_string(column / 2) + ":" + std::to_string(*key);
      cell = Cell::of_bytes(CellTag::text, arena.copy(text));
    }
  }
};

enum class Copies { shared, per_parent };

struct Result {
  Graph graph{nullptr};
  RowSink sink;
  Reader reader;

  Result() { add(RowSink::none); }

  std::uint32_t one(std::uint32_t parent, Copies copies = Copies::shared) {
    return hang(parent, Fold::one, copies, RowSink::none);
  }
  std::uint32_t many(std::uint32_t parent, Copies copies = Copies::shared, std::uint32_t links = RowSink::none) {
    return hang(parent, Fold::many, copies, links);
  }
  std::uint32_t links(std::uint32_t parent) { return add(parent); }

  void inverse(std::uint32_t segment) {
    RowSink::Segment& from = sink.segments[segment];
    from.inverse =
        from.node->add_relation(std::make_unique<Relation>("back", 99, sink.segments[from.parent].node, false));
  }

  Node& node(std::uint32_t segment) { return *sink.segments[segment].node; }
  Relation& relation(std::uint32_t segment) { return *sink.segments[segment].relation; }

  void read(const std::vector<Keys>& rows) {
    for (const Keys& row : rows) {
      reader.row = &row;
      sink.add(reader);
    }
    sink.finish();
  }

  std::int64_t key(std::uint32_t segment, std::uint32_t slot) { return node(segment).cells(slot)[0].integer; }
  // The keys of a collection, in order.
  std::vector<std::int64_t> keys(std::uint32_t segment, std::uint32_t parent) {
    const Span span = relation(segment).span(parent);
    EXPECT_EQ(span.state, RelationState::loaded);
    std::vector<std::int64_t> keys;
    for (std::uint32_t i = 0; i < span.count; ++i)
      keys.push_back(key(segment, relation(segment).target_slot(span.begin + i)));
    return keys;
  }

 private:
  std::uint32_t add(std::uint32_t parent) {
    auto shape = std::make_shared<Shape>();
    shape->extras = {{"id", {}}, {"text", {}}};
    const auto number = static_cast<std::uint16_t>(sink.segments.size());
    RowSink::Segment& segment = sink.segments.emplace_back();
    segment.node = graph.add_node(shape, 0);
    segment.key = {{static_cast<std::uint16_t>(number * 2), 0}};
    segment.key_cells = {0};
    segment.columns = {{static_cast<std::uint16_t>(number * 2 + 1), 1}};
    segment.parent = parent;
    return number;
  }

  std::uint32_t hang(std::uint32_t parent, Fold fold, Copies copies, std::uint32_t links) {
    const std::uint32_t number = add(parent);
    RowSink::Segment& segment = sink.segments[number];
    if (copies == Copies::per_parent) segment.node->use_slots();
    segment.fold = fold;
    segment.absent_is_null = fold == Fold::one;
    segment.links = links;
    segment.relation = node(parent).add_relation(
        std::make_unique<Relation>("to " + std::to_string(number), number, segment.node, fold == Fold::many));
    if (links != RowSink::none) segment.relation->links = &node(links);
    return number;
  }
};

constexpr std::nullopt_t null = std::nullopt;

TEST(Fold, ARootKeyThatWasSeenIsTheSameRow) {
  Result result;
  const auto children = result.many(0);
  result.read({{7, 1}, {3, 2}, {7, 3}});
  EXPECT_EQ(result.graph.root()->slot_count(), 2U);
  EXPECT_EQ(result.key(0, 0), 7);
  EXPECT_EQ(result.key(0, 1), 3);
  EXPECT_THAT(result.keys(children, 0), ElementsAre(1, 3)) << "the rows of a parent need not be adjacent";
  EXPECT_THAT(result.keys(children, 1), ElementsAre(2));
}

TEST(Fold, AChainOfCollectionsNests) {
  Result result;
  const auto b = result.many(0);
  const auto c = result.many(b);
  result.read({{1, 10, 100}, {1, 10, 101}, {1, 11, 110}, {2, 20, 200}, {1, 10, 102}});
  EXPECT_THAT(result.keys(b, 0), ElementsAre(10, 11));
  EXPECT_THAT(result.keys(b, 1), ElementsAre(20));
  EXPECT_THAT(result.keys(c, 0), ElementsAre(100, 101, 102));
  EXPECT_THAT(result.keys(c, 1), ElementsAre(110));
  EXPECT_THAT(result.keys(c, 2), ElementsAre(200));
}

TEST(Fold, SiblingCollectionsThatMultiplyEachOtherHaveEachElementOnce) {
  Result result;
  const auto tracks = result.many(0);
  const auto cast = result.many(0);
  std::vector<Keys> rows;
  for (const int root : {1, 2})
    for (const int track : {10, 11, 12})
      for (const int actor : {20, 21}) rows.push_back({root, track, actor});
  result.read(rows);
  for (const std::uint32_t root : {0U, 1U}) {
    EXPECT_THAT(result.keys(tracks, root), ElementsAre(10, 11, 12));
    EXPECT_THAT(result.keys(cast, root), ElementsAre(20, 21));
  }
  EXPECT_EQ(result.node(tracks).rows.size(), 3U) << "shared between the parents";
}

TEST(Fold, EachParentHasItsOwnCopyOverOneStoredRowWhereTheNodeHasASlotTable) {
  Result result;
  const auto children = result.many(0, Copies::per_parent);
  result.read({{1, 10}, {2, 10}, {1, 10}, {2, 11}});
  EXPECT_EQ(result.node(children).rows.size(), 2U);
  EXPECT_EQ(result.node(children).slot_count(), 3U);
  EXPECT_THAT(result.keys(children, 0), ElementsAre(10));
  EXPECT_THAT(result.keys(children, 1), ElementsAre(10, 11));
}

TEST(Fold, EachCopyHasCollectionsOfItsOwn) {
  Result result;
  const auto b = result.many(0, Copies::per_parent);
  const auto c = result.many(b, Copies::per_parent);
  result.read({{1, 10, 100}, {2, 10, 100}, {2, 10, 101}, {1, 10, 101}});
  EXPECT_EQ(result.node(b).slot_count(), 2U);
  EXPECT_EQ(result.node(c).slot_count(), 4U);
  EXPECT_EQ(result.node(c).rows.size(), 2U);
  EXPECT_THAT(result.keys(c, 0), ElementsAre(100, 101));
  EXPECT_THAT(result.keys(c, 1), ElementsAre(100, 101));
}

TEST(Fold, AMissedSideAddsNoElementAndHidesWhatIsBelow) {
  Result result;
  const auto b = result.many(0);
  const auto c = result.many(b);
  const auto owner = result.one(b);
  result.read({{1, null, 100, 5}, {2, 20, null, null}, {2, 21, 210, 6}});
  EXPECT_THAT(result.keys(b, 0), IsEmpty());
  EXPECT_THAT(result.keys(b, 1), ElementsAre(20, 21));
  EXPECT_THAT(result.keys(c, 0), IsEmpty());
  EXPECT_THAT(result.keys(c, 1), ElementsAre(210));
  EXPECT_EQ(result.node(c).rows.size(), 1U);
  EXPECT_EQ(result.node(owner).rows.size(), 1U);
  EXPECT_EQ(result.relation(owner).span(0).state, RelationState::null);
  EXPECT_EQ(result.relation(owner).span(1).state, RelationState::loaded);
}

TEST(Fold, ElementsWithLinkRowsAreOneForEachLink) {
  Result result;
  const auto links = result.links(0);
  const auto targets = result.many(0, Copies::shared, links);
  result.read(
      {{1, 100, 5}, {1, 101, 5}, {2, 102, 5}, {1, 100, 5}, {1, 103, 6}, {2, null, null}, {3, null, 7}, {4, 104, null}});
  EXPECT_THAT(result.keys(targets, 0), ElementsAre(5, 5, 6)) << "two links to one target are two elements";
  EXPECT_THAT(result.keys(targets, 1), ElementsAre(5));
  EXPECT_THAT(result.keys(targets, 2), IsEmpty());
  EXPECT_THAT(result.keys(targets, 3), IsEmpty());
  EXPECT_EQ(result.node(targets).slot_count(), 2U);
  const Span span = result.relation(targets).span(0);
  std::vector<std::int64_t> found;
  for (std::uint32_t i = 0; i < span.count; ++i)
    found.push_back(result.key(links, result.relation(targets).link_slot(span.begin + i)));
  EXPECT_THAT(found, ElementsAre(100, 101, 103));
}

TEST(Fold, AMissedParentHidesItsLinkRows) {
  Result result;
  const auto b = result.many(0);
  const auto links = result.links(b);
  const auto targets = result.many(b, Copies::per_parent, links);
  result.read({{1, null, 100, 5}, {1, 10, 101, 5}});
  EXPECT_EQ(result.node(links).rows.size(), 1U);
  EXPECT_THAT(result.keys(targets, 0), ElementsAre(5));
}

TEST(Fold, ARowBelowAToOneIsReadOncePerParent) {
  Result result;
  const auto child = result.many(0);
  const auto owner = result.one(0);
  const auto city = result.one(owner);
  result.read({{1, 10, 5, 50}, {1, 11, 5, 50}, {2, 12, 5, 50}, {1, 13, 5, 50}});
  // Root and child: keys of each row, columns of what is new. Owner: for two roots; city: for one owner.
  EXPECT_EQ(result.reader.reads, (4 + 2) + (4 + 4) + (2 + 1) + (1 + 1));
  EXPECT_EQ(result.relation(owner).span(0).begin, result.relation(owner).span(1).begin);
  EXPECT_EQ(result.key(city, result.relation(city).span(0).begin), 50);
  EXPECT_THAT(result.keys(child, 0), ElementsAre(10, 11, 13));
}

TEST(Fold, ACollectionBelowAToOne) {
  Result result;
  const auto owner = result.one(0, Copies::per_parent);
  const auto pets = result.many(owner);
  result.read({{1, 5, 50}, {2, 5, 50}, {1, 5, 51}, {3, null, null}, {2, 5, 51}});
  EXPECT_EQ(result.node(owner).slot_count(), 2U);
  EXPECT_EQ(result.node(owner).rows.size(), 1U);
  EXPECT_THAT(result.keys(pets, result.relation(owner).span(0).begin), ElementsAre(50, 51));
  EXPECT_THAT(result.keys(pets, result.relation(owner).span(1).begin), ElementsAre(50, 51));
  EXPECT_EQ(result.relation(owner).span(2).state, RelationState::null);
}

TEST(Fold, AChildLeadsBackToItsParent) {
  Result result;
  const auto shared = result.many(0);
  const auto own = result.many(0, Copies::per_parent);
  result.inverse(shared);
  result.inverse(own);
  result.read({{1, 10, 20}, {2, 10, 20}, {2, 11, 20}});
  const auto back = [&](std::uint32_t segment, std::uint32_t slot) {
    return result.node(segment).find_relation("back")->span(slot).begin;
  };
  EXPECT_EQ(back(shared, 0), 0U) << "the first of several parents";
  EXPECT_EQ(back(shared, 1), 1U);
  EXPECT_EQ(back(own, 0), 0U);
  EXPECT_EQ(back(own, 1), 1U);
}

TEST(Fold, PairsKnownToBeDistinctAreNotLookedUp) {
  Result result;
  const auto b = result.many(0);
  const auto c = result.many(b);
  for (const std::uint32_t segment : {b, c}) result.sink.segments[segment].distinct = true;
  result.read({{1, 10, 100}, {1, 10, 101}, {2, 20, 200}, {1, 11, 110}});
  EXPECT_THAT(result.keys(b, 0), ElementsAre(10, 11)) << "rows of one element side by side are one element";
  EXPECT_THAT(result.keys(c, 0), ElementsAre(100, 101));
}

TEST(Fold, RowsThatWereThereBeforeAreLeftAlone) {
  Result result;
  const auto children = result.many(0);
  result.node(0).rows.append()[0] = Cell::of_integer(1);
  result.read({{2, 20}, {1, 10}, {3, null}});
  EXPECT_EQ(result.node(0).slot_count(), 4U);
  EXPECT_EQ(result.relation(children).span(0).state, RelationState::not_loaded);
  EXPECT_THAT(result.keys(children, 1), ElementsAre(20));
  EXPECT_THAT(result.keys(children, 2), ElementsAre(10));
  EXPECT_THAT(result.keys(children, 3), IsEmpty());
}

TEST(Fold, AResultWithoutRowsSaysNothingOfEarlierOnes) {
  Result result;
  const auto children = result.many(0);
  result.node(0).rows.append();
  result.read({});
  EXPECT_EQ(result.relation(children).span(0).state, RelationState::not_loaded);
}

TEST(Fold, RowsWithoutAKeyAreElementsEach) {
  Result result;
  const auto children = result.many(0);
  RowSink::Segment& segment = result.sink.segments[children];
  segment.columns = {{2, 0}, {3, 1}};
  segment.key.clear();
  segment.key_cells.clear();
  segment.optional = true;
  result.read({{1, 10}, {1, 10}, {2, null}});
  EXPECT_THAT(result.keys(children, 0), ElementsAre(10, 10));
  EXPECT_THAT(result.keys(children, 1), IsEmpty());
}

// ---- against an evaluator that follows the rules and nothing else ----

struct Item {
  int key = 0;
  struct Element {
    Item* item;
    std::optional<int> link;
  };
  std::map<std::uint32_t, Item*> ones;  // null: known to be null
  std::map<std::uint32_t, std::vector<Element>> manys;
};

struct Expected {
  std::vector<std::unique_ptr<Item>> all;
  std::vector<Item*> roots;
  std::map<std::pair<std::uint32_t, int>, Item*> shared;

  Item* make(const RowSink::Segment& segment, std::uint32_t number, int key) {
    if (segment.node->slots == nullptr)
      if (const auto found = shared.find({number, key}); found != shared.end()) return found->second;
    Item* item = all.emplace_back(std::make_unique<Item>()).get();
    item->key = key;
    if (segment.node->slots == nullptr) shared[{number, key}] = item;
    return item;
  }

  void add(const std::vector<RowSink::Segment>& segments, const Keys& row) {
    std::vector<Item*> current(segments.size());
    std::vector<std::optional<int>> links(segments.size());
    for (std::uint32_t i = 0; i < segments.size(); ++i) {
      const RowSink::Segment& segment = segments[i];
      const std::optional<int> key = row[i];
      if (i == 0) {
        const auto known =
            std::find_if(roots.begin(), roots.end(), [&](const Item* item) { return item->key == *key; });
        current[i] = known == roots.end() ? roots.emplace_back(make(segment, i, *key)) : *known;
        continue;
      }
      Item* parent = current[segment.parent];
      if (parent == nullptr) continue;
      if (segment.fold == Fold::none) {
        links[i] = key;
      } else if (segment.fold == Fold::one) {
        const auto known = parent->ones.find(i);
        current[i] = known != parent->ones.end() ? known->second : key ? make(segment, i, *key) : nullptr;
        parent->ones[i] = current[i];
      } else {
        std::vector<Item::Element>& elements = parent->manys[i];
        std::optional<int> link;
        if (segment.links != RowSink::none) link = links[segment.links];
        if (!key || (segment.links != RowSink::none && !link)) continue;
        const auto known = std::find_if(elements.begin(), elements.end(), [&](const Item::Element& element) {
          return segment.links != RowSink::none ? element.link == link : element.item->key == *key;
        });
        current[i] = known != elements.end() ? known->item
                                             : elements.emplace_back(Item::Element{make(segment, i, *key), link}).item;
      }
    }
  }
};

// Rows are the same where they are one row, and not where they are two.
struct Comparison {
  Result& result;
  std::map<const Item*, std::pair<std::uint32_t, std::uint32_t>> seen;
  std::map<std::pair<std::uint32_t, std::uint32_t>, const Item*> slots;

  void compare(std::uint32_t number, std::uint32_t slot, const Item& item) {
    const auto [known, is_new] = seen.try_emplace(&item, number, slot);
    ASSERT_EQ(known->second, std::pair(number, slot));
    ASSERT_EQ(slots.try_emplace({number, slot}, &item).first->second, &item);
    if (!is_new) return;
    ASSERT_EQ(result.key(number, slot), item.key);
    ASSERT_EQ(result.node(number).cells(slot)[1].view(), std::to_string(number) + ":" + std::to_string(item.key));
    for (std::uint32_t child = 1; child < result.sink.segments.size(); ++child) {
      const RowSink::Segment& segment = result.sink.segments[child];
      if (segment.parent != number || segment.relation == nullptr) continue;
      const Span span = segment.relation->span(slot);
      if (segment.fold == Fold::one) {
        const Item* expected = item.ones.at(child);
        ASSERT_EQ(span.state, expected == nullptr ? RelationState::null : RelationState::loaded);
        if (expected != nullptr) compare(child, span.begin, *expected);
        continue;
      }
      const auto found = item.manys.find(child);
      const std::vector<Item::Element> elements =
          found == item.manys.end() ? std::vector<Item::Element>() : found->second;
      ASSERT_EQ(span.state, RelationState::loaded);
      ASSERT_EQ(span.count, elements.size());
      for (std::uint32_t i = 0; i < span.count; ++i) {
        compare(child, segment.relation->target_slot(span.begin + i), *elements[i].item);
        if (segment.links == RowSink::none) continue;
        ASSERT_EQ(result.key(segment.links, segment.relation->link_slot(span.begin + i)), *elements[i].link);
      }
    }
  }
};

TEST(Fold, RandomTreesOfRelationsMatchANestedEvaluation) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<std::uint32_t>(random() % bound); };
    Result result;
    for (std::uint32_t i = below(5) + 1; i-- > 0;) {
      std::uint32_t parent = below(static_cast<unsigned>(result.sink.segments.size()));
      while (parent != 0 && result.sink.segments[parent].fold == Fold::none) --parent;
      const Copies copies = below(2) == 0 ? Copies::shared : Copies::per_parent;
      switch (below(3)) {
        case 0:
          result.one(parent, copies);
          break;
        case 1:
          result.many(parent, copies);
          break;
        default:
          result.many(parent, copies, result.links(parent));
      }
    }
    const unsigned keys = 2 + below(30);
    std::vector<Keys> rows;
    for (std::uint32_t count = below(400); count-- > 0;) {
      Keys row;
      for (const RowSink::Segment& segment : result.sink.segments) {
        // What a key leads to depends on the key alone: the row of a to-one on its parent, that of a link on the link.
        const std::uint32_t source = segment.fold == Fold::one ? segment.parent : segment.links;
        const auto number = static_cast<int>(below(keys));
        if (segment.parent == RowSink::none) {
          row.push_back(number);
        } else if (source != RowSink::none) {
          row.push_back(row[source] && *row[source] % 5 != 4 ? std::optional(*row[source] / 2) : null);
        } else {
          row.push_back(number == 0 ? null : std::optional(number));
        }
      }
      rows.push_back(std::move(row));
    }
    Expected expected;
    for (const Keys& row : rows) expected.add(result.sink.segments, row);
    result.read(rows);
    ASSERT_EQ(result.graph.root()->slot_count(), expected.roots.size());
    Comparison comparison{result, {}, {}};
    for (std::uint32_t slot = 0; slot < expected.roots.size(); ++slot)
      comparison.compare(0, slot, *expected.roots[slot]);
    if (HasFatalFailure()) return;
  }
}

TEST(Fold, ManyElementsInAnyOrder) {
  Result result;
  const auto children = result.many(0);
  std::vector<Keys> rows;
  for (int child = 0; child < 40; ++child)
    for (int root = 0; root < 500; ++root) rows.push_back({root, child * 500 + root});
  result.read(rows);
  for (std::uint32_t root = 0; root < 500; ++root) {
    const std::vector<std::int64_t> keys = result.keys(children, root);
    ASSERT_EQ(keys.size(), 40U);
    for (int child = 0; child < 40; ++child)
      ASSERT_EQ(keys[static_cast<std::size_t>(child)], child * 500 + static_cast<int>(root));
  }
}

}  // namespace
}  // namespace dorm::graph
