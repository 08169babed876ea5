#include "dorm/query.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "load/prefetch.hpp"
#include "load/run.hpp"
#include "model/assigned_value.hpp"
#include "model/database_impl.hpp"
#include "query/automatic.hpp"
#include "query/builder.hpp"
#include "query/parameters.hpp"
#include "query/path.hpp"
#include "query/snapshots.hpp"
#include "query/typing.hpp"
#include "query/union_types.hpp"
#include "query/validate.hpp"
#include "query/visit.hpp"

namespace dorm {
namespace {

using query::QuerySpec;
using query::SourcePtr;
using query::SpecPtr;
using query::TermPtr;

sql::JoinKind kind_of(Join join) {
  switch (join) {
    case Join::inner:
      return sql::JoinKind::inner;
    case Join::left_outer:
      return sql::JoinKind::left;
    case Join::right_outer:
      return sql::JoinKind::right;
    case Join::full_outer:
      return sql::JoinKind::full;
    case Join::cross:
      return sql::JoinKind::cross;
  }
  return sql::JoinKind::inner;
}

const TermPtr& condition_of(const Expr& condition, const char* where) {
  if (!condition.has_value()) throw QueryError(std::string(where) + " got an empty expression");
  const TypeKind kind = condition.type().kind;
  if (kind != TypeKind::boolean && kind != TypeKind::unknown) {
    throw QueryError(std::string(where) + " needs a condition; " + query::describe(*condition.term()) + " is " +
                     to_string(condition.type()));
  }
  return condition.term();
}

std::vector<query::OutputSpec> outputs_of(const std::vector<Selectable>& items) {
  std::vector<query::OutputSpec> outputs;
  for (const Selectable& item : items) {
    if (item.source()) {
      outputs.push_back({nullptr, item.source()});
    } else {
      if (!item.expr().has_value()) throw QueryError("the select list holds an empty expression");
      outputs.push_back({item.expr().term(), nullptr});
    }
  }
  return outputs;
}

Query changed(const Query& query, const auto& change) {
  auto spec = std::make_shared<QuerySpec>(*query.spec());
  change(*spec);
  query::join_paths(*spec);
  return {query.database(), std::move(spec)};
}

void require_not_negative(std::int64_t number, const char* what) {
  if (number < 0) throw QueryError(std::string(what) + " must not be negative");
}

void require_one_database(const Query& one, const Query& other) {
  if (one.database() == other.database()) return;
  query::refuse_two_homes(other.spec()->leftmost().root->label(), *other.database()->home, *one.database()->home);
}

// `seen`: what the right side of a recursive CTE reads of it.
Query combined(const Query& left, const Query& right, sql::SetOp op,
               const std::vector<query::OutputColumn>* seen = nullptr) {
  auto spec = std::make_shared<QuerySpec>();
  spec->set_op = op;
  spec->mode = left.spec()->mode;
  spec->lazy = left.spec()->lazy;
  require_one_database(left, right);
  query::United united = query::unite(left.spec(), right.spec(), seen);
  for (const query::OutputColumn& column : united.columns)
    if (op != sql::SetOp::union_all && column.type.kind == TypeKind::json)
      throw QueryError("only union_all() takes json, as column '" + column.name +
                       "' is: databases do not agree on when two of its values are equal");
  spec->left = std::move(united.left);
  spec->right = std::move(united.right);
  return {left.database(), std::move(spec)};
}

// What a union could only pretend to take.
void require_single(const QuerySpec& spec, const char* verb) {
  if (spec.set_op == sql::SetOp::none) return;
  throw QueryError(
      std::string(verb) +
      " applies to a single select, not to a union; apply it to its members, or join the union as a subquery");
}

// A write touches one table's rows, found by a condition alone, or an update by inner joins.
void require_writable(const QuerySpec& spec, const char* verb) {
  if (!spec.ctes.empty()) {
    throw QueryError(std::string(verb) + " declares no common tables, but with_cte() was given " +
                     quote(spec.ctes.front()->alias) +
                     "; find the rows by a query that declares them: where(key.in(query.with_cte(…)))" +
                     (verb == std::string_view("update") ? ", or join that query with alias()" : ""));
  }
  const bool joins = std::all_of(spec.joins.begin(), spec.joins.end(), [&](const query::JoinSpec& join) {
    return verb == std::string_view("update") &&
           (join.kind == sql::JoinKind::inner || join.kind == sql::JoinKind::cross) && !join.target->from &&
           !join.lateral;
  });
  const bool plain = spec.set_op == sql::SetOp::none && joins && spec.group_by.empty() && !spec.having && !spec.limit &&
                     !spec.offset && !spec.distinct && spec.root && spec.root->model != nullptr &&
                     spec.root->is_default && spec.distinct_on.empty() &&
                     spec.lock.strength == sql::Lock::Strength::none;
  if (!plain) {
    throw QueryError(std::string(verb) + " takes a query of one model with a condition only" +
                     (verb == std::string_view("update") ? ", and inner joins" : "") +
                     "; put what else there is into a subquery: where(key.in(query))");
  }
}

std::vector<query::Change> changes_of(const QuerySpec& spec, const std::vector<std::pair<std::string, Expr>>& changes) {
  const ModelInfo& model = *spec.root->model;
  if (changes.empty()) throw QueryError("update of '" + model.name + "' changes nothing; name a field");
  std::vector<query::Change> made;
  const auto is_set = [&](std::uint32_t field) {
    return std::any_of(made.begin(), made.end(), [&](const query::Change& c) { return c.field == field; });
  };
  for (const auto& [name, expr] : column_by_column(model, changes)) {
    query::Change change = assigned_value(spec.root, name, expr);
    const FieldInfo& field = model.fields[change.field];
    if (field.immutable) throw QueryError("'" + query::label_of(model, field) + "' is immutable");
    if (field.index == model.version_field)
      throw QueryError("'" + query::label_of(model, field) +
                       "' counts the changes of each row; an update does that by itself");
    if (is_set(field.index)) throw QueryError("'" + query::label_of(model, field) + "' is set twice");
    made.push_back(std::move(change));
  }
  query::add_automatic(spec.root, made);
  return made;
}

// The rows of the table that is written; others are not returned by every database.
QuerySpec returning(const QuerySpec& spec, const std::vector<Selectable>& items) {
  QuerySpec made = spec;
  made.returning = true;
  made.default_projection = items.empty();
  made.outputs = outputs_of(items);
  if (items.empty() || spec.joins.empty()) return made;
  for (const TermPtr& term : query::expanded_outputs(made)) {
    std::vector<SourcePtr> sources;
    query::collect_sources(*term, sources);
    for (const SourcePtr& source : sources)
      if (!query::same_source(*source, *spec.root))
        throw QueryError("a write returns columns of '" + spec.root->label() + "' only; " + query::describe(*term) +
                         " is of another source");
  }
  return made;
}

Rows rows_written(DatabaseImpl& database, const QuerySpec& spec, query::Purpose purpose,
                  const std::vector<query::Change>& changes) {
  const std::shared_ptr<graph::Graph> graph =
      load::run_returning(database, database.context(spec.root->registry), spec, purpose, changes, {});
  return {graph->share(graph->root()), graph->root()->slot_count()};
}

}  // namespace

Source::Source(const Model& model) : source_(model.source()) {}
Source::Source(const Subquery& subquery) : source_(subquery.source()) {}
Source::Source(const CommonTable& table) : source_(table.source()) {}
Selectable::Selectable(const Model& model) : source_(model.source()) {}
Selectable::Selectable(const Subquery& subquery) : source_(subquery.source()) {}
Selectable::Selectable(const CommonTable& table) : source_(table.source()) {}

Query Query::select_list(std::vector<Selectable> items) const {
  require_single(*spec_, "select");
  return changed(*this, [&](QuerySpec& spec) {
    spec.default_projection = items.empty();
    spec.outputs = outputs_of(items);
  });
}

Query Query::distinct(bool on) const {
  require_single(*spec_, "distinct");
  return changed(*this, [&](QuerySpec& spec) { spec.distinct = on; });
}

Query Query::distinct_on(std::vector<Expr> terms) const {
  require_single(*spec_, "distinct_on");
  return changed(*this, [&](QuerySpec& spec) {
    spec.distinct_on.clear();
    for (const Expr& term : terms) {
      if (!term.has_value()) throw QueryError("distinct_on got an empty expression");
      spec.distinct_on.push_back(term.term());
    }
  });
}

Query Query::for_update(const LockOptions& options) const {
  require_single(*spec_, "for_update");
  if (options.nowait && options.skip_locked) throw QueryError("for_update is either nowait or skip_locked, not both");
  return changed(*this, [&](QuerySpec& spec) {
    spec.lock = {options.share ? sql::Lock::Strength::share : sql::Lock::Strength::update, options.nowait,
                 options.skip_locked};
  });
}

Query Query::bind(const std::vector<std::pair<std::string, Value>>& values) const {
  return {database_, query::bound_parameters(spec_, values)};
}

Query Query::join(const Source& target, Join kind, const JoinOptions& options) const {
  return changed(*this, [&](QuerySpec& spec) {
    query::JoinRequest request;
    request.kind = kind_of(kind);
    request.target = target.get();
    request.on = options.on.term();
    request.attr = options.attr;
    request.lateral = options.lateral;
    spec = query::join(std::move(spec), request);
  });
}

Query Query::join_from(const Source& from, const Source& target, Join kind, const JoinOptions& options) const {
  return switch_to(from).join(target, kind, options);
}

Query Query::switch_to(const Source& source) const {
  return changed(*this, [&](QuerySpec& spec) { spec = query::switch_to(std::move(spec), source.get()); });
}

Query Query::switch_to() const {
  return changed(*this, [&](QuerySpec& spec) { spec = query::switch_to(std::move(spec), nullptr); });
}

Query Query::with_cte(std::vector<CommonTable> tables) const {
  return changed(*this, [&](QuerySpec& spec) {
    for (const CommonTable& table : tables) spec.ctes.push_back(table.source());
  });
}

Query Query::with_cte(const CommonTable& table) const { return with_cte(std::vector<CommonTable>{table}); }

Query Query::where(const Expr& condition) const {
  require_single(*spec_, "where");
  return changed(*this,
                 [&](QuerySpec& spec) { spec.where = query::all_of(spec.where, condition_of(condition, "where")); });
}

Query Query::or_where(const Expr& condition) const {
  require_single(*spec_, "or_where");
  return changed(*this, [&](QuerySpec& spec) {
    const TermPtr& added = condition_of(condition, "or_where");
    spec.where = spec.where ? (Expr(spec.where) | Expr(added)).term() : added;
  });
}

Query Query::group_by(std::vector<Selectable> items) const {
  require_single(*spec_, "group_by");
  return changed(*this, [&](QuerySpec& spec) {
    QuerySpec listed;
    listed.default_projection = false;
    listed.outputs = outputs_of(items);
    spec.group_by = query::expanded_outputs(listed);
    spec.rollup = false;
  });
}

Query Query::group_by_rollup(std::vector<Selectable> items) const {
  return changed(group_by(std::move(items)), [](QuerySpec& spec) { spec.rollup = true; });
}

Query Query::having(const Expr& condition) const {
  require_single(*spec_, "having");
  return changed(*this,
                 [&](QuerySpec& spec) { spec.having = query::all_of(spec.having, condition_of(condition, "having")); });
}

Query Query::order_by(std::vector<OrderExpr> terms) const {
  return changed(*this, [&](QuerySpec& spec) {
    spec.order_by.clear();
    for (const OrderExpr& term : terms) {
      if (!term.expr.has_value()) throw QueryError("order_by got an empty expression");
      spec.order_by.push_back({term.expr.term(), term.descending, static_cast<sql::NullsOrder>(term.nulls)});
    }
  });
}

Query Query::limit(std::int64_t rows) const {
  require_not_negative(rows, "limit");
  return changed(*this, [&](QuerySpec& spec) { spec.limit = rows; });
}

Query Query::offset(std::int64_t rows) const {
  require_not_negative(rows, "offset");
  return changed(*this, [&](QuerySpec& spec) { spec.offset = rows; });
}

Query Query::paginate(std::int64_t page, std::int64_t rows) const {
  if (page < 1) throw QueryError("pages count from 1");
  std::int64_t first = 0;
  if (__builtin_mul_overflow(page - 1, rows, &first))
    throw QueryError("the page is further away than there can be rows");
  return limit(rows).offset(first);
}

Query Query::union_with(const Query& other) const { return combined(*this, other, sql::SetOp::union_distinct); }
Query Query::union_all(const Query& other) const { return combined(*this, other, sql::SetOp::union_all); }
Query Query::intersect(const Query& other) const { return combined(*this, other, sql::SetOp::intersect); }
Query Query::except(const Query& other) const { return combined(*this, other, sql::SetOp::except); }

Query Query::objects() const {
  return changed(*this, [](QuerySpec& spec) { spec.mode = query::RowMode::objects; });
}
Query Query::dicts() const {
  return changed(*this, [](QuerySpec& spec) { spec.mode = query::RowMode::dicts; });
}
Query Query::tuples() const {
  return changed(*this, [](QuerySpec& spec) { spec.mode = query::RowMode::tuples; });
}
Query Query::lazy(LazyPolicy policy) const {
  return changed(*this, [&](QuerySpec& spec) { spec.lazy = policy; });
}

Subquery Query::alias(std::string_view name) const { return Subquery(query::as_subquery(spec_, name)); }

CommonTable Query::cte(std::string_view name, const std::vector<std::string>& columns,
                       Materialized materialized) const {
  auto source = std::make_shared<query::Source>(*query::as_cte(spec_, name, columns));
  source->materialized = static_cast<sql::CommonTable::Materialized>(materialized);
  return {database_, std::move(source)};
}

Subquery values_as(std::string_view name, const std::vector<std::string>& columns,
                   const std::vector<std::vector<Expr>>& rows) {
  std::vector<std::vector<TermPtr>> cells;
  for (const std::vector<Expr>& row : rows) {
    std::vector<TermPtr>& terms = cells.emplace_back();
    for (const Expr& cell : row) {
      if (!cell.has_value()) throw QueryError("a row of '" + std::string(name) + "' holds an empty expression");
      terms.push_back(cell.term());
    }
  }
  return Subquery(query::as_values(name, columns, std::move(cells)));
}

CommonTable Query::recursive_seed(std::string_view name) const {
  auto seed = std::make_shared<query::Source>(*query::as_cte(spec_, name, {}));
  seed->query = nullptr;
  seed->recursive = true;
  return {database_, std::move(seed)};
}

// Every step adds to what it reads: its types must hold what it makes.
CommonTable Query::recursive_widened(const CommonTable& seed, const Query& term) const {
  const std::vector<query::OutputColumn>& seen = seed.source()->outputs;
  const std::vector<query::OutputColumn> made = query::unite(spec_, term.spec(), &seen).columns;
  bool is_wider = false;
  for (std::size_t i = 0; i < made.size(); ++i) {
    is_wider = is_wider || made[i].type != seen[i].type || made[i].nullable != seen[i].nullable ||
               made[i].sensitive != seen[i].sensitive;
    if (made[i].type.scale > seen[i].type.scale && made[i].type.scale > most_scaled_digits) {
      throw QueryError("column '" + made[i].name + "' of the recursive CTE '" + seed.source()->alias +
                       "' gets more digits after the point with every step; cast it to double where it starts");
    }
  }
  if (!is_wider) return seed;
  auto wider = std::make_shared<query::Source>(*seed.source());
  wider->outputs = made;
  return {database_, std::move(wider)};
}

CommonTable Query::recursive_whole(const CommonTable& seed, const Query& term, bool distinct_rows) const {
  const sql::SetOp op = distinct_rows ? sql::SetOp::union_distinct : sql::SetOp::union_all;
  const Query whole = combined(*this, term, op, &seed.source()->outputs);
  auto source = std::make_shared<query::Source>(*seed.source());
  source->query = whole.spec();
  source->seed = seed.source();
  return {database_, std::move(source)};
}

Column Subquery::c(std::string_view column) const { return Column(query::member(source_, column)); }
Column CommonTable::c(std::string_view column) const { return Column(query::member(source_, column)); }

Query CommonTable::select_from(const std::vector<Selectable>& items) const {
  auto spec = std::make_shared<QuerySpec>();
  spec->root = source_;
  spec->context = source_;
  spec->default_projection = items.empty();
  spec->outputs = outputs_of(items);
  spec->ctes = {source_};
  // Inside its own recursive member it is visible already.
  if (source_->query == nullptr) spec->ctes.clear();
  return {database_, std::move(spec)};
}

Rows Query::all() const {
  database_->require_open();
  const QuerySpec& first = spec_->leftmost();
  const std::shared_ptr<graph::Graph> graph = load::run(*database_, database_->context(first.root->registry), *spec_);
  graph::Node* root = graph->root();
  return {graph->share(root), root->slot_count()};
}

std::optional<Row> Query::get_or_none() const {
  const Rows rows = (spec_->limit && *spec_->limit < 2 ? *this : limit(2)).all();
  if (rows.size() > 1)
    throw MultipleFound("the query for one row of '" + spec_->leftmost().root->label() + "' found more than one");
  if (rows.empty()) return std::nullopt;
  return rows[0];
}

Row Query::get() const {
  if (std::optional<Row> row = get_or_none()) return *std::move(row);
  throw NotFound("no row of '" + spec_->leftmost().root->label() + "' matches the query");
}

std::optional<Row> Query::first() const {
  const Rows rows = (spec_->limit && *spec_->limit < 1 ? *this : limit(1)).all();
  if (rows.empty()) return std::nullopt;
  return rows[0];
}

std::int64_t Query::count() const {
  database_->require_open();
  return load::run_scalar(*database_, *spec_, query::Purpose::count)->integer();
}

bool Query::exists() const {
  database_->require_open();
  return load::run_scalar(*database_, *spec_, query::Purpose::exists).has_value();
}

Value Query::scalar() const {
  const Rows rows = (spec_->limit && *spec_->limit < 1 ? *this : limit(1)).tuples().all();
  return rows.empty() ? Value() : rows[0][0].value();
}

BoundSql Query::sql() const { return load::bound_sql(*database_, *spec_, query::Purpose::rows); }

std::int64_t Query::update_every(const std::vector<std::pair<std::string, Expr>>& changes) const {
  database_->require_open();
  require_writable(*spec_, "update");
  return load::run_write(*database_, *spec_, query::Purpose::update, changes_of(*spec_, changes));
}

Rows Query::update_returning(const std::vector<std::pair<std::string, Expr>>& changes,
                             const std::vector<Selectable>& items) const {
  database_->require_open();
  require_writable(*spec_, "update");
  const QuerySpec spec = returning(*spec_, items);
  return rows_written(*database_, spec, query::Purpose::update, changes_of(spec, changes));
}

Rows Query::delete_returning(const std::vector<Selectable>& items) const {
  database_->require_open();
  require_writable(*spec_, "delete");
  return rows_written(*database_, returning(*spec_, items), query::Purpose::remove, {});
}

std::int64_t Query::update(const std::vector<std::pair<std::string, Expr>>& changes) const {
  if (!spec_->where)
    throw QueryError("update without a condition would change every row; say update_every() if that is meant");
  return update_every(changes);
}

std::int64_t Query::delete_every() const {
  database_->require_open();
  require_writable(*spec_, "delete");
  return load::run_write(*database_, *spec_, query::Purpose::remove, {});
}

std::int64_t Query::delete_rows() const {
  if (!spec_->where)
    throw QueryError("delete without a condition would delete every row; say delete_every() if that is meant");
  return delete_every();
}

Rows prefetch(const Query& root, const std::vector<Query>& queries) {
  const std::shared_ptr<DatabaseImpl>& database = root.database();
  database->require_open();
  std::vector<SpecPtr> specs{root.spec()};
  for (const Query& query : queries) {
    require_one_database(root, query);
    specs.push_back(query.spec());
  }
  if (!root.spec()->root) throw QueryError("prefetch attaches rows of models; a union has none");
  const std::shared_ptr<graph::Graph> graph =
      load::prefetch(*database, database->context(root.spec()->root->registry), specs);
  graph::Node* node = graph->root();
  return {graph->share(node), node->slot_count()};
}

}  // namespace dorm
