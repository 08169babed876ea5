// golden/lower/world.hpp: short words for building statements by hand: the tables of the seeds, columns, parameters.
//
// One World is one statement. One thread at a time.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "sql/arena.hpp"
#include "sql/ast.hpp"

namespace dorm::test {

class World {
 public:
  using Expr = const sql::Expr*;

  const sql::Source* table(std::string_view name, std::string_view alias = {}, std::string_view schema = {}) {
    return arena_.make(sql::Source{sql::Table{schema, name}, alias});
  }
  template <class Node>
  const sql::Source* source(Node node, std::string_view alias = {}) {
    return arena_.make(sql::Source{node, alias});
  }
  template <class Node>
  Expr expr(Node node) {
    return arena_.expr(node);
  }
  Expr column(const sql::Source* source, std::string_view name, TypeKind kind = TypeKind::text, bool nullable = false) {
    return expr(sql::Column{source, name, Type{.kind = kind}, nullable});
  }
  Expr id(const sql::Source* source) { return column(source, "id", TypeKind::bigint); }
  Expr param(TypeKind kind = TypeKind::text) { return expr(sql::Param{slot_++, Type{.kind = kind}, false}); }
  Expr number() { return param(TypeKind::bigint); }
  Expr constant(std::int64_t value) { return expr(sql::Constant{sql::Constant::Kind::integer, value}); }
  Expr binary(sql::BinaryOp op, Expr left, Expr right) { return expr(sql::Binary{op, left, right}); }
  Expr equal(Expr left, Expr right) { return binary(sql::BinaryOp::eq, left, right); }
  Expr all(std::initializer_list<Expr> operands) { return expr(sql::Logical{sql::LogicalOp::all, list(operands)}); }
  Expr any(std::initializer_list<Expr> operands) { return expr(sql::Logical{sql::LogicalOp::any, list(operands)}); }
  Expr negate(Expr operand) { return expr(sql::Unary{sql::UnaryOp::logical_not, operand}); }
  Expr call(std::string_view name, std::initializer_list<Expr> arguments) {
    return expr(sql::Call{name, list(arguments), false, nullptr, {}});
  }
  template <class T>
  sql::List<T> list(std::initializer_list<T> items) {
    return arena_.list(std::span<const T>(items.begin(), items.size()));
  }
  template <class T>
  sql::List<T> list(const std::vector<T>& items) {
    return arena_.list(items);
  }
  sql::List<sql::Output> outputs(std::initializer_list<Expr> expressions) {
    std::vector<sql::Output> made;
    for (const Expr each : expressions) made.push_back({each, {}});
    return list(made);
  }
  const sql::Select* keep(sql::Select select) { return arena_.make(select); }
  template <class T>
  const T* keep(T node) {
    return arena_.make(node);
  }

  sql::Select select(std::initializer_list<Expr> expressions, const sql::Source* from) {
    sql::Select select{};
    select.outputs = outputs(expressions);
    select.from = from;
    return select;
  }
  // SELECT the expression, of tweets.
  sql::Select of_tweet(std::function<Expr(const sql::Source*)> expression) {
    const sql::Source* tweet = table("tweet");
    return select({expression(tweet)}, tweet);
  }
  // SELECT the tweets' ids WHERE the condition.
  sql::Select where(std::function<Expr(const sql::Source*)> condition) {
    const sql::Source* tweet = table("tweet");
    sql::Select made = select({id(tweet)}, tweet);
    made.where = condition(tweet);
    return made;
  }

 private:
  sql::Arena arena_;
  std::uint32_t slot_ = 0;
};

struct LowerCase {
  std::string name;  // unique in its topic
  std::function<sql::Statement(World&)> build;
};
using LowerCases = std::vector<LowerCase>;

// The topics, one file of golden output each.
LowerCases expression_cases();
LowerCases match_cases();
LowerCases window_cases();
LowerCases inside_cases();
LowerCases select_cases();
LowerCases set_operation_cases();
LowerCases write_cases();
LowerCases refused_cases();

struct Topic {
  std::string_view name;
  LowerCases cases;
};
std::vector<Topic> lower_topics();

}  // namespace dorm::test
