// The entry points of libFuzzer around one target.
#include "fuzz/target.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace dorm::fuzz {
namespace {

namespace fs = std::filesystem;

// Words of the format reach deeper than random bytes.
std::set<std::string> words_of(const std::vector<std::string>& texts) {
  constexpr std::size_t longest = 32;
  std::set<std::string> words;
  for (const std::string& text : texts) {
    std::string word;
    for (const char c : text + ' ') {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
        word += c;
        continue;
      }
      if (word.size() > 1 && word.size() <= longest) words.insert(word);
      word.clear();
    }
  }
  return words;
}

void write_start(const fs::path& corpus, const fs::path& dictionary) {
  const std::vector<std::string> texts = seeds();
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::ofstream(corpus / ("seed-" + std::to_string(i)), std::ios::binary) << texts[i];
  std::ofstream words(dictionary, std::ios::binary);
  for (const std::string& word : words_of(texts)) words << '"' << word << "\"\n";
}

}  // namespace

void require(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

}  // namespace dorm::fuzz

// With a folder as its first argument: puts the seeds there and their words beside it. DORM_FUZZ_SECONDS says how long.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  namespace fs = std::filesystem;
  static std::vector<std::string> added;
  static std::vector<char*> all;
  all.assign(*arguments, *arguments + *count);
  const auto corpus = std::find_if(all.begin() + 1, all.end(), [](const char* argument) { return argument[0] != '-'; });
  if (corpus != all.end() && fs::is_directory(*corpus)) {
    const fs::path dictionary = fs::path(*corpus).concat(".words");
    dorm::fuzz::write_start(*corpus, dictionary);
    added.push_back("-dict=" + dictionary.string());
    if (const char* seconds = std::getenv("DORM_FUZZ_SECONDS"))
      added.push_back(std::string("-max_total_time=") + seconds);
  }
  for (std::string& argument : added) all.push_back(argument.data());
  *count = static_cast<int>(all.size());
  all.push_back(nullptr);
  *arguments = all.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dorm::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
