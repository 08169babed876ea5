#include "write/statements.hpp"

#include <utility>

#include "query/validate.hpp"
#include "sql/arena.hpp"

namespace dorm::write {
namespace {

std::uint64_t key_of(char kind, const Registry& registry, const ModelInfo& model) {
  return registry.generation() << 32U | static_cast<std::uint64_t>(model.id) << 8U | static_cast<unsigned char>(kind);
}

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

  const sql::Expr* key_condition() {
    std::vector<const sql::Expr*> parts;
    for (const std::uint32_t index : model.primary_key) {
      const FieldInfo& field = model.fields[index];
      const sql::Expr* column = arena.expr(sql::Column{table, field.column, field.type, false});
      parts.push_back(arena.expr(sql::Binary{sql::BinaryOp::eq, column, param(field)}));
    }
    return parts.size() == 1 ? parts.front() : arena.expr(sql::Logical{sql::LogicalOp::all, arena.list(parts)});
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
    std::vector<sql::Output> returning;
    if (by_driver) {
      plan->generated_id = generated.front();
    } else {
      plan->returning = plan->generated;
      for (const std::uint32_t index : generated) {
        const FieldInfo& field = model.fields[index];
        returning.push_back(
            {writer.arena.expr(sql::Column{writer.table, field.column, field.type, field.nullable}), {}});
        plan->statement.columns.push_back({field.type, query::label_of(model, field)});
      }
    }
    insert.returning = writer.arena.list(returning);
    writer.finish(plan->statement, dialect, sql::Statement(insert));
    return plan;
  });
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
