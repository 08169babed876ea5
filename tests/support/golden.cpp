#include "support/golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace dorm::test {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view mark = "---- ";

bool rewriting() {
  const char* wish = std::getenv("DORM_REWRITE");
  return wish != nullptr && std::string_view(wish) == "1";
}

fs::path root() { return fs::path(DORM_SOURCE_DIR) / "tests" / "golden"; }

std::string_view without_last_line_end(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

}  // namespace

Golden::Golden(std::string_view path) : path_((root() / path).string()) {
  std::ifstream file(path_);
  if (!file && !rewriting()) throw std::runtime_error("no golden file '" + path_ + "'; DORM_REWRITE=1 makes it");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(mark)) {
      sections_.emplace_back(line.substr(mark.size()), "");
    } else if (!sections_.empty()) {
      sections_.back().second += line + '\n';
    } else {
      head_ += line + '\n';
      if (!line.starts_with('#')) input_ += line + '\n';
    }
  }
  input_ = without_last_line_end(input_);
}

Golden::~Golden() {
  if (asked_.empty()) return;
  const auto stale = [&](const auto& section) { return !asked_.contains(section.first); };
  if (std::none_of(sections_.begin(), sections_.end(), stale)) return;
  if (rewriting()) {
    std::erase_if(sections_, stale);
    write();
    return;
  }
  for (const auto& section : sections_)
    if (stale(section)) ADD_FAILURE() << path_ << ": no test asks for section '" << section.first << "'";
}

const std::string* Golden::find(std::string_view section) const noexcept {
  for (const auto& [name, text] : sections_)
    if (name == section) return &text;
  return nullptr;
}

void Golden::expect(std::string_view section, std::string_view actual) {
  asked_.emplace(section);
  const std::string* expected = find(section);
  const std::string_view wanted = expected == nullptr ? std::string_view() : without_last_line_end(*expected);
  if (expected != nullptr && wanted == without_last_line_end(actual)) return;
  if (!rewriting()) {
    ADD_FAILURE() << path_ << ": section '" << section << "' " << (expected == nullptr ? "is missing" : "differs")
                  << "\n"
                  << "---- expected\n"
                  << wanted << "\n---- actual\n"
                  << actual << "\n---- (DORM_REWRITE=1 accepts it)";
    return;
  }
  const std::string text = std::string(without_last_line_end(actual)) + '\n';
  if (expected == nullptr) {
    sections_.emplace_back(section, text);
  } else {
    for (auto& [name, old] : sections_)
      if (name == section) old = text;
  }
  write();
}

void Golden::write() const {
  fs::create_directories(fs::path(path_).parent_path());
  std::ofstream file(path_);
  file << head_;
  for (const auto& [name, text] : sections_) file << mark << name << '\n' << text;
}

std::vector<std::string> golden_files(std::string_view topic) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root() / topic)) {
    if (entry.path().extension() == ".txt") files.push_back(fs::relative(entry.path(), root()).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace dorm::test
