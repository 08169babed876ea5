// schema/report.hpp: the mistakes found in a set of schema files, by stage.
//
// One thread at a time. A returned Diagnostic& is valid as long as the Report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/json_reader.hpp"
#include "dorm/error.hpp"

namespace dorm::schema {

// The stages of a load. Only the mistakes of the earliest failing one are shown: later ones may follow from them.
enum class Stage : std::uint8_t { text, shape, resolution, meaning, dialect };

// Where a mistake stands: a value, or the name it has.
struct Place {
  const json::Node* node = nullptr;
  bool name = false;
  Position position() const { return name ? node->name_where() : node->where(); }
};
inline Place at(const json::Node& node) { return {&node, false}; }
inline Place at_name(const json::Node& node) { return {&node, true}; }

class Report {
 public:
  explicit Report(std::size_t limit) : limit_(limit) {}

  Diagnostic& error(Stage stage, const char* code, Place place, std::string message);
  Diagnostic& warning(const char* code, Place place, std::string message);
  Diagnostic& info(const char* code, Place place, std::string message);
  Diagnostic& error(Stage stage, const char* code, Position where, std::string message);
  void add(Stage stage, std::vector<Diagnostic> diagnostics);

  // So much is wrong that nothing more will be read: whoever looks for mistakes may stop.
  bool full() const noexcept;
  // Whether a further mistake deserves a suggestion, which costs a look at every name there is.
  bool suggests() const noexcept;

  // Throws SchemaError if any stage up to this one has failed: its mistakes sorted by place, at most `limit` of them.
  void check(Stage stage) const;
  std::vector<Diagnostic> warnings() const;  // and infos, sorted by place

 private:
  struct Entry {
    Stage stage;
    Diagnostic diagnostic;
  };
  Diagnostic& keep(Stage stage, Severity severity, const char* code, Place place, std::string message);
  Diagnostic& keep(Stage stage, Diagnostic diagnostic);

  std::size_t limit_;
  std::deque<Entry> entries_;
  Diagnostic surplus_;  // what nobody will read
};

// Adds the other place involved.
void note(Diagnostic& diagnostic, std::string message, Place place);

}  // namespace dorm::schema
