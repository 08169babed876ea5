// FROM and WITH: which sources are open where, and the CTEs of each level.
#include "query/compiler.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/names.hpp"
#include "query/path.hpp"

namespace dorm::query {
namespace {

bool names_differ(const Source& cte) {
  const std::vector<OutputColumn> own = output_columns(*cte.query);
  for (std::size_t i = 0; i < own.size(); ++i)
    if (own[i].name != cte.outputs[i].name) return true;
  return false;
}

}  // namespace

const Compiler::Entry& Compiler::entry(const Source& source) const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    for (const Entry& entry : *frame) {
      if (!same_source(*entry.key, source)) continue;
      require_not_hidden(entry, static_cast<std::size_t>(frame - frames_.rbegin()));
      return entry;
    }
  }
  throw QueryError("'" + source.label() + "' is not part of the query; join it first");
}

// A name means the innermost source that has it.
void Compiler::require_not_hidden(const Entry& entry, std::size_t inner_frames) const {
  for (std::size_t i = 0; i < inner_frames; ++i) {
    for (const Entry& inner : frames_[frames_.size() - 1 - i]) {
      if (!may_clash(inner.name, entry.name)) continue;
      throw QueryError("a subquery names a column of '" + entry.key->label() + "', a source of the query around it, " +
                       "and has a source '" + inner.key->label() +
                       "' of that name itself; give one of them another alias");
    }
  }
}

void Compiler::require_new_alias(const Source& source) const {
  for (const Entry& other : frames_.back()) {
    if (!may_clash(other.name, source.alias)) continue;
    throw QueryError("'" + other.key->label() + "' and '" + source.label() +
                     "' have one name in one query, where case makes no difference; give one of them another alias");
  }
}

// A database reads the CTE wherever the name of the table stands.
void Compiler::require_table(const ModelInfo& model) const {
  if (!model.db_schema.empty()) return;
  for (const Level& level : levels_) {
    for (const SourcePtr& cte : *level.given) {
      if (!may_clash(cte->alias, model.table)) continue;
      throw QueryError("the CTE '" + cte->alias + "' has the name of the table of '" + model.name +
                       "', which is read in the same query; give the CTE another name");
    }
  }
}

// The innermost CTE of a name is the one that is meant.
void Compiler::require_innermost(const Source& cte) const {
  for (std::size_t i = levels_.size(); i-- > 0;) {
    const auto is_it = [&](const Source* visible) { return identity(*visible) == identity(cte); };
    if (std::any_of(levels_[i].visible.begin(), levels_[i].visible.end(), is_it)) return;
    for (const SourcePtr& other : *levels_[i].given) {
      if (identity(*other) == identity(cte) || !may_clash(other->alias, cte.alias)) continue;
      throw QueryError("the CTE '" + cte.alias + "' is hidden by another CTE '" + other->alias +
                       "' of the subquery that names it; give one of them another name");
    }
  }
}

const sql::Source* Compiler::table_of(const QuerySpec& spec) {
  const ModelInfo& model = *spec.root->model;
  const sql::Source* table =
      arena_.make(sql::Source{sql::Table{arena_.text(model.db_schema), arena_.text(model.table)}, {}});
  frames_.back().push_back({spec.root.get(), table, false, arena_.text(model.table)});
  plan_.sources.push_back(spec.root);
  return table;
}

// Handles from before a reload fit beside newer ones only if the tables are the same.
void Compiler::require_one_snapshot(const Source& source) const {
  if (source.model == nullptr || plan_.sources.empty()) return;
  const Registry& first = plan_.sources.front()->registry;
  if (first.snapshot() == source.registry.snapshot() || first.storage_hash() == source.registry.storage_hash()) return;
  throw QueryError(
      "'" + source.label() +
      "' comes from another registry snapshot than the rest of the query; take new handles after a reload");
}

const sql::Source* Compiler::add_source(const SourcePtr& source, bool outer, bool lateral) {
  require_one_snapshot(*source);
  require_new_alias(*source);
  plan_.sources.push_back(source);
  sql::Source made{};
  made.alias = arena_.text(source->alias);
  if (source->kind == SourceKind::model) {
    const ModelInfo& model = *source->model;
    require_table(model);
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
    require_innermost(*source);
    made.node = sql::CommonTableRef{arena_.make(sql::CommonTable{made.alias, {}, nullptr, source->recursive})};
  }
  const sql::Source* result = arena_.make(made);
  frames_.back().push_back({identity(*source), result, outer, made.alias});
  return result;
}

bool Compiler::is_declared(const Source& source) const {
  return std::any_of(levels_.begin(), levels_.end(), [&](const Level& level) {
    return std::any_of(level.visible.begin(), level.visible.end(),
                       [&](const Source* cte) { return identity(*cte) == identity(source); });
  });
}

// One that is given further on is declared where it is first needed: WITH lists them so that each knows those it
// names.
bool Compiler::declare_if_given(const Source& source) {
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

void Compiler::declare(std::size_t at, const SourcePtr& cte) {
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
  if (cte->recursive || names_differ(*cte)) {
    require_different_columns(*cte);
    for (const OutputColumn& column : cte->outputs) columns.push_back(arena_.text(column.name));
  }
  const sql::Select* body = select(*cte->query, Role::source);
  levels_[at].tables.push_back(arena_.make(
      sql::CommonTable{arena_.text(cte->alias), arena_.list(columns), body, cte->recursive, cte->materialized}));
  if (!cte->recursive) levels_[at].visible.push_back(cte.get());
  plan_.sources.push_back(cte);
  std::move(inner_frames.begin(), inner_frames.end(), std::back_inserter(frames_));
  std::move(inner_levels.begin(), inner_levels.end(), std::back_inserter(levels_));
}

void Compiler::require_few_tables(const QuerySpec& spec) const {
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

}  // namespace dorm::query
