// main.cpp: asks every question on every backend and prints the answers. README.md says how to read them.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "questions.hpp"

namespace dorm::bench {
namespace {

constexpr std::string_view usage =
    "usage: dorm_benchmarks [--only scan|join|get|insert|bulk|loaders|models] [--backend sqlite|postgres] [--rounds N] "
    "[--scale X]\n"
    "                       [--json FILE] [--contestant dorm|hand-written]\n"
    "PostgreSQL: a private server, or the database DORM_BENCH_PG_URL names.\n";

Settings read(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = arguments[i];
    if (option == "--help" || i + 1 == count) {
      std::cout << usage;
      std::exit(option == "--help" ? 0 : 2);
    }
    const std::string value = arguments[++i];
    if (option == "--only") {
      settings.only = value;
    } else if (option == "--backend") {
      settings.backend = value;
    } else if (option == "--rounds") {
      settings.rounds = std::max(1, std::stoi(value));
    } else if (option == "--scale") {
      settings.scale = std::stod(value);
    } else if (option == "--json") {
      settings.json = value;
    } else if (option == "--contestant") {
      settings.contestant = value;
    } else {
      throw std::invalid_argument("unknown option '" + std::string(option) + "'");
    }
  }
  return settings;
}

void ask_all(const Settings& settings, Place& place, Report& report) {
  struct Question {
    std::string_view name;
    void (*ask)(const Settings&, Place&, Report&);
  };
  for (const Question& question : {Question{"scan", scan}, Question{"join", join}, Question{"get", get},
                                   Question{"insert", insert}, Question{"bulk", bulk}, Question{"loaders", loaders}}) {
    if (settings.only.empty() || settings.only == question.name) question.ask(settings, place, report);
  }
}

int run(const Settings& settings) {
  Report report;
  if (settings.backend != "postgres") ask_all(settings, *Place::sqlite(), report);
  if (settings.backend != "sqlite") {
    std::unique_ptr<Place> place;
    try {
      place = Place::postgres();
    } catch (const std::exception& error) {
      report.skip(std::string("postgres: ") + error.what());
    }
    // Each row is a round trip here: fewer of them say as much.
    Settings fewer = settings;
    fewer.rounds = std::min(settings.rounds, 5);
    if (place) ask_all(fewer, *place, report);
  }
  if (settings.only.empty() || settings.only == "models") models(settings, report);
  if (!settings.contestant.empty()) return 0;
  report.print(std::cout);
  if (!settings.json.empty()) {
    std::ofstream file(settings.json);
    report.write_json(file);
  }
  return report.holds() ? 0 : 1;
}

}  // namespace
}  // namespace dorm::bench

int main(int count, char** arguments) {
  try {
    return dorm::bench::run(dorm::bench::read(count, arguments));
  } catch (const std::exception& error) {
    std::cerr << "dorm_benchmarks: " << error.what() << '\n';
    return 2;
  }
}
