#include "session/observers.hpp"

#include <algorithm>
#include <utility>

namespace dorm {

Observer::~Observer() = default;
void Observer::on_warning(std::string_view, std::string_view) noexcept {}

std::shared_ptr<void> Observers::add(std::shared_ptr<Observer> observer) {
  const Observer* const key = observer.get();
  // The registration outlives the Session where it must, and takes itself out when it dies.
  std::shared_ptr<void> registration(nullptr, [observers = shared_from_this(), key](void*) { observers->remove(key); });
  const std::scoped_lock lock(mutex_);
  List list(*list_);
  list.push_back(std::move(observer));
  list_ = std::make_shared<const List>(std::move(list));
  any_.store(true, std::memory_order_relaxed);
  return registration;
}

void Observers::remove(const Observer* observer) noexcept {
  std::shared_ptr<const List> old;  // freed after the lock: an observer's destructor is anybody's code
  const std::scoped_lock lock(mutex_);
  try {
    List list(*list_);
    const auto it = std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.get() == observer; });
    if (it == list.end()) return;
    list.erase(it);
    const bool any = !list.empty();
    old = std::exchange(list_, std::make_shared<const List>(std::move(list)));
    any_.store(any, std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {  // it goes on observing, which is safe: the list owns it
  }
}

std::shared_ptr<const Observers::List> Observers::list() const {
  const std::scoped_lock lock(mutex_);
  return list_;
}

void Observers::notify(StatementEvent event) const noexcept {
  event.database = database_;
  const std::shared_ptr<const List> watching = list();  // by name: a range-for would not keep the temporary alive
  for (const auto& observer : *watching) observer->on_statement(event);
}

void Observers::warn(std::string_view text) const noexcept {
  const std::shared_ptr<const List> watching = list();
  for (const auto& observer : *watching) observer->on_warning(database_, text);
}

}  // namespace dorm
