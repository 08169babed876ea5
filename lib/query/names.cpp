#include "query/names.hpp"

#include <cstddef>
#include <string>

#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::query {
namespace {

std::string both_names(std::string_view left, std::string_view right) {
  if (left == right) return quote(left);
  return quote(left) + " and " + quote(right) + ", which are one name to a database that ignores case";
}

// The name by which ORDER BY knows it: an expression without an alias has none.
bool has_name(const Term& term, const OutputColumn& column) {
  return term.kind == TermKind::alias || column.name != "expr";
}

}  // namespace

bool may_clash(std::string_view left, std::string_view right) noexcept {
  return !left.empty() && equal_ignoring_case(left, right);
}

void require_one_column(const Source& source, std::string_view name) {
  const OutputColumn* found = nullptr;
  for (const OutputColumn& column : source.outputs) {
    if (!may_clash(column.name, name)) continue;
    if (found != nullptr) {
      const bool is_one = found->name == column.name;
      throw QueryError("'" + source.label() + "' has more than one column " + both_names(found->name, column.name) +
                       "; give them " + (is_one ? "aliases" : "other aliases"));
    }
    found = &column;
  }
}

void require_different_columns(const Source& source) {
  for (const OutputColumn& column : source.outputs) require_one_column(source, column.name);
}

void require_one_output(const QuerySpec& spec, std::string_view alias) {
  const std::vector<TermPtr> terms = expanded_outputs(spec.leftmost());
  const std::vector<OutputColumn> columns = output_columns(spec);
  const OutputColumn* found = nullptr;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!may_clash(columns[i].name, alias) || !has_name(*terms[i], columns[i])) continue;
    if (found != nullptr) {
      throw QueryError("order_by names " + quote(alias) + ", but two of the selected columns are called " +
                       both_names(found->name, columns[i].name) + "; give one of them another alias");
    }
    found = &columns[i];
  }
}

void require_different_names(const std::vector<SourcePtr>& ctes) {
  for (std::size_t i = 0; i < ctes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (identity(*ctes[i]) == identity(*ctes[j]) || !may_clash(ctes[i]->alias, ctes[j]->alias)) continue;
      throw QueryError("two CTEs of the query are called " + both_names(ctes[j]->alias, ctes[i]->alias) +
                       "; give one of them another name");
    }
  }
}

}  // namespace dorm::query
