#include "core/json_text.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace dorm::json {

void append_quoted(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::size_t bad = find_invalid_utf8(text);
    for (const char c : text.substr(0, bad)) {
      switch (c) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default: {
          const auto byte = static_cast<unsigned char>(c);
          if (byte >= 0x20 && byte != 0x7F) {
            out += c;
            break;
          }
          out += "\\u00";
          out += digits[byte >> 4U];
          out += digits[byte & 0xFU];
        }
      }
    }
    if (bad == std::string_view::npos) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(bad + 1);
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

bool is_json(std::string_view text) noexcept {
  try {
    return nlohmann::json::accept(text.begin(), text.end());
  } catch (...) {
    return false;
  }
}

}  // namespace dorm::json
