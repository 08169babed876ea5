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
    std::vector<std::uint32_t> fields;  // defaults of the schema included
    std::vector<std::uint32_t> given;   // by the caller
    std::vector<std::uint32_t> anew;    // places of defaults that each run makes anew; nothing stands there
    // Values alone, row after row; or terms, once a row has an expression.
    std::vector<Value> values;
    std::vector<std::vector<query::TermPtr>> rows;

    bool is_plain() const noexcept { return rows.empty(); }
    std::size_t size() const noexcept {
      return !is_plain() ? rows.size() : fields.empty() ? defaults_only : values.size() / fields.size();
    }
    std::size_t defaults_only = 0;  // rows without a field
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

// A row of the batch as terms; null where each run makes a default anew.
std::vector<TermPtr> terms_of(const ModelInfo& model, const Insert::Data::Batch& batch, std::size_t row) {
  if (!batch.is_plain()) return batch.rows[row];
  std::vector<TermPtr> terms;
  for (std::size_t i = 0; i < batch.fields.size(); ++i) {
    const bool is_anew = std::binary_search(batch.anew.begin(), batch.anew.end(), static_cast<std::uint32_t>(i));
    const Value& value = batch.values[row * batch.fields.size() + i];
    terms.push_back(is_anew ? nullptr : query::value_term(value, model.fields[batch.fields[i]].type));
  }
  return terms;
}

// What one field of a row gets: a value, or a term that computes it.
struct Given {
  std::uint32_t field = 0;
  Value value;
  TermPtr term;
};

Given given_value(const query::SourcePtr& table, const std::string& name, const Expr& expr) {
  const ModelInfo& model = *table->model;
  const ModelInfo::Member member = model.find(name);
  const bool is_field = member.kind == ModelInfo::Member::Kind::field && !model.fields[member.index].generated;
  if (is_field && expr.has_value() && expr.term()->kind == query::TermKind::value)
    return {member.index, query::fit(table->registry, model, model.fields[member.index], expr.term()->value), nullptr};
  query::Change change = assigned_value(table, name, expr);
  if (change.value->kind == query::TermKind::value) return {change.field, change.value->value, nullptr};
  return {change.field, Value(), std::move(change.value)};
}

// The batch for rows that are given these fields, which are sorted: with what the schema adds to them.
Insert::Data::Batch batch_of(const ModelInfo& model, std::vector<std::uint32_t> given) {
  Insert::Data::Batch batch;
  for (const FieldInfo& field : model.fields) {
    const bool is_version = field.index == model.version_field && !field.database_default;
    if (!std::binary_search(given.begin(), given.end(), field.index)) {
      if (field.generated || field.auto_increment) continue;
      if (!is_version && !field.default_value) {
        if (!field.database_default && !field.nullable)
          throw DataError(query::label_of(model, field) + " is required; give it a value");
        continue;
      }
      if (!is_version && is_made_anew(field)) batch.anew.push_back(static_cast<std::uint32_t>(batch.fields.size()));
    }
    batch.fields.push_back(field.index);
  }
  batch.given = std::move(given);
  return batch;
}

Insert::Data::Batch& batch_for(Insert::Data& data, std::vector<std::uint32_t> given) {
  std::sort(given.begin(), given.end());
  const auto same = std::find_if(data.batches.begin(), data.batches.end(),
                                 [&](const Insert::Data::Batch& batch) { return batch.given == given; });
  if (same != data.batches.end()) return *same;
  data.batches.push_back(batch_of(*data.table->model, std::move(given)));
  return data.batches.back();
}

// Of a field that nobody gave a value.
Value added_value(const ModelInfo& model, const FieldInfo& field) {
  if (field.index == model.version_field && !field.database_default) return Value(1);
  return is_made_anew(field) ? Value() : query::default_value(*field.default_value, field.type);
}

// The values of the batch as terms, which others can stand beside.
void use_terms(const ModelInfo& model, Insert::Data::Batch& batch) {
  if (!batch.is_plain()) return;
  std::vector<std::vector<TermPtr>> rows;
  for (std::size_t row = 0; row < batch.size(); ++row) rows.push_back(terms_of(model, batch, row));
  batch.rows = std::move(rows);
  batch.values.clear();
}

void add_row(Insert::Data& data, const Assignments& values) {
  const ModelInfo& model = *data.table->model;
  std::vector<Given> row;
  std::vector<std::uint32_t> named;
  row.reserve(values.size());
  for (const auto& [name, expr] : column_by_column(model, values)) {
    row.push_back(given_value(data.table, name, expr));
    const std::uint32_t field = row.back().field;
    if (std::find(named.begin(), named.end(), field) != named.end())
      throw QueryError("'" + query::label_of(model, model.fields[field]) + "' is given twice");
    named.push_back(field);
  }
  Insert::Data::Batch& batch = batch_for(data, std::move(named));
  if (std::any_of(row.begin(), row.end(), [](const Given& given) { return given.term != nullptr; }))
    use_terms(model, batch);
  const bool plain = batch.is_plain() && std::all_of(row.begin(), row.end(), [](const Given& g) { return !g.term; });
  std::vector<TermPtr> terms;
  for (const std::uint32_t index : batch.fields) {
    const FieldInfo& field = model.fields[index];
    const auto given = std::find_if(row.begin(), row.end(), [&](const Given& g) { return g.field == index; });
    Value value = given != row.end() ? std::move(given->value) : added_value(model, field);
    if (plain) {
      batch.values.push_back(std::move(value));
    } else if (given != row.end() && given->term) {
      terms.push_back(std::move(given->term));
    } else {
      const bool is_anew = given == row.end() && is_made_anew(field) && value.is_null();
      terms.push_back(is_anew ? nullptr : query::value_term(std::move(value), field.type));
    }
  }
  if (!plain) {
    batch.rows.push_back(std::move(terms));
  } else if (batch.fields.empty()) {
    ++batch.defaults_only;
  }
}

// Rows whose values are all of the same fields.
void add_rows(Insert::Data& data, const std::vector<std::string>& names, std::vector<Values> rows) {
  const ModelInfo& model = *data.table->model;
  std::vector<std::uint32_t> fields;
  for (const std::string& name : names) {
    const TermPtr member = query::member(data.table, name);
    const FieldInfo* field = query::field_of(*member);
    if (field == nullptr) throw QueryError(query::describe(*member) + " is not a single column; name its columns");
    if (field->generated)
      throw QueryError(query::describe(*member) + " is generated by the database and cannot be set");
    if (std::find(fields.begin(), fields.end(), field->index) != fields.end())
      throw QueryError("'" + query::label_of(model, *field) + "' is given twice");
    fields.push_back(field->index);
  }
  Insert::Data::Batch& batch = batch_for(data, fields);
  std::vector<std::size_t> place_in_row;  // of each field of the batch; past the end where the schema adds it
  for (const std::uint32_t field : batch.fields)
    place_in_row.push_back(static_cast<std::size_t>(std::find(fields.begin(), fields.end(), field) - fields.begin()));
  batch.values.reserve(batch.values.size() + rows.size() * batch.fields.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].size() != fields.size()) {
      throw QueryError("row " + std::to_string(row + 1) + " of the insert into '" + model.name + "' has " +
                       std::to_string(rows[row].size()) + " values for " + std::to_string(fields.size()) + " fields");
    }
    for (std::size_t i = 0; i < batch.fields.size(); ++i) {
      const FieldInfo& field = model.fields[batch.fields[i]];
      if (place_in_row[i] == fields.size()) {
        batch.values.push_back(added_value(model, field));
        continue;
      }
      Value& value = rows[row][place_in_row[i]];
      Value converted;
      const bool as_it_is = &query::fit(data.table->registry, model, field, value, converted) == &value;
      batch.values.push_back(std::move(as_it_is ? value : converted));
    }
    if (batch.fields.empty()) ++batch.defaults_only;
  }
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
    for (std::size_t row = 0; row < batch.size(); ++row) {
      // What is computed the database knows, and NULL is equal to nothing.
      const auto value_at = [&](std::size_t place) -> const Value* {
        if (batch.is_plain()) return &batch.values[row * batch.fields.size() + place];
        const TermPtr& term = batch.rows[row][place];
        return term && term->kind == query::TermKind::value ? &term->value : nullptr;
      };
      const bool has_key = std::all_of(places.begin(), places.end(), [&](std::size_t place) {
        return value_at(place) != nullptr && !value_at(place)->is_null();
      });
      if (!has_key) continue;
      for (const std::size_t place : places) keys.add(*value_at(place));
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

// Bound even where it is null, as that of another row is not.
TermPtr bound(const query::Term& value) {
  auto term = std::make_shared<query::Term>(value);
  term->bound = true;
  return term;
}

// As few statements as the number of their parameters allows.
std::size_t rows_per_statement(const Insert::Data& data, const Insert::Data::Batch& batch) {
  // A row without a column is DEFAULT VALUES, which are of one row.
  if (batch.fields.empty()) return 1;
  std::size_t width = batch.fields.size();
  for (const std::vector<TermPtr>& row : batch.rows) {
    std::size_t own = 0;
    for (const TermPtr& term : row) own += !term || term->kind == query::TermKind::value ? 1U : 16U;
    width = std::max(width, own);
  }
  const std::size_t parameters = data.database->session->dialect().capabilities().insert_parameters;
  return std::max<std::size_t>(1, std::min<std::size_t>(parameters / width, 10'000));
}

query::InsertTarget statement_of(const Insert::Data& data, const Insert::Data::Batch& batch, std::size_t begin,
                                 std::size_t end) {
  const ModelInfo& model = *data.table->model;
  query::InsertTarget statement = target_of_run(data);
  statement.fields = batch.fields;
  for (std::size_t row = begin; row < end; ++row) {
    statement.rows.push_back(terms_of(model, batch, row));
    std::vector<TermPtr>& terms = statement.rows.back();
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (!terms[i]) terms[i] = default_term(model.fields[batch.fields[i]]);
      if (batch.is_plain()) terms[i] = bound(*terms[i]);
    }
  }
  return statement;
}

// Calls `run` with one statement after the other.
template <class Run>
void for_each_statement(const Insert::Data& data, const Insert::Data::Batch& batch, Run run) {
  const std::size_t most = rows_per_statement(data, batch);
  for (std::size_t begin = 0; begin < batch.size(); begin += most)
    run(statement_of(data, batch, begin, std::min(batch.size(), begin + most)));
}

std::vector<query::InsertTarget> statements_of(const Insert::Data& data) {
  std::vector<query::InsertTarget> statements;
  if (data.select) {
    statements.push_back(target_of_run(data));
    statements.back().fields = data.select_fields;
  }
  for (const Insert::Data::Batch& batch : data.batches)
    for_each_statement(data, batch, [&](query::InsertTarget made) { statements.push_back(std::move(made)); });
  return statements;
}

// Many rows of nothing but values, which meet no row that is there.
bool may_be_copied(const Insert::Data& data, const Insert::Data::Batch& batch) {
  return batch.is_plain() && !batch.fields.empty() && data.target.action == sql::Conflict::Action::none &&
         write::is_copied(*data.database, batch.size());
}

// The values of rows from `begin` to `end`, with those that this run makes.
std::span<const Value> values_of(const ModelInfo& model, const Insert::Data::Batch& batch, std::size_t begin,
                                 std::size_t end, std::vector<Value>& made) {
  const std::size_t width = batch.fields.size();
  const std::span<const Value> values = std::span(batch.values).subspan(begin * width, (end - begin) * width);
  if (batch.anew.empty()) return values;
  made.assign(values.begin(), values.end());
  for (std::size_t row = 0; row < end - begin; ++row) {
    for (const std::uint32_t place : batch.anew) {
      const FieldInfo& field = model.fields[batch.fields[place]];
      made[row * width + place] = query::default_value(*field.default_value, field.type);
    }
  }
  return made;
}

// The number of rows; nothing if the database wants them inserted.
std::optional<std::int64_t> copy_batch(const Insert::Data& data, const Insert::Data::Batch& batch) {
  const ModelInfo& model = *data.table->model;
  std::vector<Value> made;
  load::Parameters cells;
  cells.reserve(batch.values.size());
  for (const Value& value : values_of(model, batch, 0, batch.size(), made)) cells.add(value);
  return write::copy_rows(*data.database, model, batch.fields, cells.cells());
}

// Rows of values are told apart by nothing but those: the statement of the first ones serves for all others.
std::int64_t insert_batch(const Insert::Data& data, const Insert::Data::Batch& batch, const query::QuerySpec& rows) {
  std::int64_t written = 0;
  if (!batch.is_plain() || batch.fields.empty()) {
    for_each_statement(data, batch, [&](const query::InsertTarget& statement) {
      written += load::run_write(*data.database, rows, query::Purpose::insert, {}, &statement);
    });
    return written;
  }
  const std::size_t most = rows_per_statement(data, batch);
  std::optional<load::RepeatedInsert> statement;
  std::size_t of = 0;  // rows of the statement
  std::vector<Value> made;
  for (std::size_t begin = 0; begin < batch.size(); begin += most) {
    const std::size_t end = std::min(batch.size(), begin + most);
    if (of != end - begin) {
      statement.emplace(*data.database, rows, statement_of(data, batch, begin, end));
      of = end - begin;
    }
    written += statement->run(values_of(*data.table->model, batch, begin, end, made));
  }
  return written;
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

Insert Model::insert_many(const std::vector<std::string>& fields, std::vector<Values> rows) const {
  const std::shared_ptr<Insert::Data> data = insert_into(*this);
  add_rows(*data, fields, std::move(rows));
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
  const query::QuerySpec rows = rows_from(*data_);
  if (data_->select) {
    const query::InsertTarget statement = statements_of(*data_).front();
    return load::run_write(database, rows, query::Purpose::insert, {}, &statement);
  }
  const auto statements = [&](const Data::Batch& batch) {
    const std::size_t most = rows_per_statement(*data_, batch);
    return (batch.size() + most - 1) / most;
  };
  const std::vector<Data::Batch>& batches = data_->batches;
  if (batches.empty()) return 0;
  // Rows are copied inside a transaction only; in one that is open they are a single statement.
  const bool copies = may_be_copied(*data_, batches.front());
  const bool is_one = batches.size() == 1 &&
                      (copies ? database.session->current_transaction() != nullptr : statements(batches.front()) <= 1);
  std::optional<TransactionScope> all;
  if (!is_one) all.emplace(database.session->begin());
  std::int64_t written = 0;
  // In the order of the batches: a row may refer to one of an earlier batch.
  for (const Data::Batch& batch : batches) {
    if (may_be_copied(*data_, batch)) {
      if (const std::optional<std::int64_t> copied = copy_batch(*data_, batch)) {
        written += *copied;
        continue;
      }
      if (!all && statements(batch) > 1) all.emplace(database.session->begin());
    }
    written += insert_batch(*data_, batch, rows);
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
