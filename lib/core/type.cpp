#include "dorm/type.hpp"

namespace dorm {

std::string_view type_name(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::unknown:
      return "unknown";
    case TypeKind::boolean:
      return "boolean";
    case TypeKind::smallint:
      return "smallint";
    case TypeKind::integer:
      return "integer";
    case TypeKind::bigint:
      return "bigint";
    case TypeKind::real:
      return "real";
    case TypeKind::double_precision:
      return "double";
    case TypeKind::decimal:
      return "decimal";
    case TypeKind::string:
      return "string";
    case TypeKind::text:
      return "text";
    case TypeKind::binary:
      return "binary";
    case TypeKind::uuid:
      return "uuid";
    case TypeKind::date:
      return "date";
    case TypeKind::time:
      return "time";
    case TypeKind::datetime:
      return "datetime";
    case TypeKind::json:
      return "json";
    case TypeKind::enumeration:
      return "enum";
  }
  return "unknown";
}

std::string to_string(const Type& type) {
  std::string text(type_name(type.kind));
  if (type.kind == TypeKind::decimal && type.precision != 0) {
    return text + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  if (type.kind == TypeKind::string && type.max_length != 0) return text + "(" + std::to_string(type.max_length) + ")";
  if (type.kind == TypeKind::datetime && !type.timezone) return text + " without time zone";
  return text;
}

}  // namespace dorm
