#include "model/database_impl.hpp"

#include <string>

#include "dorm/error.hpp"

namespace dorm {

DatabaseImpl::DatabaseImpl(DatabaseConfig configuration, std::shared_ptr<Session> opened)
    : config(std::move(configuration)) {
  session = std::move(opened);
  home = std::make_shared<const std::string>(config.name);
  lazy = config.lazy;
  requests.load_required = config.load_required;
  requests.max_nodes = config.max_load_nodes;
}

void DatabaseImpl::require_open() const {
  if (closed) throw StateError("the database is closed");
}

std::shared_ptr<const DatabaseImpl::Current> DatabaseImpl::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<const load::Context> DatabaseImpl::context() const { return current()->context; }

std::shared_ptr<const load::Context> DatabaseImpl::context(const Registry& registry) const {
  std::shared_ptr<const load::Context> newest = current()->context;
  if (newest->registry.snapshot() == registry.snapshot()) return newest;
  // A handle from before a reload: its rows keep the snapshot they were made with.
  return std::make_shared<load::Context>(registry, newest->engine);
}

void DatabaseImpl::use(Registry registry) {
  auto next = std::make_shared<Current>();
  next->sources.reserve(registry.models().size());
  for (const auto& model : registry.models()) next->sources.push_back(query::model_source(registry, *model, home));
  next->context = std::make_shared<load::Context>(std::move(registry), weak_from_this());
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
  }
  // Plans hold the snapshot they were made for; those that old handles still ask for are made again.
  plans.clear();
  statements.clear();
}

query::SourcePtr DatabaseImpl::source(std::string_view model) const {
  const std::shared_ptr<const Current> now = current();
  return now->sources[now->context->registry.get(model).id];
}

std::shared_ptr<DatabaseImpl> database_of(const load::Context& context) {
  return std::static_pointer_cast<DatabaseImpl>(context.open_engine());
}

}  // namespace dorm
