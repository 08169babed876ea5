#include "sql/lowering.hpp"

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "sql/check.hpp"
#include "sql/identifier.hpp"

namespace dorm::sql {
namespace {

// A dialect may write an operand twice, so nesting can double the text level by level; this ends it.
constexpr std::size_t max_text_bytes = 64U * 1024U * 1024U;

template <class Node>
const Node* as(const Expr* expr) {
  return std::get_if<Node>(&expr->node);
}

// Text that reaches past its own end: NOT takes in everything to its right up to AND.
bool reaches_out(const Expr* expr) {
  if (const auto* unary = as<Unary>(expr)) return unary->op == UnaryOp::logical_not;
  if (const auto* exists = as<Exists>(expr)) return exists->negated;
  if (const auto* logical = as<Logical>(expr))
    return logical->operands.size() == 1 && reaches_out(logical->operands[0]);
  return as<Raw>(expr) != nullptr;
}

// Nodes that write their own parentheses.
bool is_enclosed(const Expr* expr) {
  if (const auto* logical = as<Logical>(expr)) {
    if (logical->operands.size() == 1) return is_enclosed(logical->operands[0]);
    return !logical->operands.empty();
  }
  return as<Binary>(expr) || as<IsNull>(expr) || as<Between>(expr) || as<InList>(expr) || as<InArray>(expr) ||
         as<InSelect>(expr) || as<Match>(expr) || as<Subquery>(expr);
}

std::string_view spell(BinaryOp op) {
  switch (op) {
    case BinaryOp::eq:
      return " = ";
    case BinaryOp::ne:
      return " != ";
    case BinaryOp::lt:
      return " < ";
    case BinaryOp::le:
      return " <= ";
    case BinaryOp::gt:
      return " > ";
    case BinaryOp::ge:
      return " >= ";
    case BinaryOp::is_distinct:
      return " IS DISTINCT FROM ";
    case BinaryOp::is_not_distinct:
      return " IS NOT DISTINCT FROM ";
    case BinaryOp::add:
      return " + ";
    case BinaryOp::subtract:
      return " - ";
    case BinaryOp::multiply:
      return " * ";
    case BinaryOp::divide:
      return " / ";
    case BinaryOp::modulo:
      return " % ";
    case BinaryOp::concat:
      return " || ";
    case BinaryOp::bit_and:
      return " & ";
    case BinaryOp::bit_or:
      return " | ";
    case BinaryOp::bit_xor:
      return " # ";
    case BinaryOp::shift_left:
      return " << ";
    case BinaryOp::json_contains:
      return " @> ";
    case BinaryOp::shift_right:
      return " >> ";
  }
  return {};
}

std::string_view negation(bool negated) { return negated ? " NOT" : ""; }

}  // namespace

std::size_t Lowering::shared_placeholder(const Param& param) {
  if (numbers_.size() <= param.slot) numbers_.resize(param.slot + std::size_t{1});
  const std::size_t before = numbers_[param.slot];
  if (before != 0 && parameters_[before - 1].type == param.type && parameters_[before - 1].array == param.array)
    return before;
  return numbers_[param.slot] = placeholder(param);
}

void Lowering::require(bool capability, std::string_view what, std::string_view mend) const {
  if (!capability) refuse(what, mend);
}

void Lowering::refuse(std::string_view what, std::string_view mend) const {
  throw QueryError(std::string(dialect_) + " has no " + std::string(what) + "; " + std::string(mend));
}

std::size_t Lowering::placeholder(const Param& param) {
  parameters_.push_back(param);
  return parameters_.size();
}

void Lowering::put_one(Name name) { append_identifier(out_, name.text, capabilities_.max_identifier_bytes); }

void Lowering::put_one(Operand operand) {
  if (reaches_out(operand.expr)) {
    put("(", *operand.expr, ")");
  } else {
    put(*operand.expr);
  }
}

void Lowering::put_one(const Expr& expr) {
  if (out_.size() > max_text_bytes)
    throw LimitError("the SQL of one query would be longer than 64 MiB; send long lists as one array parameter");
  std::visit([&](const auto& node) { write(node); }, expr.node);
}

void Lowering::write(const Column& column) {
  if (column.source != nullptr && !bare_columns_) put(Name{alias_of(column.source)}, ".");
  put(Name{column.name});
}

void Lowering::write(const Param& param) {
  placeholder(param);
  put("?");
}

void Lowering::write(const Constant& constant) {
  switch (constant.kind) {
    case Constant::Kind::null:
      return put("NULL");
    case Constant::Kind::boolean:
      return put(constant.value != 0 ? "TRUE" : "FALSE");
    case Constant::Kind::integer:
      if (constant.value < 0) return put("(", std::to_string(constant.value), ")");
      return put(std::to_string(constant.value));
  }
}

void Lowering::write(const Star& star) {
  if (star.source != nullptr) put(Name{alias_of(star.source)}, ".");
  put("*");
}

void Lowering::write(const Unary& unary) {
  switch (unary.op) {
    case UnaryOp::negate:
      return put("(-", operand(unary.operand), ")");
    case UnaryOp::plus:
      return put("(+", operand(unary.operand), ")");
    case UnaryOp::bit_not:
      return put("(~", operand(unary.operand), ")");
    case UnaryOp::logical_not:
      if (is_enclosed(unary.operand)) return put("NOT ", *unary.operand);
      return put("NOT (", *unary.operand, ")");
  }
}

void Lowering::write(const Binary& binary) {
  put("(", operand(binary.left), spell(binary.op), operand(binary.right), ")");
}

void Lowering::write(const Logical& logical) {
  const bool all = logical.op == LogicalOp::all;
  if (logical.operands.empty()) return put(all ? "TRUE" : "FALSE");
  balanced(all ? " AND " : " OR ", logical.operands);
}

// Databases read a chain of AND as a tree that leans to the left, as deep as the chain is long. Halves keep it shallow.
void Lowering::balanced(std::string_view word, Exprs operands) {
  if (operands.size() == 1) {
    if (as<Raw>(operands[0]) != nullptr) return put("(", *operands[0], ")");
    return put(*operands[0]);
  }
  const std::size_t half = (operands.size() + 1) / 2;
  put("(");
  balanced(word, operands.first(half));
  put(word);
  balanced(word, operands.subspan(half));
  put(")");
}

void Lowering::write(const IsNull& is_null) {
  put("(", operand(is_null.operand), " IS", negation(is_null.negated), " NULL)");
}

void Lowering::write(const Between& between) {
  put("(", operand(between.operand), negation(between.negated), " BETWEEN ", operand(between.low), " AND ",
      operand(between.high), ")");
}

void Lowering::write(const InList& in) {
  if (in.items.empty()) return put(in.negated ? "(1 = 1)" : "(0 = 1)");
  put("(", operand(in.operand), negation(in.negated), " IN (");
  put_list(in.items);
  put("))");
}

void Lowering::write(const InSelect& in) {
  put("(", operand(in.operand), negation(in.negated), " IN (", *in.select, "))");
}

void Lowering::write(const Call& call) {
  append_function_name(out_, call.name);
  put("(", call.distinct ? "DISTINCT " : "");
  put_list(call.arguments);
  if (!call.order.empty()) {
    require(capabilities_.ordered_aggregates, "ORDER BY inside an aggregate", "aggregate over an ordered subquery");
    put(" ORDER BY ");
    put_list(call.order);
  }
  put(")");
  if (call.filter != nullptr) put(" FILTER (WHERE ", *call.filter, ")");
}

void Lowering::write(const Over& over) {
  put(*over.call, " OVER ");
  if (!over.window->name.empty()) return put(Name{over.window->name});
  put("(", *over.window, ")");
}

void Lowering::write(const Window& window) {
  std::string_view space;
  if (!window.partition.empty()) {
    put("PARTITION BY ");
    put_list(window.partition);
    space = " ";
  }
  if (!window.order.empty()) {
    put(space, "ORDER BY ");
    put_list(window.order);
    space = " ";
  }
  if (window.frame.unit == Frame::Unit::none) return;
  put(space);
  write(window.frame);
}

void Lowering::write(const Frame& frame) {
  static constexpr std::string_view edges[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING",
                                               "UNBOUNDED FOLLOWING"};
  static constexpr std::string_view exclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"};
  const auto put_edge = [&](Frame::Edge edge, std::int64_t distance) {
    if (edge == Frame::Edge::preceding || edge == Frame::Edge::following) put(std::to_string(distance));
    put(edges[static_cast<std::size_t>(edge)]);
  };
  put(frame.unit == Frame::Unit::rows ? "ROWS" : frame.unit == Frame::Unit::range ? "RANGE" : "GROUPS", " BETWEEN ");
  put_edge(frame.start, frame.start_distance);
  put(" AND ");
  put_edge(frame.end, frame.end_distance);
  put(exclusions[static_cast<std::size_t>(frame.exclude)]);
}

void Lowering::write(const Case& choice) {
  put("CASE");
  if (choice.operand != nullptr) put(" ", operand(choice.operand));
  for (std::size_t i = 0; i < choice.whens.size(); ++i) put(" WHEN ", *choice.whens[i], " THEN ", *choice.thens[i]);
  if (choice.otherwise != nullptr) put(" ELSE ", *choice.otherwise);
  put(" END");
}

void Lowering::write(const Fit& fit) { put(*fit.operand); }

void Lowering::write(const JsonElement& element) { put(*element.operand); }

void Lowering::write(const Subquery& subquery) { put("(", *subquery.select, ")"); }

void Lowering::write(const Exists& exists) { put(exists.negated ? "NOT EXISTS(" : "EXISTS(", *exists.select, ")"); }

void Lowering::write(const Tuple& tuple) {
  put("(");
  put_list(tuple.items);
  put(")");
}

void Lowering::write(const OutputRef& output) { put(Name{output.name}); }

void Lowering::write(const Collate& collate) { put(operand(collate.operand), " COLLATE ", Name{collate.collation}); }

void Lowering::write(const Raw& raw) {
  for (std::size_t i = 0; i < raw.pieces.size(); ++i) {
    if (i != 0) put(*raw.params[i - 1]);
    put(raw.pieces[i]);
  }
}

void Lowering::write(const Excluded& excluded) { put("excluded.", Name{excluded.name}); }

}  // namespace dorm::sql
