// sql/ddl_lowering.hpp: DDL as SQL text; the base class writes what both backends share, a dialect the rest.
//
// One object lowers one statement. One thread at a time. Throws QueryError for what the backend cannot do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/ddl.hpp"
#include "sql/dialect.hpp"

namespace dorm::sql {

class DdlLowering {
 public:
  // Both must outlive the lowering.
  DdlLowering(std::string_view dialect, const Capabilities& capabilities)
      : dialect_(dialect), capabilities_(capabilities) {}
  DdlLowering(const DdlLowering&) = delete;
  DdlLowering& operator=(const DdlLowering&) = delete;
  virtual ~DdlLowering() = default;

  // One or more statements, in order.
  std::vector<std::string> texts(const ddl::Statement& statement);

 protected:
  virtual std::vector<std::string> write(const ddl::CreateSchema& create);
  virtual std::vector<std::string> write(const ddl::CreateTable& table);
  virtual std::vector<std::string> write(const ddl::CreateIndex& index);
  virtual std::vector<std::string> write(const ddl::DropTable& drop);
  virtual std::vector<std::string> write(const ddl::CreateEnum& create);
  virtual std::vector<std::string> write(const ddl::DropEnum& drop);
  virtual std::vector<std::string> write(const ddl::AddForeignKey& add);
  virtual std::vector<std::string> write(const ddl::DropForeignKey& drop);

  // "varchar(30) COLLATE "C"", "INTEGER": all between the name of a column and its constraints.
  virtual std::string type(const ddl::Column& column) const = 0;
  // The condition that the type needs beside its column type, empty if none.
  virtual std::string type_check(const ddl::Column& column) const = 0;
  // The constraints of an auto-increment column, PRIMARY KEY included if it is the whole key.
  virtual std::string identity(const ddl::Column& column, bool whole_key) const = 0;
  virtual std::string function(ddl::Now function, const Type& type) const = 0;
  // A value of the type; already converted to it, never null.
  virtual std::string literal(const Value& value, const Type& type) const = 0;
  virtual std::string table_options(const ddl::CreateTable&) const { return {}; }
  virtual std::string index_method(const ddl::CreateIndex& index) const = 0;  // "USING gin ", or nothing
  // The columns an index carries beside its terms; `terms` is open for one that must order by them.
  virtual std::string index_include(const ddl::CreateIndex& index, std::vector<std::string>& terms) const = 0;
  virtual std::string index_term(const ddl::CreateIndex& index, const ddl::CreateIndex::Term& term) const = 0;
  // Whether two columns, or a column and a value, may be compared as they are stored.
  virtual void check_comparable(const ddl::Condition&) const {}

  std::string name(std::string_view name) const;
  std::string name(const ddl::TableName& table) const;
  std::string names(const std::vector<std::string>& names) const;  // ("a", "b")
  std::string value(const Value& value, const Type& type) const;
  std::string condition(const ddl::Condition& node) const;
  std::string foreign_key(const ddl::ForeignKey& key) const;
  std::string nulls(bool distinct) const;  // "NULLS NOT DISTINCT ", or nothing
  const Capabilities& capabilities() const noexcept { return capabilities_; }
  [[noreturn]] void refuse(std::string_view what, std::string_view mend) const;

 private:
  [[noreturn]] void refuse_schemas() const;
  std::string column(const ddl::CreateTable& table, const ddl::Column& column) const;
  std::string default_value(const ddl::Column& column) const;
  std::string unique(const ddl::Unique& unique) const;
  std::string joined(const std::vector<ddl::Condition>& conditions, std::string_view word) const;

  std::string_view dialect_;
  const Capabilities& capabilities_;
};

}  // namespace dorm::sql
