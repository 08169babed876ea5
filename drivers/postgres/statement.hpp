// postgres/statement.hpp: statements as the server knows them, their parameters on the way out, their rows on the way
// in.
//
// One thread at a time, like the connection they belong to.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/statement.hpp"
#include "postgres/types.hpp"

namespace dorm::graph {
class RowSink;
}

namespace dorm::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// How one parameter is sent.
struct ParameterFormat {
  Wire wire = Wire::unknown;
  Oid element = oid::unspecified;  // of an array
  bool flexible = false;           // its type was left to the server: what does not fit is sent as text
};

// Of a parameter that the server knows as `type`.
ParameterFormat format_of(const driver::Parameter& parameter, Oid type) noexcept;

struct Prepared {
  std::string name;  // empty: the unnamed statement
  std::vector<ParameterFormat> parameters;
  std::vector<driver::ResultColumn> columns;  // the decoders point to their labels
  std::vector<Decoder> decoders;              // none: rows are not looked at
  bool text_results = false;                  // a column has no binary decoder, and a result has one format
};

// The prepared statements of one connection, the least recently used one going first.
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity) : capacity_(capacity) {}

  std::size_t capacity() const noexcept { return capacity_; }
  Prepared* find(std::uint64_t id) noexcept;  // valid until the next insert or forget
  Prepared& insert(std::uint64_t id, Prepared prepared);
  void forget(std::uint64_t id);
  void forget_all();
  // The names that the server still has and nobody uses; the caller tells the server and clears them.
  std::vector<std::string>& discarded() noexcept { return discarded_; }

 private:
  struct Entry {
    std::uint64_t id;
    Prepared prepared;
  };
  void discard(std::list<Entry>::iterator entry);

  std::size_t capacity_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_id_;
  std::vector<std::string> discarded_;
};

// The parameters of one execution as libpq takes them; text and blobs stay where they are.
class Binding {
 public:
  // Throws DataError with the parameter's label or number, LimitError beyond what a message can carry.
  void bind(const driver::Statement& statement, std::span<const ParameterFormat> formats, std::span<const Cell> cells);

  int count() const noexcept { return static_cast<int>(values_.size()); }
  const char* const* values() const noexcept { return values_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  void bind_one(const ParameterFormat& format, const Cell& cell);
  void encode_list(const ParameterFormat& format, const Cell& list);

  std::string buffer_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::size_t> offsets_;  // into the buffer, or direct
};

// Every row of a result into the sink; returns their number.
std::int64_t deliver(const PGresult* result, const Prepared& prepared, graph::RowSink& rows);

}  // namespace dorm::postgres
