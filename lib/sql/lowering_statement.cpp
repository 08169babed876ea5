// The statements and their clauses; expressions are in lowering.cpp.
#include <utility>

#include "dorm/error.hpp"
#include "sql/check.hpp"
#include "sql/lowering.hpp"

namespace dorm::sql {
namespace {

std::string_view spell(SetOp op) {
  switch (op) {
    case SetOp::none:
      break;
    case SetOp::union_distinct:
      return " UNION ";
    case SetOp::union_all:
      return " UNION ALL ";
    case SetOp::intersect:
      return " INTERSECT ";
    case SetOp::except:
      return " EXCEPT ";
  }
  return {};
}

std::string_view spell(JoinKind kind) {
  switch (kind) {
    case JoinKind::inner:
      return " INNER JOIN ";
    case JoinKind::left:
      return " LEFT OUTER JOIN ";
    case JoinKind::right:
      return " RIGHT OUTER JOIN ";
    case JoinKind::full:
      return " FULL OUTER JOIN ";
    case JoinKind::cross:
      return " CROSS JOIN ";
  }
  return {};
}

// Clauses that a member of a set operation would lose to the whole.
bool has_tail(const Select& select) {
  return !select.with.empty() || !select.order_by.empty() || select.limit != nullptr || select.offset != nullptr ||
         select.lock.strength != Lock::Strength::none;
}

}  // namespace

Text Lowering::text(const Statement& statement) {
  const Inventory inventory = check(statement);
  reserved_ = inventory.names;
  std::visit([&](const auto& node) { write(node); }, statement);
  for (const auto& [source, alias] : aliases_)
    if (!inventory.sources.contains(source))
      throw QueryError("a column is taken of '" + alias + "', which is not in the FROM clause; join it first");
  return {std::move(out_), std::move(parameters_)};
}

void Lowering::put_names(List<std::string_view> names) {
  std::string_view before = " (";
  for (const std::string_view name : names) {
    put(before, Name{name});
    before = ", ";
  }
  put(")");
}

void Lowering::put_rows(List<Exprs> rows) {
  std::string_view before = "(";
  for (const Exprs row : rows) {
    put(before);
    put_list(row);
    before = "), (";
  }
  put(")");
}

// ---- names of sources ----

std::string_view Lowering::alias_of(const Source* source) {
  const auto [entry, is_new] = aliases_.try_emplace(source);
  if (!is_new) return entry->second;
  const auto* reference = std::get_if<CommonTableRef>(&source->node);
  if (!source->alias.empty()) {
    entry->second = source->alias;
  } else if (reference != nullptr && !name_is_taken_here(reference->table, source)) {
    entry->second = reference->table->name;
  } else {
    entry->second = fresh_alias();
  }
  return entry->second;
}

std::string Lowering::fresh_alias() {
  // SQLite takes T1 and t1 for one name.
  const auto is_reserved = [&](const std::string& alias) {
    return reserved_.contains(alias) || reserved_.contains("T" + alias.substr(1));
  };
  std::string alias;
  do {
    alias = "t" + std::to_string(++numbered_);
  } while (is_reserved(alias));
  return alias;
}

// A common table goes by its own name unless it is already met under that name where this reference is visible.
bool Lowering::name_is_taken_here(const CommonTable* table, const Source* by) const {
  const auto takes = [&](const Source* source) {
    if (source == nullptr || source == by) return false;
    const auto* reference = std::get_if<CommonTableRef>(&source->node);
    if (reference == nullptr || reference->table != table) return false;
    const auto found = aliases_.find(source);
    return found != aliases_.end() && found->second == table->name;
  };
  for (const Select* select : open_selects_) {
    if (takes(select->from)) return true;
    for (const Join& join : select->joins)
      if (takes(join.source)) return true;
  }
  return false;
}

// ---- sources ----

void Lowering::put_one(const Source& source) {
  std::visit([&](const auto& node) { write(node); }, source.node);
  const std::string_view alias = alias_of(&source);
  const auto* reference = std::get_if<CommonTableRef>(&source.node);
  if (reference == nullptr || reference->table->name != alias) put(" AS ", Name{alias});
  if (const auto* values = std::get_if<ValuesList>(&source.node)) write_column_names(*values);
}

void Lowering::write(const Table& table) {
  if (!table.schema.empty()) {
    require(capabilities_.schemas, "schemas", "leave \"db_schema\" out for this backend");
    put(Name{table.schema}, ".");
  }
  put(Name{table.name});
}

void Lowering::write(const Derived& derived) { put("(", *derived.select, ")"); }

void Lowering::write(const CommonTableRef& reference) { put(Name{reference.table->name}); }

void Lowering::write(const ValuesList& values) {
  put("(VALUES ");
  put_rows(values.rows);
  put(")");
}

void Lowering::write_column_names(const ValuesList& values) { put_names(values.columns); }

void Lowering::write(const Join& join) {
  require(join.kind != JoinKind::right || capabilities_.right_join, "RIGHT OUTER JOIN", "turn the join round");
  require(join.kind != JoinKind::full || capabilities_.full_join, "FULL OUTER JOIN", "unite two left joins");
  require(!join.lateral || capabilities_.lateral, "LATERAL joins", "use a subquery that groups by the join key");
  if (join.kind == JoinKind::cross && join.on != nullptr)
    throw QueryError("a cross join takes no condition; use an inner join");
  put(spell(join.kind), join.lateral ? "LATERAL " : "", *join.source);
  if (join.kind == JoinKind::cross) return;
  if (join.on == nullptr) return put(" ON TRUE");
  put(" ON ", *join.on);
}

// ---- select ----

void Lowering::write(const Select& select) {
  open_selects_.push_back(&select);
  const bool outer = std::exchange(bare_columns_, false);
  with(select.with);
  if (select.set_op == SetOp::none) {
    plain(select);
  } else {
    set_operation(select);
  }
  if (!select.order_by.empty()) {
    put(" ORDER BY ");
    // What a set operation yields has no source any more, only names.
    bare_columns_ = select.set_op != SetOp::none;
    put_list(select.order_by);
    bare_columns_ = false;
  }
  if (select.limit != nullptr || select.offset != nullptr) write(Limit{select.limit, select.offset});
  if (select.lock.strength != Lock::Strength::none) write(select.lock);
  bare_columns_ = outer;
  open_selects_.pop_back();
}

void Lowering::plain(const Select& select) {
  put("SELECT ");
  if (!select.distinct_on.empty()) {
    require(capabilities_.distinct_on, "DISTINCT ON", "group the rows or number them with row_number()");
    put("DISTINCT ON (");
    put_list(select.distinct_on);
    put(") ");
  } else if (select.distinct) {
    put("DISTINCT ");
  }
  put_list(select.outputs);
  if (select.from != nullptr) put(" FROM ", *select.from);
  for (const Join& join : select.joins) put(join);
  if (select.where != nullptr) put(" WHERE ", *select.where);
  if (!select.group_by.empty()) {
    require(!select.rollup || capabilities_.rollup, "GROUP BY ROLLUP", "unite the totals with union_all()");
    put(" GROUP BY ", select.rollup ? "ROLLUP (" : "");
    put_list(select.group_by);
    if (select.rollup) put(")");
  }
  if (select.having != nullptr) put(" HAVING ", *select.having);
  std::string_view before = " WINDOW ";
  for (const Window* window : select.windows) {
    put(before, Name{window->name}, " AS (", *window, ")");
    before = ", ";
  }
}

void Lowering::set_operation(const Select& select) {
  member(*select.left, select.set_op, true);
  put(spell(select.set_op));
  member(*select.right, select.set_op, false);
}

// Chains of one operation to the left read the same without grouping; precedence differs between databases for all
// others.
void Lowering::member(const Select& select, SetOp outer, bool first) {
  const bool flat = !has_tail(select) && (select.set_op == SetOp::none || (first && select.set_op == outer));
  if (flat) return write(select);
  write_grouped(select);
}

void Lowering::write_grouped(const Select& member) { put("(", member, ")"); }

void Lowering::put_one(const Output& output) {
  put(*output.expr);
  if (!output.alias.empty()) put(" AS ", Name{output.alias});
}

void Lowering::write(const Order& order) {
  put(*order.expr, order.descending ? " DESC" : "");
  if (!order.nullable) return;
  const bool wanted = order.nulls == NullsOrder::smallest ? !order.descending : order.nulls == NullsOrder::first;
  const bool comes = capabilities_.nulls_smallest ? !order.descending : order.descending;
  if (wanted != comes) put(wanted ? " NULLS FIRST" : " NULLS LAST");
}

void Lowering::write(const Limit& limit) {
  if (limit.limit != nullptr) put(" LIMIT ", *limit.limit);
  if (limit.offset != nullptr) put(" OFFSET ", *limit.offset);
}

void Lowering::write(const Lock& lock) {
  require(capabilities_.for_update, "row locks", "run the statements in a transaction, which locks the whole database");
  if (lock.nowait && lock.skip_locked) throw QueryError("a row lock is either nowait or skip_locked, not both");
  put(lock.strength == Lock::Strength::update ? " FOR UPDATE" : " FOR SHARE");
  if (lock.of != nullptr) put(" OF ", Name{alias_of(lock.of)});
  if (lock.nowait) put(" NOWAIT");
  if (lock.skip_locked) put(" SKIP LOCKED");
}

void Lowering::with(List<const CommonTable*> tables) {
  if (tables.empty()) return;
  bool recursive = false;
  for (const CommonTable* table : tables) recursive = recursive || table->recursive;
  put(recursive ? "WITH RECURSIVE " : "WITH ");
  put_list(tables);
  put(" ");
}

void Lowering::write(const CommonTable& table) {
  put(Name{table.name});
  if (!table.columns.empty()) put_names(table.columns);
  static constexpr std::string_view hints[] = {" AS (", " AS MATERIALIZED (", " AS NOT MATERIALIZED ("};
  put(hints[static_cast<std::size_t>(table.materialized)], *table.select, ")");
}

// ---- writes ----

// The table that is written to has no alias: its columns are qualified with its own name.
void Lowering::target(const Source* source) {
  const auto* table = std::get_if<Table>(&source->node);
  if (table == nullptr) throw QueryError("only a table can be written to");
  aliases_[source] = table->name;
  reserved_.insert(table->name);
  write(*table);
}

void Lowering::put_one(const Assignment& assignment) { put(Name{assignment.column}, " = ", *assignment.value); }

void Lowering::write(const Insert& insert) {
  with(insert.with);
  put("INSERT INTO ");
  target(insert.table);
  if (!insert.columns.empty()) put_names(insert.columns);
  if (insert.select != nullptr) {
    put(" ");
    write_rows(*insert.select, insert.conflict.action != Conflict::Action::none);
  } else if (insert.rows.empty()) {
    put(" DEFAULT VALUES");
  } else {
    put(" VALUES ");
    std::string_view before;
    for (const Exprs row : insert.rows) {
      if (row.size() != insert.columns.size())
        throw QueryError("a row of " + std::to_string(row.size()) + " values does not fit " +
                         std::to_string(insert.columns.size()) + " columns");
      put(before);
      inserted_row(row);
      before = ", ";
    }
  }
  if (insert.conflict.action != Conflict::Action::none) write(insert.conflict);
  returning(insert.returning, false);
}

void Lowering::inserted_row(Exprs row) {
  std::string_view before = "(";
  for (const Expr* value : row) {
    put(before);
    before = ", ";
    if (value != nullptr) {
      put(*value);
      continue;
    }
    require(capabilities_.default_keyword_in_values, "DEFAULT among values", "leave the column out");
    put("DEFAULT");
  }
  put(")");
}

void Lowering::write_rows(const Select& select, bool) { write(select); }

void Lowering::write(const Conflict& conflict) {
  put(" ON CONFLICT");
  if (!conflict.target.empty()) put_names(conflict.target);
  if (conflict.action == Conflict::Action::nothing) return put(" DO NOTHING");
  if (conflict.target.empty()) throw QueryError("an upsert that updates needs the columns of the conflict");
  if (conflict.set.empty()) throw QueryError("an upsert that updates needs a column to set");
  put(" DO UPDATE SET ");
  put_list(conflict.set);
  if (conflict.where != nullptr) put(" WHERE ", *conflict.where);
}

void Lowering::write(const Update& update) {
  if (update.set.empty()) throw QueryError("an update needs a column to set");
  with(update.with);
  put("UPDATE ");
  target(update.table);
  put(" SET ");
  put_list(update.set);
  if (update.from != nullptr) put(" FROM ", *update.from);
  for (const Join& join : update.joins) put(join);
  if (update.where != nullptr) put(" WHERE ", *update.where);
  returning(update.returning, update.from != nullptr);
}

void Lowering::write(const Delete& remove) {
  with(remove.with);
  put("DELETE FROM ");
  target(remove.table);
  if (remove.where != nullptr) put(" WHERE ", *remove.where);
  returning(remove.returning, false);
}

void Lowering::returning(List<Output> outputs, bool several_tables) {
  if (outputs.empty()) return;
  require(capabilities_.returning, "RETURNING", "select the rows after writing them");
  put(" RETURNING ");
  const bool outer = std::exchange(bare_columns_, !several_tables);
  put_list(outputs);
  bare_columns_ = outer;
}

}  // namespace dorm::sql
