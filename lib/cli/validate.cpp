// dorm validate: schema files held against the format, without a database.
#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

#include "cli/options.hpp"
#include "cli/program.hpp"
#include "dorm/error.hpp"
#include "dorm/registry.hpp"

namespace dorm::cli {
namespace {

constexpr std::string_view validate_help =
    "usage: dorm validate [--format text|json] PATH…\n"
    "\n"
    "Reads schema files as one set and reports every mistake of the earliest stage that has one:\n"
    "text, shape, names, meaning, what a backend cannot do.\n"
    "\n"
    "  PATH           a schema file, or a directory: all *.json and *.jsonc below it\n"
    "  --format text  file:line:column, the line with a caret, notes and help (default)\n"
    "  --format json  {\"errors\": n, \"warnings\": n, \"models\": n, \"diagnostics\": […]}\n"
    "\n"
    "exit codes: 0 no errors (warnings may be), 1 errors or unreadable files, 64 wrong usage\n";

struct Findings {
  std::vector<Diagnostic> diagnostics;
  std::size_t models = 0;

  std::size_t count(Severity severity) const {
    return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                                  [&](const Diagnostic& each) { return each.severity == severity; }));
  }
};

Findings read(const std::vector<std::filesystem::path>& paths) {
  Findings findings;
  try {
    const Registry registry = Registry::load(std::span<const std::filesystem::path>(paths));
    findings.diagnostics = registry.warnings();
    findings.models = registry.models().size();
  } catch (const SchemaError& error) {
    if (error.diagnostics().empty()) throw;
    findings.diagnostics = error.diagnostics();
  }
  return findings;
}

std::string counted(std::size_t number, const char* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

int validate(const Arguments& arguments, const Streams& streams) {
  static constexpr std::array rules{OptionRule{"--format"}};
  const Options options(arguments, rules);
  const std::string format = options.value("--format").value_or("text");
  if (format != "text" && format != "json") throw UsageError("--format is text or json");
  if (options.operands().empty()) throw UsageError("name a schema file or a directory; dorm validate --help");

  const Findings findings = read({options.operands().begin(), options.operands().end()});
  const std::size_t errors = findings.count(Severity::error);
  const std::size_t warnings = findings.count(Severity::warning);
  if (format == "json") {
    streams.out << "{\"errors\":" << errors << ",\"warnings\":" << warnings << ",\"models\":" << findings.models
                << ",\"diagnostics\":[";
    const char* separator = "";
    for (const Diagnostic& diagnostic : findings.diagnostics) {
      streams.out << separator << diagnostic.json();
      separator = ",";
    }
    streams.out << "]}\n";
  } else {
    for (const Diagnostic& diagnostic : findings.diagnostics) {
      const std::string text = diagnostic.text();
      streams.out << text << (text.ends_with('\n') ? "" : "\n");
    }
    streams.err << (errors == 0 ? counted(findings.models, "model") + ", " : std::string()) << counted(errors, "error")
                << ", " << counted(warnings, "warning") << '\n';
  }
  return errors == 0 ? success : failure;
}

}  // namespace

const Command validate_command{"validate", "check schema files: every mistake with its place and how to mend it",
                               validate_help, validate};

}  // namespace dorm::cli
