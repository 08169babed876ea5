#include "cli/program.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <ostream>

#include "dorm/driver.hpp"
#include "dorm/error.hpp"
#include "dorm/version.hpp"

namespace dorm::cli {
namespace {

constexpr std::array<const Command*, 2> all_commands{&tour_command, &validate_command};

void print_help(std::ostream& out) {
  out << "usage: dorm COMMAND [ARGUMENT…]\n"
         "\n"
         "Models learnt at run time, on SQLite and PostgreSQL.\n"
         "\n"
         "commands:\n";
  for (const Command* command : all_commands)
    out << "  " << std::left << std::setw(10) << command->name << command->summary << '\n';
  out << "\n"
         "options:\n"
         "  --help     this text; dorm COMMAND --help tells about one command\n"
         "  --version  the version, and the backends it was built with\n"
         "\n"
         "exit codes: 0 done, 1 an error, 64 wrong usage\n";
}

void print_version(std::ostream& out) {
  out << "dorm " << version() << "\nbackends:";
  for (const std::string& scheme : built_in_drivers().schemes()) out << ' ' << scheme;
  out << '\n';
}

const Command& find_command(const std::string& name) {
  const auto found = std::find_if(all_commands.begin(), all_commands.end(),
                                  [&](const Command* command) { return command->name == name; });
  if (found != all_commands.end()) return **found;
  throw UsageError("no such command; dorm --help lists them");
}

bool is_help(const std::string& argument) { return argument == "--help" || argument == "-h"; }

int run_command(const Arguments& arguments, const Streams& streams) {
  if (arguments.empty()) throw UsageError("a command is missing; dorm --help lists them");
  const std::string& first = arguments.front();
  if (first == "--version") {
    print_version(streams.out);
    return success;
  }
  if (is_help(first) || first == "help") {
    if (arguments.size() == 1) {
      print_help(streams.out);
    } else {
      streams.out << find_command(arguments[1]).help;
    }
    return success;
  }
  if (first.starts_with('-')) throw UsageError("unknown option before the command; dorm --help lists them");
  const Command& command = find_command(first);
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (std::any_of(rest.begin(), rest.end(), is_help)) {
    streams.out << command.help;
    return success;
  }
  return command.run(rest, streams);
}

}  // namespace

std::span<const Command* const> commands() { return all_commands; }

int run(const Arguments& arguments, const Streams& streams) noexcept {
  try {
    const int code = run_command(arguments, streams);
    streams.out.flush();
    if (streams.out) return code;
    streams.err << "dorm: the output could not be written\n";
    return failure;
  } catch (const UsageError& error) {
    streams.err << "dorm: " << error.what() << '\n';
    return wrong_usage;
  } catch (const std::exception& error) {
    streams.err << "dorm: " << error.what() << '\n';
    return failure;
  }
}

}  // namespace dorm::cli
