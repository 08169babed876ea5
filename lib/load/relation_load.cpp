#include "load/relation_load.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>
#include <utility>

#include "dorm/error.hpp"
#include "load/key_chunks.hpp"
#include "load/key_groups.hpp"
#include "load/pending_load.hpp"
#include "query/builder.hpp"

namespace dorm::load {
namespace {

// What cells that were loaded later point to.
struct Texts final : graph::Attachment {
  graph::Arena arena;
};

// The parents' table, beside itself where their model is that of the children, too.
query::SourcePtr parents_of(const Context& context, const RelationInfo& relation) {
  return query::model_alias(*query::model_source(context.registry, context.registry.model(relation.model)), "");
}

// The statement of one load: what it selects from, and which of its rows hold the key.
class Statement {
 public:
  Statement(const Context& context, const RelationLoad& load, const sql::Capabilities& capabilities)
      : relation_(*load.relation),
        load_(load),
        capabilities_(capabilities),
        context_(context),
        target_(load.children ? load.children->root
                              : query::model_source(context.registry, context.registry.model(relation_.target))) {
    if (relation_.through == no_index) {
      holder_ = target_;
      key_ = relation_.target_fields;
      by_key();
    } else {
      const ModelInfo& through = context.registry.model(relation_.through);
      holder_ = query::model_source(context.registry, through);
      key_ = through.relations[relation_.through_source].fields;
      by_links(through.relations[relation_.through_target]);
    }
  }

  const std::vector<std::uint32_t>& key() const noexcept { return key_; }
  const query::SourcePtr& holder() const noexcept { return holder_; }
  // Whether the limit is left to whoever reads the rows.
  bool is_sliced() const { return is_limited() && !can_number(spec_); }
  bool is_spread() const { return query::is_spread(holder_->model->fields[key_.front()].type); }
  // Keys by value or as a subquery.
  template <class Keys>
  query::QuerySpec among(Keys keys) const {
    if (is_limited() && can_number(spec_)) {
      const PerKey per_key{key_, load_.limit, load_.offset};
      if (capabilities_.lateral && has_ordered_index()) {
        const query::SourcePtr parents = parents_of(context_, relation_);
        return limit_per_parent(spec_, per_key, parents, relation_.fields,
                                key_condition(parents, relation_.fields, std::move(keys)));
      }
      return number_per_key(spec_, per_key, key_condition(holder_, key_, std::move(keys)));
    }
    query::QuerySpec spec = spec_;
    spec.where = query::all_of(spec.where, key_condition(holder_, key_, std::move(keys)));
    return spec;
  }

 private:
  bool is_limited() const { return load_.limit.has_value() || load_.offset.value_or(0) > 0; }

  // Children that hold our key, or whose key we hold.
  void by_key() {
    if (load_.children) {
      spec_ = *load_.children;
    } else {
      spec_.root = spec_.context = target_;
    }
    spec_ = with_fields(std::move(spec_), key_);
    if (relation_.to_many()) order_by_default(spec_, target_, relation_);
  }

  // Link rows joined with their targets: each distinct target once, the link rows readable beside it.
  void by_links(const RelationInfo& to_target) {
    spec_.root = spec_.context = holder_;
    spec_.default_projection = false;
    for (const FieldInfo& field : holder_->model->fields)
      spec_.outputs.push_back({query::column_term(holder_, field.index), nullptr});
    query::JoinSpec join;
    join.from = holder_;
    join.target = target_;
    join.on = query::relation_condition(to_target, holder_, target_);
    join.relation = to_target.index;
    join.accessor = to_target.name;
    join.shared = true;
    spec_.joins.push_back(std::move(join));
    if (load_.children) {
      const query::QuerySpec& children = *load_.children;
      if (children.default_projection) {
        spec_.outputs.push_back({nullptr, target_});
      } else {
        spec_.outputs.insert(spec_.outputs.end(), children.outputs.begin(), children.outputs.end());
      }
      spec_.joins.insert(spec_.joins.end(), children.joins.begin(), children.joins.end());
      spec_.ctes = children.ctes;
      spec_.where = children.where;
      spec_.order_by = children.order_by;
      spec_.parents = (children.parents || !children.joins.empty()) && load_.joined == Sharing::per_parent;
    } else {
      spec_.outputs.push_back({nullptr, target_});
    }
    order_by_default(spec_, target_, relation_);
    // The same target linked twice.
    if (!links_once()) order_by_key(spec_, holder_);
  }

  bool links_once() const {
    const ModelInfo& through = *holder_->model;
    const std::vector<std::uint32_t>& there = through.relations[relation_.through_target].fields;
    const auto among_both = [&](const std::vector<std::uint32_t>& fields) {
      return !fields.empty() && std::all_of(fields.begin(), fields.end(), [&](std::uint32_t field) {
        return std::count(key_.begin(), key_.end(), field) + std::count(there.begin(), there.end(), field) != 0;
      });
    };
    return among_both(through.primary_key) ||
           std::any_of(through.uniques.begin(), through.uniques.end(),
                       [&](const UniqueInfo& unique) { return !unique.where && among_both(unique.fields); });
  }

  // An index that starts with the key and goes on with the order: it finds the first rows of each parent at once.
  bool has_ordered_index() const {
    if (spec_.order_by.empty()) return false;
    const query::Term& first = *spec_.order_by.front().term;
    if (first.source == nullptr || !query::same_source(*first.source, *holder_)) return false;
    const auto starts_so = [&](const std::vector<std::uint32_t>& fields) {
      return fields.size() > key_.size() && std::equal(key_.begin(), key_.end(), fields.begin()) &&
             fields[key_.size()] == first.field;
    };
    const ModelInfo& model = *holder_->model;
    return starts_so(model.primary_key) ||
           std::any_of(model.indexes.begin(), model.indexes.end(),
                       [&](const IndexInfo& index) {
                         std::vector<std::uint32_t> fields;
                         for (const OrderTerm& term : index.terms) fields.push_back(term.field);
                         return !index.where && starts_so(fields);
                       }) ||
           std::any_of(model.uniques.begin(), model.uniques.end(),
                       [&](const UniqueInfo& unique) { return !unique.where && starts_so(unique.fields); });
  }

  const RelationInfo& relation_;
  const RelationLoad& load_;
  const sql::Capabilities& capabilities_;
  const Context& context_;
  const query::SourcePtr target_;
  query::SourcePtr holder_;         // of the key: the target, or the link rows
  std::vector<std::uint32_t> key_;  // of the holder
  query::QuerySpec spec_;
};

class Loader {
 public:
  Loader(Engine& engine, const std::shared_ptr<const Context>& context, const RelationLoad& load)
      : engine_(engine),
        context_(context),
        load_(load),
        graph_(*load.parent->graph),
        relation_(*load.relation),
        target_(context->registry.model(load.relation->target)),
        statement_(*context, load, engine.session->dialect().capabilities()),
        groups_(*load.parent->shape->model, relation_.fields) {}

  graph::Relation* run() {
    for (const std::uint32_t slot : load_.slots) {
      const bool complete = is_complete(*load_.parent, slot, relation_.fields, "loading a relation");
      group_of_slot_.push_back(complete ? groups_.add(load_.parent->cells(slot)) : KeyGroups::none);
    }
    if (groups_.size() != 0 && load_.limit != 0) {
      if (relation_.through != no_index) {
        many_to_many();
      } else {
        by_key();
      }
    }
    if (entry_ == nullptr) make_empty_entry();
    if (relation_.to_many()) {
      publish_lists();
    } else {
      publish_ones();
    }
    // Complete, so that others may see it.
    if (fresh_) load_.parent->add_relation(std::move(fresh_));
    forget_on_rollback(engine_, *load_.parent, *entry_, load_.slots);
    return entry_;
  }

 private:
  // A child, or a target with its link row, of the parents of a group.
  struct Element {
    std::uint32_t group;
    std::uint32_t target;
    std::uint32_t link;
  };

  void make_entry(graph::Node* target, graph::Node* links = nullptr) {
    fresh_ = std::make_unique<graph::Relation>(load_.name.empty() ? relation_.name : load_.name, relation_.index,
                                               target, relation_.to_many());
    fresh_->named = !load_.name.empty() && load_.name != relation_.name;
    fresh_->partial = load_.partial;
    fresh_->links = links;
    entry_ = fresh_.get();
  }

  void make_empty_entry() {
    graph::Node* target = graph_.add_node(context_->shape(target_), 0);
    graph::Node* links = nullptr;
    if (relation_.through != no_index)
      links = graph_.add_node(context_->shape(context_->registry.model(relation_.through)), 0);
    make_entry(target, links);
  }

  // All rows go through one sink, however many statements bring them: a row that two of them bring is one.
  graph::Node* run_statements(graph::Node* root) {
    if (load_.filled != nullptr) return load_.filled->finish();
    std::optional<Filling> filling;
    const auto execute = [&](const query::QuerySpec& spec) {
      const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
      const auto plan = plan_of(engine_, spec, query::Purpose::rows, shaped);
      if (!filling) filling.emplace(graph_, *plan, load_.joined, groups_.size(), root);
      filling->execute(engine_, *plan, Parameters(*plan, shaped.slots).cells());
    };
    if (load_.keys) {
      execute(statement_.among(load_.keys));
    } else {
      in_chunks(groups_, statement_.is_spread(), [&](FlatKeys keys) { execute(statement_.among(std::move(keys))); });
    }
    return filling->finish();
  }

  void by_key() {
    entry_ = load_.children || load_.partial || !load_.append ? nullptr : load_.parent->find_relation(relation_.index);
    // An entry made by assignment leads to rows of other graphs and has no node to add to.
    if (entry_ != nullptr && (entry_->target == nullptr || entry_->name != relation_.name)) entry_ = nullptr;
    std::optional<graph::Growth> growth;
    if (entry_ != nullptr && !growth.emplace(*entry_->target).is_owned()) entry_ = nullptr;
    graph::Node* node = entry_ == nullptr ? nullptr : entry_->target;
    const std::uint32_t first = node == nullptr ? 0 : node->slot_count();
    node = run_statements(node);
    assign(*node, first, statement_.key(), [&](std::uint32_t slot) { return slot; });
    lead_back(*node);
    if (entry_ == nullptr) make_entry(node);
    if (growth) growth->keep();
  }

  void many_to_many() {
    const RelationInfo& to_target = statement_.holder()->model->relations[relation_.through_target];
    graph::Node* links = run_statements(nullptr);
    const graph::Relation* to = links->find_relation(to_target.index);
    assign(*links, 0, statement_.key(), [&](std::uint32_t link) {
      const graph::Span span = to->span(link);
      return span.state == graph::RelationState::loaded ? span.begin : KeyGroups::none;
    });
    make_entry(to->target, links);
  }

  // Gives the rows from `first` on, which hold the key in `fields`, to the groups of their parents.
  template <class TargetOf>
  void assign(const graph::Node& holder, std::uint32_t first, const std::vector<std::uint32_t>& fields,
              TargetOf target_of) {
    std::vector<std::uint32_t> strangers;
    const std::uint32_t end = holder.slot_count();
    for (std::uint32_t slot = first; slot < end; ++slot) {
      const std::uint32_t target = target_of(slot);
      if (target == KeyGroups::none) continue;
      const std::uint32_t group = groups_.find(holder.cells(slot), fields);
      if (group != KeyGroups::none) {
        elements_.push_back({group, target, slot});
      } else {
        strangers.push_back(slot);
      }
    }
    // A subquery may know more parents than we do.
    if (load_.keys && !groups_.asks_database()) return;
    if (strangers.empty() && !has_groups_to_ask_for()) return;
    ask_for_groups(holder, first, strangers, fields, target_of);
  }

  // Of a row that many keys lead to, all of them are wanted, not only the one with the same bytes.
  bool has_groups_to_ask_for() const {
    if (relation_.to_many() || !groups_.asks_database()) return false;
    return !unmatched_groups().empty();
  }

  std::vector<std::uint32_t> unmatched_groups() const {
    std::vector<bool> matched(groups_.size());
    for (const Element& element : elements_) matched[element.group] = true;
    std::vector<std::uint32_t> unmatched;
    for (std::uint32_t group = 0; group < groups_.size(); ++group)
      if (!matched[group]) unmatched.push_back(group);
    return unmatched;
  }

  // The database took keys for equal that differ in bytes: it says which.
  template <class TargetOf>
  void ask_for_groups(const graph::Node& holder, std::uint32_t first, const std::vector<std::uint32_t>& strangers,
                      const std::vector<std::uint32_t>& fields, TargetOf target_of) {
    KeyGroups rows(*holder.shape->model, fields);
    std::vector<std::vector<std::uint32_t>> slots_of;
    const auto add = [&](std::uint32_t slot) {
      const std::uint32_t row = rows.add(holder.cells(slot));
      if (row == slots_of.size()) slots_of.emplace_back();
      slots_of[row].push_back(slot);
    };
    if (relation_.to_many()) {
      for (const std::uint32_t slot : strangers) add(slot);
    } else {
      for (std::uint32_t slot = first; slot < holder.slot_count(); ++slot) add(slot);
    }
    std::vector<bool> wanted(groups_.size(), relation_.to_many());
    if (!relation_.to_many())
      for (const std::uint32_t group : unmatched_groups()) wanted[group] = true;

    const query::SourcePtr parents = parents_of(*context_, relation_);
    query::QuerySpec spec;
    spec.root = spec.context = statement_.holder();
    spec.default_projection = false;
    query::JoinSpec join;
    join.from = statement_.holder();
    join.target = parents;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const query::TermPtr ours = query::column_term(parents, relation_.fields[i]);
      const query::TermPtr theirs = query::column_term(statement_.holder(), fields[i]);
      join.on = query::all_of(join.on, query::equal(theirs, ours));
      spec.outputs.push_back({theirs, nullptr});
      spec.outputs.push_back({ours, nullptr});
    }
    spec.joins.push_back(std::move(join));
    spec.mode = query::RowMode::tuples;
    // DISTINCT would compare as the database does, and lose the bytes that we look for.
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    in_chunks(rows, statement_.is_spread(), [&](FlatKeys keys) {
      spec.where = key_condition(statement_.holder(), fields, std::move(keys));
      const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
      const auto plan = plan_of(engine_, spec, query::Purpose::rows, shaped);
      graph::Graph scratch(nullptr);
      const graph::Node* pairs = run_into(engine_, scratch, *plan, shaped.slots, Sharing::shared, 8);
      std::vector<std::uint32_t> theirs;
      std::vector<std::uint32_t> ours;
      for (std::uint32_t i = 0; i < fields.size(); ++i) {
        theirs.push_back(2 * i);
        ours.push_back(2 * i + 1);
      }
      for (std::uint32_t pair = 0; pair < pairs->slot_count(); ++pair) {
        const std::uint32_t row = rows.find(pairs->cells(pair), theirs);
        const std::uint32_t group = groups_.find(pairs->cells(pair), ours);
        if (row == KeyGroups::none || group == KeyGroups::none || !wanted[group]) continue;
        if (!seen.emplace(row, group).second) continue;
        for (const std::uint32_t slot : slots_of[row]) elements_.push_back({group, target_of(slot), slot});
      }
    });
    // Each group's elements in the order of the rows again.
    std::stable_sort(elements_.begin(), elements_.end(),
                     [](const Element& a, const Element& b) { return a.link < b.link; });
  }

  // The other side of a foreign key, where it leads to one row: known without asking. Rows that came with an answer of
  // their own keep it.
  void lead_back(graph::Node& node) {
    if (relation_.inverse == no_index) return;
    const RelationInfo& inverse = target_.relations[relation_.inverse];
    if (inverse.to_many() || inverse.name.empty()) return;
    graph::Relation* entry = node.find_relation(inverse.index);
    if (entry != nullptr && entry->target != load_.parent) entry = nullptr;
    std::vector<std::uint32_t> parent(groups_.size(), KeyGroups::none);
    for (std::size_t i = load_.slots.size(); i-- > 0;)
      if (group_of_slot_[i] != KeyGroups::none) parent[group_of_slot_[i]] = load_.slots[i];
    for (const Element& element : elements_) {
      const graph::Node::Found known = node.find_span(element.target, inverse.index);
      if (known.relation != entry && known.span.state != graph::RelationState::not_loaded) continue;
      if (entry == nullptr) {
        auto made = std::make_unique<graph::Relation>(inverse.name, inverse.index, load_.parent, false);
        entry = node.add_relation(std::move(made));
      }
      entry->set_one(element.target, parent[element.group]);
    }
    if (entry != nullptr) entry->cover(node.slot_count());
  }

  void publish_ones() {
    std::vector<std::uint32_t> target(groups_.size(), KeyGroups::none);
    for (const Element& element : elements_) target[element.group] = element.target;
    warn_of_vanished_targets(std::count(target.begin(), target.end(), KeyGroups::none));
    for (std::size_t i = 0; i < load_.slots.size(); ++i) {
      const std::uint32_t group = group_of_slot_[i];
      if (group == KeyGroups::none || target[group] == KeyGroups::none) {
        entry_->set_state(load_.slots[i], graph::RelationState::null);
      } else {
        entry_->set_one(load_.slots[i], target[group]);
      }
    }
  }

  // Children of one group side by side, in the order they came: a counting sort.
  void publish_lists() {
    std::vector<std::uint32_t> begin(std::size_t{groups_.size()} + 1);
    for (const Element& element : elements_) ++begin[element.group + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<std::uint32_t> order(elements_.size());
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    for (std::uint32_t i = 0; i < elements_.size(); ++i) order[next[elements_[i].group]++] = i;
    const bool sliced = statement_.is_sliced();
    const auto skipped = static_cast<std::uint64_t>(load_.offset.value_or(0));
    const auto taken = static_cast<std::uint64_t>(load_.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    std::vector<graph::Span> spans(groups_.size());
    for (std::uint32_t group = 0; group < groups_.size(); ++group) {
      std::uint32_t from = begin[group];
      std::uint32_t to = begin[group + 1];
      if (sliced) {
        from += static_cast<std::uint32_t>(std::min<std::uint64_t>(skipped, to - from));
        to = from + static_cast<std::uint32_t>(std::min<std::uint64_t>(taken, to - from));
      }
      spans[group].begin = entry_->target_count();
      spans[group].count = to - from;
      for (std::uint32_t i = from; i < to; ++i) {
        entry_->append_target(elements_[order[i]].target);
        if (entry_->links != nullptr) entry_->append_link(elements_[order[i]].link);
      }
    }
    for (std::size_t i = 0; i < load_.slots.size(); ++i) {
      const std::uint32_t group = group_of_slot_[i];
      if (group == KeyGroups::none) {
        entry_->set_many(load_.slots[i], entry_->target_count(), 0);
      } else {
        entry_->set_many(load_.slots[i], spans[group].begin, spans[group].count);
      }
    }
  }

  // A foreign key that leads nowhere reads as null; only the database's owner can mend it, so he is told.
  void warn_of_vanished_targets(std::ptrdiff_t vanished) const {
    // Where the children are filtered, one that is missing tells nothing.
    if (vanished == 0 || !relation_.holds_key() || load_.partial || !engine_.session->is_observed()) return;
    engine_.session->warn("'" + load_.parent->shape->model->name + "." + relation_.name + "' has " +
                          std::to_string(vanished) + (vanished == 1 ? " key" : " keys") + " of '" + target_.name +
                          "' rows that are gone; the relation reads as null there");
  }

  Engine& engine_;
  const std::shared_ptr<const Context>& context_;
  const RelationLoad& load_;
  graph::Graph& graph_;
  const RelationInfo& relation_;
  const ModelInfo& target_;
  const Statement statement_;
  KeyGroups groups_;
  std::vector<std::uint32_t> group_of_slot_;  // for each of load_.slots
  std::vector<Element> elements_;
  graph::Relation* entry_ = nullptr;        // the one that is there, so that its node grows, or
  std::unique_ptr<graph::Relation> fresh_;  // a new one, published when all is in it
};

}  // namespace

graph::Relation* load_relation(Engine& engine, const std::shared_ptr<const Context>& context,
                               const RelationLoad& load) {
  return Loader(engine, context, load).run();
}

query::QuerySpec relation_query(const Engine& engine, const Context& context, const RelationLoad& load) {
  const Statement statement(context, load, engine.session->dialect().capabilities());
  if (load.keys) return statement.among(load.keys);
  return statement.among(FlatKeys{Values(statement.key().size(), Value(0))});
}

void load_cells(Engine& engine, const std::shared_ptr<const Context>& context, graph::Node& node,
                const std::vector<std::uint32_t>& slots, const std::vector<std::uint32_t>& fields) {
  const ModelInfo& model = *node.shape->model;
  const query::SourcePtr source = query::model_source(context->registry, model);
  query::QuerySpec spec;
  spec.root = source;
  spec.context = source;
  spec.default_projection = false;
  for (const std::uint32_t field : model.primary_key)
    spec.outputs.push_back({query::column_term(source, field), nullptr});
  for (const std::uint32_t field : fields) spec.outputs.push_back({query::column_term(source, field), nullptr});
  KeyGroups groups(model, model.primary_key);
  std::vector<std::vector<std::uint32_t>> slots_of;
  for (const std::uint32_t slot : slots) {
    if (!is_complete(node, slot, model.primary_key, "loading a column")) continue;
    const std::uint32_t group = groups.add(node.cells(slot));
    if (group == slots_of.size()) slots_of.emplace_back();
    slots_of[group].push_back(slot);
  }
  const bool spread = !model.primary_key.empty() && query::is_spread(model.fields[model.primary_key.front()].type);
  in_chunks(groups, spread, [&](FlatKeys keys) {
    spec.where = key_condition(source, model.primary_key, std::move(keys));
    const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
    const auto plan = plan_of(engine, spec, query::Purpose::rows, shaped);
    graph::Graph scratch(nullptr);
    const graph::Node* loaded = run_into(engine, scratch, *plan, shaped.slots, Sharing::shared, groups.size());
    // Other threads may be reading these rows, or loading other columns of them.
    const std::lock_guard lock(node.graph->mutex);
    auto texts = std::make_unique<Texts>();
    for (std::uint32_t row = 0; row < loaded->slot_count(); ++row) {
      const Cell* cells = loaded->cells(row);
      const std::uint32_t group = groups.find(cells, model.primary_key);
      if (group == KeyGroups::none) continue;
      for (const std::uint32_t slot : slots_of[group]) {
        Cell* own = node.cells(slot);
        for (const std::uint32_t field : fields) {
          if (own[field].is_loaded()) continue;
          Cell cell = cells[field];
          const bool bytes = cell.tag >= CellTag::decimal_text && cell.tag <= CellTag::uuid;
          if (bytes || cell.tag == CellTag::json) cell.data = texts->arena.copy(cell.view()).data();
          own[field].publish(cell);
        }
      }
    }
    node.attach(std::move(texts));
  });
}

}  // namespace dorm::load
