// core/few.hpp: a list that is short as a rule: its first N elements need no allocation.
// A contiguous range, so it converts to std::span.
//
// One thread at a time. Elements are trivial and move when the list outgrows its place.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace dorm {

template <class T, std::size_t N>
class Few {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // Not defaulted, which could clear the array: it is filled as the list grows.
  Few() noexcept {}  // NOLINT(modernize-use-equals-default)

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return many_.empty() ? here_.data() : many_.data(); }
  const T* data() const noexcept { return many_.empty() ? here_.data() : many_.data(); }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size_; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size_; }
  T& operator[](std::size_t index) noexcept { return data()[index]; }
  const T& operator[](std::size_t index) const noexcept { return data()[index]; }

  void reserve(std::size_t count) {
    if (count > N) many_.reserve(count);
  }
  void push_back(const T& element) {
    if (many_.empty() && size_ < N) {
      here_[size_++] = element;
      return;
    }
    if (many_.empty()) many_.assign(here_.begin(), here_.end());
    many_.push_back(element);
    ++size_;
  }

 private:
  std::size_t size_ = 0;
  std::array<T, N> here_;
  std::vector<T> many_;  // all of them, once they are more than N
};

}  // namespace dorm
