#include "sqlite/ddl.hpp"

#include "core/collation.hpp"
#include "core/scaled.hpp"
#include "dorm/error.hpp"
#include "sql/ddl_lowering.hpp"
#include "sql/literal.hpp"

namespace dorm::sqlite {
namespace {

namespace ddl = sql::ddl;

class DdlLowering final : public sql::DdlLowering {
 public:
  explicit DdlLowering(const sql::Capabilities& capabilities) : sql::DdlLowering("sqlite", capabilities) {}

 private:
  using sql::DdlLowering::write;

  std::string type(const ddl::Column& column) const override {
    const std::string collation = column.collation.empty() ? "" : " COLLATE " + name(collation_name(column.collation));
    switch (column.type.kind) {
      case TypeKind::boolean:
      case TypeKind::smallint:
      case TypeKind::integer:
      case TypeKind::bigint:
        return "INTEGER";
      case TypeKind::real:
      case TypeKind::double_precision:
        return "REAL";
      case TypeKind::decimal:
        return is_scaled_integer(column.type) ? "INTEGER" : "TEXT";
      case TypeKind::uuid:
        return column.type.storage == Storage::blob ? "BLOB" : "TEXT";
      case TypeKind::binary:
        return "BLOB";
      case TypeKind::string:
      case TypeKind::text:
      case TypeKind::enumeration:
        return "TEXT" + collation;
      case TypeKind::date:
      case TypeKind::time:
      case TypeKind::datetime:
      case TypeKind::json:
        return "TEXT";
      case TypeKind::unknown:
        break;
    }
    refuse("type for column '" + column.name + "'", "give the field a type");
  }

  std::string type_check(const ddl::Column& column) const override {
    const std::string column_name = name(column.name);
    switch (column.type.kind) {
      case TypeKind::boolean:
        return column_name + " IN (0, 1)";
      case TypeKind::string:
        if (column.type.max_length == 0) return {};
        return "length(" + column_name + ") <= " + std::to_string(column.type.max_length);
      case TypeKind::json:
        return "json_valid(" + column_name + ")";
      case TypeKind::enumeration: {
        std::string list;
        for (const std::string& each : column.enum_values) list += (list.empty() ? "" : ", ") + sql::text_literal(each);
        return list.empty() ? list : column_name + " IN (" + list + ")";
      }
      default:
        return {};
    }
  }

  // Only this exact form makes keys that are never used again, and only for a key of one column.
  std::string identity(const ddl::Column& column, bool whole_key) const override {
    if (!whole_key) refuse("auto-increment for '" + column.name + "'", "make it the only column of the primary key");
    return "PRIMARY KEY AUTOINCREMENT";
  }

  // The texts of sqlite/types.cpp; the clock has milliseconds, the column microseconds.
  std::string function(ddl::Now function, const Type& type) const override {
    if (function == ddl::Now::now && type.kind == TypeKind::datetime)
      return "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))";
    if (function == ddl::Now::now && type.kind == TypeKind::date) return "(date('now'))";
    if (function == ddl::Now::now && type.kind == TypeKind::time) return "(strftime('%H:%M:%f000', 'now'))";
    if (function == ddl::Now::uuid4 && type.kind == TypeKind::uuid && type.storage == Storage::native)
      return "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' "
             "|| "
             "substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))";
    refuse("such function as a default for " + to_string(type),
           "let dorm write it: use \"default\" in the place of \"db_default\"");
  }

  std::string literal(const Value& value, const Type& type) const override {
    switch (value.kind()) {
      case ValueKind::boolean:
        return value.boolean() ? "1" : "0";
      case ValueKind::integer:
        return sql::integer_literal(value.integer());
      case ValueKind::real:
        return sql::real_literal(value.real());
      case ValueKind::decimal: {
        const Decimal number = value.decimal().rescaled(type.scale);
        if (is_decimal_text(type)) return sql::text_literal(number.text());
        if (!number.fits()) throw QueryError("the number " + number.text() + " does not fit " + to_string(type));
        return sql::integer_literal(number.unscaled());
      }
      case ValueKind::text:
        return sql::text_literal(value.text());
      case ValueKind::blob:
        return "X'" + sql::hex_digits(value.blob().bytes) + "'";
      case ValueKind::uuid:
        if (type.storage == Storage::blob) {
          const auto& bytes = value.uuid().bytes;
          return "X'" + sql::hex_digits(std::string(bytes.begin(), bytes.end())) + "'";
        }
        return sql::text_literal(value.uuid().text());
      case ValueKind::date:
        return sql::text_literal(value.date().text());
      case ValueKind::time:
        return sql::text_literal(value.time().text());
      case ValueKind::datetime:
        return sql::text_literal(value.datetime().text());
      case ValueKind::json:
        return sql::text_literal(value.json().text);
      case ValueKind::null:
      case ValueKind::list:
        break;
    }
    refuse("literal for a list", "use a JSON default");
  }

  // STRICT makes the column types mean something. It takes no types of one's own, which a field's db_type may have
  // brought in.
  std::string table_options(const ddl::CreateTable& table) const override { return table.strict ? " STRICT" : ""; }

  std::string index_method(const ddl::CreateIndex& index) const override {
    if (!index.method.empty() && index.method != "btree")
      refuse("index method '" + index.method + "'", "leave \"method\" out");
    return {};
  }
  // There is no INCLUDE: columns at the end of the index are read from it just as well, unless it is to be unique.
  std::string index_include(const ddl::CreateIndex& index, std::vector<std::string>& terms) const override {
    if (index.unique) return {};
    for (const std::string& column : index.include) terms.push_back(name(column));
    return {};
  }
  // NULL is the smallest value in an index as it is in a query; naming it is not allowed.
  std::string index_term(const ddl::CreateIndex&, const ddl::CreateIndex::Term& term) const override {
    return name(term.column) + (term.descending ? " DESC" : "");
  }

  void check_comparable(const ddl::Condition& condition) const override {
    const Type& left = condition.operands.at(0).type;
    const bool by_order = condition.op != ddl::Condition::Op::eq && condition.op != ddl::Condition::Op::ne &&
                          condition.op != ddl::Condition::Op::in;
    for (const ddl::Condition& operand : condition.operands) {
      const Type& right = operand.type;
      for (const Type* type : {&left, &right})
        if (is_decimal_text(*type) && by_order)
          refuse("order for " + to_string(*type), "use at most 18 digits, or write the check as \"sql\"");
      const bool decimals = left.kind == TypeKind::decimal || right.kind == TypeKind::decimal;
      if (decimals && (left.scale != right.scale || is_decimal_text(left) != is_decimal_text(right)))
        refuse("comparison of " + to_string(left) + " with " + to_string(right), "write the condition as \"sql\"");
    }
  }

  // Dropping a table deletes its rows first. With deferred keys the rows of other tables in a cycle may go after them.
  std::vector<std::string> write(const ddl::DropTable& drop) override {
    std::vector<std::string> texts = sql::DdlLowering::write(drop);
    if (drop.cascade) texts.insert(texts.begin(), "PRAGMA defer_foreign_keys = ON");
    return texts;
  }
};

}  // namespace

std::string_view collation_name(std::string_view collation) noexcept {
  return collation.empty() || compares_bytes(collation) ? "BINARY" : collation;
}

bool is_built_in(std::string_view collation) noexcept {
  return compares_bytes(collation) || equal_ignoring_case(collation, "NOCASE") ||
         equal_ignoring_case(collation, "RTRIM");
}

std::vector<std::string> lower_ddl(const sql::ddl::Statement& statement, const sql::Capabilities& capabilities) {
  return DdlLowering(capabilities).texts(statement);
}

}  // namespace dorm::sqlite
