#include "schema/hash.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "core/sha256.hpp"
#include "schema/snapshot.hpp"

namespace dorm::schema {
namespace {

// Facts as lines of text: every value quoted, so no value can look like two.
class Line {
 public:
  explicit Line(std::string_view what) : text_(what) {}

  Line& add(std::string_view value) {
    text_ += ' ';
    json::append_quoted(text_, value);
    return *this;
  }
  Line& add(const std::string& value) { return add(std::string_view(value)); }
  Line& add(bool value) { return add(value ? std::string_view("yes") : std::string_view("no")); }
  Line& add(const char* value) { return add(std::string_view(value)); }
  template <class Int>
  requires std::is_integral_v<Int> || std::is_enum_v<Int> Line& add(Int value) {
    return add(std::to_string(static_cast<std::int64_t>(value)));
  }
  Line& add(const Value& value) { return add(static_cast<int>(value.kind())).add(value.to_text()); }
  Line& add(const SqlText& sql) {
    add(sql.all);
    auto sorted = sql.by_dialect;
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [dialect, text] : sorted) add(dialect).add(text);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

using Lines = std::vector<std::string>;

class Writer {
 public:
  explicit Writer(const Registry::Snapshot& snapshot) : snapshot_(snapshot) {}

  std::string storage() {
    Lines lines;
    for (const auto& model : snapshot_.models) add_storage(*model, lines);
    return sum(std::move(lines));
  }

  std::string registry() {
    Lines lines;
    for (const auto& model : snapshot_.models) {
      add_storage(*model, lines);
      add_model(*model, lines);
    }
    return sum(std::move(lines));
  }

 private:
  static std::string sum(Lines lines) {
    std::sort(lines.begin(), lines.end());
    std::string text = "dorm 1\n";
    for (const std::string& line : lines) text += line + "\n";
    return sha256_hex(text);
  }

  Line about(std::string_view what, const ModelInfo& model) const {
    Line line(what);
    line.add(model.db_schema).add(model.table);
    return line;
  }

  void add_storage(const ModelInfo& model, Lines& lines) const {
    Line key = about("table", model);
    key.add(model.managed);
    for (const std::uint32_t field : model.primary_key) key.add(model.fields[field].column);
    lines.push_back(key.take());
    for (const FieldInfo& field : model.fields) add_column(model, field, lines);
    for (const RelationInfo& relation : model.relations) {
      if (!relation.holds_key() || !relation.constraint) continue;
      const ModelInfo& target = *snapshot_.models[relation.target];
      Line line = about("foreign key", model);
      line.add(relation.constraint_name).add(target.db_schema).add(target.table);
      for (const std::uint32_t field : relation.fields) line.add(model.fields[field].column);
      for (const std::uint32_t field : relation.target_fields) line.add(target.fields[field].column);
      line.add(relation.on_delete).add(relation.on_update).add(relation.deferrable);
      lines.push_back(line.take());
    }
    for (const UniqueInfo& unique : model.uniques) {
      Line line = about("unique", model);
      line.add(unique.name).add(unique.nulls_distinct).add(unique.deferrable);
      for (const std::uint32_t field : unique.fields) line.add(model.fields[field].column);
      if (unique.where) add(line, model, *unique.where);
      lines.push_back(line.take());
    }
    for (const IndexInfo& index : model.indexes) {
      Line line = about("index", model);
      line.add(index.name).add(index.method);
      for (const OrderTerm& term : index.terms) line.add(model.fields[term.field].column).add(term.descending);
      line.add("include");
      for (const std::uint32_t field : index.include) line.add(model.fields[field].column);
      if (index.where) add(line, model, *index.where);
      lines.push_back(line.take());
    }
    for (const CheckInfo& check : model.checks) {
      Line line = about("check", model);
      line.add(check.name).add(check.sql);
      if (check.condition) add(line, model, *check.condition);
      lines.push_back(line.take());
    }
  }

  void add_column(const ModelInfo& model, const FieldInfo& field, Lines& lines) const {
    Line line = about("column", model);
    line.add(field.column)
        .add(to_string(field.type))
        .add(field.type.storage)
        .add(field.nullable)
        .add(field.auto_increment);
    line.add(field.collation).add(field.db_type).add(field.min_length);
    if (field.min) line.add("min").add(*field.min);
    if (field.max) line.add("max").add(*field.max);
    if (field.enumeration != no_index) {
      const EnumInfo& enumeration = snapshot_.enums[field.enumeration];
      line.add("enum").add(enumeration.native);
      if (enumeration.native) line.add(enumeration.name);
      for (const std::string& value : enumeration.values) line.add(value);
    }
    if (field.database_default) {
      line.add("default").add(field.database_default->sql);
      if (field.database_default->function) line.add(*field.database_default->function);
    }
    if (field.generated) line.add("generated").add(field.generated->sql).add(field.generated->stored);
    lines.push_back(line.take());
  }

  static void add(Line& line, const ModelInfo& model, const Condition& condition) {
    line.add("(").add(condition.op);
    if (condition.op == Condition::Op::field) line.add(model.fields[condition.field].column);
    if (condition.op == Condition::Op::value) line.add(condition.value);
    for (const Condition& operand : condition.operands) add(line, model, operand);
    line.add(")");
  }

  void add_model(const ModelInfo& model, Lines& lines) const {
    Line head = about("model", model);
    head.add(model.qualified_name()).add(model.derived).add(model.exposed).add(model.lazy);
    for (const OrderTerm& term : model.order_by) head.add(model.fields[term.field].name).add(term.descending);
    lines.push_back(head.take());
    if (model.version_field != no_index)
      lines.push_back(about("version", model).add(model.fields[model.version_field].name).take());
    for (const FieldInfo& field : model.fields) {
      Line line = about("field", model);
      line.add(field.index)
          .add(field.name)
          .add(field.column)
          .add(field.immutable)
          .add(field.sensitive)
          .add(field.deferred);
      line.add(field.hidden).add(field.exposed).add(field.writable).add(field.readonly).add(field.pattern);
      if (field.default_value) {
        line.add("default").add(field.default_value->literal);
        if (field.default_value->function) line.add(*field.default_value->function);
      }
      if (field.on_update) line.add("on update").add(*field.on_update);
      lines.push_back(line.take());
    }
    for (const RelationInfo& relation : model.relations) add_relation(model, relation, lines);
  }

  void add_relation(const ModelInfo& model, const RelationInfo& relation, Lines& lines) const {
    const ModelInfo& target = *snapshot_.models[relation.target];
    Line line = about("relation", model);
    line.add(relation.name)
        .add(relation.kind)
        .add(target.qualified_name())
        .add(relation.exposed)
        .add(relation.lazy)
        .add(relation.constraint);
    for (const std::uint32_t field : relation.fields) line.add(model.fields[field].name);
    for (const std::uint32_t field : relation.target_fields) line.add(target.fields[field].name);
    for (const OrderTerm& term : relation.order_by) line.add(target.fields[term.field].name).add(term.descending);
    if (relation.through != no_index) {
      const ModelInfo& link = *snapshot_.models[relation.through];
      line.add(link.qualified_name())
          .add(link.relations[relation.through_source].name)
          .add(link.relations[relation.through_target].name);
    }
    lines.push_back(line.take());
  }

  const Registry::Snapshot& snapshot_;
};

}  // namespace

std::string storage_hash(const Registry::Snapshot& snapshot) { return Writer(snapshot).storage(); }
std::string registry_hash(const Registry::Snapshot& snapshot) { return Writer(snapshot).registry(); }

}  // namespace dorm::schema
