// One model as a table and its indexes.
#include <algorithm>
#include <array>
#include <string>

#include "core/text.hpp"
#include "migrate/ddl.hpp"
#include "schema/names.hpp"

namespace dorm::migrate {
namespace {

namespace ddl = sql::ddl;

std::vector<std::string> columns_of(const ModelInfo& model, const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const std::uint32_t field : fields) names.push_back(model.fields[field].column);
  return names;
}

ddl::Condition::Op op_of(Condition::Op op) {
  switch (op) {
    case Condition::Op::all:
      return ddl::Condition::Op::all;
    case Condition::Op::any:
      return ddl::Condition::Op::any;
    case Condition::Op::negate:
      return ddl::Condition::Op::negate;
    case Condition::Op::eq:
      return ddl::Condition::Op::eq;
    case Condition::Op::ne:
      return ddl::Condition::Op::ne;
    case Condition::Op::lt:
      return ddl::Condition::Op::lt;
    case Condition::Op::le:
      return ddl::Condition::Op::le;
    case Condition::Op::gt:
      return ddl::Condition::Op::gt;
    case Condition::Op::ge:
      return ddl::Condition::Op::ge;
    case Condition::Op::in:
      return ddl::Condition::Op::in;
    case Condition::Op::is_null:
      return ddl::Condition::Op::is_null;
    case Condition::Op::field:
      return ddl::Condition::Op::column;
    case Condition::Op::value:
      return ddl::Condition::Op::value;
  }
  return ddl::Condition::Op::value;
}

// `type` is that of the field a value is compared with.
ddl::Condition condition_of(const ModelInfo& model, const Condition& from, const Type& type) {
  ddl::Condition to;
  to.op = op_of(from.op);
  to.type = type;
  to.value = from.value;
  if (from.op == Condition::Op::field) {
    to.column = model.fields[from.field].column;
    to.type = model.fields[from.field].type;
  }
  Type inner = type;
  for (const Condition& operand : from.operands)
    if (operand.op == Condition::Op::field) inner = model.fields[operand.field].type;
  for (const Condition& operand : from.operands) to.operands.push_back(condition_of(model, operand, inner));
  return to;
}

std::optional<ddl::Condition> condition_of(const ModelInfo& model, const std::optional<Condition>& from) {
  if (!from) return std::nullopt;
  return condition_of(model, *from, Type{.kind = TypeKind::boolean});
}

ddl::Now function_of(Function function) {
  switch (function) {
    case Function::now:
      return ddl::Now::now;
    case Function::uuid4:
      return ddl::Now::uuid4;
    case Function::uuid7:
      return ddl::Now::uuid7;
  }
  return ddl::Now::none;
}

// A function that dorm itself evaluates is not repeated as DEFAULT: the database's clock and randomness are not dorm's.
void put_default(const FieldInfo& field, std::string_view dialect, ddl::Column& column) {
  if (field.default_value && !field.default_value->function) column.default_value = field.default_value->literal;
  if (!field.database_default) return;
  if (field.database_default->function) {
    column.default_function = function_of(*field.database_default->function);
  } else {
    column.default_sql = field.database_default->sql.get(dialect);
  }
}

ddl::Column column_of(const Registry& registry, const ModelInfo& model, const FieldInfo& field,
                      const sql::Dialect& dialect) {
  ddl::Column column;
  column.name = field.column;
  column.type = field.type;
  column.type_text = field.db_type.get(dialect.name());
  if (field.enumeration != no_index) {
    const EnumInfo& enumeration = registry.enums()[field.enumeration];
    column.enum_values = enumeration.values;
    if (enumeration.native && dialect.capabilities().enum_types) column.enum_type = snake_case(enumeration.name);
  }
  column.nullable = field.nullable;
  column.auto_increment = field.auto_increment;
  put_default(field, dialect.name(), column);
  if (field.generated) {
    column.generated_sql = field.generated->sql.get(dialect.name());
    column.generated_stored = field.generated->stored;
  }
  column.collation = field.collation.get(dialect.name());
  column.check_name = schema::constraint_name(model.table, std::span(&field.column, 1), "check");
  column.comment = field.comment;
  return column;
}

ddl::ForeignKey::Action action_of(ReferentialAction action) {
  switch (action) {
    case ReferentialAction::no_action:
      return ddl::ForeignKey::Action::no_action;
    case ReferentialAction::restrict:
      return ddl::ForeignKey::Action::restrict;
    case ReferentialAction::cascade:
      return ddl::ForeignKey::Action::cascade;
    case ReferentialAction::set_null:
      return ddl::ForeignKey::Action::set_null;
    case ReferentialAction::set_default:
      return ddl::ForeignKey::Action::set_default;
  }
  return ddl::ForeignKey::Action::no_action;
}

ddl::ForeignKey::Deferrable deferrable_of(Deferrable deferrable) {
  switch (deferrable) {
    case Deferrable::no:
      return ddl::ForeignKey::Deferrable::no;
    case Deferrable::initially_immediate:
      return ddl::ForeignKey::Deferrable::initially_immediate;
    case Deferrable::initially_deferred:
      return ddl::ForeignKey::Deferrable::initially_deferred;
  }
  return ddl::ForeignKey::Deferrable::no;
}

ddl::ForeignKey foreign_key_of(const Registry& registry, const ModelInfo& model, const RelationInfo& relation) {
  const ModelInfo& target = registry.model(relation.target);
  ddl::ForeignKey key;
  key.columns = columns_of(model, relation.fields);
  key.name = relation.constraint_name;
  key.target_schema = target.db_schema;
  key.target_table = target.table;
  key.target_columns = columns_of(target, relation.target_fields);
  key.on_delete = action_of(relation.on_delete);
  key.on_update = action_of(relation.on_update);
  key.deferrable = deferrable_of(relation.deferrable);
  return key;
}

// A STRICT table of SQLite knows these types only; one with another db_type cannot be strict.
bool is_strict_type(const std::string& type_text) {
  constexpr std::array<std::string_view, 6> known{"int", "integer", "real", "text", "blob", "any"};
  return type_text.empty() || std::any_of(known.begin(), known.end(),
                                          [&](std::string_view type) { return equal_ignoring_case(type, type_text); });
}

}  // namespace

ddl::CreateTable create_table(const Registry& registry, const ModelInfo& model, const sql::Dialect& dialect) {
  ddl::CreateTable table;
  table.table = {model.db_schema, model.table};
  table.comment = model.comment;
  for (const FieldInfo& field : model.fields) table.columns.push_back(column_of(registry, model, field, dialect));
  table.strict = std::all_of(table.columns.begin(), table.columns.end(),
                             [](const ddl::Column& column) { return is_strict_type(column.type_text); });
  table.primary_key = columns_of(model, model.primary_key);
  for (const UniqueInfo& unique : model.uniques) {
    if (unique.where) continue;
    table.uniques.push_back(
        {unique.name, columns_of(model, unique.fields), unique.nulls_distinct, deferrable_of(unique.deferrable)});
  }
  for (const RelationInfo& relation : model.relations)
    if (relation.holds_key() && relation.constraint)
      table.foreign_keys.push_back(foreign_key_of(registry, model, relation));
  for (const CheckInfo& check : model.checks) {
    ddl::Check made{check.name, condition_of(model, check.condition), std::string(check.sql.get(dialect.name()))};
    if (made.condition || !made.sql.empty()) table.checks.push_back(std::move(made));
  }
  return table;
}

std::vector<ddl::CreateIndex> create_indexes(const ModelInfo& model) {
  std::vector<ddl::CreateIndex> indexes;
  const auto add = [&](const std::string& name, const std::vector<OrderTerm>& terms,
                       const std::optional<Condition>& where) -> ddl::CreateIndex& {
    ddl::CreateIndex& index = indexes.emplace_back();
    index.table = {model.db_schema, model.table};
    index.name = name;
    for (const OrderTerm& term : terms) {
      const FieldInfo& field = model.fields[term.field];
      index.terms.push_back({field.column, term.descending, field.nullable});
    }
    index.where = condition_of(model, where);
    return index;
  };
  // A condition makes of a unique constraint a unique index.
  for (const UniqueInfo& unique : model.uniques) {
    if (!unique.where) continue;
    std::vector<OrderTerm> terms;
    for (const std::uint32_t field : unique.fields) terms.push_back({field, false});
    ddl::CreateIndex& index = add(unique.name, terms, unique.where);
    index.unique = true;
    index.nulls_distinct = unique.nulls_distinct;
  }
  for (const IndexInfo& info : model.indexes) {
    ddl::CreateIndex& index = add(info.name, info.terms, info.where);
    index.method = info.method;
    index.include = columns_of(model, info.include);
  }
  return indexes;
}

}  // namespace dorm::migrate
