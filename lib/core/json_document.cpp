#include <algorithm>

#include "core/json_reader.hpp"
#include "core/json_text.hpp"
#include "core/text.hpp"

namespace dorm::json {
namespace {

constexpr std::size_t mark_distance = 1024;  // bytes
constexpr std::size_t window = 100;          // code points of a source line that a message shows

}  // namespace

std::string_view kind_name(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::null:
      return "null";
    case NodeKind::boolean:
      return "true or false";
    case NodeKind::integer:
      return "an integer";
    case NodeKind::real:
      return "a number";
    case NodeKind::string:
      return "a string";
    case NodeKind::array:
      return "an array";
    case NodeKind::object:
      return "an object";
  }
  return "null";
}

const Node* Node::find(std::string_view name) const noexcept {
  if (kind_ != NodeKind::object) return nullptr;
  for (const Node* item : items_) {
    if (item->name_ == name) return item;
  }
  return nullptr;
}

std::string Node::pointer() const {
  if (parent_ == nullptr) return {};
  std::string result = parent_->pointer() + "/";
  if (parent_->is(NodeKind::array)) return result + std::to_string(index_);
  for (const char c : name_) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

Position Node::where() const {
  Position position = document_->where(offset_);
  position.pointer = pointer();
  return position;
}

Position Node::name_where() const {
  Position position = document_->where(name_offset_);
  position.pointer = pointer();
  return position;
}

std::string Node::excerpt() const { return document_->excerpt(offset_); }
std::string Node::name_excerpt() const { return document_->excerpt(name_offset_); }

std::string Node::dump() const {
  std::string out;
  dump_to(out);
  return out;
}

void Node::dump_to(std::string& out) const {
  switch (kind_) {
    case NodeKind::null:
      out += "null";
      return;
    case NodeKind::boolean:
      out += boolean() ? "true" : "false";
      return;
    case NodeKind::integer:
    case NodeKind::real:
      out += text_;
      return;
    case NodeKind::string:
      append_quoted(out, text_);
      return;
    case NodeKind::array:
    case NodeKind::object:
      break;
  }
  const bool object = kind_ == NodeKind::object;
  out += object ? '{' : '[';
  for (const Node* item : items_) {
    if (item != items_.front()) out += ',';
    if (object) {
      append_quoted(out, item->name_);
      out += ':';
    }
    item->dump_to(out);
  }
  out += object ? '}' : ']';
}

void Document::index_lines() {
  line_starts_.push_back(0);
  std::size_t points = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (i % mark_distance == 0) marks_.push_back(points);
    if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++points;
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::size_t Document::line_of(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(after - line_starts_.begin()) - 1;
}

std::size_t Document::code_points_before(std::size_t offset) const {
  if (marks_.empty()) return 0;
  const std::size_t mark = std::min(offset / mark_distance, marks_.size() - 1);
  return marks_[mark] +
         code_points(std::string_view(text_).substr(mark * mark_distance, offset - mark * mark_distance));
}

Position Document::where(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t line = line_of(offset);
  const std::size_t column = code_points_before(offset) - code_points_before(line_starts_[line]);
  return {name_, static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(column + 1), {}};
}

std::string Document::excerpt(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::string_view text = text_;
  const std::size_t start = line_starts_[line_of(offset)];
  const std::size_t end = std::min(text.find('\n', start), text.size());
  // Bytes are at least code points, so this window holds enough on both sides of the caret.
  std::size_t first = offset - start > window ? offset - window / 2 : start;
  std::size_t last = std::min(end, first + 4 * window);
  const auto inside = [&](std::size_t at) {
    return at < end && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (inside(first) && first < offset) ++first;
  while (inside(last) && last > offset) --last;

  std::string line = first == start ? "" : "…";
  std::string caret = first == start ? "" : " ";
  std::size_t shown = 0;
  for (std::size_t at = first; at < last; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xC0U) != 0x80U && ++shown > window) {
      line += "…";
      break;
    }
    line += byte < 0x20 || byte == 0x7F ? ' ' : text[at];
    if (at < offset && (byte & 0xC0U) != 0x80U) caret += ' ';
  }
  // Indentation says nothing in a message.
  const std::size_t indent = std::min(std::min(line.find_first_not_of(' '), line.size()), caret.size());
  line.erase(0, indent);
  caret.erase(0, indent);
  if (!is_utf8(line)) line = std::string(quote(line));
  return line + "\n" + caret + "^";
}

}  // namespace dorm::json
