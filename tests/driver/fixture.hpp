// driver/fixture.hpp: a connection to an empty database of each backend, and short ways to run statements on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "dorm/value.hpp"
#include "driver/driver.hpp"
#include "graph/row_sink.hpp"
#include "support/backends.hpp"

namespace dorm::test {

// What hand-written SQL spells differently per backend; the rest of the suite is the same for all.
struct Spelling {
  bool numbered = false;  // $1 instead of ?
  std::string (*column_type)(const Type& type) = nullptr;
  std::string_view auto_key;  // a column that numbers rows
  std::string_view in_array;  // " = ANY(?)": follows the operand
};
const Spelling& spelling_of(const sql::Dialect& dialect);

// A value that outlives the cell made from it.
class Argument {
 public:
  Argument(Cell cell) : cell_(cell) {}
  Argument(std::nullptr_t) : cell_(Cell::of_null()) {}
  Argument(bool) = delete;
  Argument(int value) : cell_(Cell::of_integer(value)) {}
  Argument(std::int64_t value) : cell_(Cell::of_integer(value)) {}
  Argument(double value) : cell_(Cell::of_real(value)) {}
  Argument(const char* text) : Argument(CellTag::text, text) {}
  Argument(std::string text) : Argument(CellTag::text, std::move(text)) {}
  Argument(CellTag tag, std::string bytes)
      : bytes_(std::make_shared<std::string>(std::move(bytes))), cell_(Cell::of_bytes(tag, *bytes_)) {}
  Argument(std::vector<Argument> elements);

  const Cell& cell() const { return cell_; }

 private:
  std::shared_ptr<std::string> bytes_;
  std::shared_ptr<std::vector<Argument>> elements_;
  std::shared_ptr<std::vector<Cell>> cells_;
  Cell cell_;
};

inline Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}
Type decimal_of(std::uint16_t precision, std::uint16_t scale);

struct Parameter {
  Type type;
  Argument argument;
  bool array = false;
};
using Parameters = std::vector<Parameter>;

// Rows in a node of their own.
class Rows {
 public:
  explicit Rows(const std::vector<driver::ResultColumn>& columns);
  graph::RowSink& sink() { return sink_; }
  std::uint32_t size() const { return node_->rows.size(); }
  const Cell& at(std::uint32_t row, std::uint32_t column) const { return node_->rows.at(row)[column]; }
  // One text for all: "1|huey|null", lines by row.
  std::string text() const;

 private:
  std::unique_ptr<graph::Node> node_;
  graph::RowSink sink_;
};

// "1", "huey", "null", "x'00ff'", "12.50", "2026-11-21 00:00:00.000000"
std::string text_of(const Cell& cell);

class DriverTest : public testing::TestWithParam<Backend> {
 protected:
  DriverTest() : url_(fresh_database(GetParam())), connection_(connect()) {}

  std::unique_ptr<driver::Connection> connect() const {
    return GetParam().driver->connect(GetParam().driver->parse_url(url_), std::nullopt);
  }
  // A second one where several can see the same database.
  bool is_shared() const { return !GetParam().driver->single_connection(GetParam().driver->parse_url(url_)); }
  driver::Connection& connection() { return *connection_; }
  const Spelling& spelling() const { return spelling_of(connection_->dialect()); }

  // Placeholders are written as ?.
  std::string spelled(std::string_view sql) const;
  driver::Statement statement(std::string_view sql, const Parameters& parameters = {},
                              const std::vector<TypeKind>& columns = {}) const;
  static std::vector<Cell> cells(const Parameters& parameters);

  void script(std::string_view sql) { connection_->execute_script(sql, std::nullopt); }
  driver::Outcome run(std::string_view sql, const Parameters& parameters = {});
  Rows query(std::string_view sql, const std::vector<Type>& columns, const Parameters& parameters = {});
  Rows query(std::string_view sql, const std::vector<TypeKind>& columns, const Parameters& parameters = {});
  // The number in the first column of the only row.
  std::int64_t number(std::string_view sql, const Parameters& parameters = {});
  // The class and message of what it throws, "" if nothing.
  template <class E, class Work>
  static E thrown(Work&& work) {
    try {
      work();
    } catch (const E& error) {
      return error;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "threw another error: " << error.what();
      return E(error.what());
    }
    ADD_FAILURE() << "nothing was thrown";
    return E("nothing");
  }

  std::string url_;
  std::unique_ptr<driver::Connection> connection_;
};

}  // namespace dorm::test
