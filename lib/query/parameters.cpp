#include "query/parameters.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "core/coerce.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/make_term.hpp"
#include "query/typing.hpp"

namespace dorm {

Expr param(std::string_view name, const Type& type) {
  if (!is_identifier(name))
    throw QueryError("parameter " + quote(name) + " is not an identifier; use letters, digits and '_', at most 63");
  query::Term term;
  term.kind = query::TermKind::value;
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
    if (copy->query) {
      SpecPtr made = spec(copy->query);
      any |= made != copy->query;
      copy->query = std::move(made);
    }
    return any ? TermPtr(std::move(copy)) : term;
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
      return value_term(coerce(given, type, "parameter '" + parameter->name + "'"), type);
    }
    return parameter;
  }

  const Named& values_;
  std::vector<bool> used_;
  std::vector<std::string> met_;
  std::unordered_map<const Term*, TermPtr> made_;  // the keys live in the query that is bound
};

}  // namespace

SpecPtr bound_parameters(const SpecPtr& spec, const Named& values) {
  Binding binding(values);
  SpecPtr made = binding.spec(spec);
  binding.require_all_used();
  return made;
}

}  // namespace query
}  // namespace dorm
