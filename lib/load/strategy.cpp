#include "load/strategy.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "dorm/error.hpp"
#include "load/child_query.hpp"
#include "load/fold.hpp"
#include "query/path.hpp"

namespace dorm::load {
namespace {

// Below this a round trip costs less than what joins and repeated statements cost.
constexpr std::chrono::microseconds near_by{200};
// Beyond these numbers of parents the saved round trip is lost again, as measured.
constexpr std::int64_t max_pipelined_parents = 100;
constexpr std::int64_t max_joined_parents = 1000;

// ---- is a statement the same each time it is asked? ----

bool is_repeatable_call(const std::string& name) {
  static constexpr std::array<std::string_view, 24> known{
      "ABS",      "AVG",   "CEIL",   "CHAR_LENGTH", "COALESCE", "CONCAT", "COUNT", "FLOOR",
      "GREATEST", "LEAST", "LENGTH", "LOWER",       "LTRIM",    "MAX",    "MIN",   "NULLIF",
      "REPLACE",  "ROUND", "RTRIM",  "SUBSTR",      "SUM",      "TRIM",   "UPPER", "ROW_NUMBER"};
  std::string upper = name;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return std::find(known.begin(), known.end(), upper) != known.end();
}

bool is_repeatable(const query::QuerySpec& spec);

bool is_repeatable(const query::Term& term) {
  if (term.kind == query::TermKind::call && !is_repeatable_call(term.name)) return false;
  if (term.kind == query::TermKind::raw) return false;
  if (term.query && !is_repeatable(*term.query)) return false;
  if (term.filter && !is_repeatable(*term.filter)) return false;
  return std::all_of(term.children.begin(), term.children.end(),
                     [](const query::TermPtr& child) { return is_repeatable(*child); }) &&
         std::all_of(term.order.begin(), term.order.end(),
                     [](const query::OrderSpec& order) { return is_repeatable(*order.term); });
}

bool is_repeatable(const query::QuerySpec& spec) {
  const auto repeatable = [](const query::TermPtr& term) { return !term || is_repeatable(*term); };
  return repeatable(spec.where) &&
         std::all_of(spec.joins.begin(), spec.joins.end(),
                     [&](const query::JoinSpec& join) {
                       return repeatable(join.on) && (!join.target->query || is_repeatable(*join.target->query));
                     }) &&
         std::all_of(spec.order_by.begin(), spec.order_by.end(),
                     [&](const query::OrderSpec& order) { return repeatable(order.term); });
}

bool is_limited(const query::QuerySpec& spec) { return spec.limit || spec.offset; }

// ---- choosing ----

struct Choice {
  Strategy strategy = Strategy::key_set;
  std::string reason;
};

std::string in_milliseconds(std::chrono::nanoseconds time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f ms", std::chrono::duration<double, std::milli>(time).count());
  return text.data();
}

class Planner {
 public:
  Planner(const Engine& engine, const Context& context)
      : context_(context),
        capabilities_(engine.session->dialect().capabilities()),
        can_pipeline_(engine.session->driver().can_pipeline()),
        sees_one_state_(engine.session->can_see_one_state()),
        round_trip_(engine.session->round_trip()) {}

  Load plan(const query::Unit& unit) {
    root_ = unit.spec.get();
    path_ = unit.spec->root->model->name;
    return load_of(unit, {}, true);
  }

 private:
  struct Parent {
    std::string why_no_subquery;  // why its statement cannot be asked for a second time; empty: it can
    bool pipelined = true;        // it is sent before anything has come back
  };

  Load load_of(const query::Unit& unit, std::string why_no_subquery, bool pipelined) {
    Load load;
    load.spec = unit.spec;
    const Parent parent{std::move(why_no_subquery), pipelined};
    for (const query::Fetch& fetch : unit.fetches) add_step(load, fetch.at, fetch, parent);
    return load;
  }

  void add_step(Load& load, std::vector<std::uint32_t> at, const query::Fetch& fetch, const Parent& parent) {
    const query::SourcePtr from = source_at(load.spec->root, at);
    const RelationInfo& relation = from->model->relations[fetch.relation];
    const std::string before = path_;
    path_ += "." + relation.name;
    Choice choice = choose(load, fetch, relation, parent);
    Step step;
    step.at = std::move(at);
    step.fetch = &fetch;
    step.strategy = choice.strategy;
    step.reason = std::move(choice.reason);
    if (!is_indexed(relation))
      step.warnings.push_back("no index starts with the foreign key of '" + relation.name + "'");
    if (choice.strategy == Strategy::join) {
      std::vector<std::uint32_t> to = step.at;
      to.push_back(fetch.relation);
      load.spec = folded(*load.spec, step.at, fetch);
      if (relation.to_many() && lists_beside(*load.spec, from) > 1)
        step.warnings.emplace_back("joined lists beside each other multiply the rows of the statement");
      load.steps.push_back(std::move(step));
      for (const query::Fetch& below : fetch.unit->fetches) {
        std::vector<std::uint32_t> place = to;
        place.insert(place.end(), below.at.begin(), below.at.end());
        add_step(load, std::move(place), below, parent);
      }
    } else {
      std::string why = why_no_subquery(fetch, parent);
      step.load = load_of(*fetch.unit, std::move(why), choice.strategy == Strategy::pipelined);
      load.steps.push_back(std::move(step));
    }
    path_ = before;
  }

  Choice choose(const Load& load, const query::Fetch& fetch, const RelationInfo& relation, const Parent& parent) const {
    if (fetch.strategy != Strategy::automatic) {
      const std::string refusal = refusal_of(fetch.strategy, load, fetch, relation, parent);
      // How many round trips there are depends on the backend, so a pipeline is a wish; the others are orders.
      if (!refusal.empty() && fetch.strategy == Strategy::pipelined)
        return {Strategy::key_set, "asked for a pipeline, but " + refusal};
      if (!refusal.empty())
        throw QueryError("'" + path_ + "' cannot be loaded by " + std::string(name_of(fetch.strategy)) + ": " +
                         refusal);
      return {fetch.strategy, "asked for"};
    }
    const auto is_pipelined = [](const query::Fetch& below) { return below.strategy == Strategy::pipelined; };
    if (leads_to(*fetch.unit, is_pipelined)) {
      std::string refusal = refusal_of(Strategy::pipelined, load, fetch, relation, parent);
      if (refusal.empty()) return {Strategy::pipelined, "what hangs on it is to be pipelined"};
    }
    // A path that may be loaded in any way frees what leads to it.
    const bool best = fetch.best || leads_to(*fetch.unit, [](const query::Fetch& below) { return below.best; });
    if (!best) return {Strategy::key_set, "one statement by the keys of its parents"};
    return automatic(load, fetch, relation, parent);
  }

  template <class Is>
  static bool leads_to(const query::Unit& unit, const Is& is) {
    return std::any_of(unit.fetches.begin(), unit.fetches.end(),
                       [&](const query::Fetch& fetch) { return is(fetch) || leads_to(*fetch.unit, is); });
  }

  Choice automatic(const Load& load, const query::Fetch& fetch, const RelationInfo& relation,
                   const Parent& parent) const {
    if (round_trip_ < near_by) {
      return {Strategy::key_set, round_trip_.count() == 0
                                     ? std::string("round-trip time not measured yet")
                                     : "the database is near: " + in_milliseconds(round_trip_) + " a round trip"};
    }
    const std::string far = in_milliseconds(round_trip_) + " a round trip";
    if (!is_indexed(relation)) return {Strategy::key_set, far + ", but no index on the foreign key"};
    const std::optional<std::int64_t> parents = root_->limit;
    if (!parents) return {Strategy::key_set, far + ", but any number of parents"};
    const std::string few = far + ", at most " + std::to_string(*parents) + " rows of the first statement";
    if (*parents <= max_pipelined_parents) {
      std::string refusal = refusal_of(Strategy::pipelined, load, fetch, relation, parent);
      if (refusal.empty()) return {Strategy::pipelined, few};
      if (relation.to_many()) return {Strategy::key_set, few + ", but not pipelined: " + refusal};
    }
    if (!relation.to_many() && *parents <= max_joined_parents) {
      const std::string refusal = refusal_of(Strategy::join, load, fetch, relation, parent);
      return refusal.empty() ? Choice{Strategy::join, few}
                             : Choice{Strategy::key_set, few + ", but not joined: " + refusal};
    }
    return {Strategy::key_set, few};
  }

  // Why this strategy could not give the same result here; empty if it can.
  std::string refusal_of(Strategy strategy, const Load& load, const query::Fetch& fetch, const RelationInfo& relation,
                         const Parent& parent) const {
    switch (strategy) {
      case Strategy::automatic:
      case Strategy::key_set:
        return {};
      case Strategy::join:
        return why_not_folded(*load.spec, fetch, relation, capabilities_);
      case Strategy::subquery:
        return parents_refusal(load, parent);
      case Strategy::pipelined:
        if (!can_pipeline_) return "the database takes one statement at a time";
        if (!parent.pipelined)
          return "its parents are not known to the database before their own statement was answered";
        return parents_refusal(load, parent);
    }
    return {};
  }

  std::string parents_refusal(const Load& load, const Parent& parent) const {
    if (!sees_one_state_)
      return "the open transaction lets each statement see another state; begin it with repeatable_read";
    if (!parent.why_no_subquery.empty()) return parent.why_no_subquery;
    const query::QuerySpec& spec = *load.spec;
    if (!is_repeatable(spec)) return "asked twice, the statement of its parents could select other rows";
    if (is_limited(spec) && !has_total_order(spec))
      return "its parents are limited without a total order; a second statement could select others";
    return {};
  }

  // Whether what hangs on the rows of a fetch can ask for them by a subquery.
  static std::string why_no_subquery(const query::Fetch& fetch, const Parent& parent) {
    if (!parent.why_no_subquery.empty()) return parent.why_no_subquery;
    const bool limited = fetch.limit || fetch.offset;
    if (limited && !can_number(*fetch.unit->spec))
      return "its parents are limited in a way that only the program can tell";
    return {};
  }

  bool is_indexed(const RelationInfo& relation) const {
    if (relation.holds_key()) return true;
    if (relation.through != no_index)
      return context_.registry.model(relation.through).relations[relation.through_source].indexed;
    return relation.inverse == no_index || context_.registry.model(relation.target).relations[relation.inverse].indexed;
  }

  static std::size_t lists_beside(const query::QuerySpec& spec, const query::SourcePtr& from) {
    return static_cast<std::size_t>(
        std::count_if(spec.joins.begin(), spec.joins.end(), [&](const query::JoinSpec& join) {
          return join.target->from && !join.target->links && query::same_source(*join.target->from, *from) &&
                 from->model->relations[join.target->via].to_many();
        }));
  }

  const Context& context_;
  const sql::Capabilities& capabilities_;
  const bool can_pipeline_;
  const bool sees_one_state_;
  const std::chrono::nanoseconds round_trip_;
  const query::QuerySpec* root_ = nullptr;
  std::string path_;
};

}  // namespace

std::string_view name_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::automatic:
      return "automatic";
    case Strategy::join:
      return "join";
    case Strategy::key_set:
      return "key_set";
    case Strategy::subquery:
      return "subquery";
    case Strategy::pipelined:
      return "pipelined";
  }
  return {};
}

bool Load::is_subquery() const {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.strategy == Strategy::subquery || step.strategy == Strategy::pipelined || step.load.is_subquery();
  });
}

Load plan_load(const Engine& engine, const Context& context, const query::Unit& unit) {
  return Planner(engine, context).plan(unit);
}

query::SourcePtr source_at(query::SourcePtr from, const std::vector<std::uint32_t>& relations) {
  for (const std::uint32_t relation : relations) from = query::path_source(from, relation);
  return from;
}

}  // namespace dorm::load
