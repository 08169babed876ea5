#include "sql/operators.hpp"

#include "sql/each_child.hpp"

namespace dorm::sql {

std::string_view word(UnaryOp op) noexcept {
  switch (op) {
    case UnaryOp::negate:
      return "negate";
    case UnaryOp::plus:
      return "plus";
    case UnaryOp::logical_not:
      return "not";
    case UnaryOp::bit_not:
      return "bit_not";
  }
  return {};
}

std::string_view word(BinaryOp op) noexcept {
  switch (op) {
    case BinaryOp::eq:
      return "eq";
    case BinaryOp::ne:
      return "ne";
    case BinaryOp::lt:
      return "lt";
    case BinaryOp::le:
      return "le";
    case BinaryOp::gt:
      return "gt";
    case BinaryOp::ge:
      return "ge";
    case BinaryOp::is_distinct:
      return "is_distinct";
    case BinaryOp::is_not_distinct:
      return "is_not_distinct";
    case BinaryOp::add:
      return "add";
    case BinaryOp::subtract:
      return "subtract";
    case BinaryOp::multiply:
      return "multiply";
    case BinaryOp::divide:
      return "divide";
    case BinaryOp::modulo:
      return "modulo";
    case BinaryOp::concat:
      return "concat";
    case BinaryOp::bit_and:
      return "bit_and";
    case BinaryOp::bit_or:
      return "bit_or";
    case BinaryOp::bit_xor:
      return "bit_xor";
    case BinaryOp::shift_left:
      return "shift_left";
    case BinaryOp::shift_right:
      return "shift_right";
    case BinaryOp::json_contains:
      return "json_contains";
  }
  return {};
}

std::string_view symbol(BinaryOp op) noexcept {
  switch (op) {
    case BinaryOp::eq:
      return "=";
    case BinaryOp::ne:
      return "!=";
    case BinaryOp::lt:
      return "<";
    case BinaryOp::le:
      return "<=";
    case BinaryOp::gt:
      return ">";
    case BinaryOp::ge:
      return ">=";
    case BinaryOp::is_distinct:
    case BinaryOp::is_not_distinct:
      return "is distinct from";
    case BinaryOp::add:
      return "+";
    case BinaryOp::subtract:
      return "-";
    case BinaryOp::multiply:
      return "*";
    default:
      return word(op);
  }
}

std::string_view word(LogicalOp op) noexcept {
  switch (op) {
    case LogicalOp::all:
      return "all";
    case LogicalOp::any:
      return "any";
  }
  return {};
}

std::string_view word(MatchOp op) noexcept {
  switch (op) {
    case MatchOp::like:
      return "like";
    case MatchOp::ilike:
      return "ilike";
    case MatchOp::contains:
      return "contains";
    case MatchOp::startswith:
      return "startswith";
    case MatchOp::endswith:
      return "endswith";
    case MatchOp::icontains:
      return "icontains";
    case MatchOp::istartswith:
      return "istartswith";
    case MatchOp::iendswith:
      return "iendswith";
    case MatchOp::iexact:
      return "iexact";
    case MatchOp::regex:
      return "regex";
    case MatchOp::iregex:
      return "iregex";
  }
  return {};
}

std::string_view word(JsonRead as) noexcept {
  switch (as) {
    case JsonRead::json:
      return "json";
    case JsonRead::text:
      return "text";
    case JsonRead::integer:
      return "integer";
    case JsonRead::real:
      return "real";
    case JsonRead::boolean:
      return "boolean";
    case JsonRead::length:
      return "length";
    case JsonRead::exists:
      return "exists";
  }
  return {};
}

std::string_view word(Frame::Unit unit) noexcept {
  switch (unit) {
    case Frame::Unit::none:
      return "none";
    case Frame::Unit::rows:
      return "rows";
    case Frame::Unit::range:
      return "range";
    case Frame::Unit::groups:
      return "groups";
  }
  return {};
}

std::string_view word(DatePartKind part) noexcept {
  switch (part) {
    case DatePartKind::date:
      return "date";
    case DatePartKind::time:
      return "time";
    case DatePartKind::year:
      return "year";
    case DatePartKind::quarter:
      return "quarter";
    case DatePartKind::month:
      return "month";
    case DatePartKind::week:
      return "week";
    case DatePartKind::day:
      return "day";
    case DatePartKind::week_day:
      return "week_day";
    case DatePartKind::hour:
      return "hour";
    case DatePartKind::minute:
      return "minute";
    case DatePartKind::second:
      return "second";
  }
  return {};
}

std::string_view word(NullsOrder order) noexcept {
  switch (order) {
    case NullsOrder::smallest:
      return "smallest";
    case NullsOrder::first:
      return "first";
    case NullsOrder::last:
      return "last";
  }
  return {};
}

std::string_view word(JoinKind kind) noexcept {
  switch (kind) {
    case JoinKind::inner:
      return "inner";
    case JoinKind::left:
      return "left";
    case JoinKind::right:
      return "right";
    case JoinKind::full:
      return "full";
    case JoinKind::cross:
      return "cross";
  }
  return {};
}

std::string_view word(SetOp op) noexcept {
  switch (op) {
    case SetOp::none:
      return "none";
    case SetOp::union_distinct:
      return "union";
    case SetOp::union_all:
      return "union_all";
    case SetOp::intersect:
      return "intersect";
    case SetOp::except:
      return "except";
  }
  return {};
}

std::string_view word(Lock::Strength strength) noexcept {
  switch (strength) {
    case Lock::Strength::none:
      return "none";
    case Lock::Strength::update:
      return "update";
    case Lock::Strength::share:
      return "share";
  }
  return {};
}

std::string_view word(Conflict::Action action) noexcept {
  switch (action) {
    case Conflict::Action::none:
      return "none";
    case Conflict::Action::nothing:
      return "nothing";
    case Conflict::Action::update:
      return "update";
  }
  return {};
}

std::string_view detail::join_role(JoinKind kind) noexcept {
  switch (kind) {
    case JoinKind::inner:
      return "inner join";
    case JoinKind::left:
      return "left join";
    case JoinKind::right:
      return "right join";
    case JoinKind::full:
      return "full join";
    case JoinKind::cross:
      return "cross join";
  }
  return {};
}

}  // namespace dorm::sql
