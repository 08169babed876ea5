// cli/program.hpp: the dorm program as a function, and what its commands have in common.
//
// One thread at a time. What was asked for goes to `out`, everything else to `err`; no text repeats a URL, which may
// hold a password.
#pragma once

#include <iosfwd>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dorm::cli {

enum ExitCode : int {
  success = 0,
  failure = 1,       // what was asked for could not be done, or a check found errors
  wrong_usage = 64,  // EX_USAGE of sysexits.h
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool color = false;  // of `out`
};

// The command line makes no sense; the message says what would.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;  // for the list of commands
  std::string_view help;     // the whole text of --help
  int (*run)(const Arguments& arguments, const Streams& streams);
};

extern const Command tour_command;
extern const Command validate_command;

std::span<const Command* const> commands();

// The whole program, without its name in `arguments`. Throws nothing: errors go to streams.err and make the exit code.
int run(const Arguments& arguments, const Streams& streams) noexcept;

}  // namespace dorm::cli
