#include "sqlite/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "sqlite/pragmas.hpp"

namespace dorm::sqlite {
namespace {

constexpr std::string_view memory_path = ":memory:";
constexpr std::array<std::string_view, 4> modes{"ro", "rw", "rwc", "memory"};
constexpr std::array<std::string_view, 4> own_options{"mode", "statement_cache", "statement_timeout_ms", "untrusted"};

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // SQLite would open what stands before it.
    if (text[i] == '\0') throw ConfigError("sqlite URL: a zero byte in it");
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    const bool complete = i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    if (!complete || byte == 0)
      throw ConfigError(
          "sqlite URL: '%' must be followed by two hexadecimal digits other than 00; write '%25' for itself");
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

std::uint32_t number(std::string_view option, std::string_view value) {
  std::uint32_t result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc() || end != value.data() + value.size())
    throw ConfigError("sqlite URL: option " + quote(option) + " must be a whole number, not " + quote(value));
  return result;
}

void add_option(std::string_view option, std::string value, driver::ConnectOptions& options) {
  if (option == "mode") {
    if (std::find(modes.begin(), modes.end(), value) == modes.end())
      throw ConfigError("sqlite URL: mode must be one of " + quote_list(modes) + ", not " + quote(value) +
                        did_you_mean(value, modes));
    options.keywords.emplace_back(option, std::move(value));
  } else if (option == "untrusted") {
    if (value != "on" && value != "off")
      throw ConfigError("sqlite URL: option 'untrusted' must be 'on' or 'off', not " + quote(value));
    options.keywords.emplace_back(option, std::move(value));
  } else if (option == "statement_cache") {
    options.statement_cache = number(option, value);
  } else if (option == "statement_timeout_ms") {
    options.statement_timeout = std::chrono::milliseconds(number(option, value));
  } else if (is_pragma(option)) {
    check_pragma(option, value);
    options.pragmas.emplace_back(option, std::move(value));
  } else {
    std::vector<std::string_view> known = pragma_names();
    known.insert(known.end(), own_options.begin(), own_options.end());
    throw ConfigError("sqlite URL: unknown option " + quote(option) + did_you_mean(option, known));
  }
}

// What stands between the scheme and the question mark.
std::string path_of(std::string_view place) {
  if (place.starts_with("//")) {
    if (!place.starts_with("///"))
      throw ConfigError(
          "sqlite URL: no host can be named; write 'sqlite:file.db' for a relative path or 'sqlite:///file.db' for an "
          "absolute one");
    place.remove_prefix(2);
  }
  std::string path = unescaped(place);
  if (path.empty()) throw ConfigError("sqlite URL: the path is missing; write 'sqlite:file.db' or 'sqlite::memory:'");
  return path;
}

}  // namespace

driver::ConnectOptions parse_url(std::string_view url) {
  constexpr std::string_view scheme = "sqlite:";
  if (!url.starts_with(scheme)) throw ConfigError("a sqlite URL begins with 'sqlite:'");
  url.remove_prefix(scheme.size());
  driver::ConnectOptions options;
  options.scheme = "sqlite";
  const std::size_t question = std::min(url.find('?'), url.size());
  options.keywords.emplace_back("path", path_of(url.substr(0, question)));
  std::string_view rest = url.substr(std::min(question + 1, url.size()));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos)
      throw ConfigError("sqlite URL: option " + quote(pair) + " has no value; write 'option=value'");
    const std::string option = unescaped(pair.substr(0, equals));
    const bool twice = options.find(option) != nullptr || std::any_of(options.pragmas.begin(), options.pragmas.end(),
                                                                      [&](const auto& p) { return p.first == option; });
    if (twice) throw ConfigError("sqlite URL: option " + quote(option) + " is given twice");
    add_option(option, unescaped(pair.substr(equals + 1)), options);
  }
  return options;
}

bool is_memory(const driver::ConnectOptions& options) noexcept {
  const std::string* path = options.find("path");
  const std::string* mode = options.find("mode");
  return (path != nullptr && *path == memory_path) || (mode != nullptr && *mode == "memory");
}

bool is_untrusted(const driver::ConnectOptions& options) noexcept {
  const std::string* untrusted = options.find("untrusted");
  return untrusted != nullptr && *untrusted == "on";
}

}  // namespace dorm::sqlite
