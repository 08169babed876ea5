// postgres/connect.hpp: opening a session, host after host.
//
// Thread-safe. Looking up a host's name is the one thing the deadline does not bound: the resolver has none.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "driver/driver.hpp"

namespace dorm::postgres {

using Handle = std::unique_ptr<PGconn, void (*)(PGconn*)>;

// `notices` must outlive the handle. Throws ConnectFailed, StatementTimeout past the deadline, ConfigError.
Handle open_connection(const driver::ConnectOptions& options, const driver::NoticeSink& notices,
                       driver::Deadline deadline);

}  // namespace dorm::postgres
