#include "sqlite/json_agg.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "core/json_text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm::sqlite {
namespace {

std::string_view json_argument(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void set_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// The shortest digits that are this number again, without an exponent: what PostgreSQL's numeric makes of them.
template <class Real>
void set_real(sqlite3_context* context, Real number) {
  if (!std::isfinite(number)) return sqlite3_result_error(context, "number out of range", -1);
  std::array<char, 32> shortest{};
  char* const first = shortest.data() + (std::signbit(number) ? 1 : 0);
  const auto [end, error] =
      std::to_chars(shortest.data(), shortest.data() + shortest.size(), number, std::chars_format::scientific);
  const std::string_view text(first, static_cast<std::size_t>(end - first));  // d.ddde±dd
  const std::size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 2) digits.append(text.substr(2, mark - 2));
  int exponent = 0;
  std::from_chars(text.data() + mark + (text[mark + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  const int point = exponent + 1;  // digits before it
  const auto count = static_cast<int>(digits.size());
  std::string json = number < 0 ? "-" : "";
  if (point <= 0) {
    json.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    json.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    json.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    json.append(digits, static_cast<std::size_t>(point));
  }
  set_text(context, number == 0 ? "0" : json);
}

// What is told of a value that is none of its type.
struct Unfit {
  const char* why;
};

enum class Element : std::uint8_t { boolean, integer, single, real, text, uuid, date, document };

Element element_of(std::string_view type) {
  if (type == "boolean") return Element::boolean;
  if (type == "smallint" || type == "integer" || type == "bigint") return Element::integer;
  if (type == "real") return Element::single;
  if (type == "double") return Element::real;
  if (type == "uuid") return Element::uuid;
  if (type == "date") return Element::date;
  return type == "json" ? Element::document : Element::text;
}

void set_uuid(sqlite3_context* context, sqlite3_value* value) {
  Uuid uuid;
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    uuid = Uuid::parse(json_argument(value));
  } else if (static_cast<std::size_t>(sqlite3_value_bytes(value)) == uuid.bytes.size()) {
    std::memcpy(uuid.bytes.data(), sqlite3_value_blob(value), uuid.bytes.size());
  } else {
    throw Unfit{"not a date or uuid"};
  }
  set_text(context, json::quoted(uuid.text()));
}

void set_element(sqlite3_context* context, sqlite3_value* value, Element element) {
  const int stored = sqlite3_value_type(value);
  const auto require = [&](bool fits, const char* why) {
    if (!fits) throw Unfit{why};
  };
  switch (element) {
    case Element::boolean: {
      const std::int64_t number = sqlite3_value_int64(value);
      require(stored == SQLITE_INTEGER && (number == 0 || number == 1), "not a boolean");
      return set_text(context, number == 1 ? "true" : "false");
    }
    case Element::integer:
      require(stored == SQLITE_INTEGER, "number out of range");  // sums beyond 64 bits become floating point
      return set_text(context, std::to_string(sqlite3_value_int64(value)));
    case Element::single:
    case Element::real: {
      require(stored == SQLITE_FLOAT || stored == SQLITE_INTEGER, "not a number");
      const double number = sqlite3_value_double(value);
      if (element == Element::real) return set_real(context, number);
      require(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()), "number out of range");
      return set_real(context, static_cast<float>(number));
    }
    case Element::text:
      require(stored == SQLITE_TEXT, "not a text");
      return set_text(context, json::quoted(json_argument(value)));
    case Element::uuid:
      return set_uuid(context, value);
    case Element::date:
      require(stored == SQLITE_TEXT, "not a date or uuid");
      return set_text(context, json::quoted(Date::parse(json_argument(value)).text()));
    case Element::document: {
      const std::string_view text = json_argument(value);
      require(stored == SQLITE_TEXT && json::is_json(text), "malformed JSON");
      return set_text(context, text);
    }
  }
}

// The type tells apart what is stored alike, and what no column of it would be read as is an error.
void json_of(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
    set_element(context, arguments[0], element_of(json_argument(arguments[1])));
  } catch (const Unfit& unfit) {
    sqlite3_result_error(context, unfit.why, -1);
  } catch (const DataError&) {
    sqlite3_result_error(context, "not a date or uuid", -1);  // without the value
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

// The elements now in the group, or in the frame of a window: rows leave it in the order in which they came.
using Elements = std::deque<std::string>;

Elements** elements_of(sqlite3_context* context, int bytes) {
  return static_cast<Elements**>(sqlite3_aggregate_context(context, bytes));
}

void add(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    Elements** elements = elements_of(context, sizeof(Elements*));
    if (elements == nullptr) throw std::bad_alloc();
    if (*elements == nullptr) *elements = std::make_unique<Elements>().release();
    const bool is_null = sqlite3_value_type(arguments[0]) == SQLITE_NULL;
    (*elements)->emplace_back(is_null ? std::string_view("null") : json_argument(arguments[0]));
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

void leave(sqlite3_context* context, int, sqlite3_value**) noexcept {
  Elements** elements = elements_of(context, sizeof(Elements*));
  if (elements != nullptr && *elements != nullptr && !(*elements)->empty()) (*elements)->pop_front();
}

void give(sqlite3_context* context) noexcept {
  Elements** elements = elements_of(context, 0);
  if (elements == nullptr || *elements == nullptr || (*elements)->empty()) return;
  try {
    std::string json;
    // The blank is jsonb's.
    for (const std::string& element : **elements) json.append(json.empty() ? "[" : ", ").append(element);
    set_text(context, json += ']');
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

// Also called where a statement fails or is given up.
void finish(sqlite3_context* context) noexcept {
  give(context);
  if (Elements** elements = elements_of(context, 0); elements != nullptr) delete *elements;
}

}  // namespace

int register_json_agg(sqlite3* database) noexcept {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const int code =
      sqlite3_create_function_v2(database, "dorm_json_of", 2, flags, nullptr, json_of, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return code;
  return sqlite3_create_window_function(database, "dorm_json_agg", 1, flags, nullptr, add, finish, give, leave,
                                        nullptr);
}

}  // namespace dorm::sqlite
