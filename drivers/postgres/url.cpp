#include "postgres/url.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"

namespace dorm::postgres {
namespace {

constexpr std::array<std::string_view, 3> own_options = {"prepared_statements", "statement_cache",
                                                         "statement_timeout_ms"};

// Never shows what it could not read: a password with an unencoded '/' or '@' ends up in any part.
[[noreturn]] void refuse(const std::string& what) { throw ConfigError("postgresql url: " + what); }

const std::vector<std::string>& libpq_keywords() {
  static const std::vector<std::string> keywords = [] {
    std::vector<std::string> names;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconndefaults(), PQconninfoFree);
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
      names.emplace_back(option->keyword);
    }
    return names;
  }();
  return keywords;
}

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, const std::string& part) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : -1;
    if (high < 0 || low < 0) refuse("bad percent-encoding in the " + part + "; write '%' itself as '%25'");
    const char c = static_cast<char>(high * 16 + low);
    if (c == '\0') refuse("a zero byte in the " + part);
    result += c;
    i += 2;
  }
  if (result.find('\0') != std::string::npos) refuse("a zero byte in the " + part);
  if (!is_utf8(result)) refuse("the " + part + " is not valid utf-8");
  return result;
}

void check_port(std::string_view port) {
  if (port.empty()) return;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0 || number > 65'535) {
    refuse(
        "a port is not a number from 1 to 65535; if it is part of a password, percent-encode ':', '/' and '@' there");
  }
}

class Parser {
 public:
  explicit Parser(std::string_view url) : rest_(url) {}

  driver::ConnectOptions parse() {
    scheme();
    credentials();
    hosts();
    if (take('/')) database();
    if (take('?')) parameters();
    return std::move(options_);
  }

 private:
  std::string_view until(std::string_view stops) {
    const std::size_t length = std::min(rest_.find_first_of(stops), rest_.size());
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return text;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Empty means not given; the last one wins.
  void set(std::string_view keyword, std::string value) {
    if (value.empty()) return;
    for (auto& [known, old] : options_.keywords) {
      if (known == keyword) {
        old = std::move(value);
        return;
      }
    }
    options_.keywords.emplace_back(keyword, std::move(value));
  }

  void scheme() {
    for (const std::string_view scheme : {"postgresql:", "postgres:"}) {
      if (!rest_.starts_with(scheme)) continue;
      rest_.remove_prefix(scheme.size());
      if (!rest_.starts_with("//")) refuse("'//' is missing after the scheme, as in 'postgresql://user@host/database'");
      rest_.remove_prefix(2);
      options_.scheme = "postgresql";
      return;
    }
    refuse("it must begin with 'postgresql://'");
  }

  void credentials() {
    const std::size_t at = rest_.find_first_of("@/?");
    if (at == std::string_view::npos || rest_[at] != '@') return;
    set("user", decoded(until(":@"), "user name"));
    if (take(':')) set("password", decoded(until("@"), "password"));
    take('@');
  }

  void hosts() {
    std::string hosts;
    std::string ports;
    bool any_port = false;
    for (bool first = true; first || take(','); first = false) {
      if (!first) {
        hosts += ',';
        ports += ',';
      }
      hosts += host();
      if (!take(':')) continue;
      const std::string port = decoded(until(",/?"), "port");
      check_port(port);
      any_port |= !port.empty();
      ports += port;
    }
    if (!rest_.empty() && rest_.front() != '/' && rest_.front() != '?') refuse("something unexpected behind the host");
    if (hosts.find_first_not_of(',') != std::string::npos) set("host", std::move(hosts));
    if (any_port) set("port", std::move(ports));
  }

  void database() {
    const std::string_view name = until("?");
    // Most likely the rest of a password with a '/' in it, and then the host is not the host.
    if (name.find('@') != std::string_view::npos) {
      refuse("an '@' in the database name; percent-encode it, and every '/' and '@' of a password");
    }
    set("dbname", decoded(name, "database name"));
  }

  std::string host() {
    if (!take('[')) return decoded(until(":,/?"), "host");
    const std::string_view address = until("]");
    if (!take(']')) refuse("']' is missing behind an IPv6 address");
    if (address.empty()) refuse("an IPv6 address is empty");
    return decoded(address, "host");
  }

  void parameters() {
    do {
      const std::string_view pair = until("&");
      if (pair.empty()) continue;
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos) refuse("an option has no value; write 'option=value'");
      parameter(decoded(pair.substr(0, equals), "name of an option"), pair.substr(equals + 1));
    } while (take('&'));
  }

  void parameter(const std::string& name, std::string_view encoded) {
    if (own_option(name, encoded)) return;
    std::vector<std::string> known = libpq_keywords();
    // JDBC's spelling, which libpq takes, too.
    if (name == "ssl" && encoded == "true") return set("sslmode", "require");
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      known.insert(known.end(), own_options.begin(), own_options.end());
      refuse("unknown option " + quote(name) + did_you_mean(name, known));
    }
    std::string value = decoded(encoded, "value of option '" + name + "'");
    if (name == "client_encoding" && !equal_ignoring_case(value, "utf8") && !equal_ignoring_case(value, "utf-8")) {
      refuse("client_encoding must be utf8");
    }
    if (name == "port") {
      for (std::size_t begin = 0; begin <= value.size();) {
        const std::size_t comma = std::min(value.find(',', begin), value.size());
        check_port(std::string_view(value).substr(begin, comma - begin));
        begin = comma + 1;
      }
    }
    set(name, std::move(value));
  }

  // Those of dorm, spelt as in a configuration file.
  bool own_option(std::string_view name, std::string_view value) {
    if (name == "prepared_statements") {
      if (value != "true" && value != "false") refuse("prepared_statements must be true or false");
      options_.prepared_statements = value == "true";
    } else if (name == "statement_cache") {
      options_.statement_cache = number(name, value);
    } else if (name == "statement_timeout_ms") {
      options_.statement_timeout = std::chrono::milliseconds(number(name, value));
    } else {
      return false;
    }
    return true;
  }

  static std::uint32_t number(std::string_view name, std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) refuse(std::string(name) + " must be a whole number");
    return value;
  }

  std::string_view rest_;
  driver::ConnectOptions options_;
};

}  // namespace

driver::ConnectOptions parse_url(std::string_view url) { return Parser(url).parse(); }

}  // namespace dorm::postgres
