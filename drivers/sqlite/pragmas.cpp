#include "sqlite/pragmas.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "sqlite/url.hpp"

namespace dorm::sqlite {
namespace {

constexpr std::array<std::string_view, 8> switches{"on", "off", "true", "false", "yes", "no", "1", "0"};
// OFF is missing: without a journal a failed statement damages the file.
constexpr std::array<std::string_view, 5> journals{"delete", "truncate", "persist", "memory", "wal"};
constexpr std::array<std::string_view, 8> synchronous{"off", "normal", "full", "extra", "0", "1", "2", "3"};
constexpr std::array<std::string_view, 6> temp_stores{"default", "file", "memory", "0", "1", "2"};
constexpr std::array<std::string_view, 6> vacuums{"none", "full", "incremental", "0", "1", "2"};
constexpr std::array<std::string_view, 2> lockings{"normal", "exclusive"};
constexpr std::array<std::string_view, 5> secure_deletes{"on", "off", "fast", "1", "0"};

struct Setting {
  std::string_view name;
  std::span<const std::string_view> words;  // none: a whole number
  std::int64_t least = 0;
  std::int64_t most = 0;
};

constexpr std::int64_t int_max = 2'147'483'647;

// In the order in which they take effect: the page size is fixed once a journal exists.
constexpr std::array settings{
    Setting{"page_size", {}, 512, 65'536},
    Setting{"auto_vacuum", vacuums},
    Setting{"locking_mode", lockings},
    Setting{"journal_mode", journals},
    Setting{"synchronous", synchronous},
    Setting{"foreign_keys", switches},
    Setting{"busy_timeout", {}, 0, int_max},
    Setting{"cache_size", {}, -int_max, int_max},
    Setting{"cache_spill", switches},
    Setting{"mmap_size", {}, 0, std::int64_t{1} << 46U},
    Setting{"temp_store", temp_stores},
    Setting{"wal_autocheckpoint", {}, 0, int_max},
    Setting{"journal_size_limit", {}, -1, std::int64_t{1} << 46U},
    Setting{"max_page_count", {}, 1, 4'294'967'294},
    Setting{"secure_delete", secure_deletes},
    Setting{"recursive_triggers", switches},
    Setting{"automatic_index", switches},
    Setting{"cell_size_check", switches},
    Setting{"query_only", switches},
    Setting{"analysis_limit", {}, 0, int_max},
    Setting{"threads", {}, 0, 64},
};

const Setting* find_setting(std::string_view name) noexcept {
  const auto* it =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& setting) { return setting.name == name; });
  return it == settings.end() ? nullptr : it;
}

const std::string* find_value(const driver::ConnectOptions& options, std::string_view name) {
  // The configuration comes after the URL.
  const auto it = std::find_if(options.pragmas.rbegin(), options.pragmas.rend(),
                               [&](const auto& pair) { return pair.first == name; });
  return it == options.pragmas.rend() ? nullptr : &it->second;
}

std::string_view default_value(std::string_view name, const driver::ConnectOptions& options) {
  const std::string* mode = options.find("mode");
  const bool writable = mode == nullptr || *mode != "ro";
  if (name == "journal_mode") return !is_memory(options) && writable ? "wal" : "";
  if (name == "synchronous") return "full";
  if (name == "foreign_keys") return "on";
  if (name == "cell_size_check" && is_untrusted(options)) return "on";
  return "";
}

}  // namespace

bool is_pragma(std::string_view name) noexcept { return find_setting(name) != nullptr; }

std::vector<std::string_view> pragma_names() {
  std::vector<std::string_view> names;
  names.reserve(settings.size());
  for (const Setting& setting : settings) names.push_back(setting.name);
  return names;
}

void check_pragma(std::string_view name, std::string_view value) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr)
    throw ConfigError("sqlite: unknown pragma " + quote(name) + did_you_mean(name, pragma_names()));
  if (!setting->words.empty()) {
    const bool known = std::any_of(setting->words.begin(), setting->words.end(),
                                   [&](std::string_view word) { return equal_ignoring_case(word, value); });
    if (known) return;
    throw ConfigError("sqlite: pragma " + quote(name) + " must be one of " + quote_list(setting->words) + ", not " +
                      quote(value) + did_you_mean(value, setting->words));
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= setting->least && number <= setting->most)
    return;
  throw ConfigError("sqlite: pragma " + quote(name) + " must be a whole number from " + std::to_string(setting->least) +
                    " to " + std::to_string(setting->most) + ", not " + quote(value));
}

std::chrono::milliseconds busy_timeout(const driver::ConnectOptions& options) {
  const std::string* value = find_value(options, "busy_timeout");
  if (value == nullptr) return std::chrono::milliseconds(5000);
  check_pragma("busy_timeout", *value);
  return std::chrono::milliseconds(std::stoll(*value));
}

std::vector<Pragma> pragmas_for(const driver::ConnectOptions& options) {
  for (const auto& [name, value] : options.pragmas) check_pragma(name, value);
  std::vector<Pragma> result;
  for (const Setting& setting : settings) {
    if (setting.name == "busy_timeout") continue;
    const std::string* chosen = find_value(options, setting.name);
    const std::string_view value = chosen != nullptr ? std::string_view(*chosen) : default_value(setting.name, options);
    if (!value.empty()) result.push_back({std::string(setting.name), std::string(value)});
  }
  return result;
}

}  // namespace dorm::sqlite
