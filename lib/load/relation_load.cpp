#include "load/relation_load.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "dorm/error.hpp"
#include "graph/key_index.hpp"
#include "load/run.hpp"
#include "query/builder.hpp"

namespace dorm::load {
namespace {

constexpr std::size_t keys_per_query = 100'000;
constexpr std::size_t composite_keys_per_query = 200;  // each is an AND of its own

// What cells that were loaded later point to.
struct Texts final : graph::Attachment {
  graph::Arena arena;
};

// Cells of a key, wherever they lie.
struct KeyView {
  const Cell* cells;
  const std::vector<std::uint32_t>* fields;
};

struct KeyHash {
  std::size_t operator()(const KeyView& key) const noexcept {
    std::uint64_t hash = 0;
    for (const std::uint32_t field : *key.fields) hash = hash * 31U + graph::hash_cell(key.cells[field]);
    return hash;
  }
};

struct KeyEqual {
  bool operator()(const KeyView& left, const KeyView& right) const noexcept {
    for (std::size_t i = 0; i < left.fields->size(); ++i)
      if (!graph::same_cell(left.cells[(*left.fields)[i]], right.cells[(*right.fields)[i]])) return false;
    return true;
  }
};

template <class T>
using KeyMap = std::unordered_map<KeyView, T, KeyHash, KeyEqual>;

bool is_complete(const KeyView& key, const char* what, const graph::Node& node) {
  for (const std::uint32_t field : *key.fields) {
    const Cell& cell = key.cells[field];
    if (!cell.is_loaded()) {
      throw StateError(std::string(what) + " needs '" + node.shape->model->name + "." +
                       node.shape->model->fields[field].name + "', which was not selected; select it too");
    }
    if (cell.is_null()) return false;
  }
  return true;
}

void order_by_default(query::QuerySpec& spec, const query::SourcePtr& source, const RelationInfo& relation,
                      const ModelInfo& target) {
  if (!spec.order_by.empty()) return;
  const std::vector<OrderTerm>& order = relation.order_by.empty() ? target.order_by : relation.order_by;
  for (const OrderTerm& term : order)
    spec.order_by.push_back({query::column_term(source, term.field), term.descending, {}});
  // Equal rows in a fixed order: that of the primary key.
  for (const std::uint32_t field : target.primary_key) {
    if (std::none_of(order.begin(), order.end(), [&](const OrderTerm& term) { return term.field == field; })) {
      spec.order_by.push_back({query::column_term(source, field), false, {}});
    }
  }
}

class Loader {
 public:
  Loader(Engine& engine, const std::shared_ptr<const Context>& context, const RelationLoad& load)
      : engine_(engine),
        context_(context),
        load_(load),
        graph_(*load.parent->graph),
        relation_(*load.relation),
        target_(context->registry.model(load.relation->target)) {}

  graph::Relation* run() {
    collect_keys();
    if (relation_.through != no_index) {
      many_to_many();
    } else {
      by_key();
    }
    warn_of_vanished_targets();
    fill_rest();
    return entry_;
  }

 private:
  Values values_of(const KeyView& key) const {
    Values values;
    for (const std::uint32_t field : *key.fields) values.push_back(value_of(key.cells[field]));
    return values;
  }

  void collect_keys() {
    for (const std::uint32_t slot : load_.slots) {
      const KeyView key{load_.parent->cells(slot), &relation_.fields};
      if (!is_complete(key, "loading a relation", *load_.parent)) continue;
      std::vector<std::uint32_t>& slots = parents_[key];
      if (slots.empty()) keys_.push_back(key);
      slots.push_back(slot);
    }
  }

  // The entry that this load fills: the one that is there, so that its node grows, else a new one.
  graph::Relation* make_entry(graph::Node* target, graph::Node* links = nullptr) {
    auto entry = std::make_unique<graph::Relation>(load_.name.empty() ? relation_.name : load_.name, relation_.index,
                                                   target, relation_.to_many());
    entry->partial = load_.partial;
    entry->links = links;
    entry->cover(load_.parent->slot_count());
    const std::lock_guard lock(graph_.mutex);
    return load_.parent->add_relation(std::move(entry));
  }

  template <class Run>
  void in_chunks(Run run) {
    const std::size_t chunk = relation_.fields.size() == 1 ? keys_per_query : composite_keys_per_query;
    for (std::size_t begin = 0; begin < keys_.size(); begin += chunk) {
      std::vector<Values> keys;
      for (std::size_t i = begin; i < std::min(keys_.size(), begin + chunk); ++i) keys.push_back(values_of(keys_[i]));
      run(std::move(keys));
    }
  }

  query::QuerySpec child_spec(const query::SourcePtr& source) const {
    if (load_.children) return *load_.children;
    query::QuerySpec spec;
    spec.root = source;
    spec.context = source;
    return spec;
  }

  // Children that hold our key, or whose key we hold.
  void by_key() {
    const query::SourcePtr source =
        load_.children ? load_.children->root : query::model_source(context_->registry, target_);
    query::QuerySpec spec = with_fields(child_spec(source), relation_.target_fields);
    if (relation_.to_many()) order_by_default(spec, source, relation_, target_);
    entry_ = load_.children || load_.partial || !load_.append ? nullptr : load_.parent->find_relation(relation_.index);
    // An entry made by assignment leads to rows of other graphs and has no node to add to.
    if (entry_ != nullptr && entry_->target == nullptr) entry_ = nullptr;
    graph::Node* node = entry_ == nullptr ? nullptr : entry_->target;
    const query::TermPtr filter = spec.where;
    in_chunks([&](std::vector<Values> keys) {
      spec.where = query::all_of(filter, key_condition(source, relation_.target_fields, std::move(keys)));
      const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
      const auto plan = plan_of(engine_, spec, query::Purpose::rows, shaped);
      const std::uint32_t first = node == nullptr ? 0 : node->slot_count();
      node = run_into(engine_, graph_, *plan, shaped.slots, Sharing::shared, static_cast<std::uint32_t>(keys_.size()),
                      node);
      if (entry_ == nullptr) entry_ = make_entry(node);
      stitch(*node, first);
    });
    if (entry_ == nullptr) entry_ = make_entry(graph_.add_node(query::model_shape(target_), 0));
  }

  void stitch(graph::Node& node, std::uint32_t first) {
    const std::uint32_t end = node.slot_count();
    graph::Relation* inverse = inverse_entry(node, end);
    if (!relation_.to_many()) {
      for (std::uint32_t slot = first; slot < end; ++slot) {
        const auto found = parents_.find(KeyView{node.cells(slot), &relation_.target_fields});
        if (found == parents_.end()) continue;
        if (inverse != nullptr) inverse->set_one(slot, found->second.front());
        for (const std::uint32_t parent : found->second) entry_->set_one(parent, slot);
      }
      return;
    }
    // Children of one parent side by side, in the order they came.
    KeyMap<std::vector<std::uint32_t>> children;
    std::vector<KeyView> order;
    for (std::uint32_t slot = first; slot < end; ++slot) {
      std::vector<std::uint32_t>& slots = children[KeyView{node.cells(slot), &relation_.target_fields}];
      if (slots.empty()) order.push_back(KeyView{node.cells(slot), &relation_.target_fields});
      slots.push_back(slot);
    }
    for (const KeyView& key : order) {
      const auto found = parents_.find(key);
      if (found == parents_.end()) continue;
      const std::uint32_t begin = entry_->target_count();
      const std::vector<std::uint32_t>& slots = children[key];
      for (const std::uint32_t slot : slots) {
        entry_->append_target(slot);
        if (inverse != nullptr) inverse->set_one(slot, found->second.front());
      }
      for (const std::uint32_t parent : found->second)
        entry_->set_many(parent, begin, static_cast<std::uint32_t>(slots.size()));
    }
  }

  // The other side of a foreign key, where it leads to one row: known without asking.
  graph::Relation* inverse_entry(graph::Node& node, std::uint32_t slots) {
    if (relation_.inverse == no_index) return nullptr;
    const RelationInfo& inverse = target_.relations[relation_.inverse];
    if (inverse.to_many() || inverse.name.empty()) return nullptr;
    graph::Relation* entry = node.find_relation(inverse.index);
    if (entry == nullptr || entry->target != load_.parent) {
      const std::lock_guard lock(graph_.mutex);
      entry = node.add_relation(std::make_unique<graph::Relation>(inverse.name, inverse.index, load_.parent, false));
    }
    entry->cover(slots);
    return entry;
  }

  // Link rows joined with their targets: each distinct target once, the link rows readable beside it.
  void many_to_many() {
    const ModelInfo& through = context_->registry.model(relation_.through);
    const RelationInfo& to_source = through.relations[relation_.through_source];
    const RelationInfo& to_target = through.relations[relation_.through_target];
    const query::SourcePtr links = query::model_source(context_->registry, through);
    const query::SourcePtr target =
        load_.children ? load_.children->root : query::model_source(context_->registry, target_);
    query::QuerySpec spec;
    spec.root = links;
    spec.context = links;
    spec.default_projection = false;
    for (const FieldInfo& field : through.fields)
      spec.outputs.push_back({query::column_term(links, field.index), nullptr});
    spec.outputs.push_back({nullptr, target});
    query::JoinSpec join;
    join.from = links;
    join.target = target;
    join.on = query::relation_condition(to_target, links, target);
    join.relation = to_target.index;
    join.accessor = to_target.name;
    spec.joins.push_back(std::move(join));
    if (load_.children) {
      spec.where = load_.children->where;
      spec.order_by = load_.children->order_by;
    }
    order_by_default(spec, target, relation_, target_);
    const query::TermPtr filter = spec.where;
    in_chunks([&](std::vector<Values> keys) {
      spec.where = query::all_of(filter, key_condition(links, to_source.fields, std::move(keys)));
      const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
      const auto plan = plan_of(engine_, spec, query::Purpose::rows, shaped);
      graph::Node* node =
          run_into(engine_, graph_, *plan, shaped.slots, Sharing::shared, static_cast<std::uint32_t>(keys_.size()));
      graph::Relation* to = node->find_relation(to_target.index);
      entry_ = make_entry(to->target, node);
      stitch_links(*node, *to, to_source.fields);
    });
    if (entry_ == nullptr) {
      graph::Node* none = graph_.add_node(query::model_shape(target_), 0);
      entry_ = make_entry(none, graph_.add_node(query::model_shape(through), 0));
    }
  }

  void stitch_links(graph::Node& links, const graph::Relation& to, const std::vector<std::uint32_t>& source_fields) {
    KeyMap<std::vector<std::uint32_t>> by_owner;
    std::vector<KeyView> order;
    for (std::uint32_t link = 0; link < links.slot_count(); ++link) {
      if (to.span(link).state != graph::RelationState::loaded) continue;
      const KeyView key{links.cells(link), &source_fields};
      std::vector<std::uint32_t>& slots = by_owner[key];
      if (slots.empty()) order.push_back(key);
      slots.push_back(link);
    }
    for (const KeyView& key : order) {
      const auto found = parents_.find(key);
      if (found == parents_.end()) continue;
      const std::uint32_t begin = entry_->target_count();
      const std::vector<std::uint32_t>& slots = by_owner[key];
      for (const std::uint32_t link : slots) {
        entry_->append_target(to.span(link).begin);
        entry_->append_link(link);
      }
      for (const std::uint32_t parent : found->second)
        entry_->set_many(parent, begin, static_cast<std::uint32_t>(slots.size()));
    }
  }

  bool is_unknown(std::uint32_t slot) const {
    return load_.parent->find_span(slot, entry_->name).span.state == graph::RelationState::not_loaded;
  }

  // A foreign key that leads nowhere reads as null; only the database's owner can mend it, so he is told.
  void warn_of_vanished_targets() const {
    // Where the children are filtered, one that is missing tells nothing.
    if (!relation_.holds_key() || load_.partial || !engine_.session->is_observed()) return;
    const auto vanished = std::count_if(keys_.begin(), keys_.end(),
                                        [&](const KeyView& key) { return is_unknown(parents_.at(key).front()); });
    if (vanished == 0) return;
    engine_.session->warn("'" + load_.parent->shape->model->name + "." + relation_.name + "' has " +
                          std::to_string(vanished) + (vanished == 1 ? " key" : " keys") + " of '" + target_.name +
                          "' rows that are gone; the relation reads as null there");
  }

  // Asked for and not found: null or empty is known now.
  void fill_rest() {
    for (const std::uint32_t slot : load_.slots) {
      if (!is_unknown(slot)) continue;
      if (relation_.to_many()) {
        entry_->set_many(slot, entry_->target_count(), 0);
      } else {
        entry_->set_state(slot, graph::RelationState::null);
      }
    }
  }

  Engine& engine_;
  const std::shared_ptr<const Context>& context_;
  const RelationLoad& load_;
  graph::Graph& graph_;
  const RelationInfo& relation_;
  const ModelInfo& target_;
  KeyMap<std::vector<std::uint32_t>> parents_;
  std::vector<KeyView> keys_;
  graph::Relation* entry_ = nullptr;
};

}  // namespace

query::TermPtr key_condition(const query::SourcePtr& source, const std::vector<std::uint32_t>& fields,
                             std::vector<Values> keys) {
  if (fields.size() == 1) {
    Values list;
    list.reserve(keys.size());
    for (Values& key : keys) list.push_back(std::move(key.front()));
    auto term = std::make_shared<query::Term>();
    term->kind = query::TermKind::in_list;
    term->type.kind = TypeKind::boolean;
    const query::TermPtr column = query::column_term(source, fields.front());
    term->children = {column, query::value_term(Value(std::move(list)), column->type)};
    return term;
  }
  auto any = std::make_shared<query::Term>();
  any->kind = query::TermKind::any;
  any->type.kind = TypeKind::boolean;
  for (const Values& key : keys) {
    query::TermPtr all;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const query::TermPtr column = query::column_term(source, fields[i]);
      all = query::all_of(all, query::equal(column, query::value_term(key[i], column->type)));
    }
    any->children.push_back(all);
  }
  return any;
}

query::QuerySpec with_fields(query::QuerySpec spec, const std::vector<std::uint32_t>& fields) {
  if (spec.default_projection) {
    const std::vector<std::uint32_t> present = query::default_fields(*spec.root->model);
    if (std::all_of(fields.begin(), fields.end(),
                    [&](std::uint32_t f) { return std::count(present.begin(), present.end(), f) != 0; }))
      return spec;
    spec.default_projection = false;
    spec.outputs.push_back({nullptr, spec.root});
  }
  const std::vector<query::TermPtr> outputs = query::expanded_outputs(spec);
  for (const std::uint32_t field : fields) {
    const bool present = std::any_of(outputs.begin(), outputs.end(), [&](const query::TermPtr& term) {
      return term->kind != query::TermKind::alias && term->source && term->field == field &&
             query::same_source(*term->source, *spec.root);
    });
    if (present) continue;
    // One more column would make other groups, and other rows distinct.
    if (!spec.group_by.empty() || spec.distinct) {
      const ModelInfo& model = *spec.root->model;
      throw QueryError("loading a relation needs '" + model.name + "." + model.fields[field].name +
                       "', which was not selected; select it too");
    }
    spec.outputs.push_back({query::column_term(spec.root, field), nullptr});
  }
  return spec;
}

graph::Relation* load_relation(Engine& engine, const std::shared_ptr<const Context>& context,
                               const RelationLoad& load) {
  return Loader(engine, context, load).run();
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
  KeyMap<std::vector<std::uint32_t>> rows;
  std::vector<Values> keys;
  for (const std::uint32_t slot : slots) {
    const KeyView key{node.cells(slot), &model.primary_key};
    if (!is_complete(key, "loading a column", node)) continue;
    std::vector<std::uint32_t>& same = rows[key];
    if (same.empty()) {
      Values values;
      for (const std::uint32_t field : model.primary_key) values.push_back(value_of(key.cells[field]));
      keys.push_back(std::move(values));
    }
    same.push_back(slot);
  }
  const std::size_t chunk = model.primary_key.size() == 1 ? keys_per_query : composite_keys_per_query;
  for (std::size_t begin = 0; begin < keys.size(); begin += chunk) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), begin + chunk));
    spec.where = key_condition(source, model.primary_key, std::vector<Values>(from, to));
    const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
    const auto plan = plan_of(engine, spec, query::Purpose::rows, shaped);
    graph::Graph scratch(nullptr);
    const graph::Node* loaded =
        run_into(engine, scratch, *plan, shaped.slots, Sharing::shared, static_cast<std::uint32_t>(keys.size()));
    // Other threads may be reading these rows, or loading other columns of them.
    const std::lock_guard lock(node.graph->mutex);
    auto texts = std::make_unique<Texts>();
    for (std::uint32_t row = 0; row < loaded->slot_count(); ++row) {
      const Cell* cells = loaded->cells(row);
      const auto found = rows.find(KeyView{cells, &model.primary_key});
      if (found == rows.end()) continue;
      for (const std::uint32_t slot : found->second) {
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
  }
}

}  // namespace dorm::load
