// load/statement_cache.hpp: things made once per (kind, model, set of columns), for the writers above.
//
// Thread-safe. What it holds is immutable.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dorm::load {

class StatementCache {
 public:
  // `make` returns a shared_ptr<const T>; it runs at most once per key unless two threads meet, then the first result
  // stays.
  template <class T, class Make>
  std::shared_ptr<const T> get(std::uint64_t key, std::span<const std::uint64_t> columns, Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = items_.find(View{key, columns}); found != items_.end())
        return std::static_pointer_cast<const T>(found->second);
    }
    std::shared_ptr<const T> made = make();
    const std::lock_guard lock(mutex_);
    if (items_.size() >= capacity) items_.clear();
    const auto [place, added] = items_.try_emplace(Key{key, {columns.begin(), columns.end()}}, made);
    return std::static_pointer_cast<const T>(place->second);
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    items_.clear();
  }

 private:
  static constexpr std::size_t capacity = 4096;

  struct Key {
    std::uint64_t key;
    std::vector<std::uint64_t> columns;
  };
  struct View {
    std::uint64_t key;
    std::span<const std::uint64_t> columns;
  };
  struct Hash {
    using is_transparent = void;
    static std::size_t of(std::uint64_t key, std::span<const std::uint64_t> columns) noexcept {
      std::uint64_t hash = key * 0x9E3779B97F4A7C15ULL;
      for (const std::uint64_t word : columns) hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
      return hash ^ hash >> 32U;
    }
    std::size_t operator()(const Key& key) const noexcept { return of(key.key, key.columns); }
    std::size_t operator()(const View& view) const noexcept { return of(view.key, view.columns); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const noexcept { return a.key == b.key && a.columns == b.columns; }
    bool operator()(const View& a, const Key& b) const noexcept {
      return a.key == b.key && std::ranges::equal(a.columns, b.columns);
    }
    bool operator()(const Key& a, const View& b) const noexcept { return (*this)(b, a); }
  };

  std::mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<const void>, Hash, Equal> items_;
};

}  // namespace dorm::load
