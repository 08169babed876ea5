// models.cpp: how long does a program with 1,000 models of 20 fields wait for its schema files?
#include <dorm/registry.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "questions.hpp"

namespace dorm::bench {
namespace {

namespace fs = std::filesystem;

// One file a model; each refers to the one before.
void write_schema(const fs::path& directory, std::size_t models) {
  for (std::size_t i = 0; i < models; ++i) {
    const std::string number = std::to_string(i);
    std::ofstream file(directory / ("model" + number + ".json"));
    file << "{\n  \"dorm\": 1,\n  \"models\": {\n    \"Model" << number << "\": {\n      \"fields\": {\n";
    file << "        \"previous\": { \"type\": \"foreign_key\", \"to\": \"Model" << (i == 0 ? 0 : i - 1)
         << "\", \"nullable\": true, \"backref\": \"next" << number << "\" }";
    const char* const types[] = {
        R"("type": "string", "max_length": 80)", R"("type": "bigint")", R"("type": "datetime", "nullable": true)",
        R"("type": "decimal", "precision": 12, "scale": 2)", R"("type": "boolean", "default": false)"};
    for (std::size_t field = 1; field < 20; ++field)
      file << ",\n        \"field" << field << "\": { " << types[field % std::size(types)] << " }";
    file << "\n      }\n    }\n  }\n}\n";
  }
}

}  // namespace

void models(const Settings& settings, Report& report) {
  const std::size_t count = settings.scaled(1'000);
  std::string pattern = (fs::temp_directory_path() / "dorm-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  const fs::path directory = pattern;
  write_schema(directory, count);
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const double start = cpu_seconds();
    const Registry registry = Registry::load(directory);
    const double milliseconds = (cpu_seconds() - start) * 1e3;
    if (registry.models().size() != count)
      throw std::runtime_error("the schema files hold other models than were written");
    if (round == 0 || milliseconds < best) best = milliseconds;
  }
  fs::remove_all(directory);
  report.add({"load 1,000 models", "-", "ms", count, 0, best, 0, 500});
}

}  // namespace dorm::bench
