// Verbs: each returns a request with something added. Nothing is asked here.
#include "dorm/query_set.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/query_set_request.hpp"
#include "query/lookup.hpp"
#include "query/parameters.hpp"
#include "query/path.hpp"
#include "query/request.hpp"
#include "query/typing.hpp"

namespace dorm {
namespace {

using query::FilterNode;
using query::FilterPtr;
using query::Request;
using query::SourcePtr;
using query::TermKind;
using query::TermPtr;

TermPtr list_term(Values values) {
  Value list(std::move(values));
  const Type type = query::natural_type(list);
  return query::value_term(std::move(list), type);
}

TermPtr rows_term(const std::vector<Row>& rows) {
  auto term = std::make_shared<query::Term>();
  term->kind = TermKind::tuple;
  for (const Row& row : rows) term->children.push_back(Expr(row.key()).term());
  return term;
}

TermPtr query_term(const Query& query) {
  auto term = std::make_shared<query::Term>();
  term->kind = TermKind::subquery;
  term->query = query.spec();
  const std::vector<query::OutputColumn> columns = query::output_columns(*query.spec());
  if (columns.size() == 1) term->type = columns.front().type;
  return term;
}

// The rows as an operand of IN: their order only counts where it decides which rows they are.
Query operand_of(const QuerySet& set) {
  const QuerySet rows = changed(set, [](Request& request) {
    const bool along_list = std::any_of(request.order_by.begin(), request.order_by.end(),
                                        [](const query::OrderSpec& by) { return names_many(by.term); });
    if (along_list && is_limited(request)) request = without_limits(request);
    if (!is_limited(request)) request.order_by.clear();
  });
  return rows.query();
}

FilterPtr node(FilterNode node) { return std::make_shared<const FilterNode>(std::move(node)); }

FilterPtr lookup_node(const Lookup& lookup) {
  if (!lookup.value().has_value())
    throw QueryError("path " + quote(lookup.path()) + " is compared with an empty expression");
  FilterNode made;
  made.kind = FilterNode::Kind::lookup;
  made.path = lookup.path();
  made.value = lookup.value().term();
  return node(std::move(made));
}

FilterPtr group(FilterNode::Kind kind, const std::vector<Filter>& conditions) {
  FilterNode made;
  made.kind = kind;
  for (const Filter& condition : conditions)
    made.children.push_back(condition.node() ? condition.node() : query::always_true());
  return node(std::move(made));
}

Filter related(FilterNode::Kind kind, std::string_view path, const Filter& condition) {
  FilterNode made;
  made.kind = kind;
  made.path = path;
  made.children.push_back(condition.node() ? condition.node() : query::always_true());
  return Filter(node(std::move(made)));
}

void require_count(std::int64_t number, const char* what) {
  if (number < 0) throw QueryError(std::string(what) + " must not be negative");
}

void require_field_path(std::string_view name, const query::ParsedPath& path) {
  if (path.rest.empty()) return;
  throw QueryError("path " + quote(name) + ": " + quote(path.rest.front()) +
                   " follows a field; only the field is named here");
}

// The field that a path ends at. A key's own column may stand for it in the path's member.
std::uint32_t field_at_end(const query::ParsedPath& path) {
  const query::Term& member = *path.member;
  if (query::same_source(*member.source, *path.source)) return member.field;
  const RelationInfo& relation = member.source->model->relations[path.source->via];
  const auto at = std::find(relation.fields.begin(), relation.fields.end(), member.field) - relation.fields.begin();
  return relation.target_fields[static_cast<std::size_t>(at)];
}

void add_fields(Request& request, const std::string& prefix, const FieldTree& tree, bool excluded) {
  const std::string name = prefix.empty() ? tree.path() : prefix + "__" + tree.path();
  if (!tree.below().empty()) {
    for (const FieldTree& below : tree.below()) add_fields(request, name, below, excluded);
    return;
  }
  const query::ParsedPath path = query::parse_path(request.root, name);
  require_field_path(name, path);
  query::FieldChoice choice;
  choice.excluded = excluded;
  if (path.relation != no_index) {
    choice.path = query::relations_of(path.target);
  } else {
    choice.path = query::relations_of(path.source);
    choice.field = field_at_end(path);
    choice.links = path.source->links;
  }
  request.fields.push_back(std::move(choice));
}

query::OrderSpec order_of(const Order& order, const Request& request) {
  if (order.term()) {
    if (!order.term()->expr.has_value()) throw QueryError("order_by got an empty expression");
    return {query::in_terms_of(order.term()->expr.term(), request.root), order.term()->descending,
            static_cast<sql::NullsOrder>(order.term()->nulls)};
  }
  std::string_view path = order.text();
  const bool descending = path.starts_with('-');
  if (descending) path.remove_prefix(1);
  return {query::bind_value(path, request.root, scope_of(request)), descending, {}};
}

}  // namespace

// ---- conditions ----

Lookup::Lookup(std::string_view path, Values values) : path_(path), value_(list_term(std::move(values))) {}
Lookup::Lookup(std::string_view path, const std::vector<Row>& rows) : path_(path), value_(rows_term(rows)) {}
Lookup::Lookup(std::string_view path, const Query& query) : path_(path), value_(query_term(query)) {}
Lookup::Lookup(std::string_view path, const QuerySet& query) : path_(path), value_(query_term(operand_of(query))) {}

Filter::Filter(std::initializer_list<Lookup> all) {
  FilterNode made;
  for (const Lookup& lookup : all) made.children.push_back(lookup_node(lookup));
  node_ = made.children.size() == 1 ? made.children.front() : dorm::node(std::move(made));
}
Filter::Filter(const Lookup& one) : node_(lookup_node(one)) {}
Filter::Filter(const Expr& expression) {
  if (!expression.has_value()) throw QueryError("a filter got an empty expression");
  query::require_family(*expression.term(), query::Family::boolean, "filter");
  FilterNode made;
  made.kind = FilterNode::Kind::expression;
  made.value = expression.term();
  node_ = dorm::node(std::move(made));
}

Filter and_(const std::vector<Filter>& conditions) { return Filter(group(FilterNode::Kind::all, conditions)); }
Filter or_(const std::vector<Filter>& conditions) { return Filter(group(FilterNode::Kind::any, conditions)); }
Filter not_(const Filter& condition) { return Filter(group(FilterNode::Kind::negate, {condition})); }
Filter any(std::string_view path, const Filter& condition) { return related(FilterNode::Kind::some, path, condition); }
Filter none(std::string_view path, const Filter& condition) { return related(FilterNode::Kind::none, path, condition); }
Filter every(std::string_view path, const Filter& condition) {
  return related(FilterNode::Kind::every, path, condition);
}

QuerySet QuerySet::filter(const Filter& condition) const {
  return changed(*this, [&](Request& request) {
    // Of single rows, whatever groups are made of them.
    const query::Scope scope{request.annotations, false};
    const TermPtr before = request.where;
    request.where = query::all_of(before, query::bound_filter(condition.node(), request.root, scope));
    request.given_where.add(condition.node(), before, request.where);
  });
}

QuerySet QuerySet::bind(const std::vector<std::pair<std::string, Value>>& values) const {
  return {database_, query::bound_parameters(request_, values)};
}

QuerySet QuerySet::exclude(const Filter& condition) const {
  if (query::is_always_true(condition.node())) throw QueryError("exclude without a condition would leave no rows");
  return filter(not_(condition));
}

// ---- order and number ----

QuerySet QuerySet::order_by(std::vector<Order> terms) const {
  return changed(*this, [&](Request& request) {
    request.order_by.clear();
    for (const Order& term : terms) request.order_by.push_back(order_of(term, request));
  });
}

QuerySet QuerySet::reverse() const {
  return changed(*this, [](Request& request) { request.reversed = !request.reversed; });
}

QuerySet QuerySet::limit(std::int64_t rows) const {
  require_count(rows, "limit");
  return changed(*this, [&](Request& request) {
    if (std::exchange(request.from_end, false)) request.offset.reset();
    request.limit = rows;
  });
}

QuerySet QuerySet::offset(std::int64_t rows) const {
  require_count(rows, "offset");
  return changed(*this, [&](Request& request) {
    if (std::exchange(request.from_end, false)) request.limit.reset();
    request.offset = rows;
  });
}

QuerySet QuerySet::paginate(std::int64_t page, std::int64_t rows) const {
  if (page < 1) throw QueryError("pages count from 1");
  if (rows < 1) throw QueryError("a page has at least 1 row");
  std::int64_t first = 0;
  if (__builtin_mul_overflow(page - 1, rows, &first))
    throw QueryError("the page is further away than there can be rows");
  return limit(rows).offset(first);
}

QuerySet QuerySet::slice(std::int64_t first, std::optional<std::int64_t> last) const {
  if (last && (first < 0) != (*last < 0)) {
    throw QueryError("a slice counts both ends from the start or both from the end; " + std::to_string(first) +
                     " and " + std::to_string(*last) + " do not");
  }
  return changed(*this, [&](Request& request) {
    request.from_end = first < 0;
    request.limit.reset();
    request.offset.reset();
    if (last) request.limit = std::max<std::int64_t>(0, *last - first);
    if (first >= 0) {
      if (first != 0) request.offset = first;
      return;
    }
    // -first does not exist for the smallest number; there are not so many rows either.
    const std::int64_t size = first == INT64_MIN ? INT64_MAX : -first;
    if (!last) {
      request.limit = size;
    } else {
      request.offset = *last == INT64_MIN ? INT64_MAX : -*last;
    }
  });
}

QuerySet QuerySet::raw_limit(bool on) const {
  return changed(*this, [&](Request& request) { request.raw_limit = on; });
}

QuerySet QuerySet::distinct(bool on) const {
  return changed(*this, [&](Request& request) { request.distinct = on; });
}

// ---- what comes along ----

QuerySet QuerySet::select_related(const std::vector<Path>& paths) const {
  return changed(*this, [&](Request& request) {
    for (const Path& path : paths) {
      query::LoadRequest load;
      load.path = query::parse_relations(request.root, path.text());
      request.loads.push_back(std::move(load));
    }
  });
}

QuerySet QuerySet::prefetch_related(const std::vector<Prefetch>& paths) const {
  return changed(*this, [&](Request& request) {
    for (const Prefetch& path : paths) request.loads.push_back(load_of(path, query::Method::fetch, request.root));
  });
}

QuerySet QuerySet::load_related(const std::vector<Prefetch>& paths) const {
  return changed(*this, [&](Request& request) {
    for (const Prefetch& path : paths) request.loads.push_back(load_of(path, query::Method::best, request.root));
  });
}

QuerySet QuerySet::select_all(bool follow) const {
  return changed(*this, [&](Request& request) {
    request.select_all = follow ? query::SelectAll::follow : query::SelectAll::direct;
    request.select_all_by = query::Method::join;
  });
}

QuerySet QuerySet::load_all(bool follow) const {
  return changed(select_all(follow), [](Request& request) { request.select_all_by = query::Method::best; });
}

QuerySet QuerySet::strategy(std::string_view path, Strategy strategy) const {
  return changed(*this, [&](Request& request) {
    request.strategies.emplace_back(query::parse_relations(request.root, path), strategy);
  });
}

QuerySet QuerySet::load_required(bool on) const {
  return changed(*this, [&](Request& request) { request.load_required = on; });
}

QuerySet QuerySet::lazy(LazyPolicy policy) const {
  return changed(*this, [&](Request& request) { request.lazy = policy; });
}

QuerySet QuerySet::lazy(std::string_view path, LazyPolicy policy) const {
  return changed(*this, [&](Request& request) {
    request.lazy_paths.emplace_back(query::parse_relations(request.root, path), policy);
  });
}

QuerySet QuerySet::fields(const std::vector<FieldTree>& names) const {
  return changed(*this, [&](Request& request) {
    for (const FieldTree& name : names) add_fields(request, {}, name, false);
  });
}

QuerySet QuerySet::exclude_fields(const std::vector<FieldTree>& names) const {
  return changed(*this, [&](Request& request) {
    for (const FieldTree& name : names) add_fields(request, {}, name, true);
  });
}

// ---- paths ----

Path::Path(const Column& relation) {
  const TermPtr& term = relation.term();
  if (!term || term->kind != TermKind::relation)
    throw QueryError("a path of relations was expected; " + (term ? query::describe(*term) : std::string("it")) +
                     " is none");
  const query::Source& from = *query::first_of(term->source);
  std::vector<std::uint32_t> relations = query::relations_of(term->source);
  relations.push_back(term->index);
  text_ = query::path_text(*from.model, from.registry, relations);
}

namespace {

Prefetch with(const Prefetch& prefetch, const auto& change) {
  Prefetch::Options options = prefetch.options();
  change(options);
  return Prefetch(std::move(options));
}

}  // namespace

Prefetch::Prefetch(const Path& path) {
  auto options = std::make_shared<Options>();
  options->path = path.text();
  options_ = std::move(options);
}
Prefetch::Prefetch(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}

Prefetch Prefetch::where(const Filter& condition) const {
  return with(*this, [&](Options& options) { options.conditions.push_back(condition); });
}
Prefetch Prefetch::order_by(std::vector<Order> terms) const {
  return with(*this, [&](Options& options) { options.order = std::move(terms); });
}
Prefetch Prefetch::limit(std::int64_t per_parent) const {
  require_count(per_parent, "limit");
  return with(*this, [&](Options& options) { options.limit = per_parent; });
}
Prefetch Prefetch::offset(std::int64_t per_parent) const {
  require_count(per_parent, "offset");
  return with(*this, [&](Options& options) { options.offset = per_parent; });
}
Prefetch Prefetch::fields(const std::vector<FieldTree>& names) const {
  return with(*this,
              [&](Options& options) { options.included.insert(options.included.end(), names.begin(), names.end()); });
}
Prefetch Prefetch::exclude_fields(const std::vector<FieldTree>& names) const {
  return with(*this,
              [&](Options& options) { options.excluded.insert(options.excluded.end(), names.begin(), names.end()); });
}
Prefetch Prefetch::select_related(const std::vector<Path>& paths) const {
  return with(*this,
              [&](Options& options) { options.joined.insert(options.joined.end(), paths.begin(), paths.end()); });
}
Prefetch Prefetch::prefetch_related(const std::vector<Prefetch>& paths) const {
  return with(*this,
              [&](Options& options) { options.fetched.insert(options.fetched.end(), paths.begin(), paths.end()); });
}
Prefetch Prefetch::as(std::string_view name) const {
  if (!is_identifier(name))
    throw QueryError("name " + quote(name) + " is not an identifier; use letters, digits and '_', at most 63");
  return with(*this, [&](Options& options) { options.name = name; });
}
Prefetch Prefetch::strategy(Strategy strategy) const {
  return with(*this, [&](Options& options) { options.strategy = strategy; });
}
Prefetch Prefetch::lazy(LazyPolicy policy) const {
  return with(*this, [&](Options& options) { options.lazy = policy; });
}

// ---- for the other files ----

query::LoadRequest load_of(const Prefetch& prefetch, query::Method method, const SourcePtr& root) {
  const Prefetch::Options& options = prefetch.options();
  query::LoadRequest load;
  load.path = query::parse_relations(root, options.path);
  load.method = method;
  load.name = options.name;
  load.strategy = options.strategy;
  load.lazy = options.lazy;
  const ModelInfo* holder = root->model;
  const ModelInfo* target = holder;
  for (const std::uint32_t relation : load.path) {
    holder = target;
    target = &root->registry.model(holder->relations[relation].target);
  }
  if (!options.name.empty() && holder->find(options.name)) {
    throw QueryError("prefetch of '" + options.path + "' as '" + options.name + "': '" + holder->name +
                     "' has a member of that name; choose another");
  }
  const RelationInfo& last = holder->relations[load.path.back()];
  if (!last.to_many() && (options.limit || options.offset)) {
    throw QueryError("prefetch of '" + options.path + "': '" + holder->name + "." + last.name +
                     "' leads to one row; a limit per parent is for lists");
  }
  const bool plain = options.conditions.empty() && !options.order && !options.limit && !options.offset &&
                     options.included.empty() && options.excluded.empty() && options.joined.empty() &&
                     options.fetched.empty();
  if (plain) return load;
  auto rows = std::make_shared<Request>();
  rows->root = query::model_source_beside(*root, *target);
  QuerySet related(nullptr, std::move(rows));
  for (const Filter& condition : options.conditions) related = related.filter(condition);
  if (options.order) related = related.order_by(*options.order);
  if (options.limit) related = related.limit(*options.limit);
  if (options.offset) related = related.offset(*options.offset);
  related = related.fields(options.included).exclude_fields(options.excluded).select_related(options.joined);
  related = related.prefetch_related(options.fetched);
  load.rows = related.request();
  return load;
}

QuerySet objects_of(std::shared_ptr<DatabaseImpl> database, const SourcePtr& source) {
  auto request = std::make_shared<Request>();
  request->root = source;
  return {std::move(database), std::move(request)};
}

Expr Expr::in(const QuerySet& rows) const { return in(operand_of(rows)); }
Expr Expr::not_in(const QuerySet& rows) const { return not_in(operand_of(rows)); }

}  // namespace dorm
