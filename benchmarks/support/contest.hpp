// support/contest.hpp: the same work done by hand and by dorm, in turns, and what came out.
//
// One thread at a time. Time is the CPU time of this process: a database server is another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace dorm::bench {

struct Settings {
  int rounds = 7;
  double scale = 1.0;
  std::string only;        // a question, or empty for all
  std::string backend;     // or empty for all
  std::string contestant;  // "hand-written" or "dorm": runs it alone, without a comparison, for a profiler
  std::string json;        // file to write the report to

  std::size_t scaled(std::size_t size) const;
};

struct Contestant {
  std::function<void()> prepare;          // before each round, not measured; may be empty
  std::function<void()> work;             // measured
  std::function<std::uint64_t()> digest;  // of everything that work() left; not measured
  std::function<void()> drop;             // frees what work() left: measured as part of the work; may be empty
};

// A line of the report: a ratio to hand-written code, or a number of its own.
struct Line {
  std::string question;
  std::string backend;
  std::string unit;       // what is counted: "row", "allocations per row", "ms"
  std::size_t count = 0;  // rows
  double by_hand = 0;     // µs per row; 0 if there is no other side
  double by_dorm = 0;     // µs per row, or the number itself
  double ratio = 0;       // median over the rounds
  double bound = 0;       // what the project promises of the ratio, or of the number

  double value() const { return by_hand > 0 ? ratio : by_dorm; }
  bool holds() const { return value() <= bound; }
};

class Report {
 public:
  void add(Line line);
  void skip(std::string why) { skipped_.push_back(std::move(why)); }
  void print(std::ostream& out) const;  // table and bars
  void write_json(std::ostream& out) const;
  bool holds() const;

 private:
  std::vector<Line> lines_;
  std::vector<std::string> skipped_;
};

// Runs both in turns, the first one of a round changing. Throws std::runtime_error if they did not read the same data.
void compete(const Settings& settings, Report& report, Line line, const Contestant& by_hand, const Contestant& dorm);

// Seconds of CPU that this process has used.
double cpu_seconds();

}  // namespace dorm::bench
