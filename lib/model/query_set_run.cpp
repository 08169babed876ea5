// Runs of a QuerySet: rows, single rows, counts, flat values.
#include <algorithm>
#include <utility>

#include "dorm/error.hpp"
#include "dorm/query_set.hpp"
#include "load/request.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"
#include "query/builder.hpp"
#include "query/grouping.hpp"
#include "query/path.hpp"
#include "query/plan.hpp"
#include "query/shape.hpp"
#include "query/visit.hpp"

namespace dorm {
namespace {

using query::QuerySpec;
using query::Request;
using query::SourcePtr;
using query::TermPtr;

Rows rows_of_graph(const std::shared_ptr<graph::Graph>& graph) {
  graph::Node* root = graph->root();
  return {graph->share(root), root->slot_count()};
}

// One row or none, whichever comes first.
std::optional<Row> run_one(DatabaseImpl& database, Request request) {
  request.limit = std::min<std::int64_t>(request.limit.value_or(1), 1);
  const Rows rows = run_rows(database, request);
  if (rows.empty()) return std::nullopt;
  return rows[0];
}

void refuse_raw_limit(const Request& request) {
  if (request.raw_limit && is_limited(request))
    throw QueryError("raw_limit() counts joined rows, which only all() and values() have; leave it out");
}

// As many rows as the request has, of whatever columns: no order, no loads.
QuerySpec counted(const Request& request) {
  refuse_raw_limit(request);
  Request plain;
  plain.root = request.root;
  plain.where = request.where;
  QuerySpec spec;
  if (names_many(request.where)) {
    spec = query::resolve_keys(plain);
  } else {
    spec.root = request.root;
    spec.context = request.root;
    spec.where = request.where;
    query::join_paths(spec);
  }
  spec.limit = request.limit;
  spec.offset = request.offset;
  return spec;
}

Request reversed(Request request) {
  request.reversed = !request.reversed;
  return request;
}

void flip(query::OrderSpec& by) {
  by.descending = !by.descending;
  if (by.nulls != sql::NullsOrder::smallest)
    by.nulls = by.nulls == sql::NullsOrder::first ? sql::NullsOrder::last : sql::NullsOrder::first;
}

// What order_by named, and where limits choose by it, whatever makes it total.
std::vector<query::OrderSpec> order_of_rows(const Request& request) {
  std::vector<query::OrderSpec> order = request.order_by;
  for (const query::OrderSpec& by : order) {
    if (!names_many(by.term)) continue;
    throw QueryError(
        "the order of the rows goes along a to-many path, so an explicit query would repeat them; order by a field or "
        "an "
        "annotation");
  }
  if (is_limited(request)) {
    const ModelInfo& model = *request.root->model;
    if (order.empty())
      for (const OrderTerm& by :
           request.via != nullptr && !request.via->order_by.empty() ? request.via->order_by : model.order_by)
        order.push_back({query::column_term(request.root, by.field), by.descending, {}});
    for (const std::uint32_t field : model.primary_key)
      order.push_back({query::column_term(request.root, field), false, {}});
  }
  if (request.reversed)
    for (query::OrderSpec& by : order) flip(by);
  return order;
}

// The rows of a query that was cut from its end, in their usual order again.
QuerySpec in_usual_order(QuerySpec cut) {
  query::check_grouping(cut);
  QuerySpec usual;
  usual.default_projection = false;
  usual.mode = std::exchange(cut.mode, query::RowMode::models);
  std::vector<std::string> names;
  // A path as it was asked for may be no identifier.
  for (query::OutputSpec& output : cut.outputs) {
    const FieldInfo* field = query::field_of(*output.term);
    names.push_back(field != nullptr ? field->name : output.term->name);
    output.term = query::aliased(output.term, "c" + std::to_string(names.size()));
  }
  for (std::size_t i = 0; i < cut.order_by.size(); ++i) {
    cut.order_by[i].term = query::aliased(cut.order_by[i].term, "o" + std::to_string(i + 1));
    cut.outputs.push_back({cut.order_by[i].term, nullptr});
  }
  const std::vector<query::OrderSpec> order = cut.order_by;
  usual.root = query::as_subquery(std::make_shared<const QuerySpec>(std::move(cut)), "rows");
  usual.context = usual.root;
  for (std::size_t i = 0; i < names.size(); ++i)
    usual.outputs.push_back(
        {query::aliased(query::member(usual.root, "c" + std::to_string(i + 1)), names[i]), nullptr});
  for (std::size_t i = 0; i < order.size(); ++i) {
    query::OrderSpec by = order[i];
    by.term = query::member(usual.root, "o" + std::to_string(i + 1));
    flip(by);
    usual.order_by.push_back(std::move(by));
  }
  return usual;
}

// Groups and distinct values have an order and limits of their own; they are no rows of the model.
QuerySpec own_values_spec(const DatabaseImpl& database, Request asked, const std::vector<std::string>& paths,
                          query::RowMode mode) {
  const bool from_end = std::exchange(asked.from_end, false);
  if (from_end && asked.order_by.empty())
    throw QueryError("a slice from the end of groups or distinct values needs an order; say which with order_by()");
  if (std::exchange(asked.reversed, false) != from_end)
    for (query::OrderSpec& by : asked.order_by) flip(by);
  QuerySpec spec = query::resolve_values(asked, paths, mode, database.requests);
  return from_end ? in_usual_order(std::move(spec)) : spec;
}

QuerySpec values_spec(const DatabaseImpl& database, const Request& request, const std::vector<std::string>& paths,
                      query::RowMode mode) {
  const bool grouped = !request.group_by.empty() || request.having;
  if (grouped) require_single_counting(request);
  Request asked = grouped || request.distinct ? request : rows_of(request);
  if (grouped) {
    // Nothing comes with a group: joined beside it, it would only repeat the rows that are counted.
    asked.loads.clear();
    asked.select_all = query::SelectAll::no;
    asked.fields.clear();
  }
  for (query::Annotation& annotation : asked.annotations) {
    if (!asked.group_by.empty() && annotation.grouped) annotation.term = annotation.grouped;
    if (!annotation.term)
      throw QueryError("annotation '" + annotation.name + "' is of groups; say which with group_by()");
  }
  if (grouped || asked.distinct) return own_values_spec(database, std::move(asked), paths, mode);
  return query::resolve_values(asked, paths, mode, database.requests);
}

void require_statement(const DatabaseImpl& database, const QuerySpec& spec) {
  const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
  if (database.plans.find(shaped.text)) return;
  query::make_plan(spec, query::Purpose::rows, shaped, database.session->dialect());
}

Rows run_values(DatabaseImpl& database, const Request& request, const std::vector<std::string>& paths,
                query::RowMode mode) {
  database.require_open();
  return rows_of_graph(
      load::run(database, database.context(request.root->registry), values_spec(database, request, paths, mode), 64));
}

}  // namespace

// ---- what a request comes down to ----

Rows run_rows(DatabaseImpl& database, const Request& request) {
  database.require_open();
  const std::shared_ptr<const query::Unit> unit = query::resolve(rows_of(request), database.requests);
  return rows_of_graph(load::run_request(database, database.context(request.root->registry), *unit));
}

Expr key_of(const SourcePtr& root) {
  std::vector<Expr> columns;
  for (const std::uint32_t field : root->model->primary_key) columns.emplace_back(query::column_term(root, field));
  if (columns.empty()) throw QueryError("model '" + root->model->name + "' has no primary key to find rows by");
  return columns.size() == 1 ? columns.front() : tuple(columns);
}

// A row stands where its first element does, which is not where its last one would stand: the last rows of such an
// order are not the first ones of the reversed order.
void require_reversible(const Request& request) {
  for (const query::OrderSpec& by : query::own_order(request)) {
    if (!names_many(by.term)) continue;
    throw QueryError(
        "an order along a list cannot be read from its end; order by an annotation, as the least or the greatest of "
        "the "
        "list");
  }
}

Request keys_of(const Request& request) {
  if (request.from_end) require_reversible(request);
  refuse_raw_limit(request);
  Request keys;
  keys.root = request.root;
  keys.via = request.via;
  keys.where = request.where;
  keys.order_by = query::own_order(request);
  keys.reversed = request.reversed != request.from_end;
  keys.limit = request.limit;
  keys.offset = request.offset;
  return keys;
}

Request without_limits(const Request& request) {
  Request rows = request;
  rows.limit.reset();
  rows.offset.reset();
  rows.from_end = false;
  rows.where = query::all_of(rows.where, query::key_in(request.root, query::resolve_keys(keys_of(request))));
  return rows;
}

Request rows_of(const Request& request) {
  if (!request.from_end) return request;
  if (request.limit != 1) return without_limits(request);
  // One row has no order to be put back into.
  require_reversible(request);
  refuse_raw_limit(request);
  Request last = reversed(request);
  last.from_end = false;
  return last;
}

bool names_many(const TermPtr& term) {
  if (!term) return false;
  std::vector<SourcePtr> paths;
  query::collect_paths(*term, paths);
  return std::any_of(paths.begin(), paths.end(), [](const SourcePtr& path) { return query::is_to_many_path(*path); });
}

void require_rows(const Request& request, const char* verb) {
  if (request.group_by.empty() && request.having) {
    throw QueryError(std::string(verb) + " gives rows of '" + request.root->model->name +
                     "', but having() chooses among groups; say which with group_by()");
  }
  if (!request.group_by.empty()) {
    throw QueryError(std::string(verb) + " gives rows of '" + request.root->model->name +
                     "', but group_by makes groups of them; read those with values() or values_list()");
  }
  for (const query::Annotation& annotation : request.annotations)
    if (!annotation.term)
      throw QueryError("annotation '" + annotation.name +
                       "' is of groups; say which with group_by() and read values()");
}

void require_all(const DatabaseImpl& database, const Request& request) {
  require_statement(database, *query::resolve(rows_of(request), database.requests)->spec);
}

void require_values(const DatabaseImpl& database, const Request& request, const std::vector<std::string>& paths) {
  require_statement(database, values_spec(database, request, paths, query::RowMode::dicts));
}

// ---- rows ----

Rows QuerySet::all() const {
  require_rows(*request_, "all");
  return run_rows(*database_, *request_);
}

std::optional<Row> QuerySet::get_or_none() const {
  require_rows(*request_, "get");
  Request two = rows_of(*request_);
  two.unordered = !is_limited(two);
  two.limit = std::min<std::int64_t>(two.limit.value_or(2), 2);
  const Rows rows = run_rows(*database_, two);
  if (rows.size() > 1)
    throw MultipleFound("the query for one row of '" + request_->root->label() + "' found more than one");
  if (rows.empty()) return std::nullopt;
  return rows[0];
}

Row QuerySet::get() const {
  if (std::optional<Row> row = get_or_none()) return *std::move(row);
  throw NotFound("no row of '" + request_->root->label() + "' matches the query");
}

std::optional<Row> QuerySet::first() const {
  require_rows(*request_, "first");
  return run_one(*database_, rows_of(*request_));
}

std::optional<Row> QuerySet::last() const {
  require_rows(*request_, "last");
  require_reversible(*request_);
  return run_one(*database_, reversed(is_limited(*request_) ? without_limits(*request_) : *request_));
}

Row QuerySet::operator[](std::int64_t index) const {
  require_rows(*request_, "[]");
  const auto absent = [&]() {
    throw NotFound("the query on '" + request_->root->label() + "' has no row number " + std::to_string(index));
  };
  Request at = rows_of(*request_);
  if (index < 0) {
    require_reversible(at);
    if (is_limited(at)) at = without_limits(at);
    at = reversed(std::move(at));
    at.offset = -(index + 1);
  } else {
    if (at.limit && index >= *at.limit) absent();
    std::int64_t place = 0;
    if (__builtin_add_overflow(at.offset.value_or(0), index, &place)) absent();
    at.offset = place;
  }
  at.limit = 1;
  std::optional<Row> row = run_one(*database_, std::move(at));
  if (!row) absent();
  return *std::move(row);
}

// ---- counts ----

std::int64_t QuerySet::count() const {
  require_rows(*request_, "count");
  database_->require_open();
  return load::run_scalar(*database_, counted(*request_), query::Purpose::count)->integer();
}

bool QuerySet::exists() const {
  require_rows(*request_, "exists");
  database_->require_open();
  return load::run_scalar(*database_, counted(*request_), query::Purpose::exists).has_value();
}

// ---- flat values ----

Rows QuerySet::values(const std::vector<std::string>& paths) const {
  return run_values(*database_, *request_, paths, query::RowMode::dicts);
}

Rows QuerySet::values_list(const std::vector<std::string>& paths) const {
  return run_values(*database_, *request_, paths, query::RowMode::tuples);
}

Values QuerySet::flat(std::string_view path) const {
  Values values;
  const Rows rows = values_list({std::string(path)});
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(row[0].value());
  return values;
}

// ---- look inside ----

BoundSql QuerySet::sql() const {
  if (!request_->group_by.empty()) return values_query().sql();
  require_rows(*request_, "sql");
  return Query(database_, query::resolve(rows_of(*request_), database_->requests)->spec).sql();
}

Query QuerySet::values_query(const std::vector<std::string>& paths) const {
  return {database_,
          std::make_shared<const QuerySpec>(values_spec(*database_, *request_, paths, query::RowMode::dicts))};
}

Query QuerySet::query() const {
  require_rows(*request_, "query");
  const bool repeats = names_many(request_->where);
  const Request rows = repeats && is_limited(*request_) ? without_limits(*request_) : rows_of(*request_);
  auto spec = std::make_shared<QuerySpec>();
  spec->root = rows.root;
  spec->context = rows.root;
  spec->where = repeats ? query::key_in(rows.root, query::resolve_keys(rows)) : rows.where;
  spec->order_by = order_of_rows(rows);
  spec->limit = rows.limit;
  spec->offset = rows.offset;
  query::join_paths(*spec);
  return {database_, std::move(spec)};
}

}  // namespace dorm
