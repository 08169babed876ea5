// core/sha256.hpp: SHA-256 (FIPS 180-4), for fingerprints of schemas and plans. Not meant for secrets.
#pragma once

#include <string>
#include <string_view>

namespace dorm {

std::string sha256_hex(std::string_view text);  // 64 lower-case digits

}  // namespace dorm
