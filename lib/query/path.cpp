#include "query/path.hpp"

#include <algorithm>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "query/builder.hpp"
#include "query/visit.hpp"

namespace dorm::query {
namespace {

const RelationInfo& relation_of(const Source& path) { return path.from->model->relations[path.via]; }

SourcePtr step_along(const SourcePtr& from, std::uint32_t relation, bool links) {
  const RelationInfo& info = from->model->relations[relation];
  auto source = std::make_shared<Source>();
  source->registry = from->registry;
  source->home = from->home;
  source->model = &from->registry.model(links ? info.through : info.target);
  source->from = from;
  source->via = relation;
  source->links = links;
  return source;
}

std::vector<std::string> members_of(const Source& source) {
  std::vector<std::string> names = source.model->member_names();
  if (source.from && !source.links && relation_of(source).through != no_index)
    names.push_back(source.registry.model(relation_of(source).through).snake_name);
  return names;
}

TermPtr primary_key_member(const SourcePtr& source, std::string_view text) {
  const ModelInfo& model = *source->model;
  if (model.primary_key.size() != 1) {
    refuse(text, "model '" + model.name + "' has " +
                     (model.primary_key.empty() ? "no primary key" : "a primary key of several fields") +
                     "; name its fields");
  }
  return path_member(source, model.fields[model.primary_key.front()].name);
}

void add_join(QuerySpec& spec, const SourcePtr& source, const SourcePtr& from, const TermPtr& on) {
  JoinSpec join;
  join.kind = sql::JoinKind::left;
  join.from = from;
  join.target = source;
  join.on = on;
  const RelationInfo& info = relation_of(*source);
  if (!info.to_many()) {
    join.relation = info.index;
    join.accessor = info.name;
  } else if (const std::string& name = source->model->snake_name; !from->model->find(name)) {
    join.accessor = name;
  }
  spec.joins.push_back(std::move(join));
}

void ensure_joined(QuerySpec& spec, const SourcePtr& source) {
  if (!source->from) return;
  const bool known = std::any_of(spec.joins.begin(), spec.joins.end(),
                                 [&](const JoinSpec& join) { return same_source(*join.target, *source); });
  if (known) return;
  ensure_joined(spec, source->from);
  const PathJoin join = join_of(source);
  if (join.link) ensure_joined(spec, join.link);
  add_join(spec, source, join.link && !source->links ? join.link : source->from, join.on);
}

}  // namespace

std::vector<std::string> path_steps(std::string_view text) {
  std::vector<std::string> steps(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool underscores = text[i] == '_' && i + 1 < text.size() && text[i + 1] == '_';
    // "a___b" is "a" and "_b".
    if (text[i] == '.' || (underscores && !steps.back().empty())) {
      steps.emplace_back();
      if (underscores) ++i;
    } else {
      steps.back() += text[i];
    }
  }
  return steps;
}

void refuse(std::string_view path, const std::string& why) { throw QueryError("path " + quote(path) + ": " + why); }

SourcePtr path_source(const SourcePtr& from, std::uint32_t relation) { return step_along(from, relation, false); }
SourcePtr link_source(const SourcePtr& path) { return step_along(path->from, path->via, true); }

std::vector<std::uint32_t> relations_of(const SourcePtr& source) {
  std::vector<std::uint32_t> relations;
  for (const Source* step = source.get(); step->from; step = step->from.get()) relations.push_back(step->via);
  std::reverse(relations.begin(), relations.end());
  return relations;
}

const SourcePtr& first_of(const SourcePtr& source) {
  const SourcePtr* first = &source;
  while ((*first)->from) first = &(*first)->from;
  return *first;
}

std::string path_text(const ModelInfo& root, const Registry& registry, const std::vector<std::uint32_t>& relations) {
  std::string text;
  const ModelInfo* model = &root;
  for (const std::uint32_t index : relations) {
    const RelationInfo& relation = model->relations[index];
    if (!text.empty()) text += "__";
    text += relation.name;
    model = &registry.model(relation.target);
  }
  return text;
}

bool is_to_many_path(const Source& source) {
  for (const Source* step = &source; step->from; step = step->from.get())
    if (relation_of(*step).to_many()) return true;
  return false;
}

PathJoin join_of(const SourcePtr& source) {
  const RelationInfo& info = relation_of(*source);
  const SourcePtr& from = source->from;
  PathJoin join;
  if (info.through != no_index) {
    const ModelInfo& through = source->registry.model(info.through);
    if (source->links) {
      join.on = relation_condition(through.relations[info.through_source], source, from);
      // A link that leads nowhere is no row of nulls.
      const RelationInfo& to_target = through.relations[info.through_target];
      for (const std::uint32_t field : to_target.fields)
        if (through.fields[field].nullable)
          join.on = all_of(join.on, Expr(column_term(source, field)).is_not_null().term());
    } else {
      join.link = link_source(source);
      join.on = relation_condition(through.relations[info.through_target], join.link, source);
    }
  } else if (info.holds_key()) {
    join.on = relation_condition(info, from, source);
  } else {
    join.on = relation_condition(source->model->relations[info.inverse], source, from);
  }
  join.on = all_of(join.on, rule_of(source));
  return join;
}

TermPtr rule_of(const SourcePtr& source) {
  const RowRulesPtr& rules = first_of(source)->rules;
  if (!rules || !rules->by_model[source->model->id]) return nullptr;
  return rebased(rules->by_model[source->model->id], model_source(source->registry, *source->model), source);
}

TermPtr path_member(const SourcePtr& source, std::string_view name) {
  if (source->from && !source->links && relation_of(*source).holds_key()) {
    const RelationInfo& info = relation_of(*source);
    const ModelInfo::Member found = source->model->get(name);
    for (std::size_t i = 0; i < info.fields.size(); ++i) {
      if (found.kind == ModelInfo::Member::Kind::field && info.target_fields[i] == found.index)
        return column_term(source->from, info.fields[i]);
    }
  }
  return member(source, name);
}

ParsedPath parse_path(const SourcePtr& root, std::string_view text, const std::vector<std::string>& operators) {
  const std::vector<std::string> steps = path_steps(text);
  ParsedPath parsed;
  parsed.source = root;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string& name = steps[i];
    if (name.empty()) refuse(text, "a step is empty");
    const auto rest = [&] {
      parsed.rest.assign(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end());
      return parsed;
    };
    const ModelInfo& model = *parsed.source->model;
    const ModelInfo::Member found = model.find(name);
    if (found.kind == ModelInfo::Member::Kind::field) {
      parsed.member = path_member(parsed.source, name);
      return rest();
    }
    if (!found) {
      if (name == "pk") {
        parsed.member = primary_key_member(parsed.source, text);
        return rest();
      }
      const bool after_links = parsed.source->from && !parsed.source->links &&
                               relation_of(*parsed.source).through != no_index &&
                               root->registry.model(relation_of(*parsed.source).through).snake_name == name;
      if (after_links) {
        parsed.source = link_source(parsed.source);
        continue;
      }
      const std::vector<std::string> names = members_of(*parsed.source);
      refuse(text, "model '" + model.name + "' has no field or relation " + quote(name) + did_you_mean(name, names) +
                       "; it has " + quote_list(names));
    }
    const SourcePtr target = path_source(parsed.source, found.index);
    const bool last = i + 1 == steps.size();
    const bool before_operator = !last && !target->model->find(steps[i + 1]) && steps[i + 1] != "pk" &&
                                 std::find(operators.begin(), operators.end(), steps[i + 1]) != operators.end();
    if (last || before_operator) {
      parsed.relation = found.index;
      parsed.target = target;
      const RelationInfo& info = model.relations[found.index];
      if (info.holds_key()) parsed.member = member(parsed.source, name);
      return rest();
    }
    parsed.source = target;
  }
  refuse(text, "it ends at the link rows; name a field of them");
}

std::vector<std::uint32_t> parse_relations(const SourcePtr& root, std::string_view text) {
  const ParsedPath parsed = parse_path(root, text);
  if (parsed.relation == no_index || !parsed.rest.empty()) {
    std::vector<std::string> names;
    for (const RelationInfo& relation : parsed.source->model->relations)
      if (!relation.name.empty()) names.push_back(relation.name);
    const std::string field = parsed.member ? field_of(*parsed.member)->name : parsed.rest.front();
    refuse(text,
           "it ends at the field '" + field + "'; name a relation" +
               (names.empty() ? std::string() : ": '" + parsed.source->model->name + "' has " + quote_list(names)));
  }
  return relations_of(parsed.target);
}

void join_paths(QuerySpec& spec) {
  for (const SourcePtr& source : path_sources(spec)) {
    const SourcePtr& first = first_of(source);
    const bool ours = (spec.root && same_source(*spec.root, *first)) ||
                      std::any_of(spec.joins.begin(), spec.joins.end(),
                                  [&](const JoinSpec& join) { return same_source(*join.target, *first); });
    if (ours) ensure_joined(spec, source);
  }
}

}  // namespace dorm::query
