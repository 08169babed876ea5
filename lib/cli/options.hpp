// cli/options.hpp: the arguments of one command, taken apart.
//
// A plain value once made. Messages name options, never the values given to them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/program.hpp"

namespace dorm::cli {

struct OptionRule {
  std::string_view name;  // with its dashes: "--format"
  bool takes_value = true;
};

class Options {
 public:
  // "--name value", "--name=value", flags, and what is none of these; "--" ends the options. Throws UsageError.
  Options(const Arguments& arguments, std::span<const OptionRule> rules);

  bool has(std::string_view name) const noexcept;
  std::optional<std::string> value(std::string_view name) const;  // the last one given
  const std::vector<std::string>& operands() const noexcept { return operands_; }

 private:
  std::vector<std::pair<std::string_view, std::string>> given_;  // names are those of the rules
  std::vector<std::string> operands_;
};

}  // namespace dorm::cli
