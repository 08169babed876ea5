// Schema files to registry, DDL of both dialects, and back to schema files. A text is several files with a record
// separator (0x1E) between them.
#include "dorm/driver.hpp"
#include "dorm/error.hpp"
#include "dorm/registry.hpp"
#include "driver/driver.hpp"
#include "fuzz/target.hpp"
#include "migrate/ddl.hpp"
#include "schema/write.hpp"
#include "support/json_files.hpp"

namespace dorm::fuzz {
namespace {

constexpr char separator = '\x1E';

std::vector<SchemaText> files_of(std::string_view text) {
  std::vector<SchemaText> files;
  for (;;) {
    const std::size_t end = text.find(separator);
    files.push_back({std::to_string(files.size()) + ".json", std::string(text.substr(0, end))});
    if (end == std::string_view::npos) return files;
    text.remove_prefix(end + 1);
  }
}

void check_mistakes(const SchemaError& error) {
  require(!error.diagnostics().empty(), "a SchemaError has diagnostics");
  for (const Diagnostic& mistake : error.diagnostics()) {
    require(!mistake.code.empty() && !mistake.message.empty(), "a mistake has a code and a message");
    require(!mistake.text().empty() && !mistake.json().empty(), "a mistake can be printed");
  }
}

// What a dialect cannot do is said before anything is sent.
void make_tables(const Registry& registry, const sql::Dialect& dialect) {
  try {
    migrate::create_statements(registry, dialect);
    migrate::drop_statements(registry, dialect);
  } catch (const QueryError&) {
  }
}

void write_again(const Registry& registry) {
  const std::vector<SchemaText> texts = schema::write_files(registry.models(), registry.enums());
  if (texts.empty()) return;
  try {
    const Registry again = Registry::parse(texts);
    require(again.registry_hash() == registry.registry_hash(), "what is written reads back as the same registry");
  } catch (const SchemaError& error) {
    require(false, texts.front().text + "\nwhat is written can be read: " + error.what());
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> texts = test::json_files("tests/golden/schema/bad");
  for (const char* folder : {"blog", "classes", "company", "music", "school", "school_m2m", "social"}) {
    std::string all;
    for (const std::string& text : test::json_files(std::string("schemas/") + folder))
      all += (all.empty() ? "" : std::string(1, separator)) + text;
    texts.push_back(std::move(all));
  }
  return texts;
}

void run(std::string_view text) {
  Registry registry;
  try {
    registry = Registry::parse(files_of(text));
  } catch (const SchemaError& error) {
    return check_mistakes(error);
  }
  for (const char* scheme : {"sqlite", "postgresql"}) make_tables(registry, built_in_drivers().get(scheme)->dialect());
  write_again(registry);
}

}  // namespace dorm::fuzz
