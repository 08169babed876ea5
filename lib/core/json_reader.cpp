#include "core/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/text.hpp"

namespace dorm::json {
namespace {

constexpr std::size_t deepest = 500;          // the reader recurses
constexpr std::size_t most_mistakes = 1'000;  // of one set of files; nobody reads more

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }

}  // namespace

// One pass over one text. A mistake that leaves the rest of the text without meaning ends it by throwing Stop.
class Reader {
 public:
  Reader(Document& document, const ReadOptions& options, std::vector<Diagnostic>& mistakes)
      : document_(document), text_(document.text_), options_(options), mistakes_(mistakes) {}

  const Node* read() {
    const std::size_t before = mistakes_.size();
    try {
      check_text();
      const Node* root = value(nullptr, 1);
      space();
      if (at_ != text_.size()) syntax(at_, "unexpected " + shown(at_) + " after the end of the document", "");
      return mistakes_.size() == before ? root : nullptr;
    } catch (const Stop&) {
      return nullptr;
    }
  }

 private:
  struct Stop {};

  Diagnostic& mistake(std::size_t offset, std::string code, std::string message, std::string help) {
    Diagnostic& diagnostic = mistakes_.emplace_back();
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.where = document_.where(offset);
    diagnostic.excerpt = document_.excerpt(offset);
    diagnostic.help = std::move(help);
    return diagnostic;
  }
  [[noreturn]] void syntax(std::size_t offset, std::string message, std::string help) {
    mistake(offset, "json.syntax", std::move(message), std::move(help));
    throw Stop();
  }

  void check_text() {
    if (text_.size() > options_.max_bytes) {
      mistake(0, "json.size", "the file is larger than " + std::to_string(options_.max_bytes) + " bytes",
              "split it; a schema may consist of any number of files");
      throw Stop();
    }
    const std::size_t bad = find_invalid_utf8(text_);
    if (bad != std::string_view::npos) {
      const bool utf16 = text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF");
      mistake(bad, "json.encoding", "the text is not valid UTF-8",
              utf16 ? "the file is UTF-16; save it as UTF-8" : "save it as UTF-8");
      throw Stop();
    }
    if (text_.starts_with("\xEF\xBB\xBF"))
      syntax(0, "the file starts with a byte order mark", "save it as UTF-8 without one");
  }

  // 'x' for a message, or "end of the text".
  std::string shown(std::size_t at) const {
    if (at >= text_.size()) return "end of the text";
    std::size_t end = at + 1;
    if (is_word(text_[at]) || text_[at] == '-' || text_[at] == '+') {
      while (end < text_.size() && is_word(text_[end])) ++end;
    }
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    return quote(text_.substr(at, end - at));
  }

  void space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (c == '/') {
        comment();
      } else {
        return;
      }
    }
  }

  void comment() {
    const std::size_t start = at_;
    const bool block = text_.substr(at_, 2) == "/*";
    if (!block && text_.substr(at_, 2) != "//") syntax(at_, "unexpected '/'", "");
    if (!options_.comments) {
      syntax(start, "comments are not allowed here", "use the key \"comment\", or name the file .jsonc");
    }
    const std::size_t end = block ? text_.find("*/", at_ + 2) : text_.find('\n', at_);
    if (block && end == std::string_view::npos) syntax(start, "the comment has no end", "close it with */");
    at_ = end == std::string_view::npos ? text_.size() : end + (block ? 2 : 1);
  }

  Node& make(const Node* parent, NodeKind kind) {
    Node& node = document_.nodes_.emplace_back();
    node.kind_ = kind;
    node.offset_ = at_;
    node.name_offset_ = at_;
    node.parent_ = parent;
    node.document_ = &document_;
    if (parent == nullptr) return node;
    // Named before anything inside it is read: a mistake there needs the whole pointer.
    node.index_ = static_cast<std::uint32_t>(parent->items_.size());
    if (!parent->is(NodeKind::object)) return node;
    node.name_ = std::move(name_);
    node.name_offset_ = name_offset_;
    return node;
  }

  Node* value(const Node* parent, std::size_t depth) {
    space();
    if (at_ >= text_.size()) syntax(at_, "the text ends where a value is due", "");
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      if (depth > std::min(options_.max_depth, deepest)) {
        mistake(at_, "json.depth",
                "nested deeper than " + std::to_string(std::min(options_.max_depth, deepest)) + " levels", "");
        throw Stop();
      }
      return c == '{' ? object(parent, depth) : array(parent, depth);
    }
    if (c == '"') {
      Node& node = make(parent, NodeKind::string);
      node.text_ = string();
      return &node;
    }
    if (c == '-' || is_digit(c)) return number(parent);
    return word(parent);
  }

  Node* word(const Node* parent) {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (name == "true" || name == "false" || name == "null") {
      Node& node = make(parent, name == "null" ? NodeKind::null : NodeKind::boolean);
      node.integer_ = name == "true" ? 1 : 0;
      at_ = end;
      return &node;
    }
    std::string help;
    const std::string folded = lower_case(name);
    if (folded == "true" || folded == "false" || folded == "null") {
      help = "write " + folded;
    } else if (folded == "none" || folded == "nil" || folded == "undefined") {
      help = "write null";
    } else if (folded == "nan" || folded == "inf" || folded == "infinity") {
      help = "JSON has no such number";
    } else if (text_[at_] == '\'') {
      help = "strings stand in double quotes";
    } else if (!name.empty()) {
      help = "text stands in double quotes";
    }
    syntax(at_, "unexpected " + shown(at_) + " where a value is due", std::move(help));
  }

  Node* number(const Node* parent) {
    Node& node = make(parent, NodeKind::integer);
    const std::size_t start = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      return at_ - first;
    };
    const auto wrong = [&] { syntax(start, shown(start) + " is not a number of JSON", ""); };
    if (text_[at_] == '-') ++at_;
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    const std::size_t before = digits();
    if (before == 0) wrong();
    if (zero && before > 1)
      syntax(start, shown(start) + " starts with a zero", "leave the leading zeros out, or quote it");
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      node.kind_ = NodeKind::real;
      if (digits() == 0) wrong();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      node.kind_ = NodeKind::real;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (digits() == 0) wrong();
    }
    if (at_ < text_.size() && is_word(text_[at_])) wrong();
    node.text_ = text_.substr(start, at_ - start);
    const char* first = node.text_.data();
    const char* last = first + node.text_.size();
    bool fits = std::from_chars(first, last, node.real_).ec == std::errc();
    if (node.kind_ == NodeKind::integer) fits = std::from_chars(first, last, node.integer_).ec == std::errc();
    if (!fits)
      syntax(start, "number " + shown(start) + " does not fit into 64 bits",
             "write a large decimal number as a string");
    return &node;
  }

  std::string string() {
    const std::size_t start = at_++;
    std::string result;
    for (;;) {
      const std::size_t run = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      result += text_.substr(run, at_ - run);
      if (at_ >= text_.size()) syntax(start, "the string has no end", "close it with a double quote");
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return result;
      }
      if (c == '\\') {
        escape(result);
        continue;
      }
      if (c == '\n' || c == '\r') syntax(start, "the string does not end in its line", "write a line break as \\n");
      syntax(at_, "control character in a string", "write it as \\u00" + std::string(c < 0x10 ? "0" : "1") + "…");
    }
  }

  void escape(std::string& result) {
    const std::size_t start = at_++;
    if (at_ >= text_.size()) syntax(start, "the string has no end", "close it with a double quote");
    const char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        result += c;
        return;
      case 'b':
        result += '\b';
        return;
      case 'f':
        result += '\f';
        return;
      case 'n':
        result += '\n';
        return;
      case 'r':
        result += '\r';
        return;
      case 't':
        result += '\t';
        return;
      case 'u':
        break;
      default:
        syntax(start, "unknown escape " + quote(text_.substr(start, 2)), "write a backslash as \\\\");
    }
    const unsigned first = hex4(start);
    if (first >= 0xDC00 && first <= 0xDFFF) return lone_surrogate(start);
    if (first < 0xD800 || first > 0xDBFF) {
      if (first == 0 && mistakes_.size() < most_mistakes)
        mistake(start, "json.encoding", "NUL character in a string", "no name or text of a database can hold it");
      append_utf8(result, static_cast<char32_t>(first));
      return;
    }
    if (text_.substr(at_, 2) != "\\u") return lone_surrogate(start);
    at_ += 2;
    const unsigned second = hex4(at_ - 2);
    if (second < 0xDC00 || second > 0xDFFF) return lone_surrogate(start);
    append_utf8(result, static_cast<char32_t>(0x10000U + ((first - 0xD800U) << 10U) + (second - 0xDC00U)));
  }

  unsigned hex4(std::size_t start) {
    unsigned result = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result, 16);
    if (error != std::errc() || end != digits.data() + 4) syntax(start, "\\u needs four hexadecimal digits", "");
    at_ += 4;
    return result;
  }

  void lone_surrogate(std::size_t start) {
    if (mistakes_.size() >= most_mistakes) return;
    mistake(start, "json.encoding", "half of a surrogate pair without the other",
            "write the character itself, in UTF-8");
  }

  Node* array(const Node* parent, std::size_t depth) {
    Node& node = make(parent, NodeKind::array);
    ++at_;
    while (!closed(']', node.items_.empty())) {
      node.items_.push_back(value(&node, depth + 1));
    }
    return &node;
  }

  Node* object(const Node* parent, std::size_t depth) {
    Node& node = make(parent, NodeKind::object);
    ++at_;
    while (!closed('}', node.items_.empty())) {
      if (text_[at_] != '"') {
        syntax(at_, "unexpected " + shown(at_) + " where a key is due", "keys stand in double quotes");
      }
      const std::size_t start = at_;
      std::string name = string();
      space();
      if (at_ >= text_.size() || text_[at_] != ':') {
        syntax(at_, "unexpected " + shown(at_) + " where a colon is due", "");
      }
      ++at_;
      name_ = std::move(name);
      name_offset_ = start;
      node.items_.push_back(value(&node, depth + 1));
    }
    refuse_duplicates(node);
    return &node;
  }

  // Moves to the next element, or behind the closing bracket.
  bool closed(char bracket, bool first) {
    space();
    if (at_ >= text_.size()) syntax(at_, std::string("the text ends where '") + bracket + "' or ',' is due", "");
    if (text_[at_] == bracket) {
      ++at_;
      return true;
    }
    if (first) return false;
    if (text_[at_] != ',') {
      syntax(at_, "unexpected " + shown(at_) + " where ',' or '" + bracket + "' is due",
             "a comma may be missing before it");
    }
    const std::size_t comma = at_++;
    space();
    if (at_ >= text_.size()) syntax(at_, "the text ends after a comma", "");
    if (text_[at_] != bracket) return false;
    if (!options_.comments) syntax(comma, std::string("comma before '") + bracket + "'", "leave out the last comma");
    ++at_;
    return true;
  }

  void refuse_duplicates(const Node& object) {
    std::vector<const Node*> sorted = object.items_;
    std::sort(sorted.begin(), sorted.end(), [](const Node* left, const Node* right) {
      return left->name_ != right->name_ ? left->name_ < right->name_ : left->index_ < right->index_;
    });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i]->name_ != sorted[i - 1]->name_) continue;
      if (mistakes_.size() >= most_mistakes) return;
      Diagnostic& diagnostic =
          mistake(sorted[i]->name_offset_, "json.duplicate_key",
                  "key " + quote(sorted[i]->name_) + " stands twice in one object", "leave one of them out");
      diagnostic.where.pointer = sorted[i]->pointer();
      diagnostic.notes.push_back({"the first is here", sorted[i - 1]->name_where()});
    }
  }

  Document& document_;
  std::string_view text_;
  const ReadOptions& options_;
  std::vector<Diagnostic>& mistakes_;
  std::size_t at_ = 0;
  std::string name_;  // of the member whose value comes next
  std::size_t name_offset_ = 0;
};

std::shared_ptr<const Document> Document::read(std::string name, std::string text, const ReadOptions& options,
                                               std::vector<Diagnostic>& mistakes) {
  auto document = std::make_shared<Document>();
  document->name_ = std::move(name);
  document->text_ = std::move(text);
  document->index_lines();
  document->root_ = Reader(*document, options, mistakes).read();
  return document;
}

}  // namespace dorm::json
