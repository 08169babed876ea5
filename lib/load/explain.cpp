#include "load/explain.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "load/strategy.hpp"
#include "query/path.hpp"

namespace dorm {
namespace {

std::string_view last_step(std::string_view path) {
  const std::size_t at = path.rfind("__");
  return at == std::string_view::npos ? path : path.substr(at + 2);
}

void draw(const LoadPlan& plan, std::uint32_t step, const std::string& indent, std::string& text) {
  std::vector<std::uint32_t> below;
  for (std::uint32_t i = 1; i < plan.steps.size(); ++i)
    if (plan.steps[i].parent == step) below.push_back(i);
  const std::string trunk = indent + (below.empty() ? "     " : "│    ");
  for (const std::string& warning : plan.steps[step].warnings)
    text.append(trunk).append("warning: ").append(warning).append("\n");
  if (!plan.steps[step].sql.empty()) text += trunk + plan.steps[step].sql + '\n';
  for (const std::uint32_t i : below) {
    const LoadPlan::Step& next = plan.steps[i];
    const bool last = i == below.back();
    text += indent + (last ? "└─ " : "├─ ");
    text += last_step(next.path);
    text += " → " + next.model + " (" + std::string(load::name_of(next.strategy)) + ": " + next.reason + ")\n";
    draw(plan, i, indent + (last ? "   " : "│  "), text);
  }
}

}  // namespace

std::string LoadPlan::to_text() const {
  if (steps.empty()) return {};
  std::string text = steps.front().model + '\n';
  draw(*this, 0, "", text);
  return text + std::to_string(round_trips) + (round_trips == 1 ? " round trip\n" : " round trips\n");
}

namespace load {
namespace {

class Explanation {
 public:
  Explanation(Engine& engine, const Context& context) : engine_(engine), context_(context) {}

  LoadPlan of(const Load& load) {
    LoadPlan::Step root;
    root.model = load.spec->root->model->name;
    root.strategy = Strategy::automatic;
    root.reason = "the rows asked for";
    root.sql = sql_of(*load.spec);
    plan_.steps.push_back(std::move(root));
    plan_.round_trips = 1;
    std::deque<Place> places;
    places.push_back({&load, 0, load.spec, load.spec->root});
    for (; !places.empty(); places.pop_front()) explain(places.front(), places);
    return std::move(plan_);
  }

 private:
  struct Place {
    const Load* load;
    std::uint32_t step;  // of its statement
    query::SpecPtr statement;
    query::SourcePtr origin;
  };
  using Path = std::vector<std::uint32_t>;

  // Steps are listed as they are run, what a statement joins right behind it.
  void explain(const Place& place, std::deque<Place>& next) {
    std::map<Path, std::uint32_t> nodes{{{}, place.step}};
    add_joined(place, nodes);
    for (const Step& step : place.load->steps) {
      if (step.strategy == Strategy::join) continue;
      const query::SourcePtr from = source_at(place.load->spec->root, step.at);
      const RelationInfo& relation = from->model->relations[step.fetch->relation];
      RelationLoad load;
      load.relation = &relation;
      load.children = step.load.spec;
      load.joined = Sharing::per_parent;
      load.partial = step.fetch->partial;
      load.limit = step.fetch->limit;
      load.offset = step.fetch->offset;
      Place below{&step.load, static_cast<std::uint32_t>(plan_.steps.size()), nullptr, step.load.spec->root};
      if (place.statement && (step.strategy != Strategy::key_set || step.load.is_subquery())) {
        load.keys = keys_of(*place.statement, source_at(place.origin, step.at), relation.fields);
        below.statement = std::make_shared<const query::QuerySpec>(relation_query(engine_, context_, load));
        if (step.strategy == Strategy::key_set) load.keys = nullptr;
      }
      const auto at = nodes.find(step.at);
      const std::uint32_t parent = at == nodes.end() ? place.step : at->second;
      add(parent, relation, step.fetch->name, step.strategy, step.reason, step.warnings,
          sql_of(relation_query(engine_, context_, load)));
      if (step.strategy != Strategy::pipelined) ++plan_.round_trips;
      next.push_back(std::move(below));
    }
  }

  void add(std::uint32_t parent, const RelationInfo& relation, const std::string& name, Strategy strategy,
           std::string reason, std::vector<std::string> warnings, std::string sql) {
    LoadPlan::Step step;
    step.parent = parent;
    step.path = plan_.steps[parent].path;
    step.path += (step.path.empty() ? "" : "__") + (name.empty() ? relation.name : name);
    step.model = context_.registry.model(relation.target).name;
    step.strategy = strategy;
    step.reason = std::move(reason);
    step.warnings = std::move(warnings);
    step.sql = std::move(sql);
    plan_.steps.push_back(std::move(step));
  }

  void add_joined(const Place& place, std::map<Path, std::uint32_t>& nodes) {
    const query::QuerySpec& spec = *place.load->spec;
    for (const query::JoinSpec& join : spec.joins) {
      if (!join.target->from || join.target->links || !is_selected(spec, *join.target)) continue;
      const Path path = query::relations_of(join.target);
      const auto before = nodes.find(Path(path.begin(), path.end() - 1));
      if (before == nodes.end()) continue;
      const std::uint32_t parent = before->second;
      const RelationInfo& relation = join.target->from->model->relations[join.target->via];
      const Step* fetched = nullptr;
      for (const Step& step : place.load->steps) {
        Path to = step.at;
        to.push_back(step.fetch->relation);
        if (step.strategy == Strategy::join && to == path) fetched = &step;
      }
      std::vector<std::string> warnings;
      if (fetched != nullptr) warnings = fetched->warnings;
      if (fetched == nullptr && relation.to_many() && lists_on(spec, *join.target->from) > 1)
        warnings.emplace_back("joined lists beside each other multiply the rows of the statement");
      nodes.emplace(path, static_cast<std::uint32_t>(plan_.steps.size()));
      add(parent, relation, {}, Strategy::join, fetched != nullptr ? fetched->reason : "joined by the request",
          std::move(warnings), {});
    }
  }

  static bool is_selected(const query::QuerySpec& spec, const query::Source& source) {
    return std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const query::OutputSpec& output) {
      const query::SourcePtr& of = output.source ? output.source : query::unaliased(*output.term).source;
      return of && query::same_source(*of, source);
    });
  }

  static std::size_t lists_on(const query::QuerySpec& spec, const query::Source& from) {
    return static_cast<std::size_t>(
        std::count_if(spec.joins.begin(), spec.joins.end(), [&](const query::JoinSpec& join) {
          return join.target->from && !join.target->links && query::same_source(*join.target->from, from) &&
                 from.model->relations[join.target->via].to_many();
        }));
  }

  std::string sql_of(const query::QuerySpec& spec) {
    const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
    return plan_of(engine_, spec, query::Purpose::rows, shaped)->statement.sql;
  }

  Engine& engine_;
  const Context& context_;
  LoadPlan plan_;
};

}  // namespace

LoadPlan explain_load(Engine& engine, const Context& context, const query::Unit& unit) {
  const Load load = plan_load(engine, context, unit);
  return Explanation(engine, context).of(load);
}

}  // namespace load
}  // namespace dorm
