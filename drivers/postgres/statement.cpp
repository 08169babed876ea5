#include "postgres/statement.hpp"

#include <utility>

#include "core/text.hpp"
#include "dorm/error.hpp"
#include "graph/row_sink.hpp"

namespace dorm::postgres {
namespace {

constexpr std::size_t direct = static_cast<std::size_t>(-1);
// What the server takes as one message, with room for the rest of it.
constexpr std::size_t message_limit = (std::size_t{1} << 30U) - 65'536;

// Sent as they are: text and the like need no copy in binary format.
bool is_verbatim(Wire wire) {
  return wire == Wire::text || wire == Wire::bytea || wire == Wire::uuid || wire == Wire::json;
}

void append32(std::string& out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(value >> shift & 0xFFU);
}

void write32(std::string& out, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out[at + i] = static_cast<char>(value >> (24U - 8U * i) & 0xFFU);
}

std::string parameter_name(const driver::Statement& statement, std::size_t i) {
  if (i < statement.parameters.size() && !statement.parameters[i].label.empty())
    return quote(statement.parameters[i].label);
  return "parameter " + std::to_string(i + 1);
}

// One row of a result as the sink reads it.
class Reader {
 public:
  Reader(const PGresult* result, const Decoder* decoders) : result_(result), decoders_(decoders) {}

  void row(int number) noexcept { row_ = number; }

  void read(std::uint32_t column, Cell& cell, graph::Arena& arena) {
    const int field = static_cast<int>(column);
    const int size = PQgetlength(result_, row_, field);
    // A null has no length, so most cells need one question less.
    if (size == 0 && PQgetisnull(result_, row_, field) != 0) {
      cell = Cell::of_null();
      return;
    }
    decode(decoders_[column], PQgetvalue(result_, row_, field), static_cast<std::size_t>(size), cell, arena);
  }

 private:
  const PGresult* result_;
  const Decoder* decoders_;
  int row_ = 0;
};

}  // namespace

ParameterFormat format_of(const driver::Parameter& parameter, Oid type) noexcept {
  ParameterFormat format;
  format.flexible = parameter_type(parameter) == oid::unspecified;
  format.element = element_of(type);
  format.wire = wire_of(format.element != oid::unspecified ? format.element : type);
  return format;
}

Prepared* StatementCache::find(std::uint64_t id) noexcept {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->prepared;
}

Prepared& StatementCache::insert(std::uint64_t id, Prepared prepared) {
  while (entries_.size() >= capacity_) discard(std::prev(entries_.end()));
  entries_.push_front({id, std::move(prepared)});
  by_id_[id] = entries_.begin();
  return entries_.front().prepared;
}

void StatementCache::forget(std::uint64_t id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) discard(found->second);
}

void StatementCache::forget_all() {
  while (!entries_.empty()) discard(entries_.begin());
}

void StatementCache::discard(std::list<Entry>::iterator entry) {
  discarded_.push_back(std::move(entry->prepared.name));
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

void Binding::bind(const driver::Statement& statement, std::span<const ParameterFormat> formats,
                   std::span<const Cell> cells) {
  buffer_.clear();
  values_.assign(cells.size(), nullptr);
  lengths_.assign(cells.size(), 0);
  formats_.assign(cells.size(), 1);
  offsets_.assign(cells.size(), direct);
  std::size_t total = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].is_null()) continue;
    const std::size_t before = buffer_.size();
    const ParameterFormat& format = formats[i];
    std::size_t size = 0;
    try {
      if (is_verbatim(format.wire) && format.element == oid::unspecified && fits(format.wire, cells[i].tag)) {
        if (format.wire == Wire::text || format.wire == Wire::json) check_text(cells[i].view());
        // A null pointer would be NULL.
        values_[i] = cells[i].size == 0 ? "" : cells[i].data;
        size = cells[i].size;
      } else {
        const bool natural =
            format.element == oid::unspecified ? fits(format.wire, cells[i].tag) : cells[i].tag == CellTag::list;
        if (natural || !format.flexible) {
          bind_one(format, cells[i]);
          size = buffer_.size() - before;
        } else {
          encode_text(cells[i], buffer_);
          size = buffer_.size() - before;
          buffer_ += '\0';
          formats_[i] = 0;
        }
        offsets_[i] = before;
      }
    } catch (const DataError& error) {
      throw DataError("postgres: " + parameter_name(statement, i) + ": " + error.what());
    }
    total += size;
    if (total > message_limit) {
      throw LimitError("postgres: the parameters of a statement are larger than 1 GiB; send them in parts");
    }
    lengths_[i] = static_cast<int>(size);
  }
  // Only now does the buffer stay where it is.
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (offsets_[i] != direct) values_[i] = buffer_.data() + offsets_[i];
}

void Binding::bind_one(const ParameterFormat& format, const Cell& cell) {
  if (format.element == oid::unspecified) return encode(format.wire, cell, buffer_);
  if (cell.tag != CellTag::list) throw DataError("a single value was given where a list belongs");
  encode_list(format, cell);
}

// Dimensions, whether there are nulls, the type of the elements; then size and first index of the one dimension; then
// each element behind its length.
void Binding::encode_list(const ParameterFormat& format, const Cell& list) {
  append32(buffer_, list.size == 0 ? 0 : 1);
  const std::size_t nulls_at = buffer_.size();
  append32(buffer_, 0);
  append32(buffer_, format.element);
  if (list.size == 0) return;
  append32(buffer_, list.size);
  append32(buffer_, 1);
  for (std::uint32_t i = 0; i < list.size; ++i) {
    const Cell& element = list.elements[i];
    if (element.is_null()) {
      write32(buffer_, nulls_at, 1);
      append32(buffer_, 0xFFFFFFFFU);
      continue;
    }
    const std::size_t length_at = buffer_.size();
    append32(buffer_, 0);
    encode(format.wire, element, buffer_);
    write32(buffer_, length_at, static_cast<std::uint32_t>(buffer_.size() - length_at - 4));
    if (buffer_.size() > message_limit) throw LimitError("postgres: a list is larger than 1 GiB; send it in parts");
  }
}

std::int64_t deliver(const PGresult* result, const Prepared& prepared, graph::RowSink& rows) {
  const int count = PQntuples(result);
  Reader reader(result, prepared.decoders.data());
  for (int row = 0; row < count; ++row) {
    reader.row(row);
    rows.add(reader);
  }
  return count;
}

}  // namespace dorm::postgres
