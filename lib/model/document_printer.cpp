// QuerySets as documents: conditions as they were given, everything else from what the request holds.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/coerce.hpp"
#include "core/json_text.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "model/document.hpp"
#include "model/document_words.hpp"
#include "query/path.hpp"
#include "query/pattern.hpp"
#include "sql/operators.hpp"

namespace dorm::document {
namespace {

using query::FilterNode;
using query::FilterPtr;
using query::Request;
using query::Term;
using query::TermKind;
using query::TermPtr;

[[noreturn]] void refuse_form(const std::string& what) {
  throw QueryError("this query cannot be written as a document: " + what);
}

// ---- JSON ----

class ObjectText {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ", ";
    json::append_quoted(text_, name);
    text_ += ": ";
    text_ += value;
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
  std::size_t size_ = 0;
};

std::string list_text(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ", ";
    text += item;
  }
  return text + "]";
}

std::string names_text(const std::vector<std::string>& names) {
  std::vector<std::string> items;
  for (const std::string& name : names) items.push_back(json::quoted(name));
  return list_text(items);
}

std::string one_member(std::string_view name, std::string_view value) {
  ObjectText object;
  object.add(name, value);
  return object.text();
}

bool is_whole_type(TypeKind kind) {
  return kind == TypeKind::smallint || kind == TypeKind::integer || kind == TypeKind::bigint;
}

// With a point or an exponent: without one it would be read as an integer.
std::string real_text(double value) {
  if (!std::isfinite(value)) refuse_form("a value is no finite number");
  std::string text;
  append_json(text, Cell::of_real(value), Type());
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// Beside an integer, digits alone are an integer.
std::string decimal_text(const Decimal& value, const Type& beside) {
  std::string text = value.text();
  if (is_whole_type(beside.kind) && text.find('.') == std::string::npos) text += "e0";
  return json::quoted(text);
}

// A value as it is read again beside what has this type.
std::string value_text(const Value& value, const Type& beside) {
  switch (value.kind()) {
    case ValueKind::list: {
      std::vector<std::string> items;
      for (const Value& item : value.list()) {
        if (item.kind() == ValueKind::list) refuse_form("a list holds lists");
        items.push_back(value_text(item, beside));
      }
      return list_text(items);
    }
    case ValueKind::json:
      refuse_form("a value is JSON");
    case ValueKind::real:
      return real_text(value.real());
    case ValueKind::null:
    case ValueKind::boolean:
    case ValueKind::integer:
    case ValueKind::text:
      break;
    default:
      if (beside.kind == TypeKind::unknown) {
        refuse_form("a value of kind '" + std::string(kind_name(value.kind())) +
                    "' is compared with something of no known type");
      }
      if (value.kind() == ValueKind::decimal) return decimal_text(value.decimal(), beside);
  }
  std::string text;
  append_json(text, borrow(value), Type());
  return text;
}

// ---- paths ----

// "tracks__" for the rows that the source stands for; nothing if it starts elsewhere.
std::optional<std::string> prefix_of(const query::Source& source, const query::Source& root) {
  if (!source.from) return query::same_source(source, root) ? std::optional<std::string>("") : std::nullopt;
  std::optional<std::string> prefix = prefix_of(*source.from, root);
  if (!prefix) return prefix;
  *prefix += source.from->model->relations[source.via].name + "__";
  if (source.links) *prefix += source.model->snake_name + "__";
  return prefix;
}

std::string relations_text(const Request& request, const std::vector<std::uint32_t>& path) {
  return query::path_text(*request.root->model, request.root->registry, path);
}

std::string path_or_refuse(const TermPtr& term, const Request& request, std::string_view what) {
  if (std::optional<std::string> path = spelled(term, request)) return *std::move(path);
  refuse_form(std::string(what) + " is an expression, not a path");
}

Request request_of(const ModelInfo& model, const Registry& registry) {
  Request request;
  request.root = query::model_source(registry, model);
  return request;
}

// ---- conditions ----

// What a row stands for beside the path: the field that the path compares.
std::string row_text(const KeyRef& key, const Term& beside) {
  if (key.model == nullptr) refuse_form("a value is a row that has no key");
  std::uint32_t field = no_index;
  if (beside.kind == TermKind::relation) {
    const RelationInfo& relation = beside.source->model->relations[beside.index];
    if (relation.target_fields.size() == 1) field = relation.target_fields.front();
  } else if (key.model->primary_key.size() == 1) {
    field = key.model->primary_key.front();
  }
  const Value* value = field == no_index ? nullptr : key.find(field);
  if (value == nullptr) refuse_form("a row of '" + key.model->name + "' as a value has a key of several fields");
  return value_text(*value, key.model->fields[field].type);
}

std::string given_value(const Term& value, const Term& beside) {
  if (value.kind == TermKind::value) return value_text(value.value, beside.type);
  if (value.kind == TermKind::row) return row_text(value.key, beside);
  if (value.kind == TermKind::subquery) refuse_form("a value is a query; ask with any()");
  if (value.kind != TermKind::tuple) refuse_form("a value is an expression");
  std::vector<std::string> items;
  for (const TermPtr& row : value.children) {
    if (row->kind != TermKind::row) refuse_form("a list of values holds expressions");
    items.push_back(row_text(row->key, beside));
  }
  return list_text(items);
}

std::string lookup_value(const FilterNode& node, const Request& request) {
  const query::NamedOperand operand = query::named_operand(node.path, request.root, {request.annotations, true});
  return given_value(*node.value, *operand.term);
}

// A condition as one member of an object.
using Member = std::pair<std::string, std::string>;

Member comparison(const TermPtr& left, std::string_view op, const std::string& value, const Request& request) {
  return {path_or_refuse(left, request, "what a condition compares") + "__" + std::string(op), value};
}

std::string text_of_member(const Member& member) { return one_member(member.first, member.second); }

const Value& value_beside(const TermPtr& term) {
  if (term->kind != TermKind::value) refuse_form("a condition compares two expressions");
  return term->value;
}

Member negated_if(Member member, bool negated) {
  return negated ? Member("not", text_of_member(member)) : std::move(member);
}

std::string expression_text(const Term& term, const Request& request);

// An expression of the program, where it says no more than a lookup.
Member expression_member(const Term& term, const Request& request) {
  static constexpr std::array<std::string_view, 6> comparisons{"exact", "ne", "lt", "lte", "gt", "gte"};
  // What a comparison, whose first operand is the path, has at this place.
  const auto operand = [&](std::size_t place) {
    return value_text(value_beside(term.children[place]), term.children[0]->type);
  };
  switch (term.kind) {
    case TermKind::all:
    case TermKind::any: {
      std::vector<std::string> parts;
      for (const TermPtr& child : term.children) parts.push_back(expression_text(*child, request));
      return {term.kind == TermKind::all ? "and" : "or", list_text(parts)};
    }
    case TermKind::unary:
      if (static_cast<sql::UnaryOp>(term.op) != sql::UnaryOp::logical_not) break;
      return {"not", expression_text(*term.children.front(), request)};
    case TermKind::binary:
      if (term.op >= comparisons.size()) break;
      return comparison(term.children[0], comparisons[term.op], operand(1), request);
    case TermKind::is_null:
      return comparison(term.children[0], "isnull", term.negated ? "false" : "true", request);
    case TermKind::in_list:
      return comparison(term.children[0], term.negated ? "not_in" : "in", operand(1), request);
    case TermKind::between: {
      const std::string ends = list_text({operand(1), operand(2)});
      return negated_if(comparison(term.children[0], "range", ends, request), term.negated);
    }
    case TermKind::match:
      return negated_if(
          comparison(term.children[0], query::spelling(static_cast<sql::MatchOp>(term.op)), operand(1), request),
          term.negated);
    default:
      break;
  }
  refuse_form("a condition is an expression that says more than one path and one value");
}

// Conditions of which all must hold share an object where each has a name of its own, as filters do.
std::string expression_text(const Term& term, const Request& request) {
  if (term.kind == TermKind::all && !term.children.empty()) {
    ObjectText object;
    std::vector<std::string> names;
    for (const TermPtr& child : term.children) {
      const Member member = expression_member(*child, request);
      if (std::find(names.begin(), names.end(), member.first) != names.end()) break;
      names.push_back(member.first);
      object.add(member.first, member.second);
    }
    if (names.size() == term.children.size()) return object.text();
  }
  return text_of_member(expression_member(term, request));
}

std::string list_of_filters(const std::vector<FilterPtr>& filters, const Request& request) {
  std::vector<std::string> parts;
  for (const FilterPtr& filter : filters) parts.push_back(filter_text(filter, request));
  return list_text(parts);
}

std::string predicate_text(const FilterNode& node, const Request& request) {
  const std::vector<std::uint32_t> relations = query::parse_relations(request.root, node.path);
  const Request inside = request_of(model_at(request.root, relations), request.root->registry);
  ObjectText object;
  object.add("path", json::quoted(node.path));
  const FilterPtr& condition = node.children.front();
  if (!query::is_always_true(condition) || node.kind == FilterNode::Kind::every)
    object.add("filter", filter_text(condition, inside));
  return object.text();
}

// The name of a condition as a member of an object; empty if it is not one member.
std::string member_name(const FilterNode& node) {
  switch (node.kind) {
    case FilterNode::Kind::any:
      return "or";
    case FilterNode::Kind::negate:
      return "not";
    case FilterNode::Kind::lookup:
      return is_filter_word(node.path) ? node.path + "__exact" : node.path;
    case FilterNode::Kind::some:
      return "any";
    case FilterNode::Kind::none:
      return "none";
    case FilterNode::Kind::every:
      return "every";
    case FilterNode::Kind::all:
      return node.children.empty() ? "" : "and";
    case FilterNode::Kind::expression:
      break;
  }
  return {};
}

std::string member_value(const FilterNode& node, const Request& request) {
  if (node.kind == FilterNode::Kind::any || node.kind == FilterNode::Kind::all)
    return list_of_filters(node.children, request);
  if (node.kind == FilterNode::Kind::negate) return filter_text(node.children.front(), request);
  return node.kind == FilterNode::Kind::lookup ? lookup_value(node, request) : predicate_text(node, request);
}

// The names of conditions that share an object, which are as many as those; none where one has no name of its own.
std::vector<std::string> member_names(const std::vector<FilterPtr>& filters) {
  std::vector<std::string> names;
  for (const FilterPtr& filter : filters) {
    std::string name = member_name(*filter);
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return {};
    names.push_back(std::move(name));
  }
  return names;
}

// One filter, or a list of them.
std::string filters_text(const query::GivenConditions& given, const TermPtr& term, const Request& request) {
  if (given.term != term) refuse_form("rows are chosen by something that no filter gave, as those of an accessor are");
  if (given.filters.size() == 1) return filter_text(given.filters.front(), request);
  return list_of_filters(given.filters, request);
}

// What a policy adds is no filter of the document.
void add_filters(ObjectText& object, const Request& request) {
  if (!request.where) return;
  const std::string text = filters_text(request.given_where, request.where, request);
  if (!request.given_where.filters.empty()) object.add("filter", text);
}

// ---- the other keys ----

std::string aggregate_text(const Aggregate& aggregate, const Request& request) {
  ObjectText object;
  object.add(aggregate.function, json::quoted(aggregate.path));
  if (aggregate.is_distinct) object.add("distinct", "true");
  if (aggregate.condition) {
    const query::ParsedPath path = query::parse_path(request.root, aggregate.path);
    const query::SourcePtr& rows = path.relation != no_index ? path.target : path.member->source;
    const FilterPtr& node = aggregate.condition->node();
    object.add("filter", filter_text(node ? node : query::always_true(), request_of(*rows->model, rows->registry)));
  }
  return object.text();
}

std::string orders_text(const Request& request) {
  std::vector<std::string> items;
  for (const query::OrderSpec& by : request.order_by) {
    const std::string path = path_or_refuse(by.term, request, "an order");
    if (by.nulls == sql::NullsOrder::smallest) {
      items.push_back(json::quoted((by.descending ? "-" : "") + path));
      continue;
    }
    ObjectText object;
    object.add("by", json::quoted(path));
    if (by.descending) object.add("descending", "true");
    object.add("nulls", by.nulls == sql::NullsOrder::first ? "\"first\"" : "\"last\"");
    items.push_back(object.text());
  }
  return list_text(items);
}

std::vector<std::string> field_names(const Request& request, bool excluded) {
  std::vector<std::string> names;
  for (const query::FieldChoice& choice : request.fields) {
    if (choice.excluded != excluded) continue;
    std::string name = relations_text(request, choice.path);
    const ModelInfo* model = &model_at(request.root, choice.path);
    if (choice.links) {
      const std::vector<std::uint32_t> before(choice.path.begin(), choice.path.end() - 1);
      const RelationInfo& last = model_at(request.root, before).relations[choice.path.back()];
      model = &request.root->registry.model(last.through);
      name += "__" + model->snake_name;
    }
    if (choice.field != no_index) name += (name.empty() ? "" : "__") + model->fields[choice.field].name;
    names.push_back(std::move(name));
  }
  return names;
}

// Of what is said twice of one path the last counts.
template <class Choices>
bool is_said_again(const Choices& choices, std::size_t index) {
  return std::any_of(choices.begin() + static_cast<std::ptrdiff_t>(index) + 1, choices.end(),
                     [&](const auto& later) { return later.first == choices[index].first; });
}

void add_columns(ObjectText& object, const Request& request) {
  if (const auto names = field_names(request, false); !names.empty()) object.add("fields", names_text(names));
  if (const auto names = field_names(request, true); !names.empty()) object.add("exclude_fields", names_text(names));
}

void add_joined(ObjectText& object, const Request& request) {
  std::vector<std::string> paths;
  for (const query::LoadRequest& load : request.loads)
    if (load.method == query::Method::join) paths.push_back(relations_text(request, load.path));
  if (!paths.empty()) object.add("select_related", names_text(paths));
}

std::string loads_text(const Request& request, query::Method method);

std::string load_text(const query::LoadRequest& load, const Request& request) {
  const std::string path = json::quoted(relations_text(request, load.path));
  ObjectText object;
  object.add("path", path);
  if (load.rows) {
    const Request& rows = *load.rows;
    add_filters(object, rows);
    if (!rows.order_by.empty()) object.add("order_by", orders_text(rows));
    if (rows.limit) object.add("limit", std::to_string(*rows.limit));
    if (rows.offset) object.add("offset", std::to_string(*rows.offset));
    add_columns(object, rows);
    add_joined(object, rows);
    if (const std::string below = loads_text(rows, query::Method::fetch); !below.empty())
      object.add("prefetch_related", below);
  }
  if (!load.name.empty()) object.add("as", json::quoted(load.name));
  if (load.strategy != Strategy::automatic) object.add("strategy", json::quoted(spelling(load.strategy)));
  if (load.lazy != LazyPolicy::unset) object.add("lazy", json::quoted(spelling(load.lazy)));
  return object.size() == 1 ? path : object.text();
}

std::string loads_text(const Request& request, query::Method method) {
  std::vector<std::string> items;
  for (const query::LoadRequest& load : request.loads)
    if (load.method == method) items.push_back(load_text(load, request));
  return items.empty() ? std::string() : list_text(items);
}

void add_limits(ObjectText& object, const Request& request) {
  if (!request.from_end) {
    if (request.limit) object.add("limit", std::to_string(*request.limit));
    if (request.offset) object.add("offset", std::to_string(*request.offset));
    return;
  }
  const std::int64_t last = request.offset.value_or(0);
  std::int64_t first = 0;
  if (__builtin_add_overflow(last, request.limit.value_or(0), &first)) first = INT64_MAX;
  std::vector<std::string> ends{std::to_string(-first)};
  if (request.offset) ends.push_back(std::to_string(-last));
  object.add("slice", list_text(ends));
}

void add_groups(ObjectText& object, const Request& request) {
  if (!request.annotations.empty()) {
    ObjectText annotations;
    for (const query::Annotation& annotation : request.annotations) {
      if (annotation.given) {
        annotations.add(annotation.name, aggregate_text(*annotation.given, request));
        continue;
      }
      const TermPtr& term = annotation.term ? annotation.term : annotation.grouped;
      const TermPtr& bare = term->kind == TermKind::alias ? term->children.front() : term;
      Request plain = request_of(*request.root->model, request.root->registry);
      annotations.add(annotation.name,
                      json::quoted(path_or_refuse(bare, plain, "annotation '" + annotation.name + "'")));
    }
    object.add("annotate", annotations.text());
  }
  if (!request.group_by.empty()) {
    std::vector<std::string> paths;
    for (const TermPtr& term : request.group_by) paths.push_back(path_or_refuse(term, request, "a group"));
    object.add("group_by", names_text(paths));
  }
  if (request.having) object.add("having", filters_text(request.given_having, request.having, request));
}

}  // namespace

std::optional<std::string> spelled(const TermPtr& term, const Request& request) {
  for (const query::Annotation& annotation : request.annotations)
    if (term == annotation.term || term == annotation.grouped) return annotation.name;
  switch (term->kind) {
    case TermKind::alias: {
      const auto is_its = [&](const query::Annotation& annotation) { return annotation.name == term->name; };
      if (std::any_of(request.annotations.begin(), request.annotations.end(), is_its)) return term->name;
      return spelled(term->children.front(), request);
    }
    case TermKind::part: {
      std::optional<std::string> of = spelled(term->children.front(), request);
      if (of) *of += "__" + std::string(sql::word(static_cast<sql::DatePartKind>(term->op)));
      return of;
    }
    case TermKind::column:
    case TermKind::relation: {
      if (!term->source || term->source->model == nullptr) return std::nullopt;
      std::optional<std::string> path = prefix_of(*term->source, *request.root);
      const ModelInfo& model = *term->source->model;
      if (path)
        *path += term->kind == TermKind::column ? model.fields[term->index].name : model.relations[term->index].name;
      return path;
    }
    default:
      return std::nullopt;
  }
}

std::string filter_text(const FilterPtr& filter, const Request& request) {
  if (query::is_always_true(filter)) return "{}";
  if (filter->kind == FilterNode::Kind::expression) return expression_text(*filter->value, request);
  // AND within AND stays so: the statement has its parentheses.
  const std::vector<FilterPtr> members =
      filter->kind == FilterNode::Kind::all ? filter->children : std::vector<FilterPtr>{filter};
  const std::vector<std::string> names = member_names(members);
  if (names.empty()) return one_member("and", list_of_filters(members, request));
  ObjectText object;
  for (std::size_t i = 0; i < names.size(); ++i) object.add(names[i], member_value(*members[i], request));
  return object.text();
}

std::string request_text(const Request& request, const std::optional<std::vector<std::string>>& values) {
  if (request.via != nullptr) refuse_form("its rows are those of an accessor");
  ObjectText object;
  object.add("model", json::quoted(request.root->model->namespace_name.empty()
                                       ? request.root->model->name
                                       : request.root->model->namespace_name + "." + request.root->model->name));
  add_filters(object, request);
  add_groups(object, request);
  if (!request.order_by.empty()) object.add("order_by", orders_text(request));
  if (request.reversed) object.add("reverse", "true");
  add_limits(object, request);
  if (request.raw_limit) object.add("raw_limit", "true");
  if (request.distinct) object.add("distinct", "true");
  add_joined(object, request);
  if (const std::string loads = loads_text(request, query::Method::fetch); !loads.empty())
    object.add("prefetch_related", loads);
  if (const std::string loads = loads_text(request, query::Method::best); !loads.empty())
    object.add("load_related", loads);
  if (request.select_all != query::SelectAll::no)
    object.add(request.select_all_by == query::Method::join ? "select_all" : "load_all",
               request.select_all == query::SelectAll::follow ? "\"follow\"" : "true");
  add_columns(object, request);
  if (request.load_required) object.add("load_required", *request.load_required ? "true" : "false");
  if (!request.strategies.empty()) {
    ObjectText strategies;
    for (std::size_t i = 0; i < request.strategies.size(); ++i) {
      const auto& [path, strategy] = request.strategies[i];
      if (!is_said_again(request.strategies, i))
        strategies.add(relations_text(request, path), json::quoted(spelling(strategy)));
    }
    object.add("strategy", strategies.text());
  }
  if (!request.lazy_paths.empty()) {
    ObjectText policies;
    if (request.lazy != LazyPolicy::unset) policies.add("", json::quoted(spelling(request.lazy)));
    for (std::size_t i = 0; i < request.lazy_paths.size(); ++i) {
      const auto& [path, lazy] = request.lazy_paths[i];
      if (!is_said_again(request.lazy_paths, i))
        policies.add(relations_text(request, path), json::quoted(spelling(lazy)));
    }
    object.add("lazy", policies.text());
  } else if (request.lazy != LazyPolicy::unset) {
    object.add("lazy", json::quoted(spelling(request.lazy)));
  }
  if (values) object.add("values", values->empty() ? std::string("true") : names_text(*values));
  return object.text();
}

}  // namespace dorm::document
