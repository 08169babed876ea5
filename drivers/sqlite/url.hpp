// sqlite/url.hpp: where a SQLite database is, as a URL.
//
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "driver/driver.hpp"

namespace dorm::sqlite {

// sqlite:relative.db, sqlite:///absolute.db, sqlite::memory:, each with ?option=value&…: mode (ro, rw, rwc, memory),
// statement_cache, statement_timeout_ms, untrusted (on, off) and the pragmas of pragmas.hpp. Escapes as %20. Throws
// ConfigError.
//
// untrusted=on is for files that somebody else made: their views and triggers do not run, nothing can be attached, and
// values and statements have tighter limits. The options have the keywords "path", "mode" and "untrusted".
driver::ConnectOptions parse_url(std::string_view url);

bool is_memory(const driver::ConnectOptions& options) noexcept;
bool is_untrusted(const driver::ConnectOptions& options) noexcept;

}  // namespace dorm::sqlite
