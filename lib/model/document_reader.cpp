// Query documents, key by key: each is the call of QuerySet that it is named after.
#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/database_impl.hpp"
#include "model/document.hpp"
#include "model/document_words.hpp"
#include "model/query_set_request.hpp"
#include "query/path.hpp"

namespace dorm::document {
namespace {

using json::NodeKind;

constexpr std::array<std::string_view, 5> aggregate_names{"count", "sum", "avg", "min", "max"};
const std::vector<std::string_view>& document_keys() {
  static const std::vector<std::string_view> keys{
      "model",        "filter",     "exclude",   "any",      "none",           "every",
      "annotate",     "group_by",   "having",    "order_by", "reverse",        "limit",
      "offset",       "slice",      "raw_limit", "distinct", "select_related", "prefetch_related",
      "load_related", "select_all", "load_all",  "fields",   "exclude_fields", "load_required",
      "strategy",     "lazy",       "values"};
  return keys;
}

std::int64_t whole_of(const json::Node& node) {
  if (!node.is(NodeKind::integer)) fail_kind(node, "'" + node.name() + "' takes a whole number");
  return node.integer();
}

// A word of a list, by its place in it.
template <class Names>
std::size_t word_of(const json::Node& node, const Names& names, std::size_t first, std::string_view what) {
  const std::string& text = text_of(node, what);
  const auto found = std::find(names.begin() + static_cast<std::ptrdiff_t>(first), names.end(), text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::vector<std::string> possible(names.begin() + static_cast<std::ptrdiff_t>(first), names.end());
  fail(node, quote(text) + " is not " + std::string(what) + did_you_mean(text, possible) + "; there are " +
                 quote_list(possible));
}

// A part of a document, and how the query is without it.
struct DocumentPart {
  const json::Node* node;
  std::function<void(Parsed&)> leave_out;
};

// The parts that one key of a document has, by which it may not fit the rest.
struct DocumentClause {
  const json::Node* node;
  std::vector<DocumentPart> parts;
};

class DocumentReader {
 public:
  DocumentReader(const Registry& registry, const QueryGate* gate) : registry_(registry), gate_(gate), filters_(gate) {}

  Parsed read(const json::Node& root, const std::shared_ptr<DatabaseImpl>& database) {
    if (!root.is(NodeKind::object)) fail_kind(root, "a query document is an object, as {\"model\": \"Track\"}");
    require_keys(root, document_keys(), "a query document");
    const json::Node* name = root.find("model");
    if (name == nullptr) fail(root, "'model' is missing; say whose rows are asked for");
    auto source = std::make_shared<query::Source>(*query::model_source(registry_, model_named(*name)));
    if (gate_ != nullptr) source->rules = gate_->rules();
    Parsed parsed{objects_of(database, std::move(source)), {}};
    QuerySet& set = parsed.set;
    const bool grouped = root.find("group_by") != nullptr;
    annotate(root, set);
    conditions(root, set, grouped);
    groups(root, set);
    if (const json::Node* node = root.find("order_by")) {
      Ground ground{set.request()->root, scope_of(*set.request()), grouped};
      std::vector<Order> terms = orders(*node, ground);
      set = at(*node, [&] { return set.order_by(std::move(terms)); });
    }
    limits(root, set);
    loads(root, set);
    fields(root, set);
    if (const json::Node* node = root.find("values")) parsed.values = values(*node, set, grouped);
    return parsed;
  }

  // Of the document that was read, in the order in which they are suspected.
  std::vector<DocumentClause> clauses(const json::Node& root) const {
    std::vector<DocumentClause> all;
    if (!field_parts_.empty()) all.push_back({field_parts_.front().node, field_parts_});
    if (const json::Node* node = root.find("strategy"))
      all.push_back(list_clause(*node, node->items(), &query::Request::strategies));
    if (const json::Node* node = root.find("lazy"); node != nullptr && node->is(NodeKind::object)) {
      std::vector<const json::Node*> paths;
      for (const json::Node* item : node->items())
        if (!item->name().empty()) paths.push_back(item);
      all.push_back(list_clause(*node, paths, &query::Request::lazy_paths));
    }
    if (const json::Node* node = root.find("order_by"))
      all.push_back(list_clause(*node, one_or_many(*node), &query::Request::order_by));
    if (const json::Node* node = root.find("having")) {
      const auto none = [](Parsed& parsed) {
        parsed.set = changed(parsed.set, [](query::Request& request) { request.having = nullptr; });
      };
      all.push_back({node, {{node, none}}});
    }
    if (const json::Node* node = root.find("values"); node != nullptr && !node->is(NodeKind::boolean))
      all.push_back(values_clause(*node));
    if (const json::Node* node = root.find("group_by"))
      all.push_back(list_clause(*node, one_or_many(*node), &query::Request::group_by));
    if (const json::Node* node = root.find("slice")) {
      const auto none = [](Parsed& parsed) {
        parsed.set = changed(parsed.set, [](query::Request& request) {
          request.limit.reset();
          request.offset.reset();
          request.from_end = false;
        });
      };
      all.push_back({node, {{node, none}}});
    }
    if (const json::Node* node = root.find("distinct")) {
      const auto none = [](Parsed& parsed) { parsed.set = parsed.set.distinct(false); };
      all.push_back({node, {{node, none}}});
    }
    return all;
  }

 private:
  // One part for each element of a list of the request.
  template <class List>
  static DocumentClause list_clause(const json::Node& node, const std::vector<const json::Node*>& items,
                                    List query::Request::*list) {
    DocumentClause clause{&node, {}};
    for (std::size_t i = 0; i < items.size(); ++i)
      clause.parts.push_back({items[i], [list, i](Parsed& parsed) { erase(parsed, list, i, i + 1); }});
    return clause;
  }

  static DocumentClause values_clause(const json::Node& node) {
    DocumentClause clause{&node, {}};
    for (const json::Node* item : one_or_many(node)) {
      const auto place = static_cast<std::ptrdiff_t>(clause.parts.size());
      clause.parts.push_back({item, [place](Parsed& parsed) { parsed.values->erase(parsed.values->begin() + place); }});
    }
    return clause;
  }

  template <class List>
  static void erase(Parsed& parsed, List query::Request::*list, std::size_t begin, std::size_t end) {
    parsed.set = changed(parsed.set, [&](query::Request& request) {
      List& elements = request.*list;
      if (end > elements.size()) return;
      elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(begin),
                     elements.begin() + static_cast<std::ptrdiff_t>(end));
    });
  }

  const ModelInfo& model_named(const json::Node& node) const {
    const std::string& name = text_of(node, "the name of a model");
    if (gate_ == nullptr)
      return at(node, [&]() -> std::reference_wrapper<const ModelInfo> { return registry_.get(name); });
    const ModelInfo* model = registry_.find(name);
    if (model != nullptr && gate_->allows(*model)) return *model;
    const std::vector<std::string> models = gate_->shown_models();
    fail(node, "there is no model " + quote(name) + did_you_mean(name, models));
  }

  void refuse_untrusted(const json::Node& node, std::string_view instead) const {
    if (gate_ == nullptr) return;
    fail(node, "'" + node.name() + "' is not allowed here; " + std::string(instead));
  }

  void require_few(const json::Node& node, std::size_t count) const {
    if (gate_ == nullptr || count <= gate_->limits().max_names) return;
    fail(node, "it names more than " + std::to_string(gate_->limits().max_names) +
                   ", which is the limit (max_names); ask for less at once");
  }

  std::vector<const json::Node*> names(const json::Node& node) const {
    std::vector<const json::Node*> items = one_or_many(node);
    require_few(node, items.size());
    return items;
  }

  // ---- conditions and groups ----

  void annotate(const json::Node& root, QuerySet& set) {
    const json::Node* all = root.find("annotate");
    if (all == nullptr) return;
    if (!all->is(NodeKind::object)) fail_kind(*all, "'annotate' takes an object, as {\"n\": {\"count\": \"tracks\"}}");
    require_few(*all, all->items().size());
    for (const json::Node* item : all->items()) {
      const query::SourcePtr root_source = set.request()->root;
      if (item->is(NodeKind::string)) {
        const Ground ground{root_source, {set.request()->annotations, false}, false};
        filters_.require_path(*item, item->text(), ground, {});
        set = at(*item, [&] {
          return set.annotate(item->name(), Expr(query::bind_value(item->text(), ground.root, ground.scope)));
        });
        continue;
      }
      const Aggregate value = aggregate(*item, root_source);
      set = at(*item, [&] { return set.annotate(item->name(), value); });
    }
  }

  Aggregate aggregate(const json::Node& node, const query::SourcePtr& root) {
    if (!node.is(NodeKind::object)) fail_kind(node, "an annotation is a path or an object, as {\"count\": \"tracks\"}");
    require_keys(node, {"count", "sum", "avg", "min", "max", "filter", "distinct"}, "an annotation");
    const json::Node* of = nullptr;
    for (const json::Node* item : node.items()) {
      if (std::find(aggregate_names.begin(), aggregate_names.end(), item->name()) == aggregate_names.end()) continue;
      if (of != nullptr) fail(*item, "an annotation is one of " + quote_list(aggregate_names) + ", not several");
      of = item;
    }
    if (of == nullptr) fail(node, "an annotation needs one of " + quote_list(aggregate_names));
    const std::string& path = text_of(*of, "a path");
    filters_.require_path(*of, path, {root, {}, true}, {.keys = of->name() != "count", .rows = true});
    const query::ParsedPath parsed = at(*of, [&] { return query::parse_path(root, path); });
    Aggregate made = of->name() == "count" ? Aggregate::count(path)
                     : of->name() == "sum" ? Aggregate::sum(path)
                     : of->name() == "avg" ? Aggregate::avg(path)
                     : of->name() == "min" ? Aggregate::min(path)
                                           : Aggregate::max(path);
    if (const json::Node* distinct = node.find("distinct"); distinct != nullptr && flag_of(*distinct))
      made = made.distinct();
    if (const json::Node* condition = node.find("filter")) {
      // In terms of the rows that are aggregated.
      const query::SourcePtr& rows = parsed.relation != no_index ? parsed.target : parsed.member->source;
      made = made.where(filters_.filter(*condition, ground_along({root, {}, true}, query::relations_of(rows))));
    }
    return made;
  }

  void conditions(const json::Node& root, QuerySet& set, bool grouped) {
    const auto ground = [&] { return Ground{set.request()->root, {set.request()->annotations, false}, grouped}; };
    if (const json::Node* node = root.find("filter")) {
      for (const json::Node* item : one_or_many(*node)) {
        const Filter condition = filters_.filter(*item, ground());
        set = at(*item, [&] { return set.filter(condition); });
      }
    }
    if (const json::Node* node = root.find("exclude")) {
      for (const json::Node* item : one_or_many(*node)) {
        const Filter condition = filters_.filter(*item, ground());
        set = at(*item, [&] { return set.exclude(condition); });
      }
    }
    for (const char* word : {"any", "none", "every"}) {
      const json::Node* node = root.find(word);
      if (node == nullptr) continue;
      for (const json::Node* item : one_or_many(*node)) {
        const Filter condition = filters_.predicate(*item, word, ground());
        set = at(*item, [&] { return set.filter(condition); });
      }
    }
  }

  void groups(const json::Node& root, QuerySet& set) {
    if (const json::Node* node = root.find("group_by")) {
      const Ground ground{set.request()->root, {set.request()->annotations, false}, true};
      for (const json::Node* item : names(*node)) {
        const std::string& path = text_of(*item, "a path");
        filters_.require_path(*item, path, ground, {});
        at(*item, [&] { query::bind_value(path, ground.root, ground.scope); });
      }
      std::vector<std::string> paths;
      for (const json::Node* item : names(*node)) paths.push_back(item->text());
      set = at(*node, [&] { return set.group_by(paths); });
    }
    if (const json::Node* node = root.find("having")) {
      for (const json::Node* item : one_or_many(*node)) {
        const Ground ground{set.request()->root, {set.request()->annotations, true}, true};
        const Filter condition = filters_.filter(*item, ground);
        set = at(*item, [&] { return set.having(condition); });
      }
    }
  }

  // ---- order and number ----

  std::vector<Order> orders(const json::Node& node, const Ground& ground) {
    std::vector<Order> terms;
    for (const json::Node* item : names(node)) {
      if (!item->is(NodeKind::object)) {
        const std::string& text = text_of(*item, "a path to order by");
        std::string_view path = text;
        if (path.starts_with('-')) path.remove_prefix(1);
        filters_.require_path(*item, path, ground, {});
        at(*item, [&] { query::bind_value(path, ground.root, ground.scope); });
        terms.emplace_back(text);
        continue;
      }
      require_keys(*item, {"by", "descending", "nulls"}, "a term of 'order_by'");
      const json::Node* by = item->find("by");
      if (by == nullptr) fail(*item, "a term of 'order_by' needs 'by': a path");
      const std::string& path = text_of(*by, "a path to order by");
      filters_.require_path(*by, path, ground, {});
      OrderExpr term(at(*by, [&] { return Expr(query::bind_value(path, ground.root, ground.scope)); }));
      if (const json::Node* descending = item->find("descending")) term.descending = flag_of(*descending);
      if (const json::Node* nulls = item->find("nulls")) {
        static constexpr std::array<std::string_view, 3> ends{"", "first", "last"};
        term.nulls = static_cast<OrderExpr::Nulls>(word_of(*nulls, ends, 1, "an end"));
      }
      terms.emplace_back(std::move(term));
    }
    return terms;
  }

  void limits(const json::Node& root, QuerySet& set) const {
    const json::Node* slice = root.find("slice");
    const json::Node* limit = root.find("limit");
    const json::Node* offset = root.find("offset");
    if (slice != nullptr && (limit != nullptr || offset != nullptr))
      fail(*slice, "'slice' stands in the place of 'limit' and 'offset'; leave one out");
    if (limit != nullptr) set = at(*limit, [&] { return set.limit(whole_of(*limit)); });
    if (offset != nullptr) set = at(*offset, [&] { return set.offset(whole_of(*offset)); });
    if (slice != nullptr) {
      const auto& ends = slice->items();
      const bool fits = slice->is(NodeKind::array) && !ends.empty() && ends.size() <= 2 &&
                        ends.front()->is(NodeKind::integer) &&
                        (ends.back()->is(NodeKind::integer) || (ends.size() == 2 && ends.back()->is(NodeKind::null)));
      if (!fits) fail(*slice, "'slice' takes [first, last], two whole numbers, or [first] up to the end");
      std::optional<std::int64_t> last;
      if (ends.size() == 2 && !ends.back()->is(NodeKind::null)) last = ends.back()->integer();
      set = at(*slice, [&] { return set.slice(ends.front()->integer(), last); });
    }
    if (const json::Node* node = root.find("reverse"); node != nullptr && flag_of(*node)) set = set.reverse();
    if (const json::Node* node = root.find("distinct")) set = set.distinct(flag_of(*node));
    if (const json::Node* node = root.find("raw_limit")) {
      refuse_untrusted(*node, "limits count rows of the model");
      set = set.raw_limit(flag_of(*node));
    }
  }

  // ---- what comes along ----

  std::string relations(const json::Node& node, const Ground& ground, bool lists, std::string_view name = {}) {
    const std::string& path = text_of(node, "a path of relations");
    filters_.require_path(node, path, {ground.root, {}, lists, ground.place},
                          {.relations = true, .keys = false, .apart = lists}, name);
    at(node, [&] { query::parse_relations(ground.root, path); });
    return path;
  }

  Prefetch prefetch(const json::Node& node, const Ground& ground, std::size_t depth = 1) {
    if (!node.is(NodeKind::object)) return Prefetch(relations(node, ground, true));
    require_keys(node,
                 {"path", "filter", "exclude", "order_by", "limit", "offset", "fields", "exclude_fields",
                  "select_related", "prefetch_related", "as", "strategy", "lazy"},
                 "a prefetch");
    if (gate_ != nullptr && depth > gate_->limits().max_depth) {
      fail(node, "more than " + std::to_string(gate_->limits().max_depth) +
                     " prefetches lie in each other, which is the limit (max_depth)");
    }
    const json::Node* path = node.find("path");
    if (path == nullptr) fail(node, "a prefetch needs a 'path' of relations");
    const json::Node* as = node.find("as");
    const std::string name = as == nullptr ? std::string() : text_of(*as, "a name");
    Prefetch made(relations(*path, ground, true, name));
    Ground inside = ground_along(ground, query::parse_relations(ground.root, path->text()), name);
    inside.lists = false;
    if (const json::Node* given = node.find("filter"))
      for (const json::Node* item : one_or_many(*given)) made = made.where(filters_.filter(*item, inside));
    if (const json::Node* given = node.find("exclude"))
      for (const json::Node* item : one_or_many(*given)) made = made.where(not_(filters_.filter(*item, inside)));
    if (const json::Node* given = node.find("order_by")) made = made.order_by(orders(*given, inside));
    if (const json::Node* given = node.find("limit")) made = at(*given, [&] { return made.limit(whole_of(*given)); });
    if (const json::Node* given = node.find("offset")) made = at(*given, [&] { return made.offset(whole_of(*given)); });
    if (const json::Node* given = node.find("fields")) made = made.fields(field_trees(*given, inside));
    if (const json::Node* given = node.find("exclude_fields")) made = made.exclude_fields(field_trees(*given, inside));
    if (const json::Node* given = node.find("select_related")) {
      std::vector<Path> paths;
      for (const json::Node* item : names(*given)) paths.emplace_back(relations(*item, inside, false));
      made = made.select_related(paths);
    }
    if (const json::Node* given = node.find("prefetch_related")) {
      std::vector<Prefetch> below;
      for (const json::Node* item : names(*given)) below.push_back(prefetch(*item, inside, depth + 1));
      made = made.prefetch_related(below);
    }
    if (as != nullptr) made = at(*as, [&] { return made.as(name); });
    if (const json::Node* given = node.find("strategy")) {
      refuse_untrusted(*given, "leave it out");
      made = made.strategy(static_cast<Strategy>(word_of(*given, strategy_names, 0, "a strategy")));
    }
    if (const json::Node* given = node.find("lazy")) {
      refuse_untrusted(*given, "leave it out");
      made = made.lazy(static_cast<LazyPolicy>(word_of(*given, lazy_names, 1, "a lazy policy")));
    }
    return made;
  }

  void loads(const json::Node& root, QuerySet& set) {
    const Ground ground{set.request()->root, {}, false};
    if (const json::Node* node = root.find("select_related")) {
      for (const json::Node* item : names(*node)) {
        const std::string path = relations(*item, ground, false);
        set = at(*item, [&] { return set.select_related(Path(path)); });
      }
    }
    Ground lists = ground;
    lists.lists = true;
    if (const json::Node* node = root.find("prefetch_related")) {
      for (const json::Node* item : names(*node)) {
        const Prefetch made = prefetch(*item, lists);
        set = at(*item, [&] { return set.prefetch_related(made); });
      }
    }
    if (const json::Node* node = root.find("load_related")) {
      for (const json::Node* item : names(*node)) {
        const Prefetch made = prefetch(*item, lists);
        set = at(*item, [&] { return set.load_related(made); });
      }
    }
    for (const char* key : {"select_all", "load_all"}) {
      const json::Node* node = root.find(key);
      if (node == nullptr) continue;
      refuse_untrusted(*node, "name the relations with prefetch_related");
      const bool follow = node->is(NodeKind::string) && node->text() == "follow";
      if (!follow && !flag_of(*node)) continue;
      if (std::string_view(key) == "load_all" && root.find("select_all") != nullptr)
        fail(*node, "'load_all' loads what 'select_all' loads; leave one out");
      set = std::string_view(key) == "select_all" ? set.select_all(follow) : set.load_all(follow);
    }
    if (const json::Node* node = root.find("load_required")) {
      const bool on = flag_of(*node);
      if (on) refuse_untrusted(*node, "name the relations");
      set = set.load_required(on);
    }
    if (const json::Node* node = root.find("strategy")) {
      refuse_untrusted(*node, "leave it out");
      if (!node->is(NodeKind::object)) fail_kind(*node, "'strategy' takes an object, as {\"tracks\": \"key_set\"}");
      for (const json::Node* item : node->items()) {
        const auto strategy = static_cast<Strategy>(word_of(*item, strategy_names, 0, "a strategy"));
        set = at(*item, [&] { return set.strategy(item->name(), strategy); });
      }
    }
    if (const json::Node* node = root.find("lazy")) {
      refuse_untrusted(*node, "leave it out");
      if (!node->is(NodeKind::object)) {
        set = set.lazy(static_cast<LazyPolicy>(word_of(*node, lazy_names, 1, "a lazy policy")));
        return;
      }
      for (const json::Node* item : node->items()) {
        const auto lazy = static_cast<LazyPolicy>(word_of(*item, lazy_names, 1, "a lazy policy"));
        set = at(*item, [&] { return item->name().empty() ? set.lazy(lazy) : set.lazy(item->name(), lazy); });
      }
    }
  }

  // ---- which columns ----

  void require_field(const json::Node& node, const std::string& path, const Ground& ground) {
    if (gate_ == nullptr) return;
    filters_.require_path(node, path, {ground.root, {}, true, ground.place}, {.keys = false, .apart = true});
    const query::ParsedPath parsed = at(node, [&] { return query::parse_path(ground.root, path); });
    if (parsed.relation != no_index) fail(node, quote(path) + " names a relation; name its fields");
  }

  FieldTree field_tree(const json::Node& node, const std::string& prefix, const Ground& ground) {
    const std::string& path = text_of(node, "the name of a field");
    require_field(node, prefix + path, ground);
    return FieldTree(path);
  }

  // Names, and maps of relations to names below them.
  std::vector<FieldTree> field_trees(const json::Node& node, const Ground& ground, const std::string& prefix = {}) {
    std::vector<FieldTree> trees;
    for (const json::Node* item : names(node)) {
      if (!item->is(NodeKind::object)) {
        trees.push_back(field_tree(*item, prefix, ground));
        continue;
      }
      for (const json::Node* below : item->items()) {
        std::vector<FieldTree> inner = field_trees(*below, ground, prefix + below->name() + "__");
        if (inner.empty()) fail(*below, "an empty list of fields would mean all of them; name them or leave it out");
        trees.emplace_back(below->name(), std::move(inner));
      }
    }
    return trees;
  }

  void fields(const json::Node& root, QuerySet& set) {
    const Ground ground{set.request()->root, {}, true};
    for (const char* key : {"fields", "exclude_fields"}) {
      const json::Node* node = root.find(key);
      if (node == nullptr) continue;
      for (const json::Node* item : names(*node)) {
        if (item->is(NodeKind::array)) fail_kind(*item, "the name of a field, or a map of relations, belongs here");
        const std::vector<FieldTree> trees = field_trees(*item, ground);
        const std::size_t before = set.request()->fields.size();
        set = at(*item,
                 [&] { return std::string_view(key) == "fields" ? set.fields(trees) : set.exclude_fields(trees); });
        const std::size_t after = set.request()->fields.size();
        field_parts_.push_back(
            {item, [before, after](Parsed& parsed) { erase(parsed, &query::Request::fields, before, after); }});
      }
    }
  }

  std::vector<std::string> values(const json::Node& node, const QuerySet& set, bool grouped) {
    std::vector<std::string> paths;
    if (node.is(NodeKind::boolean)) {
      if (!node.boolean()) fail(node, "'values' is true or a list of paths; leave it out for rows");
      if (gate_ == nullptr || grouped) return paths;
      for (const std::uint32_t field : gate_->shown_fields(*set.request()->root->model))
        paths.push_back(set.request()->root->model->fields[field].name);
      for (const query::Annotation& annotation : set.request()->annotations) paths.push_back(annotation.name);
      if (paths.empty()) fail(node, "there is no field that could be told");
      return paths;
    }
    const Ground ground{set.request()->root, {set.request()->annotations, grouped}, grouped};
    for (const json::Node* item : names(node)) {
      const std::string& path = text_of(*item, "a path");
      filters_.require_path(*item, path, ground, {});
      paths.push_back(path);
    }
    if (paths.empty()) fail(node, "'values' needs a path; true means all");
    return paths;
  }

  const Registry& registry_;
  const QueryGate* gate_;
  FilterReader filters_;
  std::vector<DocumentPart> field_parts_;
};

// What is wrong with the query as a whole, if anything.
std::optional<std::string> mistake_in(const Parsed& parsed, const DatabaseImpl& database) {
  const query::Request& request = *parsed.set.request();
  try {
    if (parsed.values || !request.group_by.empty()) {
      require_values(database, request, parsed.values.value_or(std::vector<std::string>()));
    } else {
      require_rows(request, "a document without 'values'");
      require_all(database, request);
    }
  } catch (const QueryError& error) {
    return error.what();
  } catch (const DataError& error) {
    return error.what();
  } catch (const LimitError& error) {
    return error.what();
  }
  return std::nullopt;
}

// Without these parts of one clause, the last of them first: the others stay where they are.
Parsed without(Parsed parsed, const std::vector<DocumentPart>& parts, const DocumentPart* kept = nullptr) {
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    if (&*part != kept) part->leave_out(parsed);
  return parsed;
}

// The part of a clause without which there is no mistake; of several the first. Null if it lies elsewhere.
const json::Node* mistaken_part(const Parsed& parsed, const DocumentClause& clause, const DatabaseImpl& database) {
  for (const DocumentPart& part : clause.parts)
    if (!mistake_in(without(parsed, {part}), database)) return part.node;
  if (mistake_in(without(parsed, clause.parts), database)) return nullptr;
  for (const DocumentPart& part : clause.parts)
    if (mistake_in(without(parsed, clause.parts, &part), database)) return part.node;
  return clause.node;
}

const json::Node* place_of_mistake(const Parsed& parsed, const std::vector<DocumentClause>& clauses,
                                   const DatabaseImpl& database) {
  for (const DocumentClause& clause : clauses)
    if (const json::Node* part = mistaken_part(parsed, clause, database)) return part;
  return nullptr;
}

// What is wrong with the whole is told before it runs.
void check_whole(const json::Node& root, const Parsed& parsed, const std::vector<DocumentClause>& clauses,
                 const DatabaseImpl& database, bool is_trusted) {
  std::optional<std::string> mistake = mistake_in(parsed, database);
  if (!mistake) return;
  // The second way to mend a group names keys, which may be hidden.
  if (!is_trusted) mistake->resize(std::min(mistake->size(), mistake->find(", or group by the primary key of ")));
  const json::Node* place = place_of_mistake(parsed, clauses, database);
  if (place == nullptr) place = root.find("values");
  fail(place == nullptr ? root : *place, *mistake);
}

}  // namespace

void fail_kind(const json::Node& node, std::string_view what) {
  fail(node, std::string(what) + "; " + std::string(json::kind_name(node.kind())) + " does not fit");
}

void require_keys(const json::Node& object, const std::vector<std::string_view>& known, std::string_view what) {
  for (const json::Node* item : object.items()) {
    if (std::find(known.begin(), known.end(), item->name()) != known.end()) continue;
    fail(*item, std::string(what) + " has no key " + quote(item->name()) + did_you_mean(item->name(), known) +
                    "; it has " + quote_list(known, known.size()));
  }
}

const std::string& text_of(const json::Node& node, std::string_view what) {
  if (!node.is(NodeKind::string)) fail_kind(node, std::string(what) + " belongs here, as text");
  return node.text();
}

bool flag_of(const json::Node& node) {
  if (!node.is(NodeKind::boolean)) fail_kind(node, "'" + node.name() + "' takes true or false");
  return node.boolean();
}

std::vector<const json::Node*> one_or_many(const json::Node& node) {
  if (node.is(NodeKind::array)) return node.items();
  return {&node};
}

Parsed read_document(const Registry& registry, const std::shared_ptr<DatabaseImpl>& database, std::string_view text,
                     const QueryGate* gate) {
  json::ReadOptions options;
  if (gate != nullptr) {
    options.max_bytes = gate->limits().max_bytes;
    // Each filter and each prefetch is an object in a list.
    options.max_depth = 2 * gate->limits().max_depth + 8;
  }
  std::vector<Diagnostic> mistakes;
  const auto document = json::Document::read("<query>", std::string(text), options, mistakes);
  if (!mistakes.empty() || document->root() == nullptr) {
    if (mistakes.empty()) throw DocumentError("", "it cannot be read");
    const Diagnostic& first = mistakes.front();
    throw DocumentError(first.where.pointer, "line " + std::to_string(first.where.line) + ", column " +
                                                 std::to_string(first.where.column) + ": " + first.message);
  }
  const json::Node& root = *document->root();
  DocumentReader reader(registry, gate);
  Parsed parsed = reader.read(root, database);
  if (gate != nullptr) {
    parsed.set =
        at(root, [&] { return changed(parsed.set, [&](query::Request& request) { confine(request, *gate); }); });
  }
  check_whole(root, parsed, reader.clauses(root), *database, gate == nullptr);
  return parsed;
}

}  // namespace dorm::document
