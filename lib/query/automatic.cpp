#include "query/automatic.hpp"

#include <algorithm>

#include "dorm/expr.hpp"
#include "query/validate.hpp"

namespace dorm::query {

void add_automatic(const SourcePtr& source, std::vector<Change>& changes) {
  const ModelInfo& model = *source->model;
  for (const FieldInfo& field : model.fields) {
    const bool is_set =
        std::any_of(changes.begin(), changes.end(), [&](const Change& change) { return change.field == field.index; });
    if (field.on_update && !is_set)
      changes.push_back({field.index, value_term(function_value(*field.on_update, field.type), field.type)});
  }
  if (model.version_field == no_index) return;
  const Expr next = Expr(column_term(source, model.version_field)) + Expr(1);
  changes.push_back({model.version_field, next.term()});
}

}  // namespace dorm::query
