// graph/arena.hpp: memory for the text and blobs of one node; freed as a whole.
//
// One thread at a time. Addresses stay valid until the arena dies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace dorm::graph {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes without alignment: what is kept here is bytes.
  char* allocate(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) refill(size);
    char* memory = next_;
    next_ += size;
    return memory;
  }
  std::string_view copy(std::string_view bytes) {
    char* memory = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
    return {memory, bytes.size()};
  }
  // Gives back what was allocated last, in reverse order only.
  void give_back(std::size_t size) noexcept { next_ -= size; }
  // The next allocation comes from a block of at least this size.
  void reserve(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) refill(size);
  }

 private:
  void refill(std::size_t size) {
    const std::size_t block = std::max(size, next_block_);
    next_block_ = std::min<std::size_t>(next_block_ * 4, std::size_t{1} << 20U);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    next_ = blocks_.back().get();
    end_ = next_ + block;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t next_block_ = 256;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace dorm::graph
