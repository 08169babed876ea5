// dorm/postgres.hpp: the PostgreSQL driver, for programs that make their own list of drivers.
//
// Immutable: share freely. dorm::dorm has it built in; this header is for programs that link dorm::postgres by itself.
#pragma once

#include <memory>

#include "dorm/detail/export.hpp"

namespace dorm {
class Driver;
}

namespace dorm::postgres {

// Answers to postgresql: and postgres: URLs, read as libpq reads them.
DORM_EXPORT std::shared_ptr<const Driver> driver();

}  // namespace dorm::postgres
