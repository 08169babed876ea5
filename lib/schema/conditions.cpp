#include "schema/conditions.hpp"

#include <array>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "schema/literals.hpp"

namespace dorm::schema {
namespace {

using json::Node;
using json::NodeKind;
using Op = Condition::Op;

constexpr std::array<Word<Op>, 6> comparisons = {
    {{"eq", Op::eq}, {"ne", Op::ne}, {"lt", Op::lt}, {"le", Op::le}, {"gt", Op::gt}, {"ge", Op::ge}}};

bool is_ordered(TypeKind kind) {
  return kind != TypeKind::json && kind != TypeKind::boolean && kind != TypeKind::binary;
}

// Types that compare with each other.
int family(TypeKind kind) {
  switch (kind) {
    case TypeKind::smallint:
    case TypeKind::integer:
    case TypeKind::bigint:
    case TypeKind::real:
    case TypeKind::double_precision:
    case TypeKind::decimal:
      return 100;
    case TypeKind::string:
    case TypeKind::text:
      return 101;
    default:
      return static_cast<int>(kind);
  }
}

class ConditionMaker {
 public:
  ConditionMaker(Draft& draft, const ModelDraft& model) : draft_(draft), model_(model) {}

  std::optional<Condition> make(const Node& node) {
    Condition result = condition(node);
    if (failed_) return std::nullopt;
    return result;
  }

 private:
  Condition wrong(const Node& node, const std::string& message) {
    failed_ = true;
    draft_.report.error(Stage::meaning, "check.type", at(node), message);
    return {};
  }

  Condition condition(const Node& node) {
    if (!node.is(NodeKind::object) || node.items().empty()) {
      return wrong(node, "a condition must be an object with at least one key");
    }
    std::vector<Condition> parts;
    for (const Node* item : node.items()) parts.push_back(part(*item));
    if (parts.size() == 1) return std::move(parts.front());
    return group(Op::all, std::move(parts));
  }

  static Condition group(Op op, std::vector<Condition> operands) {
    Condition result;
    result.op = op;
    result.operands = std::move(operands);
    return result;
  }

  Condition part(const Node& item) {
    const std::string& name = item.name();
    if (name == "and" || name == "or") return conditions(item, name == "and" ? Op::all : Op::any);
    if (name == "not") return group(Op::negate, {condition(item)});
    if (name == "is_null") return is_null(item);
    if (name == "in") return in_list(item);
    if (const auto op = find_word(comparisons, name)) return comparison(item, *op);
    return on_field(item);
  }

  Condition conditions(const Node& node, Op op) {
    if (!node.is(NodeKind::array) || node.items().empty())
      return wrong(node, quote(node.name()) + " takes an array of conditions");
    std::vector<Condition> operands;
    for (const Node* item : node.items()) operands.push_back(condition(*item));
    return group(op, std::move(operands));
  }

  // ---- operator first ----

  Condition comparison(const Node& node, Op op) {
    if (!node.is(NodeKind::array) || node.items().size() != 2)
      return wrong(node, quote(node.name()) + " takes two operands");
    const Node& left = *node.items()[0];
    const Node& right = *node.items()[1];
    const FieldInfo* left_field = field_operand(left);
    const FieldInfo* right_field = field_operand(right);
    if (failed_) return {};
    const FieldInfo* known = left_field != nullptr ? left_field : right_field;
    if (known == nullptr) return wrong(node, quote(node.name()) + " compares two values and no field");
    return group(op, {operand(left, left_field, *known, op), operand(right, right_field, *known, op)});
  }

  Condition in_list(const Node& node) {
    if (!node.is(NodeKind::array) || node.items().size() != 2)
      return wrong(node, "'in' takes a field and an array of values");
    const FieldInfo* field = field_operand(*node.items()[0]);
    if (failed_) return {};
    if (field == nullptr) return wrong(*node.items()[0], "'in' takes a field first: {\"field\": \"…\"}");
    return in_values(*field, *node.items()[1]);
  }

  Condition in_values(const FieldInfo& field, const Node& values) {
    if (!values.is(NodeKind::array) || values.items().empty()) return wrong(values, "'in' takes an array of values");
    std::vector<Condition> operands = {reference(field)};
    for (const Node* value : values.items()) operands.push_back(literal(*value, field));
    return group(Op::in, std::move(operands));
  }

  Condition is_null(const Node& node) {
    const FieldInfo* field = field_operand(node);
    if (failed_) return {};
    if (field == nullptr) return wrong(node, "'is_null' takes a field: {\"field\": \"…\"}");
    return group(Op::is_null, {reference(*field)});
  }

  // {"field": "name"}; nothing for a literal.
  const FieldInfo* field_operand(const Node& node) {
    const Node* name = node.find("field");
    if (name == nullptr || node.items().size() != 1) return nullptr;
    if (!name->is(NodeKind::string)) {
      wrong(*name, "'field' takes the name of a field");
      return nullptr;
    }
    return field_named(name->text(), at(*name));
  }

  Condition operand(const Node& node, const FieldInfo* field, const FieldInfo& other, Op op) {
    if (field == nullptr) return literal(node, other);
    if (family(field->type.kind) != family(other.type.kind)) {
      return wrong(node, "fields " + quote(other.name) + " and " + quote(field->name) +
                             " do not compare: " + to_string(other.type) + " and " + to_string(field->type));
    }
    if (op != Op::eq && op != Op::ne && !is_ordered(field->type.kind)) {
      return wrong(node, quote(field->name) + " has no order: it is " + to_string(field->type));
    }
    return reference(*field);
  }

  // ---- field first ----

  Condition on_field(const Node& item) {
    const FieldInfo* field = field_named(item.name(), at_name(item));
    if (field == nullptr) return {};
    const bool operators = item.is(NodeKind::object) && item.find("value") == nullptr;
    if (!operators) return equal(*field, item, Op::eq);
    std::vector<Condition> parts;
    for (const Node* test : item.items()) parts.push_back(test_of(*field, *test));
    if (parts.empty()) return wrong(item, "no operator for field " + quote(field->name));
    if (parts.size() == 1) return std::move(parts.front());
    return group(Op::all, std::move(parts));
  }

  Condition test_of(const FieldInfo& field, const Node& test) {
    if (test.name() == "in") return in_values(field, test);
    if (test.name() == "is_null") {
      if (!test.is(NodeKind::boolean)) return wrong(test, "'is_null' takes true or false here");
      Condition null = group(Op::is_null, {reference(field)});
      return test.boolean() ? null : group(Op::negate, {std::move(null)});
    }
    if (const auto op = find_word(comparisons, test.name())) {
      if (const FieldInfo* other = field_operand(test))
        return group(*op, {reference(field), operand(test, other, field, *op)});
      return failed_ ? Condition() : equal(field, test, *op);
    }
    std::vector<std::string_view> legal = texts(comparisons);
    legal.insert(legal.end(), {"in", "is_null"});
    failed_ = true;
    draft_.report
        .error(Stage::meaning, "check.type", at_name(test),
               "unknown operator " + quote(test.name()) + did_you_mean(test.name(), legal))
        .help = "one of " + quote_list(legal, 20);
    return {};
  }

  Condition equal(const FieldInfo& field, const Node& value, Op op) {
    if (value.is(NodeKind::null) && (op == Op::eq || op == Op::ne)) {
      Condition null = group(Op::is_null, {reference(field)});
      return op == Op::eq ? null : group(Op::negate, {std::move(null)});
    }
    if (op != Op::eq && op != Op::ne && !is_ordered(field.type.kind)) {
      return wrong(value, quote(field.name) + " has no order: it is " + to_string(field.type));
    }
    return group(op, {reference(field), literal(value, field)});
  }

  // ---- leaves ----

  const FieldInfo* field_named(const std::string& name, Place place) {
    const auto columns = columns_named(model_, name);
    if (columns && columns->size() == 1) return &model_.info->fields[columns->front()];
    failed_ = true;
    if (columns) {
      draft_.report.error(Stage::meaning, "check.type", place, quote(name) + " has several columns; name one of them");
      return nullptr;
    }
    draft_.report.error(Stage::meaning, "check.field_unknown", place,
                        "model " + quote(model_.info->name) + " has no field " + quote(name) +
                            did_you_mean(name, column_names(model_)));
    return nullptr;
  }

  static Condition reference(const FieldInfo& field) {
    Condition result;
    result.op = Op::field;
    result.field = field.index;
    return result;
  }

  Condition literal(const Node& node, const FieldInfo& field) {
    const Node* wrapped = node.find("value");
    const Node& value = wrapped != nullptr && node.items().size() == 1 ? *wrapped : node;
    const EnumInfo* enumeration = field.enumeration == no_index ? nullptr : &draft_.enums[field.enumeration];
    Condition result;
    if (const auto misfit = to_value(value, field, enumeration, result.value)) {
      return wrong(value, "what is compared with field " + quote(field.name) + " " + misfit->message);
    }
    return result;
  }

  Draft& draft_;
  const ModelDraft& model_;
  bool failed_ = false;
};

}  // namespace

std::optional<Condition> make_condition(Draft& draft, const ModelDraft& model, const Node& node) {
  return ConditionMaker(draft, model).make(node);
}

}  // namespace dorm::schema
