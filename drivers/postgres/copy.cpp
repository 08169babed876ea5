// Many rows by COPY, in its binary format. The columns are asked for their types first, and everything is encoded
// before anything is sent: a value that does not fit leaves a transaction as it was, like one that cannot be bound.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "postgres/dialect.hpp"
#include "postgres/exchange.hpp"
#include "sql/identifier.hpp"

namespace dorm::postgres {
namespace {

// The signature, no flags, no extension of the header.
constexpr std::string_view copy_header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::size_t copy_piece = 65'536;
constexpr std::size_t longest_copied = (std::size_t{1} << 30U) - 65'536;

// What COPY does as INSERT does it. Rules are for INSERT alone, a table with active policies refuses COPY, and views
// and foreign tables have limits of their own.
constexpr const char* plain_table_query =
    "SELECT relkind IN ('r', 'p') AND NOT relhasrules AND NOT pg_catalog.row_security_active(oid) "
    "FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass";

// Whether an INSERT stores a parameter of the one type in a column of the other without converting it. COPY converts
// nothing: it takes the bytes for what the column is.
bool is_stored_as_it_is(Oid parameter, Oid column) {
  constexpr Oid text = 25;
  constexpr Oid character = 1042;
  constexpr Oid varying = 1043;
  return parameter == column || (parameter == text && (column == character || column == varying));
}

void append_count(std::string& out, std::size_t count) {
  out += static_cast<char>(count >> 8U & 0xFFU);
  out += static_cast<char>(count & 0xFFU);
}

void write_length(std::string& out, std::size_t at, std::size_t length) {
  for (unsigned i = 0; i < 4; ++i) out[at + i] = static_cast<char>(length >> (24U - 8U * i) & 0xFFU);
}

// Behind its length.
void append_value(const driver::Parameter& column, Wire wire, const Cell& cell, std::string& out) {
  const std::string_view label = column.label.empty() ? std::string_view("a value") : std::string_view(column.label);
  const std::size_t length_at = out.size();
  out.append(4, '\0');
  try {
    encode(wire, cell, out);
  } catch (const DataError& error) {
    throw DataError("postgres: " + quote(label) + ": " + error.what());
  }
  const std::size_t length = out.size() - length_at - 4;
  if (length > longest_copied) throw LimitError("postgres: " + quote(label) + ": a value is larger than 1 GiB");
  write_length(out, length_at, length);
}

// Nothing if a value has no binary form that its column reads.
std::optional<std::string> encode_rows(const driver::Copy& copy, const std::vector<ParameterFormat>& formats,
                                       std::span<const Cell> cells) {
  std::string out(copy_header);
  for (std::size_t begin = 0; begin < cells.size(); begin += formats.size()) {
    append_count(out, formats.size());
    for (std::size_t i = 0; i < formats.size(); ++i) {
      const Cell& cell = cells[begin + i];
      if (cell.is_null()) {
        out.append(4, '\377');
        continue;
      }
      if (formats[i].flexible && !fits(formats[i].wire, cell.tag)) return std::nullopt;
      append_value(copy.parameters[i], formats[i].wire, cell, out);
    }
  }
  append_count(out, 0xFFFF);
  return out;
}

}  // namespace

std::optional<driver::Outcome> Connection::copy_in(const driver::Copy& copy, std::span<const Cell> cells,
                                                   driver::Deadline deadline) {
  const std::size_t width = copy.parameters.size();
  if (width == 0) return std::nullopt;  // COPY has no words for rows without columns
  if (copy.columns.size() != width || cells.size() % width != 0) {
    throw QueryError("postgres: " + std::to_string(copy.columns.size()) + " columns of " + std::to_string(width) +
                     " types cannot take " + std::to_string(cells.size()) + " values" + excerpt(copy.sql, 0));
  }
  deadline = start(copy.sql, cells.size(), deadline);
  check_text(copy.sql);
  const std::optional<std::vector<ParameterFormat>> formats = ask_columns(copy, deadline);
  if (!formats) return std::nullopt;
  std::optional<std::string> rows;
  try {
    rows = encode_rows(copy, *formats, cells);
  } catch (const DataError& error) {
    throw DataError(error.what(), local_details());
  }
  if (!rows) return std::nullopt;
  ++statistics_.executions;
  copied_ = *rows;
  const End end = send_simple(copy.sql.c_str(), deadline);
  copied_ = {};
  require_complete(end);
  return finish(Prepared(), nullptr);
}

// How each column is sent; nothing if COPY would not do what INSERT does. One round trip: an INSERT is parsed, which
// tells the types and, in a transaction, holds them until its end.
std::optional<std::vector<ParameterFormat>> Connection::ask_columns(const driver::Copy& copy,
                                                                    driver::Deadline deadline) {
  ++statistics_.prepares;
  const std::string table = table_name(copy.schema, copy.table);
  std::string insert = "INSERT INTO " + table + " (";
  std::string values;
  for (std::size_t i = 0; i < copy.columns.size(); ++i) {
    if (i != 0) insert += ", ";
    sql::append_identifier(insert, copy.columns[i], dialect().capabilities().max_identifier_bytes);
    values += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
  }
  insert += ") VALUES (" + values + ")";
  const char* const asked = table.c_str();
  const End end = exchange(
      [&] {
        PGconn* connection = connection_.get();
        return PQenterPipelineMode(connection) == 1 && PQsendPrepare(connection, "", insert.c_str(), 0, nullptr) == 1 &&
               PQsendDescribePrepared(connection, "") == 1 &&
               PQsendQueryParams(connection, plain_table_query, 1, nullptr, &asked, nullptr, nullptr, 0) == 1 &&
               PQpipelineSync(connection) == 1;
      },
      deadline);
  leave_pipeline();
  require_complete(end);
  const Result answer = std::move(results_.back());
  const Result description = std::move(results_[results_.size() - 2]);
  if (PQntuples(answer.get()) != 1 || std::string_view(PQgetvalue(answer.get(), 0, 0)) != "t") return std::nullopt;

  std::vector<ParameterFormat> formats;
  for (std::size_t i = 0; i < copy.parameters.size(); ++i) {
    const Oid column = PQparamtype(description.get(), static_cast<int>(i));
    const Oid declared = parameter_type(copy.parameters[i]);
    ParameterFormat format;
    format.flexible = declared == oid::unspecified;
    if (format.flexible) {
      format.wire = wire_of(column);
      if (format.wire == Wire::unknown && column >= oid::first_of_users) format.wire = look_up(column, deadline);
    } else if (is_stored_as_it_is(declared, column)) {
      format.wire = wire_of(declared);
    }
    if (format.wire == Wire::unknown) return std::nullopt;
    formats.push_back(format);
  }
  return formats;
}

// In pieces, so that libpq need not keep a second copy of all. What the server says meanwhile is read afterwards: it
// takes the rest of the rows, whatever has become of those before.
Connection::End Connection::send_copied(driver::Deadline deadline) {
  PGconn* connection = connection_.get();
  while (!copied_.empty()) {
    const std::string_view piece = copied_.substr(0, copy_piece);
    if (PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) != 1) return End::gone;
    if (const End end = flush(deadline); end != End::complete) return end;
    copied_.remove_prefix(piece.size());
  }
  return PQputCopyEnd(connection, nullptr) == 1 ? End::complete : End::gone;
}

}  // namespace dorm::postgres
