// load/run.hpp: runs the plan of a query and puts its rows into a graph.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/few.hpp"
#include "dorm/query.hpp"
#include "graph/graph.hpp"
#include "graph/row_sink.hpp"
#include "load/context.hpp"
#include "query/plan.hpp"

namespace dorm::load {

// The plan of a query from the cache, or made now.
std::shared_ptr<const query::Plan> plan_of(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                                           const query::Shaped& shaped, std::span<const query::Change> changes = {},
                                           const query::InsertTarget* into = nullptr);

// The cells bound to a plan's placeholders; owns what they point to that the values do not.
class Parameters {
 public:
  Parameters() = default;
  Parameters(const query::Plan& plan, std::span<const query::SlotValue> slots);
  void add(const Value& value);  // borrowed
  void reserve(std::size_t count) { cells_.reserve(count); }
  std::span<const Cell> cells() const noexcept { return cells_; }

 private:
  Cell cell_of(const Value& value);
  Few<Cell, 6> cells_;
  std::vector<std::unique_ptr<Cell[]>> lists_;
  std::vector<std::unique_ptr<std::string>> texts_;
};

// How the rows of joined nodes are shared between the rows that lead to them.
enum class Sharing : std::uint8_t {
  per_parent,  // each parent has its own row, over the same stored values
  shared,      // one row per key
};

// The rows of one plan on their way into a graph, by one or more statements with the same layout. A failure leaves
// nodes behind that nothing leads to. One thread at a time.
class Filling {
 public:
  // The nodes of the plan's segments are added to `graph`; where `root` is given, the root's rows go to that node.
  // `rows` is a guess of how many come.
  Filling(graph::Graph& graph, const query::Plan& plan, Sharing sharing, std::uint32_t rows,
          graph::Node* root = nullptr);
  void execute(Engine& engine, const query::Plan& plan, std::span<const Cell> parameters);
  graph::RowSink& sink() noexcept { return sink_; }
  graph::Node* root() const noexcept { return sink_.segments.front().node; }
  // After the last statement: publishes the relations. Returns the root's node.
  graph::Node* finish();

 private:
  graph::RowSink sink_;
};

// An empty graph that remembers the transaction of this thread, if there is one.
std::shared_ptr<graph::Graph> make_graph(const Engine& engine, std::shared_ptr<const Context> context);
// Whether that was in this level of a transaction.
bool is_loaded_in(const graph::Graph& graph, const TransactionLevel& level) noexcept;
// Runs a query into a new graph. `rows` is a guess of how many rows come, for the size of the first page.
std::shared_ptr<graph::Graph> run(Engine& engine, const std::shared_ptr<const Context>& context,
                                  const query::QuerySpec& spec, std::uint32_t rows = 8);
// Runs a plan; the nodes of its segments are added to `graph` or, where `root` is given, its rows are appended to that
// node. Returns the root's node.
graph::Node* run_into(Engine& engine, graph::Graph& graph, const query::Plan& plan, std::span<const Cell> parameters,
                      Sharing sharing, std::uint32_t rows, graph::Node* root = nullptr);
inline graph::Node* run_into(Engine& engine, graph::Graph& graph, const query::Plan& plan,
                             std::span<const query::SlotValue> slots, Sharing sharing, std::uint32_t rows,
                             graph::Node* root = nullptr) {
  return run_into(engine, graph, plan, Parameters(plan, slots).cells(), sharing, rows, root);
}
// The first value of the first row: count, exists. Nothing if there is no row.
std::optional<Value> run_scalar(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose);
// Rows changed.
std::int64_t run_write(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                       std::span<const query::Change> changes, const query::InsertTarget* into = nullptr);

// An INSERT of rows of values, run again and again with other values of as many rows. One thread at a time.
class RepeatedInsert {
 public:
  // All terms of the target's rows are values that are bound.
  RepeatedInsert(Engine& engine, const query::QuerySpec& spec, query::InsertTarget into);
  // `values` in the place of those of the rows, one row after the other. Returns the rows written.
  std::int64_t run(std::span<const Value> values);

 private:
  Engine& engine_;
  query::InsertTarget into_;
  query::Shaped shaped_;
  std::shared_ptr<const query::Plan> plan_;
};

// The text and the values; sends nothing.
BoundSql bound_sql(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                   std::span<const query::Change> changes = {}, const query::InsertTarget* into = nullptr);
// The same, with the rows that were written; those of several statements follow each other. `batches` are rows to be
// inserted, else the first and only one of them is null.
std::shared_ptr<graph::Graph> run_returning(Engine& engine, const std::shared_ptr<const Context>& context,
                                            const query::QuerySpec& spec, query::Purpose purpose,
                                            std::span<const query::Change> changes,
                                            std::span<const query::InsertTarget> batches);

// An owned copy of a loaded cell.
Value value_of(const Cell& cell);

}  // namespace dorm::load
