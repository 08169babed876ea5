#include "migrate/names.hpp"

#include "core/sha256.hpp"
#include "core/text.hpp"

namespace dorm::migrate {
namespace {

constexpr std::size_t max_bytes = 63;
constexpr std::size_t hash_digits = 8;

// Never through the middle of a code point.
std::string_view cut(std::string_view text, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::string derived_name(std::string_view table, const std::vector<std::string>& columns, std::string_view ending) {
  std::string name(table);
  for (const std::string& column : columns) name.append("_").append(column);
  const std::string tail = "_" + std::string(ending);
  if (name.size() + tail.size() <= max_bytes) return name + tail;
  const std::string hash = "_" + sha256_hex(name).substr(0, hash_digits);
  return std::string(cut(name, max_bytes - hash.size() - tail.size())) + hash + tail;
}

std::string enum_type_name(const EnumInfo& enumeration) { return snake_case(enumeration.name); }

}  // namespace dorm::migrate
