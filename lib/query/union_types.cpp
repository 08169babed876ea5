#include "query/union_types.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "query/typing.hpp"

namespace dorm::query {
namespace {

int width_of(TypeKind kind) {
  return kind == TypeKind::smallint ? 1 : kind == TypeKind::integer ? 2 : kind == TypeKind::bigint ? 3 : 0;
}

std::optional<Type> united_decimal(const Type& left, const Type& right) {
  const bool is_left = left.kind == TypeKind::decimal;
  const bool both = is_left && right.kind == TypeKind::decimal;
  Type type = is_left ? left : right;
  const Type& other = is_left ? right : left;
  if (!both && width_of(other.kind) == 0) return std::nullopt;
  if (type.storage != Storage::native || other.storage != Storage::native) return std::nullopt;
  if (type.precision > most_scaled_digits || other.precision > most_scaled_digits) {
    if (!both || type.scale != other.scale || std::min(type.precision, other.precision) <= most_scaled_digits)
      return std::nullopt;
    type.precision = std::max(type.precision, other.precision);
    return type;
  }
  type.precision = 0;
  if (both) type.scale = std::max(type.scale, other.scale);
  return type;
}

std::optional<Type> united_number(const Type& left, const Type& right) {
  if (left.kind == TypeKind::decimal || right.kind == TypeKind::decimal) return united_decimal(left, right);
  Type type;
  type.storage = left.storage == Storage::native ? right.storage : left.storage;
  const bool are_whole = width_of(left.kind) != 0 && width_of(right.kind) != 0;
  type.kind = !are_whole                                   ? TypeKind::double_precision
              : width_of(left.kind) < width_of(right.kind) ? right.kind
                                                           : left.kind;
  // A real is one as long as it is among its like.
  if (left.kind == TypeKind::real && right.kind == TypeKind::real) type.kind = TypeKind::real;
  return type;
}

// What is selected by each of the selects of which a set operation is made.
void add_members(const QuerySpec& spec, std::vector<std::vector<TermPtr>>& members) {
  if (spec.set_op == sql::SetOp::none) {
    members.push_back(expanded_outputs(spec));
    return;
  }
  add_members(*spec.left, members);
  add_members(*spec.right, members);
}

bool is_native_enum(const Term& term) {
  const EnumInfo* found = enum_of(term);
  return found != nullptr && found->native;
}

// Whether PostgreSQL knows it by the length, the collation or the precision that dorm knows it by.
bool has_own_bounds(const Term& term) {
  if (term.kind == TermKind::column || term.kind == TermKind::relation || term.kind == TermKind::output) return true;
  return family(term.type.kind) != Family::text && (term.kind == TermKind::value || term.kind == TermKind::cast);
}

// What one column is computed from, on both sides.
class UnionColumn {
 public:
  UnionColumn(const std::vector<std::vector<TermPtr>>& members, std::size_t place) {
    for (const std::vector<TermPtr>& outputs : members) terms_.push_back(outputs[place]);
  }
  bool all_have_own_bounds() const {
    return std::all_of(terms_.begin(), terms_.end(),
                       [](const TermPtr& term) { return has_own_bounds(unaliased(*term)); });
  }
  // Types of the database that have nothing in common but their texts.
  bool mixes_enums() const {
    const auto is_native = [](const TermPtr& term) { return is_native_enum(unaliased(*term)); };
    if (std::none_of(terms_.begin(), terms_.end(), is_native)) return false;
    const EnumInfo* first = enum_of(unaliased(*terms_.front()));
    return std::any_of(terms_.begin(), terms_.end(), [&](const TermPtr& term) {
      const EnumInfo* own = enum_of(unaliased(*term));
      return own == nullptr || first == nullptr || own->name != first->name;
    });
  }

 private:
  std::vector<TermPtr> terms_;
};

// Of any length, and of any number of digits.
void make_unbounded(Type& type) {
  if (family(type.kind) == Family::text) {
    type = Type{.kind = TypeKind::text, .storage = type.storage};
  } else if (type.kind == TypeKind::decimal && type.precision <= most_scaled_digits) {
    type.precision = 0;
  }
}

bool differs(const Type& left, Type right) {
  right.storage = left.storage;
  return !(left == right);
}

bool needs_cast(const Term& term, const Type& to, bool exactly) {
  const Type& from = term.type;
  if (to.kind == TypeKind::unknown) return false;
  // Nobody else knows of what type a NULL is.
  if (from.kind == TypeKind::unknown) return term.kind == TermKind::value;
  if (is_native_enum(term) && to.kind != TypeKind::enumeration) return true;
  if (family(from.kind) == Family::number) {
    if ((width_of(from.kind) == 0) != (width_of(to.kind) == 0)) return true;
    if (from.scale != to.scale) return true;
  }
  if (!exactly) return false;
  const bool has_bounds = family(to.kind) == Family::text || to.kind == TypeKind::decimal;
  return differs(from, to) || (has_bounds && !has_own_bounds(term));
}

TermPtr fitted_output(const TermPtr& output, const Type& to, bool exactly) {
  const TermPtr& inner = output->kind == TermKind::alias ? output->children.front() : output;
  TermPtr made;
  if (is_parameter(*inner) && inner->type.kind == TypeKind::unknown && to.kind != TypeKind::unknown) {
    auto typed = std::make_shared<Term>(*inner);
    typed->type = to;
    made = std::move(typed);
  } else if (needs_cast(*inner, to, exactly)) {
    made = widening_cast(inner, to);
  } else {
    return output;
  }
  return output->kind == TermKind::alias ? aliased(made, output->name) : made;
}

SpecPtr with_types(const SpecPtr& spec, const std::vector<OutputColumn>& columns, bool exactly) {
  if (spec->set_op != sql::SetOp::none) {
    const SpecPtr left = with_types(spec->left, columns, exactly);
    const SpecPtr right = with_types(spec->right, columns, exactly);
    if (left == spec->left && right == spec->right) return spec;
    auto copy = std::make_shared<QuerySpec>(*spec);
    copy->left = left;
    copy->right = right;
    return copy;
  }
  const std::vector<TermPtr> terms = expanded_outputs(*spec);
  std::vector<OutputSpec> outputs;
  const OutputColumn* changed = nullptr;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    outputs.push_back({fitted_output(terms[i], columns[i].type, exactly), nullptr});
    if (outputs.back().term != terms[i] && changed == nullptr) changed = &columns[i];
  }
  if (changed == nullptr) return spec;
  // There the order must be by what is selected, and lists know their columns by their place.
  if ((spec->distinct && !spec->order_by.empty()) || spec->parents) {
    throw QueryError("column '" + changed->name + "' of a union is " + to_string(changed->type) +
                     " where all its rows are together; cast it to that where it is selected");
  }
  auto copy = std::make_shared<QuerySpec>(*spec);
  copy->default_projection = false;
  copy->outputs = std::move(outputs);
  return copy;
}

Type common_type(const OutputColumn& left, const Type& right, const char* what) {
  if (const std::optional<Type> type = united_type(left.type, right)) return *type;
  if (are_stored_apart(left.type, right)) {
    throw QueryError("column '" + left.name + "' of " + what +
                     " is a uuid that may lie in 16 bytes on one side and as text on the other; cast one of them to "
                     "the type of the other");
  }
  throw QueryError("column '" + left.name + "' of " + what + " is " + to_string(left.type) + " on one side and " +
                   to_string(right) + " on the other; cast one of them");
}

}  // namespace

std::optional<Type> united_type(const Type& left, const Type& right) {
  if (left == right || right.kind == TypeKind::unknown) return left;
  if (left.kind == TypeKind::unknown) return right;
  if (family(left.kind) != family(right.kind)) return std::nullopt;
  if (family(left.kind) == Family::number) return united_number(left, right);
  Type type = left;
  if (family(left.kind) == Family::text) type = Type{.kind = TypeKind::text, .storage = left.storage};
  if (left.timezone != right.timezone) return std::nullopt;
  if (left.storage == right.storage) return type;
  if (left.storage == Storage::blob || right.storage == Storage::blob) return std::nullopt;
  type.storage = Storage::legacy;
  return type;
}

United unite(const SpecPtr& left, const SpecPtr& right, const std::vector<OutputColumn>* seen) {
  const char* what = seen == nullptr ? "a union" : "a recursive CTE";
  const std::vector<OutputColumn> ours = output_columns(*left);
  const std::vector<OutputColumn> theirs = output_columns(*right);
  if (ours.size() != theirs.size()) {
    throw QueryError(std::string("the queries of ") + what + " select " + std::to_string(ours.size()) + " and " +
                     std::to_string(theirs.size()) + " columns; they must be equally many");
  }
  United united{left, right, ours};
  std::vector<std::vector<TermPtr>> members;
  add_members(*left, members);
  add_members(*right, members);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    OutputColumn& column = united.columns[i];
    const UnionColumn computed(members, i);
    column.type = common_type(ours[i], theirs[i].type, what);
    column.nullable = column.nullable || theirs[i].nullable;
    column.sensitive = column.sensitive || theirs[i].sensitive;
    if (computed.mixes_enums()) column.type = Type{.kind = TypeKind::text};
    if (seen == nullptr) continue;
    if (!computed.all_have_own_bounds()) make_unbounded(column.type);
    column.type = common_type(column, (*seen)[i].type, what);
    column.nullable = column.nullable || (*seen)[i].nullable;
    column.sensitive = column.sensitive || (*seen)[i].sensitive;
  }
  united.left = with_types(left, united.columns, seen != nullptr);
  united.right = with_types(right, united.columns, false);
  return united;
}

}  // namespace dorm::query
