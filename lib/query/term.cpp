#include "query/term.hpp"

#include <utility>

#include "core/text.hpp"
#include "query/spec.hpp"
#include "sql/ast.hpp"

namespace dorm::query {

std::string describe(const Term& term) {
  switch (term.kind) {
    case TermKind::column:
      return term.source->label() + "." + term.source->model->fields[term.index].name;
    case TermKind::relation:
      return term.source->label() + "." + term.source->model->relations[term.index].name;
    case TermKind::output:
      return term.source ? term.source->label() + "." + term.name : term.name;
    case TermKind::alias:
    case TermKind::call:
      return term.name;
    case TermKind::count_all:
      return "COUNT";
    case TermKind::value:
      return "a value";
    case TermKind::parameter:
      return "parameter '" + term.name + "'";
    case TermKind::row:
      return "a row";
    case TermKind::subquery:
      return "a subquery";
    case TermKind::tuple:
      return "a tuple";
    default:
      return "an expression";
  }
}

const Term& unaliased(const Term& term) noexcept {
  return term.kind == TermKind::alias ? *term.children.front() : term;
}

TermPtr aliased(const TermPtr& of, std::string name) {
  auto made = std::make_shared<Term>();
  made->kind = TermKind::alias;
  made->name = std::move(name);
  made->type = of->type;
  made->nullable = of->nullable;
  made->children = {of};
  return made;
}

TermPtr column_term(const SourcePtr& source, std::uint32_t field) {
  const FieldInfo& info = source->model->fields[field];
  auto term = std::make_shared<Term>();
  term->kind = TermKind::column;
  term->type = info.type;
  term->nullable = info.nullable;
  term->index = field;
  term->field = field;
  term->source = source;
  return term;
}

TermPtr value_term(Value value, const Type& type) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::value;
  term->type = type;
  term->nullable = value.is_null();
  term->value = std::move(value);
  return term;
}

TermPtr widening_cast(const TermPtr& of, const Type& type) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::cast;
  term->settled = true;
  term->type = type;
  term->nullable = of->nullable;
  term->children = {of};
  return term;
}

TermPtr all_of(TermPtr left, TermPtr right) {
  if (!left) return right;
  if (!right) return left;
  auto term = std::make_shared<Term>();
  term->kind = TermKind::all;
  term->type.kind = TypeKind::boolean;
  if (left->kind == TermKind::all) {
    term->children = left->children;
  } else {
    term->children.push_back(std::move(left));
  }
  term->children.push_back(std::move(right));
  return term;
}

TermPtr equal(const TermPtr& left, const TermPtr& right) {
  auto term = std::make_shared<Term>();
  term->kind = TermKind::binary;
  term->op = static_cast<std::uint8_t>(sql::BinaryOp::eq);
  term->type.kind = TypeKind::boolean;
  term->nullable = left->nullable || right->nullable;
  term->children = {left, right};
  return term;
}

TermPtr row_number(std::vector<TermPtr> partition, std::vector<OrderSpec> order) {
  auto call = std::make_shared<Term>();
  call->kind = TermKind::call;
  call->name = "ROW_NUMBER";
  call->type.kind = TypeKind::bigint;
  call->nullable = false;
  auto term = std::make_shared<Term>();
  term->kind = TermKind::over;
  term->type = call->type;
  term->nullable = false;
  term->children.push_back(std::move(call));
  for (TermPtr& part : partition) term->children.push_back(std::move(part));
  term->order = std::move(order);
  return term;
}

const FieldInfo* field_of(const Term& term) noexcept {
  if (term.kind != TermKind::column && term.kind != TermKind::relation && term.kind != TermKind::excluded)
    return nullptr;
  if (term.field == no_index) return nullptr;
  return &term.source->model->fields[term.field];
}

std::vector<TermPtr> key_columns(const Term& term) {
  std::vector<TermPtr> columns;
  if (term.kind != TermKind::relation || term.field != no_index) return columns;
  const RelationInfo& relation = term.source->model->relations[term.index];
  if (!relation.holds_key()) return columns;
  for (const std::uint32_t field : relation.fields) columns.push_back(column_term(term.source, field));
  return columns;
}

std::vector<TermPtr> each_column(const TermPtr& term) {
  std::vector<TermPtr> columns = key_columns(*term);
  if (columns.empty()) columns.push_back(term);
  return columns;
}

std::string key_column_names(const Term& term) {
  std::vector<std::string> names;
  for (const TermPtr& column : key_columns(term)) names.push_back(field_of(*column)->name);
  return quote_list(names);
}

}  // namespace dorm::query
