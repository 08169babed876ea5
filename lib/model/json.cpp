#include "model/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "core/json_reader.hpp"
#include "core/json_text.hpp"
#include "dorm/error.hpp"
#include "load/run.hpp"

namespace dorm {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648, section 4.
void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = word << 8U | (j < left ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= left ? base64_digits[word >> (18 - 6 * j) & 63U] : '=';
  }
}

bool read_base64(std::string_view text, std::string& bytes) {
  if (text.size() % 4 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t word = 0;
    std::size_t digits = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const char c = text[i + j];
      const std::size_t value = base64_digits.find(c);
      if (c == '=' && j >= 2 && i + 4 == text.size()) {
        word <<= 6U;
        continue;
      }
      if (value == std::string_view::npos || digits != j) return false;
      word = word << 6U | static_cast<std::uint32_t>(value);
      ++digits;
    }
    for (std::size_t j = 0; j + 1 < digits; ++j) bytes += static_cast<char>(word >> (16 - 8 * j) & 0xFFU);
  }
  return true;
}

class Writer {
 public:
  Writer(std::string& out, const JsonGate* gate) : out_(out), gate_(gate) {}

  void row(const graph::Node& node, std::uint32_t slot) {
    const graph::Shape& shape = *node.shape;
    const Cell* cells = node.cells(slot);
    path_.emplace_back(&node, slot);
    out_ += '{';
    bool first = true;
    const auto name = [&](const std::string& text) {
      if (!std::exchange(first, false)) out_ += ',';
      json::append_quoted(out_, text);
      out_ += ':';
    };
    for (std::uint32_t cell = 0; cell < shape.width(); ++cell) {
      if (!cells[cell].is_loaded()) continue;
      if (cell < shape.fields) {
        const FieldInfo& field = shape.model->fields[cell];
        if (field.sensitive || (gate_ != nullptr && !gate_->shows(*shape.model, field))) continue;
        name(field.name);
        append_json(out_, cells[cell], field.type);
      } else {
        const graph::Shape::Extra& extra = shape.extras[cell - shape.fields];
        if (extra.sensitive) continue;
        name(extra.name);
        append_json(out_, cells[cell], extra.type);
      }
    }
    std::vector<std::string_view> done;
    for (const graph::Relation* relation = node.relations(); relation != nullptr; relation = relation->next) {
      const graph::Span span = relation->span(slot);
      if (span.state == graph::RelationState::not_loaded || relation->name.empty() || !shows(shape, *relation, span))
        continue;
      if (std::find(done.begin(), done.end(), relation->name) != done.end()) continue;
      done.push_back(relation->name);
      name(relation->name);
      this->relation(*relation, span, node, slot);
    }
    out_ += '}';
    path_.pop_back();
  }

 private:
  bool is_open(const graph::Node* node, std::uint32_t slot) const {
    return std::find(path_.begin(), path_.end(), std::pair(node, slot)) != path_.end();
  }

  // A join that follows no declared relation cannot be allowed; a way back to the row around is left out where its key
  // may not be told.
  bool shows(const graph::Shape& shape, const graph::Relation& relation, const graph::Span& span) const {
    if (gate_ == nullptr) return true;
    if (shape.model == nullptr || relation.info == no_index) return false;
    if (!gate_->shows(*shape.model, shape.model->relations[relation.info])) return false;
    if (relation.to_many || span.state != graph::RelationState::loaded) return true;
    if (!is_open(relation.target, relation.target_slot(span.begin))) return true;
    const ModelInfo& model = *relation.target->shape->model;
    return std::any_of(model.primary_key.begin(), model.primary_key.end(),
                       [&](std::uint32_t field) { return gate_->shows(model, model.fields[field]); });
  }

  void relation(const graph::Relation& relation, const graph::Span& span, const graph::Node& node, std::uint32_t slot) {
    if (span.state == graph::RelationState::null) {
      out_ += "null";
    } else if (span.state == graph::RelationState::external) {
      const graph::Reference reference = node.graph->external(&relation, slot);
      if (reference.node) {
        target(*reference.node, reference.slot);
      } else {
        out_ += "null";
      }
    } else if (!relation.to_many) {
      target(*relation.target, relation.target_slot(span.begin));
    } else {
      out_ += '[';
      for (std::uint32_t i = 0; i < span.count; ++i) {
        if (i != 0) out_ += ',';
        target(*relation.target, relation.target_slot(span.begin + i));
      }
      out_ += ']';
    }
  }

  void target(const graph::Node& node, std::uint32_t slot) {
    if (path_.size() < max_depth && !is_open(&node, slot)) {
      row(node, slot);
      return;
    }
    // Already being written further out, or a long chain of assigned rows: its key stands for it.
    out_ += '{';
    bool first = true;
    for (const std::uint32_t field : node.shape->model->primary_key) {
      if (gate_ != nullptr && !gate_->shows(*node.shape->model, node.shape->model->fields[field])) continue;
      if (!std::exchange(first, false)) out_ += ',';
      json::append_quoted(out_, node.shape->model->fields[field].name);
      out_ += ':';
      append_json(out_, node.cells(slot)[field], node.shape->model->fields[field].type);
    }
    out_ += '}';
  }

  static constexpr std::size_t max_depth = 64;
  std::string& out_;
  const JsonGate* gate_;
  std::vector<std::pair<const graph::Node*, std::uint32_t>> path_;
};

[[noreturn]] void refuse(std::string_view label, const Type& type, const json::Node& from) {
  throw DataError(std::string(label) + " is " + to_string(type) + "; " + std::string(json::kind_name(from.kind())) +
                  " does not fit");
}

}  // namespace

void append_json(std::string& out, const Cell& cell, const Type& type) {
  switch (cell.tag) {
    case CellTag::unloaded:
    case CellTag::list:
    case CellTag::null:
      out += "null";
      return;
    case CellTag::boolean:
      out += cell.integer != 0 ? "true" : "false";
      return;
    case CellTag::integer:
      out += std::to_string(cell.integer);
      return;
    case CellTag::real: {
      if (!std::isfinite(cell.real)) {
        out += "null";
        return;
      }
      char digits[40];
      const auto end = std::to_chars(digits, digits + sizeof digits, cell.real);
      out.append(digits, end.ptr);
      return;
    }
    case CellTag::text:
      json::append_quoted(out, cell.view());
      return;
    case CellTag::json:
      out += cell.view();
      return;
    case CellTag::blob:
      out += '"';
      append_base64(out, cell.view());
      out += '"';
      return;
    case CellTag::datetime: {
      std::string text = DateTime{cell.integer}.text();
      if (text.size() > 10) text[text.find(' ')] = 'T';
      out += '"' + text + (type.timezone ? "Z\"" : "\"");
      return;
    }
    default:
      out += '"' + load::value_of(cell).to_text() + '"';
      return;
  }
}

std::string row_json(const graph::Node& node, std::uint32_t slot, const JsonGate* gate) {
  std::string out;
  Writer(out, gate).row(node, slot);
  return out;
}

Value value_from_json(const json::Node& from, const Type& type, std::string_view label) {
  using json::NodeKind;
  if (from.is(NodeKind::null)) return {};
  switch (type.kind) {
    case TypeKind::json:
      return Value(Json{from.dump()});
    case TypeKind::boolean:
      if (from.is(NodeKind::boolean)) return Value(from.boolean());
      break;
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint: {
      if (from.is(NodeKind::integer)) return Value(from.integer());
      if (!from.is(NodeKind::string)) break;
      std::int64_t number = 0;
      const std::string& text = from.text();
      const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
      if (end.ec == std::errc() && end.ptr == text.data() + text.size()) return Value(number);
      break;
    }
    case TypeKind::real:
    case TypeKind::double_precision:
      if (from.is_number()) return Value(from.real());
      break;
    case TypeKind::decimal:
      // The digits as written, not what a double makes of them.
      if (!from.is_number() && !from.is(NodeKind::string)) break;
      try {
        return Value(Decimal::parse(from.text()));
      } catch (const DataError&) {
        break;
      }
    case TypeKind::binary: {
      std::string bytes;
      if (from.is(NodeKind::string) && read_base64(from.text(), bytes)) return Value(Blob{std::move(bytes)});
      break;
    }
    default:
      if (from.is(NodeKind::string)) return Value(from.text());
      break;
  }
  refuse(label, type, from);
}

}  // namespace dorm
