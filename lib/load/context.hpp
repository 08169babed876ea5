// load/context.hpp: what loading needs beside a query: the session, the plans, the registry snapshot.
//
// Engine: one per open database, thread-safe. Context: one per database and snapshot, immutable; every graph keeps its
// context strongly, and so its snapshot, but the engine only weakly: loaded data outlives its database.
#pragma once

#include <atomic>
#include <memory>

#include "dorm/registry.hpp"
#include "query/plan.hpp"
#include "session/session.hpp"

namespace dorm::load {

struct Engine {
  std::shared_ptr<Session> session;
  query::PlanCache plans;
  LazyPolicy lazy = LazyPolicy::batch;
};

struct Context {
  Registry registry;
  std::weak_ptr<Engine> engine;

  // Throws StateError once the database is closed.
  std::shared_ptr<Engine> open_engine() const;
};

}  // namespace dorm::load
