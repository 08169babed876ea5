#include "write/statements.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "query/validate.hpp"
#include "sql/arena.hpp"

namespace dorm::write {
namespace {

std::uint64_t key_of(char kind, const Registry& registry, const ModelInfo& model) {
  return registry.generation() << 32U | static_cast<std::uint64_t>(model.id) << 8U | static_cast<unsigned char>(kind);
}

constexpr std::uint32_t most_rows_kept = 8;

struct Writer {
  sql::Arena arena;
  const ModelInfo& model;
  const sql::Source* table;

  explicit Writer(const ModelInfo& written)
      : model(written), table(arena.make(sql::Source{sql::Table{written.db_schema, written.table}, {}})) {}

  std::vector<std::string> labels;  // by slot

  const sql::Expr* param(const FieldInfo& field) {
    labels.push_back(query::label_of(model, field));
    return arena.expr(sql::Param{static_cast<std::uint32_t>(labels.size() - 1), field.type, false});
  }

  // Of one row: its key, and the version that it must have.
  const sql::Expr* key_condition() {
    std::vector<const sql::Expr*> parts;
    const auto add = [&](const FieldInfo& field) {
      const sql::Expr* column = arena.expr(sql::Column{table, field.column, field.type, false});
      parts.push_back(arena.expr(sql::Binary{sql::BinaryOp::eq, column, param(field)}));
    };
    for (const std::uint32_t index : model.primary_key) add(model.fields[index]);
    if (model.version_field != no_index) add(model.fields[model.version_field]);
    return parts.size() == 1 ? parts.front() : arena.expr(sql::Logical{sql::LogicalOp::all, arena.list(parts)});
  }

  sql::List<sql::Output> outputs(std::span<const std::uint32_t> fields, driver::Statement& statement) {
    std::vector<sql::Output> list;
    for (const std::uint32_t index : fields) {
      const FieldInfo& field = model.fields[index];
      list.push_back({arena.expr(sql::Column{table, field.column, field.type, field.nullable}), {}});
      statement.columns.push_back({field.type, query::label_of(model, field)});
    }
    return arena.list(list);
  }

  void finish(driver::Statement& statement, const sql::Dialect& dialect, const sql::Statement& tree) {
    const sql::Text text = dialect.lower(tree);
    statement.id = driver::next_statement_id();
    statement.sql = text.sql;
    statement.writes = true;
    for (const sql::Param& parameter : text.parameters)
      statement.parameters.push_back({parameter.type, parameter.array, labels[parameter.slot]});
  }
};

}  // namespace

std::shared_ptr<const InsertPlan> insert_plan(Engine& engine, const Registry& registry, const ModelInfo& model,
                                              const ColumnSet& columns, std::span<const std::uint32_t> generated) {
  return engine.statements.get<InsertPlan>(key_of('i', registry, model), columns.words(), [&] {
    const sql::Dialect& dialect = engine.session->dialect();
    auto plan = std::make_shared<InsertPlan>();
    plan->generated.assign(generated.begin(), generated.end());
    Writer writer(model);
    std::vector<std::string_view> names;
    std::vector<const sql::Expr*> values;
    for (const FieldInfo& field : model.fields) {
      if (!columns.has(field.index)) continue;
      names.push_back(field.column);
      values.push_back(writer.param(field));
    }
    sql::Insert insert{};
    insert.table = writer.table;
    insert.columns = writer.arena.list(names);
    // A row without any column is DEFAULT VALUES.
    std::vector<sql::Exprs> rows;
    if (!values.empty()) rows.push_back(writer.arena.list(values));
    insert.rows = writer.arena.list(rows);
    const bool by_driver = generated.size() == 1 && model.fields[generated.front()].auto_increment &&
                           dialect.capabilities().insert_id_without_returning;
    if (by_driver) {
      plan->generated_id = generated.front();
    } else {
      plan->returning = plan->generated;
      insert.returning = writer.outputs(plan->returning, plan->statement);
    }
    writer.finish(plan->statement, dialect, sql::Statement(insert));
    return plan;
  });
}

std::shared_ptr<const InsertPlan> insert_rows_plan(Engine& engine, const Registry& registry, const ModelInfo& model,
                                                   const RowsInsert& what) {
  const auto make = [&] {
    auto plan = std::make_shared<InsertPlan>();
    plan->generated.assign(what.generated.begin(), what.generated.end());
    plan->returning.assign(what.returning.begin(), what.returning.end());
    Writer writer(model);
    std::vector<std::string_view> names;
    for (const FieldInfo& field : model.fields)
      if (what.columns.has(field.index)) names.push_back(field.column);
    sql::Insert insert{};
    insert.table = writer.table;
    insert.columns = writer.arena.list(names);
    std::string number = "row";
    while (std::find(names.begin(), names.end(), number) != names.end()) number += '_';
    std::vector<sql::Exprs> rows;
    for (std::uint32_t row = 0; row < what.rows; ++row) {
      std::vector<const sql::Expr*> values;
      for (const FieldInfo& field : model.fields)
        if (what.columns.has(field.index)) values.push_back(writer.param(field));
      if (what.in_order)
        values.push_back(writer.arena.expr(sql::Constant{sql::Constant::Kind::integer, std::int64_t{row}}));
      rows.push_back(writer.arena.list(values));
    }
    if (what.in_order) {
      // INSERT … SELECT … ORDER BY: keys are drawn in that order.
      names.push_back(number);
      const sql::Source* list =
          writer.arena.make(sql::Source{sql::ValuesList{writer.arena.list(rows), writer.arena.list(names)}, {}});
      std::vector<sql::Output> outputs;
      for (const FieldInfo& field : model.fields)
        if (what.columns.has(field.index))
          outputs.push_back({writer.arena.expr(sql::Column{list, field.column, field.type, field.nullable}), {}});
      sql::Order order{};
      order.expr = writer.arena.expr(sql::Column{list, number, Type{TypeKind::integer}, false});
      sql::Select select{};
      select.outputs = writer.arena.list(outputs);
      select.from = list;
      select.order_by = writer.arena.list(std::vector<sql::Order>{order});
      insert.select = writer.arena.make(select);
    } else {
      insert.rows = writer.arena.list(rows);
    }
    insert.returning = writer.outputs(plan->returning, plan->statement);
    writer.finish(plan->statement, engine.session->dialect(), sql::Statement(insert));
    return plan;
  };
  // Short lists come again, long ones of the same length seldom.
  if (what.rows > most_rows_kept) {
    std::shared_ptr<InsertPlan> plan = make();
    plan->statement.cached = false;
    return plan;
  }
  std::vector<std::uint64_t> key(what.columns.words().begin(), what.columns.words().end());
  key.push_back(what.rows);
  return engine.statements.get<InsertPlan>(key_of(what.in_order ? 'o' : 'm', registry, model), key, make);
}

std::shared_ptr<const driver::Statement> update_statement(Engine& engine, const Registry& registry,
                                                          const ModelInfo& model, const ColumnSet& columns) {
  return engine.statements.get<driver::Statement>(key_of('u', registry, model), columns.words(), [&] {
    auto statement = std::make_shared<driver::Statement>();
    Writer writer(model);
    std::vector<sql::Assignment> set;
    for (const FieldInfo& field : model.fields)
      if (columns.has(field.index)) set.push_back({field.column, writer.param(field)});
    sql::Update update{};
    update.table = writer.table;
    update.set = writer.arena.list(set);
    update.where = writer.key_condition();
    writer.finish(*statement, engine.session->dialect(), sql::Statement(update));
    return statement;
  });
}

std::shared_ptr<const driver::Statement> update_rows_statement(Engine& engine, const Registry& registry,
                                                               const ModelInfo& model, const ColumnSet& columns,
                                                               std::uint32_t rows) {
  const auto make = [&] {
    auto statement = std::make_shared<driver::Statement>();
    Writer writer(model);
    std::vector<const FieldInfo*> fields;
    for (const std::uint32_t field : model.primary_key) fields.push_back(&model.fields[field]);
    for (const FieldInfo& field : model.fields)
      if (columns.has(field.index)) fields.push_back(&field);
    std::vector<std::string_view> names;
    for (const FieldInfo* field : fields) names.push_back(field->column);
    std::vector<sql::Exprs> values;
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::vector<const sql::Expr*> cells;
      for (const FieldInfo* field : fields) cells.push_back(writer.param(*field));
      values.push_back(writer.arena.list(cells));
    }
    const sql::Source* list =
        writer.arena.make(sql::Source{sql::ValuesList{writer.arena.list(values), writer.arena.list(names)}, {}});
    const auto column = [&](const sql::Source* source, const FieldInfo& field) {
      return writer.arena.expr(sql::Column{source, field.column, field.type, field.nullable});
    };
    std::vector<sql::Assignment> set;
    std::vector<const sql::Expr*> same;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i < model.primary_key.size()) {
        same.push_back(writer.arena.expr(
            sql::Binary{sql::BinaryOp::eq, column(writer.table, *fields[i]), column(list, *fields[i])}));
      } else {
        set.push_back({fields[i]->column, column(list, *fields[i])});
      }
    }
    sql::Update update{};
    update.table = writer.table;
    update.set = writer.arena.list(set);
    update.from = list;
    update.where = writer.arena.expr(sql::Logical{sql::LogicalOp::all, writer.arena.list(same)});
    writer.finish(*statement, engine.session->dialect(), sql::Statement(update));
    return statement;
  };
  if (rows > most_rows_kept) {
    std::shared_ptr<driver::Statement> statement = make();
    statement->cached = false;
    return statement;
  }
  std::vector<std::uint64_t> key(columns.words().begin(), columns.words().end());
  key.push_back(rows);
  return engine.statements.get<driver::Statement>(key_of('b', registry, model), key, make);
}

std::shared_ptr<const driver::Statement> delete_statement(Engine& engine, const Registry& registry,
                                                          const ModelInfo& model) {
  return engine.statements.get<driver::Statement>(key_of('d', registry, model), {}, [&] {
    auto statement = std::make_shared<driver::Statement>();
    Writer writer(model);
    sql::Delete remove{};
    remove.table = writer.table;
    remove.where = writer.key_condition();
    writer.finish(*statement, engine.session->dialect(), sql::Statement(remove));
    return statement;
  });
}

}  // namespace dorm::write
