#include "support/contest.hpp"

#include <ctime>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace dorm::bench {
namespace {

double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  if (numbers.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(numbers.begin(), middle)) / 2;
}

struct Turn {
  double seconds = 0;
  std::uint64_t digest = 0;
};

}  // namespace

// A name of its own, so that a profiler can be told to look at nothing else.
[[gnu::noinline]] void measured(const std::function<void()>& work) { work(); }

namespace {

Turn take_turn(const Contestant& contestant) {
  if (contestant.prepare) contestant.prepare();
  Turn turn;
  double start = cpu_seconds();
  measured(contestant.work);
  turn.seconds = cpu_seconds() - start;
  turn.digest = contestant.digest();
  if (!contestant.drop) return turn;
  start = cpu_seconds();
  measured(contestant.drop);
  turn.seconds += cpu_seconds() - start;
  return turn;
}

std::string fixed(double number, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << number;
  return text.str();
}

std::string bar(const Line& line) {
  constexpr double width = 40;
  constexpr double longest = 2.0;  // twice the bound ends the picture
  const double share = std::min(line.value() / line.bound, longest);
  std::string text(static_cast<std::size_t>(std::lround(share * width / longest)), '#');
  text.resize(static_cast<std::size_t>(width), ' ');
  char& mark = text[static_cast<std::size_t>(width / longest)];
  if (mark == ' ') mark = '|';
  return text;
}

}  // namespace

std::size_t Settings::scaled(std::size_t size) const {
  return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(size) * scale));
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void compete(const Settings& settings, Report& report, Line line, const Contestant& by_hand, const Contestant& dorm) {
  if (!settings.contestant.empty()) {
    const Contestant& alone = settings.contestant == "dorm" ? dorm : by_hand;
    for (int round = 0; round < settings.rounds; ++round) take_turn(alone);
    return;
  }
  std::vector<double> hand_times;
  std::vector<double> dorm_times;
  std::vector<double> ratios;
  // The first round warms caches and is not counted.
  for (int round = 0; round <= settings.rounds; ++round) {
    const bool dorm_first = round % 2 == 0;
    Turn theirs;
    Turn ours;
    if (dorm_first) ours = take_turn(dorm);
    theirs = take_turn(by_hand);
    if (!dorm_first) ours = take_turn(dorm);
    if (theirs.digest != ours.digest)
      throw std::runtime_error(line.question + " on " + line.backend +
                               ": dorm and the hand-written code read different data");
    if (round == 0) continue;
    hand_times.push_back(theirs.seconds);
    dorm_times.push_back(ours.seconds);
    ratios.push_back(ours.seconds / theirs.seconds);
  }
  const double each = 1e6 / static_cast<double>(line.count);
  line.by_hand = median(hand_times) * each;
  line.by_dorm = median(dorm_times) * each;
  line.ratio = median(ratios);
  report.add(std::move(line));
}

void Report::add(Line line) {
  std::cerr << line.question << " on " << line.backend << ": " << fixed(line.value(), 2) << '\n';
  lines_.push_back(std::move(line));
}

bool Report::holds() const {
  return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.holds(); });
}

void Report::print(std::ostream& out) const {
  out << "\nCPU time of the client, dorm against hand-written code, medians. Below 1 dorm is faster.\n\n";
  out << std::left << std::setw(30) << "question" << std::setw(10) << "backend" << std::right << std::setw(9) << "count"
      << std::setw(13) << "by hand" << std::setw(13) << "dorm" << std::setw(8) << "ratio" << std::setw(8) << "bound"
      << "\n";
  for (const Line& line : lines_) {
    const std::string unit = line.by_hand > 0 ? " µs" : " " + line.unit;
    out << std::left << std::setw(30) << line.question << std::setw(10) << line.backend << std::right << std::setw(9)
        << line.count;
    // The µ is two bytes, one character.
    out << std::setw(line.by_hand > 0 ? 14 : 13) << (line.by_hand > 0 ? fixed(line.by_hand, 2) + unit : "-");
    out << std::setw(line.by_hand > 0 ? 14 : 13)
        << (line.by_hand > 0 ? fixed(line.by_dorm, 2) + unit : fixed(line.by_dorm, line.by_dorm < 1 ? 4 : 0) + unit);
    out << std::setw(8) << (line.by_hand > 0 ? fixed(line.ratio, 2) : "-") << std::setw(8) << fixed(line.bound, 2)
        << (line.holds() ? "" : "  MISSED") << "\n";
  }
  out << "\n" << std::string(43, ' ') << "each against its bound (|)\n";
  for (const Line& line : lines_) {
    out << std::left << std::setw(30) << line.question << std::setw(10) << line.backend << " [" << bar(line) << "] "
        << fixed(line.value(), 2) << "\n";
  }
  for (const std::string& why : skipped_) out << "\nnot measured: " << why << "\n";
  out << "\n" << (holds() ? "All bounds hold." : "A bound was missed.") << "\n";
}

void Report::write_json(std::ostream& out) const {
  out << "{\n  \"results\": [";
  const char* separator = "\n";
  for (const Line& line : lines_) {
    out << separator << "    {\"question\": \"" << line.question << "\", \"backend\": \"" << line.backend
        << "\", \"count\": " << line.count;
    if (line.by_hand > 0) {
      out << ", \"by_hand_us\": " << fixed(line.by_hand, 4) << ", \"dorm_us\": " << fixed(line.by_dorm, 4)
          << ", \"ratio\": " << fixed(line.ratio, 4);
    } else {
      out << ", \"unit\": \"" << line.unit << "\", \"value\": " << fixed(line.by_dorm, 6);
    }
    out << ", \"bound\": " << fixed(line.bound, 2) << ", \"holds\": " << (line.holds() ? "true" : "false") << "}";
    separator = ",\n";
  }
  out << "\n  ]\n}\n";
}

}  // namespace dorm::bench
