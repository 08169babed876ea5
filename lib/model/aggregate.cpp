// Aggregates: of related rows for each row, of groups, of all rows of a QuerySet.
#include <algorithm>
#include <utility>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/query_set.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"
#include "query/builder.hpp"
#include "query/grouping.hpp"
#include "query/path.hpp"
#include "query/visit.hpp"

namespace dorm {
namespace {

using query::QuerySpec;
using query::Request;
using query::SourcePtr;
using query::TermPtr;

Expr apply(const Aggregate& aggregate, const Expr& of) {
  Expr made;
  if (aggregate.function == "count") {
    made = fn::count(of);
  } else if (aggregate.function == "sum") {
    made = fn::sum(of);
  } else if (aggregate.function == "avg") {
    made = fn::avg(of);
  } else if (aggregate.function == "min") {
    return fn::min(of);
  } else {
    return fn::max(of);
  }
  if (!aggregate.is_distinct) return made;
  // The average is cast around its call.
  auto call = std::make_shared<query::Term>(*made.term());
  if (call->kind == query::TermKind::cast) {
    auto inner = std::make_shared<query::Term>(*call->children.front());
    inner->distinct = true;
    call->children = {std::move(inner)};
  } else {
    call->distinct = true;
  }
  return Expr(TermPtr(std::move(call)));
}

// The rows of a many_to_many path and those of its links are joined together.
bool leads_along(const SourcePtr& path, const query::Source& step) {
  for (const query::Source* own = path.get(); own != nullptr; own = own->from.get()) {
    if (query::same_source(*own, step)) return true;
    if (own->from && step.from && own->via == step.via && query::same_source(*own->from, *step.from)) return true;
  }
  return false;
}

// Whether a path leads to many rows for one of `source`, whose joins are there already.
bool repeats(const SourcePtr& path, const SourcePtr& source) {
  for (const query::Source* step = path.get(); step->from && !leads_along(source, *step); step = step->from.get())
    if (step->from->model->relations[step->via].to_many()) return true;
  return false;
}

// The first to-many path of a term whose join repeats the rows of `source`; null if there is none.
SourcePtr repeating(const TermPtr& term, const SourcePtr& source) {
  if (!term) return nullptr;
  std::vector<SourcePtr> paths;
  query::collect_paths(*term, paths);
  const auto found =
      std::find_if(paths.begin(), paths.end(), [&](const SourcePtr& path) { return repeats(path, source); });
  return found == paths.end() ? nullptr : *found;
}

// What is aggregated: a field, or the rows that a relation leads to.
struct Subject {
  SourcePtr source;  // whose rows: the root, or a path
  TermPtr member;    // null: the rows themselves
};

Subject subject_of(const Aggregate& aggregate, const SourcePtr& root) {
  const query::ParsedPath path = query::parse_path(root, aggregate.path);
  const auto refuse = [&](const std::string& why) {
    throw QueryError("aggregate " + quote(aggregate.function + "(" + aggregate.path + ")") + ": " + why);
  };
  if (!path.rest.empty()) refuse(quote(path.rest.front()) + " follows a field; annotate with an expression instead");
  if (path.relation != no_index) {
    if (aggregate.function != "count") refuse("it names a relation; name a field of it");
    return {path.target, nullptr};
  }
  return {path.member->source, path.member};
}

// What a row of the source is counted by.
TermPtr key_of(const SourcePtr& source, const Aggregate& aggregate) {
  const std::vector<std::uint32_t>& key = source->model->primary_key;
  if (key.empty() || (key.size() > 1 && aggregate.is_distinct)) {
    throw QueryError("rows of '" + source->model->name + "' have no key of one column to be counted by; name a field");
  }
  return query::column_term(source, key.front());
}

// What the aggregate asks of rows of `source`. Along a to-many path the rows are known by their keys: a join would
// repeat them.
TermPtr condition_on(const SourcePtr& source, const Aggregate& aggregate) {
  if (!aggregate.condition) return nullptr;
  TermPtr condition = query::bound_filter(aggregate.condition->node(), source);
  if (!repeating(condition, source)) return condition;
  Request rows;
  rows.root = query::model_source_beside(*source, *source->model);
  rows.where = query::bound_filter(aggregate.condition->node(), rows.root);
  return query::key_in(source, query::resolve_keys(rows));
}

// The value for one row of the root; null if it is no value of related rows.
TermPtr value_of_row(const Aggregate& aggregate, const Subject& subject, const SourcePtr& root) {
  if (query::same_source(*subject.source, *root)) return nullptr;
  query::RelatedRows related = query::related_rows(root, subject.source);
  QuerySpec& spec = related.spec;
  spec.where = query::all_of(spec.where, condition_on(related.rows, aggregate));
  Expr value;
  if (!subject.member) {
    value = aggregate.is_distinct ? apply(aggregate, Expr(key_of(related.rows, aggregate))) : fn::count();
  } else {
    value = apply(aggregate, Expr(query::rebased(subject.member, subject.source, related.rows)));
  }
  spec.outputs.push_back({value.term(), nullptr});
  query::join_paths(spec);
  auto term = std::make_shared<query::Term>();
  term->kind = query::TermKind::subquery;
  term->type = value.type();
  term->nullable = aggregate.function != "count";
  term->query = std::make_shared<const QuerySpec>(std::move(spec));
  return term;
}

// The value over the joined rows of a group.
TermPtr value_of_group(const Aggregate& aggregate, const Subject& subject) {
  Expr value(subject.member ? subject.member : key_of(subject.source, aggregate));
  if (const TermPtr condition = condition_on(subject.source, aggregate)) value = case_when({{Expr(condition), value}});
  return apply(aggregate, value).term();
}

void require_name(const Request& request, std::string_view name) {
  const ModelInfo& model = *request.root->model;
  if (!is_identifier(name) || name.find("__") != std::string_view::npos || name == "pk")
    throw QueryError("annotation " + quote(name) + " needs a name of letters, digits and '_', without '__'");
  if (model.find(name))
    throw QueryError("annotation '" + std::string(name) + "' is a member of '" + model.name +
                     "' already; choose another name");
  for (const query::Annotation& annotation : request.annotations)
    if (annotation.name == name) throw QueryError("annotation '" + std::string(name) + "' was given already");
}

// ---- over all rows ----

// Whether it makes a difference that a row is there twice.
bool counts_repeated(const query::Term& aggregate) {
  const std::string name = lower_case(aggregate.name);
  return !aggregate.distinct && name != "min" && name != "max";
}

// Keys may be numbers, but nobody means to add them up.
void require_field(const Request& request, const Aggregate& aggregate) {
  const std::string_view path = aggregate.path;
  const auto begins = [&](const query::Annotation& annotation) {
    return path.starts_with(annotation.name) &&
           (path.size() == annotation.name.size() || path.substr(annotation.name.size()).starts_with("__") ||
            path[annotation.name.size()] == '.');
  };
  if (std::any_of(request.annotations.begin(), request.annotations.end(), begins)) return;
  if (query::parse_path(request.root, path).relation == no_index) return;
  throw QueryError("aggregate " + quote(aggregate.function + "(" + aggregate.path + ")") +
                   ": it names a relation; name a field of it");
}

Value run_aggregate(DatabaseImpl& database, const Request& given, const Aggregate& aggregate) {
  require_rows(given, aggregate.function.c_str());
  database.require_open();
  const Request request = is_limited(given) ? without_limits(given) : given;
  require_field(request, aggregate);
  const TermPtr member = query::bind_value(aggregate.path, request.root, scope_of(request));
  std::vector<SourcePtr> paths;
  query::collect_paths(*member, paths);
  const SourcePtr& source = paths.empty() ? request.root : paths.front();
  const Expr value(member->kind == query::TermKind::alias ? member->children.front() : member);
  const Expr result = apply(aggregate, value);  // what does not fit is refused here
  QuerySpec spec;
  spec.root = request.root;
  spec.context = request.root;
  spec.default_projection = false;
  spec.where = request.where;
  spec.mode = query::RowMode::tuples;
  if (!repeating(request.where, source)) {
    spec.outputs.push_back({result.term(), nullptr});
    query::join_paths(spec);
  } else {
    // Each row once: the joins of conditions are left behind in a subquery.
    spec.distinct = true;
    std::size_t number = 0;
    const auto add_key = [&](const SourcePtr& of) {
      for (const std::uint32_t field : of->model->primary_key)
        spec.outputs.push_back(
            {Expr(query::column_term(of, field)).as("k" + std::to_string(++number)).term(), nullptr});
    };
    for (SourcePtr step = source; step; step = step->from) {
      add_key(step);
      // A target that is linked twice counts twice.
      const bool linked = step->from && !step->links && step->from->model->relations[step->via].through != no_index;
      if (linked) add_key(query::link_source(step));
    }
    spec.outputs.push_back({value.as("value").term(), nullptr});
    query::join_paths(spec);
    spec.mode = query::RowMode::models;
    const SourcePtr rows = query::as_subquery(std::make_shared<const QuerySpec>(std::move(spec)), "rows");
    QuerySpec outer;
    outer.root = rows;
    outer.context = rows;
    outer.default_projection = false;
    outer.mode = query::RowMode::tuples;
    outer.outputs.push_back({apply(aggregate, Expr(query::member(rows, "value"))).term(), nullptr});
    spec = std::move(outer);
  }
  const std::shared_ptr<graph::Graph> graph = load::run(database, database.context(request.root->registry), spec, 1);
  graph::Node* root = graph->root();
  return Row(graph->share(root), 0)[0].value();
}

}  // namespace

void require_single_counting(const Request& request) {
  std::vector<TermPtr> joining = request.group_by;
  if (request.where) joining.push_back(request.where);
  if (request.having) joining.push_back(request.having);
  for (const query::OrderSpec& by : request.order_by) joining.push_back(by.term);
  for (const query::Annotation& annotation : request.annotations)
    joining.push_back(annotation.grouped ? annotation.grouped : annotation.term);
  const auto require = [&](const query::Term& aggregate, const std::string& what) {
    // COUNT(*) means the joined rows, whatever they are.
    if (aggregate.kind == query::TermKind::count_all || !counts_repeated(aggregate)) return;
    std::vector<SourcePtr> paths;
    query::collect_paths(aggregate, paths);
    const SourcePtr& source = paths.empty() ? request.root : paths.front();
    for (const TermPtr& term : joining) {
      const SourcePtr path = repeating(term, source);
      if (!path) continue;
      throw QueryError(what + " would count rows once for each row of '" +
                       query::path_text(*request.root->model, request.root->registry, query::relations_of(path)) +
                       "' that is joined beside them; ask for it in a query of its own, make it distinct(), or filter "
                       "with any()");
    }
  };
  for (const query::Annotation& annotation : request.annotations) {
    const TermPtr& value = annotation.grouped ? annotation.grouped : annotation.term;
    for (const query::Term* aggregate : query::aggregates_in(*value))
      require(*aggregate, "annotation '" + annotation.name + "'");
  }
  if (!request.having) return;
  for (const query::Term* aggregate : query::aggregates_in(*request.having))
    require(*aggregate, "having: " + query::describe(*aggregate));
}

Aggregate Aggregate::count(std::string_view path) { return Aggregate("count", path); }
Aggregate Aggregate::sum(std::string_view path) { return Aggregate("sum", path); }
Aggregate Aggregate::avg(std::string_view path) { return Aggregate("avg", path); }
Aggregate Aggregate::min(std::string_view path) { return Aggregate("min", path); }
Aggregate Aggregate::max(std::string_view path) { return Aggregate("max", path); }

Aggregate Aggregate::where(const Filter& given) const {
  Aggregate made = *this;
  made.condition = made.condition ? *made.condition & given : given;
  return made;
}

Aggregate Aggregate::distinct() const {
  Aggregate made = *this;
  made.is_distinct = true;
  return made;
}

QuerySet QuerySet::annotate(std::string_view name, const Aggregate& value) const {
  return changed(*this, [&](Request& request) {
    require_name(request, name);
    const Subject subject = subject_of(value, request.root);
    query::Annotation annotation;
    annotation.name = name;
    annotation.term = value_of_row(value, subject, request.root);
    annotation.grouped = value_of_group(value, subject);
    annotation.given = std::make_shared<const Aggregate>(value);
    request.annotations.push_back(std::move(annotation));
  });
}

QuerySet QuerySet::annotate(std::string_view name, const Expr& value) const {
  if (!value.has_value()) throw QueryError("annotation " + quote(name) + " is an empty expression");
  return changed(*this, [&](Request& request) {
    require_name(request, name);
    query::Annotation annotation;
    annotation.name = name;
    annotation.term = query::in_terms_of(value.term(), request.root);
    if (const SourcePtr path = repeating(annotation.term, request.root);
        path && !query::has_aggregate(*annotation.term)) {
      throw QueryError("annotation '" + annotation.name + "' has a value for each row of '" +
                       query::path_text(*request.root->model, request.root->registry, query::relations_of(path)) +
                       "', but a row has one; annotate with an Aggregate of that path, or name the path in values()");
    }
    // A column of a joined row is one of its own; under a name it belongs to the row of the model.
    if (annotation.term->source) annotation.term = Expr(annotation.term).as(name).term();
    request.annotations.push_back(std::move(annotation));
  });
}

QuerySet QuerySet::group_by(const std::vector<std::string>& paths) const {
  if (paths.empty()) throw QueryError("group_by needs a field");
  return changed(*this, [&](Request& request) {
    for (const std::string& path : paths) {
      const TermPtr term = query::bind_value(path, request.root, {request.annotations, false});
      // Named as it was asked for, where it has no name of its own.
      request.group_by.push_back(term->kind == query::TermKind::part ? Expr(term).as(path).term() : term);
    }
    // An order by an annotation is one by that of the group.
    for (query::OrderSpec& by : request.order_by)
      for (const query::Annotation& annotation : request.annotations)
        if (annotation.grouped && by.term->kind == query::TermKind::alias && by.term->name == annotation.name)
          by.term = Expr(annotation.grouped).as(annotation.name).term();
  });
}

QuerySet QuerySet::having(const Filter& condition) const {
  return changed(*this, [&](Request& request) {
    const TermPtr before = request.having;
    request.having =
        query::all_of(before, query::bound_filter(condition.node(), request.root, {request.annotations, true}));
    request.given_having.add(condition.node(), before, request.having);
  });
}

Value QuerySet::sum(std::string_view path) const { return run_aggregate(*database_, *request_, Aggregate::sum(path)); }
Value QuerySet::avg(std::string_view path) const { return run_aggregate(*database_, *request_, Aggregate::avg(path)); }
Value QuerySet::min(std::string_view path) const { return run_aggregate(*database_, *request_, Aggregate::min(path)); }
Value QuerySet::max(std::string_view path) const { return run_aggregate(*database_, *request_, Aggregate::max(path)); }

}  // namespace dorm
