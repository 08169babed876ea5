// The memory of large results. What the system gives afresh costs a fault for every 4 KiB, a quarter of a large scan,
// so the last pages that were freed are kept for the next results, within a bound.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#include "dorm/detail/storage.hpp"

namespace dorm::detail {
namespace {

constexpr std::size_t smallest_kept = std::size_t{64} << 10U;
constexpr std::size_t most_bytes = std::size_t{64} << 20U;

// Sizes in four steps from one power of two to the next, so that pages find each other.
std::size_t rounded(std::size_t bytes) noexcept {
  const std::size_t step = std::bit_floor(bytes) / 4;
  return (bytes + step - 1) & ~(step - 1);
}

class Shelf {
 public:
  void* take(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    // From the end: the last one freed is the likeliest to be in the cache.
    for (std::size_t i = count_; i-- > 0;) {
      if (pages_[i].bytes != bytes) continue;
      void* memory = pages_[i].memory;
      std::copy(pages_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                pages_.begin() + static_cast<std::ptrdiff_t>(count_), pages_.begin() + static_cast<std::ptrdiff_t>(i));
      --count_;
      bytes_ -= bytes;
      return memory;
    }
    return nullptr;
  }

  bool keep(void* memory, std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    if (count_ == pages_.size() || bytes_ + bytes > most_bytes) return false;
    pages_[count_++] = {memory, bytes};
    bytes_ += bytes;
    return true;
  }

 private:
  struct Page {
    void* memory;
    std::size_t bytes;
  };
  std::mutex mutex_;
  std::array<Page, 128> pages_{};  // guarded by mutex_, as what follows
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

// Never destroyed: results may outlive main().
Shelf& shelf() {
  static auto* const shelf = new Shelf;
  return *shelf;
}

void* allocate(std::size_t bytes) {
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* take_page(std::size_t bytes) {
  if (bytes < smallest_kept) return allocate(std::max<std::size_t>(bytes, 1));
  if (void* kept = shelf().take(rounded(bytes))) return kept;
  return allocate(rounded(bytes));
}

void give_page(void* page, std::size_t bytes) noexcept {
  if (bytes < smallest_kept || !shelf().keep(page, rounded(bytes))) std::free(page);
}

}  // namespace dorm::detail
