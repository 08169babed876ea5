// The arrows of lib/: every #include is held against the picture in CONTRIBUTING.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using Folders = std::set<std::string>;

const std::map<std::string, Folders>& arrows() {
  static const std::map<std::string, Folders> direct{
      {"core", {}},
      {"schema", {"core"}},
      {"sql", {"core"}},
      {"graph", {"core"}},
      {"driver", {"sql", "graph"}},
      {"session", {"driver"}},
      {"query", {"session", "schema"}},
      {"load", {"query", "graph"}},
      {"write", {"load", "graph"}},
      {"migrate", {"session", "schema"}},
      {"model", {"load", "write", "migrate"}},
      {"cli", {"model"}},
  };
  return direct;
}

// The folder itself and everything its arrows lead to.
Folders reachable(const std::string& folder) {
  Folders seen{folder};
  for (const std::string& next : arrows().at(folder)) seen.merge(reachable(next));
  return seen;
}

struct Include {
  std::string file;  // relative to the source tree
  std::string what;  // between the quotes or brackets
};

std::vector<Include> includes_below(const std::string& folder) {
  static const std::regex line_of_include(R"re(^\s*#\s*include\s*[<"]([^">]+)[">].*)re");
  const fs::path root = DORM_SOURCE_DIR;
  std::vector<Include> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
    const fs::path extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    std::ifstream text(entry.path());
    std::smatch match;
    for (std::string line; std::getline(text, line);)
      if (std::regex_match(line, match, line_of_include))
        found.push_back({entry.path().lexically_relative(root), match[1]});
  }
  return found;
}

// "sql/ast.hpp" → "sql"; "" for a header without a folder.
std::string folder_of(const std::string& include) {
  const std::size_t slash = include.find('/');
  return slash == std::string::npos ? "" : include.substr(0, slash);
}

bool starts_with_any(const std::string& include, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes)
    if (include.starts_with(prefix)) return true;
  return false;
}

std::vector<std::string> offenders(const std::string& folder, const std::function<bool(const Include&)>& is_wrong) {
  std::vector<std::string> wrong;
  for (const Include& include : includes_below(folder))
    if (is_wrong(include)) wrong.push_back(include.file + " includes " + include.what);
  return wrong;
}

// What drivers may see of lib/graph: the sink rows go into and the arena their text goes to.
bool is_row_sink(const std::string& include) { return include == "graph/row_sink.hpp" || include == "graph/arena.hpp"; }

bool is_client_header(const std::string& include) {
  return starts_with_any(include, {"sqlite3", "libpq", "postgres_ext.h", "pg_config"});
}

TEST(Layers, EveryFolderOfLibIsInThePicture) {
  Folders folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(DORM_SOURCE_DIR) / "lib"))
    if (entry.is_directory() && entry.path().filename() != "package") folders.insert(entry.path().filename());
  Folders known;
  for (const auto& [folder, direct] : arrows()) known.insert(folder);
  EXPECT_EQ(folders, known);
}

TEST(Layers, NothingPointsBack) {
  for (const auto& [folder, direct] : arrows()) {
    const Folders allowed = reachable(folder);
    EXPECT_THAT(offenders("lib/" + folder,
                          [&](const Include& include) {
                            const std::string to = folder_of(include.what);
                            return arrows().contains(to) && !allowed.contains(to);
                          }),
                IsEmpty());
  }
}

TEST(Layers, DriverSeesOfTheGraphOnlyTheRowSink) {
  EXPECT_THAT(offenders("lib/driver",
                        [](const Include& include) {
                          return folder_of(include.what) == "graph" && !is_row_sink(include.what);
                        }),
              IsEmpty());
}

TEST(Layers, DriversSeeDriverSqlCoreAndTheRowSink) {
  for (const fs::directory_entry& driver : fs::directory_iterator(fs::path(DORM_SOURCE_DIR) / "drivers")) {
    if (!driver.is_directory()) continue;
    const std::string name = driver.path().filename();
    EXPECT_THAT(offenders("drivers/" + name,
                          [&](const Include& include) {
                            const std::string to = folder_of(include.what);
                            if (to == "graph") return !is_row_sink(include.what);
                            if (fs::is_directory(driver.path().parent_path() / to) && !to.empty()) return to != name;
                            return arrows().contains(to) && to != "driver" && to != "sql" && to != "core";
                          }),
                IsEmpty());
  }
}

TEST(Layers, OnlyDriversIncludeClientHeaders) {
  const auto is_wrong = [](const Include& include) { return is_client_header(include.what); };
  EXPECT_THAT(offenders("lib", is_wrong), IsEmpty());
  EXPECT_THAT(offenders("include", is_wrong), IsEmpty());
}

TEST(Layers, DialectsIncludeNoClientHeader) {
  EXPECT_THAT(offenders("drivers",
                        [](const Include& include) {
                          return include.file.ends_with("/dialect.cpp") && is_client_header(include.what);
                        }),
              IsEmpty());
}

TEST(Layers, PublicHeadersIncludeNoThirdPartyAndNoInternalHeader) {
  EXPECT_THAT(offenders("include",
                        [](const Include& include) {
                          if (include.file == "include/dorm/json.hpp" && include.what.starts_with("nlohmann/"))
                            return false;
                          if (is_client_header(include.what) || arrows().contains(folder_of(include.what))) return true;
                          return starts_with_any(include.what, {"nlohmann/", "spdlog/", "fmt/", "re2/"});
                        }),
              IsEmpty());
}

TEST(Layers, TheUmbrellaHeaderLeavesJsonOut) {
  EXPECT_THAT(offenders("include",
                        [](const Include& include) {
                          return include.what == "dorm/json.hpp" && include.file != "include/dorm/json.hpp";
                        }),
              IsEmpty());
}

}  // namespace
