// What a stranger's first program does: it sees the version it was compiled with and the drivers it was linked with.
#include <dorm/driver.hpp>
#include <dorm/version.hpp>

#include <iostream>

int main() {
  if (dorm::version() != DORM_VERSION) return 1;
  for (const std::string& scheme : dorm::built_in_drivers().schemes()) std::cout << scheme << '\n';
}
