#include "write/save_graph.hpp"

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
#include "load/lazy.hpp"
#include "load/run.hpp"
#include "query/validate.hpp"
#include "session/session.hpp"
#include "write/bulk_insert.hpp"
#include "write/related_keys.hpp"
#include "write/row_write.hpp"
#include "write/save_order.hpp"

namespace dorm::write {
namespace {

constexpr std::size_t links_per_query = 512;

struct Item {
  graph::Reference row;
  const RelationInfo* links = nullptr;  // the many_to_many relation that it is a link row of
};

// A row and the rows that its relations lead to, each once.
class Reachable {
 public:
  Reachable(const load::Engine& engine, const graph::Reference& root, bool follow) : engine_(engine) {
    add({root, nullptr});
    for (std::size_t i = 0; i < items_.size() && (follow || i == 0); ++i) expand(Item(items_[i]));
  }

  std::vector<Item>& items() noexcept { return items_; }

 private:
  void expand(const Item& item) {
    graph::Node& node = *item.row.node;
    const std::uint32_t slot = item.row.slot;
    for (const graph::Relation* entry = node.relations(); entry != nullptr; entry = entry->next) {
      // What another entry hides is not what the relation leads to any more.
      if (entry->info != no_index && !entry->named && node.find_span(slot, entry->info).relation != entry) continue;
      const graph::Span span = entry->span(slot);
      if (span.state == graph::RelationState::external) {
        if (graph::Reference row = node.graph->external(entry, slot); row.node) add({std::move(row), nullptr});
      } else if (span.state == graph::RelationState::loaded) {
        for (std::uint32_t i = 0; i < span.count; ++i) {
          add({{node.graph->share(entry->target), entry->target_slot(span.begin + i)}, nullptr});
          if (entry->links == nullptr) continue;
          const RelationInfo* relation = entry->info == no_index ? nullptr : &node.shape->model->relations[entry->info];
          add({{node.graph->share(entry->links), entry->link_slot(span.begin + i)}, relation});
        }
      }
    }
  }

  void add(Item item) {
    const graph::Node& node = *item.row.node;
    if (node.shape->model == nullptr) return;
    const auto* state = node.states.find(item.row.slot);
    if (!items_.empty() && state != node.states.end() && state->second.deleted) return;
    if (!seen_.emplace(&node, item.row.slot).second) return;
    if (load::context_of(node).open_engine().get() != &engine_)
      throw StateError("a row of '" + node.shape->model->name +
                       "' that is to be saved belongs to another database than the row it hangs on");
    items_.push_back(std::move(item));
  }

  const load::Engine& engine_;
  std::vector<Item> items_;
  std::set<std::pair<const graph::Node*, std::uint32_t>> seen_;
};

// A row to be written.
struct Write {
  Item item;
  bool is_new = false;
  bool may_exist = false;          // a link row between rows that were there before
  std::vector<KeySource> sources;  // keys that are still to be taken
  std::vector<KeySource> later;    // after all rows are written
  bool is_written = false;
  std::vector<std::uint32_t> fields;  // that were written

  graph::Node& node() const noexcept { return *item.row.node; }
  std::uint32_t slot() const noexcept { return item.row.slot; }
  const ModelInfo& model() const noexcept { return *node().shape->model; }
  RowRef ref() const noexcept { return {item.row.node.get(), slot()}; }
};

class Saver {
 public:
  Saver(load::Engine& engine, std::vector<Item> items) : engine_(engine) {
    for (Item& item : items) consider(std::move(item));
  }

  using Told = std::set<std::pair<const graph::Node*, std::uint32_t>>;
  // Tells of the rows that are to be written and are not among those told. False if there was none: then nothing can
  // have changed.
  bool tell_before(RowListener& listener, Told& told) const {
    bool any = false;
    for (const Write& write : writes_) {
      if (!told.emplace(&write.node(), write.slot()).second) continue;
      any = true;
      listener.before_save(write.item.row, write.is_new);
    }
    return any;
  }

  // In which order, before anything is sent.
  void plan() {
    std::map<const ModelInfo*, std::uint32_t> numbers;
    std::vector<std::uint32_t> groups;
    for (const Write& write : writes_)
      groups.push_back(numbers.try_emplace(&write.model(), static_cast<std::uint32_t>(numbers.size())).first->second);
    SaveOrder order(groups);
    for (std::uint32_t row = 0; row < writes_.size(); ++row)
      for (const KeySource& source : writes_[row].sources) add_edge(order, row, source);
    for (const auto& [row, source] : settled_) add_edge(order, row, source);
    while (!order.is_done()) {
      std::vector<std::uint32_t> rows = order.next();
      if (rows.empty()) {
        break_circle(order);
      } else {
        batches_.push_back(std::move(rows));
      }
    }
  }

  std::int64_t run(RowListener* listener) {
    listener_ = listener;
    if (writes_.empty()) return 0;
    for (const Write& write : writes_)
      if (write.is_new) require_values(write);
    plan();
    TransactionScope all = engine_.session->begin();
    for (const std::vector<std::uint32_t>& batch : batches_) write(batch);
    for (const Write& write : writes_) {
      if (write.later.empty()) continue;
      for (const KeySource& source : write.later) take_key(engine_, write.node(), write.slot(), source);
      update(engine_, context_of(write), write.node(), write.slot());
    }
    if (listener != nullptr) {
      for (const Write& write : writes_)
        if (write.is_written) listener->after_save(write.item.row, write.is_new, write.fields);
    }
    all.commit();
    return count_;
  }

 private:
  static const load::Context& context_of(const Write& write) { return load::context_of(write.node()); }
  static std::string label(const Write& write, const RelationInfo& relation) {
    return write.model().name + "." + relation.name;
  }

  // ---- which rows ----

  void consider(Item item) {
    Write write;
    write.item = std::move(item);
    write.is_new = !is_saved(write.node(), write.slot());
    if (write.is_new) apply_defaults(context_of(write), write.node(), write.slot());
    bool ends_are_saved = true;
    std::vector<KeySource> settled;
    for (KeySource& source : key_sources(write.node(), write.slot())) {
      if (is_saved(*source.row.node, source.row.slot)) {
        if (lacks_key(write.node(), write.slot(), source)) take_key(engine_, write.node(), write.slot(), source);
        settled.push_back(std::move(source));
      } else if (is_own_key(write, source)) {
        take_key(engine_, write.node(), write.slot(), source);
      } else {
        ends_are_saved = false;
        write.sources.push_back(std::move(source));
      }
    }
    if (!is_dirty(write.node(), write.slot()) && write.sources.empty()) return;
    write.may_exist = write.item.links != nullptr && write.is_new && ends_are_saved;
    const auto number = static_cast<std::uint32_t>(writes_.size());
    number_of_.emplace(std::pair<const graph::Node*, std::uint32_t>(&write.node(), write.slot()), number);
    for (KeySource& source : settled) settled_.emplace_back(number, std::move(source));
    writes_.push_back(std::move(write));
  }

  // A new row that refers to itself by a key that it has already.
  static bool is_own_key(const Write& write, const KeySource& source) {
    if (source.row.node.get() != &write.node() || source.row.slot != write.slot()) return false;
    const Cell* cells = write.node().cells(write.slot());
    const std::vector<std::uint32_t>& key = source.relation->target_fields;
    return std::all_of(key.begin(), key.end(), [&](std::uint32_t field) {
      return origin_of(write.model().fields[field], cells[field]) == Origin::row;
    });
  }

  static void require_values(const Write& write) {
    const Cell* cells = write.node().cells(write.slot());
    for (const FieldInfo& field : write.model().fields) {
      if (origin_of(field, cells[field.index]) != Origin::missing) continue;
      const bool comes = std::any_of(write.sources.begin(), write.sources.end(), [&](const KeySource& source) {
        const std::vector<std::uint32_t>& key = source.relation->fields;
        return std::find(key.begin(), key.end(), field.index) != key.end();
      });
      if (!comes) throw DataError(query::label_of(write.model(), field) + " is required; give it a value");
    }
  }

  // ---- in which order ----

  void add_edge(SaveOrder& order, std::uint32_t row, const KeySource& source) const {
    const Write& write = writes_[row];
    const auto first = number_of_.find({source.row.node.get(), source.row.slot});
    SaveOrder::Edge edge{row, 0, SaveOrder::Bond::firm, source.relation->index};
    if (first == number_of_.end()) {
      if (is_saved(*source.row.node, source.row.slot)) return;
      refuse_absent(write, source);
    }
    edge.first = first->second;
    if (!writes_[edge.first].is_new) {
      if (edge.first == row || !key_is_changed(source)) return;
      edge.bond = SaveOrder::Bond::soft;
    } else if (write.is_new && may_be_null(write, *source.relation)) {
      edge.bond = SaveOrder::Bond::nullable;
    }
    order.add(edge);
  }

  [[noreturn]] static void refuse_absent(const Write& write, const KeySource& source) {
    const auto* state = source.row.node->states.find(source.row.slot);
    const bool deleted = state != source.row.node->states.end() && state->second.deleted;
    throw StateError("the row given for '" + label(write, *source.relation) + "' " +
                     (deleted ? "was deleted; give another, or save it again first"
                              : "is new, too, and not among those saved; save it first, or follow relations"));
  }

  static bool may_be_null(const Write& write, const RelationInfo& relation) {
    return std::all_of(relation.fields.begin(), relation.fields.end(), [&](std::uint32_t field) {
      return write.model().fields[field].nullable && !write.model().fields[field].primary_key;
    });
  }

  static bool key_is_changed(const KeySource& source) {
    const auto* state = source.row.node->states.find(source.row.slot);
    const std::vector<std::uint32_t>& key = source.relation->target_fields;
    return state != source.row.node->states.end() &&
           std::any_of(state->second.originals.begin(), state->second.originals.end(), [&](const auto& original) {
             return std::find(key.begin(), key.end(), original.cell) != key.end();
           });
  }

  void break_circle(SaveOrder& order) {
    const std::vector<SaveOrder::Edge> circle = order.circle();
    const auto weakest =
        std::max_element(circle.begin(), circle.end(), [](const auto& a, const auto& b) { return a.bond < b.bond; });
    if (weakest->bond == SaveOrder::Bond::firm) refuse_circle(circle);
    const bool later = weakest->bond == SaveOrder::Bond::nullable;
    for (const SaveOrder::Edge& edge : order.drop(*weakest)) {
      if (!later) continue;
      Write& write = writes_[edge.row];
      const auto source = std::find_if(write.sources.begin(), write.sources.end(),
                                       [&](const KeySource& other) { return other.relation->index == edge.kind; });
      write.later.push_back(std::move(*source));
      write.sources.erase(source);
    }
  }

  [[noreturn]] void refuse_circle(const std::vector<SaveOrder::Edge>& circle) const {
    std::string path;
    for (const SaveOrder::Edge& edge : circle)
      path += label(writes_[edge.row], writes_[edge.row].model().relations[edge.kind]) + " -> ";
    path += writes_[circle.front().row].model().name;
    throw StateError("new rows refer to each other in a circle: " + path +
                     "; none can be first, because none of these keys may be null. Make one of them nullable");
  }

  // ---- writing ----

  void write(const std::vector<std::uint32_t>& batch) {
    std::vector<RowRef> inserts;
    std::map<const RelationInfo*, std::vector<RowRef>> links;
    for (const std::uint32_t number : batch) {
      Write& write = writes_[number];
      for (const KeySource& source : write.sources) take_key(engine_, write.node(), write.slot(), source);
      // A default of the key, or one of an earlier attempt, is not what it will be.
      for (const KeySource& source : write.later)
        for (const std::uint32_t field : source.relation->fields)
          write.node().cells(write.slot())[field] = Cell::of_null();
      if (listener_ != nullptr) write.fields = changed_fields(write.node(), write.slot());
      if (!write.is_new) {
        write.is_written = true;
        update(engine_, context_of(write), write.node(), write.slot());
        ++count_;
      } else if (write.may_exist) {
        links[write.item.links].push_back(write.ref());
      } else {
        inserts.push_back(write.ref());
      }
    }
    for (const auto& [relation, rows] : links) append_missing(*relation, rows, inserts);
    if (inserts.empty()) return;
    insert_rows(engine_, context_of(writes_[batch.front()]), inserts);
    count_ += static_cast<std::int64_t>(inserts.size());
    if (listener_ == nullptr) return;
    for (const RowRef& row : inserts) writes_[number_of_.at({row.node, row.slot})].is_written = true;
  }

  // Asks which of the link rows exist, makes those saved, and appends the others.
  void append_missing(const RelationInfo& relation, const std::vector<RowRef>& rows, std::vector<RowRef>& missing) {
    const graph::Node& node = *rows.front().node;
    const auto context = std::static_pointer_cast<const load::Context>(node.graph->context);
    const ModelInfo& through = *node.shape->model;
    std::vector<std::uint32_t> key = through.relations[relation.through_source].fields;
    const std::vector<std::uint32_t>& other = through.relations[relation.through_target].fields;
    key.insert(key.end(), other.begin(), other.end());
    for (std::size_t begin = 0; begin < rows.size(); begin += links_per_query) {
      const std::size_t end = std::min(rows.size(), begin + links_per_query);
      std::vector<Values> wanted;
      for (std::size_t i = begin; i < end; ++i) {
        Values& values = wanted.emplace_back();
        for (const std::uint32_t field : key)
          values.push_back(load::value_of(rows[i].node->cells(rows[i].slot)[field]));
      }
      query::QuerySpec spec;
      spec.root = spec.context = query::model_source(context->registry, through);
      spec.where = load::key_condition(spec.root, key, std::move(wanted));
      const std::shared_ptr<graph::Graph> found =
          load::run(engine_, context, spec, static_cast<std::uint32_t>(end - begin));
      const graph::Node& there = *found->root();
      load::KeyGroups groups(through, key);
      for (std::uint32_t slot = 0; slot < there.slot_count(); ++slot) groups.add(there.cells(slot));
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t group = groups.find(rows[i].node->cells(rows[i].slot), key);
        if (group == load::KeyGroups::none) {
          missing.push_back(rows[i]);
        } else {
          take_values(rows[i], groups.row(group));
        }
      }
    }
  }

  void take_values(const RowRef& row, const Cell* there) {
    auto plan = std::make_shared<InsertPlan>();
    Cell* cells = row.node->cells(row.slot);
    for (std::uint32_t field = 0; field < row.node->shape->fields; ++field) {
      if (!there[field].is_loaded()) continue;
      if (!cells[field].is_loaded()) plan->generated.push_back(field);
      copy_cell(row.node->arena, cells[field], there[field]);
    }
    mark_inserted(engine_, *row.node, row.slot, std::move(plan));
  }

  load::Engine& engine_;
  RowListener* listener_ = nullptr;
  std::vector<Write> writes_;
  std::map<std::pair<const graph::Node*, std::uint32_t>, std::uint32_t> number_of_;  // in writes_
  std::vector<std::pair<std::uint32_t, KeySource>> settled_;  // keys that rows of writes_ have from saved rows
  std::vector<std::vector<std::uint32_t>> batches_;
  std::int64_t count_ = 0;
};

}  // namespace

std::int64_t save_graph(load::Engine& engine, const graph::Reference& root, bool follow, RowListener* listener) {
  if (root.node->shape->model == nullptr) throw StateError("a flat row belongs to no model and cannot be written");
  Saver::Told told;
  while (true) {
    Saver saver(engine, std::move(Reachable(engine, root, follow).items()));
    // The listener may have changed what there is to save, so it is looked for again.
    if (listener == nullptr || !saver.tell_before(*listener, told)) return saver.run(listener);
  }
}

}  // namespace dorm::write
