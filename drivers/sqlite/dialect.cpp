#include "sqlite/dialect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "core/json_text.hpp"
#include "core/scaled.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "sql/literal.hpp"
#include "sql/lowering.hpp"
#include "sqlite/ddl.hpp"
#include "sqlite/parser_stack.hpp"

namespace dorm::sqlite {
namespace {

class Lowering final : public sql::Lowering {
 public:
  explicit Lowering(const sql::Capabilities& capabilities) : sql::Lowering("sqlite", capabilities) {}

 private:
  using sql::Lowering::write;

  // IS compares NULL with NULL here; IS DISTINCT FROM came only with 3.39. There is no operator for exclusive or, and
  // spelling it with & and | would evaluate both operands twice. Dividing by zero gives NULL here, not an error.
  void write(const sql::Binary& binary) override {
    switch (binary.op) {
      case sql::BinaryOp::is_distinct:
        return put("(", operand(binary.left), " IS NOT ", operand(binary.right), ")");
      case sql::BinaryOp::is_not_distinct:
        return put("(", operand(binary.left), " IS ", operand(binary.right), ")");
      case sql::BinaryOp::json_contains:
        return put("dorm_json_contains(", *binary.left, ", ", *binary.right, ")");
      case sql::BinaryOp::bit_xor:
        return put("dorm_bit_xor(", *binary.left, ", ", *binary.right, ")");
      case sql::BinaryOp::divide:
        // A constant is one of our own making, and never 0.
        if (std::holds_alternative<sql::Constant>(binary.right->node)) return sql::Lowering::write(binary);
        return put("dorm_divide(", *binary.left, ", ", *binary.right, ")");
      case sql::BinaryOp::modulo:
        return put("dorm_modulo(", *binary.left, ", ", *binary.right, ")");
      default:
        return sql::Lowering::write(binary);
    }
  }

  void write(const sql::Call& call) override {
    if (call.name == "RANDOM" && call.arguments.empty())
      return put("(CAST(random() & 9007199254740991 AS REAL) / 9007199254740992)");
    sql::Call named = call;
    if (call.name == "STRING_AGG") {
      if (call.distinct) refuse("distinct string_agg", "aggregate over a subquery of distinct texts");
      named.name = "GROUP_CONCAT";
    } else if (call.arguments.size() == 1 && std::holds_alternative<sql::JsonElement>(call.arguments[0]->node)) {
      named.name = "dorm_json_agg";
    }
    sql::Lowering::write(named);
  }

  // json_group_array() would write booleans as numbers, json as texts and doubles with 15 digits.
  void write(const sql::JsonElement& element) override {
    put("dorm_json_of(", *element.operand, ", ", sql::text_literal(to_string(Type{.kind = element.type.kind})), ")");
  }

  // A list of row values must be a VALUES clause.
  void write(const sql::InList& in) override {
    if (in.items.empty() || !std::holds_alternative<sql::Tuple>(in.operand->node)) return sql::Lowering::write(in);
    put("(", operand(in.operand), in.negated ? " NOT IN (VALUES " : " IN (VALUES ");
    put_list(in.items);
    put("))");
  }

  // No arrays: the list travels as one JSON text.
  void write(const sql::InArray& in) override {
    put("(", operand(in.operand), in.negated ? " NOT IN (" : " IN (", "SELECT value FROM json_each(",
        sql::Expr{in.array}, ")))");
  }

  // LIKE folds ASCII letters, and has no escape character unless one is named. instr, substr and length count code
  // points and compare bytes; lower folds ASCII only.
  void write(const sql::Match& match) override {
    const sql::Expr& value = *match.operand;
    const sql::Expr& pattern = *match.pattern;
    const auto negation = [&](std::string_view word) { return match.negated ? word : std::string_view(); };
    switch (match.op) {
      case sql::MatchOp::like:
        return put("(", negation("NOT "), "dorm_like(", pattern, ", ", value, "))");
      case sql::MatchOp::ilike:
        return put("(", operand(&value), negation(" NOT"), " LIKE ", operand(&pattern), " ESCAPE '\\')");
      case sql::MatchOp::contains:
        return put("(instr(", value, ", ", pattern, match.negated ? ") = 0)" : ") > 0)");
      case sql::MatchOp::icontains:
        return put("(instr(lower(", value, "), lower(", pattern, match.negated ? ")) = 0)" : ")) > 0)");
      case sql::MatchOp::startswith:
        return put("(instr(", value, ", ", pattern, match.negated ? ") != 1)" : ") = 1)");
      case sql::MatchOp::istartswith:
        return put("(instr(lower(", value, "), lower(", pattern, match.negated ? ")) != 1)" : ")) = 1)");
      // Equal texts are of equal length, so a start before the value's own, for a longer pattern, does no harm.
      case sql::MatchOp::endswith:
        return put("(substr(", value, ", length(", value, ") - length(", pattern, ") + 1) ",
                   match.negated ? "!= " : "= ", operand(&pattern), ")");
      case sql::MatchOp::iendswith:
        return put("(lower(substr(", value, ", length(", value, ") - length(", pattern, ") + 1)) ",
                   match.negated ? "!= " : "= ", "lower(", pattern, "))");
      case sql::MatchOp::iexact:
        return put("(lower(", value, match.negated ? ") != lower(" : ") = lower(", pattern, "))");
      case sql::MatchOp::regex:
        return put("(", operand(&value), negation(" NOT"), " REGEXP ", operand(&pattern), ")");
      case sql::MatchOp::iregex:
        return put("(", negation("NOT "), "dorm_iregexp(", pattern, ", ", value, "))");
    }
  }

  // The text itself says it. SQLite's own functions count in milliseconds: they would make the last microseconds of a
  // day the next one.
  void write(const sql::DatePart& part) override {
    const sql::Expr& value = *part.operand;
    const std::size_t clock = part.type.kind == TypeKind::time ? 0 : 11;
    const auto digits = [&](std::size_t from, std::size_t count) {
      put("CAST(substr(", value, ", ", from, ", ", count, ") AS INTEGER)");
    };
    switch (part.part) {
      case sql::DatePartKind::date:
        return put("substr(", value, ", 1, 10)");
      case sql::DatePartKind::time:
        return put("substr(", value, ", ", clock + 1, ")");
      case sql::DatePartKind::year:
        return digits(1, 4);
      case sql::DatePartKind::quarter:
        return put("((CAST(substr(", value, ", 6, 2) AS INTEGER) + 2) / 3)");
      case sql::DatePartKind::month:
        return digits(6, 2);
      case sql::DatePartKind::week:  // that of its Thursday; %V came only with 3.46
        return put("((CAST(strftime('%j', substr(", value, ", 1, 10), '-3 days', 'weekday 4') AS INTEGER) + 6) / 7)");
      case sql::DatePartKind::day:
        return digits(9, 2);
      case sql::DatePartKind::week_day:
        return put("((CAST(strftime('%w', substr(", value, ", 1, 10)) AS INTEGER) + 6) % 7 + 1)");
      case sql::DatePartKind::hour:
        return digits(clock + 1, 2);
      case sql::DatePartKind::minute:
        return digits(clock + 4, 2);
      case sql::DatePartKind::second:
        return digits(clock + 7, 2);
    }
  }

  // Datetimes are texts of one length, so that their start is what is kept.
  void write(const sql::DateTrunc& truncated) override {
    const sql::Expr& value = *truncated.operand;
    const bool has_clock = truncated.type.kind == TypeKind::datetime;
    const auto kept = [&](std::size_t characters, std::string_view rest) {
      put("(substr(", value, ", 1, ", characters, ") || '", rest, has_clock && characters < 13 ? midnight : "", "')");
    };
    switch (truncated.part) {
      case sql::DatePartKind::year:
        return kept(4, "-01-01");
      case sql::DatePartKind::quarter:
        put("(substr(", value, ", 1, 5) || substr('01010104040407070710101010', 2 * CAST(substr(", value,
            ", 6, 2) AS INTEGER) - 1, 2) || '-01");
        return put(has_clock ? midnight : "", "')");
      case sql::DatePartKind::month:
        return kept(7, "-01");
      case sql::DatePartKind::week:  // its Monday
        put("(date(substr(", value, ", 1, 10), 'weekday 0', '-6 days')");
        return has_clock ? put(" || '", midnight, "')") : put(")");
      case sql::DatePartKind::day:
        return kept(10, "");
      case sql::DatePartKind::hour:
        return kept(13, ":00:00.000000");
      case sql::DatePartKind::minute:
        return kept(16, ":00.000000");
      case sql::DatePartKind::second:
        return kept(19, ".000000");
      default:
        refuse("start of such a part", "truncate to a year, month, week, day, hour or another of its kind");
    }
  }
  static constexpr std::string_view midnight = " 00:00:00.000000";

  void write(const sql::JsonPath& path) override {
    if (has_escaped_name(path.steps)) return write_found(path);
    const sql::Expr& value = *path.operand;
    const std::string place = sql::text_literal(path_of(path.steps));
    switch (path.as) {
      case sql::JsonRead::json:
        return put("(", operand(&value), " -> ", place, ")");
      case sql::JsonRead::exists:
        return put("(json_type(", value, ", ", place, ") IS NOT NULL)");
      case sql::JsonRead::text:
        return put("CASE json_type(", value, ", ", place, ") WHEN 'text' THEN json_extract(", value, ", ", place,
                   ") END");
      case sql::JsonRead::integer:
        return put("CASE WHEN json_type(", value, ", ", place,
                   ") IN ('integer', 'real') THEN dorm_json_whole(json_extract(", value, ", ", place, ")) END");
      case sql::JsonRead::real:
        return put("CASE WHEN json_type(", value, ", ", place, ") IN ('integer', 'real') THEN CAST(json_extract(",
                   value, ", ", place, ") AS REAL) END");
      case sql::JsonRead::boolean:
        return put("CASE json_type(", value, ", ", place, ") WHEN 'true' THEN 1 WHEN 'false' THEN 0 END");
      case sql::JsonRead::length:
        return put("CASE json_type(", value, ", ", place, ") WHEN 'array' THEN json_array_length(", value, ", ", place,
                   ") END");
    }
  }
  std::string path_of(sql::List<sql::JsonStep> steps) const {
    std::string text = "$";
    for (const sql::JsonStep& step : steps) {
      if (step.is_element) {
        text += step.element < 0 ? "[#" + std::to_string(step.element) + "]" : "[" + std::to_string(step.element) + "]";
        continue;
      }
      text.append(".\"").append(step.member).append("\"");
    }
    return text;
  }

  // SQLite's paths find a name only as the document spells it. There are programs that write these with escapes.
  static bool has_escaped_name(sql::List<sql::JsonStep> steps) {
    return std::any_of(steps.begin(), steps.end(), [](const sql::JsonStep& step) {
      return !step.is_element && std::any_of(step.member.begin(), step.member.end(), [](char c) {
        return c < ' ' || c > '~' || std::string_view("\"\\/<>&").find(c) != std::string_view::npos;
      });
    });
  }
  // dorm finds the place, SQLite reads what stands there.
  void write_found(const sql::JsonPath& path) {
    std::string steps;
    for (const sql::JsonStep& step : path.steps) {
      steps += steps.empty() ? '[' : ',';
      if (step.is_element) {
        steps += std::to_string(step.element);
      } else {
        json::append_quoted(steps, step.member);
      }
    }
    const std::string end = ", " + sql::text_literal(steps + "]") + ")";
    const std::array<std::string_view, 2> pieces{"dorm_json_at(", end};
    const sql::Expr found{sql::Raw{pieces, sql::Exprs(&path.operand, 1)}};
    write(sql::JsonPath{path.as, &found, {}});
  }

  // An INTEGER column takes 64 bits, whatever the model says, a TEXT column any length, and a REAL one any double,
  // infinity among them.
  void write(const sql::Fit& fit) override {
    const auto within = [&](std::int64_t least, std::int64_t greatest) {
      put("dorm_fit(", *fit.operand, ", ", sql::integer_literal(least), ", ", sql::integer_literal(greatest), ")");
    };
    if (fit.type.storage == Storage::legacy) return put(*fit.operand);
    switch (fit.type.kind) {
      case TypeKind::smallint:
        return within(std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max());
      case TypeKind::integer:
        return within(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
      case TypeKind::bigint:
        return within(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
      case TypeKind::decimal: {
        if (is_decimal_text(fit.type)) return put(*fit.operand);
        std::int64_t limit = 1;
        for (std::uint16_t digit = 0; digit < fit.type.precision; ++digit) limit *= 10;
        return within(1 - limit, limit - 1);
      }
      case TypeKind::string:
        if (fit.type.max_length == 0) return put(*fit.operand);
        return put("dorm_fit_length(", *fit.operand, ", ", std::size_t{fit.type.max_length}, ")");
      case TypeKind::real:
        return put("dorm_single(", *fit.operand, ")");
      case TypeKind::double_precision:
        return put("dorm_finite(", *fit.operand, ")");
      default:
        return put(*fit.operand);
    }
  }

  // NULL is one of every type; so are the values of what has no other form here.
  static bool is_as_it_is(const sql::Cast& cast) {
    const auto* constant = std::get_if<sql::Constant>(&cast.operand->node);
    if (constant != nullptr && constant->kind == sql::Constant::Kind::null) return true;
    if (cast.from != cast.type.kind) return false;
    return cast.from == TypeKind::boolean || cast.from == TypeKind::binary || cast.from == TypeKind::date ||
           cast.from == TypeKind::time || cast.from == TypeKind::datetime || cast.from == TypeKind::json;
  }

  // Only the conversions that mean the same as PostgreSQL's; the others would yield 0 or NULL where that raises an
  // error.
  void write(const sql::Cast& cast) override {
    const bool from_integer = cast.from == TypeKind::smallint || cast.from == TypeKind::integer ||
                              cast.from == TypeKind::bigint || cast.from == TypeKind::boolean;
    if (is_as_it_is(cast)) return put(*cast.operand);
    const bool from_number = from_integer || cast.from == TypeKind::real || cast.from == TypeKind::double_precision;
    switch (cast.type.kind) {
      case TypeKind::smallint:
      case TypeKind::integer:
      case TypeKind::bigint: {
        if (cast.from == TypeKind::bigint && cast.type.kind == TypeKind::bigint) return put(*cast.operand);
        // Halves are rounded to the even one; what is no number is an error.
        const sql::Expr whole{sql::Call{"dorm_whole", sql::Exprs(&cast.operand, 1), false, nullptr, {}}};
        return write(sql::Fit{from_integer ? cast.operand : &whole, cast.type});
      }
      case TypeKind::real:
        if (cast.from == TypeKind::real) return put(*cast.operand);
        return put("dorm_single(", *cast.operand, ")");
      case TypeKind::double_precision:
        if (from_number) return put("CAST(", *cast.operand, " AS REAL)");
        return put("dorm_real(", *cast.operand, ")");
      case TypeKind::string: {
        const sql::Expr text{sql::Cast{cast.operand, Type{.kind = TypeKind::text}, cast.from}};
        if (cast.type.max_length == 0) return put(text);
        return put("substr(", text, ", 1, ", std::size_t{cast.type.max_length}, ")");
      }
      case TypeKind::text:
      case TypeKind::enumeration:
        if (cast.from == TypeKind::boolean)
          return put("CASE ", *cast.operand, " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END");
        return put("CAST(", *cast.operand, " AS TEXT)");
      case TypeKind::binary:
        return put("CAST(", *cast.operand, " AS BLOB)");
      case TypeKind::date:
        return put("dorm_date(", *cast.operand, ")");
      case TypeKind::json:
        return put("json(", *cast.operand, ")");
      case TypeKind::uuid:
        if (cast.from != TypeKind::uuid) refuse("cast to uuid", "convert the value in the program");
        return put(cast.type.storage == Storage::blob ? "dorm_uuid_bytes(" : "dorm_uuid_text(", *cast.operand, ")");
      default:
        refuse("cast to " + to_string(cast.type), "convert the value in the program");
    }
  }

  void write(const sql::Collate& collate) override {
    if (!is_built_in(collate.collation))
      refuse("collation " + quote(collate.collation), "it has BINARY, NOCASE and RTRIM");
    sql::Lowering::write(sql::Collate{collate.operand, collation_name(collate.collation)});
  }

  // No names for the columns of a derived table; the first row gives them. Only a compound of VALUES has no limit of
  // terms.
  void write(const sql::ValuesList& values) override {
    if (values.rows.empty()) throw QueryError("a VALUES list needs a row");
    put("(SELECT ");
    std::string_view before;
    for (std::size_t i = 0; i < values.columns.size(); ++i) {
      put(before, *values.rows[0][i], " AS ", sql::Name{values.columns[i]});
      before = ", ";
    }
    if (values.rows.size() > 1) {
      put(" UNION ALL VALUES ");
      put_rows(values.rows.subspan(1));
    }
    put(")");
  }
  void write_column_names(const sql::ValuesList&) override {}

  // No parentheses around the members of a set operation.
  void write_grouped(const sql::Select& member) override { put("SELECT * FROM (", member, ")"); }

  // ON CONFLICT behind a select without WHERE is read as a join condition.
  void write_rows(const sql::Select& select, bool conflict) override {
    if (!conflict) return put(select);
    put("SELECT * FROM (", select, ") WHERE TRUE");
  }

  // No OFFSET without LIMIT; -1 means no limit.
  void write(const sql::Limit& limit) override {
    if (limit.limit != nullptr) return sql::Lowering::write(limit);
    put(" LIMIT -1 OFFSET ", *limit.offset);
  }
};

class Dialect final : public sql::Dialect {
 public:
  explicit Dialect(const sql::Capabilities& capabilities) : capabilities_(capabilities) {}

  std::string_view name() const noexcept override { return "sqlite"; }
  const sql::Capabilities& capabilities() const noexcept override { return capabilities_; }
  sql::Text lower(const sql::Statement& statement) const override {
    sql::Text text = Lowering(capabilities_).text(statement);
    if (capabilities_.max_parser_stack != 0 && parser_stack(statement) > capabilities_.max_parser_stack)
      throw LimitError(
          "the query is nested deeper than this version of SQLite can read; write long chains of conditions as "
          "one list, or join in the place of nested subqueries");
    return text;
  }
  std::vector<std::string> lower(const sql::ddl::Statement& statement) const override {
    return lower_ddl(statement, capabilities_);
  }

 private:
  sql::Capabilities capabilities_;
};

}  // namespace

std::unique_ptr<const sql::Dialect> make_dialect(const sql::Capabilities& capabilities) {
  return std::make_unique<const Dialect>(capabilities);
}

const sql::Dialect& dialect() {
  static const Dialect complete(capabilities(3'047'000));
  return complete;
}

}  // namespace dorm::sqlite
