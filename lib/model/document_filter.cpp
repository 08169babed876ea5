// Filters of documents: from JSON to conditions by name, each bound once so that mistakes are told where they stand.
#include <algorithm>
#include <utility>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/document.hpp"
#include "query/path.hpp"
#include "query/typing.hpp"

namespace dorm::document {
namespace {

using json::NodeKind;

constexpr std::string_view text_operators[] = {"iexact",      "contains", "icontains", "startswith",
                                               "istartswith", "endswith", "iendswith", "like",
                                               "ilike",       "regex",    "iregex"};

bool is_text_operator(std::string_view op) {
  return std::find(std::begin(text_operators), std::end(text_operators), op) != std::end(text_operators);
}

// What a value beside the operand is read as.
Type value_type(const query::NamedOperand& operand) {
  Type type;
  if (operand.op == "isnull") {
    type.kind = TypeKind::boolean;
  } else if (is_text_operator(operand.op)) {
    type.kind = TypeKind::text;
  } else {
    type = operand.term->type;
  }
  return type;
}

bool is_whole(TypeKind kind) {
  return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint;
}

// Which text stands for a whole number of 64 bits, if it is not too long.
bool is_digits(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Decimal> decimal_of(std::string_view text) {
  try {
    return Decimal::parse(text);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

Value scalar(const json::Node& node, const Type& type, std::string_view label) {
  if (node.is(NodeKind::object) || node.is(NodeKind::array))
    fail(node, "a single value belongs here; " + std::string(json::kind_name(node.kind())) + " does not fit");
  if (type.kind == TypeKind::unknown) {
    if (node.is(NodeKind::boolean)) return Value(node.boolean());
    if (node.is(NodeKind::integer)) return Value(node.integer());
    if (node.is(NodeKind::real)) return Value(node.real());
    return node.is(NodeKind::string) ? Value(node.text()) : Value();
  }
  // A number means what it is written as, whatever kind of number it is compared with.
  if (query::family(type.kind) == query::Family::number && node.is(NodeKind::integer)) return Value(node.integer());
  if (is_whole(type.kind) && node.is(NodeKind::real)) return Value(node.real());
  if (is_whole(type.kind) && node.is(NodeKind::string) && !is_digits(node.text())) {
    if (std::optional<Decimal> decimal = decimal_of(node.text())) return Value(*std::move(decimal));
  }
  return at(node, [&] { return value_from_json(node, type, label); });
}

// The path of relations of a ground, from the document's model.
std::string place_of(const Ground& ground, const std::vector<std::uint32_t>& relations, std::string_view name) {
  std::string path = query::path_text(*ground.root->model, ground.root->registry, relations);
  if (!name.empty()) path.append(" as ").append(name);
  if (ground.place.empty() || path.empty()) return ground.place + path;
  return ground.place + "__" + path;
}

Filter all_of_filters(std::vector<Filter> all) {
  if (all.size() == 1) return std::move(all.front());
  return all.empty() ? Filter() : and_(all);
}

}  // namespace

bool is_filter_word(std::string_view name) {
  return std::find(std::begin(filter_words), std::end(filter_words), name) != std::end(filter_words);
}

Ground ground_along(const Ground& ground, const std::vector<std::uint32_t>& relations, std::string_view name) {
  Ground along;
  along.root = query::model_source_beside(*ground.root, model_at(ground.root, relations));
  along.place = place_of(ground, relations, name);
  return along;
}

const ModelInfo& model_at(const query::SourcePtr& root, const std::vector<std::uint32_t>& relations) {
  const ModelInfo* model = root->model;
  for (const std::uint32_t relation : relations) model = &root->registry.model(model->relations[relation].target);
  return *model;
}

void FilterReader::require_path(const json::Node& node, std::string_view path, const Ground& ground, QueryGate::Use use,
                                std::string_view name) {
  if (gate_ == nullptr) return;
  const std::vector<std::string> steps = query::path_steps(path);
  const auto is_first = [&](const query::Annotation& annotation) { return annotation.name == steps.front(); };
  if (std::any_of(ground.scope.annotations.begin(), ground.scope.annotations.end(), is_first)) return;
  use.lists = use.lists && ground.lists;
  at(node, [&] { gate_->require(*ground.root->model, path, use); });
  count_relations(node, path, ground, use, name);
}

// A key that is read from the row that holds it takes no step.
void FilterReader::count_relations(const json::Node& node, std::string_view path, const Ground& ground,
                                   const QueryGate::Use& use, std::string_view name) {
  const query::ParsedPath parsed =
      at(node, [&] { return query::parse_path(ground.root, path, query::operator_names()); });
  const bool to_end = parsed.relation != no_index && (use.relations || use.rows || !parsed.member);
  std::vector<std::uint32_t> relations = query::relations_of(to_end ? parsed.target : parsed.member->source);
  for (; !relations.empty(); relations.pop_back())
    relations_.insert(place_of(ground, relations, std::exchange(name, std::string_view())));
  const std::size_t limit = gate_->limits().max_relations;
  if (relations_.size() <= limit) return;
  fail(node, "with " + quote(path) + " the document joins or loads more than " + std::to_string(limit) +
                 " relations, which is the limit (max_relations); ask for less at once");
}

void FilterReader::count(const json::Node& node) {
  if (gate_ == nullptr || ++conditions_ <= gate_->limits().max_conditions) return;
  fail(node, "the document has more than " + std::to_string(gate_->limits().max_conditions) +
                 " conditions, which is the limit (max_conditions); use 'in' for lists");
}

Filter FilterReader::filter(const json::Node& node, const Ground& ground, std::size_t depth) {
  if (!node.is(NodeKind::object)) fail_kind(node, "a filter is an object, as {\"name\": \"Malibu\"}");
  if (gate_ != nullptr && depth > gate_->limits().max_depth) {
    fail(node, "more than " + std::to_string(gate_->limits().max_depth) +
                   " filters lie in each other, which is the limit (max_depth)");
  }
  std::vector<Filter> all;
  for (const json::Node* item : node.items()) {
    if (is_filter_word(item->name())) {
      all.push_back(combined(*item, ground, depth));
    } else {
      add_lookups(item->name(), *item, ground, all);
    }
  }
  return all_of_filters(std::move(all));
}

Filter FilterReader::combined(const json::Node& node, const Ground& ground, std::size_t depth) {
  const std::string& name = node.name();
  if (name != "and" && name != "or" && name != "not") return predicate(node, name, ground, depth);
  count(node);
  if (name == "not") return not_(filter(node, ground, depth + 1));
  if (!node.is(NodeKind::array)) fail_kind(node, "'" + name + "' takes a list of filters");
  std::vector<Filter> parts;
  for (const json::Node* item : node.items()) parts.push_back(filter(*item, ground, depth + 1));
  return name == "and" ? and_(parts) : or_(parts);
}

Filter FilterReader::predicate(const json::Node& node, const std::string& word, const Ground& ground,
                               std::size_t depth) {
  if (node.is(NodeKind::array)) {
    std::vector<Filter> all;
    for (const json::Node* item : node.items()) {
      if (item->is(NodeKind::array)) fail_kind(*item, "'" + word + "' takes objects with a path and a filter");
      all.push_back(predicate(*item, word, ground, depth));
    }
    return all_of_filters(std::move(all));
  }
  count(node);
  const json::Node* path_node = &node;
  const json::Node* condition = nullptr;
  if (node.is(NodeKind::object)) {
    require_keys(node, {"path", "filter"}, "'" + word + "'");
    path_node = node.find("path");
    condition = node.find("filter");
    if (path_node == nullptr) fail(node, "'" + word + "' needs a 'path' of relations");
  }
  const std::string& path = text_of(*path_node, "a path of relations");
  if (condition == nullptr && word == "every")
    fail(node, "'every' needs a 'filter': without one it holds for all rows");
  Ground outside = ground;
  outside.lists = true;
  require_path(*path_node, path, outside, {.relations = true, .keys = false, .apart = true});
  const std::vector<std::uint32_t> relations =
      at(*path_node, [&] { return query::parse_relations(ground.root, path); });
  const Ground inside = ground_along(ground, relations);
  const Filter holds = condition == nullptr ? Filter() : filter(*condition, inside, depth + 1);
  Filter made = word == "any" ? any(path, holds) : word == "none" ? none(path, holds) : every(path, holds);
  at(node, [&] { query::bound_filter(made.node(), ground.root, ground.scope); });
  return made;
}

void FilterReader::add_lookups(const std::string& path, const json::Node& node, const Ground& ground,
                               std::vector<Filter>& all) {
  if (node.is(NodeKind::object)) {
    if (node.items().empty()) fail(node, "an object in the place of a value holds operators, as {\"gte\": 1}");
    const std::vector<std::string>& operators = query::operator_names();
    for (const json::Node* item : node.items()) {
      if (std::find(operators.begin(), operators.end(), item->name()) == operators.end()) {
        fail(*item, quote(item->name()) + " is no operator" + did_you_mean(item->name(), operators) + "; there are " +
                        quote_list(operators, operators.size()));
      }
      add_lookups(path + "__" + item->name(), *item, ground, all);
    }
    return;
  }
  count(node);
  // Whether there is a row at all needs no key to be told.
  const bool asks_null = node.is(NodeKind::null) || path.ends_with("__isnull") || path.ends_with(".isnull");
  require_path(node, path, ground, {false, !asks_null, true});
  const query::NamedOperand operand = at(node, [&] { return query::named_operand(path, ground.root, ground.scope); });
  if (gate_ != nullptr) {
    const bool refused = ((operand.op == "like" || operand.op == "ilike") && !gate_->limits().allow_like) ||
                         ((operand.op == "regex" || operand.op == "iregex") && !gate_->limits().allow_regex);
    if (refused) fail(node, "operator '" + operand.op + "' is not allowed here; use contains, startswith or endswith");
  }
  const Type type = value_type(operand);
  const std::string label = "the value of " + quote(path);
  Filter made;
  if (node.is(NodeKind::array)) {
    if (gate_ != nullptr && node.items().size() > gate_->limits().max_items) {
      fail(node, "the list has more than " + std::to_string(gate_->limits().max_items) +
                     " values, which is the limit (max_items)");
    }
    Values values;
    for (const json::Node* item : node.items()) values.push_back(scalar(*item, type, label));
    made = Filter(path, std::move(values));
  } else {
    made = Filter(path, Expr(scalar(node, type, label)));
  }
  at(node, [&] { query::bound_filter(made.node(), ground.root, ground.scope); });
  all.push_back(made);
}

}  // namespace dorm::document
