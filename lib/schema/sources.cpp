#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "schema/snapshot.hpp"

namespace dorm::schema {
namespace {

namespace fs = std::filesystem;

bool is_schema_file(const fs::path& path) {
  const std::string name = path.filename().string();
  // "dorm.schema.json" is a JSON Schema for editors, which may well lie beside the files it describes.
  return (name.ends_with(".json") || name.ends_with(".jsonc")) && !name.ends_with(".schema.json") &&
         !name.starts_with('.');
}

[[noreturn]] void unreadable(const fs::path& path, const std::string& why) {
  throw ConfigError("cannot read schema " + quote(path.string()) + ": " + why);
}

// No more than the limit and one byte, which is enough for the reader to refuse the file.
std::string content(const fs::path& path, std::size_t max_bytes) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) unreadable(path, "it cannot be opened");
  std::string text;
  std::string block(1U << 16U, '\0');
  while (stream && text.size() <= max_bytes) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) unreadable(path, "reading it failed");
  return text;
}

bool lies_below(const fs::path& path, const fs::path& root) {
  const auto [end, unused] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

std::vector<fs::path> files_of(const fs::path& directory) {
  std::vector<fs::path> files;
  const fs::path root = fs::canonical(directory);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || !is_schema_file(entry.path())) continue;
    if (entry.is_symlink() && !lies_below(fs::canonical(entry.path()), root)) {
      unreadable(entry.path(), "it is a link that leads out of " + quote(directory.string()));
    }
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<SchemaText> read_sources(const std::vector<fs::path>& paths, const SchemaOptions& options) {
  std::vector<SchemaText> texts;
  for (const fs::path& path : paths) {
    try {
      if (fs::is_directory(path)) {
        const std::vector<fs::path> files = files_of(path);
        if (files.empty()) unreadable(path, "the directory has no *.json or *.jsonc file");
        for (const fs::path& file : files) texts.push_back({file.string(), content(file, options.max_file_bytes)});
      } else if (fs::exists(path)) {
        texts.push_back({path.string(), content(path, options.max_file_bytes)});
      } else {
        unreadable(path, "there is no such file or directory");
      }
    } catch (const fs::filesystem_error& error) {
      unreadable(path, error.code().message());
    }
  }
  return texts;
}

}  // namespace dorm::schema
