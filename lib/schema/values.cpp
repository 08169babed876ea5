// Stage 4 for single fields: lengths, ranges, patterns, defaults.
#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "core/text.hpp"
#include "schema/draft.hpp"
#include "schema/literals.hpp"

namespace dorm::schema {
namespace {

using json::Node;

bool gives(Function function, TypeKind type) {
  if (function == Function::now) return type == TypeKind::datetime || type == TypeKind::date || type == TypeKind::time;
  return type == TypeKind::uuid;
}

std::string_view name_of(Function function) { return functions.at(static_cast<std::size_t>(function)).text; }

class FieldValues {
 public:
  FieldValues(Draft& draft, const FieldDraft& draft_field, FieldInfo& field)
      : draft_(draft), part_(draft_field), node_(*draft_field.node), field_(field) {}

  void run() {
    if (is_relation(part_.kind)) {
      if (const Node* node = node_.find("default")) make_default(*node);
      return;
    }
    check_type();
    make_length();
    make_range();
    make_pattern();
    if (const Node* node = node_.find("default")) make_default(*node);
    if (const Node* node = node_.find("db_default")) make_database_default(*node);
    if (const Node* node = node_.find("on_update")) field_.on_update = function(*node);
    if (const Node* node = node_.find("generated")) {
      field_.generated = Generated{sql_of(*node->find("sql")), flag_of(*node, "stored", true)};
    }
  }

 private:
  std::string subject() const { return "field " + quote(part_.name); }

  Diagnostic& error(const char* code, Place place, std::string message) {
    Diagnostic& diagnostic = draft_.report.error(Stage::meaning, code, place, std::move(message));
    note_use(diagnostic, part_);
    return diagnostic;
  }

  void check_type() {
    if (part_.kind == FieldKind::decimal) {
      const Node* scale = node_.find("scale");
      if (node_.find("precision") == nullptr) {
        error("decimal.precision_missing", at_name(node_), subject() + " is a decimal without a precision").help =
            "say how many digits it has, and how many of them after the point: \"precision\": 12, \"scale\": 2";
      } else if (scale != nullptr && scale->integer() > node_.find("precision")->integer()) {
        error("decimal.scale_gt_precision", at(*scale),
              subject() + " has " + scale->text() + " digits after the point, but only " +
                  node_.find("precision")->text() + " in all");
      }
    }
    if (part_.kind == FieldKind::string && node_.find("max_length") == nullptr) {
      error("string.max_length_missing", at_name(node_), subject() + " is a string without a length").help =
          "add \"max_length\", or make it a text";
    }
  }

  void make_length() {
    const Node* length = node_.find("min_length");
    if (length == nullptr) return;
    field_.min_length = static_cast<std::uint32_t>(length->integer());
    if (field_.type.max_length != 0 && field_.min_length > field_.type.max_length) {
      error("range.empty", at(*length), subject() + " has a min_length above its max_length");
    }
  }

  std::optional<Value> bound(const char* key) {
    const Node* node = node_.find(key);
    if (node == nullptr) return std::nullopt;
    Value value;
    if (const auto misfit = to_value(*node, field_, nullptr, value)) {
      error("range.type_mismatch", at(*node), quote(key) + " of " + subject() + " " + misfit->message);
      return std::nullopt;
    }
    return value;
  }

  void make_range() {
    field_.min = bound("min");
    field_.max = bound("max");
    if (!field_.min || !field_.max || compare(*field_.min, *field_.max) != std::partial_ordering::greater) return;
    Diagnostic& diagnostic =
        error("range.empty", at(*node_.find("max")), "no value of " + subject() + " lies between its min and max");
    note(diagnostic, "the min is here", at(*node_.find("min")));
  }

  void make_pattern() {
    const Node* node = node_.find("pattern");
    if (node == nullptr) return;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    pattern_ = std::make_unique<RE2>(node->text(), options);
    if (pattern_->ok()) {
      field_.pattern = node->text();
      return;
    }
    error("pattern.invalid", at(*node), "the pattern of " + subject() + " cannot be used: " + pattern_->error()).help =
        "patterns are written in the syntax of RE2: no look-around, no back-references";
    pattern_.reset();
  }

  // ---- defaults ----

  std::optional<Function> function(const Node& node) {
    const auto named = function_of(&node);
    if (!named || gives(*named, field_.type.kind)) return named;
    error("default.fn_type", at(node),
          quote(name_of(*named)) + " gives no value for " + subject() + ", which is " + to_string(field_.type))
        .help = *named == Function::now ? "it fits date, time and datetime" : "it fits uuid";
    return std::nullopt;
  }

  void make_default(const Node& node) {
    if (part_.keys.size() != 1) {
      error("default.type_mismatch", at(node), "a key of several columns has no default").help =
          "give defaults to its fields";
      return;
    }
    if (function_of(&node) && field_.type.kind != TypeKind::json) {
      if (const auto named = function(node)) field_.default_value = Default{named, Value()};
      return;
    }
    if (node.is(json::NodeKind::null)) {
      if (field_.nullable) {
        field_.default_value = Default{};
      } else {
        error("default.type_mismatch", at(node), "the default of " + subject() + " is null, but it is not nullable")
            .help = "add \"nullable\": true, or leave the default out";
      }
      return;
    }
    if (node.is(json::NodeKind::object) && field_.type.kind != TypeKind::json) {
      error("default.type_mismatch", at(node),
            "the default of " + subject() + " is a JSON value, but the field is " + to_string(field_.type));
      return;
    }
    const EnumInfo* enumeration = field_.enumeration == no_index ? nullptr : &draft_.enums[field_.enumeration];
    Value value;
    if (const auto misfit = to_value(node, field_, enumeration, value)) return report(*misfit, node);
    check_default(node, value);
    field_.default_value = Default{std::nullopt, std::move(value)};
  }

  void report(const Misfit& misfit, const Node& node) {
    const std::string message = "the default of " + subject() + " " + misfit.message;
    switch (misfit.kind) {
      case Misfit::Kind::type:
        error("default.type_mismatch", at(node), message);
        return;
      case Misfit::Kind::range:
        error("default.out_of_range", at(node), message);
        return;
      case Misfit::Kind::length:
        error("default.too_long", at(node), message);
        return;
      case Misfit::Kind::not_in_enum:
        error("default.not_in_enum", at(node), message);
        return;
    }
  }

  void check_default(const Node& node, const Value& value) {
    if (field_.min && compare(value, *field_.min) == std::partial_ordering::less) {
      error("default.out_of_range", at(node), "the default of " + subject() + " is below its min");
    }
    if (field_.max && compare(value, *field_.max) == std::partial_ordering::greater) {
      error("default.out_of_range", at(node), "the default of " + subject() + " is above its max");
    }
    if (value.kind() != ValueKind::text) return;
    if (code_points(value.text()) < field_.min_length) {
      error("default.too_short", at(node), "the default of " + subject() + " is shorter than its min_length");
    }
    if (pattern_ && !RE2::PartialMatch(value.text(), *pattern_)) {
      error("default.pattern", at(node), "the default of " + subject() + " does not match its pattern");
    }
  }

  void make_database_default(const Node& node) {
    DatabaseDefault made;
    if (const Node* sql = node.find("sql")) {
      made.sql = sql_of(*sql);
    } else {
      made.function = function(node);
      if (!made.function) return;
    }
    field_.database_default = std::move(made);
  }

  Draft& draft_;
  const FieldDraft& part_;
  const Node& node_;
  FieldInfo& field_;
  std::unique_ptr<RE2> pattern_;
};

}  // namespace

void make_values(Draft& draft) {
  for (auto& model : draft.models) {
    for (const FieldDraft& field : model->fields) {
      if (!field.keys.empty()) FieldValues(draft, field, model->info->fields[field.keys.front()]).run();
    }
  }
}

}  // namespace dorm::schema
