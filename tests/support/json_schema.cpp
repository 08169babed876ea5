#include "support/json_schema.hpp"

#include <re2/re2.h>

#include <set>
#include <stdexcept>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "dorm/value.hpp"

namespace dorm::test {
namespace {

using nlohmann::json;

class Validator {
 public:
  explicit Validator(const json& root) : root_(root) {}

  std::vector<std::string> run(const json& schema, const json& value, const std::string& pointer) const {
    if (schema.is_boolean()) return schema.get<bool>() ? Errors() : Errors{pointer + ": nothing is allowed here"};
    Errors errors;
    for (const auto& [keyword, argument] : schema.items()) check(keyword, argument, schema, value, pointer, errors);
    return errors;
  }

 private:
  using Errors = std::vector<std::string>;

  static bool has_type(const json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    return type == "null" && value.is_null();
  }

  static bool is_date(const std::string& text) {
    try {
      Date::parse(text);
      return true;
    } catch (const DataError&) {
      return false;
    }
  }

  const json& resolve(const std::string& reference) const {
    if (!reference.starts_with("#")) throw std::runtime_error("reference " + reference + " leads out of the schema");
    return root_.at(json::json_pointer(reference.substr(1)));
  }

  std::size_t fitting(const json& schemas, const json& value, const std::string& pointer) const {
    std::size_t count = 0;
    for (const json& schema : schemas) {
      if (run(schema, value, pointer).empty()) ++count;
    }
    return count;
  }

  void check(const std::string& keyword, const json& argument, const json& schema, const json& value,
             const std::string& pointer, Errors& errors) const {
    static const std::set<std::string> silent = {"$schema", "$id", "$defs", "title", "description", "contentEncoding"};
    if (silent.count(keyword) != 0) return;
    const auto fail = [&](const std::string& reason) { errors.push_back(pointer + ": " + reason); };
    const auto append = [&](const Errors& more) { errors.insert(errors.end(), more.begin(), more.end()); };
    if (keyword == "$ref") return append(run(resolve(argument), value, pointer));
    if (keyword == "const") {
      if (value != argument) fail("is not " + argument.dump());
    } else if (keyword == "enum") {
      if (std::find(argument.begin(), argument.end(), value) == argument.end()) fail("is none of " + argument.dump());
    } else if (keyword == "type") {
      const json types = argument.is_array() ? argument : json::array({argument});
      const bool fits =
          std::any_of(types.begin(), types.end(), [&](const json& type) { return has_type(value, type); });
      if (!fits) fail("is not of type " + argument.dump());
    } else if (keyword == "allOf") {
      for (const json& part : argument) append(run(part, value, pointer));
    } else if (keyword == "anyOf") {
      if (fitting(argument, value, pointer) == 0) fail("fits none of the alternatives");
    } else if (keyword == "oneOf") {
      if (fitting(argument, value, pointer) != 1) fail("does not fit exactly one alternative");
    } else if (keyword == "not") {
      if (run(argument, value, pointer).empty()) fail("is what must not be");
    } else if (!check_value(keyword, argument, value, fail) &&
               !check_members(keyword, argument, schema, value, pointer, errors)) {
      throw std::runtime_error("JSON Schema keyword " + keyword + " is not known");
    }
  }

  template <class Fail>
  static bool check_value(const std::string& keyword, const json& argument, const json& value, const Fail& fail) {
    if (keyword == "pattern") {
      if (value.is_string() && !RE2::PartialMatch(value.get<std::string>(), argument.get<std::string>()))
        fail("does not match the pattern");
    } else if (keyword == "format") {
      if (argument != "date") throw std::runtime_error("JSON Schema format " + argument.dump() + " is not known");
      if (value.is_string() && !is_date(value.get<std::string>())) fail("is no date");
    } else if (keyword == "minLength") {
      if (value.is_string() && code_points(value.get<std::string>()) < argument.get<std::size_t>())
        fail("is too short");
    } else if (keyword == "maxLength") {
      if (value.is_string() && code_points(value.get<std::string>()) > argument.get<std::size_t>()) fail("is too long");
    } else if (keyword == "minimum") {
      if (value.is_number() && value < argument) fail("is too small");
    } else if (keyword == "maximum") {
      if (value.is_number() && value > argument) fail("is too large");
    } else if (keyword == "minItems") {
      if (value.is_array() && value.size() < argument.get<std::size_t>()) fail("has too few items");
    } else if (keyword == "maxItems") {
      if (value.is_array() && value.size() > argument.get<std::size_t>()) fail("has too many items");
    } else if (keyword == "minProperties") {
      if (value.is_object() && value.size() < argument.get<std::size_t>()) fail("has too few members");
    } else if (keyword == "uniqueItems") {
      if (value.is_array() && std::set<json>(value.begin(), value.end()).size() != value.size())
        fail("has equal items");
    } else if (keyword == "required") {
      for (const json& name : argument) {
        if (value.is_object() && !value.contains(name.get<std::string>())) fail("has no " + name.dump());
      }
    } else {
      return false;
    }
    return true;
  }

  bool check_members(const std::string& keyword, const json& argument, const json& schema, const json& value,
                     const std::string& pointer, Errors& errors) const {
    const auto append = [&](const Errors& more) { errors.insert(errors.end(), more.begin(), more.end()); };
    if (keyword == "prefixItems") {
      for (std::size_t i = 0; value.is_array() && i < std::min(value.size(), argument.size()); ++i)
        append(run(argument[i], value[i], pointer + "/" + std::to_string(i)));
      return true;
    }
    if (keyword == "items") {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
        append(run(argument, value[i], pointer + "/" + std::to_string(i)));
      return true;
    }
    if (keyword != "properties" && keyword != "patternProperties" && keyword != "additionalProperties" &&
        keyword != "propertyNames")
      return false;
    if (!value.is_object()) return true;
    const json patterns = schema.value("patternProperties", json::object());
    for (const auto& [name, member] : value.items()) {
      const bool known = schema.contains("properties") && schema["properties"].contains(name);
      if (keyword == "properties" && known) append(run(argument[name], member, pointer + "/" + name));
      bool fits_pattern = false;
      for (const auto& [pattern, part] : patterns.items()) {
        if (!RE2::PartialMatch(name, pattern)) continue;
        fits_pattern = true;
        if (keyword == "patternProperties") append(run(part, member, pointer + "/" + name));
      }
      if (keyword == "additionalProperties" && !known && !fits_pattern)
        append(run(argument, member, pointer + "/" + name));
      if (keyword == "propertyNames") append(run(argument, json(name), pointer + "/" + name));
    }
    return true;
  }

  const json& root_;
};

}  // namespace

std::vector<std::string> json_schema_errors(const nlohmann::json& schema, const nlohmann::json& instance) {
  return Validator(schema).run(schema, instance, "");
}

}  // namespace dorm::test
