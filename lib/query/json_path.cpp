// What stands inside json documents.
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "query/make_term.hpp"
#include "query/typing.hpp"

namespace dorm {
namespace {

using query::Term;
using query::TermKind;

Expr json_place(const Expr& document, const std::vector<JsonStep>& path, sql::JsonRead as, TypeKind type) {
  query::require_family(*query::require(document), query::Family::json, "a path into json");
  Term term = query::node(TermKind::json_path, type, {document.term()});
  term.op = static_cast<std::uint8_t>(as);
  term.nullable = as != sql::JsonRead::exists;
  Values steps;
  for (const JsonStep& step : path) {
    if (step.is_element() && (step.element() > 0x7FFFFFFF || step.element() < -0x7FFFFFFF))
      throw QueryError("a json array has no element " + std::to_string(step.element()));
    if (step.is_element()) {
      steps.emplace_back(step.element());
      continue;
    }
    if (step.member().find('\0') != std::string::npos)
      throw QueryError("a json path goes through " + quote(step.member()) + ", which no document has");
    steps.emplace_back(step.member());
  }
  term.value = Value(std::move(steps));
  return query::wrap(std::move(term));
}

}  // namespace

Expr Expr::json(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::json, TypeKind::json);
}
Expr Expr::json_text(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::text, TypeKind::text);
}
Expr Expr::json_integer(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::integer, TypeKind::bigint);
}
Expr Expr::json_real(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::real, TypeKind::double_precision);
}
Expr Expr::json_boolean(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::boolean, TypeKind::boolean);
}
Expr Expr::json_length(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::length, TypeKind::integer);
}
Expr Expr::json_exists(const std::vector<JsonStep>& path) const {
  return json_place(*this, path, sql::JsonRead::exists, TypeKind::boolean);
}

Expr Expr::json_contains(const Expr& part) const {
  query::require_family(*query::require(*this), query::Family::json, "json_contains");
  const query::TermPtr bound = query::bound_beside(query::require(part), *term_);
  query::require_family(*bound, query::Family::json, "json_contains");
  if (bound->kind == TermKind::value && bound->value.is_null())
    throw QueryError("'json_contains' with null is never true; a json null is Json{\"null\"}");
  Term term = query::node(TermKind::binary, TypeKind::boolean, {term_, bound});
  term.op = static_cast<std::uint8_t>(sql::BinaryOp::json_contains);
  return query::wrap(std::move(term));
}

}  // namespace dorm
