// What untrusted callers may name, and how much they get.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/document.hpp"
#include "query/grouping.hpp"
#include "query/path.hpp"
#include "query/visit.hpp"

namespace dorm {

Policy& Policy::allow(std::string_view model) {
  grants_.push_back({std::string(model), std::nullopt});
  return *this;
}

Policy& Policy::allow(std::string_view model, const std::vector<std::string>& members) {
  grants_.push_back({std::string(model), members});
  return *this;
}

Policy& Policy::rows(std::string_view model, const Filter& condition) {
  rows_.push_back({std::string(model), condition});
  return *this;
}

Policy& Policy::limit(const QueryLimits& given) {
  limits_ = given;
  return *this;
}

QueryGate::QueryGate(Registry registry, const Policy& policy)
    : registry_(std::move(registry)), limits_(policy.limits()), grants_(registry_.models().size()) {
  for (const auto& model : registry_.models()) {
    grants_[model->id].fields.resize(model->fields.size());
    grants_[model->id].relations.resize(model->relations.size());
  }
  for (const Policy::Grant& given : policy.grants()) {
    const ModelInfo& model = registry_.get(given.model);
    Grant& grant = grants_[model.id];
    grant.model = true;
    if (!given.members) {
      for (const FieldInfo& field : model.fields) grant.fields[field.index] = !field.sensitive && !field.hidden;
      grant.relations.assign(model.relations.size(), true);
      continue;
    }
    for (const std::string& name : *given.members) {
      const ModelInfo::Member member = model.get(name);
      if (member.kind == ModelInfo::Member::Kind::relation) {
        grant.relations[member.index] = true;
        continue;
      }
      const FieldInfo& field = model.fields[member.index];
      if (field.sensitive || field.hidden) {
        throw QueryError("policy: '" + model.name + "." + field.name + "' is " +
                         (field.sensitive ? "sensitive" : "hidden") +
                         ", which no document may name; leave it out of allow()");
      }
      grant.fields[member.index] = true;
    }
  }
  if (!policy.row_conditions().empty()) add_rules(policy);
}

void QueryGate::add_rules(const Policy& policy) {
  query::RowRules rules;
  rules.by_model.resize(registry_.models().size());
  for (const Policy::RowCondition& given : policy.row_conditions()) {
    const ModelInfo& model = registry_.get(given.model);
    const auto refuse = [&](const std::string& why) {
      throw QueryError("policy: the condition of rows(\"" + model.name + "\") " + why);
    };
    const query::TermPtr rule = query::bound_filter(given.condition.node(), query::model_source(registry_, model));
    if (!rule) refuse("is empty, which hides nothing; leave it out");
    if (query::has_aggregate(*rule)) refuse("is about groups; it is asked of each row");
    std::vector<query::SourcePtr> paths;
    query::collect_paths(*rule, paths);
    if (!paths.empty()) {
      const std::vector<std::uint32_t> relations = query::relations_of(paths.front());
      refuse("goes along " + quote(query::path_text(model, registry_, relations)) +
             ", which would join it; say any(\"" + query::path_text(model, registry_, relations) + "\", …)");
    }
    query::TermPtr& all = rules.by_model[model.id];
    all = query::all_of(all, rule);
  }
  rules_ = std::make_shared<const query::RowRules>(std::move(rules));
}

bool QueryGate::shows(const ModelInfo& model, const FieldInfo& field) const {
  return grants_[model.id].model && grants_[model.id].fields[field.index];
}

bool QueryGate::shows(const ModelInfo& model, const RelationInfo& relation) const {
  return grants_[model.id].model && grants_[model.id].relations[relation.index] && grants_[relation.target].model &&
         !relation.name.empty();
}

std::vector<std::uint32_t> QueryGate::shown_fields(const ModelInfo& model) const {
  std::vector<std::uint32_t> fields;
  for (const std::uint32_t field : query::default_fields(model))
    if (shows(model, model.fields[field])) fields.push_back(field);
  return fields;
}

std::vector<std::string> QueryGate::shown_models() const {
  std::vector<std::string> names;
  for (const auto& model : registry_.models())
    if (allows(*model)) names.push_back(model->name);
  return names;
}

void QueryGate::refuse_unknown(const ModelInfo& model, std::string_view path, const std::string& step) const {
  std::vector<std::string> names;
  for (const FieldInfo& field : model.fields)
    if (shows(model, field)) names.push_back(field.name);
  for (const RelationInfo& relation : model.relations)
    if (shows(model, relation)) names.push_back(relation.name);
  std::string why = "model '" + model.name + "' has no field or relation " + quote(step) + did_you_mean(step, names);
  if (!names.empty()) why += "; it has " + quote_list(names);
  query::refuse(path, why);
}

// The key is read from the row that holds it, or from the row that it leads to: either may be allowed.
void QueryGate::require_key(const RelationInfo& relation, const ModelInfo& holder, std::string_view path) const {
  const auto all_shown = [&](const ModelInfo& model, const std::vector<std::uint32_t>& fields) {
    return !fields.empty() && std::all_of(fields.begin(), fields.end(),
                                          [&](std::uint32_t field) { return shows(model, model.fields[field]); });
  };
  if (relation.holds_key() && all_shown(holder, relation.fields)) return;
  const ModelInfo& target = registry_.model(relation.target);
  const std::vector<std::uint32_t>& key = relation.holds_key() ? relation.target_fields : target.primary_key;
  if (all_shown(target, key)) return;
  query::refuse(path, "it ends at the relation '" + relation.name + "', whose key is not to be had; name a field");
}

// Beside a row each link row is joined, also one that leads to a hidden row: it would be counted.
void QueryGate::require_links(const RelationInfo& relation, const ModelInfo& holder, std::string_view path,
                              const Use& use) const {
  if (relation.through == no_index) return;
  const std::string label = "'" + holder.name + "." + relation.name + "' leads ";
  if (has_rule(relation.through)) {
    query::refuse(path, label + "through link rows of '" + registry_.model(relation.through).name +
                            "', of which not all may be seen; ask for rows of that model");
  }
  if (has_rule(relation.target) && !use.apart) {
    query::refuse(path, label +
                            "through link rows to rows of which not all may be seen; ask about it with any, none or "
                            "every, and load it with prefetch_related");
  }
}

// In step with query::parse_path(), which reads the path afterwards: what is let through here it finds, too.
void QueryGate::require(const ModelInfo& root, std::string_view path, const Use& use) const {
  const ModelInfo* model = &root;
  const ModelInfo* holder = nullptr;
  const ModelInfo* links = nullptr;
  const RelationInfo* last = nullptr;
  std::size_t relations = 0;
  for (const std::string& step : query::path_steps(path)) {
    if (step.empty()) query::refuse(path, "a step is empty");
    const ModelInfo::Member found = model->find(step);
    if (found.kind == ModelInfo::Member::Kind::field || (!found && step == "pk")) {
      if (found && !shows(*model, model->fields[found.index])) refuse_unknown(*model, path, step);
      if (!found) {
        const auto hidden = [&](std::uint32_t field) { return !shows(*model, model->fields[field]); };
        if (std::any_of(model->primary_key.begin(), model->primary_key.end(), hidden))
          refuse_unknown(*model, path, step);
      }
      if (use.relations) query::refuse(path, "it ends at the field " + quote(step) + "; name a relation");
      return;
    }
    if (!found) {
      if (links != nullptr && links->snake_name == step && allows(*links)) {
        model = std::exchange(links, nullptr);
        last = nullptr;
        continue;
      }
      const std::vector<std::string>& operators = query::operator_names();
      const bool ends =
          last != nullptr && !use.relations && std::find(operators.begin(), operators.end(), step) != operators.end();
      if (!ends) refuse_unknown(*model, path, step);
      break;
    }
    const RelationInfo& relation = model->relations[found.index];
    if (!shows(*model, relation)) refuse_unknown(*model, path, step);
    if (++relations > limits_.max_path) {
      query::refuse(path, "it follows more than " + std::to_string(limits_.max_path) +
                              " relations, which is the limit (max_path); ask for less at once");
    }
    if (relation.to_many() && !use.lists) {
      query::refuse(path, "'" + model->name + "." + relation.name +
                              "' leads to a list; ask about it with any, none, every or annotate, and load it with "
                              "prefetch_related");
    }
    require_links(relation, *model, path, use);
    holder = model;
    last = &relation;
    links = relation.through == no_index ? nullptr : &registry_.model(relation.through);
    model = &registry_.model(relation.target);
  }
  if (last != nullptr && use.keys && !use.relations) require_key(*last, *holder, path);
}

// ---- limits and fields ----

namespace document {
namespace {

using query::FieldChoice;
using query::LoadRequest;
using query::Method;
using query::Request;
using RelationPath = std::vector<std::uint32_t>;

class Confinement {
 public:
  explicit Confinement(const QueryGate& gate) : gate_(gate) {}

  void root(Request& request) {
    const QueryLimits& limits = gate_.limits();
    request.limit = std::min(request.limit.value_or(limits.default_rows), limits.max_rows);
    rows(request, false, 1);
  }

 private:
  // `listed`: the request around it names fields of these rows.
  void rows(Request& request, bool listed, std::size_t depth) {
    if (depth > gate_.limits().max_depth + 1) {
      throw QueryError("more than " + std::to_string(gate_.limits().max_depth) +
                       " prefetches lie in each other, which is the limit (max_depth); ask for less at once");
    }
    request.load_required = false;  // what nobody named is not loaded
    add_rule(request);
    add_steps(request);
    const std::vector<FieldChoice> named = request.fields;
    const auto is_listed = [&](const RelationPath& path) {
      return std::any_of(named.begin(), named.end(), [&](const FieldChoice& choice) {
        return !choice.excluded && !choice.links && choice.path == path;
      });
    };
    if (!listed && !is_listed({})) add_fields(request, {});
    const std::vector<RelationPath> joined = joined_paths(request);
    for (const RelationPath& path : joined) {
      count_node();
      if (!is_listed(path)) add_fields(request, path);
    }
    for (LoadRequest& load : request.loads) {
      if (load.method == Method::join) continue;
      // What is joined already is not asked for again, unless in a way of its own.
      if (!load.rows && load.name.empty() && std::find(joined.begin(), joined.end(), load.path) != joined.end())
        continue;
      count_node();
      const ModelInfo& holder = model_at(request.root, RelationPath(load.path.begin(), load.path.end() - 1));
      const RelationInfo& last = holder.relations[load.path.back()];
      auto inner = load.rows ? std::make_shared<Request>(*load.rows) : std::make_shared<Request>();
      if (!load.rows)
        inner->root = query::model_source_beside(*request.root, request.root->registry.model(last.target));
      if (last.to_many())
        inner->limit = std::min(inner->limit.value_or(gate_.limits().max_per_parent), gate_.limits().max_per_parent);
      rows(*inner, is_listed(load.path), depth + 1);
      load.rows = std::move(inner);
    }
  }

  // What no filter gave is not printed either.
  static void add_rule(Request& request) {
    const bool is_given = request.given_where.term == request.where;
    request.where = query::all_of(request.where, query::rule_of(request.root));
    if (is_given) request.given_where.term = request.where;
  }

  // What the statement of these rows joins and loads: select_related, and what conditions name.
  static std::vector<RelationPath> joined_paths(const Request& request) {
    std::vector<RelationPath> joined;
    const auto add = [&](const RelationPath& path) {
      for (std::size_t steps = 1; steps <= path.size(); ++steps) {
        RelationPath part(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(steps));
        if (std::find(joined.begin(), joined.end(), part) == joined.end()) joined.push_back(std::move(part));
      }
    };
    for (const LoadRequest& load : request.loads)
      if (load.method == Method::join) add(load.path);
    std::vector<query::SourcePtr> conditions;
    if (request.where) query::collect_paths(*request.where, conditions);
    for (const query::SourcePtr& path : conditions)
      if (query::same_source(*query::first_of(path), *request.root)) add(query::relations_of(path));
    return joined;
  }

  // Each step on the way to what is fetched, as a load with limits and fields of its own.
  void add_steps(Request& request) {
    std::vector<LoadRequest> steps;
    const std::vector<RelationPath> joined = joined_paths(request);
    const auto is_there = [&](const RelationPath& path) {
      const auto leads_there = [&](const LoadRequest& load) {
        return load.method != Method::join && load.path == path && load.name.empty();
      };
      return std::find(joined.begin(), joined.end(), path) != joined.end() ||
             std::any_of(request.loads.begin(), request.loads.end(), leads_there) ||
             std::any_of(steps.begin(), steps.end(), leads_there);
    };
    for (const LoadRequest& load : request.loads) {
      if (load.method == Method::join) continue;
      for (std::size_t size = 1; size < load.path.size(); ++size) {
        LoadRequest step;
        step.path.assign(load.path.begin(), load.path.begin() + static_cast<std::ptrdiff_t>(size));
        step.method = load.method;
        if (!is_there(step.path)) steps.push_back(std::move(step));
      }
    }
    std::move(steps.begin(), steps.end(), std::back_inserter(request.loads));
  }

  // Where nothing may be told, the key alone is read, which is read in any case.
  void add_fields(Request& request, const RelationPath& path) const {
    const ModelInfo& model = model_at(request.root, path);
    std::vector<std::uint32_t> fields = gate_.shown_fields(model);
    if (fields.empty()) fields = model.primary_key;
    if (fields.empty()) fields.push_back(0);
    for (const std::uint32_t field : fields) {
      FieldChoice choice;
      choice.path = path;
      choice.field = field;
      request.fields.push_back(std::move(choice));
    }
  }

  void count_node() {
    if (++nodes_ <= gate_.limits().max_relations) return;
    throw QueryError("more than " + std::to_string(gate_.limits().max_relations) +
                     " relations are loaded, which is the limit (max_relations); ask for less at once");
  }

  const QueryGate& gate_;
  std::size_t nodes_ = 0;
};

}  // namespace

void confine(Request& request, const QueryGate& gate) { Confinement(gate).root(request); }

}  // namespace document
}  // namespace dorm
