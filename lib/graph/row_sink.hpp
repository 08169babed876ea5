// graph/row_sink.hpp: where a driver puts the rows of a result: straight into the cells of a graph.
//
// A driver calls add(reader) once per result row. Its Reader has `void read(std::uint32_t column, Cell& cell, Arena&
// arena)`, which decodes one column of the current row, text into the arena. No intermediate values, no virtual call
// per cell, no allocation per row. One thread at a time.
//
// A result is flat, a row of the root for each of its rows; or it folds: a root key that was seen is the same row, and
// joined rows become elements of their parents' relations. Then finish() is called after the last row.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dorm/detail/cell.hpp"
#include "graph/elements.hpp"
#include "graph/key_index.hpp"
#include "graph/node.hpp"

namespace dorm::graph {

class RowSink {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  struct Target {
    std::uint16_t column;  // of the result
    std::uint16_t cell;    // of the stored row
  };

  // How a segment hangs on its parent in a result that folds.
  enum class Fold : std::uint8_t {
    none,  // as in a flat result: linked in every row. So is the root, and a segment of link rows, which has a parent
           // but no relation: a missed parent hides it
    one,   // decoded once per parent slot
    many,  // an element of the parent slot unless that has it already; its relation is to-many
  };

  // The columns of a result that belong to one node.
  struct Segment {
    Node* node = nullptr;
    std::vector<Target> columns;  // without those of the key
    std::vector<Target> key;  // if given, a key that was seen before is the same stored row; a NULL in it means no row
    std::vector<std::uint16_t> key_cells;  // their cells
    bool optional = false;                 // all columns NULL means no row (the missed side of an outer join)
    bool shell = false;                    // it has no columns, and is there if something below it is
    std::uint32_t parent = none;           // segment that leads here
    Relation* relation = nullptr;          // in the parent's node
    bool absent_is_null = false;           // a missed row is recorded as null; otherwise the relation stays not loaded
    Fold fold = Fold::none;
    std::uint32_t links = none;   // many: the segment of the link rows between, one element each. It stands before this
                                  // one, has a key and no slot table
    Relation* linked = nullptr;   // many: of the node of the link rows, to-one: leads from one to the row it links
    Relation* inverse = nullptr;  // of this node, to-one: leads from a row to its parent, the first if it has several
    bool distinct = false;        // many: equal (parent, row) pairs are in adjacent rows, if there are any
    std::uint32_t place = none;   // many: the column of an integer by which the elements of a parent are sorted, the
                                  // least of those in an element's rows; without it they are as they appeared

    std::uint32_t slot = none;      // of the current result row
    std::uint32_t last_row = none;  // of those with a key
    const Cell* last_cells = nullptr;
    std::vector<Cell> key_found;  // of the current result row
    KeyIndex index;
    std::uint32_t first_slot = 0;  // the node's slots before this one are not of this result
    std::uint32_t last_parent = none;
    std::uint32_t last_item = none;
    std::uint32_t last_slot = none;  // of last_parent, last_item
    std::unique_ptr<Elements> elements;
  };

  // Parents before children; the first is the root.
  std::vector<Segment> segments;

  std::uint32_t rows() const noexcept { return rows_; }

  template <class Reader>
  void add(Reader& reader) {
    if (rows_ == 0) begin();
    for (Segment& segment : segments) {
      if (segment.shell) {
        segment.slot = none;
      } else if (segment.fold == Fold::none) {
        segment.slot = is_hidden(segment) ? none : slot_of(*segment.node, read_row(segment, reader));
        if (segment.relation != nullptr) {
          if (segment.slot != none && segments[segment.parent].shell) fill_shell(segments[segment.parent]);
          link(segment);
        }
      } else {
        segment.slot = segment.fold == Fold::one ? add_one(segment, reader) : add_many(segment, reader);
      }
    }
    if (has_shells_) link_empty_shells();
    ++rows_;
  }

  // Publishes the to-many relations and makes every relation cover its parent's slots. Frees what that took.
  void finish();

 private:
  void begin();

  // The stored row of this result row, `none` if it was missed.
  template <class Reader>
  static std::uint32_t read_row(Segment& segment, Reader& reader) {
    return segment.key.empty() ? read_plain(segment, reader) : read_keyed(segment, reader);
  }

  template <class Reader>
  static std::uint32_t read_plain(Segment& segment, Reader& reader) {
    Node& node = *segment.node;
    Cell* cells = node.rows.append();
    bool any = !segment.optional;
    for (const Target target : segment.columns) {
      Cell& cell = cells[target.cell];
      reader.read(target.column, cell, node.arena);
      any |= cell.tag != CellTag::null;
    }
    if (!any) {
      node.rows.pop();
      return none;
    }
    return node.rows.size() - 1;
  }

  template <class Reader>
  static std::uint32_t read_keyed(Segment& segment, Reader& reader) {
    Node& node = *segment.node;
    const Arena::Mark before = node.arena.mark();
    // Decoded apart from the row to come, since most rows of a join repeat the parent of the row before.
    segment.key_found.resize(segment.key.size());
    bool complete = true;
    bool same = segment.last_cells != nullptr;
    for (std::size_t i = 0; i < segment.key.size(); ++i) {
      Cell& cell = segment.key_found[i];
      reader.read(segment.key[i].column, cell, node.arena);
      complete &= cell.tag != CellTag::null;
      same = same && same_cell(cell, segment.last_cells[segment.key[i].cell]);
    }
    if (same || !complete) {
      node.arena.rewind(before);
      return complete ? segment.last_row : none;
    }
    Cell* cells = node.rows.append();
    for (std::size_t i = 0; i < segment.key.size(); ++i) cells[segment.key[i].cell] = segment.key_found[i];
    const std::uint32_t candidate = node.rows.size() - 1;
    const std::uint32_t row = segment.index.find_or_insert(node, segment.key_cells, candidate);
    if (row == candidate) {
      for (const Target target : segment.columns) reader.read(target.column, cells[target.cell], node.arena);
    } else {
      node.arena.rewind(before);
      node.rows.pop();
      cells = node.rows.at(row);
    }
    segment.last_row = row;
    segment.last_cells = cells;
    return row;
  }

  // A new slot where the node has a slot table, else the stored row itself.
  static std::uint32_t slot_of(Node& node, std::uint32_t row) {
    if (node.slots == nullptr || row == none) return row;
    *node.slots->append() = row;
    return node.slots->size() - 1;
  }

  bool is_hidden(const Segment& segment) const noexcept {
    return segment.relation == nullptr && segment.parent != none && segments[segment.parent].slot == none;
  }

  void link(const Segment& segment) {
    const std::uint32_t parent = segments[segment.parent].slot;
    if (parent == none) return;
    if (segment.slot != none) {
      segment.relation->set_one(parent, segment.slot);
      lead_back(segment, segment.slot, parent);
    } else if (segment.absent_is_null) {
      segment.relation->set_state(parent, RelationState::null);
    }
  }

  // A row that only leads to others, with those above it that do.
  void fill_shell(Segment& shell) {
    if (shell.slot != none) return;
    if (segments[shell.parent].shell) fill_shell(segments[shell.parent]);
    shell.node->rows.append();
    shell.slot = slot_of(*shell.node, shell.node->rows.size() - 1);
    link(shell);
  }

  void link_empty_shells() {
    for (const Segment& segment : segments)
      if (segment.shell && segment.slot == none) link(segment);
  }

  template <class Reader>
  std::uint32_t add_one(Segment& segment, Reader& reader) {
    const std::uint32_t parent = segments[segment.parent].slot;
    if (parent == none) return none;
    if (parent == segment.last_parent) return segment.last_slot;
    segment.last_parent = parent;
    const Span known = segment.relation->span(parent);
    if (known.state == RelationState::not_loaded) {
      segment.slot = segment.last_slot = slot_of(*segment.node, read_row(segment, reader));
      link(segment);
    } else {
      segment.last_slot = known.state == RelationState::loaded ? known.begin : none;
    }
    return segment.last_slot;
  }

  template <class Reader>
  std::uint32_t add_many(Segment& segment, Reader& reader) {
    const std::uint32_t parent = segments[segment.parent].slot;
    if (parent == none) return none;
    const std::uint32_t between = segment.links == none ? none : segments[segment.links].slot;
    if (segment.links != none && between == none) return none;
    const std::uint32_t row = read_row(segment, reader);
    if (row == none) return none;
    const std::uint32_t item = segment.links == none ? row : between;
    if (parent == segment.last_parent && item == segment.last_item && segment.place == none) return segment.last_slot;
    std::uint32_t& target =
        segment.distinct ? segment.elements->add(parent, item) : segment.elements->find_or_add(parent, item);
    if (target == none) {
      target = slot_of(*segment.node, row);
      lead_back(segment, target, parent);
      if (segment.linked != nullptr) segment.linked->set_one(item, target);
    }
    if (segment.place != none) {
      Cell place;
      reader.read(segment.place, place, segment.node->arena);
      segment.elements->set_place(parent, item, place.integer);
    }
    segment.last_parent = parent;
    segment.last_item = item;
    segment.last_slot = target;
    return target;
  }

  static void lead_back(const Segment& segment, std::uint32_t slot, std::uint32_t parent) {
    if (segment.inverse == nullptr || segment.inverse->span(slot).state != RelationState::not_loaded) return;
    segment.inverse->set_one(slot, parent);
  }

  std::uint32_t rows_ = 0;
  bool has_shells_ = false;
};

}  // namespace dorm::graph
