// dorm/detail/storage.hpp: the append-only arrays that results live in; what reading a row inline needs.
//
// One thread at a time appends; any number read what was published to them. Nothing ever moves: an array is a fixed
// directory of pages, each twice as large as the one before, so a result of one row costs one small page, and readers
// need no lock while a lazy load appends: at() reads nothing that changes after its element was appended. How many
// elements there are is for the thread that appends.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "dorm/detail/cell.hpp"
#include "dorm/detail/export.hpp"

namespace dorm::detail {

// Memory for pages: large ones are kept for the next result when they are given back. Thread-safe; throws
// std::bad_alloc.
DORM_EXPORT void* take_page(std::size_t bytes);
DORM_EXPORT void give_page(void* page, std::size_t bytes) noexcept;  // `bytes` as it was taken

// Elements of `width` T each, zero when they are appended. T is trivial.
template <class T>
class PagedArray {
 public:
  // The first page holds 2^shift elements.
  explicit PagedArray(std::uint32_t width = 1, unsigned shift = 0) noexcept : width_(width), shift_(shift) {}
  PagedArray(const PagedArray&) = delete;
  PagedArray& operator=(const PagedArray&) = delete;
  ~PagedArray() {
    for (std::uint32_t page = 0; page < page_count_; ++page) give_page(pages_[page], page_bytes(page));
  }

  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t width() const noexcept { return width_; }

  T* at(std::uint32_t index) const noexcept {
    const std::uint32_t group = (index >> shift_) + 1;
    const unsigned page = static_cast<unsigned>(std::bit_width(group)) - 1U;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): `index` is of an element, so `group` is not 0
    const std::uint32_t first = ((1U << page) - 1U) << shift_;
    return pages_[page] + static_cast<std::size_t>(index - first) * width_;
  }

  T* append() {
    if (size_ == capacity_) grow();
    T* element = next(size_++);
    // Now and not when the page is made: its first use finds it in the cache.
    if (width_ == 1) {
      *element = T{};
    } else {
      std::memset(static_cast<void*>(element), 0, sizeof(T) * width_);
    }
    return element;
  }
  void pop() noexcept { --size_; }
  // How many append() can add without a new page.
  std::uint32_t spare() const noexcept { return capacity_ - size_; }
  // Takes back all from this index on. Nobody may have seen them.
  void truncate(std::uint32_t size) noexcept {
    size_ = size;
    while (page_count_ > 1 && size < last_first_) {
      give_page(last_, page_bytes(--page_count_));
      capacity_ = last_first_;
      last_ = pages_[page_count_ - 1];
      last_first_ = capacity_ - (std::uint32_t{1} << (shift_ + page_count_ - 1));
    }
  }

 private:
  // As at(), with the last page remembered: appending is sequential.
  T* next(std::uint32_t index) const noexcept { return last_ + static_cast<std::size_t>(index - last_first_) * width_; }

  std::size_t page_bytes(std::uint32_t page) const noexcept {
    return (std::size_t{width_} * sizeof(T)) << (shift_ + page);
  }

  void grow() {
    if (page_count_ == pages_.size()) throw std::bad_alloc();
    last_ = static_cast<T*>(take_page(page_bytes(page_count_)));
    last_first_ = capacity_;
    pages_[page_count_] = last_;
    capacity_ += std::uint32_t{1} << (shift_ + page_count_++);
  }

  std::uint32_t width_;
  unsigned shift_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t page_count_ = 0;
  std::uint32_t last_first_ = 0;
  T* last_ = nullptr;
  std::array<T*, 28> pages_;  // the first page_count_ of them
};

// The rows of one node of a loaded graph: stored rows of equal width, and slots, the rows as the user sees them.
struct NodeStorage {
  PagedArray<Cell> rows;
  PagedArray<std::uint32_t>* slots = nullptr;  // slot → stored row; absent while they are the same number

  explicit NodeStorage(std::uint32_t width, unsigned shift) noexcept : rows(width, shift) {}
  std::uint32_t stored_row(std::uint32_t slot) const noexcept { return slots == nullptr ? slot : *slots->at(slot); }
  Cell* cells(std::uint32_t slot) const noexcept { return rows.at(stored_row(slot)); }
  // For the thread that appends; others ask Graph::complete_slots().
  std::uint32_t slot_count() const noexcept { return slots == nullptr ? rows.size() : slots->size(); }
};

}  // namespace dorm::detail
