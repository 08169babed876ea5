// postgres/url.hpp: a connection URL as libpq defines it, read by dorm so that no message repeats a secret.
//
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "driver/driver.hpp"

namespace dorm::postgres {

// postgresql://user:password@host:port,host:port/database?keyword=value, everything but the scheme optional. The
// keywords are libpq's and prepared_statements, statement_cache, statement_timeout_ms. Throws ConfigError.
driver::ConnectOptions parse_url(std::string_view url);

}  // namespace dorm::postgres
