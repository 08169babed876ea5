// core/json_reader.hpp: JSON files as a tree that knows where each value stands, for messages that point at a line.
//
// Strict: duplicate keys, invalid UTF-8, lone surrogates, a byte order mark, NUL characters, numbers outside int64 and
// double, too deep or too large files are mistakes. Immutable once read: share freely. A Node lives as long as its
// Document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/error.hpp"

namespace dorm::json {

enum class NodeKind : std::uint8_t { null, boolean, integer, real, string, array, object };

// "an object", "text", "an integer": for messages.
std::string_view kind_name(NodeKind kind) noexcept;

class Document;

class Node {
 public:
  NodeKind kind() const noexcept { return kind_; }
  bool is(NodeKind kind) const noexcept { return kind_ == kind; }
  bool is_number() const noexcept { return kind_ == NodeKind::integer || kind_ == NodeKind::real; }

  bool boolean() const noexcept { return integer_ != 0; }     // booleans
  std::int64_t integer() const noexcept { return integer_; }  // integers
  double real() const noexcept { return real_; }              // reals and integers
  const std::string& text() const noexcept { return text_; }  // strings, unescaped; numbers as they were written

  // Elements of an array, or values of an object in the order of the file.
  const std::vector<const Node*>& items() const noexcept { return items_; }
  const Node* find(std::string_view name) const noexcept;  // the member of an object, or nullptr; linear

  const Node* parent() const noexcept { return parent_; }
  const std::string& name() const noexcept { return name_; }  // as a member of its parent
  std::string pointer() const;                                // RFC 6901
  Position where() const;                                     // of the value
  Position name_where() const;                                // of the member name, or of the value where there is none
  // The line the value (or its name) stands in, cut to a window, and a line with a caret.
  std::string excerpt() const;
  std::string name_excerpt() const;
  const Document& document() const noexcept { return *document_; }

  // The value as compact JSON; members keep their order.
  std::string dump() const;

 private:
  friend class Reader;
  void dump_to(std::string& out) const;

  NodeKind kind_ = NodeKind::null;
  std::uint32_t index_ = 0;  // in the parent
  std::size_t offset_ = 0;
  std::size_t name_offset_ = 0;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::string name_;
  std::vector<const Node*> items_;
  const Node* parent_ = nullptr;
  const Document* document_ = nullptr;
};

struct ReadOptions {
  bool comments = false;  // .jsonc: comments and trailing commas
  std::size_t max_bytes = 16U * 1024U * 1024U;
  std::size_t max_depth = 64;  // never more than 500
};

class Document {
 public:
  // Reads the whole text; mistakes (codes json.*) are added to `mistakes` and leave root() null.
  static std::shared_ptr<const Document> read(std::string name, std::string text, const ReadOptions& options,
                                              std::vector<Diagnostic>& mistakes);

  const Node* root() const noexcept { return root_; }
  const std::string& name() const noexcept { return name_; }
  Position where(std::size_t offset) const;
  std::string excerpt(std::size_t offset) const;

 private:
  friend class Reader;
  std::size_t line_of(std::size_t offset) const;
  std::size_t code_points_before(std::size_t offset) const;
  void index_lines();

  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> marks_;  // code points before each block of bytes: files of one long line stay cheap
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
};

}  // namespace dorm::json
