// support/cluster.hpp: a PostgreSQL server of this test process's own, made when first asked for.
//
// Thread-safe. The server lives in a temporary directory, listens on a unix socket there and nowhere else, and never
// outlives the process: a keeper process stops it and removes the directory as soon as the test process is gone,
// however it went. Its time zone and date style are unusual on purpose: nothing may depend on them. DORM_TEST_PG_URL
// names a server to use instead, by a superuser of it.
#pragma once

#include <string>

namespace dorm::test {

// The URL of a database where the tests may do as they like. Throws std::runtime_error saying what is missing.
const std::string& cluster_url();

// Stops the server, if this process has started one. Called at exit.
void stop_cluster() noexcept;

}  // namespace dorm::test
