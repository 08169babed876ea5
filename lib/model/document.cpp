// QueryDocument: parsed, printed, run.
#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/database_impl.hpp"
#include "model/document.hpp"
#include "model/row_access.hpp"

namespace dorm {

DocumentError::DocumentError(std::string pointer, const std::string& message)
    : QueryError("query document" + (pointer.empty() ? std::string() : ", at " + quote(pointer)) + ": " + message),
      pointer_(std::make_shared<const std::string>(std::move(pointer))) {}

QueryDocument::QueryDocument(QuerySet set, std::optional<std::vector<std::string>> values)
    : set_(std::move(set)), values_(std::move(values)) {}

QueryDocument QueryDocument::parse(const Database& database, std::string_view json) {
  const Registry registry = database.registry();
  document::Parsed parsed = document::read_document(registry, database.impl(), json, nullptr);
  return QueryDocument(std::move(parsed.set), std::move(parsed.values));
}

QueryDocument QueryDocument::parse(const Database& database, std::string_view json, const Policy& policy) {
  const Registry registry = database.registry();
  const auto gate = std::make_shared<const QueryGate>(registry, policy);
  document::Parsed parsed = document::read_document(registry, database.impl(), json, gate.get());
  QueryDocument made(std::move(parsed.set), std::move(parsed.values));
  made.gate_ = gate;
  return made;
}

std::string QueryDocument::to_json() const { return document::request_text(*set_.request(), values_); }

Rows QueryDocument::run() const {
  if (values_) return set_.values(*values_);
  return set_.request()->group_by.empty() ? set_.all() : set_.values();
}

std::string QueryDocument::run_json() const {
  std::string text = "[";
  for (const Row& row : run()) {
    if (text.size() > 1) text += ',';
    text += row_json(access::node_of(row), row.slot(), gate_.get());
  }
  return text + "]";
}

}  // namespace dorm
