#include "dorm/version.hpp"

namespace dorm {
std::string_view version() noexcept { return DORM_VERSION; }
}  // namespace dorm
