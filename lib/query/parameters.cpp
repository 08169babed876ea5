#include "query/parameters.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "core/coerce.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/make_term.hpp"
#include "query/pattern.hpp"
#include "query/typing.hpp"
#include "sql/operators.hpp"

namespace dorm {

Expr param(std::string_view name, const Type& type) {
  if (!is_identifier(name))
    throw QueryError("parameter " + quote(name) + " is not an identifier; use letters, digits and '_', at most 63");
  query::Term term;
  term.kind = query::TermKind::parameter;
  term.type = type;
  term.nullable = false;
  term.name = name;
  return query::wrap(std::move(term));
}

namespace query {
namespace {

using Named = std::vector<std::pair<std::string, Value>>;

// What changes is copied, what does not is shared. Sources keep their identity: columns are known by it.
class Binding {
 public:
  explicit Binding(const Named& values) : values_(values), used_(values.size(), false) {}

  SpecPtr spec(const SpecPtr& spec) {
    if (!spec) return nullptr;
    auto copy = std::make_shared<QuerySpec>(*spec);
    bool any = false;
    const auto keep = [&](TermPtr& place) { any |= replace(place); };
    const auto keep_source = [&](SourcePtr& place) {
      SourcePtr made = source(place);
      any |= made != place;
      place = std::move(made);
    };
    for (SourcePtr& cte : copy->ctes) keep_source(cte);
    keep_source(copy->root);
    for (JoinSpec& join : copy->joins) keep_source(join.target);
    for (OutputSpec& output : copy->outputs)
      if (output.term) keep(output.term);
    for (JoinSpec& join : copy->joins)
      if (join.on) keep(join.on);
    if (copy->where) keep(copy->where);
    for (TermPtr& term : copy->distinct_on) keep(term);
    for (TermPtr& term : copy->group_by) keep(term);
    if (copy->having) keep(copy->having);
    for (OrderSpec& by : copy->order_by) keep(by.term);
    for (SpecPtr* side : {&copy->left, &copy->right}) {
      const SpecPtr made = this->spec(*side);
      any |= made != *side;
      *side = made;
    }
    return any ? SpecPtr(std::move(copy)) : spec;
  }

  RequestPtr request(const RequestPtr& given) {
    if (!given) return nullptr;
    auto copy = std::make_shared<Request>(*given);
    bool any = false;
    const auto keep = [&](TermPtr& place) { any |= place != nullptr && replace(place); };
    keep(copy->where);
    keep(copy->having);
    for (TermPtr& group : copy->group_by) keep(group);
    for (OrderSpec& by : copy->order_by) keep(by.term);
    for (Annotation& annotation : copy->annotations) {
      keep(annotation.term);
      keep(annotation.grouped);
      if (!annotation.given || !annotation.given->condition || !annotation.given->condition->node()) continue;
      auto as_given = std::make_shared<Aggregate>(*annotation.given);
      as_given->condition = Filter(filter(annotation.given->condition->node()));
      annotation.given = std::move(as_given);
    }
    for (GivenConditions* conditions : {&copy->given_where, &copy->given_having}) {
      keep(conditions->term);
      for (FilterPtr& node : conditions->filters) node = filter(node);
    }
    for (LoadRequest& load : copy->loads) {
      RequestPtr rows = request(load.rows);
      any |= rows != load.rows;
      load.rows = std::move(rows);
    }
    return any ? RequestPtr(std::move(copy)) : given;
  }

  void require_all_used() const {
    std::vector<std::string> known = met_;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (used_[i]) continue;
      std::sort(known.begin(), known.end());
      known.erase(std::unique(known.begin(), known.end()), known.end());
      throw QueryError("the query has no parameter " + quote(values_[i].first) + did_you_mean(values_[i].first, known) +
                       (known.empty() ? "; it has none" : "; it has " + quote_list(known)));
    }
  }

 private:
  bool replace(TermPtr& place) {
    TermPtr made = term(place);
    if (made == place) return false;
    place = std::move(made);
    return true;
  }

  // As it was given: said again with the values.
  FilterPtr filter(const FilterPtr& node) {
    auto copy = std::make_shared<FilterNode>(*node);
    if (copy->value) replace(copy->value);
    for (FilterPtr& child : copy->children) child = filter(child);
    return copy;
  }

  // Terms go on to name the one that it was: they know it by its identity.
  SourcePtr source(const SourcePtr& source) {
    if (!source || (!source->query && source->rows.empty())) return source;
    const auto known = sources_.find(source.get());
    if (known != sources_.end()) return known->second;
    auto copy = std::make_shared<Source>(*source);
    copy->query = spec(source->query);
    bool any = copy->query != source->query;
    for (std::vector<TermPtr>& row : copy->rows)
      for (TermPtr& cell : row) any |= replace(cell);
    copy->unbound = source;
    require_known_columns(*source, *copy);
    SourcePtr made = any ? SourcePtr(std::move(copy)) : source;
    sources_.emplace(source.get(), made);
    return made;
  }

  // Terms were typed by the columns as they were.
  static void require_known_columns(const Source& before, const Source& after) {
    if (!after.query || before.query == after.query) return;
    const std::vector<OutputColumn> columns = output_columns(*after.query);
    for (std::size_t i = 0; i < columns.size() && i < before.outputs.size(); ++i) {
      if (before.outputs[i].type.kind != TypeKind::unknown || columns[i].type.kind == TypeKind::unknown) continue;
      throw QueryError("column '" + before.outputs[i].name + "' of '" + before.alias +
                       "' is a parameter that has no type; give it one: param(name, type)");
    }
  }

  // A term that stands in two places is one afterwards, too: groups and windows are known by that.
  TermPtr term(const TermPtr& term) {
    const auto known = made_.find(term.get());
    if (known != made_.end()) return known->second;
    TermPtr made = is_parameter(*term) ? value(term) : inside(term);
    made_.emplace(term.get(), made);
    return made;
  }

  TermPtr inside(const TermPtr& term) {
    if (term->children.empty() && term->order.empty() && !term->filter && !term->query) return term;
    auto copy = std::make_shared<Term>(*term);
    bool any = false;
    for (TermPtr& child : copy->children) any |= replace(child);
    for (OrderSpec& by : copy->order) any |= replace(by.term);
    if (copy->filter) any |= replace(copy->filter);
    if (any) {
      hold_together(*term, *copy);
      settle_type(*term, *copy);
    }
    if (copy->query) {
      SpecPtr made = spec(copy->query);
      any |= made != copy->query;
      copy->query = std::move(made);
    }
    return any ? TermPtr(std::move(copy)) : term;
  }

  // A value is held against what it stands beside, as it is where the query has it from the start.
  static void hold_together(const Term& before, Term& after) {
    const bool is_pair = before.kind == TermKind::binary || before.kind == TermKind::match;
    if (!is_pair && before.kind != TermKind::between) return;
    const Term& operand = *after.children.front();
    for (std::size_t i = 1; i < after.children.size(); ++i) {
      if (!is_parameter(*before.children[i]) || is_parameter(*after.children[i])) continue;
      if (before.kind == TermKind::match) {
        require_pattern(static_cast<sql::MatchOp>(before.op), operand, after.children[i]->value.text());
      } else if (is_comparison(before)) {
        after.children[i] = bound_beside(after.children[i], operand);
      }
    }
    const bool is_first = is_parameter(*before.children.front()) && !is_parameter(operand);
    if (is_first && before.kind == TermKind::binary && is_comparison(before))
      after.children.front() = bound_beside(after.children.front(), *after.children[1]);
  }
  // What is computed is of the type that its parts had before: they must have it still.
  static void settle_type(const Term& before, Term& after) {
    if (after.kind == TermKind::alias) {
      after.type = after.children.front()->type;
      after.nullable = after.children.front()->nullable;
    }
    const bool computes = after.kind == TermKind::binary || after.kind == TermKind::unary ||
                          after.kind == TermKind::case_when || after.kind == TermKind::tuple ||
                          after.kind == TermKind::alias || after.kind == TermKind::call;
    if (!computes || (after.kind == TermKind::binary && is_comparison(after))) return;
    for (std::size_t i = 0; i < before.children.size(); ++i) {
      const Term& parameter = *before.children[i];
      TermPtr& value = after.children[i];
      if (!is_parameter(parameter) || is_parameter(*value)) continue;
      const bool is_typed = after.type.kind != TypeKind::unknown || after.kind == TermKind::call ||
                            after.kind == TermKind::tuple || parameter.type.kind != TypeKind::unknown;
      if (!is_typed) {
        throw QueryError(describe(parameter) +
                         " has no type where it stands, beside nothing that has one; give it one: param(name, type)");
      }
      if (value->value.kind() != ValueKind::decimal || parameter.type.kind != TypeKind::decimal) continue;
      if (value->value.decimal().scale() > parameter.type.scale) {
        throw DataError(describe(parameter) + " is " + to_string(parameter.type) +
                        " where it stands; the value has more digits after the point: give it a type of more");
      }
    }
  }
  static bool is_comparison(const Term& term) {
    if (term.kind == TermKind::between) return true;
    return sql::is_comparing(static_cast<sql::BinaryOp>(term.op));
  }

  TermPtr value(const TermPtr& parameter) {
    met_.push_back(parameter->name);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].first != parameter->name) continue;
      used_[i] = true;
      const Value& given = values_[i].second;
      if (given.is_null() || given.kind() == ValueKind::list) {
        throw QueryError("parameter '" + parameter->name + "' takes one value that is not null; " +
                         (given.is_null() ? "ask for null with is_null()" : "use in() with the list"));
      }
      const Type type = parameter->type.kind == TypeKind::unknown ? natural_type(given) : parameter->type;
      // One parameter that is named twice is one value of the statement, so that a group is what is selected.
      for (const auto& [name, known] : given_)
        if (name == parameter->name && known->type == type) return known;
      TermPtr made = value_term(coerce(given, type, "parameter '" + parameter->name + "'"), type);
      given_.emplace_back(parameter->name, made);
      return made;
    }
    return parameter;
  }

  const Named& values_;
  std::vector<bool> used_;
  std::vector<std::string> met_;
  std::vector<std::pair<std::string, TermPtr>> given_;
  std::unordered_map<const Term*, TermPtr> made_;  // the keys live in the query that is bound
  std::unordered_map<const Source*, SourcePtr> sources_;
};

}  // namespace

SpecPtr bound_parameters(const SpecPtr& spec, const Named& values) {
  Binding binding(values);
  SpecPtr made = binding.spec(spec);
  binding.require_all_used();
  return made;
}

RequestPtr bound_parameters(const RequestPtr& request, const Named& values) {
  Binding binding(values);
  RequestPtr made = binding.request(request);
  binding.require_all_used();
  return made;
}

}  // namespace query
}  // namespace dorm
