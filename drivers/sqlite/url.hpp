// sqlite/url.hpp: where a SQLite database is, as a URL.
//
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "driver/driver.hpp"

namespace dorm::sqlite {

// sqlite:relative.db, sqlite:///absolute.db, sqlite::memory:, each with ?option=value&…: mode (ro, rw, rwc, memory),
// statement_cache, statement_timeout_ms and the pragmas of pragmas.hpp. Escapes as %20. Throws ConfigError.
//
// The options have the keywords "path" and "mode".
driver::ConnectOptions parse_url(std::string_view url);

bool is_memory(const driver::ConnectOptions& options) noexcept;

}  // namespace dorm::sqlite
