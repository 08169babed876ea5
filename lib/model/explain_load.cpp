#include "load/explain.hpp"

#include "dorm/query_set.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"

namespace dorm {

LoadPlan QuerySet::explain_load() const {
  require_rows(*request_, "explain_load");
  const query::Request asked = rows_of(*request_);
  const auto unit = query::resolve(asked, database_->requests);
  return load::explain_load(*database_, *database_->context(asked.root->registry), *unit);
}

}  // namespace dorm
