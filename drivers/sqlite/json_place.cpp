#include "sqlite/json_place.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dorm::sqlite {
namespace {

struct Malformed {};

bool is_name(std::string_view spelled, std::string_view wanted) {
  if (spelled.find('\\') == std::string_view::npos) return spelled == wanted;
  const nlohmann::json name = nlohmann::json::parse('"' + std::string(spelled) + '"', nullptr, false);
  return name.is_string() && name.get_ref<const std::string&>() == wanted;
}

// Reads as little as it takes to find where each value ends.
class PlaceReader {
 public:
  explicit PlaceReader(std::string_view text) : text_(text) { skip_blanks(); }

  // The value at the start of the text, without what follows.
  std::string_view whole() { return value(); }

  std::optional<std::string_view> member(std::string_view wanted) {
    if (peek() != '{') return std::nullopt;
    std::optional<std::string_view> found;
    each('}', [&] {
      const std::string_view name = quoted();
      skip_blanks();
      take(':');
      skip_blanks();
      const std::string_view value = this->value();
      if (is_name(name.substr(1, name.size() - 2), wanted)) found = value;
    });
    return found;
  }

  std::optional<std::string_view> element(std::int64_t place) {
    if (peek() != '[') return std::nullopt;
    std::vector<std::string_view> elements;
    each(']', [&] { elements.push_back(value()); });
    const auto count = static_cast<std::int64_t>(elements.size());
    if (place < 0) place += count;
    if (place < 0 || place >= count) return std::nullopt;
    return elements[static_cast<std::size_t>(place)];
  }

 private:
  char peek() const {
    if (at_ >= text_.size()) throw Malformed();
    return text_[at_];
  }

  void take(char wanted) {
    if (peek() != wanted) throw Malformed();
    ++at_;
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  // What stands in an object or an array, whose first sign is next.
  template <class Read>
  void each(char end, const Read& read) {
    ++at_;
    skip_blanks();
    if (peek() == end) return;
    for (;;) {
      read();
      skip_blanks();
      if (peek() == end) return;
      take(',');
      skip_blanks();
    }
  }

  std::string_view quoted() {
    const std::size_t begin = at_;
    take('"');
    while (peek() != '"') at_ += peek() == '\\' ? 2U : 1U;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // Nested ones are passed over by counting what opens and closes: no recursion, however deep they are.
  std::string_view value() {
    const std::size_t begin = at_;
    std::size_t open = 0;
    do {
      const char c = peek();
      if (c == '"') {
        quoted();
        continue;
      }
      if (c == '{' || c == '[') {
        ++open;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (open == 0) throw Malformed();
        --open;
        ++at_;
      } else if (open != 0) {
        ++at_;
      } else {
        plain();
      }
    } while (open != 0);
    return text_.substr(begin, at_ - begin);
  }

  // A number, true, false or null.
  void plain() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(",]}: \t\n\r\"", at_), text_.size());
    if (at_ == begin) throw Malformed();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<JsonPlaceStep>> json_place_steps(std::string_view path) {
  const nlohmann::json read = nlohmann::json::parse(path, nullptr, false);
  if (!read.is_array()) return std::nullopt;
  std::vector<JsonPlaceStep> steps;
  for (const nlohmann::json& item : read) {
    if (item.is_string()) {
      steps.push_back({false, 0, item.get<std::string>()});
    } else if (item.is_number_integer()) {
      steps.push_back({true, item.get<std::int64_t>(), {}});
    } else {
      return std::nullopt;
    }
  }
  return steps;
}

JsonPlace json_place(std::string_view document, const std::vector<JsonPlaceStep>& steps) {
  try {
    std::string_view here = PlaceReader(document).whole();
    for (const JsonPlaceStep& step : steps) {
      PlaceReader reader(here);
      const std::optional<std::string_view> next =
          step.is_element ? reader.element(step.element) : reader.member(step.member);
      if (!next) return {};
      here = *next;
    }
    return {false, here};
  } catch (const Malformed&) {
    return {true, std::nullopt};
  }
}

}  // namespace dorm::sqlite
