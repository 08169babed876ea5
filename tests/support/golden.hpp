// support/golden.hpp: files of an input and the outputs it must give, reviewed as a diff.
//
//   # a comment, kept as it is
//   the input
//   ---- section
//   what the section must say
//
// One thread at a time. With DORM_REWRITE=1 in the environment what differs is written instead of reported.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dorm::test {

class Golden {
 public:
  // `path` is relative to tests/golden. A file that is not there is an error, except when rewriting.
  explicit Golden(std::string_view path);
  // A section that nobody asked about, of a file that was asked, belongs to no test any more: a failure.
  ~Golden();
  Golden(const Golden&) = delete;
  Golden& operator=(const Golden&) = delete;

  const std::string& input() const noexcept { return input_; }  // without comments
  const std::string* find(std::string_view section) const noexcept;

  // Adds a failure to the running test if the section says something else. The last line end does not count.
  void expect(std::string_view section, std::string_view actual);

 private:
  void write() const;

  std::string path_;  // in the source tree
  std::string head_;  // input with its comments
  std::string input_;
  std::vector<std::pair<std::string, std::string>> sections_;
  std::set<std::string, std::less<>> asked_;
};

// The files of a folder of tests/golden, relative to tests/golden, in the order of their names.
std::vector<std::string> golden_files(std::string_view topic);

}  // namespace dorm::test
