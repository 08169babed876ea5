// What a stranger's first program does: it sees the version it was compiled with and the drivers it was linked with.
#include <dorm/dorm.hpp>

#include <iostream>
#include <string>

#ifdef ONLY_SQLITE
#include <dorm/sqlite.hpp>
#endif

int main() {
#ifdef ONLY_SQLITE
  const dorm::Drivers drivers({dorm::sqlite::driver()});
#else
  const dorm::Drivers& drivers = dorm::built_in_drivers();
#endif
  for (const std::string& scheme : drivers.schemes()) std::cout << scheme << '\n';
  return dorm::version() == DORM_VERSION ? 0 : 1;
}
