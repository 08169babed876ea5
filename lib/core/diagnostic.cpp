#include "core/json_text.hpp"
#include "dorm/error.hpp"

namespace dorm {
namespace {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return "error";
}

std::string place(const Position& where) {
  if (where.line == 0) return where.file;
  return where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

void append_position(std::string& out, const Position& where) {
  out += "\"file\":";
  json::append_quoted(out, where.file);
  out += ",\"line\":" + std::to_string(where.line) + ",\"column\":" + std::to_string(where.column) + ",\"pointer\":";
  json::append_quoted(out, where.pointer);
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out = place(where) + ": " + std::string(severity_name(severity)) + "[" + code + "]: " + message;
  if (!where.pointer.empty()) out += "\n  at " + where.pointer;
  std::string_view rest = excerpt;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out += "\n    " + std::string(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  for (const Note& note : notes)
    out += "\n  note: " + (note.where.file.empty() ? "" : place(note.where) + ": ") + note.message;
  if (!help.empty()) out += "\n  help: " + help;
  return out;
}

std::string Diagnostic::json() const {
  std::string out = "{\"severity\":\"" + std::string(severity_name(severity)) + "\",\"code\":";
  json::append_quoted(out, code);
  out += ",\"message\":";
  json::append_quoted(out, message);
  out += ',';
  append_position(out, where);
  out += ",\"excerpt\":";
  json::append_quoted(out, excerpt);
  out += ",\"notes\":[";
  for (const Note& note : notes) {
    if (&note != notes.data()) out += ',';
    out += "{\"message\":";
    json::append_quoted(out, note.message);
    out += ',';
    append_position(out, note.where);
    out += '}';
  }
  out += "],\"help\":";
  json::append_quoted(out, help);
  return out + '}';
}

}  // namespace dorm
