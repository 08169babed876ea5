// dorm/detail/storage.hpp: the append-only arrays that results live in; what reading a row inline needs.
//
// One thread at a time appends; any number read what was published to them. Nothing ever moves: an array is a fixed
// directory of pages, each twice as large as the one before, so readers need no lock while a lazy load appends elsewhere, and a
// result of one row costs one small page.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "dorm/detail/cell.hpp"

namespace dorm::detail {

// Elements of `width` T each, zero-initialised. T is trivial.
template <class T>
class PagedArray {
 public:
  // The first page holds 2^shift elements.
  explicit PagedArray(std::uint32_t width = 1, unsigned shift = 0) noexcept : width_(width), shift_(shift) {}
  PagedArray(const PagedArray&) = delete;
  PagedArray& operator=(const PagedArray&) = delete;
  ~PagedArray() {
    for (T* page : pages_) {
      if (page == nullptr) break;
      std::free(page);
    }
  }

  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t width() const noexcept { return width_; }

  T* at(std::uint32_t index) const noexcept {
    const std::uint32_t group = (index >> shift_) + 1;
    const unsigned page = static_cast<unsigned>(std::bit_width(group)) - 1U;
    const std::uint32_t first = ((1U << page) - 1U) << shift_;
    return pages_[page] + static_cast<std::size_t>(index - first) * width_;
  }

  T* append() {
    if (size_ == capacity_) grow();
    return next(size_++);
  }
  void pop() noexcept { --size_; }

 private:
  // As at(), with the last page remembered: appending is sequential.
  T* next(std::uint32_t index) const noexcept { return last_ + static_cast<std::size_t>(index - last_first_) * width_; }

  void grow() {
    if (page_count_ == pages_.size()) throw std::bad_alloc();
    const std::size_t elements = std::size_t{1} << (shift_ + page_count_);
    void* memory = std::calloc(elements * width_, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    last_ = static_cast<T*>(memory);
    last_first_ = capacity_;
    pages_[page_count_++] = last_;
    capacity_ += static_cast<std::uint32_t>(elements);
  }

  std::uint32_t width_;
  unsigned shift_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t page_count_ = 0;
  std::uint32_t last_first_ = 0;
  T* last_ = nullptr;
  std::array<T*, 28> pages_{};
};

// The rows of one node of a loaded graph: stored rows of equal width, and slots, the rows as the user sees them.
struct NodeStorage {
  PagedArray<Cell> rows;
  PagedArray<std::uint32_t>* slots = nullptr;  // slot → stored row; absent while they are the same number

  explicit NodeStorage(std::uint32_t width, unsigned shift) noexcept : rows(width, shift) {}
  std::uint32_t stored_row(std::uint32_t slot) const noexcept { return slots == nullptr ? slot : *slots->at(slot); }
  Cell* cells(std::uint32_t slot) const noexcept { return rows.at(stored_row(slot)); }
  std::uint32_t slot_count() const noexcept { return slots == nullptr ? rows.size() : slots->size(); }
};

}  // namespace dorm::detail
