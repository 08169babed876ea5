// cli/embedded.hpp: files of the source tree that the program carries with it; the build generates their text.
//
// Immutable: share freely.
#pragma once

#include <span>
#include <string_view>

namespace dorm::cli {

struct EmbeddedFile {
  std::string_view name;  // relative to the source tree: "schemas/social/user.json"
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace dorm::cli
