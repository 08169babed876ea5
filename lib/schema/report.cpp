#include "schema/report.hpp"

#include <algorithm>
#include <tuple>

namespace dorm::schema {
namespace {

// A hostile file may hold a mistake per byte; what is sorted must stay small.
constexpr std::size_t kept_at_most = 1'000;
constexpr std::size_t suggestions_at_most = 100;

auto place_of(const Diagnostic& diagnostic) {
  return std::tie(diagnostic.where.file, diagnostic.where.line, diagnostic.where.column, diagnostic.code);
}

// A mixin's mistake is found once per model that uses it, and shown once.
void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return place_of(a) < place_of(b); });
  const auto same = [](const Diagnostic& a, const Diagnostic& b) { return place_of(a) == place_of(b); };
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end(), same), diagnostics.end());
}

}  // namespace

Diagnostic& Report::keep(Stage stage, Diagnostic diagnostic) {
  if (full()) return surplus_ = Diagnostic();
  return entries_.emplace_back(Entry{stage, std::move(diagnostic)}).diagnostic;
}

Diagnostic& Report::keep(Stage stage, Severity severity, const char* code, Place place, std::string message) {
  if (full()) return surplus_ = Diagnostic();
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.where = place.position();
  diagnostic.excerpt = place.name ? place.node->name_excerpt() : place.node->excerpt();
  return keep(stage, std::move(diagnostic));
}

Diagnostic& Report::error(Stage stage, const char* code, Place place, std::string message) {
  return keep(stage, Severity::error, code, place, std::move(message));
}
Diagnostic& Report::warning(const char* code, Place place, std::string message) {
  return keep(Stage::dialect, Severity::warning, code, place, std::move(message));
}
Diagnostic& Report::info(const char* code, Place place, std::string message) {
  return keep(Stage::dialect, Severity::info, code, place, std::move(message));
}

Diagnostic& Report::error(Stage stage, const char* code, Position where, std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.where = std::move(where);
  return keep(stage, std::move(diagnostic));
}

void Report::add(Stage stage, std::vector<Diagnostic> diagnostics) {
  for (Diagnostic& diagnostic : diagnostics) keep(stage, std::move(diagnostic));
}

bool Report::full() const noexcept { return entries_.size() >= kept_at_most; }
bool Report::suggests() const noexcept { return entries_.size() < suggestions_at_most; }

void Report::check(Stage stage) const {
  const Entry* earliest = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.diagnostic.severity != Severity::error || entry.stage > stage) continue;
    if (earliest == nullptr || entry.stage < earliest->stage) earliest = &entry;
  }
  if (earliest == nullptr) return;
  std::vector<Diagnostic> shown;
  for (const Entry& entry : entries_) {
    if (entry.stage == earliest->stage && entry.diagnostic.severity == Severity::error)
      shown.push_back(entry.diagnostic);
  }
  sort_by_place(shown);
  if (shown.size() > limit_ && limit_ != 0) {
    const std::string hidden = std::to_string(shown.size() - limit_);
    shown.resize(limit_);
    shown.back().notes.push_back({hidden + " more mistakes are not shown", {}});
  }
  throw SchemaError(std::move(shown));
}

std::vector<Diagnostic> Report::warnings() const {
  std::vector<Diagnostic> result;
  for (const Entry& entry : entries_) {
    if (entry.diagnostic.severity != Severity::error) result.push_back(entry.diagnostic);
  }
  sort_by_place(result);
  return result;
}

void note(Diagnostic& diagnostic, std::string message, Place place) {
  diagnostic.notes.push_back({std::move(message), place.position()});
}

}  // namespace dorm::schema
