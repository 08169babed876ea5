#include "sqlite/functions.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/coerce.hpp"
#include "core/json_text.hpp"
#include "core/regex.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "sqlite/json_agg.hpp"
#include "sqlite/json_place.hpp"

namespace dorm::sqlite {
namespace {

using Body = void (*)(sqlite3_context* context, sqlite3_value** arguments);

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void fail(sqlite3_context* context, const char* why) { sqlite3_result_error(context, why, -1); }

// Two arguments, NULL if one of them is; no exception leaves towards SQLite's C.
template <Body body>
void call(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
  try {
    body(context, arguments);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

std::size_t next_code_point(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

// Whether the pattern is exhausted by `text`. After a failure it goes back to the last %, which takes one character
// more: earlier ones need not be tried again.
bool is_like(std::string_view pattern, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_any = none;
  std::size_t retry = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      after_any = ++p;
      retry = t;
      continue;
    }
    if (p < pattern.size() && t < text.size()) {
      if (pattern[p] == '_') {
        ++p;
        t = next_code_point(text, t);
        continue;
      }
      const std::size_t literal = pattern[p] == '\\' ? p + 1 : p;
      if (literal < pattern.size() && pattern[literal] == text[t]) {
        p = literal + 1;
        ++t;
        continue;
      }
    }
    if (after_any == none || retry >= text.size()) return false;
    p = after_any;
    t = retry = next_code_point(text, retry);
  }
  return true;
}

bool ends_in_escape(std::string_view pattern) {
  const std::size_t last = pattern.find_last_not_of('\\');
  const std::size_t escapes = pattern.size() - (last == std::string_view::npos ? 0 : last + 1);
  return escapes % 2 == 1;
}

void like(sqlite3_context* context, sqlite3_value** arguments) {
  const std::string_view pattern = text_of(arguments[0]);
  sqlite3_result_int(context, !ends_in_escape(pattern) && is_like(pattern, text_of(arguments[1])) ? 1 : 0);
}

void forget_pattern(void* pattern) { delete static_cast<RE2*>(pattern); }

// What PostgreSQL would read in another way is refused: a pattern that is a value was looked at before it got here.
template <bool fold>
void regexp(sqlite3_context* context, sqlite3_value** arguments) {
  // SQLite keeps the compiled pattern as long as the statement runs with the same one.
  std::unique_ptr<RE2> compiled;
  const auto* pattern = static_cast<const RE2*>(sqlite3_get_auxdata(context, 0));
  if (pattern == nullptr) {
    const std::string_view text = text_of(arguments[0]);
    if (regex_problem(text, fold)) return fail(context, "invalid regular expression");
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    compiled = std::make_unique<RE2>(to_re2(text, fold), options);
    if (!compiled->ok()) return fail(context, "invalid regular expression");
    pattern = compiled.get();
  }
  const std::string_view text = text_of(arguments[1]);
  sqlite3_result_int(context, RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern) ? 1 : 0);
  if (compiled) sqlite3_set_auxdata(context, 0, compiled.release(), forget_pattern);
}

void bit_xor(sqlite3_context* context, sqlite3_value** arguments) {
  sqlite3_result_int64(context, sqlite3_value_int64(arguments[0]) ^ sqlite3_value_int64(arguments[1]));
}

bool are_integers(sqlite3_value** arguments) {
  return sqlite3_value_type(arguments[0]) == SQLITE_INTEGER && sqlite3_value_type(arguments[1]) == SQLITE_INTEGER;
}

// SQLite's own operators yield NULL for a division by zero and a real number, or infinity, beyond their range.
void divide(sqlite3_context* context, sqlite3_value** arguments) {
  if (!are_integers(arguments)) {
    const double divisor = sqlite3_value_double(arguments[1]);
    if (divisor == 0) return fail(context, "division by zero");
    const double quotient = sqlite3_value_double(arguments[0]) / divisor;
    if (!std::isfinite(quotient)) return fail(context, "number out of range");
    return sqlite3_result_double(context, quotient);
  }
  const std::int64_t dividend = sqlite3_value_int64(arguments[0]);
  const std::int64_t divisor = sqlite3_value_int64(arguments[1]);
  if (divisor == 0) return fail(context, "division by zero");
  if (divisor == -1 && dividend == std::numeric_limits<std::int64_t>::min()) return fail(context, "integer overflow");
  sqlite3_result_int64(context, dividend / divisor);
}

void modulo(sqlite3_context* context, sqlite3_value** arguments) {
  if (!are_integers(arguments)) return fail(context, "modulo needs integers");
  const std::int64_t divisor = sqlite3_value_int64(arguments[1]);
  if (divisor == 0) return fail(context, "division by zero");
  sqlite3_result_int64(context, divisor == -1 ? 0 : sqlite3_value_int64(arguments[0]) % divisor);
}

// All of a text as a number, blanks around it apart.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto first = text.find_first_not_of(" \t\n\r\f\v");
  if (first == std::string_view::npos) return false;
  text = text.substr(first, text.find_last_not_of(" \t\n\r\f\v") - first + 1);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// CAST AS INTEGER as PostgreSQL has it: halves go to the even one, and what is no number is an error.
void whole(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    switch (sqlite3_value_type(arguments[0])) {
      case SQLITE_NULL:
        return;
      case SQLITE_INTEGER:
        return sqlite3_result_value(context, arguments[0]);
      case SQLITE_FLOAT: {
        const double rounded = std::nearbyint(sqlite3_value_double(arguments[0]));
        // The greatest 64-bit integer is no double; the least is one.
        if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return fail(context, "number out of range");
        return sqlite3_result_int64(context, static_cast<std::int64_t>(rounded));
      }
      default: {
        std::int64_t number = 0;
        if (!parse_number(text_of(arguments[0]), number)) return fail(context, "not a number");
        return sqlite3_result_int64(context, number);
      }
    }
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

void real(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    switch (sqlite3_value_type(arguments[0])) {
      case SQLITE_NULL:
        return;
      case SQLITE_INTEGER:
      case SQLITE_FLOAT:
        return sqlite3_result_double(context, sqlite3_value_double(arguments[0]));
      default: {
        double number = 0;
        if (!parse_number(text_of(arguments[0]), number) || !std::isfinite(number))
          return fail(context, "not a number");
        return sqlite3_result_double(context, number);
      }
    }
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

// CAST AS REAL as PostgreSQL has it: what only becomes infinite or 0 by that is an error.
void single(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    double nearest = 0;
    switch (sqlite3_value_type(arguments[0])) {
      case SQLITE_NULL:
        return;
      case SQLITE_INTEGER:
        // By way of a double it could be rounded twice.
        nearest = static_cast<double>(static_cast<float>(sqlite3_value_int64(arguments[0])));
        break;
      case SQLITE_FLOAT: {
        const double number = sqlite3_value_double(arguments[0]);
        nearest = nearest_single(number);
        if (!std::isfinite(nearest) || (nearest == 0 && number != 0)) return fail(context, "number out of range");
        break;
      }
      default: {
        float number = 0;
        if (!parse_number(text_of(arguments[0]), number) || !std::isfinite(number))
          return fail(context, "not a number");
        nearest = static_cast<double>(number);
      }
    }
    sqlite3_result_double(context, nearest);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

void require_finite(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_FLOAT && !std::isfinite(sqlite3_value_double(arguments[0])))
    return fail(context, "number out of range");
  sqlite3_result_value(context, arguments[0]);
}

// CAST AS DATE of a text, or of the start of a datetime: what is no date is an error.
void date(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
  try {
    const std::string_view text = text_of(arguments[0]);
    if (text.size() > 10 && text[10] != ' ') return fail(context, "not a date");
    const std::string made = Date::parse(text.substr(0, 10)).text();
    sqlite3_result_text(context, made.data(), static_cast<int>(made.size()), SQLITE_TRANSIENT);
  } catch (const Error&) {
    fail(context, "not a date");
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

// A uuid in the other of the two ways in which columns hold them. What is none stays as it is: it equals no uuid.
void uuid_bytes(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    if (sqlite3_value_type(arguments[0]) != SQLITE_TEXT) return sqlite3_result_value(context, arguments[0]);
    const Uuid uuid = Uuid::parse(text_of(arguments[0]));
    sqlite3_result_blob(context, uuid.bytes.data(), static_cast<int>(uuid.bytes.size()), SQLITE_TRANSIENT);
  } catch (const Error&) {
    sqlite3_result_value(context, arguments[0]);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

void uuid_text(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  try {
    Uuid uuid;
    const bool is_uuid = sqlite3_value_type(arguments[0]) == SQLITE_BLOB &&
                         static_cast<std::size_t>(sqlite3_value_bytes(arguments[0])) == uuid.bytes.size();
    if (!is_uuid) return sqlite3_result_value(context, arguments[0]);
    std::memcpy(uuid.bytes.data(), sqlite3_value_blob(arguments[0]), uuid.bytes.size());
    const std::string text = uuid.text();
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

using JsonSteps = std::vector<JsonPlaceStep>;
void forget_steps(void* steps) { delete static_cast<JsonSteps*>(steps); }

// What stands at a path in a document, as json.
void json_at(sqlite3_context* context, sqlite3_value** arguments) {
  std::unique_ptr<JsonSteps> read;
  const auto* steps = static_cast<const JsonSteps*>(sqlite3_get_auxdata(context, 1));
  if (steps == nullptr) {
    std::optional<JsonSteps> path = json_place_steps(text_of(arguments[1]));
    if (!path) return fail(context, "malformed JSON");
    read = std::make_unique<JsonSteps>(*std::move(path));
    steps = read.get();
  }
  const JsonPlace place = json_place(text_of(arguments[0]), *steps);
  if (place.is_malformed) return fail(context, "malformed JSON");
  if (place.found)
    sqlite3_result_text64(context, place.found->data(), place.found->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (read) sqlite3_set_auxdata(context, 1, read.release(), forget_steps);
}

// A number of a json document, if it is a whole one of 64 bits; 1e2 is one.
void json_whole(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_INTEGER) return sqlite3_result_value(context, arguments[0]);
  if (sqlite3_value_type(arguments[0]) != SQLITE_FLOAT) return;
  const double number = sqlite3_value_double(arguments[0]);
  if (number == std::nearbyint(number) && number >= -0x1p63 && number < 0x1p63)
    sqlite3_result_int64(context, static_cast<std::int64_t>(number));
}

// Whether `document` has all that `part` has, by the rules of PostgreSQL's @> (manual, 8.14.3): members of objects one
// by one, elements of arrays in any place and however often; an array of plain values has a plain value by itself.
bool has_all(const nlohmann::json& document, const nlohmann::json& part, bool outermost = false) {
  if (document.is_object() && part.is_object()) {
    return std::all_of(part.items().begin(), part.items().end(), [&](const auto& member) {
      const auto found = document.find(member.key());
      return found != document.end() && has_all(*found, member.value());
    });
  }
  const auto has_element = [&](const nlohmann::json& wanted) {
    return std::any_of(document.begin(), document.end(), [&](const nlohmann::json& element) {
      return element.is_structured() == wanted.is_structured() && has_all(element, wanted);
    });
  };
  if (document.is_array() && part.is_array()) return std::all_of(part.begin(), part.end(), has_element);
  if (outermost && document.is_array() && part.is_primitive()) return has_element(part);
  return document == part;
}

void json_contains(sqlite3_context* context, sqlite3_value** arguments) {
  const nlohmann::json whole = nlohmann::json::parse(text_of(arguments[0]), nullptr, false);
  const nlohmann::json part = nlohmann::json::parse(text_of(arguments[1]), nullptr, false);
  if (whole.is_discarded() || part.is_discarded()) return fail(context, "malformed JSON");
  sqlite3_result_int(context, has_all(whole, part, true) ? 1 : 0);
}

// The number, if it is a whole one between two others.
void fit(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  const int type = sqlite3_value_type(arguments[0]);
  if (type == SQLITE_NULL) return;
  const std::int64_t number = sqlite3_value_int64(arguments[0]);
  if (type != SQLITE_INTEGER || number < sqlite3_value_int64(arguments[1]) ||
      number > sqlite3_value_int64(arguments[2]))
    return fail(context, "number out of range");
  sqlite3_result_int64(context, number);
}

// The text, if it has so many characters at most.
void fit_length(sqlite3_context* context, sqlite3_value** arguments) {
  const std::string_view text = text_of(arguments[0]);
  const auto most = static_cast<std::size_t>(sqlite3_value_int64(arguments[1]));
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); at = next_code_point(text, at)) ++characters;
  if (characters > most) return fail(context, "text too long");
  sqlite3_result_value(context, arguments[0]);
}

// SQLite's own json_valid is not innocuous, so checks that use it could not run where the schema is not trusted.
void json_valid(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
  try {
    sqlite3_result_int(context, json::is_json(text_of(arguments[0])) ? 1 : 0);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

struct Function {
  const char* name;
  int arguments;
  void (*body)(sqlite3_context*, int, sqlite3_value**);
};

constexpr Function functions[] = {{"dorm_like", 2, call<like>},
                                  {"regexp", 2, call<regexp<false>>},
                                  {"dorm_iregexp", 2, call<regexp<true>>},
                                  {"dorm_bit_xor", 2, call<bit_xor>},
                                  {"dorm_divide", 2, call<divide>},
                                  {"dorm_modulo", 2, call<modulo>},
                                  {"dorm_json_contains", 2, call<json_contains>},
                                  {"dorm_date", 1, date},
                                  {"dorm_uuid_bytes", 1, uuid_bytes},
                                  {"dorm_uuid_text", 1, uuid_text},
                                  {"dorm_json_at", 2, call<json_at>},
                                  {"dorm_json_whole", 1, json_whole},
                                  {"dorm_whole", 1, whole},
                                  {"dorm_real", 1, real},
                                  {"dorm_single", 1, single},
                                  {"dorm_finite", 1, require_finite},
                                  {"dorm_fit", 3, fit},
                                  {"dorm_fit_length", 2, call<fit_length>},
                                  {"json_valid", 1, json_valid}};

}  // namespace

int register_functions(sqlite3* database) noexcept {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const Function& function : functions) {
    const int code = sqlite3_create_function_v2(database, function.name, function.arguments, flags, nullptr,
                                                function.body, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return code;
  }
  return register_json_agg(database);
}

}  // namespace dorm::sqlite
