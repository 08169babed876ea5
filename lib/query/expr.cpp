#include "dorm/expr.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

#include "core/calendar.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/query.hpp"
#include "query/casts.hpp"
#include "query/date_part.hpp"
#include "query/make_term.hpp"
#include "query/pattern.hpp"
#include "query/snapshots.hpp"
#include "query/spec.hpp"
#include "query/term.hpp"
#include "query/typing.hpp"
#include "sql/operators.hpp"

namespace dorm {
namespace {

using query::Family;
using query::node;
using query::require;
using query::Term;
using query::TermKind;
using query::TermPtr;
using query::type_of;
using query::wrap;
using sql::BinaryOp;
using sql::MatchOp;
using sql::UnaryOp;

TermPtr null_test(const TermPtr& operand, bool negated) {
  Term term = node(TermKind::is_null, TypeKind::boolean, {operand});
  term.negated = negated;
  term.nullable = false;
  return std::make_shared<const Term>(std::move(term));
}

TermPtr negation(const TermPtr& operand) {
  Term term = node(TermKind::unary, TypeKind::boolean, {operand});
  term.op = static_cast<std::uint8_t>(UnaryOp::logical_not);
  return std::make_shared<const Term>(std::move(term));
}

// The two sides of one comparison.
struct Pair {
  TermPtr left;
  TermPtr right;
};

// What is compared part by part: the columns of a foreign key of several, the items of a tuple. Empty for what has a
// value of its own.
std::vector<TermPtr> parts_of(const Term& term) {
  return term.kind == TermKind::tuple ? term.children : query::key_columns(term);
}

void require_single(const Term& term, std::string_view operation) {
  if (parts_of(term).empty()) return;
  throw QueryError("'" + std::string(operation) + "' does not apply to " + describe(term) +
                   (term.kind == TermKind::tuple
                        ? std::string("; name its items one by one")
                        : ", a key of the columns " + query::key_column_names(term) + "; name one of them"));
}

TermPtr null_check(const TermPtr& operand, bool negated) {
  if (operand->kind == TermKind::tuple) throw QueryError("a tuple is never null itself; ask its items one by one");
  const std::vector<TermPtr> columns = query::key_columns(*operand);
  if (columns.empty()) return null_test(operand, negated);
  Term term;
  term.kind = negated ? TermKind::all : TermKind::any;
  term.type = type_of(TypeKind::boolean);
  term.nullable = false;
  for (const TermPtr& column : columns) term.children.push_back(null_test(column, negated));
  return std::make_shared<const Term>(std::move(term));
}

// A column or foreign key beside a row: one pair per part of the key.
std::vector<Pair> beside_row(const TermPtr& side, const KeyRef& key) {
  if (key.model == nullptr)
    throw QueryError("the row compared with " + describe(*side) + " belongs to no model; compare a value");
  const auto pair = [&](std::uint32_t field, const ModelInfo& model, std::uint32_t key_field) {
    const Value* value = query::key_part(key, model, key_field);
    if (value == nullptr)
      throw QueryError("the row compared with " + describe(*side) + " does not have the key that it refers to");
    const TermPtr column = query::column_term(side->source, field);
    return Pair{column, query::value_term(*value, column->type)};
  };
  if (side->kind == TermKind::column || side->kind == TermKind::relation) {
    const ModelInfo& model = *side->source->model;
    const std::uint32_t relation_index =
        side->kind == TermKind::relation ? side->index : model.fields[side->index].relation;
    if (relation_index != no_index) {
      const RelationInfo& relation = model.relations[relation_index];
      const ModelInfo& target = side->source->registry.model(relation.target);
      if (!query::same_model(target, *key.model)) {
        throw QueryError(describe(*side) + " refers to model '" + target.name + "', but is compared with a row of '" +
                         key.model->name + "'");
      }
      std::vector<Pair> pairs;
      for (std::size_t i = 0; i < relation.fields.size(); ++i)
        pairs.push_back(pair(relation.fields[i], target, relation.target_fields[i]));
      return pairs;
    }
    if (query::key_part(key, model, side->index) != nullptr) return {pair(side->index, model, side->index)};
  }
  throw QueryError(describe(*side) + " cannot be compared with a row; compare a foreign key, or one of its columns");
}

TermPtr all_equal(const std::vector<Pair>& pairs) {
  TermPtr all;
  for (const Pair& pair : pairs) all = query::all_of(all, query::equal(pair.left, pair.right));
  return all;
}

TermPtr binary(BinaryOp op, const TermPtr& left, const TermPtr& right) {
  Term term = node(TermKind::binary, TypeKind::boolean, {left, right});
  term.op = static_cast<std::uint8_t>(op);
  if (op == BinaryOp::is_distinct || op == BinaryOp::is_not_distinct) term.nullable = false;
  return std::make_shared<const Term>(std::move(term));
}

// The columns of `right` in the order in which `left` names the columns that both refer to.
std::vector<TermPtr> aligned(const Term& left, const Term& right) {
  const RelationInfo& ours = left.source->model->relations[left.index];
  const RelationInfo& theirs = right.source->model->relations[right.index];
  const ModelInfo& target = left.source->registry.model(ours.target);
  const ModelInfo& their_target = right.source->registry.model(theirs.target);
  const auto refuse = [&]() {
    throw QueryError(describe(left) + " and " + describe(right) +
                     " do not refer to the same columns of one model; compare their columns " +
                     query::key_column_names(left) + " with " + query::key_column_names(right));
  };
  if (!query::same_model(target, their_target) || ours.fields.size() != theirs.fields.size()) refuse();
  std::vector<TermPtr> columns;
  for (const std::uint32_t field : ours.target_fields) {
    const std::uint32_t same = query::field_in(their_target, target, field);
    const auto found = std::find(theirs.target_fields.begin(), theirs.target_fields.end(), same);
    if (found == theirs.target_fields.end()) refuse();
    columns.push_back(query::column_term(
        right.source, theirs.fields[static_cast<std::size_t>(found - theirs.target_fields.begin())]));
  }
  return columns;
}

Expr compare(BinaryOp op, const Expr& left_expr, const Expr& right_expr);

Expr compare_parts(BinaryOp op, const TermPtr& left, const TermPtr& right) {
  const std::vector<TermPtr> ours = parts_of(*left);
  std::vector<TermPtr> theirs = parts_of(*right);
  if (ours.empty() || theirs.empty()) {
    const Term& several = ours.empty() ? *right : *left;
    if (several.kind == TermKind::tuple) throw QueryError("a tuple is compared with a tuple of as many items");
    throw QueryError(describe(several) + " is a key of the columns " + query::key_column_names(several) +
                     "; compare it with a row, a key like it, or a tuple, or compare its columns");
  }
  const bool has_key = left->kind == TermKind::relation || right->kind == TermKind::relation;
  if (left->kind == TermKind::relation && right->kind == TermKind::relation) theirs = aligned(*left, *right);
  if (ours.size() != theirs.size()) {
    throw QueryError("'" + std::string(sql::symbol(op)) + "' compares " + std::to_string(ours.size()) +
                     " columns with " + std::to_string(theirs.size()) + "; they must be equally many");
  }
  if (op == BinaryOp::eq || op == BinaryOp::ne) {
    Expr all;
    for (std::size_t i = 0; i < ours.size(); ++i) all = all & compare(BinaryOp::eq, Expr(ours[i]), Expr(theirs[i]));
    return op == BinaryOp::eq ? all : Expr(negation(all.term()));
  }
  if (op == BinaryOp::is_distinct || op == BinaryOp::is_not_distinct) {
    Expr made;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const Expr part = compare(op, Expr(ours[i]), Expr(theirs[i]));
      made = op == BinaryOp::is_distinct ? made | part : made & part;
    }
    return made;
  }
  if (has_key) {
    const Term& key = left->kind == TermKind::relation ? *left : *right;
    throw QueryError("'" + std::string(sql::symbol(op)) + "' does not apply to " + describe(key) +
                     ", a key of the columns " + query::key_column_names(key) +
                     "; keys have no order: compare one of them");
  }
  std::vector<TermPtr> lefts = ours;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const Expr checked = compare(op, Expr(ours[i]), Expr(theirs[i]));
    lefts[i] = checked.term()->children[0];
    theirs[i] = checked.term()->children[1];
  }
  return Expr(binary(op, std::make_shared<const Term>(node(TermKind::tuple, TypeKind::unknown, std::move(lefts))),
                     std::make_shared<const Term>(node(TermKind::tuple, TypeKind::unknown, std::move(theirs)))));
}

Expr compare(BinaryOp op, const Expr& left_expr, const Expr& right_expr) {
  TermPtr left = require(left_expr);
  TermPtr right = require(right_expr);
  const bool equality = op == BinaryOp::eq || op == BinaryOp::ne;
  const bool null_safe = op == BinaryOp::is_distinct || op == BinaryOp::is_not_distinct;
  if (left->kind == TermKind::row && right->kind != TermKind::row) std::swap(left, right);
  if (right->kind == TermKind::row) {
    if (!equality && !null_safe) throw QueryError("rows have no order: compare one of their columns instead");
    const std::vector<Pair> pairs = beside_row(left, right->key);
    if (equality) return Expr(op == BinaryOp::eq ? all_equal(pairs) : negation(all_equal(pairs)));
    Expr made;
    for (const Pair& pair : pairs) {
      const Expr part(binary(op, pair.left, pair.right));
      made = op == BinaryOp::is_distinct ? made | part : made & part;
    }
    return made;
  }
  const bool has_parts = !parts_of(*left).empty() || !parts_of(*right).empty();
  if ((equality || (null_safe && has_parts)) && (query::is_null_value(*left) || query::is_null_value(*right))) {
    const bool negated = op == BinaryOp::ne || op == BinaryOp::is_distinct;
    return Expr(null_check(query::is_null_value(*right) ? left : right, negated));
  }
  if (!null_safe && (query::is_null_value(*left) || query::is_null_value(*right))) {
    throw QueryError("'" + std::string(sql::symbol(op)) + "' with null is never true; use is_null() or is_not_null()");
  }
  if (has_parts) return compare_parts(op, left, right);
  for (const TermPtr& side : {left, right}) {
    if (side->kind == TermKind::relation && side->field == no_index) {
      throw QueryError(describe(*side) + " is not a single column; compare it with a row, or use its columns");
    }
  }
  right = query::bound_beside(right, *left);
  left = query::bound_beside(left, *right);
  query::require_comparable(*left, *right, sql::symbol(op));
  query::store_alike(left, right);
  return Expr(binary(op, left, right));
}

Expr arithmetic(BinaryOp op, const Expr& left_expr, const Expr& right_expr) {
  TermPtr left = require(left_expr);
  TermPtr right = require(right_expr);
  require_single(*left, "arithmetic");
  require_single(*right, "arithmetic");
  // A parameter is a number of the kind of what it stands beside.
  if (query::is_parameter(*right)) right = query::bound_beside(right, *left);
  if (query::is_parameter(*left)) left = query::bound_beside(left, *right);
  if (op != BinaryOp::multiply) {
    if (right->kind == TermKind::value && left->type.kind == TypeKind::decimal)
      right = query::bound_beside(right, *left);
    if (left->kind == TermKind::value && right->type.kind == TypeKind::decimal)
      left = query::bound_beside(left, *right);
  }
  Term term =
      node(TermKind::binary, query::arithmetic_type(static_cast<std::uint8_t>(op), *left, *right), {left, right});
  term.op = static_cast<std::uint8_t>(op);
  return wrap(std::move(term));
}

TermPtr require_bits(const Expr& expr) {
  TermPtr term = require(expr);
  if (query::is_parameter(*term) && term->type.kind == TypeKind::unknown) {
    Term typed = *term;
    typed.type.kind = TypeKind::bigint;
    term = std::make_shared<const Term>(std::move(typed));
  }
  const TypeKind kind = term->type.kind;
  if (kind != TypeKind::smallint && kind != TypeKind::integer && kind != TypeKind::bigint &&
      kind != TypeKind::unknown) {
    throw QueryError("bits are of integers; " + describe(*term) + " is " + to_string(term->type));
  }
  return term;
}

Expr bitwise(BinaryOp op, const Expr& left, const Expr& right) {
  Term term = node(TermKind::binary, TypeKind::bigint, {require_bits(left), require_bits(right)});
  term.op = static_cast<std::uint8_t>(op);
  return wrap(std::move(term));
}

// By 64 and more the databases do not agree.
Expr shifted(BinaryOp op, const Expr& operand, unsigned bits) {
  if (bits > 63) throw QueryError("integers have 64 bits; shift by 0 to 63, not by " + std::to_string(bits));
  return bitwise(op, operand, Expr(static_cast<std::int64_t>(bits)));
}

Expr logical(TermKind kind, const Expr& left, const Expr& right) {
  if (!left.has_value()) return right;
  if (!right.has_value()) return left;
  const Expr sides[] = {left, right};
  return query::logical(kind, sides);
}

Expr match(MatchOp op, const Expr& operand_expr, const Expr& pattern_expr) {
  const std::string_view name = query::spelling(op);
  const TermPtr& operand = require(operand_expr);
  const TermPtr& pattern = require(pattern_expr);
  query::require_family(*operand, Family::text, name);
  if (query::is_null_value(*pattern))
    throw QueryError("'" + std::string(name) + "' with null is never true; use is_null()");
  TermPtr bound = pattern;
  if (query::is_parameter(*pattern)) {
    bound = query::bound_beside(pattern, *operand);
  } else if (pattern->kind == TermKind::value) {
    if (pattern->value.kind() != ValueKind::text)
      throw QueryError("'" + std::string(name) + "' on " + describe(*operand) + " needs a text");
    query::require_pattern(op, *operand, pattern->value.text());
    bound = query::value_term(pattern->value, type_of(TypeKind::text));
  }
  query::require_family(*bound, Family::text, name);
  Term term = node(TermKind::match, TypeKind::boolean, {operand, bound});
  term.op = static_cast<std::uint8_t>(op);
  return wrap(std::move(term));
}

void require_items(const Term& operand, const Values& values) {
  for (const Value& value : values) {
    if (value.is_null())
      throw QueryError("a null in the list of 'in' on " + describe(operand) + " never matches; add is_null() instead");
    if (value.kind() == ValueKind::list)
      throw QueryError("the list of 'in' on " + describe(operand) + " holds another list");
  }
}

// (a = ? AND b = ?) OR …: every backend reads it alike, NULLs included. Repeated to a power of two, so that lists of
// many lengths share few statements.
Expr any_of_rows(std::vector<std::vector<Pair>> rows, bool negated) {
  Term term;
  term.kind = TermKind::any;
  term.type = type_of(TypeKind::boolean);
  const std::size_t given = rows.size();
  for (std::size_t i = 0; i < (given == 0 ? 0 : std::bit_ceil(given)); ++i) {
    std::vector<Pair> row = rows[std::min(i, given - 1)];
    if (i >= given)  // with slots of its own
      for (Pair& pair : row) pair.right = std::make_shared<const Term>(*pair.right);
    term.children.push_back(all_equal(row));
  }
  const TermPtr any = std::make_shared<const Term>(std::move(term));
  return Expr(negated ? negation(any) : any);
}

Expr membership(const Expr& operand_expr, Values values, bool negated) {
  const TermPtr& operand = require(operand_expr);
  if (const std::vector<TermPtr> parts = parts_of(*operand); !parts.empty()) {
    std::vector<std::vector<Pair>> rows;
    for (const Value& value : values) {
      if (value.kind() != ValueKind::list || value.list().size() != parts.size()) {
        throw QueryError("the list of 'in' on " + describe(*operand) + " needs " +
                         (operand->kind == TermKind::tuple ? "" : "rows, or ") + "lists of " +
                         std::to_string(parts.size()) + " values");
      }
      require_items(*operand, value.list());
      std::vector<Pair>& row = rows.emplace_back();
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const Value& item = value.list()[i];
        const TermPtr bound = query::bound_beside(query::value_term(item, query::natural_type(item)), *parts[i]);
        query::require_comparable(*parts[i], *bound, "in");
        row.push_back({parts[i], bound});
      }
    }
    return any_of_rows(std::move(rows), negated);
  }
  if (operand->kind == TermKind::relation && operand->field == no_index) {
    throw QueryError(describe(*operand) + " is not a single column; 'in' needs one");
  }
  require_items(*operand, values);
  const TermPtr list = query::bound_beside(query::value_term(Value(std::move(values)), operand->type), *operand);
  if (query::family(list->type.kind) != Family::unknown) query::require_comparable(*operand, *list, "in");
  Term term = node(TermKind::in_list, TypeKind::boolean, {operand, list});
  term.negated = negated;
  return wrap(std::move(term));
}

[[noreturn]] void refuse_rows(const Term& operand, const ModelInfo& wanted, const ModelInfo& found) {
  throw QueryError("'in' looks for " + describe(operand) + ", a key of '" + wanted.name + "', among rows of '" +
                   found.name + "'; name the column of '" + found.name + "' that is meant");
}

// The fields by which `operand` knows rows of this model: those that it refers to, else their primary key.
std::vector<std::uint32_t> key_seen_by(const Term& operand, const ModelInfo& model) {
  if (operand.kind != TermKind::column && operand.kind != TermKind::relation) return model.primary_key;
  const ModelInfo& holder = *operand.source->model;
  const std::uint32_t index =
      operand.kind == TermKind::relation ? operand.index : holder.fields[operand.index].relation;
  if (index == no_index) {
    if (holder.fields[operand.index].primary_key && !query::same_model(holder, model))
      refuse_rows(operand, holder, model);
    return model.primary_key;
  }
  const RelationInfo& relation = holder.relations[index];
  if (relation.holds_key() && !query::leads_to(operand.source->registry, relation, model))
    refuse_rows(operand, operand.source->registry.model(relation.target), model);
  const std::size_t width = operand.kind == TermKind::column ? 1 : relation.fields.size();
  if (!relation.holds_key() || relation.fields.size() != width ||
      !query::leads_to(operand.source->registry, relation, model))
    return model.primary_key;
  std::vector<std::uint32_t> fields;
  for (const std::uint32_t field : relation.target_fields) {
    fields.push_back(query::field_in(model, operand.source->registry.model(relation.target), field));
    if (fields.back() == no_index) return model.primary_key;
  }
  return fields;
}

void require_member(const Term& operand, const query::OutputColumn& column) {
  Term shown;
  shown.kind = TermKind::output;
  shown.name = column.name;
  shown.type = column.type;
  query::require_comparable(operand, shown, "in");
  const bool decimals = operand.type.kind == TypeKind::decimal || shown.type.kind == TypeKind::decimal;
  if (decimals && (operand.type.kind != shown.type.kind || operand.type.scale != shown.type.scale)) {
    throw QueryError("'in' compares " + describe(operand) + " (" + to_string(operand.type) + ") with a query of " +
                     to_string(shown.type) + "; cast one of them");
  }
}

Expr membership(const Expr& operand_expr, const Query& query, bool negated) {
  TermPtr operand = require(operand_expr);
  // A query that selects nothing in particular stands for the key of its rows.
  auto spec = std::make_shared<query::QuerySpec>(*query.spec());
  if (spec->default_projection && spec->root && spec->root->model != nullptr) {
    spec->default_projection = false;
    for (const std::uint32_t field : key_seen_by(*operand, *spec->root->model))
      spec->outputs.push_back({query::column_term(spec->root, field), nullptr});
  }
  std::vector<TermPtr> parts = parts_of(*operand);
  const std::size_t wanted = parts.empty() ? 1 : parts.size();
  const std::vector<query::OutputColumn> columns = query::output_columns(*spec);
  if (columns.size() != wanted) {
    throw QueryError("the query in 'in' on " + describe(*operand) + " selects " + std::to_string(columns.size()) +
                     " columns where " + std::to_string(wanted) + (wanted == 1 ? " is" : " are") +
                     " needed; select just that");
  }
  if (parts.empty()) {
    require_member(*operand, columns.front());
    operand = query::stored_as(operand, columns.front().type);
  } else {
    for (std::size_t i = 0; i < wanted; ++i) {
      require_member(*parts[i], columns[i]);
      parts[i] = query::stored_as(parts[i], columns[i].type);
    }
    operand = std::make_shared<const Term>(node(TermKind::tuple, TypeKind::unknown, std::move(parts)));
  }
  Term term = node(TermKind::in_query, TypeKind::boolean, {operand});
  term.negated = negated;
  term.query = std::move(spec);
  return wrap(std::move(term));
}

Expr between_of(const Expr& operand_expr, const Expr& low, const Expr& high, bool negated) {
  const TermPtr& operand = require(operand_expr);
  require_single(*operand, "between");
  const TermPtr from = query::bound_beside(require(low), *operand);
  const TermPtr to = query::bound_beside(require(high), *operand);
  if (query::is_null_value(*from) || query::is_null_value(*to)) throw QueryError("'between' with null is never true");
  query::require_comparable(*operand, *from, "between");
  query::require_comparable(*operand, *to, "between");
  Term term = node(TermKind::between, TypeKind::boolean,
                   {operand, query::stored_as(from, operand->type), query::stored_as(to, operand->type)});
  term.negated = negated;
  return wrap(std::move(term));
}

// Whether it gives one number, whatever rows there are.
bool is_count(const query::QuerySpec& spec) {
  if (spec.set_op != sql::SetOp::none || !spec.group_by.empty() || spec.having || spec.limit || spec.offset)
    return false;
  const std::vector<TermPtr> outputs = query::expanded_outputs(spec);
  if (outputs.size() != 1) return false;
  const Term& output = query::unaliased(*outputs.front());
  return output.kind == TermKind::count_all || (output.kind == TermKind::call && output.name == "COUNT");
}

Expr subquery_term(const Query& query, TermKind kind) {
  Term term;
  term.kind = kind;
  term.query = query.spec();
  if (kind == TermKind::exists) {
    term.type = type_of(TypeKind::boolean);
    term.nullable = false;
    return wrap(std::move(term));
  }
  const std::vector<query::OutputColumn> columns = query::output_columns(*query.spec());
  if (columns.size() != 1) {
    throw QueryError("a query used as a value must select one column; this one selects " +
                     std::to_string(columns.size()));
  }
  term.type = columns.front().type;
  term.sensitive = columns.front().sensitive;
  term.nullable = !is_count(*query.spec());
  return wrap(std::move(term));
}

}  // namespace

Expr query::logical(TermKind kind, std::span<const Expr> conditions) {
  if (conditions.size() == 1) return conditions.front();
  Term term;
  term.kind = kind;
  term.type = type_of(TypeKind::boolean);
  for (const Expr& condition : conditions) {
    const TermPtr& side = require(condition);
    require_family(*side, Family::boolean, kind == TermKind::all ? "and" : "or");
    if (side->kind == kind) {
      term.children.insert(term.children.end(), side->children.begin(), side->children.end());
    } else {
      term.children.push_back(side);
    }
  }
  return wrap(std::move(term));
}

Expr::Expr(Value value, int) {
  if (value.kind() == ValueKind::list) throw QueryError("a list is not a value of an expression; use in()");
  // Nothing else looks at a value that stands beside no column.
  require_in_calendar(value, "a value");
  const Type type = query::natural_type(value);
  term_ = query::value_term(std::move(value), type);
}

Expr::Expr(const KeyRef& key) {
  Term term;
  term.kind = TermKind::row;
  term.key = key;
  term.nullable = false;
  term_ = std::make_shared<const Term>(std::move(term));
}

Expr::Expr(const Query& query) : Expr(subquery_term(query, TermKind::subquery)) {}

Expr Expr::as(std::string_view alias) const {
  if (!is_identifier(alias))
    throw QueryError("alias " + quote(alias) + " is not an identifier; use letters, digits and '_', at most 63");
  if (!query::key_columns(*require(*this)).empty()) {
    throw QueryError(describe(*term_) + " is a key of the columns " + query::key_column_names(*term_) +
                     ", which one alias cannot name; name them one by one");
  }
  Term term = node(TermKind::alias, term_->type, {term_});
  term.name = alias;
  return wrap(std::move(term));
}

OrderExpr Expr::asc() const { return OrderExpr(*this); }

OrderExpr Expr::desc() const {
  OrderExpr order(*this);
  order.descending = true;
  return order;
}

OrderExpr OrderExpr::nulls_first() const {
  OrderExpr order = *this;
  order.nulls = Nulls::first;
  return order;
}

OrderExpr OrderExpr::nulls_last() const {
  OrderExpr order = *this;
  order.nulls = Nulls::last;
  return order;
}

Expr Expr::in(Values values) const { return membership(*this, std::move(values), false); }
Expr Expr::in(const Query& query) const { return membership(*this, query, false); }
Expr Expr::not_in(Values values) const { return membership(*this, std::move(values), true); }
Expr Expr::not_in(const Query& query) const { return membership(*this, query, true); }
Expr Expr::in_keys(const std::vector<KeyRef>& keys, bool negated) const {
  const TermPtr& operand = require(*this);
  std::vector<std::vector<Pair>> rows;
  for (const KeyRef& key : keys) rows.push_back(beside_row(operand, key));
  const bool several = rows.empty() ? !parts_of(*operand).empty() : rows.front().size() > 1;
  if (several) return any_of_rows(std::move(rows), negated);
  Values values;
  for (const std::vector<Pair>& row : rows) values.push_back(row.front().right->value);
  return membership(*this, std::move(values), negated);
}

Expr Expr::is_null() const { return Expr(null_check(require(*this), false)); }
Expr Expr::is_not_null() const { return Expr(null_check(require(*this), true)); }
Expr Expr::is_distinct_from(const Expr& other) const { return compare(BinaryOp::is_distinct, *this, other); }
Expr Expr::is_not_distinct_from(const Expr& other) const { return compare(BinaryOp::is_not_distinct, *this, other); }
Expr Expr::between(const Expr& low, const Expr& high) const { return between_of(*this, low, high, false); }
Expr Expr::not_between(const Expr& low, const Expr& high) const { return between_of(*this, low, high, true); }
Expr Expr::like(const Expr& pattern) const { return match(MatchOp::like, *this, pattern); }
Expr Expr::ilike(const Expr& pattern) const { return match(MatchOp::ilike, *this, pattern); }
Expr Expr::contains(const Expr& text) const { return match(MatchOp::contains, *this, text); }
Expr Expr::startswith(const Expr& text) const { return match(MatchOp::startswith, *this, text); }
Expr Expr::endswith(const Expr& text) const { return match(MatchOp::endswith, *this, text); }
Expr Expr::icontains(const Expr& text) const { return match(MatchOp::icontains, *this, text); }
Expr Expr::istartswith(const Expr& text) const { return match(MatchOp::istartswith, *this, text); }
Expr Expr::iendswith(const Expr& text) const { return match(MatchOp::iendswith, *this, text); }
Expr Expr::iexact(const Expr& text) const { return match(MatchOp::iexact, *this, text); }
Expr Expr::regex(const Expr& pattern) const { return match(MatchOp::regex, *this, pattern); }
Expr Expr::iregex(const Expr& pattern) const { return match(MatchOp::iregex, *this, pattern); }

Expr Expr::bit_and(const Expr& other) const { return bitwise(BinaryOp::bit_and, *this, other); }
Expr Expr::bit_or(const Expr& other) const { return bitwise(BinaryOp::bit_or, *this, other); }
Expr Expr::bit_xor(const Expr& other) const { return bitwise(BinaryOp::bit_xor, *this, other); }
Expr Expr::bit_not() const {
  Term term = node(TermKind::unary, TypeKind::bigint, {require_bits(*this)});
  term.op = static_cast<std::uint8_t>(UnaryOp::bit_not);
  return wrap(std::move(term));
}
Expr Expr::shift_left(unsigned bits) const { return shifted(BinaryOp::shift_left, *this, bits); }
Expr Expr::shift_right(unsigned bits) const { return shifted(BinaryOp::shift_right, *this, bits); }

Expr Expr::part(DatePart part) const {
  const TermPtr& operand = require(*this);
  const auto kind = static_cast<sql::DatePartKind>(part);
  if (!query::fits(kind, operand->type.kind)) {
    throw QueryError("'" + std::string(sql::word(kind)) + "' is no part of " + describe(*operand) + ", which is " +
                     to_string(operand->type));
  }
  return Expr(query::part_of(kind, operand));
}

Expr Expr::start_of(DatePart part) const {
  const TermPtr& operand = require(*this);
  const auto kind = static_cast<sql::DatePartKind>(part);
  const bool truncates = part != DatePart::date && part != DatePart::time && part != DatePart::week_day;
  if (!truncates || operand->type.kind == TypeKind::time || !query::fits(kind, operand->type.kind)) {
    throw QueryError("'" + std::string(sql::word(kind)) + "' of " + describe(*operand) + ", which is " +
                     to_string(operand->type) +
                     ", has no start; possible are year, quarter, month, week and day, and " +
                     "of datetimes hour, minute and second");
  }
  Term term = node(TermKind::truncate, operand->type, {operand});
  term.op = static_cast<std::uint8_t>(kind);
  return wrap(std::move(term));
}

Expr Expr::concat(const Expr& other) const {
  query::require_family(*require(*this), Family::text, "concat");
  query::require_family(*require(other), Family::text, "concat");
  TermPtr added = other.term();
  if (query::is_parameter(*added)) added = query::bound_beside(added, *term_);
  Term term = node(TermKind::binary, TypeKind::text, {term_, added});
  term.op = static_cast<std::uint8_t>(BinaryOp::concat);
  return wrap(std::move(term));
}

Expr Expr::cast(const Type& type) const {
  const TermPtr& operand = require(*this);
  require_single(*operand, "cast");
  query::require_cast(*operand, type);
  Term term = node(TermKind::cast, type, {operand});
  // It goes on to lie as it lies in its column; a uuid lies as the type says.
  if (type.kind == operand->type.kind && type.kind != TypeKind::uuid) term.type.storage = operand->type.storage;
  return wrap(std::move(term));
}

Expr Expr::collate(std::string_view collation) const {
  query::require_family(*require(*this), Family::text, "collate");
  Term term = node(TermKind::collate, term_->type, {term_});
  term.name = collation;
  return wrap(std::move(term));
}

const Type& Expr::type() const noexcept {
  static const Type unknown;
  return term_ ? term_->type : unknown;
}

Expr operator==(const Expr& left, const Expr& right) { return compare(BinaryOp::eq, left, right); }
Expr operator!=(const Expr& left, const Expr& right) { return compare(BinaryOp::ne, left, right); }
Expr operator<(const Expr& left, const Expr& right) { return compare(BinaryOp::lt, left, right); }
Expr operator<=(const Expr& left, const Expr& right) { return compare(BinaryOp::le, left, right); }
Expr operator>(const Expr& left, const Expr& right) { return compare(BinaryOp::gt, left, right); }
Expr operator>=(const Expr& left, const Expr& right) { return compare(BinaryOp::ge, left, right); }
Expr operator&(const Expr& left, const Expr& right) { return logical(TermKind::all, left, right); }
Expr operator|(const Expr& left, const Expr& right) { return logical(TermKind::any, left, right); }

Expr operator!(const Expr& operand) {
  const TermPtr& term = require(operand);
  query::require_family(*term, Family::boolean, "not");
  // NOT NOT x is x.
  if (term->kind == TermKind::unary && static_cast<UnaryOp>(term->op) == UnaryOp::logical_not)
    return Expr(term->children.front());
  return Expr(negation(term));
}

Expr operator+(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::add, left, right); }
Expr operator-(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::subtract, left, right); }
Expr operator*(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::multiply, left, right); }
Expr operator/(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::divide, left, right); }
Expr operator%(const Expr& left, const Expr& right) { return arithmetic(BinaryOp::modulo, left, right); }

Expr operator-(const Expr& operand) {
  query::require_family(*require(operand), Family::number, "-");
  Term term = node(TermKind::unary, operand.type(), {operand.term()});
  term.op = static_cast<std::uint8_t>(UnaryOp::negate);
  return wrap(std::move(term));
}

Expr exists(const Query& query) { return subquery_term(query, TermKind::exists); }

Expr not_exists(const Query& query) {
  Term term = *subquery_term(query, TermKind::exists).term();
  term.negated = true;
  return wrap(std::move(term));
}

Expr tuple(const std::vector<Expr>& items) {
  if (items.empty()) throw QueryError("a tuple needs at least one item");
  std::vector<TermPtr> children;
  for (const Expr& item : items) {
    if (std::vector<TermPtr> columns = query::key_columns(*require(item)); !columns.empty()) {
      std::move(columns.begin(), columns.end(), std::back_inserter(children));
    } else {
      children.push_back(item.term());
    }
  }
  return wrap(node(TermKind::tuple, TypeKind::unknown, std::move(children)));
}

Expr case_of(const Expr& operand, std::vector<When> whens, const Expr& otherwise) {
  require(operand);
  for (When& when : whens) {
    if (!when.condition.has_value()) throw QueryError("case_of got an empty value to compare with");
    // As operator== checks it; then only its right side is written.
    const Expr equal = operand == when.condition;
    if (equal.term()->kind != TermKind::binary)
      throw QueryError(
          "case_of compares with values, which null, rows and keys of several columns are not; "
          "write such a condition with case_when");
    when.condition = equal;
  }
  Expr checked = case_when(whens, otherwise);
  // Decimals of several scales are no numbers that a database could compare by itself.
  const auto is_decimal = [](const Term& term) { return term.type.kind == TypeKind::decimal; };
  const bool any_decimal = std::any_of(whens.begin(), whens.end(), [&](const When& when) {
    return is_decimal(*when.condition.term()->children[0]) || is_decimal(*when.condition.term()->children[1]);
  });
  if (any_decimal) return checked;
  // Nor is an operand one that each comparison takes in another form.
  const TermPtr& compared = whens.front().condition.term()->children[0];
  const bool is_one = whens.size() == 1 || std::all_of(whens.begin(), whens.end(), [&](const When& when) {
                        return when.condition.term()->children[0] == operand.term();
                      });
  if (!is_one) return checked;
  Term term = *checked.term();
  term.op = 1;
  for (std::size_t i = 0; i < whens.size(); ++i) term.children[2 * i] = whens[i].condition.term()->children[1];
  term.children.insert(term.children.begin(), compared);
  return wrap(std::move(term));
}

Expr case_when(std::vector<When> whens, const Expr& otherwise) {
  if (whens.empty()) throw QueryError("case_when needs at least one condition");
  std::vector<TermPtr> results;
  for (const When& when : whens) {
    query::require_family(*require(when.condition), Family::boolean, "case when");
    results.push_back(require(when.result));
  }
  if (otherwise.has_value()) results.push_back(otherwise.term());
  const Type type = query::unify(results, "case when");
  std::vector<TermPtr> children;
  for (std::size_t i = 0; i < whens.size(); ++i) {
    children.push_back(whens[i].condition.term());
    children.push_back(results[i]);
  }
  if (otherwise.has_value()) children.push_back(results.back());
  Term term = node(TermKind::case_when, type, std::move(children));
  term.nullable = true;
  return wrap(std::move(term));
}

}  // namespace dorm
