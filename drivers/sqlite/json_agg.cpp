#include "sqlite/json_agg.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "core/json_text.hpp"
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

template <class Number>
void set_shortest(sqlite3_context* context, Number number) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  set_text(context, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// The type tells apart what is stored alike: booleans are integers, documents and uuids are texts.
void json_of(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    const std::string_view type = json_argument(arguments[1]);
    sqlite3_value* value = arguments[0];
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        if (type == "boolean") return set_text(context, sqlite3_value_int64(value) != 0 ? "true" : "false");
        return set_shortest(context, sqlite3_value_int64(value));
      case SQLITE_FLOAT:
        if (type == "real") return set_shortest(context, static_cast<float>(sqlite3_value_double(value)));
        return set_shortest(context, sqlite3_value_double(value));
      case SQLITE_TEXT:
        if (type == "json") return sqlite3_result_value(context, value);
        return set_text(context, json::quoted(json_argument(value)));
      case SQLITE_BLOB: {
        Uuid uuid;
        if (type != "uuid" || static_cast<std::size_t>(sqlite3_value_bytes(value)) != uuid.bytes.size())
          return sqlite3_result_error(context, "malformed JSON", -1);
        std::memcpy(uuid.bytes.data(), sqlite3_value_blob(value), uuid.bytes.size());
        return set_text(context, json::quoted(uuid.text()));
      }
      default:
        return;
    }
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
