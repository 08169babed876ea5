// The JSON reader, strict and with comments.
#include "core/json_text.hpp"
#include "core/json_reader.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

void walk(const json::Node& node) {
  require(node.where().line > 0 && node.name_where().line > 0, "a value has a place");
  node.pointer();
  node.excerpt();
  node.name_excerpt();
  for (const json::Node* item : node.items()) walk(*item);
}

std::shared_ptr<const json::Document> read(std::string_view text, bool comments) {
  std::vector<Diagnostic> mistakes;
  auto document = json::Document::read("text.json", std::string(text), {.comments = comments}, mistakes);
  require((document->root() == nullptr) == !mistakes.empty(), "a text has a root or mistakes");
  for (const Diagnostic& mistake : mistakes) {
    require(mistake.where.line > 0 && mistake.where.column > 0, "a mistake has a place");
    require(json::is_json(mistake.json()), "a mistake is printed as JSON");
    mistake.text();
  }
  return document;
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      R"({"a": [1, -2.5e3, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": {"c": {}, "d": []}})",
      "// a comment\n{\"a\": 1, /* another */ \"b\": [1, 2,],}",
      "9223372036854775807",
      "[1e308, -0.0, 18446744073709551616, 0.1]",
      R"({"a": 1, "a": 2})",
      "[[[[[[[[[[]]]]]]]]]]",
      "\"\xC3\xA9\xF0\x9F\x98\x80\"",
  };
}

void run(std::string_view text) {
  json::is_json(text);
  for (const bool comments : {false, true}) {
    const auto document = read(text, comments);
    if (document->root() == nullptr) continue;
    if (!comments) require(json::is_json(text), "what the reader takes is JSON");
    walk(*document->root());
    const std::string dumped = document->root()->dump();
    const auto again = read(dumped, false);
    require(again->root() != nullptr && again->root()->dump() == dumped, "what is dumped reads back the same");
  }
}

}  // namespace dorm::fuzz
