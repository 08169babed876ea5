#include "core/regex.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace dorm {
namespace {

constexpr std::array<std::string_view, 12> class_names{"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                                       "lower", "print", "punct", "space", "upper", "xdigit"};
// RE2's \s leaves the vertical tab out.
constexpr std::string_view spaces = "\\t\\n\\v\\f\\r ";

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }
char other_case(char c) { return static_cast<char>(c ^ 0x20); }

// Reads a pattern from left to right and writes what it means to RE2; stops at what not all read alike.
class Reader {
 public:
  Reader(std::string_view pattern, bool fold) : text_(pattern), fold_(fold) {}

  void run() {
    alternatives(0);
    if (!problem_ && at_ < text_.size()) refuse("a ) that closes nothing");
  }

  std::optional<std::string> take_problem() { return std::move(problem_); }
  std::string take_text() { return std::move(out_); }

 private:
  static constexpr int deepest = 50;

  bool has(std::size_t ahead = 0) const { return at_ + ahead < text_.size(); }
  char peek(std::size_t ahead = 0) const { return has(ahead) ? text_[at_ + ahead] : '\0'; }
  void refuse(std::string what) {
    if (!problem_) problem_ = std::move(what) + " at " + std::to_string(at_ + 1);
  }

  void alternatives(int depth) {
    if (depth > deepest) return refuse("too many groups in each other");
    while (!problem_ && has()) {
      const char c = peek();
      if (c == ')') return;
      if (c == '|') {
        out_ += text_[at_++];
      } else {
        piece(depth);
      }
    }
  }

  void piece(int depth) {
    const char c = peek();
    bool repeats = true;
    if (c == '(') {
      group(depth);
    } else if (c == '[') {
      bracket();
    } else if (c == '\\') {
      escape();
    } else if (c == '*' || c == '+' || c == '?') {
      return refuse("a repetition of nothing");
    } else if (c == '{') {
      return refuse("a { that repeats nothing; write \\{ for the character");
    } else if (c == '^' || c == '$') {
      out_ += c;
      ++at_;
      repeats = false;
    } else if (c == '\0') {
      return refuse("a zero byte");
    } else {
      literal(c);
      ++at_;
      // The rest of a character of several bytes.
      while (has() && (static_cast<unsigned char>(peek()) & 0xC0U) == 0x80U) out_ += text_[at_++];
    }
    if (!problem_) repetition(repeats);
  }

  void literal(char c) {
    if (fold_ && is_ascii_letter(c)) {
      out_.append({'[', c, other_case(c), ']'});
    } else {
      out_ += c;
    }
  }

  void group(int depth) {
    if (peek(1) == '?' && peek(2) != ':') return refuse("a look-around, a flag or a name");
    const std::size_t head = peek(1) == '?' ? 3 : 1;
    out_.append(text_.substr(at_, head));
    at_ += head;
    alternatives(depth + 1);
    if (problem_) return;
    if (peek() != ')' || !has()) return refuse("a ( that is not closed");
    out_ += ')';
    ++at_;
  }

  void escape() {
    if (!has(1)) return refuse("a lone backslash at the end");
    const char c = peek(1);
    if ((static_cast<unsigned char>(c) & 0x80U) != 0) {
      ++at_;  // a letter of another alphabet stands for itself
      return;
    }
    constexpr std::string_view known = "sSdDwWntrfv";
    if ((is_ascii_letter(c) || is_decimal_digit(c)) && known.find(c) == std::string_view::npos)
      return refuse("the escape \\" + std::string(1, c));
    if (c == 's' || c == 'S') {
      out_ += c == 's' ? "[" : "[^";
      out_.append(spaces).append("]");
    } else {
      out_.append({'\\', c});
    }
    at_ += 2;
  }

  void repetition(bool may_repeat) {
    const char c = peek();
    if (!has() || (c != '*' && c != '+' && c != '?' && c != '{')) return;
    if (!may_repeat) return refuse("a repetition of a ^ or a $");
    if (c == '{') {
      if (!bounds()) return refuse("a { that is no number of repetitions up to 255; write \\{ for the character");
    } else {
      out_ += c;
      ++at_;
    }
    if (peek() == '?' && has()) out_ += text_[at_++];
    const char next = peek();
    if (has() && (next == '*' || next == '+' || next == '?' || next == '{')) refuse("a repetition of a repetition");
  }

  // {m}, {m,}, {m,n}
  bool bounds() {
    std::size_t i = 1;
    const auto number = [&](unsigned& value) {
      const std::size_t first = i;
      for (value = 0; is_decimal_digit(peek(i)) && i < first + 4; ++i)
        value = value * 10 + static_cast<unsigned>(peek(i) - '0');
      return i != first && value <= 255;
    };
    unsigned low = 0;
    unsigned high = 0;
    if (!number(low)) return false;
    high = low;
    if (peek(i) == ',') {
      ++i;
      if (peek(i) != '}' && !number(high)) return false;
    }
    if (peek(i) != '}' || high < low) return false;
    out_.append(text_.substr(at_, i + 1));
    at_ += i + 1;
    return true;
  }

  // ---- [ ] ----

  void bracket() {
    out_ += text_[at_++];
    if (peek() == '^' && has()) out_ += text_[at_++];
    for (bool first = true; !problem_; first = false) {
      if (!has()) return refuse("a [ that is not closed");
      if (peek() == ']' && !first) break;
      bracket_item(first);
    }
    if (problem_) return;
    out_ += ']';
    ++at_;
  }

  void bracket_item(bool first) {
    const char c = peek();
    if (c == '[' && (peek(1) == ':' || peek(1) == '.' || peek(1) == '=')) return named_class();
    if (c == '\\' && is_ascii_letter(peek(1))) {
      constexpr std::string_view classes = "dw";
      constexpr std::string_view characters = "ntrfv";
      if (peek(1) == 's') {
        out_.append(spaces);
      } else if (classes.find(peek(1)) != std::string_view::npos ||
                 characters.find(peek(1)) != std::string_view::npos) {
        out_.append({'\\', peek(1)});
      } else {
        return refuse("the escape \\" + std::string(1, peek(1)) + " in a [ ]");
      }
      at_ += 2;
      if (peek() == '-' && peek(1) != ']') refuse("a range from a class");
      return;
    }
    const std::string low = bracket_character(first);
    if (problem_) return;
    if (peek() != '-' || peek(1) == ']' || !has(1)) return put_range(low, low);
    ++at_;
    if (peek() == '[' || (peek() == '\\' && (is_ascii_letter(peek(1)) || is_decimal_digit(peek(1)))))
      return refuse("a range to a class");
    const std::string high = bracket_character(false);
    if (!problem_ && high < low) return refuse("a range that goes backwards");  // UTF-8 sorts as its characters do
    if (!problem_) put_range(low, high);
  }

  // One character, its backslash taken off.
  std::string bracket_character(bool first) {
    if (peek() == '\\') {
      if (!has(1) || is_ascii_letter(peek(1)) || is_decimal_digit(peek(1))) {
        refuse("an escape in a [ ]");
        return {};
      }
      ++at_;
    } else if (peek() == '-' && !first && peek(1) != ']') {
      refuse("a - in the middle of a [ ]; write it last, or as \\-");
      return {};
    } else if (peek() == '\0') {
      refuse("a zero byte");
      return {};
    }
    std::string character(1, text_[at_++]);
    while (has() && (static_cast<unsigned char>(peek()) & 0xC0U) == 0x80U) character += text_[at_++];
    return character;
  }

  void put_character(const std::string& character) {
    constexpr std::string_view special = "\\]^-[";
    if (character.size() == 1 && special.find(character.front()) != std::string_view::npos) out_ += '\\';
    out_ += character;
  }

  void put_range(const std::string& low, const std::string& high) {
    put_character(low);
    if (low != high) {
      out_ += '-';
      put_character(high);
    }
    if (!fold_ || low.size() != 1) return;
    const char last = high.size() == 1 ? high.front() : '\x7f';
    for (const char begin : {'a', 'A'}) {
      const char from = std::max(low.front(), begin);
      const char to = std::min(last, static_cast<char>(begin + 25));
      if (from <= to) out_.append({other_case(from), '-', other_case(to)});
    }
  }

  void named_class() {
    const std::size_t end = text_.find(":]", at_ + 2);
    const std::string_view name =
        peek(1) != ':' || end == std::string_view::npos ? std::string_view() : text_.substr(at_ + 2, end - at_ - 2);
    if (std::find(class_names.begin(), class_names.end(), name) == class_names.end())
      return refuse("a class that is none of those of POSIX");
    if (fold_ && (name == "lower" || name == "upper")) {
      out_ += "[:alpha:]";
    } else {
      out_.append("[:").append(name).append(":]");
    }
    at_ = end + 2;
    if (peek() == '-' && peek(1) != ']') refuse("a range from a class");
  }

  std::string_view text_;
  bool fold_;
  std::size_t at_ = 0;
  std::string out_;
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> regex_problem(std::string_view pattern, bool fold) {
  Reader reader(pattern, fold);
  reader.run();
  return reader.take_problem();
}

std::string to_re2(std::string_view pattern, bool fold) {
  Reader reader(pattern, fold);
  reader.run();
  return reader.take_text();
}

}  // namespace dorm
