// Database URLs of both drivers.
#include "driver/url.hpp"

#include "dorm/driver.hpp"
#include "dorm/error.hpp"
#include "driver/driver.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

constexpr std::string_view secret = "xyzzy-7Q";
constexpr std::string_view with_secret = "postgresql://u:xyzzy-7Q@";

// Whether the secret stands where a password stands, and nowhere else.
bool has_password(std::string_view url) {
  return url.starts_with(with_secret) && url.find(secret, with_secret.size()) == std::string_view::npos;
}

void keep_secret(std::string_view message, std::string_view url) {
  if (has_password(url)) require(message.find(secret) == std::string_view::npos, "no message repeats a password");
}

void parse(const Driver& driver, std::string_view url) {
  try {
    const driver::ConnectOptions options = driver.parse_url(url);
    for (const auto& list : {options.keywords, options.pragmas}) {
      for (const auto& [keyword, value] : list)
        require(keyword.find('\0') == std::string::npos && value.find('\0') == std::string::npos,
                "a client library gets the text up to its end");
    }
    keep_secret(options.redacted(), url);
    driver.single_connection(options);
  } catch (const ConfigError& error) {
    keep_secret(error.what(), url);
  }
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      "sqlite:social.db",
      "sqlite:///var/lib/social.db?mode=ro&busy_timeout=5000&synchronous=full&statement_cache=7",
      "sqlite::memory:?untrusted=on&statement_timeout_ms=1500&journal_mode=wal&cache_size=-2000",
      "sqlite:a%20b%3F.db?mode=rwc",
      "postgresql://u:xyzzy-7Q@localhost:5433/mydb?sslmode=require",
      "postgresql://u:xyzzy-7Q@[2001:db8::1234],h2:456/d?target_session_attrs=any&connect_timeout=10",
      "postgresql://u:xyzzy-7Q@%2Fvar%2Flib%2Fpostgresql/dbname?options=-csearch_path%3Dx",
      "postgres:///d?host=a,b&port=1,2&prepared_statements=false&statement_cache=7&application_name=me&ssl=true",
  };
}

void run(std::string_view text) {
  try {
    driver::scheme_of(text);
  } catch (const ConfigError& error) {
    keep_secret(error.what(), text);
  }
  for (const char* scheme : {"sqlite", "postgresql"}) parse(*built_in_drivers().get(scheme), text);
}

}  // namespace dorm::fuzz
