// Writes to the rows of a QuerySet.
#include <algorithm>
#include <memory>
#include <utility>

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "dorm/query_set.hpp"
#include "model/query_set_request.hpp"
#include "query/lookup.hpp"
#include "query/path.hpp"
#include "query/visit.hpp"

namespace dorm {
namespace {

bool goes_along_paths(const query::TermPtr& term) {
  std::vector<query::SourcePtr> paths;
  if (term) query::collect_paths(*term, paths);
  return !paths.empty();
}

// One table and a condition: what joins and limits decide is decided by key, so that no other row is touched.
Query writable(const QuerySet& set, const char* verb) {
  const query::Request& request = *set.request();
  require_rows(request, verb);
  auto spec = std::make_shared<query::QuerySpec>();
  spec->root = request.root;
  spec->context = request.root;
  spec->where = request.where;
  if (is_limited(request) || goes_along_paths(request.where))
    spec->where = query::key_in(request.root, query::resolve_keys(keys_of(request)));
  return {set.database(), std::move(spec)};
}

// A value along a path of to-one relations is one of the row's own, by a subquery: an UPDATE joins nothing.
Expr of_one_row(const Expr& value, const query::SourcePtr& root, const std::string& member) {
  const query::TermPtr term = query::in_terms_of(value.term(), root);
  std::vector<query::SourcePtr> paths;
  query::collect_paths(*term, paths);
  if (paths.empty()) return value;
  const auto refuse = [&](const std::string& why) {
    throw QueryError("update of '" + root->model->name + "." + member + "': its new value " + why);
  };
  if (paths.size() > 1) refuse("follows several paths; it can follow one, and the row's own columns");
  const query::SourcePtr& path = paths.front();
  if (names_many(term)) {
    refuse("is one for each row of '" + query::path_text(*root->model, root->registry, query::relations_of(path)) +
           "'; choose one with a subquery");
  }
  query::RelatedRows related = query::related_rows(root, path);
  related.spec.outputs.push_back({query::rebased(term, path, related.rows), nullptr});
  query::join_paths(related.spec);
  auto subquery = std::make_shared<query::Term>();
  subquery->kind = query::TermKind::subquery;
  subquery->type = term->type;
  subquery->query = std::make_shared<const query::QuerySpec>(std::move(related.spec));
  return Expr(query::TermPtr(std::move(subquery)));
}

// The new row would not belong to the row whose collection was asked.
void refuse_create(const query::Request& request) {
  if (request.via == nullptr) return;
  throw QueryError("create() on the query of a collection does not put the row into it; call it on related(\"" +
                   request.via->name + "\") itself");
}

// Whether it depends on the row at all: exclude(or_({})) does not.
bool names_fields(const query::Term& term) {
  return term.source || term.query ||
         std::any_of(term.children.begin(), term.children.end(),
                     [](const query::TermPtr& child) { return names_fields(*child); });
}

void require_condition(const query::Request& request, const char* verb, const char* every) {
  if (request.where && names_fields(*request.where)) return;
  throw QueryError(std::string(verb) + " without a condition would reach every row of '" + request.root->model->name +
                   "'; say " + every + "() if that is meant");
}

}  // namespace

Row QuerySet::create(std::initializer_list<Assignment> values) const {
  refuse_create(*request_);
  return Model(database_, request_->root).create(values);
}

Row QuerySet::create(const std::vector<std::pair<std::string, Value>>& values) const {
  refuse_create(*request_);
  return Model(database_, request_->root).create(values);
}

std::int64_t QuerySet::update_every(const std::vector<std::pair<std::string, Expr>>& changes) const {
  std::vector<std::pair<std::string, Expr>> own = changes;
  for (auto& [member, value] : own)
    if (value.has_value()) value = of_one_row(value, request_->root, member);
  return writable(*this, "update").update_every(own);
}

std::int64_t QuerySet::update(const std::vector<std::pair<std::string, Expr>>& changes) const {
  require_condition(*request_, "update", "update_every");
  return update_every(changes);
}

std::int64_t QuerySet::delete_every() const { return writable(*this, "delete").delete_every(); }

std::int64_t QuerySet::delete_rows() const {
  require_condition(*request_, "delete", "delete_every");
  return delete_every();
}

}  // namespace dorm
