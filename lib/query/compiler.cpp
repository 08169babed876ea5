// One pass over a QuerySpec: terms become sql nodes.

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/builder.hpp"
#include "query/grouping.hpp"
#include "query/layout.hpp"
#include "query/path.hpp"
#include "query/plan.hpp"
#include "query/visit.hpp"
#include "sql/arena.hpp"

namespace dorm::query {
namespace {

class Compiler {
 public:
  Compiler(const sql::Dialect& dialect, const Shaped& shaped, Plan& plan)
      : dialect_(dialect), shaped_(shaped), plan_(plan) {}

  void rows(const QuerySpec& spec) {
    const sql::Select* statement = select(spec, Role::result);
    plan_.mode = spec.mode;
    finish(*statement);
    lay_out(spec, plan_);
  }

  void count(const QuerySpec& spec) {
    sql::Select outer{};
    const bool plain = plain_rows(spec) && spec.group_by.empty() && !spec.having && !spec.limit && !spec.offset;
    if (plain) {
      outer = *select(spec, Role::rows_only);
    } else {
      const sql::Select* inner = select(spec, Role::counted);
      outer.from = arena_.make(sql::Source{sql::Derived{inner}, "counted"});
    }
    const sql::Expr* all = arena_.expr(sql::Star{nullptr});
    outer.outputs =
        list<sql::Output>({{arena_.expr(sql::Call{"COUNT", list<const sql::Expr*>({all}), false, nullptr, {}}), {}}});
    finish(outer);
    Type type;
    type.kind = TypeKind::bigint;
    plan_.statement.columns = {{type, "COUNT(*)"}};
  }

  void exists(const QuerySpec& spec) {
    sql::Select inner = *select(spec, plain_rows(spec) ? Role::rows_only : Role::counted);
    if (inner.outputs.empty() && inner.set_op == sql::SetOp::none)
      inner.outputs = list<sql::Output>({{integer(1), {}}});
    if (inner.limit == nullptr) inner.limit = integer(1);
    finish(inner);
    plan_.statement.columns.clear();
    const std::size_t columns = plain_rows(spec) ? 1 : output_columns(spec).size();
    plan_.statement.columns.resize(columns);
  }

  void update(const QuerySpec& spec, std::span<const Change> changes) {
    for (const Change& change : changes) {
      refuse_aggregates(*change.value, "update");
      refuse_windows(*change.value, "update");
    }
    if (spec.where) refuse_aggregates(*spec.where, "where");
    if (dialect_.capabilities().updates_are_seen && spec.joins.empty() && is_correlated(spec, changes))
      return update_found(spec, changes);
    push_frame();
    sql::Update update{};
    update.table = table_of(spec);
    for (const JoinSpec& join : spec.joins) add_source(join.target, false, join.lateral);
    std::vector<sql::Assignment> set;
    for (const Change& change : changes) {
      const FieldInfo& field = spec.root->model->fields[change.field];
      set.push_back({arena_.text(field.column), assigned(*change.value, field)});
    }
    update.set = arena_.list(set);
    if (spec.where) update.where = expr(*spec.where);
    if (!spec.joins.empty()) update_from(spec, update);
    finish_write(update, spec);
  }

  // The first joined table stands in FROM, so that its condition can only stand in WHERE.
  void update_from(const QuerySpec& spec, sql::Update& update) {
    std::vector<sql::Join> joins;
    std::vector<const sql::Expr*> conditions;
    if (update.where != nullptr) conditions.push_back(update.where);
    for (std::size_t i = 0; i < spec.joins.size(); ++i) {
      const JoinSpec& join = spec.joins[i];
      const sql::Expr* on = join.on ? expr(*join.on) : nullptr;
      const sql::Source* source = entry(*join.target).source;
      if (i == 0) {
        update.from = source;
      } else {
        joins.push_back({sql::JoinKind::cross, source, nullptr, join.lateral});
      }
      if (on != nullptr) conditions.push_back(on);
    }
    update.joins = arena_.list(joins);
    if (conditions.empty()) return;
    std::rotate(conditions.begin(), conditions.begin() + (update.where != nullptr ? 1 : 0), conditions.end());
    update.where = conditions.size() == 1 ? conditions.front()
                                          : arena_.expr(sql::Logical{sql::LogicalOp::all, arena_.list(conditions)});
  }

  // A write and, where that is asked for, the rows it wrote.
  template <class Statement>
  void finish_write(Statement& statement, const QuerySpec& spec) {
    if (spec.returning) check_returned(spec);
    if (spec.returning) statement.returning = outputs(spec, Role::result);
    finish(statement);
    if (spec.returning) return_rows(spec);
  }

  // Values of the program were held against the type of their field when they were given.
  static bool is_checked(const Term& term, const FieldInfo& field) {
    // What was proposed for a column was held against that one.
    return term.kind == TermKind::value || (term.kind == TermKind::excluded && term.field == field.index);
  }
  const sql::Expr* assigned(const Term& value, const FieldInfo& field) {
    const sql::Expr* made = expr(value);
    return is_checked(value, field) ? made : fitted(made, field);
  }
  const sql::Expr* fitted(const sql::Expr* value, const FieldInfo& field) {
    return arena_.expr(sql::Fit{value, field.type});
  }

  static bool is_correlated(const QuerySpec& spec, std::span<const Change> changes) {
    return (spec.where && has_correlated(*spec.where, *spec.root)) ||
           std::any_of(changes.begin(), changes.end(),
                       [&](const Change& change) { return has_correlated(*change.value, *spec.root); });
  }

  // The rows and their new values are found before the first one is written.
  void update_found(const QuerySpec& spec, std::span<const Change> changes) {
    const ModelInfo& model = *spec.root->model;
    if (model.primary_key.empty())
      throw QueryError("model '" + model.name + "' has no primary key; updating it by a subquery needs one");
    QuerySpec rows = spec;
    rows.default_projection = false;
    rows.returning = false;
    rows.outputs.clear();
    const auto select_as = [&](const TermPtr& term, char prefix, std::size_t number) {
      rows.outputs.push_back({aliased(term, prefix + std::to_string(number)), nullptr});
    };
    for (std::size_t i = 0; i < model.primary_key.size(); ++i)
      select_as(column_term(spec.root, model.primary_key[i]), 'k', i + 1);
    for (std::size_t i = 0; i < changes.size(); ++i) select_as(changes[i].value, 'v', i + 1);

    push_frame();
    const auto* found = arena_.make(sql::Source{sql::Derived{select(rows, Role::source)}, "found"});
    const auto found_column = [&](char prefix, std::size_t number, const Type& type) {
      return arena_.expr(sql::Column{found, arena_.text(prefix + std::to_string(number)), type, true});
    };
    sql::Update update{};
    update.table = table_of(spec);
    std::vector<sql::Assignment> set;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const FieldInfo& field = model.fields[changes[i].field];
      const sql::Expr* value = found_column('v', i + 1, field.type);
      set.push_back({arena_.text(field.column), is_checked(*changes[i].value, field) ? value : fitted(value, field)});
    }
    update.set = arena_.list(set);
    update.from = found;
    std::vector<const sql::Expr*> same;
    for (std::size_t i = 0; i < model.primary_key.size(); ++i) {
      const FieldInfo& field = model.fields[model.primary_key[i]];
      same.push_back(arena_.expr(sql::Binary{sql::BinaryOp::eq, column(*spec.root, field.column, field.type, false),
                                             found_column('k', i + 1, field.type)}));
    }
    update.where = same.size() == 1 ? same.front() : arena_.expr(sql::Logical{sql::LogicalOp::all, arena_.list(same)});
    finish_write(update, spec);
  }

  void insert(const QuerySpec& spec, const InsertTarget& into) {
    const ModelInfo& model = *into.table->model;
    sql::Insert statement{};
    if (into.rows.empty()) statement.select = fitted_select(spec, into);
    push_frame();
    std::vector<std::string_view> columns;
    for (const std::uint32_t field : into.fields) columns.push_back(arena_.text(model.fields[field].column));
    statement.columns = arena_.list(columns);
    if (!into.fields.empty()) {
      std::vector<sql::Exprs> rows;
      for (const std::vector<TermPtr>& row : into.rows) {
        std::vector<const sql::Expr*> values;
        for (std::size_t i = 0; i < row.size(); ++i) {
          refuse_aggregates(*row[i], "insert");
          refuse_windows(*row[i], "insert");
          values.push_back(assigned(*row[i], model.fields[into.fields[i]]));
        }
        rows.push_back(arena_.list(values));
      }
      statement.rows = arena_.list(rows);
    }
    // The values above are of no row: only from here on the table's columns mean something.
    QuerySpec target;
    target.root = into.table;
    statement.table = table_of(target);
    // A row of nothing but what the database makes meets nothing; SQLite has no words for it either.
    statement.conflict.action = into.fields.empty() ? sql::Conflict::Action::none : into.action;
    excludes_ = true;
    std::vector<std::string_view> taken;
    for (const std::uint32_t field : into.conflict) taken.push_back(arena_.text(model.fields[field].column));
    statement.conflict.target = arena_.list(taken);
    std::vector<sql::Assignment> set;
    for (const Change& change : into.set) {
      refuse_aggregates(*change.value, "on_conflict_update");
      refuse_windows(*change.value, "on_conflict_update");
      const FieldInfo& field = model.fields[change.field];
      set.push_back({arena_.text(field.column), assigned(*change.value, field)});
    }
    statement.conflict.set = arena_.list(set);
    if (into.where) {
      refuse_aggregates(*into.where, "on_conflict_update");
      refuse_windows(*into.where, "on_conflict_update");
      statement.conflict.where = expr(*into.where);
    }
    excludes_ = false;
    if (into.returned) check_returned(*into.returned);
    if (into.returned) statement.returning = outputs(*into.returned, Role::result);
    finish(statement);
    if (into.returned) return_rows(*into.returned);
  }

  // What is computed must fit the columns that it goes to.
  const sql::Select* fitted_select(const QuerySpec& spec, const InsertTarget& into) {
    sql::Select made = *select(spec, Role::value);
    const std::vector<TermPtr> terms = expanded_outputs(spec.leftmost());
    if (made.set_op != sql::SetOp::none || terms.size() != made.outputs.size()) return arena_.make(made);
    std::vector<sql::Output> outputs(made.outputs.begin(), made.outputs.end());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const FieldInfo& field = into.table->model->fields[into.fields[i]];
      const bool is_key = field.relation != no_index || field.primary_key;
      if (!is_key && !is_checked(unaliased(*terms[i]), field)) outputs[i].expr = fitted(outputs[i].expr, field);
    }
    made.outputs = arena_.list(outputs);
    return arena_.make(made);
  }

  static void check_returned(const QuerySpec& spec) {
    for (const TermPtr& term : expanded_outputs(spec)) {
      refuse_aggregates(*term, "returning");
      refuse_windows(*term, "returning");
    }
  }

  void return_rows(const QuerySpec& spec) {
    plan_.mode = spec.mode;
    lay_out(spec, plan_);
  }

  void remove(const QuerySpec& spec) {
    push_frame();
    sql::Delete statement{};
    statement.table = table_of(spec);
    if (spec.where) refuse_aggregates(*spec.where, "where");
    if (spec.where) statement.where = expr(*spec.where);
    finish_write(statement, spec);
  }

 private:
  // What a select is for decides its outputs.
  enum class Role : std::uint8_t {
    result,     // the rows the user gets
    source,     // a subquery or CTE: every output has a name
    value,      // IN, scalar: outputs without names
    rows_only,  // no outputs: the caller writes them
    counted,    // outputs only where they decide the number of rows
  };

  // Whether there are as many rows whatever is selected, so that nothing need be where only rows are asked for.
  static bool plain_rows(const QuerySpec& spec) {
    return spec.set_op == sql::SetOp::none && !spec.distinct && spec.distinct_on.empty() && !is_aggregated(spec);
  }

  struct Entry {
    const Source* key;
    const sql::Source* source;
    bool outer = false;  // its columns can be NULL because a join missed
  };
  using Frame = std::vector<Entry>;

  template <class T>
  sql::List<T> list(std::initializer_list<T> items) {
    return arena_.list(std::span<const T>(items.begin(), items.size()));
  }
  const sql::Expr* integer(std::int64_t value) {
    return arena_.expr(sql::Constant{sql::Constant::Kind::integer, value});
  }

  void push_frame() { frames_.emplace_back(); }

  const Entry* find(const Source& source) const {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame)
      for (const Entry& entry : *frame)
        if (same_source(*entry.key, source)) return &entry;
    return nullptr;
  }

  const Entry& entry(const Source& source) const {
    if (const Entry* found = find(source)) return *found;
    throw QueryError("'" + source.label() + "' is not part of the query; join it first");
  }

  const sql::Source* table_of(const QuerySpec& spec) {
    const ModelInfo& model = *spec.root->model;
    const sql::Source* table =
        arena_.make(sql::Source{sql::Table{arena_.text(model.db_schema), arena_.text(model.table)}, {}});
    frames_.back().push_back({spec.root.get(), table, false});
    plan_.sources.push_back(spec.root);
    return table;
  }

  // Handles from before a reload fit beside newer ones only if the tables are the same.
  void require_one_snapshot(const Source& source) const {
    if (source.model == nullptr || plan_.sources.empty()) return;
    const Registry& first = plan_.sources.front()->registry;
    if (first.snapshot() == source.registry.snapshot() || first.storage_hash() == source.registry.storage_hash())
      return;
    throw QueryError(
        "'" + source.label() +
        "' comes from another registry snapshot than the rest of the query; take new handles after a reload");
  }

  const sql::Source* add_source(const SourcePtr& source, bool outer, bool lateral = false) {
    require_one_snapshot(*source);
    plan_.sources.push_back(source);
    sql::Source made{};
    made.alias = arena_.text(source->alias);
    if (source->kind == SourceKind::model) {
      const ModelInfo& model = *source->model;
      made.node = sql::Table{arena_.text(model.db_schema), arena_.text(model.table)};
    } else if (source->kind == SourceKind::subquery) {
      // A derived table does not see its neighbours in FROM, unless it is lateral.
      Frame neighbours = frames_.back();
      if (!lateral) frames_.back().clear();
      made.node = sql::Derived{select(*source->query, Role::source)};
      frames_.back() = std::move(neighbours);
    } else if (source->kind == SourceKind::values) {
      Frame neighbours = std::exchange(frames_.back(), {});
      std::vector<sql::Exprs> rows;
      for (const std::vector<TermPtr>& row : source->rows) rows.push_back(exprs(row));
      frames_.back() = std::move(neighbours);
      std::vector<std::string_view> columns;
      for (const OutputColumn& column : source->outputs) columns.push_back(arena_.text(column.name));
      made.node = sql::ValuesList{arena_.list(rows), arena_.list(columns)};
    } else {
      if (!declare_if_given(*source)) {
        throw QueryError("the CTE '" + source->alias + "' is used but not declared; add with_cte()");
      }
      made.node = sql::CommonTableRef{arena_.make(sql::CommonTable{made.alias, {}, nullptr, source->recursive})};
    }
    const sql::Source* result = arena_.make(made);
    frames_.back().push_back({identity(*source), result, outer});
    return result;
  }

  // The CTEs that one select brings along.
  struct Level {
    const std::vector<SourcePtr>* given;
    std::size_t frames;                  // open where its WITH stands
    std::vector<const Source*> visible;  // declared so far, or about to be by themselves
    std::vector<const sql::CommonTable*> tables;
  };

  bool is_declared(const Source& source) const {
    return std::any_of(levels_.begin(), levels_.end(), [&](const Level& level) {
      return std::any_of(level.visible.begin(), level.visible.end(),
                         [&](const Source* cte) { return identity(*cte) == identity(source); });
    });
  }

  // One that is given further on is declared where it is first needed: WITH lists them so that each knows those it
  // names.
  bool declare_if_given(const Source& source) {
    if (is_declared(source)) return true;
    for (std::size_t i = levels_.size(); i-- > 0;) {
      for (const SourcePtr& cte : *levels_[i].given) {
        if (identity(*cte) != identity(source)) continue;
        declare(i, cte);
        return true;
      }
    }
    return false;
  }

  void declare(std::size_t at, const SourcePtr& cte) {
    if (is_declared(*cte)) return;
    // Its body stands in the WITH of that level, so it sees what is open there and nothing further in.
    const auto open_frame = frames_.begin() + static_cast<std::ptrdiff_t>(levels_[at].frames);
    const auto open_level = levels_.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    std::vector<Frame> inner_frames(std::make_move_iterator(open_frame), std::make_move_iterator(frames_.end()));
    std::vector<Level> inner_levels(std::make_move_iterator(open_level), std::make_move_iterator(levels_.end()));
    frames_.erase(open_frame, frames_.end());
    levels_.erase(open_level, levels_.end());
    // A recursive one is visible inside itself.
    if (cte->recursive) levels_[at].visible.push_back(cte.get());
    std::vector<std::string_view> columns;
    if (cte->recursive || names_differ(*cte))
      for (const OutputColumn& column : cte->outputs) columns.push_back(arena_.text(column.name));
    const sql::Select* body = select(*cte->query, Role::source);
    levels_[at].tables.push_back(arena_.make(
        sql::CommonTable{arena_.text(cte->alias), arena_.list(columns), body, cte->recursive, cte->materialized}));
    if (!cte->recursive) levels_[at].visible.push_back(cte.get());
    plan_.sources.push_back(cte);
    std::move(inner_frames.begin(), inner_frames.end(), std::back_inserter(frames_));
    std::move(inner_levels.begin(), inner_levels.end(), std::back_inserter(levels_));
  }

  static bool names_differ(const Source& cte) {
    const std::vector<OutputColumn> own = output_columns(*cte.query);
    for (std::size_t i = 0; i < own.size(); ++i)
      if (own[i].name != cte.outputs[i].name) return true;
    return false;
  }

  const sql::Select* select(const QuerySpec& spec, Role role) {
    const std::size_t own = levels_.size();
    levels_.push_back({&spec.ctes, frames_.size(), {}, {}});
    for (const SourcePtr& cte : spec.ctes) declare(own, cte);
    sql::Select made{};
    if (spec.set_op != sql::SetOp::none) {
      made.set_op = spec.set_op;
      const Role members = role == Role::source || role == Role::result ? Role::source : Role::value;
      made.left = select(*spec.left, members);
      made.right = select(*spec.right, members);
      require_same_width(spec);
      push_frame();
      tail(spec, made, true);
      frames_.pop_back();
    } else {
      push_frame();
      plain(spec, role, made);
      if (!made.distinct_on.empty() && !dialect_.capabilities().distinct_on) made = first_of_each(made);
      frames_.pop_back();
    }
    made.with = arena_.list(levels_[own].tables);
    levels_.pop_back();
    return arena_.make(made);
  }

  static void require_same_width(const QuerySpec& spec) {
    const std::size_t left = output_columns(*spec.left).size();
    const std::size_t right = output_columns(*spec.right).size();
    if (left == right) return;
    throw QueryError("the queries of a union select " + std::to_string(left) + " and " + std::to_string(right) +
                     " columns; they must be equally many");
  }

  void plain(const QuerySpec& spec, Role role, sql::Select& made) {
    check_grouping(spec);
    windows_.emplace_back();
    // All sources first: outputs may name any of them.
    if (spec.root) made.from = add_source(spec.root, false);
    std::vector<sql::Join> joins;
    for (const JoinSpec& join : spec.joins) {
      const bool misses = join.kind == sql::JoinKind::left || join.kind == sql::JoinKind::full;
      if (join.kind == sql::JoinKind::right || join.kind == sql::JoinKind::full)
        for (Entry& before : frames_.back()) before.outer = true;
      const sql::Source* target = add_source(join.target, misses, join.lateral);
      joins.push_back({join.kind, target, nullptr, join.lateral});
    }
    for (std::size_t i = 0; i < joins.size(); ++i)
      if (spec.joins[i].on) joins[i].on = expr(*spec.joins[i].on);
    made.joins = arena_.list(joins);
    require_few_tables(spec);
    made.distinct = spec.distinct;
    std::vector<const sql::Expr*> firsts;
    for (const TermPtr& term : each_column(spec.distinct_on)) firsts.push_back(expr(*term));
    made.distinct_on = arena_.list(firsts);
    // In the rows of totals what is grouped by is null.
    made.rollup = spec.rollup;
    if (spec.rollup)
      for (Entry& source : frames_.back()) source.outer = true;
    if (role != Role::rows_only && role != Role::counted) made.lock = spec.lock;
    if (made.lock.strength != sql::Lock::Strength::none && !joins.empty()) made.lock.of = made.from;
    const bool decides =
        spec.distinct || !spec.distinct_on.empty() || !spec.group_by.empty() || spec.having || is_aggregated(spec);
    if (role == Role::counted && !decides) {
      made.outputs = list<sql::Output>({{integer(1), {}}});
    } else if (role != Role::rows_only) {
      made.outputs = outputs(spec, role);
    }
    if (spec.where) made.where = expr(*spec.where);
    std::vector<const sql::Expr*> groups;
    for (const TermPtr& group : each_column(spec.group_by)) groups.push_back(expr(unaliased(*group)));
    made.group_by = arena_.list(groups);
    if (spec.having) made.having = expr(*spec.having);
    tail(spec, made, false);
    // The order decides nothing where rows are only counted.
    if ((role == Role::rows_only || role == Role::counted) && !spec.limit && !spec.offset) made.order_by = {};
    std::vector<const sql::Window*> windows;
    for (const NamedWindow& named : windows_.back()) windows.push_back(named.window);
    made.windows = arena_.list(windows);
    windows_.pop_back();
  }

  // DISTINCT ON by other means: the rows are numbered within each group, and the first ones stay.
  sql::Select first_of_each(const sql::Select& made) {
    sql::Select numbered = made;
    numbered.distinct_on = {};
    numbered.order_by = {};
    numbered.limit = numbered.offset = nullptr;
    numbered.with = {};
    std::vector<sql::Output> inner;
    const auto add = [&](const sql::Expr* expr, char prefix, std::size_t number) {
      const std::string_view name = arena_.text(prefix + std::to_string(number));
      inner.push_back({expr, name});
      return name;
    };
    std::vector<std::pair<std::string_view, std::string_view>> columns;  // inside, and as the query calls it
    for (const sql::Output& output : made.outputs) {
      const auto* plain = std::get_if<sql::Column>(&output.expr->node);
      const std::string_view own = !output.alias.empty() || plain == nullptr ? output.alias : plain->name;
      columns.emplace_back(add(output.expr, 'c', columns.size() + 1), own);
    }
    std::vector<sql::Order> order;
    for (const sql::Order& by : made.order_by) {
      const auto* named = std::get_if<sql::OutputRef>(&by.expr->node);
      const sql::Expr* term = named == nullptr ? by.expr : output_named(made, named->name);
      order.push_back({term, by.descending, by.nulls, by.nullable});
    }
    std::vector<std::string_view> order_columns;
    for (const sql::Order& by : order) order_columns.push_back(add(by.expr, 'o', order_columns.size() + 1));
    sql::Window each{};
    each.partition = made.distinct_on;
    each.order = arena_.list(order);
    const sql::Expr* number = arena_.expr(sql::Call{"ROW_NUMBER", {}, false, nullptr, {}});
    inner.push_back({arena_.expr(sql::Over{number, arena_.make(each)}), "place"});
    numbered.outputs = arena_.list(inner);
    const auto* source = arena_.make(sql::Source{sql::Derived{arena_.make(numbered)}, "numbered"});
    const auto column = [&](std::string_view name, bool nullable) {
      return arena_.expr(sql::Column{source, name, {}, nullable});
    };
    std::vector<sql::Output> outer;
    for (const auto& [name, own] : columns) outer.push_back({column(name, true), own});
    std::vector<sql::Order> again;
    for (std::size_t i = 0; i < order.size(); ++i)
      again.push_back(
          {column(order_columns[i], order[i].nullable), order[i].descending, order[i].nulls, order[i].nullable});
    sql::Select first{};
    first.with = made.with;
    first.outputs = arena_.list(outer);
    first.from = source;
    first.where = arena_.expr(sql::Binary{sql::BinaryOp::eq, column("place", false), integer(1)});
    first.order_by = arena_.list(again);
    first.limit = made.limit;
    first.offset = made.offset;
    return first;
  }
  const sql::Expr* output_named(const sql::Select& made, std::string_view name) const {
    for (const sql::Output& output : made.outputs)
      if (output.alias == name) return output.expr;
    throw QueryError("internal: an order names no output");
  }

  void require_few_tables(const QuerySpec& spec) const {
    if (spec.joins.size() < dialect_.capabilities().max_joins) return;
    std::vector<std::string> names;
    for (const JoinSpec& join : spec.joins) {
      const Source& target = *join.target;
      if (target.links) continue;
      names.push_back(target.from ? path_text(*first_of(join.target)->model, target.registry, relations_of(join.target))
                                  : target.label());
    }
    throw LimitError("the query joins " + std::to_string(spec.joins.size() + 1) + " tables; " +
                     std::string(dialect_.name()) + " allows " + std::to_string(dialect_.capabilities().max_joins) +
                     ": " + quote_list(names, names.size()) + "; fetch some of them with prefetch_related");
  }

  // A foreign key of several columns stands for each of them.
  static std::vector<TermPtr> each_column(const std::vector<TermPtr>& terms) {
    std::vector<TermPtr> columns;
    for (const TermPtr& term : terms) {
      std::vector<TermPtr> key = key_columns(*term);
      if (key.empty()) key.push_back(term);
      std::move(key.begin(), key.end(), std::back_inserter(columns));
    }
    return columns;
  }

  sql::List<sql::Output> outputs(const QuerySpec& spec, Role role) {
    std::vector<sql::Output> made;
    for (const TermPtr& term : expanded_outputs(spec)) {
      sql::Output output{expr(unaliased(*term)), {}};
      if (term->kind == TermKind::alias) {
        output.alias = arena_.text(term->name);
      } else if (role == Role::source && term->kind != TermKind::column && term->kind != TermKind::relation &&
                 term->kind != TermKind::output) {
        output.alias = arena_.text(output_columns_name(spec, made.size()));
      }
      made.push_back(output);
    }
    if (made.size() > dialect_.capabilities().max_columns) {
      throw LimitError("the query selects " + std::to_string(made.size()) + " columns; " +
                       std::string(dialect_.name()) + " allows " + std::to_string(dialect_.capabilities().max_columns));
    }
    return arena_.list(made);
  }

  static std::string output_columns_name(const QuerySpec& spec, std::size_t index) {
    return output_columns(spec)[index].name;
  }

  // Whether an expression can be NULL, here where outer joins may miss. Only columns say more than their terms do.
  bool may_be_null(const Term& term) const {
    if (term.nullable) return true;
    switch (term.kind) {
      case TermKind::column:
      case TermKind::relation:
      case TermKind::output:
        return entry(*term.source).outer;
      case TermKind::is_null:
      case TermKind::call:
      case TermKind::count_all:
      case TermKind::exists:
      case TermKind::over:
        return false;
      default:
        return std::any_of(term.children.begin(), term.children.end(),
                           [&](const TermPtr& child) { return may_be_null(*child); });
    }
  }

  static bool is_same_column(const Term& left, const Term& right) {
    if (!left.source || !right.source || !same_source(*left.source, *right.source)) return false;
    if (left.kind == TermKind::output || right.kind == TermKind::output)
      return left.kind == right.kind && left.name == right.name;
    return field_of(left) != nullptr && field_of(left) == field_of(right);
  }

  // After a union there are no sources left, only output columns.
  const sql::Expr* union_column(const QuerySpec& spec, const Term& term, bool& nullable) {
    const std::vector<TermPtr> terms = expanded_outputs(spec.leftmost());
    const std::vector<OutputColumn> columns = output_columns(spec);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const bool is_it =
          term.kind == TermKind::alias ? columns[i].name == term.name : is_same_column(unaliased(*terms[i]), term);
      if (!is_it) continue;
      nullable = columns[i].nullable;
      // Two columns of one name are told apart by their place.
      const bool is_unique = std::count_if(columns.begin(), columns.end(), [&](const OutputColumn& column) {
                               return column.name == columns[i].name;
                             }) == 1;
      if (!is_unique) return integer(static_cast<std::int64_t>(i + 1));
      return arena_.expr(sql::OutputRef{arena_.text(columns[i].name)});
    }
    throw QueryError("a union is ordered by its output columns; " + describe(term) + " is none");
  }

  static bool is_selected(const QuerySpec& spec, const std::string& alias) {
    return std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const OutputSpec& output) {
      return output.term && output.term->kind == TermKind::alias && output.term->name == alias;
    });
  }

  void tail(const QuerySpec& spec, sql::Select& made, bool by_name) {
    std::vector<sql::Order> order;
    for (const OrderSpec& item : spec.order_by) {
      for (const TermPtr& column : each_column({item.term})) {
        const Term& term = *column;
        const sql::Expr* by = nullptr;
        bool nullable = false;
        if (by_name) {
          by = union_column(spec, term, nullable);
        } else {
          nullable = may_be_null(term);
          by = term.kind == TermKind::alias && is_selected(spec, term.name)
                   ? arena_.expr(sql::OutputRef{arena_.text(term.name)})
                   : text_of(term);
        }
        order.push_back({by, item.descending, item.nulls, nullable});
      }
    }
    made.order_by = arena_.list(order);
    if (spec.limit) made.limit = param(slot_of(&spec.limit));
    if (spec.offset) made.offset = param(slot_of(&spec.offset));
  }

  std::uint32_t slot_of(const void* origin) {
    const std::uint32_t slot = index_.find(shaped_.slots, origin);
    if (slot == SlotIndex::none) throw QueryError("internal: a value of the query has no slot");
    return slot;
  }

  const sql::Expr* param(std::uint32_t slot) {
    return arena_.expr(sql::Param{slot, shaped_.slots[slot].type, shaped_.slots[slot].array});
  }

  sql::Exprs exprs(const std::vector<TermPtr>& terms) {
    std::vector<const sql::Expr*> made;
    made.reserve(terms.size());
    for (const TermPtr& term : terms) made.push_back(expr(*term));
    return arena_.list(made);
  }

  const sql::Expr* column(const Source& source, std::string_view name, const Type& type, bool nullable) {
    const Entry& found = entry(source);
    return arena_.expr(sql::Column{found.source, arena_.text(name), type, nullable || found.outer});
  }

  // Of a comparison, where a tuple may stand.
  const sql::Expr* side(const Term& term) {
    return term.kind == TermKind::tuple ? arena_.expr(sql::Tuple{exprs(term.children)}) : expr(term);
  }

  const sql::Expr* expr(const Term& term) {
    switch (term.kind) {
      case TermKind::value:
        if (term.value.is_null()) return arena_.expr(sql::Constant{sql::Constant::Kind::null, 0});
        return param(slot_of(&term));
      case TermKind::row:
        throw QueryError("a row can only be compared with a foreign key or a key by == and !=");
      case TermKind::column:
      case TermKind::relation: {
        const FieldInfo* field = field_of(term);
        if (field == nullptr && !key_columns(term).empty()) {
          throw QueryError(describe(term) + " is a key of the columns " + key_column_names(term) +
                           "; use one of them here");
        }
        if (field == nullptr) throw QueryError(describe(term) + " is not a single column; use a column of it");
        return column(*term.source, field->column, field->type, field->nullable);
      }
      case TermKind::output:
        return column(*term.source, term.name, term.type, term.nullable);
      case TermKind::unary: {
        const auto op = static_cast<sql::UnaryOp>(term.op);
        const sql::Expr* operand = expr(*term.children[0]);
        if (op == sql::UnaryOp::bit_not && dialect_.capabilities().narrow_integers && is_narrow(*term.children[0]))
          operand = arena_.expr(sql::Cast{operand, term.type, term.children[0]->type.kind});
        return arena_.expr(sql::Unary{op, operand});
      }
      case TermKind::binary:
        return binary(term);
      case TermKind::all:
        return arena_.expr(sql::Logical{sql::LogicalOp::all, exprs(term.children)});
      case TermKind::any:
        return arena_.expr(sql::Logical{sql::LogicalOp::any, exprs(term.children)});
      case TermKind::is_null:
        return arena_.expr(sql::IsNull{expr(*term.children[0]), term.negated});
      case TermKind::between: {
        const std::uint16_t scale = common_scale(term.children);
        const auto bound = [&](const Term& item) {
          return native_enum(item) == nullptr ? scaled(item, scale) : text_of(item);
        };
        return arena_.expr(
            sql::Between{bound(*term.children[0]), bound(*term.children[1]), bound(*term.children[2]), term.negated});
      }
      case TermKind::in_list:
        return in_list(term);
      case TermKind::in_query:
        return in_query(term);
      case TermKind::match:
        return arena_.expr(sql::Match{static_cast<sql::MatchOp>(term.op), text_of(*term.children[0]),
                                      text_of(*term.children[1]), term.negated});
      case TermKind::call: {
        if (term.type.kind == TypeKind::unknown && any_decimal(term.children) &&
            !dialect_.capabilities().native_decimal) {
          throw QueryError("'" + term.name + "' of a decimal is not exact on " + std::string(dialect_.name()) +
                           "; cast it to double first");
        }
        std::vector<const sql::Expr*> arguments;
        for (const TermPtr& child : term.children) arguments.push_back(text_of(*child));
        const sql::Expr* filter = term.filter ? expr(*term.filter) : nullptr;
        return arena_.expr(
            sql::Call{arena_.text(term.name), arena_.list(arguments), term.distinct, filter, order_of(term.order)});
      }
      case TermKind::count_all: {
        const sql::Expr* all = arena_.expr(sql::Star{nullptr});
        const sql::Expr* filter = term.filter ? expr(*term.filter) : nullptr;
        return arena_.expr(sql::Call{"COUNT", list<const sql::Expr*>({all}), false, filter, {}});
      }
      case TermKind::case_when:
        return case_when(term);
      case TermKind::cast:
        return cast(term);
      case TermKind::collate:
        return arena_.expr(sql::Collate{expr(*term.children[0]), arena_.text(term.name)});
      case TermKind::subquery:
        return arena_.expr(sql::Subquery{select(*term.query, Role::value)});
      case TermKind::exists: {
        sql::Select inner = *select(*term.query, plain_rows(*term.query) ? Role::rows_only : Role::value);
        if (inner.outputs.empty() && inner.set_op == sql::SetOp::none)
          inner.outputs = list<sql::Output>({{integer(1), {}}});
        return arena_.expr(sql::Exists{arena_.make(inner), term.negated});
      }
      case TermKind::tuple:
        throw QueryError("a tuple is only compared, or looked for with in(); name its items one by one");
      case TermKind::alias:
        return expr(*term.children[0]);
      case TermKind::part:
        return arena_.expr(
            sql::DatePart{static_cast<sql::DatePartKind>(term.op), expr(*term.children[0]), term.children[0]->type});
      case TermKind::truncate:
        return arena_.expr(
            sql::DateTrunc{static_cast<sql::DatePartKind>(term.op), expr(*term.children[0]), term.children[0]->type});
      case TermKind::json_path:
        return json_path(term);
      case TermKind::over:
        return arena_.expr(sql::Over{expr(*term.children[0]), window(term)});
      case TermKind::raw: {
        std::vector<std::string_view> pieces;
        for (const Value& piece : term.value.list()) pieces.push_back(arena_.text(piece.text()));
        return arena_.expr(sql::Raw{arena_.list(pieces), exprs(term.children)});
      }
      case TermKind::excluded:
        if (!excludes_) throw QueryError("excluded() is of what an upsert proposes; it has no meaning here");
        return arena_.expr(sql::Excluded{arena_.text(term.source->model->fields[term.field].column)});
    }
    throw QueryError("internal: unknown expression");
  }

  sql::List<sql::Order> order_of(const std::vector<OrderSpec>& terms) {
    std::vector<sql::Order> order;
    for (const OrderSpec& by : terms)
      order.push_back({text_of(*by.term), by.descending, by.nulls, may_be_null(*by.term)});
    return arena_.list(order);
  }

  const sql::Expr* json_path(const Term& term) {
    std::vector<sql::JsonStep> steps;
    for (const Value& step : term.value.list()) {
      if (step.kind() == ValueKind::text) {
        steps.push_back({arena_.text(step.text()), 0, false});
      } else {
        steps.push_back({{}, step.integer(), true});
      }
    }
    return arena_.expr(sql::JsonPath{static_cast<sql::JsonRead>(term.op), expr(*term.children[0]), arena_.list(steps)});
  }

  // ---- windows ----

  // One that a select declares in its WINDOW clause.
  struct NamedWindow {
    const Term* term;  // the first that used it
    const sql::Window* window;
  };

  static bool is_same_window(const Term& left, const Term& right) {
    return left.frame == right.frame &&
           std::equal(left.children.begin() + 1, left.children.end(), right.children.begin() + 1,
                      right.children.end()) &&
           std::equal(left.order.begin(), left.order.end(), right.order.begin(), right.order.end(),
                      [](const OrderSpec& a, const OrderSpec& b) {
                        return a.term == b.term && a.descending == b.descending && a.nulls == b.nulls;
                      });
  }

  const sql::Window* window(const Term& term) {
    if (!term.name.empty() && windows_.empty()) throw QueryError("a window function stands outside of a select");
    for (const NamedWindow& known : term.name.empty() ? std::vector<NamedWindow>() : windows_.back()) {
      if (known.term->name != term.name) continue;
      if (is_same_window(*known.term, term)) return known.window;
      throw QueryError("two windows of the query are called '" + term.name +
                       "'; use one Window for both, or two names");
    }
    sql::Window made{};
    made.name = arena_.text(term.name);
    made.partition = exprs(std::vector<TermPtr>(term.children.begin() + 1, term.children.end()));
    made.order = order_of(term.order);
    if (term.frame) made.frame = *term.frame;
    const sql::Window* window = arena_.make(made);
    if (!term.name.empty()) windows_.back().push_back({&term, window});
    return window;
  }

  // ---- decimals where the backend keeps them as scaled integers ----

  static std::uint16_t common_scale(const std::vector<TermPtr>& terms) {
    std::uint16_t scale = 0;
    for (const TermPtr& term : terms)
      if (term->type.kind == TypeKind::decimal) scale = std::max(scale, term->type.scale);
    return scale;
  }

  static bool any_decimal(const std::vector<TermPtr>& terms) {
    return std::any_of(terms.begin(), terms.end(),
                       [](const TermPtr& term) { return term->type.kind == TypeKind::decimal; });
  }

  const sql::Expr* scaled(const Term& term, std::uint16_t scale) {
    const sql::Expr* made = side(term);
    if (dialect_.capabilities().native_decimal) return made;
    const std::uint16_t own = term.type.kind == TypeKind::decimal ? term.type.scale : 0;
    const bool exact = term.type.kind == TypeKind::decimal || term.type.kind == TypeKind::bigint ||
                       term.type.kind == TypeKind::integer || term.type.kind == TypeKind::smallint;
    if (own >= scale || !exact) return made;
    std::int64_t factor = 1;
    for (std::uint16_t i = own; i < scale; ++i) factor *= 10;
    return arena_.expr(sql::Binary{sql::BinaryOp::multiply, made, integer(factor)});
  }

  const sql::Expr* binary(const Term& term) {
    const auto op = static_cast<sql::BinaryOp>(term.op);
    const bool keeps_scale = op != sql::BinaryOp::multiply && op != sql::BinaryOp::divide &&
                             op != sql::BinaryOp::modulo && op != sql::BinaryOp::concat;
    const std::uint16_t scale =
        keeps_scale && any_decimal(term.children) ? common_scale(term.children) : std::uint16_t{0};
    if (native_enum(*term.children[0]) != nullptr || native_enum(*term.children[1]) != nullptr)
      return enum_binary(op, *term.children[0], *term.children[1]);
    const sql::Expr* left = scaled(*term.children[0], scale);
    const sql::Expr* right = scaled(*term.children[1], scale);
    const bool shifts = op == sql::BinaryOp::shift_left || op == sql::BinaryOp::shift_right;
    const bool narrow = dialect_.capabilities().narrow_integers && is_arithmetic(op) && is_narrow(*term.children[0]) &&
                        (shifts || is_narrow(*term.children[1]));
    if (narrow) left = arena_.expr(sql::Cast{left, term.type, term.children[0]->type.kind});
    return arena_.expr(sql::Binary{op, left, right});
  }

  static bool is_arithmetic(sql::BinaryOp op) {
    return op == sql::BinaryOp::add || op == sql::BinaryOp::subtract || op == sql::BinaryOp::multiply ||
           op == sql::BinaryOp::divide || op == sql::BinaryOp::modulo || op == sql::BinaryOp::bit_and ||
           op == sql::BinaryOp::bit_or || op == sql::BinaryOp::bit_xor || op == sql::BinaryOp::shift_left ||
           op == sql::BinaryOp::shift_right;
  }
  static bool is_narrow(const Term& term) {
    return term.type.kind == TypeKind::smallint || term.type.kind == TypeKind::integer;
  }

  // ---- enum types of the database ----

  const EnumInfo* native_enum(const Term& term) const {
    if (!dialect_.capabilities().enum_types) return nullptr;
    const Term& inner = unaliased(term);
    const FieldInfo* field = field_of(inner);
    if (field == nullptr || field->enumeration == no_index) return nullptr;
    const EnumInfo& info = inner.source->registry.enums()[field->enumeration];
    return info.native ? &info : nullptr;
  }

  // As a text, where what is done with it is done with texts.
  const sql::Expr* text_of(const Term& term) {
    const sql::Expr* made = expr(term);
    return native_enum(term) == nullptr
               ? made
               : arena_.expr(sql::Cast{made, Type{.kind = TypeKind::text}, TypeKind::enumeration});
  }

  // Equality with a value, or within one type, is the enum's own, so that an index on it serves.
  const sql::Expr* enum_binary(sql::BinaryOp op, const Term& left, const Term& right) {
    const bool equality = op == sql::BinaryOp::eq || op == sql::BinaryOp::ne || op == sql::BinaryOp::is_distinct ||
                          op == sql::BinaryOp::is_not_distinct;
    const EnumInfo* ours = native_enum(left);
    const EnumInfo* theirs = native_enum(right);
    const bool alike = ours != nullptr && theirs != nullptr && ours->name == theirs->name;
    const bool beside_value = left.kind == TermKind::value || right.kind == TermKind::value;
    if (equality && (alike || beside_value)) return arena_.expr(sql::Binary{op, expr(left), expr(right)});
    return arena_.expr(sql::Binary{op, text_of(left), text_of(right)});
  }

  const sql::Expr* in_query(const Term& term) {
    const Term& operand = *term.children[0];
    const sql::Select* rows = select(*term.query, Role::value);
    const EnumInfo* ours = native_enum(operand);
    if (ours == nullptr) return arena_.expr(sql::InSelect{side(operand), rows, term.negated});
    const std::vector<TermPtr> outputs = expanded_outputs(term.query->leftmost());
    const EnumInfo* theirs = outputs.size() == 1 ? native_enum(*outputs.front()) : nullptr;
    const bool alike = theirs != nullptr && theirs->name == ours->name;
    return arena_.expr(sql::InSelect{alike ? expr(operand) : text_of(operand), rows, term.negated});
  }

  // What databases write in ways of their own.
  static void require_one_spelling(const Term& operand, const Type& to) {
    const TypeKind from = operand.type.kind;
    const bool odd = from == TypeKind::real || from == TypeKind::double_precision || from == TypeKind::datetime ||
                     from == TypeKind::time || from == TypeKind::json || from == TypeKind::binary ||
                     (from == TypeKind::uuid && operand.type.storage == Storage::blob);
    if (odd && (to.kind == TypeKind::text || to.kind == TypeKind::string))
      throw QueryError("casting " + describe(operand) + ", which is " + to_string(operand.type) +
                       ", to text gives another text on each database; turn it into one in the program");
  }

  const sql::Expr* cast(const Term& term) {
    const Term& operand = *term.children[0];
    require_one_spelling(operand, term.type);
    const sql::Expr* made = expr(operand);
    const bool is_integer = operand.type.kind == TypeKind::smallint || operand.type.kind == TypeKind::integer ||
                            operand.type.kind == TypeKind::bigint;
    const bool scales = operand.type.kind == TypeKind::decimal || (is_integer && term.type.kind == TypeKind::decimal);
    if (!scales || dialect_.capabilities().native_decimal)
      return arena_.expr(sql::Cast{made, term.type, operand.type.kind});
    if (term.type.kind == TypeKind::decimal) {
      if (!is_integer && term.type.scale < operand.type.scale)
        throw QueryError("casting " + describe(operand) + " to " + to_string(term.type) + " would drop digits");
      return scaled(operand, term.type.scale);
    }
    if (term.type.kind != TypeKind::double_precision && term.type.kind != TypeKind::real) {
      throw QueryError("casting " + describe(operand) + " to " + to_string(term.type) +
                       " is not supported; cast it to double");
    }
    std::int64_t factor = 1;
    for (std::uint16_t i = 0; i < operand.type.scale; ++i) factor *= 10;
    return arena_.expr(
        sql::Binary{sql::BinaryOp::divide, arena_.expr(sql::Cast{made, term.type, TypeKind::bigint}), integer(factor)});
  }

  const sql::Expr* in_list(const Term& term) {
    const Term& items = *term.children[1];
    const std::uint16_t scale = items.type.kind == TypeKind::decimal ? items.type.scale : std::uint16_t{0};
    const sql::Expr* operand = scaled(*term.children[0], scale);
    const std::uint32_t slot = slot_of(&items);
    if (items.value.list().empty()) return arena_.expr(sql::InList{operand, {}, term.negated});
    if (is_spread(items.type)) {
      std::vector<const sql::Expr*> spread;
      do {
        spread.push_back(param(slot + static_cast<std::uint32_t>(spread.size())));
      } while (slot + spread.size() < shaped_.slots.size() && shaped_.slots[slot + spread.size()].origin == nullptr);
      return arena_.expr(sql::InList{operand, arena_.list(spread), term.negated});
    }
    return arena_.expr(sql::InArray{operand, sql::Param{slot, items.type, true}, term.negated});
  }

  const sql::Expr* case_when(const Term& term) {
    std::vector<const sql::Expr*> whens;
    std::vector<const sql::Expr*> thens;
    const bool has_operand = term.op == 1;
    std::size_t i = has_operand ? 1 : 0;
    const sql::Expr* operand = has_operand ? text_of(*term.children[0]) : nullptr;
    for (; i + 1 < term.children.size(); i += 2) {
      whens.push_back(has_operand ? text_of(*term.children[i]) : expr(*term.children[i]));
      thens.push_back(text_of(*term.children[i + 1]));
    }
    const sql::Expr* otherwise = i < term.children.size() ? text_of(*term.children[i]) : nullptr;
    return arena_.expr(sql::Case{operand, arena_.list(whens), arena_.list(thens), otherwise});
  }

  // ---- the statement ----

  template <class Statement>
  void finish(const Statement& statement) {
    sql::Text text = dialect_.lower(sql::Statement(statement));
    plan_.statement.sql = std::move(text.sql);
    plan_.statement.id = driver::next_statement_id();
    for (const sql::Param& param : text.parameters) {
      plan_.statement.parameters.push_back({param.type, param.array, {}});
      plan_.bindings.push_back(param.slot);
    }
    if (plan_.statement.parameters.size() > dialect_.capabilities().max_parameters) {
      throw LimitError("the statement has " + std::to_string(plan_.statement.parameters.size()) + " parameters; " +
                       std::string(dialect_.name()) + " allows " +
                       std::to_string(dialect_.capabilities().max_parameters));
    }
  }

  const sql::Dialect& dialect_;
  const Shaped& shaped_;
  SlotIndex index_;
  bool excludes_ = false;  // in the update of an upsert
  Plan& plan_;
  sql::Arena arena_;
  std::vector<Frame> frames_;
  std::vector<Level> levels_;  // of the selects we are in
  std::vector<std::vector<NamedWindow>> windows_;
};

}  // namespace

std::shared_ptr<const Plan> make_plan(const QuerySpec& spec, Purpose purpose, const Shaped& shaped,
                                      const sql::Dialect& dialect, std::span<const Change> changes,
                                      const InsertTarget* into) {
  auto plan = std::make_shared<Plan>();
  Compiler compiler(dialect, shaped, *plan);
  switch (purpose) {
    case Purpose::rows:
      compiler.rows(spec);
      break;
    case Purpose::count:
      compiler.count(spec);
      break;
    case Purpose::exists:
      compiler.exists(spec);
      break;
    case Purpose::update:
      compiler.update(spec, changes);
      break;
    case Purpose::remove:
      compiler.remove(spec);
      break;
    case Purpose::insert:
      compiler.insert(spec, *into);
      break;
  }
  plan->statement.writes = purpose == Purpose::update || purpose == Purpose::remove || purpose == Purpose::insert;
  return plan;
}

}  // namespace dorm::query
