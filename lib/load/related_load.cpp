#include "load/related_load.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "dorm/error.hpp"
#include "load/lazy.hpp"
#include "load/pending_load.hpp"
#include "load/relation_load.hpp"
#include "load/transplant.hpp"

namespace dorm::load {
namespace {

using Places = std::vector<Slots>;

// Collects rows by node.
class Gathering {
 public:
  void add(std::shared_ptr<graph::Node> node, std::uint32_t slot) {
    const auto [place, is_new] = index_.try_emplace(node.get(), places_.size());
    if (is_new) places_.push_back({std::move(node), {}});
    places_[place->second].slots.push_back(slot);
  }
  Places take() {
    for (Slots& place : places_) {
      std::sort(place.slots.begin(), place.slots.end());
      place.slots.erase(std::unique(place.slots.begin(), place.slots.end()), place.slots.end());
    }
    return std::move(places_);
  }

 private:
  std::map<const graph::Node*, std::size_t> index_;
  Places places_;
};

// What answers to a load: an entry under its name and, if all related rows are wanted, one that has them all.
graph::Node::Found found(const graph::Node& node, std::uint32_t slot, std::string_view name, bool partial) {
  return node.find_span(
      slot, [&](const graph::Relation& entry) { return entry.name == name && (partial || !entry.partial); });
}

// The rows that an entry leads to.
void follow(const Places& places, std::string_view name, bool partial, Gathering& next) {
  for (const Slots& place : places) {
    graph::Graph& graph = *place.node->graph;
    for (const std::uint32_t slot : place.slots) {
      const graph::Node::Found there = found(*place.node, slot, name, partial);
      if (there.span.state == graph::RelationState::external) {
        if (const graph::Reference reference = graph.external(there.relation, slot); reference.node)
          next.add(reference.node, reference.slot);
      } else if (there.span.state == graph::RelationState::loaded) {
        for (std::uint32_t i = 0; i < there.span.count; ++i)
          next.add(graph.share(there.relation->target), there.relation->target_slot(there.span.begin + i));
      }
    }
  }
}

// Begun with the first of several statements, if it comes to that.
class Snapshot {
 public:
  Snapshot(Session& session, bool needed) : session_(session), needed_(needed) {}
  void begin() {
    if (needed_ && !snapshot_) snapshot_.emplace(session_);
  }
  void end() {
    if (snapshot_) snapshot_->end();
  }

 private:
  Session& session_;
  bool needed_;
  std::optional<ReadSnapshot> snapshot_;
};

class Related {
 public:
  // `part_will_do`: a part of the related rows counts as loaded.
  Related(Engine& engine, const std::shared_ptr<const Context>& context, const query::Fetch& fetch,
          const ModelInfo& parent, bool part_will_do)
      : engine_(engine),
        context_(context),
        fetch_(fetch),
        relation_(parent.relations[fetch.relation]),
        name_(fetch.name.empty() ? relation_.name : fetch.name),
        part_will_do_(part_will_do) {}

  const std::string& name() const noexcept { return name_; }

  void run(const Places& parents, bool refresh, Snapshot& snapshot) {
    Places missing;
    for (const Slots& place : parents) {
      Slots lacking{place.node, {}};
      for (const std::uint32_t slot : place.slots)
        if (refresh || found(*place.node, slot, name_, part_will_do_).span.state == graph::RelationState::not_loaded)
          lacking.slots.push_back(slot);
      if (lacking.slots.empty()) continue;
      check_transaction(*lacking.node);
      load_keys(lacking);
      missing.push_back(std::move(lacking));
    }
    if (std::any_of(missing.begin(), missing.end(), [&](const Slots& place) { return has_key(place); }))
      snapshot.begin();
    if (missing.size() == 1) {
      RelationLoad load = load_for(*missing.front().node);
      load.slots = missing.front().slots;
      load_relation(engine_, context_, load)->target->lazy = static_cast<std::uint8_t>(fetch_.lazy);
    } else if (!missing.empty()) {
      load_apart(missing);
    }
  }

 private:
  RelationLoad load_for(graph::Node& parent) const {
    RelationLoad load;
    load.parent = &parent;
    load.relation = &relation_;
    load.children = fetch_.unit->spec;
    load.joined = Sharing::per_parent;
    load.partial = fetch_.partial;
    load.name = fetch_.name;
    load.limit = fetch_.limit;
    load.offset = fetch_.offset;
    return load;
  }

  bool has_key(const Slots& place) const {
    return std::any_of(place.slots.begin(), place.slots.end(), [&](std::uint32_t slot) {
      const Cell* cells = place.node->cells(slot);
      return std::none_of(relation_.fields.begin(), relation_.fields.end(),
                          [&](std::uint32_t field) { return cells[field].is_null(); });
    });
  }

  void load_keys(const Slots& place) const {
    std::vector<std::uint32_t> without;
    for (const std::uint32_t slot : place.slots) {
      const Cell* cells = place.node->cells(slot);
      if (std::any_of(relation_.fields.begin(), relation_.fields.end(),
                      [&](std::uint32_t field) { return !cells[field].is_loaded(); }))
        without.push_back(slot);
    }
    if (!without.empty()) load_cells(engine_, context_, *place.node, without, relation_.fields);
  }

  // For several graphs: into one that nobody sees, and from there to each.
  void load_apart(const Places& missing) const {
    graph::Graph apart(context_);
    graph::Node* parents = apart.add_node(missing.front().node->shape, 0);
    const std::uint32_t width = parents->rows.width();
    for (const Slots& place : missing) {
      for (const std::uint32_t slot : place.slots) {
        Cell* cells = parents->rows.append();
        for (const std::uint32_t field : relation_.fields)
          if (field < width) cells[field] = place.node->cells(slot)[field];
      }
    }
    RelationLoad load = load_for(*parents);
    for (std::uint32_t slot = 0; slot < parents->slot_count(); ++slot) load.slots.push_back(slot);
    const graph::Relation& loaded = *load_relation(engine_, context_, load);
    loaded.target->lazy = static_cast<std::uint8_t>(fetch_.lazy);
    std::uint32_t first = 0;
    for (const Slots& place : missing) {
      hand_over(loaded, *parents, first, place);
      first += static_cast<std::uint32_t>(place.slots.size());
    }
  }

  // Gives a node what was loaded for its rows, which are those from `first` on.
  void hand_over(const graph::Relation& loaded, const graph::Node& parents, std::uint32_t first,
                 const Slots& place) const {
    graph::Graph& graph = *place.node->graph;
    Transplant transplant(graph);
    transplant.leave(parents);
    graph::Node& target = transplant.node_of(*loaded.target);
    auto entry = std::make_unique<graph::Relation>(name_, relation_.index, &target, relation_.to_many());
    entry->named = loaded.named;
    entry->partial = loaded.partial;
    if (loaded.links != nullptr) entry->links = &transplant.node_of(*loaded.links);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> back;  // row, the first that it was reached from
    for (std::uint32_t i = 0; i < place.slots.size(); ++i) {
      const std::uint32_t slot = place.slots[i];
      const graph::Span span = loaded.span(first + i);
      if (span.state != graph::RelationState::loaded) {
        entry->set_state(slot, span.state);
        continue;
      }
      const std::uint32_t begin = entry->target_count();
      for (std::uint32_t k = 0; k < span.count; ++k) {
        const std::uint32_t taken = transplant.take(*loaded.target, loaded.target_slot(span.begin + k));
        back.emplace_back(taken, slot);
        if (!relation_.to_many()) {
          entry->set_one(slot, taken);
          continue;
        }
        entry->append_target(taken);
        if (loaded.links != nullptr)
          entry->append_link(transplant.take(*loaded.links, loaded.link_slot(span.begin + k)));
      }
      if (relation_.to_many()) entry->set_many(slot, begin, span.count);
    }
    transplant.finish();
    lead_back(target, *place.node, back);
    entry->cover(place.node->slot_count());
    graph::Relation* added = nullptr;
    {
      const std::lock_guard lock(graph.mutex);
      added = place.node->add_relation(std::move(entry));
    }
    forget_on_rollback(engine_, *place.node, *added, place.slots);
  }

  // Rows that came with an answer of their own keep it.
  void lead_back(graph::Node& target, graph::Node& parent,
                 const std::vector<std::pair<std::uint32_t, std::uint32_t>>& back) const {
    if (relation_.inverse == no_index || relation_.through != no_index) return;
    const RelationInfo& inverse = target.shape->model->relations[relation_.inverse];
    if (inverse.to_many() || inverse.name.empty()) return;
    graph::Relation* entry = nullptr;
    for (const auto& [row, from] : back) {
      if (target.find_span(row, inverse.index).span.state != graph::RelationState::not_loaded) continue;
      if (entry == nullptr)
        entry = target.add_relation(std::make_unique<graph::Relation>(inverse.name, inverse.index, &parent, false));
      entry->set_one(row, from);
    }
  }

  Engine& engine_;
  const std::shared_ptr<const Context>& context_;
  const query::Fetch& fetch_;
  const RelationInfo& relation_;
  const std::string& name_;
  const bool part_will_do_;
};

bool is_selected(const query::QuerySpec& spec, const query::Source& source) {
  return std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const query::OutputSpec& output) {
    const query::SourcePtr& of = output.source ? output.source : query::unaliased(*output.term).source;
    return of && query::same_source(*of, source);
  });
}

// What is there already was not joined by the unit that would have brought it: its joins are relations to load, too.
void load_joined(Engine& engine, const std::shared_ptr<const Context>& context, const query::QuerySpec& spec,
                 const Places& rows, Snapshot& snapshot) {
  std::vector<std::pair<query::SourcePtr, Places>> places{{spec.root, rows}};
  for (const query::JoinSpec& join : spec.joins) {
    const auto from = std::find_if(places.begin(), places.end(), [&](const auto& place) {
      return join.from && query::same_source(*place.first, *join.from);
    });
    if (from == places.end() || from->second.empty()) continue;
    Places there = from->second;
    if (join.target->links) {
      places.emplace_back(join.target, std::move(there));
      continue;
    }
    if (join.relation == no_index || !is_selected(spec, *join.target)) continue;
    auto whole = std::make_shared<query::QuerySpec>();
    whole->root = whole->context = query::model_source(join.target->registry, *join.target->model);
    auto unit = std::make_shared<query::Unit>();
    unit->spec = std::move(whole);
    query::Fetch fetch;
    fetch.relation = join.relation;
    fetch.unit = std::move(unit);
    Related related(engine, context, fetch, *there.front().node->shape->model, true);
    related.run(there, false, snapshot);
    Gathering next;
    follow(there, related.name(), true, next);
    places.emplace_back(join.target, next.take());
  }
}

void require_key_sets(const query::Unit& unit, const ModelInfo& model) {
  for (const query::Fetch& fetch : unit.fetches) {
    const ModelInfo* at = &model;
    for (const std::uint32_t relation : fetch.at) at = &unit.spec->root->registry.model(at->relations[relation].target);
    if (fetch.strategy != Strategy::automatic && fetch.strategy != Strategy::key_set)
      throw QueryError("'" + at->name + "." + at->relations[fetch.relation].name +
                       "' is loaded for rows that are there; that goes by their keys, and by no other strategy");
    require_key_sets(*fetch.unit, *fetch.unit->spec->root->model);
  }
}

bool is_one_statement(const query::Unit& unit) {
  return unit.fetches.size() == 1 && unit.fetches.front().unit->fetches.empty();
}

}  // namespace

void load_related(Engine& engine, const std::shared_ptr<const Context>& context, const query::Unit& unit,
                  std::vector<Slots> rows, bool refresh) {
  struct Level {
    const query::Unit* unit;
    Places places;
  };
  require_key_sets(unit, *unit.spec->root->model);
  Snapshot snapshot(*engine.session, !is_one_statement(unit));
  std::deque<Level> levels;
  levels.push_back({&unit, std::move(rows)});
  for (; !levels.empty(); levels.pop_front()) {
    const Level& level = levels.front();
    if (level.unit != &unit) load_joined(engine, context, *level.unit->spec, level.places, snapshot);
    for (const query::Fetch& fetch : level.unit->fetches) {
      Places parents = level.places;
      for (const std::uint32_t relation : fetch.at) {
        Gathering next;
        for (const Slots& place : parents)
          follow({place}, place.node->shape->model->relations[relation].name, true, next);
        parents = next.take();
      }
      if (parents.empty()) continue;
      Related related(engine, context, fetch, *parents.front().node->shape->model, fetch.partial);
      related.run(parents, refresh, snapshot);
      if (fetch.unit->fetches.empty() && fetch.unit->spec->joins.empty()) continue;
      Gathering next;
      follow(parents, related.name(), fetch.partial, next);
      levels.push_back({fetch.unit.get(), next.take()});
    }
  }
  snapshot.end();
}

}  // namespace dorm::load
