// model/json.hpp: rows as JSON text and back.
//
// Reading asks the database nothing: what is not loaded is left out, as are sensitive fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dorm/model_info.hpp"
#include "dorm/value.hpp"
#include "graph/graph.hpp"

namespace dorm {

namespace json {
class Node;
}

// What of a row may be told.
class JsonGate {
 public:
  virtual ~JsonGate() = default;
  virtual bool shows(const ModelInfo& model, const FieldInfo& field) const = 0;
  virtual bool shows(const ModelInfo& model, const RelationInfo& relation) const = 0;
};

// Loaded columns, then loaded relations with their rows; a row that is being written already stands as its key.
std::string row_json(const graph::Node& node, std::uint32_t slot, const JsonGate* gate = nullptr);
// Integers as numbers, decimals as strings, dates and times in ISO 8601, blobs in base64.
void append_json(std::string& out, const Cell& cell, const Type& type);

// A value of a field's JSON form; integers and decimals also as strings. Throws DataError naming `label`.
Value value_from_json(const json::Node& from, const Type& type, std::string_view label);

}  // namespace dorm
