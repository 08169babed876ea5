// model/signals.hpp: the handlers of one database, and how they are told of a write.
//
// Thread-safe. Costs one relaxed load per write while there are none.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/signals.hpp"
#include "write/row_listener.hpp"

namespace dorm {

class Signals : public std::enable_shared_from_this<Signals> {
 public:
  bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
  std::shared_ptr<void> add(Signal signal, std::string model, SignalHandler handler);

  // Each throws what a handler throws.
  void before_save(const Row& row, bool created) const;
  void after_save(const Row& row, bool created, const std::vector<std::uint32_t>& fields) const;
  void deleted(Signal signal, const Row& row) const;
  void collection(Signal signal, const Row& row, std::string_view relation, const std::vector<Row>& rows) const;

 private:
  struct Entry {
    std::uint64_t number;
    Signal signal;
    std::string model;
    SignalHandler handler;
  };
  using List = std::vector<std::shared_ptr<const Entry>>;

  std::shared_ptr<const List> list() const;
  void remove(std::uint64_t number) noexcept;
  // Calls `handle` for each handler of this model, which lives until it returns.
  template <class Handle>
  void each(Signal signal, const ModelInfo& model, const Handle& handle) const;

  std::atomic<bool> any_{false};
  std::atomic<std::uint64_t> last_{0};
  mutable std::mutex mutex_;  // guards list_
  std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

// Hears of the rows that the writers write, and tells the handlers.
class SignalListener final : public write::RowListener {
 public:
  explicit SignalListener(const Signals& signals) : signals_(signals) {}
  void before_save(const graph::Reference& row, bool created) override;
  void after_save(const graph::Reference& row, bool created, const std::vector<std::uint32_t>& fields) override;

 private:
  const Signals& signals_;
};

}  // namespace dorm
