#include "query/spec.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/union_types.hpp"

namespace dorm::query {

std::string Source::label() const {
  if (kind != SourceKind::model) return alias;
  if (from && links) return from->label() + "." + model->snake_name;
  if (from) return from->label() + "." + from->model->relations[via].name;
  return alias.empty() ? model->name : model->name + " as " + alias;
}

void refuse_two_homes(const std::string& label, const std::string& home, const std::string& other) {
  throw QueryError("'" + label + "' is a handle of database '" + home + "', but its query is of database '" + other +
                   "'" + (home == other ? ", another one of that name" : "") +
                   "; take all handles of a query from one database");
}

const Source* identity(const Source& source) noexcept {
  if (source.seed) return source.seed.get();
  return source.unbound ? identity(*source.unbound) : &source;
}

bool same_source(const Source& left, const Source& right) noexcept {
  if (identity(left) == identity(right)) return true;
  if (left.from || right.from) {
    if (!left.from || !right.from || left.links != right.links || !same_source(*left.from, *right.from)) return false;
    return left.from->model->relations[left.via].name == right.from->model->relations[right.via].name;
  }
  if (!left.is_default || !right.is_default) return false;
  if (left.model == right.model) return true;
  // Handles from two snapshots: the same model of the same tables.
  return left.model->qualified_name() == right.model->qualified_name() &&
         left.registry.storage_hash() == right.registry.storage_hash();
}

SourcePtr model_source(const Registry& registry, const ModelInfo& model, HomePtr home) {
  auto source = std::make_shared<Source>();
  source->registry = registry;
  source->home = std::move(home);
  source->model = &model;
  source->is_default = true;
  return source;
}

SourcePtr model_source_beside(const Source& like, const ModelInfo& model) {
  auto source = std::make_shared<Source>(*model_source(like.registry, model, like.home));
  const Source* first = &like;
  while (first->from) first = first->from.get();
  source->rules = first->rules;
  return source;
}

SourcePtr model_alias(const Source& source, std::string_view alias) {
  if (!alias.empty() && !is_identifier(alias))
    throw QueryError("alias " + quote(alias) + " is not an identifier; use letters, digits and '_', at most 63");
  auto copy = std::make_shared<Source>(source);
  copy->is_default = false;
  copy->alias = alias;
  return copy;
}

bool has_source(const QuerySpec& spec, const Source& source) {
  if (spec.root && same_source(*spec.root, source)) return true;
  return std::any_of(spec.joins.begin(), spec.joins.end(),
                     [&](const JoinSpec& join) { return same_source(*join.target, source); });
}

bool selects_alias(const QuerySpec& spec, std::string_view alias) {
  return std::any_of(spec.outputs.begin(), spec.outputs.end(), [&](const OutputSpec& output) {
    return output.term && output.term->kind == TermKind::alias && output.term->name == alias;
  });
}

bool is_same_column(const Term& left, const Term& right) {
  if (!left.source || !right.source || !same_source(*left.source, *right.source)) return false;
  if (left.kind == TermKind::output || right.kind == TermKind::output)
    return left.kind == right.kind && left.name == right.name;
  const FieldInfo* a = field_of(left);
  const FieldInfo* b = field_of(right);
  return a != nullptr && b != nullptr && a->column == b->column;
}

TermPtr selected_by(const Term& term) {
  const Source* source = term.source.get();
  if (term.kind == TermKind::subquery && term.query) {
    const std::vector<TermPtr> terms = expanded_outputs(term.query->leftmost());
    return terms.empty() ? nullptr : terms.front();
  }
  if (term.kind != TermKind::output || source == nullptr || !source->query) return nullptr;
  const std::vector<TermPtr> terms = expanded_outputs(source->query->leftmost());
  for (std::size_t i = 0; i < terms.size() && i < source->outputs.size(); ++i)
    if (source->outputs[i].name == term.name) return terms[i];
  return nullptr;
}

const EnumInfo* enum_of(const Term& term) {
  const Term& inner = unaliased(term);
  if (const FieldInfo* field = field_of(inner)) {
    return field->enumeration == no_index ? nullptr : &inner.source->registry.enums()[field->enumeration];
  }
  const TermPtr selected = selected_by(inner);
  return selected == nullptr ? nullptr : enum_of(*selected);
}

std::vector<std::uint32_t> default_fields(const ModelInfo& model) {
  std::vector<std::uint32_t> fields;
  for (const FieldInfo& field : model.fields)
    if (!field.deferred && !field.sensitive) fields.push_back(field.index);
  return fields;
}

namespace {

void expand(const SourcePtr& source, std::vector<TermPtr>& terms) {
  if (source->kind == SourceKind::model) {
    for (const std::uint32_t field : default_fields(*source->model)) terms.push_back(column_term(source, field));
    return;
  }
  for (const OutputColumn& column : source->outputs) {
    auto term = std::make_shared<Term>();
    term->kind = TermKind::output;
    term->source = source;
    term->name = column.name;
    term->type = column.type;
    term->nullable = column.nullable;
    term->sensitive = column.sensitive;
    terms.push_back(std::move(term));
  }
}

// The name of a column as other queries see it: its alias, else the column's own name (S-23), else the function's.
std::string output_name(const Term& term) {
  switch (term.kind) {
    case TermKind::alias:
      return term.name;
    case TermKind::column:
      return term.source->model->fields[term.index].column;
    case TermKind::relation:
      return field_of(term) != nullptr ? field_of(term)->column : term.source->model->relations[term.index].name;
    case TermKind::output:
      return term.name;
    case TermKind::call:
      return lower_case(term.name);
    case TermKind::count_all:
      return "count";
    case TermKind::cast:
    case TermKind::collate:
      return output_name(*term.children.front());
    default:
      return "expr";
  }
}

}  // namespace

std::vector<TermPtr> expanded_outputs(const QuerySpec& spec) {
  std::vector<TermPtr> terms;
  if (spec.default_projection) {
    expand(spec.root, terms);
    return terms;
  }
  for (const OutputSpec& output : spec.outputs) {
    if (output.source && !output.term) {
      expand(output.source, terms);
    } else if (std::vector<TermPtr> columns = key_columns(*output.term); !columns.empty()) {
      std::move(columns.begin(), columns.end(), std::back_inserter(terms));
    } else {
      terms.push_back(output.term);
    }
  }
  return terms;
}

bool is_sensitive(const Term& term) {
  if (const FieldInfo* field = field_of(term)) return field->sensitive;
  if (term.sensitive) return true;
  // Whatever is computed from a secret may tell it; only counting does not.
  if (term.kind == TermKind::call && term.name == "COUNT") return false;
  return std::any_of(term.children.begin(), term.children.end(),
                     [](const TermPtr& child) { return is_sensitive(*child); });
}

std::vector<OutputColumn> output_columns(const QuerySpec& spec) {
  if (spec.set_op != sql::SetOp::none) {
    std::vector<OutputColumn> columns = output_columns(*spec.left);
    const std::vector<OutputColumn> right = output_columns(*spec.right);
    for (std::size_t i = 0; i < std::min(columns.size(), right.size()); ++i) {
      columns[i].type = united_type(columns[i].type, right[i].type).value_or(columns[i].type);
      columns[i].nullable = columns[i].nullable || right[i].nullable;
      columns[i].sensitive = columns[i].sensitive || right[i].sensitive;
    }
    return columns;
  }
  const bool may_miss = spec.rollup || std::any_of(spec.joins.begin(), spec.joins.end(), [](const JoinSpec& join) {
                          return join.kind != sql::JoinKind::inner && join.kind != sql::JoinKind::cross;
                        });
  std::vector<OutputColumn> columns;
  for (const TermPtr& term : expanded_outputs(spec)) {
    columns.push_back({output_name(*term), term->type, term->nullable || may_miss, is_sensitive(*term)});
  }
  return columns;
}

}  // namespace dorm::query
