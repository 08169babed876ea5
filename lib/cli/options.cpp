#include "cli/options.hpp"

#include <algorithm>

namespace dorm::cli {
namespace {

std::string names_of(std::span<const OptionRule> rules) {
  std::string names;
  for (const OptionRule& rule : rules) names += (names.empty() ? "" : ", ") + std::string(rule.name);
  return names;
}

}  // namespace

Options::Options(const Arguments& arguments, std::span<const OptionRule> rules) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      operands_.insert(operands_.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return;
    }
    if (!argument.starts_with('-') || argument == "-") {
      operands_.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const OptionRule& each) { return each.name == name; });
    if (rule == rules.end()) throw UsageError("unknown option '" + name + "'; this command knows " + names_of(rules));
    std::string value;
    if (!rule->takes_value) {
      if (equals != std::string::npos) throw UsageError("option '" + name + "' takes no value");
    } else if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else {
      if (i + 1 == arguments.size()) throw UsageError("option '" + name + "' needs a value");
      value = arguments[++i];
    }
    given_.emplace_back(rule->name, std::move(value));
  }
}

bool Options::has(std::string_view name) const noexcept {
  return std::any_of(given_.begin(), given_.end(), [&](const auto& item) { return item.first == name; });
}

std::optional<std::string> Options::value(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : given_)
    if (key == name) found = value;
  return found;
}

}  // namespace dorm::cli
