#include "write/recursive_delete.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "load/child_query.hpp"
#include "load/key_groups.hpp"
#include "load/run.hpp"
#include "query/automatic.hpp"
#include "query/validate.hpp"
#include "session/session.hpp"
#include "write/row_write.hpp"
#include "write/save_order.hpp"

namespace dorm::write {
namespace {

// Keys of one column are one parameter.
constexpr std::size_t keys_per_statement = 20'000;
constexpr std::size_t composite_keys_per_statement = 256;

// A foreign key, as seen from the model that holds it.
struct Dependence {
  const ModelInfo* model;
  const RelationInfo* relation;

  // What is written to take a row out of it; empty if that cannot be.
  std::vector<std::uint32_t> nullable_fields() const {
    std::vector<std::uint32_t> fields;
    for (const std::uint32_t field : relation->fields)
      if (model->fields[field].nullable && !model->fields[field].primary_key) fields.push_back(field);
    return fields;
  }
};

// Rows of one model, each once, in the order in which they were found.
struct RowSet {
  explicit RowSet(const ModelInfo& of) : model(&of), keys(of, of.primary_key) {}
  bool add(const Cell* row) {
    const std::uint32_t before = keys.size();
    return keys.add(row) == before;
  }
  std::uint32_t size() const noexcept { return keys.size(); }
  const Cell* row(std::uint32_t number) const noexcept { return keys.row(number); }
  bool has(const Cell* row) const { return keys.find(row, model->primary_key) != load::KeyGroups::none; }

  const ModelInfo* model;
  load::KeyGroups keys;
  std::uint32_t expanded = 0;  // rows whose dependents are known
};

bool has_null(const Cell* row, const std::vector<std::uint32_t>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](std::uint32_t field) { return !row[field].is_loaded() || row[field].is_null(); });
}

class Deleter {
 public:
  Deleter(load::Engine& engine, const graph::Reference& root, bool delete_nullable)
      : engine_(engine),
        context_(std::static_pointer_cast<const load::Context>(root.node->graph->context)),
        root_(root),
        delete_nullable_(delete_nullable) {
    for (const auto& model : context_->registry.models())
      for (const RelationInfo& relation : model->relations)
        if (relation.holds_key()) dependents_[relation.target].push_back({model.get(), &relation});
  }

  // Which rows, without writing anything.
  void find() {
    find_root();
    for (bool any = true; any;) {
      any = false;
      // New sets are added at the end while this goes on.
      for (std::size_t next = 0; next < sets_.size();) {
        RowSet& set = *sets_[next++];
        if (set.expanded == set.size()) continue;
        any = true;
        const std::uint32_t begin = std::exchange(set.expanded, set.size());
        for (const Dependence& dependence : dependents_[set.model->id])
          find_dependents(set, begin, set.expanded, dependence);
      }
    }
    for (Release& release : releases_) {
      // A row that goes need not be let go.
      std::erase_if(release.rows, [&](const Cell* row) {
        const auto set = set_of_.find(release.dependence.model->id);
        return set != set_of_.end() && sets_[set->second]->has(row);
      });
    }
  }

  void run() {
    std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> batches = plan();
    for (const Release& release : releases_) null_keys(release);
    bool is_gone = false;
    for (const auto& [set, rows] : batches) {
      // The row itself, as a rule the last and alone: whoever was faster is noticed, as by delete_row().
      if (set == 0 && rows.size() == 1 && rows.front() == 0 && !is_root_released()) {
        remove(engine_, *context_, *root_.node, root_.slot);
        is_gone = true;
      } else {
        remove_rows(*sets_[set], rows);
      }
    }
    if (!is_gone) mark_removed(engine_, *root_.node, root_.slot);
  }

  DeleteReport report() const {
    std::map<std::string, DeleteReport::Count> counts;
    const auto count_of = [&](const ModelInfo& model) -> DeleteReport::Count& {
      DeleteReport::Count& count = counts[model.qualified_name()];
      count.model = model.qualified_name();
      return count;
    };
    for (const auto& set : sets_)
      if (set->size() != 0) count_of(*set->model).deleted += set->size();
    for (const Release& release : releases_)
      if (!release.rows.empty() && !release.is_circle)
        count_of(*release.dependence.model).released += static_cast<std::int64_t>(release.rows.size());
    DeleteReport report;
    for (auto& [name, count] : counts) report.models.push_back(std::move(count));
    return report;
  }

 private:
  // Rows whose key is set to null.
  struct Release {
    Dependence dependence;
    std::vector<const Cell*> rows;
    bool is_circle = false;  // they are deleted afterwards
  };

  // ---- finding ----

  RowSet& set_of(const ModelInfo& model) {
    const auto [known, added] = set_of_.try_emplace(model.id, sets_.size());
    if (added) {
      if (model.primary_key.empty())
        throw StateError("model '" + model.name + "' has no primary key; its rows cannot be deleted with others");
      sets_.push_back(std::make_unique<RowSet>(model));
    }
    return *sets_[known->second];
  }

  // Its key, its foreign keys, and what other models refer to.
  std::vector<std::uint32_t> fields_of(const ModelInfo& model) {
    std::set<std::uint32_t> fields(model.primary_key.begin(), model.primary_key.end());
    for (const RelationInfo& relation : model.relations)
      if (relation.holds_key()) fields.insert(relation.fields.begin(), relation.fields.end());
    for (const Dependence& dependence : dependents_[model.id])
      fields.insert(dependence.relation->target_fields.begin(), dependence.relation->target_fields.end());
    if (model.version_field != no_index) fields.insert(model.version_field);
    return {fields.begin(), fields.end()};
  }

  const graph::Node& load_rows(const ModelInfo& model, const std::vector<std::uint32_t>& key,
                               std::vector<Values> wanted) {
    query::QuerySpec spec;
    spec.root = spec.context = query::model_source(context_->registry, model);
    spec.default_projection = false;
    for (const std::uint32_t field : fields_of(model))
      spec.outputs.push_back({query::column_term(spec.root, field), nullptr});
    spec.where = load::key_condition(spec.root, key, std::move(wanted));
    graphs_.push_back(load::run(engine_, context_, spec));
    return *graphs_.back()->root();
  }

  // As the database has it: dependents refer to that.
  void find_root() {
    const ModelInfo& model = *root_.node->shape->model;
    const Values key = stored_key_values(*root_.node, root_.slot);
    const graph::Node& found = load_rows(model, model.primary_key, {key});
    if (found.slot_count() == 0) throw NotFound("the row of model '" + model.name + "' is gone from the database");
    require_version(*root_.node, root_.slot, found.cells(0));
    set_of(model).add(found.cells(0));
  }

  void find_dependents(const RowSet& set, std::uint32_t begin, std::uint32_t end, const Dependence& dependence) {
    const std::vector<std::uint32_t>& theirs = dependence.relation->target_fields;
    const std::size_t most = theirs.size() == 1 ? keys_per_statement : composite_keys_per_statement;
    const bool stays = dependence.relation->nullable && !delete_nullable_ && !dependence.nullable_fields().empty();
    std::vector<Values> wanted;
    const auto look = [&] {
      if (wanted.empty()) return;
      const graph::Node& found = load_rows(*dependence.model, dependence.relation->fields, std::exchange(wanted, {}));
      if (found.slot_count() == 0) return;
      if (stays) {
        release_of(dependence, found);
      } else {
        RowSet& dependents = set_of(*dependence.model);
        for (std::uint32_t slot = 0; slot < found.slot_count(); ++slot) dependents.add(found.cells(slot));
      }
    };
    for (std::uint32_t number = begin; number < end; ++number) {
      const Cell* row = set.row(number);
      if (has_null(row, theirs)) continue;
      Values& key = wanted.emplace_back();
      for (const std::uint32_t field : theirs) key.push_back(load::value_of(row[field]));
      if (wanted.size() == most) look();
    }
    look();
  }

  void release_of(const Dependence& dependence, const graph::Node& found) {
    auto release = std::find_if(releases_.begin(), releases_.end(),
                                [&](const Release& other) { return other.dependence.relation == dependence.relation; });
    if (release == releases_.end()) release = releases_.insert(releases_.end(), Release{dependence, {}, false});
    for (std::uint32_t slot = 0; slot < found.slot_count(); ++slot) release->rows.push_back(found.cells(slot));
  }

  // ---- in which order ----

  // Batches of rows of one set, each with nobody left who refers to its rows.
  std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> plan() {
    std::vector<std::uint32_t> first;  // number of the first row of each set
    std::vector<std::uint32_t> groups;
    for (std::uint32_t i = 0; i < sets_.size(); ++i) {
      first.push_back(static_cast<std::uint32_t>(groups.size()));
      groups.insert(groups.end(), sets_[i]->size(), i);
    }
    SaveOrder order(groups);
    std::vector<Dependence> kinds;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      for (const RelationInfo& relation : sets_[i]->model->relations) {
        // What is not checked before the end needs no order.
        if (!relation.holds_key() || !relation.constraint || relation.deferrable == Deferrable::initially_deferred)
          continue;
        const auto target = set_of_.find(relation.target);
        if (target == set_of_.end()) continue;
        const auto kind = static_cast<std::uint32_t>(kinds.size());
        kinds.push_back({sets_[i]->model, &relation});
        add_edges(order, i, target->second, first, kinds.back(), kind);
      }
    }
    std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> batches;
    while (!order.is_done()) {
      std::vector<std::uint32_t> rows = order.next();
      if (rows.empty()) {
        break_circle(order, kinds, groups, first);
        continue;
      }
      const std::size_t set = groups[rows.front()];
      for (std::uint32_t& row : rows) row -= first[set];
      batches.emplace_back(set, std::move(rows));
    }
    return batches;
  }

  void add_edges(SaveOrder& order, std::size_t from, std::size_t to, const std::vector<std::uint32_t>& first,
                 const Dependence& dependence, std::uint32_t kind) const {
    const RelationInfo& relation = *dependence.relation;
    load::KeyGroups targets(*sets_[to]->model, relation.target_fields);
    std::vector<std::uint32_t> numbers;  // by group
    for (std::uint32_t number = 0; number < sets_[to]->size(); ++number)
      if (targets.add(sets_[to]->row(number)) == numbers.size()) numbers.push_back(number);
    SaveOrder::Bond bond = SaveOrder::Bond::firm;
    if (!dependence.nullable_fields().empty()) {
      bond = SaveOrder::Bond::nullable;
    } else if (from == to) {
      bond = SaveOrder::Bond::soft;
    }
    for (std::uint32_t number = 0; number < sets_[from]->size(); ++number) {
      const Cell* row = sets_[from]->row(number);
      if (has_null(row, relation.fields)) continue;
      const std::uint32_t group = targets.find(row, relation.fields);
      if (group == load::KeyGroups::none) continue;
      const std::uint32_t target = first[to] + numbers[group];
      const std::uint32_t dependent = first[from] + number;
      if (target != dependent) order.add({target, dependent, bond, kind});
    }
  }

  // Keys that may be null are set to null before; rows of one model that cannot be told apart go in one statement. What
  // is left is for the database to judge.
  void break_circle(SaveOrder& order, const std::vector<Dependence>& kinds, const std::vector<std::uint32_t>& groups,
                    const std::vector<std::uint32_t>& first) {
    const std::vector<SaveOrder::Edge> circle = order.circle();
    const auto with = [&](SaveOrder::Bond bond) {
      return std::find_if(circle.begin(), circle.end(), [&](const auto& edge) { return edge.bond == bond; });
    };
    auto weakest = with(SaveOrder::Bond::nullable);
    if (weakest == circle.end()) weakest = with(SaveOrder::Bond::soft);
    if (weakest == circle.end()) weakest = circle.begin();
    Release release{kinds[weakest->kind], {}, true};
    for (const SaveOrder::Edge& edge : order.drop(*weakest)) {
      const std::size_t set = groups[edge.first];
      release.rows.push_back(sets_[set]->row(edge.first - first[set]));
    }
    if (weakest->bond == SaveOrder::Bond::nullable) releases_.push_back(std::move(release));
  }

  // ---- writing ----

  // Then its version is not any more what it was.
  bool is_root_released() const {
    return std::any_of(releases_.begin(), releases_.end(), [&](const Release& release) {
      return std::count(release.rows.begin(), release.rows.end(), sets_.front()->row(0)) != 0;
    });
  }

  // Calls `write` with conditions that say which rows, by their primary keys.
  template <class Rows, class Write>
  void each_chunk(const ModelInfo& model, const query::SourcePtr& source, const Rows& rows, const Write& write) const {
    const std::size_t most = model.primary_key.size() == 1 ? keys_per_statement : composite_keys_per_statement;
    std::vector<Values> keys;
    const auto flush = [&] {
      if (!keys.empty()) write(load::key_condition(source, model.primary_key, std::exchange(keys, {})));
    };
    for (const Cell* row : rows) {
      Values& key = keys.emplace_back();
      for (const std::uint32_t field : model.primary_key) key.push_back(load::value_of(row[field]));
      if (keys.size() == most) flush();
    }
    flush();
  }

  void null_keys(const Release& release) const {
    const ModelInfo& model = *release.dependence.model;
    query::QuerySpec spec;
    spec.root = spec.context = query::model_source(context_->registry, model);
    std::vector<query::Change> changes;
    for (const std::uint32_t field : release.dependence.nullable_fields())
      changes.push_back({field, query::value_term(Value(), model.fields[field].type)});
    query::add_automatic(spec.root, changes);
    each_chunk(model, spec.root, release.rows, [&](query::TermPtr condition) {
      spec.where = std::move(condition);
      load::run_write(engine_, spec, query::Purpose::update, changes);
    });
  }

  void remove_rows(const RowSet& set, const std::vector<std::uint32_t>& numbers) const {
    query::QuerySpec spec;
    spec.root = spec.context = query::model_source(context_->registry, *set.model);
    std::vector<const Cell*> rows;
    for (const std::uint32_t number : numbers) rows.push_back(set.row(number));
    each_chunk(*set.model, spec.root, rows, [&](query::TermPtr condition) {
      spec.where = std::move(condition);
      load::run_write(engine_, spec, query::Purpose::remove, {});
    });
  }

  load::Engine& engine_;
  const std::shared_ptr<const load::Context> context_;
  const graph::Reference root_;
  const bool delete_nullable_;
  std::map<std::uint32_t, std::vector<Dependence>> dependents_;  // by model: who refers to it
  std::vector<std::shared_ptr<graph::Graph>> graphs_;            // what the sets point into
  std::vector<std::unique_ptr<RowSet>> sets_;
  std::map<std::uint32_t, std::size_t> set_of_;  // by model, in sets_
  std::vector<Release> releases_;
};

}  // namespace

DeleteReport delete_recursive(load::Engine& engine, const graph::Reference& row, const DeleteOptions& options) {
  Deleter deleter(engine, row, options.delete_nullable);
  if (options.dry_run) {
    deleter.find();
    return deleter.report();
  }
  TransactionScope all = engine.session->begin();
  deleter.find();
  deleter.run();
  all.commit();
  return deleter.report();
}

}  // namespace dorm::write
