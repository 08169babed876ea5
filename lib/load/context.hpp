// load/context.hpp: what loading needs beside a query: the session, the plans, the registry snapshot.
//
// Engine: one per open database, thread-safe. Context: one per database and snapshot, immutable; every graph keeps its
// context strongly, and so its snapshot, but the engine only weakly: loaded data outlives its database.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "dorm/registry.hpp"
#include "load/statement_cache.hpp"
#include "query/plan.hpp"
#include "query/request.hpp"
#include "session/session.hpp"

namespace dorm::load {

struct Engine {
  std::shared_ptr<Session> session;
  query::HomePtr home;  // of the sources that its handles give
  query::PlanCache plans;
  StatementCache statements;  // of the writers
  LazyPolicy lazy = LazyPolicy::batch;
  query::ResolveOptions requests;   // of QuerySets
  std::atomic<bool> closed{false};  // by its Database; handles may outlive that
};

struct Context {
  Context(Registry snapshot, std::weak_ptr<Engine> database);

  const Registry registry;
  const std::weak_ptr<Engine> engine;

  // Throws StateError once the database is closed.
  std::shared_ptr<Engine> open_engine() const;
  // Whole rows of a model.
  const std::shared_ptr<const graph::Shape>& shape(const ModelInfo& model) const noexcept { return shapes_[model.id]; }

 private:
  std::vector<std::shared_ptr<const graph::Shape>> shapes_;  // by model id
};

}  // namespace dorm::load
