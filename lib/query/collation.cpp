#include "query/collation.hpp"

#include <algorithm>
#include <span>

#include "core/collation.hpp"
#include "query/spec.hpp"
#include "query/typing.hpp"

namespace dorm::query {
namespace {

bool is_text(const Term& term) { return family(term.type.kind) == Family::text; }

bool has_collation(const Term& term);

bool any_has(std::span<const TermPtr> terms) {
  return std::any_of(terms.begin(), terms.end(),
                     [](const TermPtr& term) { return is_text(*term) && has_collation(*term); });
}

bool output_has_collation(const Term& term) {
  const Source& source = *term.source;
  if (source.kind == SourceKind::values) {
    for (std::size_t i = 0; i < source.outputs.size(); ++i) {
      if (source.outputs[i].name != term.name) continue;
      return std::any_of(source.rows.begin(), source.rows.end(),
                         [&](const std::vector<TermPtr>& row) { return has_collation(*row[i]); });
    }
  }
  const TermPtr selected = selected_by(term);
  return selected == nullptr || has_collation(*selected);
}

bool has_collation(const Term& term) {
  switch (term.kind) {
    case TermKind::value:
    case TermKind::parameter:
    case TermKind::json_path:
      return false;
    case TermKind::alias:
    case TermKind::over:
      return has_collation(*term.children.front());
    case TermKind::cast:
    case TermKind::call:
    case TermKind::binary:
      return any_has(term.children);
    case TermKind::case_when:
      // Conditions and results in turn, after the operand if there is one; the rest is the last result.
      for (std::size_t i = term.op == 1 ? 1 : 0; i < term.children.size(); i += 2) {
        const bool is_last = i + 1 == term.children.size();
        if (has_collation(*term.children[is_last ? i : i + 1])) return true;
      }
      return false;
    case TermKind::subquery: {
      const std::vector<TermPtr> terms = expanded_outputs(term.query->leftmost());
      return terms.empty() || has_collation(*terms.front());
    }
    case TermKind::column:
    case TermKind::relation: {
      // An enum of the database is no text there.
      const FieldInfo* field = field_of(term);
      return field == nullptr || field->enumeration == no_index ||
             !term.source->registry.enums()[field->enumeration].native;
    }
    case TermKind::output:
      return output_has_collation(term);
    default:
      return true;
  }
}

}  // namespace

bool has_own_collation(const Term& term, std::string_view dialect) {
  if (!is_text(term)) return false;
  const auto is_own = [](std::string_view name) { return !name.empty() && !compares_bytes(name); };
  if (term.kind == TermKind::collate) return is_own(term.name);
  if (const FieldInfo* field = field_of(term)) return is_own(field->collation.get(dialect));
  if (const TermPtr selected = selected_by(term)) return has_own_collation(*selected, dialect);
  return std::any_of(term.children.begin(), term.children.end(),
                     [&](const TermPtr& child) { return has_own_collation(*child, dialect); });
}

bool is_uncollated_text(const Term& term) { return is_text(term) && !has_collation(term); }

}  // namespace dorm::query
