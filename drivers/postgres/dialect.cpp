#include "postgres/dialect.hpp"

#include <string>

#include "core/text.hpp"
#include "postgres/ddl.hpp"
#include "sql/identifier.hpp"
#include "sql/literal.hpp"
#include "sql/lowering.hpp"
#include "sql/operators.hpp"

namespace dorm::postgres {
namespace {

class Lowering final : public sql::Lowering {
 public:
  explicit Lowering(const sql::Capabilities& capabilities) : sql::Lowering("postgres", capabilities) {}

 private:
  using sql::Lowering::write;

  // An expression with a value is the same one in SELECT and in GROUP BY only if it names the same parameter.
  void write(const sql::Param& param) override { put("$", shared_placeholder(param)); }

  // A bigint is shifted by an integer, never by a bigint.
  void write(const sql::Binary& binary) override {
    if (binary.op != sql::BinaryOp::shift_left && binary.op != sql::BinaryOp::shift_right)
      return sql::Lowering::write(binary);
    put("(", operand(binary.left), binary.op == sql::BinaryOp::shift_left ? " << " : " >> ", "CAST(", *binary.right,
        " AS integer))");
  }

  // What dorm takes for a double may be a single here, which has other digits.
  void write(const sql::JsonElement& element) override {
    if (element.type.kind != TypeKind::double_precision) return put(*element.operand);
    put("CAST(", *element.operand, " AS double precision)");
  }

  void write(const sql::InArray& in) override {
    put("(", operand(in.operand), in.negated ? " != ALL(" : " = ANY(", sql::Expr{in.array}, "))");
  }

  // Letters are folded and ordered by locale here; under COLLATE "C" only the ASCII ones are folded.
  void write(const sql::Match& match) override {
    const sql::Expr& value = *match.operand;
    const sql::Expr& pattern = *match.pattern;
    const std::string_view no = match.negated ? "NOT " : "";
    switch (match.op) {
      case sql::MatchOp::like:
        return put("(", operand(&value), " ", no, "LIKE ", operand(&pattern), ")");
      case sql::MatchOp::ilike:
        put("(");
        folded(value);
        put(" ", no, "LIKE ");
        folded(pattern);
        return put(")");
      case sql::MatchOp::contains:
        return put("(strpos(", value, ", ", pattern, match.negated ? ") = 0)" : ") > 0)");
      case sql::MatchOp::icontains:
        put("(strpos(");
        folded(value);
        put(", ");
        folded(pattern);
        return put(match.negated ? ") = 0)" : ") > 0)");
      case sql::MatchOp::startswith:
        return put("(", no, "starts_with(", value, ", ", pattern, "))");
      case sql::MatchOp::istartswith:
        put("(", no, "starts_with(");
        folded(value);
        put(", ");
        folded(pattern);
        return put("))");
      case sql::MatchOp::endswith:
        return put("(right(", value, ", length(", pattern, ")) ", match.negated ? "!= " : "= ", operand(&pattern), ")");
      case sql::MatchOp::iendswith:
        put("(right(");
        folded(value);
        put(", length(", pattern, ")) ", match.negated ? "!= " : "= ");
        folded(pattern);
        return put(")");
      case sql::MatchOp::iexact:
        put("(");
        folded(value);
        put(match.negated ? " != " : " = ");
        folded(pattern);
        return put(")");
      case sql::MatchOp::regex:
        return put("(", operand(&value), " COLLATE \"C\"", match.negated ? " !~ " : " ~ ", operand(&pattern), ")");
      case sql::MatchOp::iregex:
        return put("(", operand(&value), " COLLATE \"C\"", match.negated ? " !~* " : " ~* ", operand(&pattern), ")");
    }
  }
  void folded(const sql::Expr& expr) { put("lower(", operand(&expr), " COLLATE \"C\")"); }

  // EXTRACT gives fractions of seconds, and of an instant what the session's time zone makes of it.
  void write(const sql::DatePart& part) override {
    switch (part.part) {
      case sql::DatePartKind::date:
        return cast_part(part, "date");
      case sql::DatePartKind::time:
        return cast_part(part, "time");
      case sql::DatePartKind::year:
        return extracted(part, "YEAR");
      case sql::DatePartKind::quarter:
        return extracted(part, "QUARTER");
      case sql::DatePartKind::month:
        return extracted(part, "MONTH");
      case sql::DatePartKind::week:
        return extracted(part, "WEEK");
      case sql::DatePartKind::day:
        return extracted(part, "DAY");
      case sql::DatePartKind::week_day:
        return extracted(part, "ISODOW");
      case sql::DatePartKind::hour:
        return extracted(part, "HOUR");
      case sql::DatePartKind::minute:
        return extracted(part, "MINUTE");
      case sql::DatePartKind::second:
        put("CAST(FLOOR(EXTRACT(SECOND FROM ");
        wall_clock(part);
        return put(")) AS integer)");
    }
  }
  void extracted(const sql::DatePart& part, std::string_view field) {
    put("CAST(EXTRACT(", field, " FROM ");
    wall_clock(part);
    put(") AS integer)");
  }
  void cast_part(const sql::DatePart& part, std::string_view type) {
    put("CAST(");
    wall_clock(part);
    put(" AS ", type, ")");
  }
  void wall_clock(const sql::DatePart& part) {
    if (part.type.kind != TypeKind::datetime || !part.type.timezone) return put(*part.operand);
    put("(", operand(part.operand), " AT TIME ZONE 'UTC')");
  }

  void write(const sql::DateTrunc& truncated) override {
    const std::string unit = sql::text_literal(sql::word(truncated.part));
    if (truncated.type.kind == TypeKind::date)
      return put("CAST(date_trunc(", unit, ", CAST(", *truncated.operand, " AS timestamp)) AS date)");
    put("date_trunc(", unit, ", ", *truncated.operand, truncated.type.timezone ? ", 'UTC')" : ")");
  }

  // Arrows ask members of objects only, and elements of arrays only; paths as text would ask either.
  void write(const sql::JsonPath& path) override {
    const sql::Expr place{sql::JsonPath{sql::JsonRead::json, path.operand, path.steps}};
    switch (path.as) {
      case sql::JsonRead::json:
        return json_steps(path.operand, path.steps);
      case sql::JsonRead::exists:
        return put("(", place, " IS NOT NULL)");
      case sql::JsonRead::text:
        return put("CASE jsonb_typeof(", place, ") WHEN 'string' THEN (", place, " #>> '{}') END");
      case sql::JsonRead::integer:
        return put("CASE jsonb_typeof(", place, ") WHEN 'number' THEN CASE WHEN CAST(", place,
                   " AS numeric) BETWEEN -9223372036854775808 AND 9223372036854775807 AND CAST(", place,
                   " AS numeric) % 1 = 0 THEN CAST(CAST(", place, " AS numeric) AS bigint) END END");
      case sql::JsonRead::real:
        return put("CASE jsonb_typeof(", place, ") WHEN 'number' THEN CAST((", place,
                   " #>> '{}') AS double precision) END");
      case sql::JsonRead::boolean:
        return put("CASE jsonb_typeof(", place, ") WHEN 'boolean' THEN CAST((", place, " #>> '{}') AS boolean) END");
      case sql::JsonRead::length:
        return put("CASE jsonb_typeof(", place, ") WHEN 'array' THEN jsonb_array_length(", place, ") END");
    }
  }

  void json_steps(const sql::Expr* operand, sql::List<sql::JsonStep> steps) {
    if (steps.empty()) return put(*operand);
    const sql::JsonStep& last = steps.back();
    put("(");
    json_steps(operand, steps.first(steps.size() - 1));
    put(" -> ", last.is_element ? sql::integer_literal(last.element) : sql::text_literal(last.member), ")");
  }

  // A truth becomes an integer, and no other number.
  void write(const sql::Cast& cast) override {
    if (cast.from == TypeKind::boolean && is_number(cast.type.kind) && cast.type.kind != TypeKind::integer)
      return put("CAST(CAST(", *cast.operand, " AS integer) AS ", type_text(cast.type), ")");
    put("CAST(", *cast.operand, " AS ", type_text(cast.type), ")");
  }
  static bool is_number(TypeKind kind) {
    return kind == TypeKind::smallint || kind == TypeKind::bigint || kind == TypeKind::integer ||
           kind == TypeKind::real || kind == TypeKind::double_precision || kind == TypeKind::decimal;
  }

  // Any other name may be of a collation that somebody has made in the database.
  void write(const sql::Collate& collate) override {
    if (equal_ignoring_case(collate.collation, "NOCASE") || equal_ignoring_case(collate.collation, "RTRIM"))
      refuse("collation " + quote(collate.collation), "it is SQLite's; compare what fn::lower() makes of the texts");
    sql::Lowering::write(sql::Collate{collate.operand, collation_name(collate.collation)});
  }
};

class Dialect final : public sql::Dialect {
 public:
  std::string_view name() const noexcept override { return "postgres"; }
  const sql::Capabilities& capabilities() const noexcept override { return capabilities_; }
  sql::Text lower(const sql::Statement& statement) const override { return Lowering(capabilities_).text(statement); }
  std::vector<std::string> lower(const sql::ddl::Statement& statement) const override {
    return lower_ddl(statement, capabilities_);
  }
  std::string copy_in(const sql::Table& table, sql::List<std::string_view> columns) const override {
    std::string text = "COPY " + table_name(table.schema, table.name) + " (";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) text += ", ";
      sql::append_identifier(text, columns[i], capabilities_.max_identifier_bytes);
    }
    return text + ") FROM STDIN (FORMAT binary)";
  }

 private:
  sql::Capabilities capabilities_ = postgres::capabilities();
};

}  // namespace

const sql::Dialect& dialect() {
  static const Dialect only;
  return only;
}

std::string table_name(std::string_view schema, std::string_view table) {
  const std::size_t longest = dialect().capabilities().max_identifier_bytes;
  std::string text;
  if (!schema.empty()) {
    sql::append_identifier(text, schema, longest);
    text += '.';
  }
  sql::append_identifier(text, table, longest);
  return text;
}

}  // namespace dorm::postgres
