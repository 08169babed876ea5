# cmake -DOUTPUT=… -DROOT=… -DFILES=a;b -P embed.cmake: a C++ file that holds the texts of FILES, named relative to ROOT.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ "${file}" text)
  file(RELATIVE_PATH name "${ROOT}" "${file}")
  string(APPEND entries "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Generated.
#include \"cli/embedded.hpp\"

namespace dorm::cli {

std::span<const EmbeddedFile> embedded_files() {
  static constexpr EmbeddedFile files[] = {
${entries}  };
  return files;
}

}  // namespace dorm::cli
")
