#include "query/visit.hpp"

#include <algorithm>
#include <unordered_map>

#include "query/path.hpp"

namespace dorm::query {
namespace {

// Calls `visit` with every term and every source of a query, in the order of its text.
template <class OnTerm>
void each_term(const QuerySpec& spec, const OnTerm& visit) {
  if (spec.left) each_term(*spec.left, visit);
  if (spec.right) each_term(*spec.right, visit);
  for (const OutputSpec& output : spec.outputs)
    if (output.term) visit(*output.term);
  for (const JoinSpec& join : spec.joins)
    if (join.on) visit(*join.on);
  if (spec.where) visit(*spec.where);
  for (const TermPtr& term : spec.distinct_on) visit(*term);
  for (const TermPtr& group : spec.group_by) visit(*group);
  if (spec.having) visit(*spec.having);
  for (const OrderSpec& order : spec.order_by) visit(*order.term);
}

bool contains(const std::vector<SourcePtr>& sources, const Source& wanted) {
  return std::any_of(sources.begin(), sources.end(),
                     [&](const SourcePtr& source) { return same_source(*source, wanted); });
}

class Rebase {
 public:
  Rebase(const SourcePtr& from, const SourcePtr& to) : from_(from), to_(to) {}

  TermPtr term(const TermPtr& term) const {
    if (!term) return nullptr;
    const auto known = made_.find(term.get());
    if (known != made_.end()) return known->second;
    TermPtr made = inside(term);
    made_.emplace(term.get(), made);
    return made;
  }

 private:
  TermPtr inside(const TermPtr& term) const {
    auto copy = std::make_shared<Term>(*term);
    bool changed = false;
    const auto keep = [&](auto& place, auto made) {
      changed |= made != place;
      place = std::move(made);
    };
    if (copy->source) keep(copy->source, source(copy->source));
    for (TermPtr& child : copy->children) keep(child, this->term(child));
    for (OrderSpec& by : copy->order) keep(by.term, this->term(by.term));
    keep(copy->filter, this->term(copy->filter));
    if (copy->query) keep(copy->query, spec(copy->query));
    return changed ? TermPtr(std::move(copy)) : term;
  }

  SourcePtr source(const SourcePtr& source) const {
    if (same_source(*source, *from_)) return to_;
    if (!source->from) return source;
    const SourcePtr from = this->source(source->from);
    if (from == source->from) return source;
    auto moved = std::make_shared<Source>(*source);
    moved->from = from;
    return moved;
  }

  SpecPtr spec(const SpecPtr& spec) const {
    if (has_source(*spec, *from_)) return spec;  // it means its own
    auto copy = std::make_shared<QuerySpec>(*spec);
    bool changed = false;
    const auto keep = [&](TermPtr& place) {
      TermPtr made = term(place);
      changed |= made != place;
      place = std::move(made);
    };
    for (OutputSpec& output : copy->outputs)
      if (output.term) keep(output.term);
    for (JoinSpec& join : copy->joins) {
      if (join.on) keep(join.on);
      SourcePtr from = source(join.from);
      SourcePtr target = source(join.target);
      changed |= from != join.from || target != join.target;
      join.from = std::move(from);
      join.target = std::move(target);
    }
    keep(copy->where);
    for (TermPtr& term : copy->distinct_on) keep(term);
    for (TermPtr& group : copy->group_by) keep(group);
    keep(copy->having);
    for (OrderSpec& by : copy->order_by) keep(by.term);
    return changed ? SpecPtr(std::move(copy)) : spec;
  }

  const SourcePtr& from_;
  const SourcePtr& to_;
  mutable std::unordered_map<const Term*, TermPtr> made_;  // a term that stands in two places stays one
};

bool reads(const QuerySpec& spec, const Source& root);

bool reads(const Term& term, const Source& root) {
  for (const Source* source = term.source.get(); source != nullptr; source = source->from.get())
    if (same_source(*source, root)) return true;
  return std::any_of(term.children.begin(), term.children.end(),
                     [&](const TermPtr& child) { return reads(*child, root); }) ||
         std::any_of(term.order.begin(), term.order.end(),
                     [&](const OrderSpec& by) { return reads(*by.term, root); }) ||
         (term.filter && reads(*term.filter, root)) || (term.query && reads(*term.query, root));
}

// Whether a subquery reads rows of a source that is not its own.
bool reads(const QuerySpec& spec, const Source& root) {
  if (has_source(spec, root)) return false;
  bool found = spec.root && spec.root->query && reads(*spec.root->query, root);
  for (const JoinSpec& join : spec.joins) found = found || (join.target->query && reads(*join.target->query, root));
  each_term(spec, [&](const Term& term) { found = found || reads(term, root); });
  return found;
}

}  // namespace

bool has_correlated(const Term& term, const Source& root) {
  if (term.query && reads(*term.query, root)) return true;
  return std::any_of(term.children.begin(), term.children.end(),
                     [&](const TermPtr& child) { return has_correlated(*child, root); }) ||
         std::any_of(term.order.begin(), term.order.end(),
                     [&](const OrderSpec& by) { return has_correlated(*by.term, root); }) ||
         (term.filter && has_correlated(*term.filter, root));
}

void collect_paths(const Term& term, std::vector<SourcePtr>& found) {
  if (term.source && term.source->from && !contains(found, *term.source)) found.push_back(term.source);
  for (const TermPtr& child : term.children) collect_paths(*child, found);
  for (const OrderSpec& by : term.order) collect_paths(*by.term, found);
  if (term.filter) collect_paths(*term.filter, found);
  if (!term.query) return;
  // Those that start at a source of the subquery are its own.
  for (const SourcePtr& path : path_sources(*term.query))
    if (!has_source(*term.query, *first_of(path)) && !contains(found, *path)) found.push_back(path);
}

void collect_sources(const Term& term, std::vector<SourcePtr>& found) {
  if (term.source && !contains(found, *term.source)) found.push_back(term.source);
  for (const TermPtr& child : term.children) collect_sources(*child, found);
  for (const OrderSpec& by : term.order) collect_sources(*by.term, found);
  if (term.filter) collect_sources(*term.filter, found);
}

std::vector<SourcePtr> path_sources(const QuerySpec& spec) {
  std::vector<SourcePtr> found;
  each_term(spec, [&](const Term& term) { collect_paths(term, found); });
  return found;
}

namespace {

void require_home(const Source& source, const Source& root);

void require_home(const QuerySpec& spec, const Source& root) {
  if (spec.root) require_home(*spec.root, root);
  for (const JoinSpec& join : spec.joins) require_home(*join.target, root);
  for (const SourcePtr& table : spec.ctes) require_home(*table, root);
  each_term(spec, [&](const Term& term) { query::require_home(term, root); });
}

void require_home(const Source& source, const Source& root) {
  if (source.home && source.home != root.home) refuse_two_homes(source.label(), *source.home, *root.home);
  if (source.query) require_home(*source.query, root);
}

}  // namespace

void require_home(const Term& term, const Source& root) {
  if (!root.home) return;
  // What a subquery reads is looked at where it is joined.
  if (term.source && term.source->home && term.source->home != root.home)
    refuse_two_homes(term.source->label(), *term.source->home, *root.home);
  for (const TermPtr& child : term.children) require_home(*child, root);
  for (const OrderSpec& by : term.order) require_home(*by.term, root);
  if (term.filter) require_home(*term.filter, root);
  if (term.query) require_home(*term.query, root);
}

TermPtr rebased(const TermPtr& term, const SourcePtr& from, const SourcePtr& to) { return Rebase(from, to).term(term); }

}  // namespace dorm::query
