#include "dorm/error.hpp"

namespace dorm {
namespace {

const ErrorDetails no_details;
const std::vector<Diagnostic> no_diagnostics;

std::string all_texts(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += diagnostic.text();
  }
  return text;
}

}  // namespace

Error::Error(const std::string& message, ErrorDetails details)
    : std::runtime_error(message), details_(std::make_shared<const ErrorDetails>(std::move(details))) {}
Error::Error(const Error&) noexcept = default;
Error& Error::operator=(const Error&) noexcept = default;
Error::~Error() = default;

const ErrorDetails& Error::details() const noexcept { return details_ ? *details_ : no_details; }

SchemaError::SchemaError(std::vector<Diagnostic> diagnostics)
    : Error(all_texts(diagnostics)),
      diagnostics_(std::make_shared<const std::vector<Diagnostic>>(std::move(diagnostics))) {}

const std::vector<Diagnostic>& SchemaError::diagnostics() const noexcept {
  return diagnostics_ ? *diagnostics_ : no_diagnostics;
}

}  // namespace dorm
