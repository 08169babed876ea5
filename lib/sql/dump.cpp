#include "sql/dump.hpp"

#include <map>
#include <string_view>

#include "sql/each_child.hpp"
#include "sql/operators.hpp"

namespace dorm::sql {
namespace {

std::string join(std::string_view before, std::string_view after) {
  return std::string(before) + " " + std::string(after);
}

class Dump {
 public:
  void statement(const Statement& statement) {
    text_ = std::visit([&](const auto& node) { return label(node); }, statement) + "\n";
    visit_statement(statement, [&](const Role& role, const auto& child) { line(role, child, 1); });
  }
  void expression(const Expr& expr) {
    text_ = label_of(expr) + "\n";
    visit_children(expr, [&](const Role& role, const auto& child) { line(role, child, 1); });
  }
  std::string take() { return std::move(text_); }

 private:
  template <class Node>
  void line(const Role& role, const Node& node, std::size_t depth) {
    text_.append(2 * depth, ' ').append(role.kind);
    if (!role.name.empty()) text_.append(" '").append(role.name).append("'");
    text_.append(": ").append(label_of(node)).append("\n");
    visit_children(node, [&](const Role& inner, const auto& child) { line(inner, child, depth + 1); });
  }

  std::string label_of(const Expr& expr) {
    return std::visit([&](const auto& node) { return label(node); }, expr.node);
  }
  std::string label_of(const Select& select) { return label(select); }
  std::string label_of(const Source& source) {
    const std::string what = std::visit([&](const auto& node) { return label(node); }, source.node);
    return join(what, number(&source)) + (source.alias.empty() ? "" : " as '" + std::string(source.alias) + "'");
  }
  std::string number(const Source* source) {
    return "#" + std::to_string(numbers_.try_emplace(source, numbers_.size() + 1).first->second);
  }
  static std::string negated(bool is, std::string_view what) { return (is ? "not " : "") + std::string(what); }

  std::string label(const Column& node) {
    std::string text = join("column", node.name);
    if (node.source != nullptr) text += " of " + number(node.source);
    return text + (node.nullable ? " nullable " : " ") + to_string(node.type);
  }
  std::string label(const Param& node) {
    return "param " + std::to_string(node.slot) + " " + to_string(node.type) + (node.array ? " array" : "");
  }
  std::string label(const Constant& node) {
    if (node.kind == Constant::Kind::null) return "null";
    if (node.kind == Constant::Kind::boolean) return node.value != 0 ? "true" : "false";
    return std::to_string(node.value);
  }
  std::string label(const Star& node) { return node.source == nullptr ? "star" : "star of " + number(node.source); }
  std::string label(const Unary& node) { return std::string(word(node.op)); }
  std::string label(const Binary& node) { return std::string(word(node.op)); }
  std::string label(const Logical& node) { return std::string(word(node.op)); }
  std::string label(const IsNull& node) { return negated(node.negated, "is_null"); }
  std::string label(const Between& node) { return negated(node.negated, "between"); }
  std::string label(const InList& node) { return negated(node.negated, "in_list"); }
  std::string label(const InArray& node) { return negated(node.negated, join("in_array", label(node.array))); }
  std::string label(const InSelect& node) { return negated(node.negated, "in_select"); }
  std::string label(const Match& node) { return negated(node.negated, word(node.op)); }
  std::string label(const Call& node) { return join("call", node.name) + (node.distinct ? " distinct" : ""); }
  std::string label(const Over& node) {
    std::string text = "over";
    if (!node.window->name.empty()) text += " '" + std::string(node.window->name) + "'";
    if (node.window->frame.unit != Frame::Unit::none) text += " " + std::string(word(node.window->frame.unit));
    return text;
  }
  std::string label(const Case&) { return "case"; }
  std::string label(const Cast& node) { return join("cast to", to_string(node.type)); }
  std::string label(const Fit& node) { return join("fit into", to_string(node.type)); }
  std::string label(const JsonElement& node) { return join("json of", to_string(node.type)); }
  std::string label(const Subquery&) { return "subquery"; }
  std::string label(const Exists& node) { return negated(node.negated, "exists"); }
  std::string label(const Tuple&) { return "tuple"; }
  std::string label(const OutputRef& node) { return join("output", node.name); }
  std::string label(const Collate& node) { return join("collate", node.collation); }
  std::string label(const DatePart& node) { return join(word(node.part), "of"); }
  std::string label(const DateTrunc& node) { return join("start of", word(node.part)); }
  std::string label(const JsonPath& node) {
    std::string text = join(word(node.as), "at");
    for (const JsonStep& step : node.steps)
      text += step.is_element ? "[" + std::to_string(step.element) + "]" : "." + std::string(step.member);
    return text;
  }
  std::string label(const Raw& node) {
    std::string text = "raw '";
    for (std::size_t i = 0; i < node.pieces.size(); ++i) text.append(i == 0 ? "" : "{}").append(node.pieces[i]);
    return text + "'";
  }
  std::string label(const Excluded& node) { return join("excluded", node.name); }

  std::string label(const Table& node) {
    return node.schema.empty() ? join("table", node.name)
                               : join("table", std::string(node.schema) + "." + std::string(node.name));
  }
  std::string label(const Derived&) { return "derived"; }
  std::string label(const CommonTableRef& node) { return join("common table", node.table->name); }
  std::string label(const ValuesList&) { return "values"; }

  std::string label(const Select& node) {
    std::string text = node.set_op == SetOp::none ? "select" : std::string(word(node.set_op));
    if (node.distinct) text += " distinct";
    if (node.rollup) text += " rollup";
    if (node.lock.strength != Lock::Strength::none) text += " for " + std::string(word(node.lock.strength));
    return text;
  }
  std::string label(const Insert& node) {
    if (node.conflict.action == Conflict::Action::none) return "insert";
    return join("insert, on conflict", word(node.conflict.action));
  }
  std::string label(const Update&) { return "update"; }
  std::string label(const Delete&) { return "delete"; }

  std::string text_;
  std::map<const Source*, std::size_t> numbers_;
};

}  // namespace

std::string dump(const Statement& statement) {
  Dump dump;
  dump.statement(statement);
  return dump.take();
}

std::string dump(const Expr& expr) {
  Dump dump;
  dump.expression(expr);
  return dump.take();
}

}  // namespace dorm::sql
