#include "query/lookup.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/date_part.hpp"
#include "query/make_term.hpp"
#include "query/path.hpp"
#include "query/snapshots.hpp"
#include "query/typing.hpp"
#include "query/visit.hpp"
#include "sql/operators.hpp"

namespace dorm::query {
namespace {

// ---- parts and operators, and which of them fit a type ----

using Part = sql::DatePartKind;

constexpr std::array<std::string_view, 3> equalities{"exact", "ne", "isnull"};
constexpr std::array<std::string_view, 2> memberships{"in", "not_in"};
constexpr std::array<std::string_view, 5> orders{"gt", "gte", "lt", "lte", "range"};
constexpr std::array<std::string_view, 11> matches{"iexact",      "contains", "icontains", "startswith",
                                                   "istartswith", "endswith", "iendswith", "like",
                                                   "ilike",       "regex",    "iregex"};
constexpr std::array<Part, 11> parts{Part::date, Part::time,     Part::year, Part::quarter, Part::month, Part::week,
                                     Part::day,  Part::week_day, Part::hour, Part::minute,  Part::second};

template <class Names>
void append(std::vector<std::string>& names, const Names& more) {
  for (const auto& name : more) names.emplace_back(name);
}

std::vector<std::string> operators_of(const Type& type) {
  std::vector<std::string> names;
  const Family kind = family(type.kind);
  if (kind == Family::json) return {"isnull"};
  append(names, equalities);
  append(names, memberships);
  append(names, orders);
  if (kind == Family::text || kind == Family::unknown) append(names, matches);
  for (const Part part : parts)
    if (fits(part, type.kind)) names.emplace_back(sql::word(part));
  return names;
}

// Whatever may follow some member.
const std::vector<std::string>& all_operators() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    append(made, equalities);
    append(made, memberships);
    append(made, orders);
    append(made, matches);
    for (const Part part : parts) made.emplace_back(sql::word(part));
    return made;
  }();
  return names;
}

std::optional<Part> part_named(std::string_view name) {
  for (const Part part : parts)
    if (sql::word(part) == name) return part;
  return std::nullopt;
}

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void refuse_step(std::string_view path, std::string_view step, const Term& member) {
  const std::vector<std::string> possible = operators_of(member.type);
  const bool known = has(all_operators(), step);
  std::string what = quote(step) + (known ? " does not fit " : " is no operator for ") + describe(member);
  if (member.type.kind != TypeKind::unknown) what += ", which is " + to_string(member.type);
  refuse(path, what + (known ? std::string() : did_you_mean(step, possible)) + "; possible are " +
                   quote_list(possible, possible.size()));
}

// ---- what a path stands for ----

// A name and the operators behind it.
struct Operand {
  TermPtr term;  // a tuple for the rows of a to-many relation whose key has several columns
  std::vector<std::string> rest;
  SourcePtr rows;            // whose primary key it is; null: nobody's
  bool is_relation = false;  // it stands for the rows themselves: no row of another model is compared with them
};

// Takes the parts off the front of the operators.
void apply_parts(Operand& operand) {
  std::size_t taken = 0;
  for (; taken < operand.rest.size(); ++taken) {
    const std::optional<Part> part = part_named(operand.rest[taken]);
    if (!part || !fits(*part, operand.term->type.kind)) break;
    operand.term = part_of(*part, operand.term);
    operand.rows = nullptr;
  }
  operand.rest.erase(operand.rest.begin(), operand.rest.begin() + static_cast<std::ptrdiff_t>(taken));
}

std::size_t end_of_step(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i] == '.' || (path[i] == '_' && i != 0 && i + 1 < path.size() && path[i + 1] == '_')) return i;
  return path.size();
}

const Annotation* annotation_named(const Scope& scope, std::string_view name) {
  for (const Annotation& annotation : scope.annotations)
    if (annotation.name == name) return &annotation;
  return nullptr;
}

const TermPtr& value_of(const Annotation& annotation, bool grouped) {
  const TermPtr& term = grouped && annotation.grouped ? annotation.grouped : annotation.term;
  if (term) return term;
  throw QueryError("annotation '" + annotation.name +
                   "' is of groups: it needs group_by(), and is asked for in having()");
}

Operand read(std::string_view path, const SourcePtr& root, const Scope& scope) {
  Operand operand;
  const std::size_t end = end_of_step(path);
  if (const Annotation* annotation = annotation_named(scope, path.substr(0, end))) {
    operand.term = value_of(*annotation, scope.grouped);
    for (std::string_view rest = path.substr(end); !rest.empty();) {
      rest.remove_prefix(rest.front() == '.' ? 1 : 2);
      const std::size_t step = end_of_step(rest);
      operand.rest.emplace_back(rest.substr(0, step));
      rest.remove_prefix(step);
    }
    return operand;
  }
  ParsedPath parsed = parse_path(root, path, all_operators());
  operand.rest = std::move(parsed.rest);
  if (parsed.member) {
    operand.term = parsed.member;
    const Term& member = *parsed.member;
    if (member.kind == TermKind::column && member.source->model &&
        member.source->model->primary_key == std::vector<std::uint32_t>{member.index})
      operand.rows = member.source;
    return operand;
  }
  // A relation whose key is on the other side: the key of the rows it leads to.
  const ModelInfo& target = *parsed.target->model;
  if (target.primary_key.empty()) refuse(path, "model '" + target.name + "' has no primary key to compare");
  std::vector<Expr> columns;
  for (const std::uint32_t field : target.primary_key) columns.emplace_back(column_term(parsed.target, field));
  operand.term = columns.size() == 1 ? columns.front().term() : tuple(columns).term();
  operand.rows = parsed.target;
  operand.is_relation = true;
  return operand;
}

// ---- conditions ----

// Of those that say something.
Expr joined(std::vector<Expr> conditions, TermKind kind) {
  std::erase_if(conditions, [](const Expr& condition) { return !condition.has_value(); });
  return conditions.empty() ? Expr() : logical(kind, conditions);
}

Expr boolean(bool value) {
  Term term;
  term.kind = value ? TermKind::all : TermKind::any;
  term.type.kind = TypeKind::boolean;
  term.nullable = false;
  return Expr(std::make_shared<const Term>(std::move(term)));
}

bool is_list(const Term& value) {
  return (value.kind == TermKind::value && value.value.kind() == ValueKind::list) || value.kind == TermKind::tuple;
}
// Rows are known by their keys here.
class ByKeys : public Expr {
 public:
  using Expr::Expr;
  using Expr::in_keys;
};

class Condition {
 public:
  Condition(std::string_view path, Operand operand, TermPtr value)
      : path_(path),
        left_(std::move(operand.term)),
        rest_(std::move(operand.rest)),
        rows_(std::move(operand.rows)),
        is_relation_(operand.is_relation),
        value_(std::move(value)) {}

  Expr make() const {
    const std::string_view op = rest_.empty() ? "exact" : std::string_view(rest_.front());
    const Term& shown = is_tuple() ? *left_->children.front() : *left_;
    if (part_named(op) || !has(operators_of(shown.type), op)) refuse_step(path_, op, shown);
    if (rest_.size() > 1) refuse(path_, quote(rest_[1]) + " follows '" + std::string(op) + "', which ends a condition");
    if (op == "isnull") return is_null();
    if (has(memberships, op)) return membership(op == "not_in");
    if (op == "range") return range();
    if (is_list(*value_))
      refuse(path_, "'" + std::string(op) + "' takes one value, but a list was given; 'in' takes lists");
    if (op == "exact") return equals();
    if (op == "ne") return is_tuple() || is_own_row(*value_) ? !equals() : left() != value();
    if (is_tuple()) refuse(path_, "'" + std::string(op) + "' does not apply to a key of several columns");
    if (has(matches, op)) return match(op);
    if (op == "gt") return left() > value();
    if (op == "gte") return left() >= value();
    if (op == "lt") return left() < value();
    return left() <= value();
  }

 private:
  bool is_tuple() const { return left_->kind == TermKind::tuple; }
  Expr left() const { return Expr(left_); }

  // A query that is compared with one value is a scalar subquery.
  Expr value() const {
    if (value_->kind == TermKind::subquery && output_columns(*value_->query).size() != 1) {
      refuse(path_, "a query compared with one value must select one column; this one selects " +
                        std::to_string(output_columns(*value_->query).size()) + "; whole rows go with 'in'");
    }
    return Expr(value_);
  }

  Expr equals() const { return is_tuple() || is_own_row(*value_) ? equals_row(value_) : left() == value(); }

  // Whether a row is compared by its own primary key, whatever foreign keys that is made of.
  bool is_own_row(const Term& row) const {
    if (!rows_ || row.kind != TermKind::row) return false;
    if (row.key.model != nullptr && same_model(*row.key.model, *rows_->model)) return true;
    if (!is_relation_) return false;
    refuse(path_, "it leads to rows of '" + rows_->model->name + "', but is compared with a row" +
                      (row.key.model == nullptr ? std::string() : " of '" + row.key.model->name + "'"));
  }

  const Value& key_value(const Term& row, const Term& column) const {
    const Value* value = key_part(row.key, *rows_->model, column.index);
    if (value == nullptr) refuse(path_, "the row it is compared with does not have the key " + describe(column));
    return *value;
  }

  Expr equals_row(const TermPtr& row) const {
    if (is_null_value(*row)) return Expr(left_->children.front()).is_null();
    if (!is_own_row(*row)) refuse(path_, "a key of several columns is compared with a row or with null");
    Expr all;
    for (const TermPtr& column : is_tuple() ? left_->children : std::vector<TermPtr>{left_})
      all = all & (Expr(column) == Expr(value_term(key_value(*row, *column), column->type)));
    return all;
  }

  Expr is_null() const {
    if (value_->kind != TermKind::value || value_->value.kind() != ValueKind::boolean)
      refuse(path_, "'isnull' takes true or false");
    // Columns of a primary key are null only together, where there is no row.
    const Expr tested = is_tuple() ? Expr(left_->children.front()) : left();
    return value_->value.boolean() ? tested.is_null() : tested.is_not_null();
  }

  Expr membership(bool negated) const {
    if (value_->kind == TermKind::subquery) {
      const Query query(nullptr, value_->query);
      return negated ? left().not_in(query) : left().in(query);
    }
    if (!is_list(*value_)) refuse(path_, "'in' takes a list, rows or a query");
    if (value_->kind == TermKind::value)
      return negated ? left().not_in(value_->value.list()) : left().in(value_->value.list());
    if (is_tuple()) {
      Expr any = boolean(false);
      for (const TermPtr& row : value_->children) any = any | equals_row(row);
      return negated ? !any : any;
    }
    std::vector<KeyRef> keys;
    Values own;
    for (const TermPtr& row : value_->children) {
      if (row->kind != TermKind::row) refuse(path_, "the list of 'in' holds expressions; combine conditions with or_");
      if (is_own_row(*row)) {
        own.push_back(key_value(*row, *left_));
      } else {
        keys.push_back(row->key);
      }
    }
    if (keys.empty()) return negated ? left().not_in(std::move(own)) : left().in(std::move(own));
    if (!own.empty()) refuse(path_, "the rows of the list are of several models");
    return ByKeys(left_).in_keys(keys, negated);
  }

  Expr range() const {
    if (value_->kind != TermKind::value || value_->value.kind() != ValueKind::list || value_->value.list().size() != 2)
      refuse(path_, "'range' takes a list of two values, the first and the last");
    const Values& ends = value_->value.list();
    return left().between(Expr(ends[0]), Expr(ends[1]));
  }

  Expr match(std::string_view op) const {
    if (value_->kind == TermKind::row) refuse(path_, "'" + std::string(op) + "' takes a text, but a row was given");
    if (op == "iexact") return left().iexact(value());
    if (op == "contains") return left().contains(value());
    if (op == "icontains") return left().icontains(value());
    if (op == "startswith") return left().startswith(value());
    if (op == "istartswith") return left().istartswith(value());
    if (op == "endswith") return left().endswith(value());
    if (op == "iendswith") return left().iendswith(value());
    if (op == "like") return left().like(value());
    if (op == "ilike") return left().ilike(value());
    return op == "regex" ? left().regex(value()) : left().iregex(value());
  }

  std::string_view path_;
  TermPtr left_;
  std::vector<std::string> rest_;
  SourcePtr rows_;
  bool is_relation_;
  TermPtr value_;
};

Expr bind_node(const FilterNode& node, const SourcePtr& root, const Scope& scope);

Expr bind_lookup(const FilterNode& node, const SourcePtr& root, const Scope& scope) {
  Operand operand = read(node.path, root, scope);
  apply_parts(operand);
  return Condition(node.path, std::move(operand), in_terms_of(node.value, root)).make();
}

// EXISTS of rows along a path. What must hold for every row holds if there is none for which it is false or unknown.
Expr bind_related(const FilterNode& node, const SourcePtr& root) {
  const ParsedPath parsed = parse_path(root, node.path);
  if (parsed.relation == no_index || !parsed.rest.empty())
    refuse(node.path, "any, none and every take a path of relations, and the condition apart");
  RelatedRows related = related_rows(root, parsed.target);
  Expr condition(bound_filter(node.children.front(), related.rows));
  if (node.kind == FilterNode::Kind::every && condition.has_value()) condition = condition.is_distinct_from(Expr(true));
  if (node.kind == FilterNode::Kind::every && !condition.has_value()) return boolean(true);
  related.spec.where = all_of(related.spec.where, condition.term());
  join_paths(related.spec);
  Term term;
  term.kind = TermKind::exists;
  term.type.kind = TypeKind::boolean;
  term.nullable = false;
  term.negated = node.kind != FilterNode::Kind::some;
  term.query = std::make_shared<const QuerySpec>(std::move(related.spec));
  return Expr(std::make_shared<const Term>(std::move(term)));
}

Expr bind_all(const FilterNode& node, const SourcePtr& root, const Scope& scope, TermKind kind) {
  if (node.children.empty()) return boolean(kind == TermKind::all);
  std::vector<Expr> conditions;
  for (const FilterPtr& child : node.children) conditions.push_back(bind_node(*child, root, scope));
  return joined(conditions, kind);
}

Expr bind_node(const FilterNode& node, const SourcePtr& root, const Scope& scope) {
  switch (node.kind) {
    case FilterNode::Kind::all:
      return bind_all(node, root, scope, TermKind::all);
    case FilterNode::Kind::any:
      return bind_all(node, root, scope, TermKind::any);
    case FilterNode::Kind::negate:
      return !bind_node(*node.children.front(), root, scope);
    case FilterNode::Kind::lookup:
      return bind_lookup(node, root, scope);
    case FilterNode::Kind::expression: {
      require_family(*node.value, Family::boolean, "filter");
      return Expr(in_terms_of(node.value, root));
    }
    case FilterNode::Kind::some:
    case FilterNode::Kind::none:
    case FilterNode::Kind::every:
      return bind_related(node, root);
  }
  return {};
}

}  // namespace

FilterPtr always_true() {
  static const auto node = std::make_shared<const FilterNode>();
  return node;
}

bool is_always_true(const FilterPtr& filter) noexcept {
  return !filter || (filter->kind == FilterNode::Kind::all && filter->children.empty());
}

NamedOperand named_operand(std::string_view path, const SourcePtr& root, const Scope& scope) {
  Operand operand = read(path, root, scope);
  apply_parts(operand);
  return {operand.term, operand.rest.empty() ? "exact" : operand.rest.front()};
}

const std::vector<std::string>& operator_names() { return all_operators(); }
std::vector<std::string> operator_names(const Type& type) { return operators_of(type); }

TermPtr in_terms_of(const TermPtr& term, const SourcePtr& root) {
  require_home(*term, *root);
  if (root->is_default && !root->rules) return term;
  return rebased(term, model_source(root->registry, *root->model), root);
}

TermPtr bound_filter(const FilterPtr& filter, const SourcePtr& root, const Scope& scope) {
  if (is_always_true(filter)) return nullptr;
  return bind_node(*filter, root, scope).term();
}

TermPtr bind_value(std::string_view path, const SourcePtr& root, const Scope& scope) {
  Operand operand = read(path, root, scope);
  if (operand.term->kind == TermKind::tuple || !key_columns(*operand.term).empty())
    refuse(path, "it names a key of several columns; name them one by one");
  const bool annotated = annotation_named(scope, path) != nullptr;
  apply_parts(operand);
  if (!operand.rest.empty()) {
    if (has(all_operators(), operand.rest.front()) && !part_named(operand.rest.front()))
      refuse(path, quote(operand.rest.front()) + " is an operator of conditions; name a field");
    refuse_step(path, operand.rest.front(), *operand.term);
  }
  return annotated ? Expr(operand.term).as(path).term() : operand.term;
}

RelatedRows related_rows(const SourcePtr& root, const SourcePtr& path) {
  std::vector<SourcePtr> steps;
  for (SourcePtr step = path; !same_source(*step, *root); step = step->from) steps.push_back(step);
  std::reverse(steps.begin(), steps.end());
  const SourcePtr& first = steps.front();
  const auto alias = [](const SourcePtr& source) {
    return model_alias(*model_source_beside(*source, *source->model), {});
  };
  const auto join = [](QuerySpec& spec, const SourcePtr& from, const SourcePtr& target, const TermPtr& on) {
    JoinSpec made;
    made.from = from;
    made.target = target;
    made.on = on;
    spec.joins.push_back(std::move(made));
  };
  RelatedRows related;
  QuerySpec& spec = related.spec;
  spec.root = alias(first);
  spec.context = spec.root;
  spec.default_projection = false;
  related.rows = spec.root;
  const PathJoin to_root = join_of(first);
  if (to_root.link) {
    const SourcePtr link = alias(to_root.link);
    join(spec, spec.root, link, rebased(rebased(to_root.on, first, spec.root), to_root.link, link));
    spec.where = rebased(join_of(to_root.link).on, to_root.link, link);
  } else {
    spec.where = rebased(to_root.on, first, spec.root);
  }
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const SourcePtr next = path_source(related.rows, steps[i]->via);
    const SourcePtr target = steps[i]->links ? link_source(next) : next;
    const PathJoin step = join_of(target);
    if (step.link) join(spec, related.rows, step.link, join_of(step.link).on);
    join(spec, step.link ? step.link : related.rows, target, step.on);
    related.rows = target;
  }
  return related;
}

}  // namespace dorm::query
