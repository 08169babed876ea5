// query/plan.hpp: everything that is decided once per shape: SQL text, how to bind, how to lay out the result.
//
// Immutable: share freely. PlanCache is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/statement.hpp"
#include "graph/row_sink.hpp"
#include "query/shape.hpp"
#include "query/spec.hpp"
#include "sql/dialect.hpp"

namespace dorm::query {

// One node of the result.
struct SegmentPlan {
  std::shared_ptr<const graph::Shape> shape;
  std::vector<graph::RowSink::Target> columns;
  std::vector<graph::RowSink::Target> key;
  std::uint32_t place = graph::RowSink::none;  // column that says where an element stands in its list
  bool shell = false;                          // nothing of it was selected, and an outer join may have missed it
  bool optional = false;
  bool absent_is_null = false;
  std::uint32_t parent = graph::RowSink::none;
  std::uint32_t relation = no_index;  // of the parent's model
  std::string accessor;               // empty: no relation leads here, as to link rows
  graph::RowSink::Fold fold = graph::RowSink::Fold::none;
  std::uint32_t links = graph::RowSink::none;
  bool shared = false;   // one row for all that lead to it
  bool partial = false;  // a condition keeps some of the related rows out
  bool distinct = false;
  LazyPolicy lazy = LazyPolicy::unset;
  std::uint32_t inverse = no_index;  // the to-one relation of this model that leads back to the parent
  std::string inverse_accessor;
};

struct Plan {
  driver::Statement statement;
  std::vector<std::uint32_t> bindings;  // for each placeholder the slot whose value it takes
  std::vector<SegmentPlan> segments;    // none for statements without rows
  RowMode mode = RowMode::models;
  std::vector<SourcePtr> sources;  // keep the registry snapshots of the shapes alive
};

// Throws QueryError or LimitError; sends nothing.
std::shared_ptr<const Plan> make_plan(const QuerySpec& spec, Purpose purpose, const Shaped& shaped,
                                      const sql::Dialect& dialect, std::span<const Change> changes = {},
                                      const InsertTarget* into = nullptr);

// The plan of each shape of one database. Bounded: when it is full it starts anew, which a program with so many shapes
// will not notice beside their preparation.
class PlanCache {
 public:
  explicit PlanCache(std::size_t capacity = 1024) : capacity_(capacity) {}
  std::shared_ptr<const Plan> find(const std::string& shape) const;
  void put(const std::string& shape, std::shared_ptr<const Plan> plan);
  void clear();
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans_;
  std::size_t capacity_;
};

// The shape of a whole row of a model, without extras.
std::shared_ptr<const graph::Shape> model_shape(const ModelInfo& model);

}  // namespace dorm::query
