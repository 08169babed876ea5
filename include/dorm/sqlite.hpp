// dorm/sqlite.hpp: the SQLite driver, for programs that make their own list of drivers.
#pragma once

#include <memory>

#include "dorm/detail/export.hpp"

namespace dorm {

class Driver;  // lib/driver/driver.hpp

namespace sqlite {

DORM_EXPORT std::shared_ptr<const Driver> driver();  // Thread-safe

}  // namespace sqlite
}  // namespace dorm
