// graph/elements.hpp: the elements of a to-many relation while a joined result is read: which parent has which, in the
// order they appeared.
//
// The rows of one parent need not be adjacent. A pair that was seen is found in an open-addressing table over the
// elements; both grow in steps, nothing is allocated per row. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "dorm/detail/storage.hpp"
#include "graph/relation.hpp"

namespace dorm::graph {

class Elements {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  // `item` is what tells the elements of a parent apart: the stored row or the link row. The result is the target slot
  // of the pair, `none` if the pair is new: the caller fills it in.
  std::uint32_t& find_or_add(std::uint32_t parent, std::uint32_t item);
  // The same for a pair known to be new.
  std::uint32_t& add(std::uint32_t parent, std::uint32_t item) {
    Element* element = elements_.append();
    *element = {parent, item, none};
    return element->target;
  }

  // Where the pair stands among those of its parent: the least of what is given for it. For all pairs or for none, each
  // of them made by find_or_add.
  void set_place(std::uint32_t parent, std::uint32_t item, std::int64_t place);

  // Appends the targets to the relation, each parent's side by side, and their items as link slots if `links`. Every
  // parent slot in [first, end) gets a span, those without elements an empty one; slots below `first` are left alone.
  void publish(Relation& relation, std::uint32_t first, std::uint32_t end, bool links) const;

 private:
  struct Element {
    std::uint32_t parent;
    std::uint32_t item;
    std::uint32_t target;
  };

  void grow();
  std::uint32_t& entry(std::uint32_t parent, std::uint32_t item);  // of the table: of the pair, or free

  detail::PagedArray<Element> elements_{1, 6};
  std::vector<std::int64_t> places_;
  std::vector<std::uint32_t> table_;  // element + 1; 0 = free; size is a power of two
};

}  // namespace dorm::graph
