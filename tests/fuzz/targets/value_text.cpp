// Texts of decimals, dates, times, uuids: parsed, printed, parsed again; and as values for columns of every type.
#include "dorm/value.hpp"

#include "core/coerce.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

template <class T>
void round_trip(std::string_view text) {
  T value;
  try {
    value = T::parse(text);
  } catch (const DataError&) {
    return;
  }
  require(T::parse(value.text()) == value, "what is printed parses as the same value");
}

void count_with(std::string_view text) {
  try {
    const Decimal value = Decimal::parse(text);
    value.approximate();
    require((value <=> value) == 0, "a decimal equals itself");
    const Decimal rescaled = value.rescaled(6);
    require(rescaled == value, "rescaling loses nothing");
  } catch (const DataError&) {
  }
}

void coerce_to(const Type& type, std::string_view text) {
  try {
    const Value value = coerce(Value(text), type, "Model.field");
    require(coerce(value, type, "Model.field") == value, "what fits a type fits it again");
  } catch (const DataError& error) {
    require(std::string_view(error.what()).find("Model.field") != std::string_view::npos,
            "a DataError names the field");
  }
}

void write_as_name(std::string_view text) {
  require(is_utf8(quote(text)), "a quoted text is UTF-8");
  snake_case(text);
  camel_case(text);
  plural(text);
}

}  // namespace

std::vector<std::string> seeds() {
  return {"-12.50",
          "1e3",
          "0.000000000000000001",
          "123456789012345678901234567890.123",
          "2026-11-21",
          "2024-02-29 13:45:07.123456+05:30",
          "9999-12-31T23:59:59Z",
          "13:45:07.5",
          "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
          "{6BA7B8109DAD11D180B400C04FD430C8}",
          "[1, {\"a\": null}]",
          "HTTPServer_x"};
}

void run(std::string_view text) {
  round_trip<Decimal>(text);
  round_trip<Date>(text);
  round_trip<Time>(text);
  round_trip<DateTime>(text);
  round_trip<Uuid>(text);
  count_with(text);
  for (int kind = 0; kind <= static_cast<int>(TypeKind::enumeration); ++kind) {
    Type type;
    type.kind = static_cast<TypeKind>(kind);
    type.precision = 12;
    type.scale = 4;
    type.max_length = 20;
    coerce_to(type, text);
  }
  write_as_name(text);
}

}  // namespace dorm::fuzz
