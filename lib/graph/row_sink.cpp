#include "graph/row_sink.hpp"

namespace dorm::graph {

void RowSink::begin() {
  for (Segment& segment : segments) {
    segment.first_slot = segment.node->slot_count();
    has_shells_ = has_shells_ || segment.shell;
    if (segment.fold == Fold::many) segment.elements = std::make_unique<Elements>();
  }
}

void RowSink::finish() {
  if (rows_ == 0) begin();
  for (Segment& segment : segments) {
    if (segment.inverse != nullptr) segment.inverse->cover(segment.node->slot_count());
    if (segment.linked != nullptr) segment.linked->cover(segments[segment.links].node->slot_count());
    if (segment.relation == nullptr) continue;
    const Segment& parent = segments[segment.parent];
    const std::uint32_t end = parent.node->slot_count();
    if (segment.fold == Fold::many) {
      segment.elements->publish(*segment.relation, parent.first_slot, end, segment.links != none);
      segment.elements.reset();
    } else {
      segment.relation->cover(end);
    }
  }
}

}  // namespace dorm::graph
