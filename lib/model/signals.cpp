#include "model/signals.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "dorm/model_info.hpp"
#include "model/row_access.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

std::vector<std::string> field_names(const ModelInfo& model, const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> names;
  for (const std::uint32_t field : fields) names.push_back(model.fields[field].name);
  return names;
}

}  // namespace

std::shared_ptr<void> Signals::add(Signal signal, std::string model, SignalHandler handler) {
  const std::uint64_t number = 1 + last_.fetch_add(1, std::memory_order_relaxed);
  // It may outlive the database, and takes itself out when it dies; before the lock, which that needs, too.
  std::shared_ptr<void> registration(nullptr, [signals = weak_from_this(), number](void*) {
    if (const std::shared_ptr<Signals> alive = signals.lock()) alive->remove(number);
  });
  const std::scoped_lock lock(mutex_);
  List list(*list_);
  list.push_back(std::make_shared<const Entry>(Entry{number, signal, std::move(model), std::move(handler)}));
  list_ = std::make_shared<const List>(std::move(list));
  any_.store(true, std::memory_order_relaxed);
  return registration;
}

void Signals::remove(std::uint64_t number) noexcept {
  std::shared_ptr<const List> old;  // freed after the lock: what a handler holds is anybody's code
  const std::scoped_lock lock(mutex_);
  try {
    List list(*list_);
    std::erase_if(list, [&](const auto& entry) { return entry->number == number; });
    const bool any = !list.empty();
    old = std::exchange(list_, std::make_shared<const List>(std::move(list)));
    any_.store(any, std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {  // it goes on being called, which is safe: the list owns it
  }
}

std::shared_ptr<const Signals::List> Signals::list() const {
  const std::scoped_lock lock(mutex_);
  return list_;
}

template <class Handle>
void Signals::each(Signal signal, const ModelInfo& model, const Handle& handle) const {
  const std::shared_ptr<const List> handlers = list();  // by name: a range-for would not keep the temporary alive
  for (const std::shared_ptr<const Entry>& entry : *handlers)
    if (entry->signal == signal && entry->model == model.qualified_name()) handle(entry->handler);
}

void Signals::before_save(const Row& row, bool created) const {
  const graph::Node& node = access::node_of(row);
  const ModelInfo& model = *node.shape->model;
  each(Signal::before_save, model, [&](const SignalHandler& handler) {
    // Anew for each: the one before may have changed the row.
    handler({Signal::before_save, row, created, field_names(model, write::changed_fields(node, row.slot())), {}, {}});
  });
}

void Signals::after_save(const Row& row, bool created, const std::vector<std::uint32_t>& fields) const {
  const ModelInfo& model = *row.model();
  each(Signal::after_save, model, [&](const SignalHandler& handler) {
    handler({Signal::after_save, row, created, field_names(model, fields), {}, {}});
  });
}

void Signals::deleted(Signal signal, const Row& row) const {
  each(signal, *row.model(), [&](const SignalHandler& handler) { handler({signal, row, false, {}, {}, {}}); });
}

void Signals::collection(Signal signal, const Row& row, std::string_view relation, const std::vector<Row>& rows) const {
  each(signal, *row.model(), [&](const SignalHandler& handler) { handler({signal, row, false, {}, relation, rows}); });
}

void SignalListener::before_save(const graph::Reference& row, bool created) {
  signals_.before_save(Row(row.node, row.slot), created);
}

void SignalListener::after_save(const graph::Reference& row, bool created, const std::vector<std::uint32_t>& fields) {
  signals_.after_save(Row(row.node, row.slot), created, fields);
}

}  // namespace dorm
