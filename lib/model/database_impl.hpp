// model/database_impl.hpp: what handles share: the engine and the registry snapshot of the moment.
//
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "dorm/config.hpp"
#include "dorm/registry.hpp"
#include "load/context.hpp"
#include "model/signals.hpp"
#include "query/spec.hpp"

namespace dorm {

class DatabaseImpl : public load::Engine, public std::enable_shared_from_this<DatabaseImpl> {
 public:
  DatabaseImpl(DatabaseConfig config, std::shared_ptr<Session> opened);

  const DatabaseConfig config;
  const std::shared_ptr<Signals> signals = std::make_shared<Signals>();
  std::shared_ptr<void> log;  // the observer that the configuration asks for; set once, when it is opened

  void require_open() const;  // throws StateError
  // The context of the newest snapshot, or of the one given.
  std::shared_ptr<const load::Context> context() const;
  std::shared_ptr<const load::Context> context(const Registry& registry) const;
  void use(Registry registry);
  // The unaliased source of a model of the newest snapshot.
  query::SourcePtr source(std::string_view model) const;

 private:
  struct Current {
    std::shared_ptr<const load::Context> context;
    std::vector<query::SourcePtr> sources;  // by model id
  };
  std::shared_ptr<const Current> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Current> current_;  // guarded by mutex_
};

// The database a node's rows came from; throws StateError if it is closed.
std::shared_ptr<DatabaseImpl> database_of(const load::Context& context);

}  // namespace dorm
