// main() of the dorm program: the terminal's streams, and whether they show colors.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "cli/program.hpp"

namespace {

// https://no-color.org: set and not empty means no colors.
// NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread yet
bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace

int main(int argc, char** argv) {
  const dorm::cli::Arguments arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return dorm::cli::run(arguments, {std::cout, std::cerr, wants_color()});
}
