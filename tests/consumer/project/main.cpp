// What a stranger's first program does: declare a model, open a database with the drivers it was linked with, write,
// read.
#include <dorm/dorm.hpp>

#ifdef WITH_JSON
#include <dorm/json.hpp>
#endif
#ifdef ONLY_SQLITE
#include <dorm/sqlite.hpp>
#endif

#include <iostream>
#include <string>

int main() {
#ifdef ONLY_SQLITE
  const dorm::Drivers drivers({dorm::sqlite::driver()});
#else
  const dorm::Drivers& drivers = dorm::built_in_drivers();
#endif
  const auto registry =
      dorm::Registry::parse(R"({"dorm": 1, "models": {"Pet": {"fields": {"name": {"type": "text"}}}}})");
  const dorm::Database db = dorm::Database::open("sqlite::memory:", registry, drivers);
  db.create_tables();
  const dorm::Row pet = db["Pet"].create({{"name", "huey"}});
  std::cout << "dorm " << dorm::version() << ": " << pet["name"].text() << '\n';
#ifdef WITH_JSON
  if (dorm::to_json(pet)["name"] != "huey") return 1;
#endif
  try {
    db["Pat"];
  } catch (const dorm::QueryError&) {  // an exception crosses the library's border with its type
    return dorm::version() == DORM_VERSION ? 0 : 1;
  }
  return 1;
}
