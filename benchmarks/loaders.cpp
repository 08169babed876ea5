// loaders.cpp: what do select_related and prefetch_related transfer and keep, of trees of 10,000 × 3 × 2 rows?
//
// Four cases: each root has children of its own (foreign keys), or all share the same (many-to-many); joined, or
// fetched. Rows are what came from the database, objects are rows as a program sees them, bytes what is kept of them.
#include <memory>
#include <set>

#include "graph/graph.hpp"
#include "questions.hpp"

namespace dorm::bench {
namespace {

class RowsRead final : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    if (event.internal) return;
    rows += event.rows;
    ++statements;
  }
  std::int64_t rows = 0;
  std::size_t statements = 0;
};

struct Kept {
  std::size_t objects = 0;
  std::size_t bytes = 0;
};

// Every node that relations lead to, once: its cells, its slots, the spans and elements of its relations.
void add(const graph::Node& node, std::set<const graph::Node*>& seen, Kept& kept) {
  if (!seen.insert(&node).second) return;
  kept.objects += node.slot_count();
  kept.bytes += std::size_t{node.rows.size()} * node.rows.width() * sizeof(Cell);
  if (node.slots != nullptr) kept.bytes += std::size_t{node.slots->size()} * sizeof(std::uint32_t);
  for (const graph::Relation* entry = node.relations(); entry != nullptr; entry = entry->next) {
    kept.bytes += std::size_t{node.slot_count()} * sizeof(std::uint64_t);
    if (entry->to_many) kept.bytes += std::size_t{entry->target_count()} * sizeof(std::uint32_t);
    if (entry->target != nullptr) add(*entry->target, seen, kept);
    // Link rows are kept, too, but nobody meets them as objects of the tree.
    if (entry->links == nullptr) continue;
    Kept links;
    add(*entry->links, seen, links);
    kept.bytes += links.bytes + std::size_t{entry->target_count()} * sizeof(std::uint32_t);
  }
}

}  // namespace

void loaders(const Settings& settings, Place& place, Report& report) {
  const std::size_t roots = settings.scaled(10'000);
  place.fill_tree(roots);
  place.fill_shared_tree(roots);
  struct Case {
    const char* name;
    const char* model;
    const char* path;
    bool joined;
    std::size_t rows;     // that may come
    std::size_t objects;  // that there are
  };
  const std::size_t n = roots;
  for (const Case& item : {Case{"select, own children", "A", "bs__cs", true, 6 * n, 10 * n},
                           Case{"prefetch, own children", "A", "bs__cs", false, 10 * n, 10 * n},
                           Case{"select, shared children", "P", "qs__rs", true, 6 * n, 10 * n},
                           Case{"prefetch, shared children", "P", "qs__rs", false, 4 * n + 6, n + 5}}) {
    const QuerySet all = place.database()[item.model].objects();
    const QuerySet query = item.joined ? all.select_related(item.path) : all.prefetch_related(item.path);
    const auto observer = std::make_shared<RowsRead>();
    const std::shared_ptr<void> observing = place.database().add_observer(observer);
    double best = 0;
    Kept kept;
    for (int round = 0; round < 3; ++round) {
      observer->rows = 0;
      const double start = cpu_seconds();
      Rows rows = query.all();
      const double microseconds = (cpu_seconds() - start) * 1e6 / static_cast<double>(roots);
      if (round == 0 || microseconds < best) best = microseconds;
      kept = {};
      std::set<const graph::Node*> seen;
      add(*rows.node(), seen, kept);
    }
    const auto line = [&](const char* unit, double value, double bound) {
      report.add({item.name, place.name(), unit, roots, 0, value, 0, bound});
    };
    line("rows read", static_cast<double>(observer->rows), static_cast<double>(item.rows));
    line("objects", static_cast<double>(kept.objects), static_cast<double>(item.objects));
    line("bytes kept per root", static_cast<double>(kept.bytes) / static_cast<double>(roots), 2'000);
    line("µs per root", best, 1'000);
  }
}

}  // namespace dorm::bench
