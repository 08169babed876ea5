// graph/row_sink.hpp: where a driver puts the rows of a result: straight into the cells of a graph.
//
// A driver calls add(reader) once per result row. Its Reader has `void read(std::uint32_t column, Cell& cell, Arena&
// arena)`, which decodes one column of the current row, text into the arena. No intermediate values, no virtual call
// per cell, no allocation per row. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "dorm/detail/cell.hpp"
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

  // The columns of a result that belong to one node.
  struct Segment {
    Node* node = nullptr;
    std::vector<Target> columns;  // without those of the key
    std::vector<Target> key;  // if given, a key that was seen before is the same stored row; a NULL in it means no row
    std::vector<std::uint16_t> key_cells;  // their cells
    bool optional = false;                 // all columns NULL means no row (the missed side of an outer join)
    std::uint32_t parent = none;           // segment that leads here
    Relation* relation = nullptr;          // in the parent's node
    bool absent_is_null = false;           // a missed row is recorded as null; otherwise the relation stays not loaded

    std::uint32_t slot = none;      // of the current result row
    std::uint32_t last_row = none;  // of those with a key
    const Cell* last_cells = nullptr;
    std::vector<Cell> key_found;  // of the current result row
    KeyIndex index;
  };

  // Parents before children; the first is the root.
  std::vector<Segment> segments;

  std::uint32_t rows() const noexcept { return rows_; }

  template <class Reader>
  void add(Reader& reader) {
    for (Segment& segment : segments) {
      segment.slot = segment.key.empty() ? add_plain(segment, reader) : add_keyed(segment, reader);
      if (segment.relation != nullptr) link(segment);
    }
    ++rows_;
  }

 private:
  template <class Reader>
  static std::uint32_t add_plain(Segment& segment, Reader& reader) {
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
    return slot_of(node, node.rows.size() - 1);
  }

  template <class Reader>
  static std::uint32_t add_keyed(Segment& segment, Reader& reader) {
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
      return complete ? slot_of(node, segment.last_row) : none;
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
    return slot_of(node, row);
  }

  // The slot of this result row: its own where the node has a slot table, else the stored row itself.
  static std::uint32_t slot_of(Node& node, std::uint32_t row) {
    if (node.slots == nullptr) return row;
    *node.slots->append() = row;
    return node.slots->size() - 1;
  }

  void link(const Segment& segment) {
    const std::uint32_t parent = segments[segment.parent].slot;
    if (parent == none) return;
    if (segment.slot != none) {
      segment.relation->set_one(parent, segment.slot);
    } else if (segment.absent_is_null) {
      segment.relation->set_state(parent, RelationState::null);
    }
  }

  std::uint32_t rows_ = 0;
};

}  // namespace dorm::graph
