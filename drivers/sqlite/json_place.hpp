// sqlite/json_place.hpp: what stands at a path in a json text, as the piece of the text that it is.
//
// SQLite's own paths compare a name letter by letter with what stands between the quotes of the document, so they miss
// one that is spelled with escapes there, and cannot say one with a quote in it. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dorm::sqlite {

struct JsonPlaceStep {
  bool is_element = false;
  std::int64_t element = 0;  // negative: from the end
  std::string member;
};

// A path as a json array of names and numbers: ["say \"hi\"",0]. Nothing if it is none.
std::optional<std::vector<JsonPlaceStep>> json_place_steps(std::string_view path);

struct JsonPlace {
  bool is_malformed = false;  // the document, as far as it had to be read
  std::optional<std::string_view> found;
};
// Of members of one name the last one counts, as in PostgreSQL's jsonb.
JsonPlace json_place(std::string_view document, const std::vector<JsonPlaceStep>& steps);

}  // namespace dorm::sqlite
