// Rows of values or of a query into a table, and upserts.
#include "dorm/insert.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "load/key_groups.hpp"
#include "load/run.hpp"
#include "model/assigned_value.hpp"
#include "model/database_impl.hpp"
#include "query/automatic.hpp"
#include "query/builder.hpp"
#include "query/make_term.hpp"
#include "query/typing.hpp"
#include "query/validate.hpp"
#include "write/bulk_copy.hpp"

namespace dorm {

// What is to be inserted, and how.
struct Insert::Data {
  std::shared_ptr<DatabaseImpl> database;
  query::SourcePtr table;
  // One after the other; each has a set of fields of its own.
  struct Batch {
    std::vector<std::uint32_t> fields;              // defaults of the schema included
    std::vector<std::uint32_t> given;               // by the caller
    std::vector<std::vector<query::TermPtr>> rows;  // null: a default that each run makes anew
  };
  std::vector<Batch> batches;
  query::SpecPtr select;  // instead of values
  std::vector<std::uint32_t> select_fields;
  std::vector<std::uint32_t> select_given;  // those that the caller named
  // What is common to all statements, but what an upsert writes by itself.
  query::InsertTarget target;
  query::SpecPtr returned;
};

namespace {

using query::SpecPtr;
using query::TermPtr;

// ---- rows ----

// A uuid, or the time: of each run of an Insert its own.
bool is_made_anew(const FieldInfo& field) { return field.default_value && field.default_value->function; }

TermPtr default_term(const FieldInfo& field) {
  return query::value_term(query::default_value(*field.default_value, field.type), field.type);
}

// The values of one row in the order of the fields, those that the schema gives included.
std::vector<query::Change> row_of(const query::SourcePtr& table, const Assignments& values,
                                  std::vector<std::uint32_t>& named) {
  const ModelInfo& model = *table->model;
  std::vector<query::Change> given;
  for (const auto& [name, value] : column_by_column(model, values)) {
    query::Change change = assigned_value(table, name, value);
    const FieldInfo& field = model.fields[change.field];
    if (std::any_of(given.begin(), given.end(), [&](const query::Change& c) { return c.field == change.field; }))
      throw QueryError("'" + query::label_of(model, field) + "' is given twice");
    named.push_back(change.field);
    given.push_back(std::move(change));
  }
  std::sort(named.begin(), named.end());
  for (const FieldInfo& field : model.fields) {
    const bool is_version = field.index == model.version_field && !field.database_default;
    const bool is_given = std::any_of(given.begin(), given.end(),
                                      [&](const query::Change& change) { return change.field == field.index; });
    if (is_given || field.generated || field.auto_increment) continue;
    if (is_version) {
      given.push_back({field.index, query::value_term(Value(1), field.type)});
    } else if (field.default_value) {
      given.push_back({field.index, is_made_anew(field) ? nullptr : default_term(field)});
    } else if (!field.database_default && !field.nullable) {
      throw DataError(query::label_of(model, field) + " is required; give it a value");
    }
  }
  std::sort(given.begin(), given.end(),
            [](const query::Change& left, const query::Change& right) { return left.field < right.field; });
  return given;
}

std::shared_ptr<Insert::Data> insert_into(const Model& model) {
  auto data = std::make_shared<Insert::Data>();
  data->database = model.database();
  data->table = model.source();
  data->target.table = model.source();
  data->target.action = sql::Conflict::Action::none;
  if (!model.source()->is_default)
    throw QueryError("rows are inserted into a model, not into '" + model.source()->label() + "', an alias of it");
  return data;
}

void add_row(Insert::Data& data, const Assignments& values) {
  std::vector<std::uint32_t> named;
  std::vector<query::Change> row = row_of(data.table, values, named);
  std::vector<std::uint32_t> fields;
  std::vector<TermPtr> terms;
  for (query::Change& change : row) {
    fields.push_back(change.field);
    terms.push_back(std::move(change.value));
  }
  const auto same = std::find_if(data.batches.begin(), data.batches.end(), [&](const Insert::Data::Batch& batch) {
    return batch.fields == fields && batch.given == named;
  });
  if (same == data.batches.end()) {
    data.batches.push_back({std::move(fields), std::move(named), {std::move(terms)}});
  } else {
    same->rows.push_back(std::move(terms));
  }
}

// A default that is another for each row cannot be a column of a select.
void add_defaults(Insert::Data& data, query::QuerySpec& select) {
  const ModelInfo& model = *data.table->model;
  for (const FieldInfo& field : model.fields) {
    if (std::find(data.select_fields.begin(), data.select_fields.end(), field.index) != data.select_fields.end())
      continue;
    if (field.generated || field.auto_increment) continue;
    if (field.index == model.version_field && !field.database_default) {
      select.outputs.push_back({query::aliased(query::value_term(Value(1), field.type), field.name), nullptr});
      data.select_fields.push_back(field.index);
    } else if (field.default_value && field.type.kind != TypeKind::uuid) {
      select.outputs.push_back({query::aliased(default_term(field), field.name), nullptr});
      data.select_fields.push_back(field.index);
    } else if (field.default_value || (!field.database_default && !field.nullable)) {
      throw DataError(query::label_of(model, field) + " is required; select it, too");
    }
  }
}

// ---- conflicts ----

bool is_given(const Insert::Data& data, std::uint32_t field) {
  const auto has = [&](const std::vector<std::uint32_t>& fields) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
  };
  if (data.select) return has(data.select_given);
  return std::all_of(data.batches.begin(), data.batches.end(),
                     [&](const Insert::Data::Batch& batch) { return has(batch.given); });
}

// All sets of fields of which no two rows have the same.
std::vector<std::vector<std::uint32_t>> unique_sets(const ModelInfo& model) {
  std::vector<std::vector<std::uint32_t>> sets;
  if (!model.primary_key.empty()) sets.push_back(model.primary_key);
  for (const UniqueInfo& unique : model.uniques)
    if (!unique.where && unique.deferrable == Deferrable::no) sets.push_back(unique.fields);
  return sets;
}

std::string names_of(const ModelInfo& model, const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> names;
  for (const std::uint32_t field : fields) names.push_back(model.fields[field].name);
  return quote_list(names);
}

[[noreturn]] void refuse_target(const ModelInfo& model, const std::string& what) {
  std::string known;
  for (const std::vector<std::uint32_t>& set : unique_sets(model))
    known += (known.empty() ? "" : ", or ") + names_of(model, set);
  throw QueryError("on_conflict of '" + model.name + "': " + what +
                   (known.empty() ? "; nothing in it is unique" : "; unique are " + known));
}

std::vector<std::uint32_t> target_of(const Insert::Data& data, const std::vector<std::string>& names) {
  const ModelInfo& model = *data.table->model;
  const std::vector<std::vector<std::uint32_t>> sets = unique_sets(model);
  if (names.empty()) {
    std::vector<std::vector<std::uint32_t>> possible;
    for (const std::vector<std::uint32_t>& set : sets)
      if (std::all_of(set.begin(), set.end(), [&](std::uint32_t field) { return is_given(data, field); }))
        possible.push_back(set);
    if (possible.size() == 1 || (!possible.empty() && possible.front() == model.primary_key)) return possible.front();
    refuse_target(model,
                  possible.empty() ? "the rows bring the values of nothing unique" : "say which fields are meant");
  }
  std::vector<std::uint32_t> fields;
  for (const std::string& name : names) {
    const TermPtr term = query::member(data.table, name);
    std::vector<TermPtr> columns = query::key_columns(*term);
    if (columns.empty()) columns.push_back(term);
    for (const TermPtr& column : columns) {
      const FieldInfo* field = query::field_of(*column);
      if (field == nullptr) refuse_target(model, "'" + name + "' is no column");
      fields.push_back(field->index);
    }
  }
  std::vector<std::uint32_t> sorted = fields;
  std::sort(sorted.begin(), sorted.end());
  for (std::vector<std::uint32_t> set : sets) {
    std::sort(set.begin(), set.end());
    if (set == sorted) return fields;
  }
  refuse_target(model, names_of(model, fields) + " together are not unique");
}

// One statement meets a row once (PostgreSQL's manual, INSERT): which of two proposals wins would be for nobody to say.
void require_different(const Insert::Data& data) {
  if (data.target.action != sql::Conflict::Action::update) return;
  const std::vector<std::uint32_t>& conflict = data.target.conflict;
  load::Parameters keys;  // of those rows that bring theirs, one after the other
  for (const Insert::Data::Batch& batch : data.batches) {
    std::vector<std::size_t> places;
    for (const std::uint32_t field : conflict) {
      const auto place = std::find(batch.fields.begin(), batch.fields.end(), field);
      if (place != batch.fields.end()) places.push_back(static_cast<std::size_t>(place - batch.fields.begin()));
    }
    if (places.size() != conflict.size()) continue;
    for (const std::vector<TermPtr>& row : batch.rows) {
      // What is computed the database knows, and NULL is equal to nothing.
      const bool has_key = std::all_of(places.begin(), places.end(), [&](std::size_t place) {
        return row[place] && row[place]->kind == query::TermKind::value && !row[place]->value.is_null();
      });
      if (!has_key) continue;
      for (const std::size_t place : places) keys.add(row[place]->value);
    }
  }
  const std::size_t width = conflict.size();
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < width; ++i) places.push_back(i);
  load::KeyGroups known(*data.table->model, conflict, std::move(places));
  const std::span<const Cell> cells = keys.cells();
  for (std::size_t row = 0; row * width < cells.size(); ++row) {
    if (known.add(&cells[row * width]) == row) continue;
    throw QueryError("two rows of the insert into '" + data.table->model->name + "' have the same " +
                     names_of(*data.table->model, conflict) + "; put them together, or insert them apart");
  }
}

TermPtr excluded_term(const query::SourcePtr& table, std::uint32_t field) {
  auto term = std::make_shared<query::Term>(*query::column_term(table, field));
  term->kind = query::TermKind::excluded;
  return term;
}

// Every field that the rows bring, but these.
std::vector<std::uint32_t> other_fields(const Insert::Data& data, const std::vector<std::uint32_t>& but) {
  std::vector<std::uint32_t> fields;
  for (const FieldInfo& field : data.table->model->fields) {
    const bool is_kept = std::find(but.begin(), but.end(), field.index) != but.end();
    const bool is_version = field.index == data.table->model->version_field;
    if (!is_kept && !is_version && !field.primary_key && !field.immutable && is_given(data, field.index))
      fields.push_back(field.index);
  }
  return fields;
}

// ---- running ----

// With what an upsert writes by itself, which is of the time when it runs.
query::InsertTarget target_of_run(const Insert::Data& data) {
  query::InsertTarget target = data.target;
  if (target.action == sql::Conflict::Action::update) query::add_automatic(data.table, target.set);
  return target;
}

// As few statements as the number of their parameters allows.
void add_statements(const Insert::Data& data, const Insert::Data::Batch& batch,
                    std::vector<query::InsertTarget>& statements) {
  const ModelInfo& model = *data.table->model;
  const std::size_t parameters = data.database->session->dialect().capabilities().max_parameters;
  // A row without a column is DEFAULT VALUES, which are of one row.
  std::size_t width = 1;
  for (const std::vector<TermPtr>& row : batch.rows) {
    std::size_t own = 0;
    for (const TermPtr& term : row) own += !term || term->kind == query::TermKind::value ? 1U : 16U;
    width = std::max(width, own);
  }
  const std::size_t most =
      batch.fields.empty() ? 1 : std::max<std::size_t>(1, std::min<std::size_t>(parameters / width, 10'000));
  for (std::size_t begin = 0; begin < batch.rows.size(); begin += most) {
    statements.push_back(target_of_run(data));
    query::InsertTarget& statement = statements.back();
    statement.fields = batch.fields;
    const std::size_t end = std::min(batch.rows.size(), begin + most);
    statement.rows.assign(batch.rows.begin() + static_cast<std::ptrdiff_t>(begin),
                          batch.rows.begin() + static_cast<std::ptrdiff_t>(end));
    for (std::vector<TermPtr>& row : statement.rows)
      for (std::size_t i = 0; i < row.size(); ++i)
        if (!row[i]) row[i] = default_term(model.fields[batch.fields[i]]);
  }
}

std::vector<query::InsertTarget> statements_of(const Insert::Data& data) {
  std::vector<query::InsertTarget> statements;
  if (data.select) {
    statements.push_back(target_of_run(data));
    statements.back().fields = data.select_fields;
  }
  for (const Insert::Data::Batch& batch : data.batches) add_statements(data, batch, statements);
  return statements;
}

// Many rows of nothing but values, which meet no row that is there.
bool may_be_copied(const Insert::Data& data, const Insert::Data::Batch& batch) {
  return data.target.action == sql::Conflict::Action::none && !batch.fields.empty() &&
         write::is_copied(*data.database, batch.rows.size()) &&
         std::all_of(batch.rows.begin(), batch.rows.end(), [](const std::vector<TermPtr>& row) {
           return std::all_of(row.begin(), row.end(),
                              [](const TermPtr& term) { return !term || term->kind == query::TermKind::value; });
         });
}

// The number of rows; nothing if the database wants them inserted.
std::optional<std::int64_t> copy_batch(const Insert::Data& data, const Insert::Data::Batch& batch) {
  const ModelInfo& model = *data.table->model;
  load::Parameters cells;
  std::vector<TermPtr> defaults;
  for (const std::vector<TermPtr>& row : batch.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i]) defaults.push_back(default_term(model.fields[batch.fields[i]]));
      cells.add(row[i] ? row[i]->value : defaults.back()->value);
    }
  }
  return write::copy_rows(*data.database, model, batch.fields, cells.cells());
}

query::QuerySpec rows_from(const Insert::Data& data) {
  query::QuerySpec rows;
  if (!data.select) {
    rows.root = data.table;
    return rows;
  }
  rows = *data.select;
  // Defaults stand behind the columns that the caller named.
  for (std::size_t i = data.select_given.size(); i < data.select_fields.size(); ++i) {
    const FieldInfo& field = data.table->model->fields[data.select_fields[i]];
    if (is_made_anew(field)) rows.outputs[i].term = query::aliased(default_term(field), field.name);
  }
  return rows;
}

Insert changed(const std::shared_ptr<const Insert::Data>& data, const auto& change) {
  auto copy = std::make_shared<Insert::Data>(*data);
  change(*copy);
  return Insert(std::move(copy));
}

}  // namespace

Expr excluded(const Column& column) {
  const TermPtr& term = query::require(column);
  const FieldInfo* field = query::field_of(*term);
  if (field == nullptr)
    throw QueryError("excluded() takes a column of the model; " + query::describe(*term) + " is none");
  return Expr(excluded_term(term->source, field->index));
}

Insert Model::insert(const Assignments& values) const { return insert_many({values}); }

Insert Model::insert_many(const std::vector<Assignments>& rows) const {
  const std::shared_ptr<Insert::Data> data = insert_into(*this);
  for (const Assignments& row : rows) add_row(*data, row);
  return Insert(data);
}

Insert Model::insert_from(const Query& query, const std::vector<std::string>& fields) const {
  const std::shared_ptr<Insert::Data> data = insert_into(*this);
  auto select = std::make_shared<query::QuerySpec>(*query.spec());
  if (select->set_op != sql::SetOp::none) {
    // Only a plain select can be added to, and have its columns converted.
    const query::SourcePtr rows = query::as_subquery(query.spec(), "rows");
    select = std::make_shared<query::QuerySpec>();
    select->root = select->context = rows;
  }
  const std::vector<query::OutputColumn> columns = query::output_columns(*select);
  if (columns.size() != fields.size()) {
    throw QueryError("insert_from names " + std::to_string(fields.size()) + " fields of '" + info().name +
                     "', its query selects " + std::to_string(columns.size()) + " columns");
  }
  std::vector<TermPtr> terms = query::expanded_outputs(*select);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool is_named_value =
        terms[i]->kind == query::TermKind::alias && terms[i]->children.front()->kind == query::TermKind::value;
    query::Change change =
        assigned_value(source_, fields[i], Expr(is_named_value ? terms[i]->children.front() : terms[i]));
    if (std::find(data->select_fields.begin(), data->select_fields.end(), change.field) != data->select_fields.end())
      throw QueryError("'" + query::label_of(info(), info().fields[change.field]) + "' is named twice");
    data->select_fields.push_back(change.field);
    const TermPtr bare = change.value->kind == query::TermKind::alias ? change.value->children.front() : change.value;
    terms[i] = query::aliased(bare, columns[i].name);
  }
  data->select_given = data->select_fields;
  select->default_projection = false;
  select->outputs.clear();
  for (TermPtr& term : terms) select->outputs.push_back({std::move(term), nullptr});
  add_defaults(*data, *select);
  data->select = std::move(select);
  return Insert(data);
}

Insert Insert::on_conflict_ignore(const std::vector<std::string>& target) const {
  return changed(data_, [&](Data& data) {
    data.target.action = sql::Conflict::Action::nothing;
    data.target.conflict = target.empty() ? std::vector<std::uint32_t>() : target_of(data, target);
    data.target.set.clear();
    data.target.where = nullptr;
  });
}

Insert Insert::on_conflict_update(const Upsert& what) const {
  return changed(data_, [&](Data& data) {
    const ModelInfo& model = *data.table->model;
    data.target.action = sql::Conflict::Action::update;
    data.target.conflict = target_of(data, what.target);
    data.target.set.clear();
    const auto add = [&](query::Change change) {
      if (model.fields[change.field].immutable)
        throw QueryError("'" + query::label_of(model, model.fields[change.field]) + "' is immutable");
      if (change.field == model.version_field)
        throw QueryError("'" + query::label_of(model, model.fields[change.field]) +
                         "' counts the changes of each row; an upsert does that by itself");
      for (const query::Change& other : data.target.set)
        if (other.field == change.field)
          throw QueryError("'" + query::label_of(model, model.fields[change.field]) + "' is set twice");
      data.target.set.push_back(std::move(change));
    };
    for (const std::string& name : what.preserve) {
      const query::Change given = assigned_value(data.table, name, excluded(Column(query::member(data.table, name))));
      add(given);
    }
    for (const auto& [name, value] : column_by_column(model, what.set)) add(assigned_value(data.table, name, value));
    if (data.target.set.empty())
      throw QueryError("on_conflict_update of '" + model.name +
                       "' sets nothing; name what to preserve, or use "
                       "on_conflict_ignore()");
    if (what.where.has_value()) query::require_family(*what.where.term(), query::Family::boolean, "where");
    data.target.where = what.where.has_value() ? what.where.term() : nullptr;
    require_different(data);
  });
}

Insert Insert::replace(const std::vector<std::string>& target) const {
  return changed(data_, [&](Data& data) {
    data.target.action = sql::Conflict::Action::update;
    data.target.conflict = target_of(data, target);
    data.target.where = nullptr;
    data.target.set.clear();
    for (const std::uint32_t field : other_fields(data, data.target.conflict))
      data.target.set.push_back({field, excluded_term(data.table, field)});
    // A row that is nothing but its key is as it should be.
    if (data.target.set.empty()) data.target.action = sql::Conflict::Action::nothing;
    require_different(data);
  });
}

Insert Insert::returning(std::vector<Selectable> items) const {
  return changed(data_, [&](Data& data) {
    const Query chosen = Query(data.database,
                               [&] {
                                 auto spec = std::make_shared<query::QuerySpec>();
                                 spec->root = spec->context = data.table;
                                 return spec;
                               }())
                             .select_list(std::move(items));
    data.returned = chosen.spec();
    if (!data.returned->joins.empty())
      throw QueryError("an insert returns columns of '" + data.table->label() + "' only");
  });
}

std::int64_t Insert::run() const {
  DatabaseImpl& database = *data_->database;
  database.require_open();
  // In the order of the batches: a row may refer to one of an earlier batch.
  std::vector<std::vector<query::InsertTarget>> parts;  // empty: to be copied
  if (data_->select) parts.push_back(statements_of(*data_));
  for (const Data::Batch& batch : data_->batches) {
    parts.emplace_back();
    if (!may_be_copied(*data_, batch)) add_statements(*data_, batch, parts.back());
  }
  if (parts.empty()) return 0;
  const query::QuerySpec rows = rows_from(*data_);
  // Rows are copied inside a transaction only; in one that is open they are a single statement.
  const bool is_one = parts.size() == 1 &&
                      (parts.front().size() == 1 || (parts.front().empty() && database.session->current_transaction()));
  std::optional<TransactionScope> all;
  if (!is_one) all.emplace(database.session->begin());
  std::int64_t written = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) {
      const Data::Batch& batch = data_->batches[i];
      if (const std::optional<std::int64_t> copied = copy_batch(*data_, batch)) {
        written += *copied;
        continue;
      }
      add_statements(*data_, batch, parts[i]);
      if (!all && parts[i].size() > 1) all.emplace(database.session->begin());
    }
    for (const query::InsertTarget& statement : parts[i])
      written += load::run_write(database, rows, query::Purpose::insert, {}, &statement);
  }
  if (all) all->commit();
  return written;
}

Rows Insert::rows() const {
  data_->database->require_open();
  std::vector<query::InsertTarget> statements = statements_of(*data_);
  if (statements.empty()) return {};
  SpecPtr returned = data_->returned ? data_->returned : returning({}).data_->returned;
  for (query::InsertTarget& statement : statements) statement.returned = returned;
  const query::QuerySpec rows = rows_from(*data_);
  std::optional<TransactionScope> all;
  if (statements.size() > 1) all.emplace(data_->database->session->begin());
  const std::shared_ptr<graph::Graph> graph = load::run_returning(
      *data_->database, data_->database->context(data_->table->registry), rows, query::Purpose::insert, {}, statements);
  if (all) all->commit();
  return {graph->share(graph->root()), graph->root()->slot_count()};
}

BoundSql Insert::sql() const {
  std::vector<query::InsertTarget> statements = statements_of(*data_);
  if (statements.empty()) throw QueryError("an insert of no rows has no statement");
  statements.front().returned = data_->returned;
  const query::QuerySpec rows = rows_from(*data_);
  return load::bound_sql(*data_->database, rows, query::Purpose::insert, {}, &statements.front());
}

}  // namespace dorm
