// session/query_counter.hpp: how many queries a Session runs from here on, on all threads; bookkeeping apart.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace dorm {

class Session;

class QueryCounter {
 public:
  explicit QueryCounter(Session& session);
  ~QueryCounter();
  QueryCounter(const QueryCounter&) = delete;
  QueryCounter& operator=(const QueryCounter&) = delete;

  std::size_t queries() const noexcept;
  std::size_t bookkeeping() const noexcept;     // BEGIN, COMMIT, ROLLBACK, savepoints, snapshots
  std::vector<std::string> statements() const;  // texts of the queries, in order of their ends
  void reset();

 private:
  class Counts;
  std::shared_ptr<Counts> counts_;
  std::shared_ptr<void> registration_;
};

}  // namespace dorm
