#include "sql/ddl_lowering.hpp"

#include "core/coerce.hpp"
#include "dorm/error.hpp"
#include "sql/identifier.hpp"

namespace dorm::sql {
namespace {

std::string constraint(const std::string& name) { return name.empty() ? "" : "CONSTRAINT " + name + " "; }

std::string_view action(ddl::ForeignKey::Action action) {
  switch (action) {
    case ddl::ForeignKey::Action::no_action:
      return {};
    case ddl::ForeignKey::Action::restrict:
      return "RESTRICT";
    case ddl::ForeignKey::Action::cascade:
      return "CASCADE";
    case ddl::ForeignKey::Action::set_null:
      return "SET NULL";
    case ddl::ForeignKey::Action::set_default:
      return "SET DEFAULT";
  }
  return {};
}

std::string_view deferral(ddl::ForeignKey::Deferrable deferrable) {
  switch (deferrable) {
    case ddl::ForeignKey::Deferrable::no:
      return {};
    case ddl::ForeignKey::Deferrable::initially_immediate:
      return " DEFERRABLE INITIALLY IMMEDIATE";
    case ddl::ForeignKey::Deferrable::initially_deferred:
      return " DEFERRABLE INITIALLY DEFERRED";
  }
  return {};
}

std::string_view comparison(ddl::Condition::Op op) {
  switch (op) {
    case ddl::Condition::Op::eq:
      return " = ";
    case ddl::Condition::Op::ne:
      return " != ";
    case ddl::Condition::Op::lt:
      return " < ";
    case ddl::Condition::Op::le:
      return " <= ";
    case ddl::Condition::Op::gt:
      return " > ";
    case ddl::Condition::Op::ge:
      return " >= ";
    default:
      return {};
  }
}

std::string in_one_line_each(const std::vector<std::string>& items) {
  std::string text = "(";
  std::string_view before = "\n  ";
  for (const std::string& item : items) {
    text.append(before).append(item);
    before = ",\n  ";
  }
  return text + "\n)";
}

}  // namespace

std::vector<std::string> DdlLowering::texts(const ddl::Statement& statement) {
  return std::visit([&](const auto& node) { return write(node); }, statement);
}

void DdlLowering::refuse(std::string_view what, std::string_view mend) const {
  throw QueryError(std::string(dialect_) + " has no " + std::string(what) + "; " + std::string(mend));
}

void DdlLowering::refuse_schemas() const { refuse("schemas", "leave \"db_schema\" out for this backend"); }

std::string DdlLowering::name(std::string_view name) const {
  std::string text;
  append_identifier(text, name, capabilities_.max_identifier_bytes);
  return text;
}

std::string DdlLowering::name(const ddl::TableName& table) const {
  if (table.schema.empty()) return name(table.name);
  if (!capabilities_.schemas) refuse_schemas();
  return name(table.schema) + "." + name(table.name);
}

std::string DdlLowering::names(const std::vector<std::string>& names) const {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "(" : ", ") + name(each);
  return text + ")";
}

std::string DdlLowering::value(const Value& value, const Type& type) const {
  return value.is_null() ? "NULL" : literal(coerce(value, type, "a value in a schema"), type);
}

// ---- create table ----

std::vector<std::string> DdlLowering::write(const ddl::CreateTable& table) {
  std::vector<std::string> items;
  items.reserve(table.columns.size());
  for (const ddl::Column& each : table.columns) items.push_back(column(table, each));
  const bool in_column = table.primary_key.size() == 1 && table.primary_key_name.empty();
  if (!table.primary_key.empty() && !in_column)
    items.push_back(constraint(table.primary_key_name.empty() ? "" : name(table.primary_key_name)) + "PRIMARY KEY " +
                    names(table.primary_key));
  for (const ddl::Unique& each : table.uniques) items.push_back(unique(each));
  for (const ddl::ForeignKey& key : table.foreign_keys) items.push_back(foreign_key(key));
  for (const ddl::Check& check : table.checks)
    items.push_back(constraint(check.name.empty() ? "" : name(check.name)) + "CHECK (" +
                    (check.condition ? condition(*check.condition) : check.sql) + ")");
  return {std::string("CREATE TABLE ") + (table.if_not_exists ? "IF NOT EXISTS " : "") + name(table.table) + " " +
          in_one_line_each(items) + table_options(table)};
}

std::string DdlLowering::column(const ddl::CreateTable& table, const ddl::Column& column) const {
  const bool whole_key = table.primary_key.size() == 1 && table.primary_key[0] == column.name;
  const bool key_here = whole_key && table.primary_key_name.empty();
  std::string text = name(column.name) + " " + (column.type_text.empty() ? type(column) : column.type_text);
  if (column.auto_increment) return text + " " + identity(column, key_here);
  if (!column.nullable) text += " NOT NULL";
  text += default_value(column);
  if (!column.generated_sql.empty())
    text += " GENERATED ALWAYS AS (" + column.generated_sql + ")" + (column.generated_stored ? " STORED" : " VIRTUAL");
  if (key_here) text += " PRIMARY KEY";
  if (!column.type_text.empty()) return text;
  const std::string check = type_check(column);
  if (check.empty()) return text;
  return text + " " + constraint(column.check_name.empty() ? "" : name(column.check_name)) + "CHECK (" + check + ")";
}

std::string DdlLowering::default_value(const ddl::Column& column) const {
  if (!column.default_sql.empty()) return " DEFAULT (" + column.default_sql + ")";
  if (column.default_function != ddl::Now::none) return " DEFAULT " + function(column.default_function, column.type);
  if (column.default_value) return " DEFAULT " + value(*column.default_value, column.type);
  return {};
}

std::string DdlLowering::foreign_key(const ddl::ForeignKey& key) const {
  std::string text = constraint(key.name.empty() ? "" : name(key.name)) + "FOREIGN KEY " + names(key.columns) +
                     " REFERENCES " + name(ddl::TableName{key.target_schema, key.target_table}) + " " +
                     names(key.target_columns);
  if (key.on_delete != ddl::ForeignKey::Action::no_action) text.append(" ON DELETE ").append(action(key.on_delete));
  if (key.on_update != ddl::ForeignKey::Action::no_action) text.append(" ON UPDATE ").append(action(key.on_update));
  return text + std::string(deferral(key.deferrable));
}

std::string DdlLowering::unique(const ddl::Unique& unique) const {
  if (unique.deferrable != ddl::ForeignKey::Deferrable::no && !capabilities_.deferrable_uniques)
    refuse("deferrable unique constraints", "leave \"deferrable\" out");
  return constraint(unique.name.empty() ? "" : name(unique.name)) + "UNIQUE " + nulls(unique.nulls_distinct) +
         names(unique.columns) + std::string(deferral(unique.deferrable));
}

std::string DdlLowering::nulls(bool distinct) const {
  if (distinct) return {};
  if (!capabilities_.nulls_not_distinct)
    refuse("unique constraints that take NULLs for equal", "leave \"nulls_distinct\" out");
  return "NULLS NOT DISTINCT ";
}

// ---- conditions ----

std::string DdlLowering::joined(const std::vector<ddl::Condition>& conditions, std::string_view word) const {
  std::string text;
  for (const ddl::Condition& each : conditions) text.append(text.empty() ? "(" : word).append(condition(each));
  return text + ")";
}

std::string DdlLowering::condition(const ddl::Condition& node) const {
  using Op = ddl::Condition::Op;
  switch (node.op) {
    case Op::all:
      return node.operands.empty() ? "TRUE" : joined(node.operands, " AND ");
    case Op::any:
      return node.operands.empty() ? "FALSE" : joined(node.operands, " OR ");
    case Op::negate:
      return "(NOT " + condition(node.operands.at(0)) + ")";
    case Op::is_null:
      return "(" + condition(node.operands.at(0)) + " IS NULL)";
    case Op::column:
      return name(node.column);
    case Op::value:
      return value(node.value, node.type);
    case Op::in: {
      check_comparable(node);
      const std::vector<ddl::Condition> items(node.operands.begin() + 1, node.operands.end());
      if (items.empty()) return "(0 = 1)";
      return "(" + condition(node.operands.at(0)) + " IN " + joined(items, ", ") + ")";
    }
    default:
      check_comparable(node);
      return "(" + condition(node.operands.at(0)) + std::string(comparison(node.op)) + condition(node.operands.at(1)) +
             ")";
  }
}

// ---- indexes and drops ----

std::vector<std::string> DdlLowering::write(const ddl::CreateIndex& index) {
  std::string text = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  if (index.if_not_exists) text += "IF NOT EXISTS ";
  text += name(index.name) + " ON " + name(index.table) + " " + index_method(index);
  std::vector<std::string> terms;
  for (const ddl::CreateIndex::Term& term : index.terms) terms.push_back(index_term(index, term));
  const std::string include = index_include(index, terms);
  std::string_view before = "(";
  for (const std::string& term : terms) {
    text.append(before).append(term);
    before = ", ";
  }
  text += ")" + include;
  if (!index.nulls_distinct) text += " " + nulls(false);
  if (index.where) text += " WHERE " + condition(*index.where);
  return {text};
}

std::vector<std::string> DdlLowering::write(const ddl::DropTable& drop) {
  return {std::string("DROP TABLE ") + (drop.if_exists ? "IF EXISTS " : "") + name(drop.table)};
}

std::vector<std::string> DdlLowering::write(const ddl::CreateSchema&) { refuse_schemas(); }

std::vector<std::string> DdlLowering::write(const ddl::CreateEnum&) {
  refuse("enum types", "store the values as text with a check");
}

std::vector<std::string> DdlLowering::write(const ddl::DropEnum&) {
  refuse("enum types", "store the values as text with a check");
}

std::vector<std::string> DdlLowering::write(const ddl::AddForeignKey&) {
  refuse("ALTER TABLE that adds a foreign key", "declare the key when the table is created");
}

std::vector<std::string> DdlLowering::write(const ddl::DropForeignKey&) {
  refuse("ALTER TABLE that drops a foreign key", "make the table anew");
}

}  // namespace dorm::sql
