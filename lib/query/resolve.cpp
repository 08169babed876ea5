// A Request becomes Units in one pass: which nodes its paths make, which of them this statement joins, which columns of
// each, in what order; what cannot be joined is a request of its own, resolved the same way.
#include <algorithm>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/builder.hpp"
#include "query/limits.hpp"
#include "query/lookup.hpp"
#include "query/path.hpp"
#include "query/request.hpp"
#include "query/visit.hpp"

namespace dorm::query {
namespace {

using Path = std::vector<std::uint32_t>;

// What a unit knows of the units that led to it.
struct Journey {
  const ResolveOptions& options;
  std::vector<std::string>& nodes;       // paths of all nodes so far, of all units
  std::vector<const ModelInfo*> models;  // on the path from the root to here
  std::string text;                      // that path
  const RelationInfo* via = nullptr;     // the relation that leads here; null for the root
  bool load_required = true;
  bool unasked = false;  // nobody named this unit: it loads a required foreign key, or one of all relations
};

// One joined model of a statement.
struct Node {
  Node* parent = nullptr;
  SourcePtr source;
  const RelationInfo* via = nullptr;  // of the parent's model
  bool loaded = false;                // its columns are asked for; else it is there for a condition or an order
  bool partial = false;
  bool followed = true;  // false: nobody asked for it, and its model was on the path already
  std::vector<std::unique_ptr<Node>> children;
  std::vector<std::uint32_t> included;  // fields; empty: the default ones
  std::vector<std::uint32_t> excluded;
  std::vector<std::uint32_t> links_included;
  std::vector<std::uint32_t> links_excluded;
  bool whole = false;                 // named as a whole by fields()
  std::vector<std::uint32_t> needed;  // fields that what is fetched afterwards is found by

  const ModelInfo& model() const { return *source->model; }
  bool through_links() const { return via != nullptr && via->through != no_index; }
};

// What is fetched for the rows of a node.
struct Group {
  Node* at = nullptr;
  const RelationInfo* via = nullptr;
  Request rows;           // of the related model
  bool has_rows = false;  // conditions and the like were given with it
  bool whole = false;     // it was asked for without any
  bool unasked = false;   // nobody named it: a required foreign key, or one of all relations
  Fetch fetch;
};

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Path without_first(const Path& path, std::size_t steps) {
  return Path(path.begin() + static_cast<std::ptrdiff_t>(steps), path.end());
}

// Link models are the inside of a many_to_many, not relations to be visited.
bool leads_to_links(const ModelInfo& model, const RelationInfo& relation) {
  return std::any_of(model.relations.begin(), model.relations.end(),
                     [&](const RelationInfo& other) { return other.through == relation.target; });
}

const RelationInfo* inverse_of(const RelationInfo* via, const ModelInfo& target) {
  return via == nullptr || via->inverse == no_index ? nullptr : &target.relations[via->inverse];
}

class Resolver {
 public:
  Resolver(const Request& request, Journey& journey) : request_(request), journey_(journey) {
    root_.source = request.root;
    root_.loaded = true;
    // What an accessor asks for does not come with the row it was asked of: that is joined like any other.
    root_.via = journey.models.empty() ? nullptr : journey.via;
    root_.followed = !journey.unasked || !was_visited(root_);
  }

  std::shared_ptr<const Unit> run() {
    count_node(root_);
    join_requested();
    if (joins_all()) select_all(root_, request_.select_all == SelectAll::follow);
    join_conditions();
    fetch_requested();
    if (request_.select_all != SelectAll::no && !joins_all() && !was_visited(root_))
      fetch_all(root_, request_.select_all == SelectAll::follow);
    join_orders();
    choose_fields();
    load_required();
    for (const auto& [path, strategy] : request_.strategies) {
      require_loaded(path, "strategy");
      require_choice(path, strategy);
    }
    for (const auto& [path, lazy] : request_.lazy_paths) require_loaded(path, "lazy");
    return finish();
  }

  // The statement of values(): joined nodes as in run(), nothing fetched.
  QuerySpec joined_statement() {
    join_requested();
    if (joins_all()) select_all(root_, request_.select_all == SelectAll::follow);
    join_conditions();
    for (const OrderSpec& by : request_.order_by) {
      std::vector<SourcePtr> paths;
      collect_paths(*by.term, paths);
      for (const SourcePtr& path : paths) ensure(relations_of(path), false);
      order_.push_back(by);
    }
    choose_fields();
    QuerySpec spec = statement();
    return spec;
  }
  std::vector<std::pair<std::string, TermPtr>> named_columns() {
    std::vector<std::pair<std::string, TermPtr>> columns;
    each_node(root_, [&](Node& node) {
      if (!node.loaded) return;
      std::string prefix = path_text(root_.model(), request_.root->registry, relations_of(node.source));
      if (!prefix.empty()) prefix += "__";
      for (const std::uint32_t field : fields_of(node)) {
        const std::string& name = node.model().fields[field].name;
        columns.emplace_back(prefix + name, column_term(node.source, field));
      }
    });
    return columns;
  }

 private:
  // ---- nodes ----

  static Node* child(const Node& node, std::uint32_t relation) {
    for (const auto& child : node.children)
      if (child->via->index == relation) return child.get();
    return nullptr;
  }

  Node& ensure_child(Node& node, std::uint32_t relation, bool loaded) {
    Node* found = child(node, relation);
    if (found == nullptr) {
      auto made = std::make_unique<Node>();
      made->parent = &node;
      made->via = &node.model().relations[relation];
      made->source = path_source(node.source, relation);
      found = made.get();
      node.children.push_back(std::move(made));
    }
    if (loaded && !found->loaded) {
      found->loaded = true;
      count_node(*found);
    }
    return *found;
  }

  Node& ensure(const Path& path, bool loaded) {
    Node* node = &root_;
    for (const std::uint32_t relation : path) node = &ensure_child(*node, relation, loaded);
    return *node;
  }

  template <class Visit>
  static void each_node(Node& node, const Visit& visit) {
    visit(node);
    for (const auto& child : node.children) each_node(*child, visit);
  }

  std::string text_of(const Node& node) const {
    std::string text = path_text(root_.model(), request_.root->registry, relations_of(node.source));
    if (journey_.text.empty() || text.empty()) return journey_.text + text;
    return journey_.text + "__" + text;
  }

  void count_node(const Node& node) {
    journey_.nodes.push_back(text_of(node).empty() ? node.model().name : text_of(node));
    if (journey_.nodes.size() > journey_.options.max_nodes) {
      throw LimitError("the query loads more than " + std::to_string(journey_.options.max_nodes) +
                       " relations: " + quote_list(journey_.nodes, journey_.options.max_nodes) +
                       "; name fewer, or raise max_load_nodes");
    }
  }

  // Models from the first root to a node, itself included.
  std::vector<const ModelInfo*> models_to(const Node& node) const {
    std::vector<const ModelInfo*> models;
    for (const Node* step = &node; step != nullptr; step = step->parent) models.push_back(&step->model());
    models.insert(models.end(), journey_.models.begin(), journey_.models.end());
    return models;
  }
  bool was_visited(const Node& node) const {
    const std::vector<const ModelInfo*> models = models_to(node);
    return std::count(models.begin(), models.end(), &node.model()) > 1;
  }

  // ---- what is joined ----

  void join_requested() {
    for (const LoadRequest& load : request_.loads)
      if (load.method == Method::join) ensure(load.path, true);
  }

  bool joins_all() const { return request_.select_all != SelectAll::no && request_.select_all_by == Method::join; }

  // What "all relations" of a node are: not the way that led here, no link rows, nothing excluded.
  bool is_among_all(const Node& node, const RelationInfo& relation) const {
    return !relation.name.empty() && &relation != inverse_of(node.via, node.model()) &&
           !leads_to_links(node.model(), relation) && !is_excluded(node, relation);
  }

  void select_all(Node& node, bool follow) {
    for (const RelationInfo& relation : node.model().relations) {
      if (!is_among_all(node, relation)) continue;
      const Node* there = child(node, relation.index);
      const bool asked = there != nullptr && there->loaded;
      Node& next = ensure_child(node, relation.index, true);
      if (!asked) next.followed = !was_visited(next);
      if (follow && !was_visited(next)) select_all(next, true);
    }
  }

  // A condition along a path joins it, loads it and keeps out what does not match.
  void join_conditions() {
    if (!request_.where) return;
    std::vector<SourcePtr> paths;
    collect_paths(*request_.where, paths);
    for (const SourcePtr& path : paths) {
      if (!same_source(*first_of(path), *request_.root)) continue;
      for (Node* node = &ensure(relations_of(path), true); node->parent != nullptr; node = node->parent)
        if (node->via->to_many()) node->partial = true;
    }
  }

  // ---- what is fetched ----

  Group& group(Node& at, std::uint32_t relation, const std::string& name) {
    for (const auto& group : groups_)
      if (group->at == &at && group->via->index == relation && group->fetch.name == name) return *group;
    auto made = std::make_unique<Group>();
    made->at = &at;
    made->via = &at.model().relations[relation];
    made->rows.root = model_source_beside(*request_.root, request_.root->registry.model(made->via->target));
    made->rows.load_required = journey_.load_required;
    made->fetch.relation = relation;
    made->fetch.name = name;
    groups_.push_back(std::move(made));
    return *groups_.back();
  }

  // The joined node as far down a path as there is one, and how many steps that is.
  std::pair<Node*, std::size_t> joined_part(const Path& path) {
    Node* node = &root_;
    std::size_t steps = 0;
    for (; steps < path.size(); ++steps) {
      Node* next = child(*node, path[steps]);
      if (next == nullptr || !next->loaded) break;
      node = next;
    }
    return {node, steps};
  }

  void fetch_requested() {
    for (const LoadRequest& load : request_.loads) {
      if (load.method == Method::join) continue;
      auto [node, steps] = joined_part(load.path);
      if (steps == load.path.size()) {
        // What is joined already is there; what has conditions or a name of its own is asked for beside it.
        if (!load.rows && load.name.empty()) continue;
        node = node->parent;
        --steps;
      }
      const bool ends = steps + 1 == load.path.size();
      if (ends && !load.name.empty()) require_name(*node, load.path.back(), load.name);
      Group& found = group(*node, load.path[steps], ends ? load.name : std::string());
      if (!ends) {
        LoadRequest rest = load;
        rest.path = without_first(load.path, steps + 1);
        found.rows.loads.push_back(std::move(rest));
        continue;
      }
      found.fetch.best = load.method == Method::best;
      found.fetch.strategy = load.strategy;
      found.fetch.lazy = load.lazy;
      found.whole = found.whole || !load.rows;
      if (load.rows) {
        if (found.has_rows) refuse_twice(load, "twice with conditions");
        found.has_rows = true;
        merge(found.rows, *load.rows);
      }
      if (found.whole && (found.rows.where || is_limited(found.rows)))
        refuse_twice(load, "as a whole and with conditions");
    }
  }

  [[noreturn]] void refuse_twice(const LoadRequest& load, const char* how) const {
    throw QueryError("'" + path_text(root_.model(), request_.root->registry, load.path) + "' is prefetched " + how +
                     "; name one of them with as()");
  }

  // As select_all(), in statements of their own; those know what they follow from their own requests.
  void fetch_all(Node& node, bool follow) {
    for (const RelationInfo& relation : node.model().relations) {
      if (!is_among_all(node, relation)) continue;
      if (Node* there = child(node, relation.index); there != nullptr && there->loaded) {
        if (follow && !was_visited(*there)) fetch_all(*there, true);
        continue;
      }
      const bool asked = is_fetched(node, relation);
      Group& fetched = group(node, relation.index, {});
      if (!asked) fetched.fetch.best = fetched.unasked = true;
      if (!follow) continue;
      fetched.rows.select_all = SelectAll::follow;
      fetched.rows.select_all_by = Method::best;
    }
  }

  void require_name(const Node& node, std::uint32_t relation, const std::string& name) const {
    const ModelInfo& model = node.model();
    if (!is_identifier(name)) throw QueryError("as: " + quote(name) + " is not an identifier");
    if (name != model.relations[relation].name && model.find(name))
      throw QueryError("as: '" + name + "' is another member of '" + model.name + "'; choose another name");
    for (const auto& group : groups_) {
      if (group->at == &node && group->fetch.name == name && group->via->index != relation)
        throw QueryError("as: '" + name + "' names two relations of '" + model.name + "'; choose another name for one");
    }
  }

  static void merge(Request& into, const Request& from) {
    into.where = all_of(into.where, from.where);
    if (!from.order_by.empty()) into.order_by = from.order_by;
    if (from.limit) into.limit = from.limit;
    if (from.offset) into.offset = from.offset;
    into.loads.insert(into.loads.end(), from.loads.begin(), from.loads.end());
    into.fields.insert(into.fields.end(), from.fields.begin(), from.fields.end());
    if (from.load_required) into.load_required = from.load_required;
    if (from.lazy != LazyPolicy::unset) into.lazy = from.lazy;
  }

  // An order along a fetched path is the order of what is fetched; along any other, it needs the join.
  void join_orders() {
    for (const OrderSpec& by : request_.order_by) {
      std::vector<SourcePtr> paths;
      collect_paths(*by.term, paths);
      if (paths.size() == 1 && hand_down(by, paths.front())) continue;
      for (const SourcePtr& path : paths)
        if (same_source(*first_of(path), *request_.root)) ensure(relations_of(path), false);
      order_.push_back(by);
    }
  }

  bool hand_down(const OrderSpec& by, const SourcePtr& path) {
    const Path relations = relations_of(path);
    auto [node, steps] = joined_part(relations);
    if (steps == relations.size() || !leads_to_list(node->model(), relations, steps)) return false;
    for (const auto& group : groups_) {
      if (group->at != node || group->via->index != relations[steps] || !group->fetch.name.empty()) continue;
      const SourcePtr place = path_source(node->source, relations[steps]);
      OrderSpec moved = by;
      if (group->via->through != no_index) {
        const Registry& registry = request_.root->registry;
        moved.term =
            rebased(moved.term, link_source(place), model_source(registry, registry.model(group->via->through)));
      }
      moved.term = rebased(moved.term, place, group->rows.root);
      group->rows.order_by.push_back(std::move(moved));
      return true;
    }
    return false;
  }

  // Whether there is a list on the way from the step `from` on.
  bool leads_to_list(const ModelInfo& start, const Path& relations, std::size_t from) const {
    const ModelInfo* model = &start;
    for (std::size_t i = from; i < relations.size(); ++i) {
      const RelationInfo& relation = model->relations[relations[i]];
      if (relation.to_many()) return true;
      model = &request_.root->registry.model(relation.target);
    }
    return false;
  }

  // ---- columns ----

  bool is_excluded(const Node& node, const RelationInfo& relation) const {
    Path path = relations_of(node.source);
    path.push_back(relation.index);
    return std::any_of(request_.fields.begin(), request_.fields.end(), [&](const FieldChoice& choice) {
      return choice.excluded && choice.field == no_index && !choice.links && choice.path == path;
    });
  }

  void choose_fields() {
    for (const FieldChoice& choice : request_.fields) {
      auto [node, steps] = joined_part(choice.path);
      if (steps == choice.path.size()) {
        choose(*node, choice);
        continue;
      }
      bool handed = false;
      for (std::size_t i = 0; i < groups_.size(); ++i) {
        Group& group = *groups_[i];
        if (group.at != node || group.via->index != choice.path[steps]) continue;
        handed = true;
        if (steps + 1 == choice.path.size() && choice.field == no_index && choice.excluded && !choice.links) {
          groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i--));
          continue;
        }
        FieldChoice rest = choice;
        rest.path = without_first(choice.path, steps + 1);
        group.rows.fields.push_back(std::move(rest));
      }
      if (!handed && !choice.excluded && !is_fetch_requested(choice.path)) {
        throw QueryError("fields() names '" + path_text(root_.model(), request_.root->registry, choice.path) +
                         "', which is not loaded; add select_related or prefetch_related for it");
      }
    }
  }

  static void choose(Node& node, const FieldChoice& choice) {
    if (choice.field == no_index && !choice.links) {
      if (!choice.excluded) {
        node.whole = true;
        // Naming a relation names the key that leads to it, too.
        if (node.parent != nullptr && node.via->holds_key())
          node.parent->needed.insert(node.parent->needed.end(), node.via->fields.begin(), node.via->fields.end());
      } else {
        each_node(node, [](Node& below) { below.loaded = false; });
      }
      return;
    }
    if (choice.links) {
      (choice.excluded ? node.links_excluded : node.links_included).push_back(choice.field);
    } else {
      (choice.excluded ? node.excluded : node.included).push_back(choice.field);
    }
  }

  // A path that the values of one statement leave out, but the request does not.
  bool is_fetch_requested(const Path& path) const {
    return std::any_of(request_.loads.begin(), request_.loads.end(), [&](const LoadRequest& load) {
      return load.method != Method::join && load.path.size() >= path.size() &&
             std::equal(path.begin(), path.end(), load.path.begin());
    });
  }

  // A path whose rows this statement or one after it brings; of the latter, the request it is handed down to knows.
  void require_loaded(const Path& path, const char* call) {
    auto [node, steps] = joined_part(path);
    if (steps == path.size() || is_fetched(*node, node->model().relations[path[steps]])) return;
    throw QueryError(std::string(call) + "() names '" + path_text(root_.model(), request_.root->registry, path) +
                     "', which is not loaded; add select_related or prefetch_related for it");
  }

  // What is joined already is not read in another way.
  void require_choice(const Path& path, Strategy strategy) {
    if (strategy != Strategy::key_set && strategy != Strategy::subquery) return;
    if (joined_part(path).second != path.size()) return;
    throw QueryError("strategy() names '" + path_text(root_.model(), request_.root->registry, path) +
                     "', which this query joins; ask for it with prefetch_related or load_related, and filter by it "
                     "with any()");
  }

  bool names_fields() const {
    return std::any_of(request_.fields.begin(), request_.fields.end(),
                       [](const FieldChoice& choice) { return !choice.excluded; });
  }

  std::vector<std::uint32_t> fields_of(const Node& node) const {
    const ModelInfo& model = node.model();
    std::vector<std::uint32_t> fields = model.primary_key;
    // Without it a row could not be saved.
    if (model.version_field != no_index) fields.push_back(model.version_field);
    const bool listed = !node.whole && (!node.included.empty() || (node.parent == nullptr && names_fields()));
    for (const std::uint32_t field : listed ? node.included : default_fields(model))
      if (!contains(fields, field) && !contains(node.excluded, field)) fields.push_back(field);
    for (const std::uint32_t field : node.needed)
      if (!contains(fields, field)) fields.push_back(field);
    std::sort(fields.begin(), fields.end());
    return fields;
  }

  // ---- required foreign keys ----

  void load_required() {
    if (!journey_.load_required) return;
    bool joins = false;
    for (const auto& child : root_.children) joins = joins || child->loaded;
    std::vector<Node*> nodes;
    each_node(root_, [&](Node& node) { nodes.push_back(&node); });
    // The list grows: what is required may require more.
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Node& node = *nodes[i];
      if (!node.loaded || !node.followed) continue;
      const RelationInfo* back = inverse_of(node.via, node.model());
      const std::vector<std::uint32_t> fields = fields_of(node);
      for (const RelationInfo& relation : node.model().relations) {
        if (!relation.holds_key() || relation.nullable || &relation == back || is_excluded(node, relation)) continue;
        const bool selected = std::all_of(relation.fields.begin(), relation.fields.end(),
                                          [&](std::uint32_t field) { return contains(fields, field); });
        if (!selected || is_fetched(node, relation)) continue;
        const Node* there = child(node, relation.index);
        if (there != nullptr && there->loaded) continue;
        if (joins) {
          nodes.push_back(&ensure_child(node, relation.index, true));
          nodes.back()->followed = !was_visited(*nodes.back());
        } else {
          group(node, relation.index, {}).unasked = true;
        }
      }
    }
  }

  bool is_fetched(const Node& node, const RelationInfo& relation) const {
    return std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
      return group->at == &node && group->via == &relation && group->fetch.name.empty();
    });
  }

  // ---- the statement ----

  std::shared_ptr<const Unit> finish() {
    for (const auto& group : groups_) {
      if (!group->at->loaded) continue;
      for (const std::uint32_t field : group->via->fields)
        if (!contains(group->at->needed, field)) group->at->needed.push_back(field);
    }
    // What attaches these rows to those they belong to.
    if (journey_.via != nullptr && journey_.via->through == no_index)
      for (const std::uint32_t field : journey_.via->target_fields) root_.needed.push_back(field);
    auto unit = std::make_shared<Unit>();
    unit->spec = std::make_shared<const QuerySpec>(statement());
    for (const auto& group : groups_)
      if (group->at->loaded) unit->fetches.push_back(fetch_of(*group));
    return unit;
  }

  Fetch fetch_of(Group& group) {
    Fetch fetch = group.fetch;
    fetch.at = relations_of(group.at->source);
    fetch.limit = std::exchange(group.rows.limit, std::nullopt);
    fetch.offset = std::exchange(group.rows.offset, std::nullopt);
    fetch.partial = group.rows.where != nullptr || fetch.limit || fetch.offset;
    if (group.rows.lazy != LazyPolicy::unset) fetch.lazy = group.rows.lazy;
    Path path = fetch.at;
    path.push_back(fetch.relation);
    for (const auto& [place, strategy] : request_.strategies) {
      if (place == path && fetch.name.empty()) fetch.strategy = strategy;
      if (place.size() > path.size() && std::equal(path.begin(), path.end(), place.begin()))
        group.rows.strategies.emplace_back(without_first(place, path.size()), strategy);
    }
    for (const auto& [place, lazy] : request_.lazy_paths) {
      if (place == path && fetch.name.empty()) fetch.lazy = lazy;
      if (place.size() > path.size() && std::equal(path.begin(), path.end(), place.begin()))
        group.rows.lazy_paths.emplace_back(without_first(place, path.size()), lazy);
    }
    Journey next{journey_.options,
                 journey_.nodes,
                 models_to(*group.at),
                 {},
                 group.via,
                 group.rows.load_required.value_or(journey_.load_required),
                 group.unasked};
    next.text = text_of(*group.at);
    next.text += (next.text.empty() ? "" : "__") + group.via->name;
    fetch.unit = Resolver(group.rows, next).run();
    return fetch;
  }

  QuerySpec statement() {
    QuerySpec spec;
    spec.root = request_.root;
    spec.context = request_.root;
    spec.where = request_.where;
    spec.lazy = request_.lazy;
    spec.default_projection = false;
    each_node(root_, [&](Node& node) {
      if (node.parent != nullptr && is_used(node)) add_joins(spec, node);
      if (node.loaded) add_columns(spec, node);
    });
    for (const Annotation& annotation : request_.annotations)
      spec.outputs.push_back({aliased(annotation.term, annotation.name), nullptr});
    // Conditions and orders along a list repeat rows, too, whether it is loaded or not.
    spec.order_by = order_;
    join_paths(spec);
    spec.parents = has_to_many(spec);
    if (spec.parents) require_key(root_.model(), "joining a to-many relation");
    const bool one_row = request_.unordered || (journey_.via != nullptr && !journey_.via->to_many());
    // A row found by its key needs no order.
    if (!one_row || spec.parents || !order_.empty()) spec.order_by = root_order(request_, order_, journey_.via);
    const std::vector<OrderSpec> own = spec.order_by;
    const bool mixed = mixes_lists();
    each_node(root_, [&](Node& node) {
      if (node.parent == nullptr || !node.loaded || !node.via->to_many()) return;
      add_node_order(spec.order_by, node);
      if (mixed) spec.outputs.push_back({aliased(place_in_list(own, node), "place"), node.source});
    });
    apply_limits(spec, request_, own);
    join_paths(spec);
    return spec;
  }

  static void add_node_order(std::vector<OrderSpec>& order, const Node& node) {
    const bool ordered = std::any_of(order.begin(), order.end(), [&](const OrderSpec& by) {
      std::vector<SourcePtr> paths;
      collect_paths(*by.term, paths);
      return std::any_of(paths.begin(), paths.end(),
                         [&](const SourcePtr& path) { return same_source(*path, *node.source); });
    });
    if (!ordered)
      add_order(order, node.source, node.via->order_by.empty() ? node.model().order_by : node.via->order_by, false);
    add_key_order(order, node.source, false);
    if (node.through_links()) add_key_order(order, link_source(node.source), false);
  }

  // Whether a condition speaks of two lists side by side at once, as an OR may: then the rows of one depend on the row
  // of the other that they stand beside, and the first that are seen need not be the first of their list.
  bool mixes_lists() const {
    if (!request_.where) return false;
    const auto mixes = [&](const Term& term) {
      std::vector<SourcePtr> paths;
      collect_paths(term, paths);
      for (const SourcePtr& one : paths)
        for (const SourcePtr& other : paths)
          if (are_side_by_side(relations_of(one), relations_of(other))) return true;
      return false;
    };
    if (request_.where->kind != TermKind::all) return mixes(*request_.where);
    return std::any_of(request_.where->children.begin(), request_.where->children.end(),
                       [&](const TermPtr& term) { return mixes(*term); });
  }

  bool are_side_by_side(const Path& one, const Path& other) const {
    std::size_t shared = 0;
    const ModelInfo* model = &root_.model();
    for (; shared < std::min(one.size(), other.size()) && one[shared] == other[shared]; ++shared)
      model = &request_.root->registry.model(model->relations[one[shared]].target);
    return leads_to_list(*model, one, shared) && leads_to_list(*model, other, shared);
  }

  // A number that grows along the list of a node. `own`: the order of the rows of the root.
  TermPtr place_in_list(const std::vector<OrderSpec>& own, const Node& node) const {
    const Path here = relations_of(node.source);
    const auto is_below = [&](const SourcePtr& path) {
      const Path relations = relations_of(path);
      return relations.size() >= here.size() && std::equal(here.begin(), here.end(), relations.begin());
    };
    std::vector<OrderSpec> order;
    for (const OrderSpec& by : own) {
      std::vector<SourcePtr> paths;
      collect_paths(*by.term, paths);
      if (!paths.empty() && std::all_of(paths.begin(), paths.end(), is_below)) order.push_back(by);
    }
    add_node_order(order, node);
    return row_number({}, std::move(order));
  }

  // What only conditions and orders need is joined for them, after all that is loaded.
  static bool is_used(const Node& node) {
    return node.loaded ||
           std::any_of(node.children.begin(), node.children.end(), [](const auto& child) { return is_used(*child); });
  }

  void add_joins(QuerySpec& spec, const Node& node) const {
    const PathJoin path = join_of(node.source);
    if (path.link) {
      JoinSpec link;
      link.kind = sql::JoinKind::left;
      link.from = node.parent->source;
      link.target = path.link;
      link.on = join_of(path.link).on;
      spec.joins.push_back(std::move(link));
    }
    JoinSpec join;
    join.kind = sql::JoinKind::left;
    join.from = path.link ? path.link : node.parent->source;
    join.target = node.source;
    join.on = path.on;
    join.relation = node.via->index;
    join.accessor = node.via->name;
    // A limit on joined rows cuts lists, too.
    join.partial =
        node.partial || rule_of(node.source) || (request_.raw_limit && is_limited(request_) && node.via->to_many());
    for (const auto& [place, lazy] : request_.lazy_paths)
      if (place == relations_of(node.source)) join.lazy = lazy;
    spec.joins.push_back(std::move(join));
  }

  void add_columns(QuerySpec& spec, const Node& node) const {
    if (node.parent != nullptr && node.via->to_many()) require_key(node.model(), "joining it as a list");
    for (const std::uint32_t field : fields_of(node))
      spec.outputs.push_back({column_term(node.source, field), nullptr});
    if (node.parent == nullptr || !node.through_links()) return;
    const SourcePtr links = link_source(node.source);
    const ModelInfo& through = *links->model;
    require_key(through, "joining it as links");
    std::vector<std::uint32_t> fields = through.primary_key;
    for (const std::uint32_t field : node.links_included.empty() ? default_fields(through) : node.links_included)
      if (!contains(fields, field) && !contains(node.links_excluded, field)) fields.push_back(field);
    for (const std::uint32_t field : fields) spec.outputs.push_back({column_term(links, field), nullptr});
  }

  const Request& request_;
  Journey& journey_;
  Node root_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<OrderSpec> order_;  // of this statement's rows, as asked for
};

}  // namespace

std::shared_ptr<const Unit> resolve(const Request& request, const ResolveOptions& options) {
  std::vector<std::string> nodes;
  Journey journey{options, nodes, {}, {}, request.via, request.load_required.value_or(options.load_required)};
  return Resolver(request, journey).run();
}

QuerySpec resolve_values(const Request& request, const std::vector<std::string>& paths, RowMode mode,
                         const ResolveOptions& options) {
  std::vector<std::string> nodes;
  Journey journey{options, nodes, {}, {}, request.via, false};
  Resolver resolver(request, journey);
  QuerySpec spec = resolver.joined_statement();
  std::vector<std::pair<std::string, TermPtr>> columns;
  const bool grouped = !request.group_by.empty() || request.having;
  const auto annotation = [&](const std::string& name) {
    const auto found = std::find_if(request.annotations.begin(), request.annotations.end(),
                                    [&](const Annotation& item) { return item.name == name; });
    return found == request.annotations.end() ? nullptr : found->term;
  };
  for (const std::string& path : paths) {
    TermPtr term = annotation(path);
    if (!term) {
      const ParsedPath parsed = parse_path(request.root, path);
      if (!parsed.member) throw QueryError("values: path " + quote(path) + " does not name a field");
      term = parsed.rest.empty() ? parsed.member : bind_value(path, request.root);
    }
    columns.emplace_back(path, std::move(term));
  }
  if (paths.empty()) {
    if (grouped) {
      for (const TermPtr& term : request.group_by) columns.emplace_back(std::string(), term);
    } else {
      columns = resolver.named_columns();
    }
    for (const Annotation& item : request.annotations) columns.emplace_back(item.name, item.term);
  }
  spec.outputs.clear();
  for (auto& [name, term] : columns) {
    if (name.empty()) {
      const SourcePtr& source = unaliased(*term).source;
      const FieldInfo* field = field_of(unaliased(*term));
      if (term->kind == TermKind::alias) {
        name = term->name;
      } else if (field != nullptr && source) {
        const std::string prefix = path_text(*request.root->model, request.root->registry, relations_of(source));
        name = prefix.empty() ? field->name : prefix + "__" + field->name;
      }
    }
    const TermPtr bare = term->kind == TermKind::alias ? term->children.front() : term;
    const FieldInfo* own = field_of(*bare);
    spec.outputs.push_back({own != nullptr && own->name == name ? bare : aliased(bare, name), nullptr});
  }
  spec.mode = mode;
  spec.parents = false;
  spec.distinct = request.distinct;
  if (grouped) {
    spec.group_by = request.group_by;
    spec.having = request.having;
  }
  // Only what was asked for: a row of a group or of distinct values has no key to break ties by.
  if (grouped || request.distinct) {
    spec.order_by.clear();
    for (OrderSpec by : request.order_by) {
      by.descending = by.descending != request.reversed;
      spec.order_by.push_back(std::move(by));
    }
  }
  // These have values of their own to limit.
  if (is_limited(request) && (grouped || request.distinct)) {
    spec.where = request.where;
    spec.limit = request.limit;
    spec.offset = request.offset;
  }
  join_paths(spec);
  if (is_limited(request) && !grouped && !request.distinct && (spec.limit || spec.offset) && has_to_many(spec) &&
      !request.raw_limit) {
    // A path of values() made the first to-many join.
    spec.limit.reset();
    spec.offset.reset();
    apply_limits(spec, request, spec.order_by);
  }
  return spec;
}

}  // namespace dorm::query
