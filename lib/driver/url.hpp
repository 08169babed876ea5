// driver/url.hpp: which driver a database URL asks for.
//
// Pure function, thread-safe. Everything after the scheme is the driver's to read.
#pragma once

#include <string_view>

namespace dorm::driver {

// "sqlite" of "sqlite:social.db". Throws ConfigError, without repeating the text, if there is none.
std::string_view scheme_of(std::string_view url);

}  // namespace dorm::driver
