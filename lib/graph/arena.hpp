// graph/arena.hpp: memory for the text and blobs of one node; freed as a whole.
//
// One thread at a time. Addresses stay valid until the arena dies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

#include "dorm/detail/storage.hpp"

namespace dorm::graph {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (Block* block = last_; block != nullptr;) {
      const Block dead = *block;
      detail::give_page(block, dead.bytes);
      block = dead.before;
    }
  }

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
  // Gives back everything allocated since mark(), or, if a new block was begun, what lies in that.
  struct Mark {
    const void* block;
    char* next;
  };
  Mark mark() const noexcept { return {last_, next_}; }
  void rewind(const Mark& mark) noexcept {
    next_ = mark.block == last_ ? mark.next : reinterpret_cast<char*>(last_ + 1);
  }
  // The next allocation comes from a block of at least this size.
  void reserve(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) refill(size);
  }

 private:
  // Its bytes follow it.
  struct Block {
    Block* before;
    std::size_t bytes;  // itself included
  };

  void refill(std::size_t size) {
    const std::size_t bytes = std::max(size + sizeof(Block), next_block_);
    next_block_ = std::min<std::size_t>(next_block_ * 4, std::size_t{1} << 20U);
    last_ = ::new (detail::take_page(bytes)) Block{last_, bytes};
    next_ = reinterpret_cast<char*>(last_ + 1);
    end_ = reinterpret_cast<char*>(last_) + bytes;
  }

  Block* last_ = nullptr;
  std::size_t next_block_ = 256;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace dorm::graph
